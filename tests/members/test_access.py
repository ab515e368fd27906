"""Mailed links, new passwords and new addresses."""

from datetime import timedelta

import pytest
import time_machine

from community.kernel.db import db, now
from community.members import links, passwords
from community.members.models import MailedLink, Purpose
from tests.conftest import who
from tests.members.conftest import PASSWORD

FRESH = "nine blue umbrellas"
ASKING = {"sign-in": "/login/link", "reset": "/forgotten"}
FOLLOWING = {"sign-in": "/enter/", "reset": "/reset/"}


def ask(browser, purpose, email="ada@example.com", **more):
    return browser.post(ASKING[purpose], data={"email": email, **more})


def follow(browser, purpose, token):
    return browser.post(FOLLOWING[purpose] + token, data={"password": FRESH})


def is_signed_in(browser) -> bool:
    return browser.get("/settings").status_code == 200


BOTH = pytest.mark.parametrize("purpose", ["sign-in", "reset"])


@BOTH
def test_asking_says_the_same_whether_or_not_the_address_is_known(visit, purpose, told):
    known, unknown = visit(), visit()
    answers = ask(known, purpose), ask(unknown, purpose, "nobody@example.com")
    assert answers[0].location == answers[1].location
    assert {answer.status_code for answer in answers} == {303}
    pages = {browser.get(answers[0].location).text for browser in (known, unknown)}
    assert len(pages) == 1
    assert told().count("LinkRequested") == 1


@BOTH
def test_opening_a_link_uses_nothing_up_and_the_button_does_it_once(visit, mailed, purpose):
    browser = visit()
    ask(browser, purpose)
    token = mailed(purpose)
    for _scanner in range(3):
        assert visit().get(FOLLOWING[purpose] + token).status_code == 200
    assert not is_signed_in(browser)
    assert follow(browser, purpose, token).status_code == 303
    assert is_signed_in(browser)
    assert follow(visit(), purpose, token).status_code == 410
    assert visit().get(FOLLOWING[purpose] + token).status_code == 410


@BOTH
def test_a_link_is_over_after_an_hour(visit, mailed, purpose):
    ask(visit(), purpose)
    token = mailed(purpose)
    with time_machine.travel(now() + timedelta(minutes=61), tick=False):
        assert follow(visit(), purpose, token).status_code == 410


@BOTH
def test_asking_again_ends_the_link_before(visit, mailed, purpose):
    browser = visit()
    ask(browser, purpose)
    first = mailed(purpose)
    ask(browser, purpose)
    assert follow(browser, purpose, first).status_code == 410
    assert follow(browser, purpose, mailed(purpose)).status_code == 303


@BOTH
def test_a_link_is_void_in_the_other_brand(visit, mailed, purpose):
    ask(visit(), purpose)
    ask(visit(brand="velora"), purpose)
    token = mailed(purpose)
    assert follow(visit(brand="velora"), purpose, token).status_code == 410
    assert follow(visit(), purpose, token).status_code == 303


def test_a_link_of_one_purpose_serves_no_other(visit, mailed):
    ask(visit(), "sign-in")
    assert follow(visit(), "reset", mailed("sign-in")).status_code == 410


@pytest.mark.parametrize("token", ["1", "MQ", "MQ.xxxxxxxxxxxxxxxxxxxxxxxxxxx", "%00", "é" * 40])
def test_a_made_up_link_opens_nothing(visit, token):
    for path in ("/confirm/", "/enter/", "/reset/", "/email/", "/leave/"):
        assert visit().get(path + token).status_code == 410
        assert visit().post(path + token).status_code == 410


def test_more_than_five_mails_in_half_an_hour_are_not_sent_and_the_last_link_works(
    visit, mailed, told
):
    browser = visit()
    for _ in range(8):
        assert ask(browser, "sign-in").status_code == 303
    assert told().count("LinkRequested") == 5
    assert follow(browser, "sign-in", mailed("sign-in")).status_code == 303


def test_two_requests_with_one_link_have_one_winner(within):
    with within():
        ada = who("ada")
        links.request_link(ada, Purpose.SIGN_IN)
        db.session.commit()
        token = links.token_of(db.session.query(MailedLink).one())
        link = links.find(token, Purpose.SIGN_IN)
        links.use(link)
        with pytest.raises(links.Gone):
            links.use(link)


@pytest.mark.parametrize("next_path", ["/rules", "/m/ada?x=1"])
def test_a_link_leads_on_to_where_one_was_going(visit, mailed, next_path):
    browser = visit()
    ask(browser, "sign-in", next=next_path)
    assert follow(browser, "sign-in", mailed("sign-in")).location == next_path


def test_a_new_password_ends_every_session_and_is_told(visit, mailed, told, with_password):
    with_password("ada")
    other = visit("ada")
    ask(visit(), "reset")
    browser = visit()
    follow(browser, "reset", mailed("reset"))
    assert is_signed_in(browser)
    assert not is_signed_in(other)
    assert "PasswordChanged" in told()
    data = {"email": "ada@example.com", "password": PASSWORD}
    assert visit().post("/login", data=data).status_code == 422
    assert visit().post("/login", data=data | {"password": FRESH}).status_code == 303


def test_a_weak_new_password_leaves_the_link_unused(visit, mailed):
    ask(visit(), "reset")
    token, browser = mailed("reset"), visit()
    refused = browser.post(f"/reset/{token}", data={"password": "password123"})
    assert (refused.status_code, "among the first" in refused.text) == (422, True)
    assert follow(browser, "reset", token).status_code == 303


# -- In the settings -------------------------------------------------------


