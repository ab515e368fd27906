"""Asking once more before dangerous acts, and staff that must have a second factor."""

import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine

from community.brands.models import Brand
from community.kernel.db import db, now
from community.kernel.policy import can
from community.kernel.tenancy import brand_scope
from community.members.models import MemberSession, Role, SecondFactor
from community.permissions import Can, explain
from tests.conftest import who
from tests.factories import LUNE, VELORA
from tests.members.conftest import PASSWORD

DANGEROUS = [
    ("ada", "/settings/security/app/begin", {}),
    ("ada", "/settings/security/app/off", {}),
    ("ada", "/settings/security/codes", {}),
    ("ada", "/settings/security/passkeys", {"name": "Mine", "credential": "{}"}),
    ("ada", "/settings/privacy/data", {}),
    ("oli", "/m/ada/standing", {"act": "role", "role": "manager"}),
    ("oli", "/m/ada/standing", {"act": "second-factor"}),
]


@pytest.fixture
def stale(visit, within, with_password):
    """`stale("ada")` is a browser whose member has long not shown who they are."""
    with_password("ada", "oli", "mod")

    def open_browser(username, brand="lune"):
        browser = visit(username, brand)
        with within(brand):
            for session in db.session.query(MemberSession):
                session.proven_at = now() - timedelta(hours=1)
            db.session.commit()
        return browser

    return open_browser


def hidden(page: str) -> list[tuple[str, str]]:
    """What the last form of a page sends by itself."""
    form = page.rpartition("<form")[2]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return [(name, unescape(value)) for name, value in found]


def prove(browser, page, password=PASSWORD):
    data = {**dict(hidden(page)), "proof-password": password}
    return browser.post("/confirm-it-is-you", data=data)


@pytest.mark.parametrize(("username", "path", "form"), DANGEROUS)
def test_a_dangerous_act_is_not_done_before_showing_who_one_is(
    stale, within, told, username, path, form
):
    browser = stale(username)
    answer = browser.post(path, data=form)
    assert (answer.status_code, "Confirm it is you" in answer.text) == (403, True)
    assert told() == []
    with within():
        assert who("ada").role == Role.MEMBER
    kept = dict(hidden(answer.text))
    assert kept["proof-action"] == path
    assert form.items() <= kept.items()


def test_after_the_proof_the_browser_sends_the_same_form_once_more(stale, within):
    browser = stale("oli")
    form = {"act": "role", "role": "manager"}
    asked = browser.post("/m/ada/standing?from=x", data=form)
    again = prove(browser, asked.text)
    assert (again.status_code, again.location) == (307, "/m/ada/standing?from=x")
    assert browser.post(again.location, data=dict(hidden(asked.text))).status_code == 303
    with within():
        assert who("ada").role == Role.MANAGER
    with within("velora"):
        assert who("ada").role == Role.MEMBER


def test_a_wrong_password_keeps_the_form_and_proves_nothing(stale, within):
    browser = stale("oli")
    asked = browser.post("/m/ada/standing", data={"act": "role", "role": "manager"})
    refused = prove(browser, asked.text, "not this one at all")
    assert (refused.status_code, "not your password" in refused.text) == (422, True)
    assert ("role", "manager") in hidden(refused.text)
    assert "not this one" not in refused.text
    for _ in range(4):
        prove(browser, asked.text, "not this one at all")
    assert prove(browser, asked.text).status_code == 429


@pytest.mark.once
@pytest.mark.parametrize("way", ["password", "code", "passkey", "", "none"])
def test_an_empty_proof_is_refused_beside_its_field(stale, way):
    answer = stale("ada").post("/confirm-it-is-you", data={"proof-way": way})
    assert answer.status_code == 422


def test_a_page_leads_to_the_proof_and_back(stale):
    browser = stale("ada")
    answer = browser.get("/settings/security/app?x=1")
    assert answer.location == "/confirm-it-is-you?next=/settings/security/app?x%3D1"
    page = browser.get(answer.location).text
    assert prove(browser, page).location == "/settings/security/app?x=1"
    assert browser.get("/settings/security/app").location == "/settings/security"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_the_proof_leads_to_no_other_site(stale, target):
    browser = stale("ada")
    assert target not in browser.get("/confirm-it-is-you", query_string={"next": target}).text
    data = {"proof-password": PASSWORD, "proof-next": target, "proof-action": target}
    assert browser.post("/confirm-it-is-you", data=data).location == "/settings/security"


