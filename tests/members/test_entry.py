"""Joining, signing in and out, as a browser sees it."""

import re
from datetime import timedelta

import pytest
import time_machine

from community.brands.models import Brand
from community.kernel.db import db, now
from community.members import passwords
from community.members.models import Member, MemberSession
from tests.conftest import who
from tests.factories import LUNE
from tests.members.conftest import PASSWORD

NEWCOMER = {
    "name": "Zoé Martin",
    "username": "zoe",
    "email": "zoe@example.com",
    "password": "quatre lunes bleues",
    "accepts": "y",
}


def join(browser, **changes):
    return browser.post("/join", data=NEWCOMER | changes)


def sign_in(browser, username="ada", password=PASSWORD, **more):
    data = {"email": f"{username}@example.com", "password": password, "stays": "y"}
    return browser.post("/login", data=data | more)


def is_signed_in(browser) -> bool:
    return browser.get("/settings").status_code == 200


# -- Joining ---------------------------------------------------------------


def test_a_newcomer_joins_and_confirms_in_the_same_browser(visit, mailed, within, told):
    browser = visit()
    answer = join(browser)
    assert (answer.status_code, answer.location) == (303, "/join/sent")
    assert not is_signed_in(browser)
    token = mailed("confirm", "zoe")
    page = browser.get(f"/confirm/{token}")
    assert page.status_code == 200
    assert 'name="password"' not in page.text
    with within():
        assert not who("zoe").is_confirmed
    assert browser.post(f"/confirm/{token}").status_code == 303
    with within():
        assert who("zoe").is_confirmed
    assert is_signed_in(browser)
    assert [name for name in told() if name != "MailQueued"] == [
        "MemberJoined",
        "LinkRequested",
        "MemberConfirmed",
    ]


def test_another_browser_confirms_only_with_the_password(visit, mailed, within):
    join(visit())
    token = mailed("confirm", "zoe")
    other = visit()
    assert 'name="password"' in other.get(f"/confirm/{token}").text
    assert other.post(f"/confirm/{token}", data={"password": "wrong one"}).status_code == 422
    with within():
        assert not who("zoe").is_confirmed
    done = other.post(f"/confirm/{token}", data={"password": NEWCOMER["password"]})
    assert done.status_code == 303
    with within():
        assert who("zoe").is_confirmed


def test_whoever_joins_with_a_strangers_address_cannot_keep_a_way_in(visit, mailed, within):
    stranger = visit()
    join(stranger, email="victim@example.com", username="victim", password="evil evil evil 9")
    sign_in(stranger, "victim", "evil evil evil 9")
    assert is_signed_in(stranger)
    owner = visit()
    owner.post("/login/link", data={"email": "victim@example.com"})
    assert owner.post(f"/enter/{mailed('sign-in', 'victim')}").status_code == 303
    assert is_signed_in(owner)
    assert not is_signed_in(stranger)
    assert sign_in(visit(), "victim", "evil evil evil 9").status_code == 422


def test_joining_again_before_confirming_counts_instead(visit, mailed, within):
    join(visit(), username="first", password="the first of them")
    first = mailed("confirm", "first")
    browser = visit()
    join(browser, username="second", password="the second of them")
    assert browser.get(f"/confirm/{first}").status_code == 410
    assert browser.post(f"/confirm/{mailed('confirm', 'second')}").status_code == 303
    with within():
        assert db.session.query(Member).filter_by(email_key="zoe@example.com").count() == 1


def test_the_answer_is_the_same_for_a_members_address(visit, told, within):
    known, unknown = visit(), visit()
    to_known = join(known, email="ADA@example.com", username="zoe-a")
    to_unknown = join(unknown, email="nobody@example.com", username="zoe-b")
    assert to_known.status_code == to_unknown.status_code
    assert to_known.location == to_unknown.location
    assert known.get(to_known.location).text == unknown.get(to_unknown.location).text
    cookies = [
        set(answer.headers.getlist("Set-Cookie")[0].split("=")[0:1])
        for answer in (to_known, to_unknown)
    ]
    assert cookies[0] == cookies[1]
    assert told()[0] == "JoinedAgain"
    with within():
        assert who("ada").name == "Ada"


