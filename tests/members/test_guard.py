"""Guessing is hopeless, and lock-out is no weapon."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine

from community.kernel.db import db, now
from community.members.guard import account_of
from community.members.models import FailedSignIn
from tests.members.conftest import PASSWORD

OWN, STRANGE, ANOTHER = "203.0.113.7", "198.51.100.1", "198.51.100.2"


@pytest.fixture
def try_password(visit, with_password):
    """`try_password("wrong")` is the status of one try for Ada, from a new browser."""
    with_password("ada", "ben")

    def attempt(password, username="ada", *, network=STRANGE, email=None, brand="lune", **extra):
        data = {"email": email or f"{username}@example.com", "password": password, **extra}
        return (
            visit(brand=brand)
            .post("/login", data=data, environ_overrides={"REMOTE_ADDR": network})
            .status_code
        )

    return attempt


def test_after_five_wrong_passwords_even_the_right_one_waits(try_password):
    assert [try_password(f"wrong {n}") for n in range(6)] == [422] * 5 + [429]
    assert try_password(PASSWORD) == 429
    with time_machine.travel(now() + timedelta(minutes=11), tick=False):
        assert try_password(PASSWORD) == 303


def test_waiting_is_said_with_its_time_and_the_way_round_it(visit, try_password):
    for n in range(5):
        try_password(f"wrong {n}", network=OWN)
    answer = visit().post(
        "/login",
        data={"email": "ada@example.com", "password": "x"},
        environ_overrides={"REMOTE_ADDR": OWN},
    )
    assert answer.headers["Retry-After"] == "600"
    assert "Wait 10 minutes" in answer.text
    assert 'formaction="/login/link"' in answer.text
    assert 'value="ada@example.com"' in answer.text


def test_an_unknown_address_is_counted_alike(try_password):
    assert [try_password("wrong", "nobody") for _ in range(6)] == [422] * 5 + [429]


@pytest.mark.parametrize(
    "way_round",
    [
        {"email": "ADA@EXAMPLE.COM"},
        {"email": "  ada@example.com  "},
        {"email": "ada@example\uff0ecom"},
        {"stays": "y", "account": "other", "name": "x", "user": "y"},
    ],
)
def test_another_spelling_or_more_fields_give_no_more_tries(try_password, way_round):
    for n in range(5):
        try_password(f"wrong {n}")
    assert try_password(PASSWORD, **way_round) == 429


def test_invented_headers_give_no_more_tries(visit, try_password):
    for n in range(5):
        try_password(f"wrong {n}")
    answer = visit().post(
        "/login",
        data={"email": "ada@example.com", "password": PASSWORD},
        headers={"X-Forwarded-For": "192.0.2.9", "X-Real-IP": "192.0.2.9", "Forwarded": "for=1"},
        environ_overrides={"REMOTE_ADDR": STRANGE},
    )
    assert answer.status_code == 429


def test_addresses_of_one_ipv6_network_are_one(try_password):
    for n in range(5):
        try_password(f"wrong {n}", network=f"2001:db8:1:2::{n}")
    assert try_password(PASSWORD, network="2001:db8:1:2:ffff::1") == 429
    assert try_password(PASSWORD, network="2001:db8:1:3::1") == 303


def test_one_network_tries_twenty_times_whatever_the_accounts(try_password):
    tries = [try_password("wrong", f"someone{n}") for n in range(21)]
    assert tries == [422] * 20 + [429]
    assert try_password(PASSWORD) == 429
    assert try_password(PASSWORD, network=ANOTHER) == 303


def test_a_strangers_failures_do_not_lock_the_owner_out(try_password):
    for n in range(10):
        try_password(f"wrong {n}")
    assert try_password(PASSWORD) == 429
    assert try_password(PASSWORD, network=OWN) == 303


def test_150_failures_in_two_days_close_the_account_to_strangers_only(try_password, within):
    assert try_password(PASSWORD, network=OWN) == 303
    with within():
        account = account_of("ada@example.com")
        for n in range(150):
            moment = now() - timedelta(hours=40) + timedelta(minutes=n)
            db.session.add(FailedSignIn(account=account, network=f"10.0.0.{n}", created_at=moment))
        db.session.commit()
    assert try_password(PASSWORD, network=ANOTHER) == 429
    assert try_password(PASSWORD, network=OWN) == 303
    assert try_password(PASSWORD, "ben", network=ANOTHER) == 303
    with time_machine.travel(now() + timedelta(hours=12), tick=False):
        assert try_password(PASSWORD, network=ANOTHER) == 303


def test_success_forgets_the_failures_before_it(try_password):
    for _ in range(4):
        try_password("wrong")
    assert try_password(PASSWORD) == 303
    assert [try_password("wrong") for _ in range(6)] == [422] * 5 + [429]


def test_the_mailed_link_works_while_passwords_wait(visit, try_password, mailed):
    for _ in range(6):
        try_password("wrong")
    browser = visit()
    assert browser.post("/login/link", data={"email": "ada@example.com"}).status_code == 303
    assert browser.post(f"/enter/{mailed('sign-in')}").status_code == 303


def test_a_new_password_by_mail_ends_the_waiting(visit, try_password, mailed):
    for _ in range(6):
        try_password("wrong")
    browser = visit()
    browser.post("/forgotten", data={"email": "ada@example.com"})
    fresh = "nine blue umbrellas"
    assert browser.post(f"/reset/{mailed('reset')}", data={"password": fresh}).status_code == 303
    assert try_password(fresh) == 303


def test_brands_count_apart(try_password):
    for _ in range(6):
        try_password("wrong")
    assert try_password(PASSWORD, brand="velora") == 303


def test_tries_made_at_the_same_moment_are_counted_too(app, visit, with_password):
    with_password("ada")

    def attempt(n):
        data = {"email": "ada@example.com", "password": f"wrong {n}"}
        return visit().post("/login", data=data).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(attempt, range(16)))
    assert answers.count(422) <= 5
    assert set(answers) <= {422, 429}


def test_a_stolen_session_cannot_guess_the_password(visit, with_password):
    with_password("ada")
    browser = visit("ada")
    data = {"current_password": "wrong", "new_password": "nine blue umbrellas"}
    answers = [browser.post("/settings/account/password", data=data).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]
