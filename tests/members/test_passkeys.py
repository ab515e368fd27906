"""Passkeys, answered by a device made of code; a real browser answers in tests/browser."""

import json
from datetime import timedelta
from html import escape

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from community.brands.models import Brand
from community.kernel.db import db, now
from community.members import passkeys
from community.members.factors import Passkey
from community.members.models import Role, SecondFactor
from tests.conftest import who
from tests.factories import LUNE
from tests.members.conftest import PASSWORD
from tests.members.device import PRESENT, Device

ADD = "/settings/security/passkeys"


def ask_to_add(browser) -> dict:
    return browser.post(f"{ADD}/ask").json


def add(browser, device=None, name="Laptop") -> Device:
    device = device or Device()
    answer = device.make(ask_to_add(browser))
    assert browser.post(ADD, data={"name": name, "credential": answer}).status_code == 303
    return device


def ask(browser, **more) -> dict:
    return browser.post("/login/passkey/ask", query_string=more).json


def sign_in(browser, device, **more):
    answer = device.sign(ask(browser))
    return browser.post("/login/passkey", data={"credential": answer} | more)


def is_signed_in(browser) -> bool:
    return browser.get("/settings").status_code == 200


# -- Adding ----------------------------------------------------------------


def test_the_device_is_asked_for_a_key_of_this_brands_host_that_knows_its_user(visit):
    options = ask_to_add(visit("ada"))
    assert options["rp"] == {"id": "lune.localhost", "name": "Maison Lune"}
    chosen = options["authenticatorSelection"]
    assert (chosen["residentKey"], chosen["userVerification"]) == ("required", "required")
    assert options["attestation"] == "none"
    assert "ada" not in json.dumps(options["user"]["id"])
    assert ask_to_add(visit("ada", "velora"))["rp"]["id"] == "velora.localhost"


def test_several_are_added_and_the_device_is_told_which_it_has(visit, within, told):
    browser = visit("ada")
    add(browser, name="Laptop")
    second = add(browser, name="  Phone\u200b ")
    assert len(ask_to_add(browser)["excludeCredentials"]) == 2
    page = browser.get("/settings/security").text
    assert "Laptop" in page
    assert "Phone" in page
    assert told().count("PasskeyAdded") == 2
    with within():
        assert who("ada").second_factor == SecondFactor.PASSKEY
        assert [one.name for one in passkeys.of_member(who("ada"))] == ["Laptop", "Phone"]
    again = second.make(ask_to_add(browser))
    answer = browser.post(ADD, data={"name": "Again", "credential": again})
    assert (answer.status_code, "known already" in answer.text) == (422, True)
    with within("velora"):
        assert db.session.query(Passkey).count() == 0


@pytest.mark.once
@pytest.mark.parametrize(
    "device",
    [
        Device(origin="http://evil.localhost"),
        Device(origin="https://lune.localhost"),
        Device(origin="http://lune.localhost:8080"),
        Device(host="localhost"),
        Device(host="velora.localhost"),
        Device(flags=PRESENT),
        Device(flags=0),
    ],
    ids=["origin", "scheme", "port", "parent", "brand", "unverified", "absent"],
)
def test_a_key_for_another_page_or_without_its_user_is_not_added(visit, within, device):
    browser = visit("ada")
    answer = device.make(ask_to_add(browser))
    refused = browser.post(ADD, data={"name": "My <key>", "credential": answer})
    assert (refused.status_code, "could not be added" in refused.text) == (422, True)
    assert escape("My <key>") in refused.text
    with within():
        assert db.session.query(Passkey).count() == 0


def test_a_challenge_is_answered_once_by_the_browser_that_was_asked(visit):
    browser, other, device = visit("ada"), visit("ada"), Device()
    answer = device.make(ask_to_add(browser))
    data = {"name": "Laptop", "credential": answer}
    assert "took too long" in other.post(ADD, data=data).text
    assert browser.post(ADD, data=data).status_code == 303
    assert "took too long" in browser.post(ADD, data=data).text


@pytest.mark.once
@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
def test_a_passkey_needs_a_name(visit, name):
    browser = visit("ada")
    answer = Device().make(ask_to_add(browser))
    assert browser.post(ADD, data={"name": name, "credential": answer}).status_code == 422


