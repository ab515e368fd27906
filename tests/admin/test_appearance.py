"""The theme editor over HTTP: a look is seen, proven and published."""

import io

import pytest
from PIL import Image

from tests.factories import VELORA

LOOK = {
    "brand": "#8f3a52",
    "text": "auto",
    "tint": "",
    "radius": "1",
    "pill": "99",
    "font_head": "Newsreader",
    "font_body": "Figtree",
    "font_meta": "Figtree",
    "head_weight": "450",
    "head_track": "-0.02",
    "density": "1",
    "edge": "0",
    "logo_h": "1.75",
}


class TestAppearance:
    def test_a_moderator_may_not(self, visit):
        for path in ("", "/preview.css", "/contrast"):
            assert visit("mod").get(f"/admin/appearance{path}").status_code == 403
        assert visit("mod").post("/admin/appearance", data=LOOK).status_code == 403
        assert visit("mod").post("/admin/appearance/hero").status_code == 403

    def test_a_look_is_published(self, visit, brand):
        assert visit("mia").post("/admin/appearance", data=LOOK).status_code == 303
        theme = brand().theme
        assert (theme["brand"], theme["tint"], theme["radius"]) == ("#8f3a52", "#8f3a52", 1.0)
        assert (theme["pill"], theme["font_head"], theme["head_weight"]) == (99, "Newsreader", 450)
        assert brand(VELORA).theme_inputs == {}
        page = visit("mia").get("/admin/appearance").text
        assert 'value="#8f3a52"' in page
        assert "All 9 pairs pass AA" in page

    def test_white_text_darkens_the_colour_until_it_can_be_read(self, visit, brand):
        visit("mia").post("/admin/appearance", data=LOOK | {"brand": "#e8590c", "text": "white"})
        assert brand().theme["brand"] == "#d14300"  # as the design says

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"brand": "red"}, "brand"),
            ({"brand": ""}, "brand"),
            ({"tint": "#12345"}, "tint"),
            ({"radius": "9"}, "radius"),
            ({"radius": "wide"}, "radius"),
            ({"density": "2"}, "density"),
            ({"font_head": "Comic Sans"}, "font_head"),
            ({"head_weight": ""}, "head_weight"),
        ],
    )
    def test_a_look_that_cannot_be_is_refused_beside_its_field(self, visit, brand, changes, field):
        answer = visit("mia").post("/admin/appearance", data=LOOK | changes)
        assert answer.status_code == 422
        assert f'href="#{field}"' in answer.text
        assert brand().theme_inputs == {}

    def test_without_script_a_look_is_seen_before_it_is_published(self, visit, brand):
        sent = LOOK | {"brand": "#123456", "preview": "1"}
        page = visit("mia").post("/admin/appearance", data=sent)
        assert page.status_code == 200
        assert "preview.css?brand=%23123456" in page.text
        assert 'value="#123456"' in page.text
        assert brand().theme_inputs == {}

    def test_the_sheet_of_the_preview_holds_the_look_of_its_address(self, visit):
        sheet = visit("mia").get("/admin/appearance/preview.css?brand=%23123456&radius=0.5")
        assert sheet.mimetype == "text/css"
        assert sheet.text.startswith(".in-look{--brand:#123456;")
        assert "--radius:0.5rem" in sheet.text
        assert sheet.headers["Cache-Control"] == "private, no-store"
        bad = visit("mia").get("/admin/appearance/preview.css?brand=red;}body{display:none")
        assert bad.status_code == 422

    def test_the_table_says_when_the_colour_was_changed_for_its_text(self, visit):
        ask = "/admin/appearance/contrast?brand=%23{}&text=white"
        changed = visit("mia").get(ask.format("e8590c")).text
        assert 'data-solid="#d14300"' in changed
        assert "We changed it to #d14300" in changed
        assert "We changed it" not in visit("mia").get(ask.format("8f3a52")).text
        assert visit("mia").get("/admin/appearance/contrast?brand=8f").status_code == 422

    def test_a_logo_is_a_drawing_and_nothing_else(self, visit, brand):
        def send(data: bytes):
            file = (io.BytesIO(data), "logo.svg")
            return visit("mia").post("/admin/appearance", data=LOOK | {"logo": file})

        drawing = (
            b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9"/></svg>'
        )
        assert send(drawing).status_code == 303
        assert "<path" in brand().logo_svg
        for wrong in (b"\xff\xfe\x00", b"<svg><script>x()</script></svg>", b"hello"):
            answer = send(wrong)
            assert answer.status_code == 422
            assert 'id="logo-error"' in answer.text
        visit("mia").post("/admin/appearance", data=LOOK | {"drops_logo": "y"})
        assert brand().logo_svg == ""

    def test_a_picture_is_kept_described_and_let_go(self, app, visit, brand):
        file = io.BytesIO()
        Image.new("RGB", (60, 40), "teal").save(file, "PNG")
        sent = {"picture": (io.BytesIO(file.getvalue()), "hero.png"), "alt": "The sea"}
        assert visit("mia").post("/admin/appearance/hero", data=sent).status_code == 303
        token = brand().hero
        assert brand().hero_alt == "The sea"
        assert visit().get(f"/media/{token}-1600.webp").status_code == 200
        visit("mia").post("/admin/appearance/hero", data={"alt": "Waves"})
        assert (brand().hero, brand().hero_alt) == (token, "Waves")
        visit("mia").post("/admin/appearance/hero", data={"drops_picture": "y"})
        assert (brand().hero, brand().hero_alt) == ("", "")
        assert visit().get(f"/media/{token}-1600.webp").status_code == 404

    def test_a_file_that_is_no_picture_is_refused_and_the_words_kept(self, visit, brand):
        sent = {"picture": (io.BytesIO(b"text"), "hero.png"), "alt": "The sea"}
        answer = visit("mia").post("/admin/appearance/hero", data=sent)
        assert answer.status_code == 422
        assert 'id="picture-error"' in answer.text
        assert "The sea" in answer.text
        assert brand().hero == ""