def test_script_is_led_to_the_proof_instead_of_a_fragment(stale):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://lune.localhost/settings/security"}
    answer = stale("ada").post("/settings/security/codes", headers=headers)
    assert answer.headers["HX-Redirect"] == "/confirm-it-is-you?next=/settings/security"


def test_who_has_nothing_to_show_gets_a_link_and_goes_on_with_the_form(visit, within, mailed, told):
    browser = visit("ada")  # without a password
    with within():
        db.session.query(MemberSession).one().proven_at = now() - timedelta(hours=1)
        db.session.commit()
    asked = browser.post("/settings/privacy/data", data={"why": "moving out"})
    assert "Send me the link" in asked.text
    browser.post("/confirm-it-is-you/link")
    browser.post(f"/enter/{mailed('sign-in')}")
    again = browser.post("/settings/privacy/data", data=dict(hidden(asked.text)))
    assert (again.status_code, again.mimetype) == (200, "application/json")


def test_proof_in_one_browser_is_none_in_another_nor_for_strangers(stale, visit):
    here, there = stale("ada"), stale("ada")
    prove(here, here.get("/confirm-it-is-you").text)
    assert here.post("/settings/privacy/data").status_code == 200
    assert there.post("/settings/privacy/data").status_code == 403
    assert visit().get("/confirm-it-is-you").location.startswith("/login?next=")


def test_who_has_just_signed_in_is_not_asked(visit, with_password):
    with_password("ada")
    browser = visit()
    browser.post("/login", data={"email": "ada@example.com", "password": PASSWORD})
    assert browser.post("/settings/privacy/data").status_code == 200
    with time_machine.travel(now() + timedelta(minutes=11), tick=False):
        assert browser.post("/settings/privacy/data").status_code == 403


# -- Staff -----------------------------------------------------------------


@pytest.fixture
def demanding(app):
    """Maison Lune asks its staff for a second factor; Velora does not."""
    with app.app_context(), brand_scope(LUNE):
        db.session.get_one(Brand, LUNE).features = {"staff_second_factor": True}
        db.session.commit()


STAFF_PAGES = ["/admin/", "/admin/removed", "/admin/deliveries"]


@pytest.mark.once
@pytest.mark.parametrize("username", ["mod", "mia", "oli"])
@pytest.mark.parametrize("path", STAFF_PAGES)
def test_staff_without_it_reaches_the_way_to_set_it_up_and_nothing_of_the_back_office(
    demanding, visit, username, path
):
    browser = visit(username)
    answer = browser.get(path)
    assert (answer.status_code, answer.location) == (302, f"/settings/security?next={path}")
    assert browser.get(answer.location).status_code == 200
    assert "Your role asks for a second step" in browser.get("/rules").text
    assert browser.post("/settings/security/app/begin").location == "/settings/security/app"
    assert visit(username, "velora").get(path).status_code == 200


def test_every_power_of_staff_waits_and_the_refusal_says_why(demanding, within):
    with within():
        for username in ("mod", "mia", "oli"):
            member = who(username)
            assert not member.is_on_duty
            for power in (Can.ENTER_BACK_OFFICE, Can.EDIT_BRAND, Can.TIDY_THREADS):
                assert not can(member, power)
                assert "second step" in explain(member, power)
            assert not can(member, Can.SUSPEND_MEMBER, who("ada"))
            assert can(member, Can.MANAGE_ACCOUNT, member)
            assert "second step" not in explain(member, Can.VOTE_HELPFUL)
        assert not who("ada").lacks_second_factor
    with within("velora"):
        assert who("mod").is_on_duty


def test_a_hidden_category_is_hidden_from_staff_without_it(demanding, visit):
    assert visit("mod").get("/c/office").status_code == 404
    assert visit("mod", "velora").get("/c/office").status_code == 200


def test_a_session_opened_without_the_second_step_has_no_powers_either(demanding, visit, within):
    """A password-only session of somebody who had a passkey before becoming staff."""
    browser = visit("mod")
    with within():
        who("mod").second_factor = SecondFactor.PASSKEY
        db.session.commit()
    assert browser.get("/admin/").location == "/confirm-it-is-you?next=/admin/"
    page = browser.get("/confirm-it-is-you").text
    assert 'name="proof-password"' not in page
    with within():
        db.session.query(MemberSession).one().has_second_step = True
        db.session.commit()
    assert browser.get("/admin/").status_code == 200


def test_the_switch_is_one_of_the_brands_features(in_velora):
    brand = db.session.get_one(Brand, VELORA)
    assert brand.features["staff_second_factor"] is False
