"""Codes of an app after the password, and codes for a lost phone."""

import re
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import time_machine

from community.kernel.db import db, now
from community.kernel.errors import Conflict, Forbidden, Invalid, TooMany
from community.members import passwords, second_factor, step_up
from community.members.factors import Authenticator, RecoveryCode
from community.members.models import MemberSession, SecondFactor
from tests.conftest import who
from tests.members.conftest import PASSWORD

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NOON = datetime(2026, 3, 1, 12, 0, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch):
    """Ten codes are hashed at a time; what makes that slow is tested with passwords."""
    quick = passwords.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", quick)


def code_at(moment=None, secret=SECRET) -> str:
    return pyotp.TOTP(secret).at(moment or now())


def give_app(username="ada", codes=()):
    member = who(username)
    sealed = second_factor._sealer().encrypt(SECRET.encode()).decode()
    db.session.add(Authenticator(member_id=member.id, sealed_secret=sealed, confirmed_at=now()))
    second_factor.settle(member)
    second_factor._replace_codes(
        member, [passwords.hash_password(second_factor._bare(c)) for c in codes]
    )
    db.session.commit()
    return member


@pytest.fixture
def with_app(within, with_password):
    """Ada has a password and an app, in both brands, and a recovery code."""
    with_password("ada")
    for brand in ("lune", "velora"):
        with within(brand):
            give_app(codes=["abcde-fghjk"])


def sign_in(browser, **more):
    data = {"email": "ada@example.com", "password": PASSWORD, "stays": "y"} | more
    return browser.post("/login", data=data)


def is_signed_in(browser) -> bool:
    return browser.get("/settings").status_code == 200


# -- Codes -----------------------------------------------------------------