def test_the_other_brand_knows_nothing_of_a_newcomer(visit, within):
    join(visit())
    with within("velora"):
        assert db.session.query(Member).filter_by(username="zoe").count() == 0
    assert visit(brand="velora").get("/m/zoe").status_code == 404


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"email": "zoe@"}, "not a complete e-mail address"),
        ({"email": ""}, "Enter your e-mail address"),
        ({"password": "short"}, "at least 10 characters"),
        ({"password": "password123"}, "among the first"),
        ({"password": "qwertyuiop"}, "among the first"),
        ({"password": "zoe@example.com"}, "made of your name"),
        ({"password": "Maison Lune 1"}, "made of your name"),
        ({"password": "zoemartin zoe"}, "made of your name"),
        ({"password": "x" * 201}, "at most 200"),
        ({"username": "admin"}, "reserved"),
        ({"username": "a.da"}, "taken"),
        ({"username": "é"}, "3 to 30"),
        ({"name": "Maison Lune"}, "pass for the team"),
        ({"name": " "}, "Enter the name"),
        ({"accepts": ""}, "read the rules"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_the_rest_is_kept(visit, changes, words):
    answer = join(visit(), **changes)
    assert answer.status_code == 422
    assert words in answer.text
    kept = (NEWCOMER | changes)["email"]
    assert f'value="{kept}"' in answer.text
    assert NEWCOMER["password"] not in answer.text


def test_a_user_name_is_made_when_none_is_given(visit, within):
    assert join(visit(), username="").status_code == 303
    with within():
        assert db.session.query(Member).filter_by(username="zoe-martin").count() == 1


def test_extra_fields_give_nothing(visit, within):
    join(visit(), role="owner", confirmed_at="2020-01-01", brand_id="2", title="Expert")
    with within():
        zoe = who("zoe")
        assert (zoe.role, zoe.confirmed_at, zoe.title) == ("member", None, "")


def test_a_brand_open_to_invited_members_only_takes_nobody(visit, within):
    with within():
        db.session.get_one(Brand, LUNE).features = {"invitation_only": True}
        db.session.commit()
    assert "invited members only" in visit().get("/join").text
    assert join(visit()).status_code == 409
    assert join(visit(brand="velora")).status_code == 303


def test_joining_has_its_limit_per_address(visit):
    answers = [join(visit(), username=f"zoe-{n}-x").status_code for n in range(7)]
    assert answers == [303] * 5 + [429] * 2


# -- By password -----------------------------------------------------------


def test_a_member_signs_in_and_goes_on_to_where_she_was_going(visit, with_password):
    with_password("ada")
    answer = sign_in(visit(), next="/rules?x=1")
    assert (answer.status_code, answer.location) == (303, "/rules?x=1")


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x()"]
)
def test_nobody_is_led_to_another_site(visit, with_password, elsewhere):
    with_password("ada")
    assert sign_in(visit(), next=elsewhere).location == "/"


def test_the_address_may_be_spelt_otherwise(visit, with_password):
    with_password("ada")
    answer = visit().post("/login", data={"email": " ADA@Example.com", "password": PASSWORD})
    assert answer.status_code == 303


def test_a_wrong_password_and_an_unknown_address_get_one_answer(visit, with_password):
    with_password("ada")
    known = sign_in(visit(), password="not this one at all")
    unknown = sign_in(visit(), "nobody", password="not this one at all")
    without = sign_in(visit(), "ben", password="not this one at all")
    pages = {re.sub(r'value="[^"]*"', "", a.text) for a in (known, unknown, without)}
    assert {a.status_code for a in (known, unknown, without)} == {422}
    assert len(pages) == 1