def test_changing_the_password_keeps_this_session_and_ends_the_others(visit, with_password):
    with_password("ada")
    here, there = visit("ada"), visit("ada")
    data = {"current_password": PASSWORD, "new_password": FRESH}
    assert here.post("/settings/account/password", data=data).status_code == 303
    assert is_signed_in(here)
    assert not is_signed_in(there)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"current_password": "not this one", "new_password": FRESH}, "not your password"),
        ({"current_password": PASSWORD, "new_password": "short"}, "at least 10"),
        ({"current_password": PASSWORD, "new_password": "ada@example.com"}, "made of your name"),
        ({"current_password": "", "new_password": FRESH}, "Enter your password"),
    ],
)
def test_a_password_is_not_changed_without_the_present_one(visit, with_password, data, words):
    with_password("ada")
    answer = visit("ada").post("/settings/account/password", data=data)
    assert (answer.status_code, words in answer.text) == (422, True)
    login = {"email": "ada@example.com", "password": PASSWORD}
    assert visit().post("/login", data=login).status_code == 303


def test_who_has_no_password_gets_one_by_mail(visit, mailed):
    browser = visit("ada")
    assert "You have no password" in browser.get("/settings/account").text
    data = {"current_password": "x", "new_password": FRESH}
    assert browser.post("/settings/account/password", data=data).status_code == 409
    browser.post("/settings/account/password-link")
    assert follow(browser, "reset", mailed("reset")).status_code == 303
    assert 'name="current_password"' in browser.get("/settings/account").text


def change_address(browser, email="new@example.com", password=PASSWORD):
    data = {"email": email, "current_password": password}
    return browser.post("/settings/account/email", data=data)


def test_an_address_changes_when_the_link_sent_there_is_used(
    visit, mailed, within, told, with_password
):
    with_password("ada")
    browser = visit("ada")
    assert change_address(browser).status_code == 303
    with within():
        assert who("ada").email == "ada@example.com"
        link = db.session.query(MailedLink).one()
        assert (link.email, link.old_email) == ("new@example.com", "ada@example.com")
    token = mailed("change-email")
    assert visit().get(f"/email/{token}").status_code == 200
    assert browser.post(f"/email/{token}").status_code == 303
    with within():
        assert (who("ada").email, who("ada").email_key) == ("new@example.com",) * 2
    assert told()[-1] == "EmailChanged"
    assert browser.post(f"/email/{token}").status_code == 410


def test_an_address_needs_the_password(visit, with_password, told):
    with_password("ada")
    assert change_address(visit("ada"), password="not this one").status_code == 422
    assert told() == []


def test_another_members_address_is_neither_given_nor_told(visit, with_password, told):
    with_password("ada")
    known = change_address(visit("ada"), "BEN@example.com")
    unknown = change_address(visit("ada"), "nobody@example.com")
    assert (known.status_code, known.location) == (unknown.status_code, unknown.location)
    assert told() == ["LinkRequested"]


def test_an_address_taken_meanwhile_is_not_given(visit, mailed, within, with_password):
    with_password("ada")
    change_address(visit("ada"))
    with within():
        who("ben").email = who("ben").email_key = "new@example.com"
        db.session.commit()
    assert visit("ada").post(f"/email/{mailed('change-email')}").status_code == 409
    with within():
        assert who("ada").email == "ada@example.com"


def test_a_new_address_ends_the_links_sent_to_the_old_one(visit, mailed, with_password):
    with_password("ada")
    ask(visit(), "reset")
    old = mailed("reset")
    change_address(visit("ada"))
    visit("ada").post(f"/email/{mailed('change-email')}")
    assert follow(visit(), "reset", old).status_code == 410


def test_the_confirmation_is_sent_again_from_the_banner(visit, within, mailed):
    with within():
        who("ada").confirmed_at = None
        db.session.commit()
    browser = visit("ada")
    assert 'action="/confirm"' in browser.get("/rules").text
    assert browser.post("/confirm", data={"next": "/rules"}).location == "/rules"
    assert browser.post(f"/confirm/{mailed('confirm')}").status_code == 303
    assert 'action="/confirm"' not in browser.get("/rules").text
    assert browser.post("/confirm").status_code == 409


# -- Passwords -------------------------------------------------------------


def test_passwords_are_stored_as_owasp_advises():
    hashed = passwords.hash_password(PASSWORD)
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.is_right(hashed, PASSWORD)
    assert not passwords.is_right(hashed, PASSWORD + " ")
    assert not passwords.is_right(None, PASSWORD)
    assert not passwords.is_right("not a hash", PASSWORD)


def test_a_hash_made_otherwise_is_made_again_at_the_next_sign_in(visit, within):
    other = passwords.PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1)
    with within():
        who("ada").password_hash = other.hash(PASSWORD)
        db.session.commit()
    data = {"email": "ada@example.com", "password": PASSWORD}
    assert visit().post("/login", data=data).status_code == 303
    with within():
        assert "m=19456" in who("ada").password_hash
    assert visit().post("/login", data=data).status_code == 303


@pytest.mark.parametrize(
    "password",
    ["1234567890", "password12", "qwerty12345", "iloveyou12", "aaaaaaaaaaaa", "1q2w3e4r5t",
     "0987654321", "basketball", "football1234"],
)  # fmt: skip
def test_common_passwords_are_refused(in_lune, password):
    with pytest.raises(passwords.Invalid):
        passwords.check_strength(password, [])


@pytest.mark.parametrize(
    "password", ["quatre lunes bleues", "tK9#mPq2vLw", "correct horse battery", "é" * 5 + "zq7!kd"]
)
def test_good_passwords_are_taken_spaces_and_all(in_lune, password):
    passwords.check_strength(password, ["ada", "ada@example.com", "Maison Lune"])