@pytest.mark.once
@pytest.mark.parametrize(
    ("second", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_rfc_6238(app, second, code):
    """Appendix B, the last six of its eight digits."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    with time_machine.travel(datetime.fromtimestamp(second, UTC), tick=False):
        assert second_factor._step_of(secret, code) == second // 30
        assert second_factor._step_of(secret, code[::-1]) is None


@pytest.mark.parametrize("late", [-30, 0, 30])
def test_a_clock_may_be_off_by_one_step(in_lune, late):
    ada = give_app()
    with time_machine.travel(NOON, tick=False):
        second_factor.show_code(ada, code_at(NOON + timedelta(seconds=late)), network="x")


@pytest.mark.parametrize("late", [-60, 60, 3600])
def test_a_clock_may_not_be_off_by_more(in_lune, late):
    ada = give_app()
    with time_machine.travel(NOON, tick=False), pytest.raises(Invalid):
        second_factor.show_code(ada, code_at(NOON + timedelta(seconds=late)), network="x")


def test_no_code_is_taken_twice_nor_one_before_it(in_lune):
    ada = give_app()
    with time_machine.travel(NOON, tick=False):
        second_factor.show_code(ada, f" {code_at()[:3]} {code_at()[3:]} ", network="x")
        for seen in (code_at(), code_at(NOON - timedelta(seconds=30))):
            with pytest.raises(Invalid):
                second_factor.show_code(ada, seen, network="x")
        second_factor.show_code(ada, code_at(NOON + timedelta(seconds=30)), network="x")


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "abcdef", "１２３４５６", "-12345", "\x00"]
)
def test_what_is_no_code_is_refused(in_lune, code):
    ada = give_app()
    with pytest.raises(Invalid) as refusal:
        second_factor.show_code(ada, code, network="x")
    assert refusal.value.field == "code"


def test_after_five_wrong_codes_even_the_right_one_waits_wherever_it_comes_from(in_lune):
    ada = give_app()
    with time_machine.travel(NOON, tick=False):
        for network in "abcde":
            with pytest.raises(Invalid):
                second_factor.show_code(ada, "000000", network=network)
        with pytest.raises(TooMany):
            second_factor.show_code(ada, code_at(), network="f")
    with time_machine.travel(NOON + timedelta(minutes=11), tick=False):
        second_factor.show_code(ada, code_at(), network="f")


def test_a_recovery_code_opens_once_and_never_in_the_other_brand(with_app, within):
    with within("velora"):
        give = who("ada")
        db.session.query(RecoveryCode).delete()
        with pytest.raises(Invalid):
            second_factor.show_code(give, "abcde-fghjk", network="x")
    with within():
        second_factor.show_code(who("ada"), "ABCDE FGHJK", network="x")
        with pytest.raises(Invalid):
            second_factor.show_code(who("ada"), "abcde-fghjk", network="x")
        assert second_factor.codes_left(who("ada")) == 0


def test_the_secret_is_not_in_the_database_and_another_key_does_not_open_it(in_lune, app):
    ada = give_app()
    stored = db.session.query(Authenticator).one().sealed_secret
    assert SECRET not in stored
    app.config["SECRET_KEY"] = "another one " * 4
    with pytest.raises(Invalid):
        second_factor.show_code(ada, code_at(), network="x")


# -- Setting up ------------------------------------------------------------


def set_up(browser):
    """Follow the pages as a person does; give the secret and the recovery codes."""
    assert browser.post("/settings/security/app/begin").location == "/settings/security/app"
    page = browser.get("/settings/security/app").text
    assert '<img class="qr" src="data:image/svg+xml' in page
    secret = re.search(r'class="app-key">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
    done = browser.post("/settings/security/app", data={"code": code_at(secret=secret)})
    codes = re.findall(r"<code>([a-z2-9]{5}-[a-z2-9]{5})</code>", done.text)
    assert (done.status_code, len(set(codes))) == (200, 10)
    return secret, codes


def test_setting_up_shows_the_codes_once_and_ends_other_sessions(visit, within, told):
    browser, other = visit("ada"), visit("ada")
    _secret, codes = set_up(browser)
    assert is_signed_in(browser)
    assert not is_signed_in(other)
    page = browser.get("/settings/security").text
    assert "10 unused codes" in page
    assert not any(code in page for code in codes)
    assert browser.get("/settings/security/app").status_code == 303
    assert told()[-1] == "SecondStepTurnedOn"
    with within():
        assert who("ada").second_factor == SecondFactor.APP
        stored = " ".join(row.code_hash for row in db.session.query(RecoveryCode))
        assert not any(code in stored for code in codes)
    with within("velora"):
        assert who("ada").second_factor == SecondFactor.NONE


def test_a_wrong_first_code_turns_nothing_on_and_keeps_the_secret(visit, within):
    browser = visit("ada")
    browser.post("/settings/security/app/begin")
    shown = browser.get("/settings/security/app").text
    answer = browser.post("/settings/security/app", data={"code": "000000"})
    assert (answer.status_code, "does not fit" in answer.text) == (422, True)
    key = re.search(r'class="app-key">([A-Z2-7 ]+)<', shown)[1]
    assert key in answer.text
    with within():
        assert who("ada").second_factor == SecondFactor.NONE


def test_another_app_counts_from_its_first_code_on_and_the_old_one_until_then(visit, within):
    browser = visit("ada")
    old, _codes = set_up(browser)
    browser.post("/settings/security/app/begin")
    with within(), time_machine.travel(now() + timedelta(minutes=2), tick=False):
        second_factor.show_code(who("ada"), code_at(secret=old), network="x")
        db.session.commit()
    new, _codes = set_up(browser)
    with within(), time_machine.travel(now() + timedelta(minutes=4), tick=False):
        with pytest.raises(Invalid):
            second_factor.show_code(who("ada"), code_at(secret=old), network="x")
        second_factor.show_code(who("ada"), code_at(secret=new), network="x")


def test_new_codes_replace_the_old_ones(visit, within, told):
    browser = visit("ada")
    _secret, old = set_up(browser)
    page = browser.post("/settings/security/codes").text
    new = re.findall(r"<code>([^<]+)</code>", page)
    assert len(new) == 10
    assert not set(new) & set(old)
    assert told()[-1] == "RecoveryCodesRenewed"
    with within(), pytest.raises(Invalid):
        second_factor.show_code(who("ada"), old[0], network="x")


def test_turning_off_takes_app_and_codes_away(visit, within, told):
    browser = visit("ada")
    set_up(browser)
    assert browser.post("/settings/security/app/off").status_code == 303
    with within():
        assert who("ada").second_factor == SecondFactor.NONE
        assert not db.session.query(RecoveryCode).count()
        assert not db.session.query(Authenticator).count()
    assert told()[-1] == "SecondStepTurnedOff"
    assert browser.post("/settings/security/app/off").status_code == 409
    assert browser.post("/settings/security/codes").status_code == 409


def test_whoever_has_not_confirmed_the_address_sets_nothing_up(visit, within):
    """They may have joined with somebody else's address, and must not keep a way in."""
    with within():
        who("ada").confirmed_at = None
        db.session.commit()
    assert visit("ada").post("/settings/security/app/begin").status_code == 409
    assert visit("ada").post("/settings/security/passkeys/ask").status_code == 409


# -- Signing in ------------------------------------------------------------


def test_a_password_alone_opens_nothing(with_app, visit, within):
    browser = visit()
    answer = sign_in(browser, next="/m/ben")
    assert (answer.status_code, answer.location) == (303, "/login/second-step")
    assert not is_signed_in(browser)
    with within():
        assert db.session.query(MemberSession).one().awaits_second_step
    wrong = browser.post("/login/second-step", data={"code": "000000"})
    assert (wrong.status_code, "does not fit" in wrong.text) == (422, True)
    done = browser.post("/login/second-step", data={"code": code_at()})
    assert (done.status_code, done.location) == (303, "/m/ben")
    assert is_signed_in(browser)
    assert "This one" in browser.get("/settings/sessions").text
    with within():
        [session] = db.session.query(MemberSession)
        assert (session.awaits_second_step, session.has_second_step) == (False, True)


def test_the_token_of_a_half_opened_session_is_no_session(with_app, visit):
    browser = visit()
    sign_in(browser)
    with browser.session_transaction(base_url="http://lune.localhost") as cookie:
        cookie["_user_id"] = cookie["second_step"]["token"]
    assert not is_signed_in(browser)


@pytest.mark.parametrize("way", ["sign-in", "reset"])
def test_a_mailed_link_does_not_go_round_the_second_step(with_app, visit, mailed, way):
    browser = visit()
    path, follow = {"sign-in": ("/login/link", "/enter/"), "reset": ("/forgotten", "/reset/")}[way]
    browser.post(path, data={"email": "ada@example.com"})
    answer = browser.post(follow + mailed(way), data={"password": "nine blue umbrellas"})
    assert answer.location == "/login/second-step"
    assert not is_signed_in(browser)
    browser.post("/login/second-step", data={"code": code_at()})
    assert is_signed_in(browser)


def test_a_recovery_code_signs_in_and_its_owner_is_told(with_app, visit, told):
    browser = visit()
    sign_in(browser)
    assert "recovery codes you kept" in browser.get("/login/second-step?recovery=1").text
    browser.post("/login/second-step", data={"code": "abcde-fghjk"})
    assert is_signed_in(browser)
    assert "RecoveryCodeUsed" in told()


def test_the_second_step_is_over_after_ten_minutes_and_after_a_new_password(
    with_app, visit, within
):
    late, reset = visit(), visit()
    sign_in(late, next="/m/ben")
    with time_machine.travel(now() + timedelta(minutes=11), tick=False):
        answer = late.post("/login/second-step", data={"code": code_at()})
        assert (answer.status_code, answer.location) == (303, "/login?next=/m/ben")
    sign_in(reset)
    with within():
        second_factor.close_all(who("ada"))
        db.session.commit()
    assert reset.post("/login/second-step", data={"code": code_at()}).location == "/login?next=/"
    assert visit().get("/login/second-step").location == "/login"


def test_too_many_wrong_codes_are_said_with_the_time_to_wait(with_app, visit):
    browser = visit()
    sign_in(browser)
    for _ in range(5):
        browser.post("/login/second-step", data={"code": "000000"})
    answer = browser.post("/login/second-step", data={"code": code_at()})
    assert (answer.status_code, "too many tries" in answer.text) == (429, True)
    assert answer.headers["Retry-After"]


def test_knowing_the_password_does_not_make_a_network_known(with_app, visit, within):
    sign_in(visit())
    with within():
        assert db.session.query(second_factor.guard.KnownNetwork).count() == 0


# -- Losing everything -----------------------------------------------------


def test_an_owner_lets_somebody_in_again_who_has_lost_everything(with_app, visit, within, told):
    for nobody in ("mod", "mia"):
        answer = visit(nobody).post("/m/ada/standing", data={"act": "second-factor"})
        assert answer.status_code == 403
    ada = visit("ada")
    assert visit("oli").post("/m/ada/standing", data={"act": "second-factor"}).status_code == 303
    assert not is_signed_in(ada)
    assert told()[-1] == "SecondStepTurnedOff"
    browser = visit()
    sign_in(browser)
    assert is_signed_in(browser)
    with within(), pytest.raises(Conflict):
        second_factor.reset(who("oli"), who("ada"))
    with within("velora"):
        assert who("ada").second_factor == SecondFactor.APP


def test_nobody_resets_their_own_or_is_no_owner(in_lune):
    for actor, member in (("oli", "oli"), ("mia", "ada"), ("ada", "ada")):
        with pytest.raises(Forbidden):
            second_factor.reset(who(actor), who(member))


def test_freshness_is_of_the_session_and_lasts_ten_minutes(in_lune):
    ada = who("ada")
    assert not step_up.is_fresh(ada)
    ada.session_proven_at = now() - timedelta(minutes=9)
    assert step_up.is_fresh(ada)
    ada.session_proven_at = now() - timedelta(minutes=10)
    assert not step_up.is_fresh(ada)