def test_there_are_twenty_at_most(visit, within):
    with within():
        for n in range(passkeys.AT_MOST):
            one = Passkey(
                member_id=who("ada").id, name="x", credential_id=f"AA{n:02x}", public_key="",
                challenged_at=now(),
            )  # fmt: skip
            db.session.add(one)
        db.session.commit()
    browser = visit("ada")
    answer = browser.post(ADD, data={"name": "x", "credential": Device().make(ask_to_add(browser))})
    assert answer.status_code == 409


# -- Signing in ------------------------------------------------------------


def test_a_passkey_signs_in_without_anything_else(visit, within):
    device, browser = add(visit("ada")), visit()
    answer = sign_in(browser, device, next="/m/ben")
    assert (answer.status_code, answer.location) == (303, "/m/ben")
    assert is_signed_in(browser)
    assert browser.post("/settings/privacy/data").status_code == 200  # it was proof, too
    with within():
        assert db.session.query(Passkey).one().used_at is not None


def test_it_is_asked_for_without_saying_who_has_which(visit):
    add(visit("ada"))
    assert "allowCredentials" not in ask(visit()) or ask(visit())["allowCredentials"] == []


def refusals(device: Device, known: Device):
    """What an attacker may send instead of the answer of a key that is known."""
    yield "unknown key", Device().sign
    yield "other page", Device(key=known.key, id=known.id, origin="http://evil.example").sign
    yield "other host", Device(key=known.key, id=known.id, host="evil.example").sign
    yield "unverified", Device(key=known.key, id=known.id, flags=PRESENT).sign
    yield "forged", Device(id=known.id, handle=known.handle).sign
    yield "other person", Device(key=known.key, id=known.id, handle=b"x" * 32).sign


def test_whatever_is_not_the_answer_of_a_known_key_opens_nothing(visit):
    known = add(visit("ada"))
    for what, sign in refusals(Device(), known):
        browser = visit()
        answer = browser.post("/login/passkey", data={"credential": sign(ask(browser))})
        assert (answer.status_code, "does not open an account" in answer.text) == (422, True), what
        assert not is_signed_in(browser)
    browser = visit()
    assert sign_in(browser, known).status_code == 303


def test_a_key_of_one_brand_opens_nothing_in_the_other(visit, within):
    device = add(visit("ada"))
    browser = visit(brand="velora")
    device.host, device.origin = "velora.localhost", "http://velora.localhost"
    assert sign_in(browser, device).status_code == 422


def test_an_answer_is_good_once_even_with_the_cookie_of_before(visit):
    device, browser = add(visit("ada")), visit()
    answer = device.sign(ask(browser))
    kept = browser.get_cookie("session", domain="lune.localhost").value
    assert browser.post("/login/passkey", data={"credential": answer}).status_code == 303
    thief = visit()
    thief.set_cookie("session", kept, domain="lune.localhost")
    assert thief.post("/login/passkey", data={"credential": answer}).status_code == 422
    assert not is_signed_in(thief)


def test_a_counter_that_runs_backwards_tells_of_a_copied_key(visit):
    device = Device(count=5)
    add(visit("ada"), device)
    device.count = 6
    assert sign_in(visit(), device).status_code == 303
    device.count = 6
    assert sign_in(visit(), device).status_code == 422


def test_a_challenge_is_over_after_half_a_day(visit):
    device, browser = add(visit("ada")), visit()
    answer = device.sign(ask(browser))
    with time_machine.travel(now() + timedelta(hours=13), tick=False):
        assert browser.post("/login/passkey", data={"credential": answer}).status_code == 422


PARTS = ["id", "rawId", "response", "type", "clientDataJSON", "signature"]


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=9),
        lambda inner: st.dictionaries(st.sampled_from(PARTS), inner),
    )
)
def test_no_answer_breaks_the_reading_of_it(answer):
    assert passkeys.challenge_in(json.dumps(answer)) == ""


@pytest.mark.once
@pytest.mark.parametrize("credential", ["", "{", "null", "[]", "{}", '{"id": 1}', "x" * 30_000])
def test_what_no_browser_sends_is_refused_in_words(visit, credential):
    for browser, path in ((visit(), "/login/passkey"), (visit("ada"), ADD)):
        answer = browser.post(path, data={"credential": credential, "name": "x"})
        assert (answer.status_code, 'class="alert"' in answer.text) == (422, True)


