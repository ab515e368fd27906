"""What members set about themselves."""

import io
from datetime import timedelta

import pytest
import time_machine
from PIL import Image
from sqlalchemy import func, select

from community.kernel.db import db, now
from community.media.models import Upload
from community.members.devices import device_words
from community.members.models import FOR_GOOD, FormerUsername, Mode
from tests.conftest import who

PROFILE = {"name": "Ada L.", "username": "ada", "bio": "Hello", "is_public": "y"}
PREFERENCES = {"locale": "en", "time_zone": "Asia/Tokyo", "mode": "dark", "mentions": "y"}
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)


@pytest.mark.parametrize(
    "path", ["", "/account", "/preferences", "/sessions", "/privacy"], ids=lambda p: p or "/"
)
def test_settings_are_for_members(visit, path):
    answer = visit().get(f"/settings{path}")
    assert answer.status_code == 302
    assert answer.location == f"/login?next=%2Fsettings{path.replace('/', '%2F')}"
    assert visit("ada").get(f"/settings{path}").status_code == 200


def test_a_profile_is_saved(visit, within):
    assert visit("ada").post("/settings", data=PROFILE).status_code == 303
    with within():
        ada = who("ada")
        assert (ada.name, ada.bio, ada.is_profile_public) == ("Ada L.", "Hello", True)
    with within("velora"):
        assert who("ada").name == "Ada"


def test_an_unticked_box_makes_the_profile_private(visit, within):
    visit("ada").post("/settings", data=PROFILE | {"is_public": ""})
    visit("ada").post("/settings", data={k: v for k, v in PROFILE.items() if k != "is_public"})
    with within():
        assert who("ada").is_profile_public is False


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "Maison Lune"}, "pass for the team"),
        ({"name": ""}, "Enter the name"),
        ({"username": "ben"}, "taken"),
        ({"username": "admin"}, "reserved"),
        ({"bio": "x" * 501}, "500 characters at most"),
    ],
)
def test_a_refused_profile_changes_nothing_and_keeps_what_was_typed(visit, within, changes, words):
    answer = visit("ada").post("/settings", data=PROFILE | {"bio": "Typed words"} | changes)
    assert (answer.status_code, words in answer.text) == (422, True)
    assert (PROFILE | {"bio": "Typed words"} | changes)["bio"] in answer.text
    with within():
        assert (who("ada").name, who("ada").bio) == ("Ada", "")


def test_a_member_changes_the_user_name_every_thirty_days(visit, within):
    browser = visit("ada")
    assert browser.post("/settings", data=PROFILE | {"username": "Adele"}).status_code == 303
    again = browser.post("/settings", data=PROFILE | {"username": "adeline"})
    assert (again.status_code, "in 30 days" in again.text) == (422, True)
    with time_machine.travel(now() + timedelta(days=31), tick=False):
        later = visit("adele")
        assert later.post("/settings", data=PROFILE | {"username": "ada"}).status_code == 303
    with within():
        assert [row.username for row in db.session.query(FormerUsername)] == ["adele"]
        assert who("ada").username_key == "ada"


def test_a_dot_in_the_own_user_name_is_no_new_name(visit, within):
    assert visit("ada").post("/settings", data=PROFILE | {"username": "a.da"}).status_code == 303
    with within():
        assert who("a.da").username_key == "ada"
        assert db.session.query(FormerUsername).count() == 0


@pytest.mark.parametrize("state", ["suspended", "unconfirmed"])
def test_who_may_not_take_part_does_not_change_the_profile_but_the_account(visit, within, state):
    with within():
        if state == "suspended":
            who("ada").suspended_until, who("ada").suspended_reason = FOR_GOOD, "Spam"
        else:
            who("ada").confirmed_at = None
        db.session.commit()
    browser = visit("ada")
    assert browser.post("/settings", data=PROFILE).status_code == 403
    assert "You cannot change your profile now" in browser.get("/settings").text
    assert browser.post("/settings/preferences", data=PREFERENCES).status_code == 303
    assert browser.post("/settings/privacy/data").status_code == 200


# -- Picture ---------------------------------------------------------------


def picture(colour) -> tuple[io.BytesIO, str]:
    data = io.BytesIO()
    Image.new("RGB", (300, 300), colour).save(data, "PNG")
    data.seek(0)
    return data, "me.png"