def test_the_same_work_is_done_for_known_and_unknown_addresses(visit, with_password, monkeypatch):
    with_password("ada")
    hashed = []
    right = passwords.is_right

    def counted(stored, password):
        hashed.append(stored is not None)
        return right(stored, password)

    monkeypatch.setattr(passwords, "is_right", counted)
    sign_in(visit(), "ada", "not this one at all")
    sign_in(visit(), "nobody", "not this one at all")
    assert hashed == [True, False]


def test_the_password_of_one_brand_opens_nothing_in_the_other(visit, within, with_password):
    with_password("ada")
    with within("velora"):
        who("ada").password_hash = None
        db.session.commit()
    assert sign_in(visit(brand="velora")).status_code == 422
    assert sign_in(visit()).status_code == 303


def test_signing_in_makes_a_new_session_and_ends_the_old_one(visit, with_password, within):
    with_password("ada", "ben")
    browser = visit("ben")
    with browser.session_transaction(base_url="http://lune.localhost") as cookie:
        before = cookie["_user_id"]
    sign_in(browser)
    with browser.session_transaction(base_url="http://lune.localhost") as cookie:
        assert cookie["_user_id"] != before
    with within():
        assert db.session.query(MemberSession).filter_by(member_id=who("ben").id).count() == 0


def test_a_form_open_before_signing_in_can_be_sent_after_it(app, visit, with_password):
    app.config["WTF_CSRF_ENABLED"] = True
    with_password("ada")
    browser = visit()
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/login").text)[1]
    assert sign_in(browser, csrf_token=token).status_code == 303
    answer = browser.post("/settings/sessions/elsewhere", data={"csrf_token": token})
    assert answer.status_code == 303


def test_a_session_cookie_of_a_browser_that_does_not_stay_ends_with_it(visit, with_password):
    with_password("ada")
    stays = sign_in(visit()).headers["Set-Cookie"]
    goes = visit().post("/login", data={"email": "ada@example.com", "password": PASSWORD})
    assert "Expires" in stays
    assert "Expires" not in goes.headers["Set-Cookie"]


def test_signing_out_ends_the_session_on_the_server(visit, with_password):
    with_password("ada")
    browser = visit()
    sign_in(browser)
    stolen = browser.get_cookie("session", domain="lune.localhost").value
    assert browser.post("/logout").status_code == 303
    thief = visit()
    thief.set_cookie("session", stolen, domain="lune.localhost")
    assert not is_signed_in(thief)


def test_nobody_is_signed_out_by_a_link(visit):
    browser = visit("ada")
    assert browser.get("/logout").status_code == 405
    assert is_signed_in(browser)


def test_a_session_lasts_as_long_as_it_is_used(visit, with_password):
    with_password("ada")
    browser = visit()
    sign_in(browser)
    for days in (20, 40, 60):
        with time_machine.travel(now() + timedelta(days=days), tick=False):
            assert is_signed_in(browser)
    with time_machine.travel(now() + timedelta(days=91), tick=False):
        assert not is_signed_in(browser)


def test_a_visit_is_noted_hourly_and_only_while_reading(visit, within):
    browser = visit("ada")
    with within():
        first = db.session.query(MemberSession).one().seen_at
    with time_machine.travel(now() + timedelta(hours=2), tick=False):
        browser.post("/settings/sessions/elsewhere")
        with within():
            assert db.session.query(MemberSession).one().seen_at == first
        browser.get("/rules")
        with within():
            assert db.session.query(MemberSession).one().seen_at > first
            assert who("ada").last_seen_at > first


# -- Closed communities ----------------------------------------------------


@pytest.mark.parametrize("path", ["/m/ada", "/m/suggest?q=a"])
def test_a_closed_community_asks_guests_to_sign_in(visit, within, path):
    assert visit().get("/m/ada").status_code == 200
    with within():
        db.session.get_one(Brand, LUNE).features = {"guest_reading": False}
        db.session.commit()
    answer = visit().get(path)
    assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/login")
    for way_in in ("/login", "/join", "/forgotten", "/rules", "/legal", "/healthz"):
        assert visit().get(way_in).status_code == 200
    assert visit("ada").get("/m/ada").status_code == 200
    assert visit(brand="velora").get("/m/ada").status_code == 200