# -- As a second step and as proof -----------------------------------------


@pytest.fixture
def demanding(within):
    with within():
        db.session.get_one(Brand, LUNE).features = {"staff_second_factor": True}
        db.session.commit()


def log_in(browser, username="mod"):
    data = {"email": f"{username}@example.com", "password": PASSWORD}
    return browser.post("/login", data=data)


def test_a_passkey_of_staff_is_asked_for_after_the_password(
    demanding, visit, with_password, within
):
    with_password("mod", "ada")
    device = add(visit("mod"))
    add(visit("ada"))
    browser = visit()
    assert log_in(browser).location == "/login/second-step"
    options = ask(browser, second=1)
    assert len(options["allowCredentials"]) == 1
    other = add(visit("ben")).sign(options)
    assert browser.post("/login/second-step", data={"credential": other}).status_code == 422
    options = ask(browser, second=1)
    answer = browser.post("/login/second-step", data={"credential": device.sign(options)})
    assert answer.status_code == 303
    assert browser.get("/admin/").status_code == 200
    assert log_in(visit(), "ada").location == "/"  # whose role asks for nothing


def test_staff_that_signs_in_with_a_passkey_is_on_duty(demanding, visit):
    device, browser = add(visit("mod")), visit()
    sign_in(browser, device)
    assert browser.get("/admin/").status_code == 200


def test_a_passkey_is_proof_of_who_one_is_but_only_ones_own(visit, within):
    browser = visit("ada")
    own, bens = add(browser), add(visit("ben"))
    for device, status in ((bens, 422), (own, 303)):
        options = browser.post(f"{ADD}/try").json
        assert len(options["allowCredentials"]) == 1
        data = {"proof-way": "passkey", "proof-credential": device.sign(options)}
        assert browser.post("/confirm-it-is-you", data=data).status_code == status


# -- Keeping ---------------------------------------------------------------


def one(within, username="ada") -> int:
    with within():
        return passkeys.of_member(who(username))[0].id


def test_a_passkey_is_renamed_and_removed_by_its_owner_alone(visit, within, told):
    browser, other = visit("ada"), visit("ben")
    device = add(browser)
    path = f"{ADD}/{one(within)}"
    for nobody in (other, visit("oli"), visit("ada", "velora")):
        assert nobody.get(path).status_code == 404
        assert nobody.post(path, data={"name": "Mine"}).status_code == 404
        assert nobody.post(f"{path}/remove").status_code == 404
    assert browser.post(path, data={"name": ""}).status_code == 422
    assert browser.post(path, data={"name": "Work laptop"}).status_code == 303
    assert "Work laptop" in browser.get("/settings/security").text
    assert browser.post(f"{path}/remove").status_code == 303
    assert told()[-1] == "PasskeyRemoved"
    assert sign_in(visit(), device).status_code == 422
    with within():
        assert who("ada").second_factor == SecondFactor.NONE


def test_the_last_way_in_is_not_removed(visit, within):
    browser = visit("ada")
    add(browser)
    path = f"{ADD}/{one(within)}/remove"
    with within():
        who("ada").email = who("ada").email_key = None
        db.session.commit()
    answer = browser.post(path)
    assert (answer.status_code, "only way in" in answer.text) == (409, True)
    add(browser)
    assert browser.post(path).status_code == 303


def test_staff_keeps_the_last_factor_its_role_asks_for(demanding, visit, within):
    browser = visit("mod")
    add(browser)
    answer = browser.post(f"{ADD}/{one(within, 'mod')}/remove")
    assert (answer.status_code, "Your role asks" in answer.text) == (409, True)
    with within():
        who("mod").role = Role.MEMBER
        db.session.commit()
    assert browser.post(f"{ADD}/{one(within, 'mod')}/remove").status_code == 303


def test_who_leaves_leaves_no_key_behind_and_takes_a_list_along(visit, within, with_password):
    with_password("ada")
    browser = visit("ada")
    device = add(browser, name="Laptop")
    data = browser.post("/settings/privacy/data").text
    assert json.loads(data)["passkeys"][0]["name"] == "Laptop"
    assert "public_key" not in data
    browser.post("/settings/privacy", data={"posts": "keep", "password": PASSWORD})
    with within():
        assert db.session.query(Passkey).count() == 0
    assert sign_in(visit(), device).status_code == 422