def test_a_picture_replaces_the_one_before(visit, within):
    browser = visit("ada")
    for colour in ("red", "blue"):
        answer = browser.post("/settings/avatar", data={"picture": picture(colour)})
        assert (answer.status_code, answer.location) == (303, "/settings")
    with within():
        avatar = who("ada").avatar
        kept = db.session.scalars(select(Upload).where(Upload.token == avatar)).one()
        assert kept.attached_at is not None
    assert avatar in browser.get("/settings").text
    assert browser.post("/settings/avatar/remove").status_code == 303
    with within():
        assert who("ada").avatar == ""


@pytest.mark.parametrize(
    "data", [{}, {"picture": (io.BytesIO(b"no picture"), "me.png")}, {"picture": "text"}]
)
def test_what_is_no_picture_is_refused_beside_its_field(visit, within, data):
    answer = visit("ada").post("/settings/avatar", data=data)
    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    with within():
        assert who("ada").avatar == ""
        assert db.session.scalar(select(func.count()).select_from(Upload)) == 0


# -- Preferences -----------------------------------------------------------


def test_preferences_are_saved(visit, within):
    assert visit("ada").post("/settings/preferences", data=PREFERENCES).status_code == 303
    with within():
        ada = who("ada")
        assert (ada.locale, ada.time_zone, ada.mode) == ("en", "Asia/Tokyo", Mode.DARK)
        assert (ada.mails_mentions, ada.mails_replies) == (True, False)
    page = visit("ada").get("/settings/preferences").text
    assert 'data-theme="dark"' in page
    assert '<option selected value="Asia/Tokyo">' in page
    assert '<optgroup label="Europe">' in page


def test_places_are_in_the_order_of_their_letters_whatever_stands_on_them(visit):
    page = visit("ada").get("/settings/preferences", headers={"Accept-Language": "fr"}).text
    assert page.index(">Helsinki<") < page.index(">Île de Man<") < page.index(">Jersey<")
    assert page.index(">Erevan<") < page.index(">Famagouste<")


def test_nothing_chosen_means_the_browser_and_the_brand(visit, within):
    data = PREFERENCES | {"locale": "", "time_zone": ""}
    assert visit("ada").post("/settings/preferences", data=data).status_code == 303
    with within():
        assert (who("ada").locale, who("ada").time_zone) == (None, None)


@pytest.mark.parametrize(
    "wrong", [{"locale": "xx"}, {"time_zone": "Mars/Base"}, {"mode": "pink"}, {"mode": ""}]
)
def test_preferences_that_do_not_exist_are_refused(visit, within, wrong):
    assert visit("ada").post("/settings/preferences", data=PREFERENCES | wrong).status_code == 422
    with within():
        assert who("ada").time_zone is None


# -- Devices ---------------------------------------------------------------


def test_devices_are_listed_and_one_is_signed_out(visit, with_password):
    with_password("ada")
    here = visit("ada")
    phone = visit()
    data = {"email": "ada@example.com", "password": "seven green bicycles"}
    phone.post("/login", data=data, headers={"User-Agent": IPHONE})
    page = here.get("/settings/sessions").text
    assert "Safari on iPhone" in page
    assert page.count("This one") == 1
    [path] = [p for p in page.split('"') if p.endswith("/revoke")]
    assert here.post(path).status_code == 303
    assert phone.get("/settings").status_code == 302
    assert here.get("/settings").status_code == 200
    assert here.post(path).status_code == 404


def test_nobody_ends_another_members_session(visit):
    visit("ben")
    browser = visit("ada")
    for session_id in range(1, 6):
        answer = visit("cleo").post(f"/settings/sessions/{session_id}/revoke")
        assert answer.status_code == 404 or session_id > 2
    assert browser.get("/settings").status_code == 200


def test_all_other_devices_or_all_are_signed_out(visit):
    one, two, three = visit("ada"), visit("ada"), visit("ada")
    other_brand = visit("ada", "velora")
    one.post("/settings/sessions/elsewhere")
    assert [b.get("/settings").status_code for b in (one, two, three)] == [200, 302, 302]
    four = visit("ada")
    assert one.post("/settings/sessions/everywhere").location == "/login"
    assert [b.get("/settings").status_code for b in (one, four)] == [302, 302]
    assert other_brand.get("/settings").status_code == 200


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (IPHONE, "Safari on iPhone"),
        ("curl/8", "Unknown browser"),
        ("", "Unknown browser"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/131 Safari/537 Edg/131", "Edge on Windows"),
        ("Something Android", "Android"),
    ],
)
def test_a_device_is_named_in_words(in_lune, user_agent, words):
    assert device_words(user_agent) == words
