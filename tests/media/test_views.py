"""Pictures over HTTP."""

import io

import pytest
from PIL import Image
from sqlalchemy import select

from community.kernel.db import db, now
from community.kernel.tenancy import brand_scope
from community.media.models import Upload
from tests.factories import LUNE, VELORA

BRANDS = {"lune": LUNE, "velora": VELORA}


def a_picture(size=(1200, 900)) -> io.BytesIO:
    data = io.BytesIO()
    Image.new("RGB", size, "teal").save(data, "JPEG")
    data.seek(0)
    return data


def send(client, data=None, **fields):
    return client.post("/media/", data={"file": (data or a_picture(), "a.jpg"), **fields})


@pytest.fixture
def change(app):
    """`change("lune", hidden_at=now())` changes the only upload of a brand."""

    def run(brand, **values):
        with app.app_context(), brand_scope(BRANDS[brand]):
            upload = db.session.scalars(select(Upload)).one()
            for name, value in values.items():
                setattr(upload, name, value)
            db.session.commit()

    return run


def test_a_picture_comes_in_and_is_shown(visit):
    sent = send(visit("ada"), alt="A teal wall")
    assert sent.status_code == 201
    assert sent.json["alt"] == "A teal wall"
    assert (sent.json["width"], sent.json["height"]) == (1200, 900)
    shown = visit().get(sent.json["url"])
    assert shown.status_code == 200
    assert shown.mimetype == "image/webp"
    assert Image.open(io.BytesIO(shown.data)).size == (1200, 900)


@pytest.mark.parametrize(("asked", "given"), [(80, 320), (320, 320), (640, 800), (4000, 1200)])
def test_the_smallest_file_that_is_wide_enough_is_sent(visit, asked, given):
    url = send(visit("ada")).json["url"]
    shown = visit().get(url.rpartition("-")[0] + f"-{asked}.webp")
    assert Image.open(io.BytesIO(shown.data)).width == given


def test_a_picture_is_kept_for_ever_and_can_do_nothing(visit):
    url = send(visit("ada")).json["url"]
    shown = visit().get(url)
    assert shown.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert shown.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Cross-Origin-Resource-Policy"] == "same-site"
    assert "Set-Cookie" not in shown.headers
    again = visit().get(url, headers={"If-None-Match": shown.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""


def test_a_picture_belongs_to_one_brand(visit):
    url = send(visit("ada")).json["url"]
    assert visit("oli", "velora").get(url).status_code == 404


def test_a_hidden_picture_is_for_its_owner_and_staff_and_kept_by_nobody(visit, change):
    url = send(visit("ada")).json["url"]
    change("lune", hidden_at=now())
    assert visit().get(url).status_code == 404
    assert visit("ben").get(url).status_code == 404
    for reader in ("ada", "mod"):
        shown = visit(reader).get(url)
        assert shown.status_code == 200
        assert shown.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/media/nothing-320.webp", "/media/../secret", "/media/a-0.webp", "/media/x.webp"]
)
def test_what_is_no_picture_is_not_found(visit, path):
    assert visit().get(path).status_code == 404


def test_refusals_come_in_words(visit):
    assert send(visit("ada"), io.BytesIO(b"no picture")).status_code == 422
    assert send(visit("ada"), io.BytesIO(b"no picture")).json["error"]
    assert visit("ada").post("/media/").json == {"error": "Choose a picture first."}
    assert send(visit()).status_code == 403


def test_too_many_pictures_a_minute_are_refused(visit):
    client = visit("ada")
    answers = [send(client, a_picture((8, 8))) for _ in range(11)]
    assert [a.status_code for a in answers] == [201] * 10 + [429]
    assert answers[-1].json["error"]
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_a_file_that_is_too_large_is_refused_in_json(visit, app):
    app.config["MAX_CONTENT_LENGTH"] = 1_000
    sent = send(visit("ada"), io.BytesIO(b"x" * 5_000))
    assert sent.status_code == 413
    assert "too large" in sent.json["error"]


class TestOnTheHostThatServesPicturesAlone:
    @pytest.fixture
    def settings(self, settings):
        return settings.model_copy(update={"media_host": "pictures.localhost"})

    @pytest.fixture
    def get(self, app):
        return lambda path: app.test_client().get(path, base_url="http://pictures.localhost")

    @pytest.mark.parametrize("brand", BRANDS)
    def test_a_published_picture_of_any_brand_is_shown(self, visit, change, get, brand):
        url = send(visit("ada", brand)).json["url"]
        change(brand, attached_at=now())
        shown = get(url)
        assert shown.status_code == 200
        assert shown.mimetype == "image/webp"
        assert "Set-Cookie" not in shown.headers

    def test_a_picture_nobody_published_or_that_is_hidden_is_not(self, visit, change, get):
        url = send(visit("ada")).json["url"]
        assert get(url).status_code == 404
        change("lune", attached_at=now(), hidden_at=now())
        assert get(url).status_code == 404

    def test_nothing_else_lives_there(self, get):
        assert get("/").status_code == 404
        assert get("/login").status_code == 404

    def test_pages_show_pictures_from_there(self, app):
        with app.test_request_context():
            shown = app.jinja_env.globals["picture"]("abc", 320)
        assert shown == "https://pictures.localhost/media/abc-320.webp"
