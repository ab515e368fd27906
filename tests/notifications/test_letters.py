"""Mails about the account."""

import re
from datetime import timedelta

import pytest

from community.events import (
    EmailChanged,
    JoinedAgain,
    LinkRequested,
    MemberSuspended,
    PasswordChanged,
)
from community.kernel.bus import publish
from community.kernel.db import db, now
from community.members import links, roles
from community.members.models import MailedLink, Purpose
from tests.conftest import who
from tests.factories import LUNE, VELORA


def ask(here, purpose, **values) -> str:
    """Have a link asked for, and hand back its token."""
    with here.open():
        ada = who("ada")
        link = MailedLink(
            member_id=ada.id,
            purpose=purpose,
            **{"email": "ada@example.com", "expires_at": now() + links.LASTS[purpose]} | values,
        )
        db.session.add(link)
        db.session.flush()
        publish(LinkRequested(link_id=link.id))
        return links.token_of(link)


def say(here, event, **ids):
    with here.open():
        publish(event(member_id=who("ada").id, **ids))
    here.settle()


@pytest.mark.parametrize("purpose", list(Purpose))
@pytest.mark.parametrize("brand_id", [LUNE, VELORA])
def test_every_link_is_mailed_in_both_parts_to_its_brands_host(
    community, postbox, brand_id, purpose
):
    here = community(brand_id)
    here.change("ada", locale="en")
    token = ask(here, purpose)
    here.settle()
    (message,) = postbox.messages
    host = {LUNE: "http://lune.localhost/", VELORA: "http://velora.localhost/"}[brand_id]
    for part in ("plain", "html"):
        body = message.get_body((part,)).get_content()
        assert token in body
        assert host in body
        assert {timedelta(hours=1): "1 hour", timedelta(days=1): "1 day"}.get(
            links.LASTS[purpose], "3 days"
        ) in body
    assert message["List-Unsubscribe"] is None


def test_a_link_goes_to_the_address_it_was_asked_for(lune, postbox):
    ask(lune, Purpose.CHANGE_EMAIL, email="new@example.com", old_email="ada@example.com")
    lune.settle()
    assert postbox.envelopes[0][1] == ["new@example.com"]


def test_a_link_in_french_says_its_time_in_french(lune, postbox):
    ask(lune, Purpose.CONFIRM)
    lune.settle()
    assert "3\xa0jours" in postbox.messages[0].get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    "spent", [{"used_at": now()}, {"expires_at": now() - timedelta(seconds=1)}]
)
def test_a_link_that_opens_nothing_any_more_is_not_mailed(lune, postbox, spent):
    ask(lune, Purpose.SIGN_IN, **spent)
    lune.settle()
    assert postbox.messages == []


def test_the_mail_to_confirm_holds_nothing_a_stranger_could_have_chosen(lune, postbox):
    lune.change("ada", name="Win at evil dot example", confirmed_at=None)
    ask(lune, Purpose.CONFIRM)
    lune.settle()
    assert "evil" not in postbox.messages[0].as_string()


def test_joining_again_tells_the_owner_of_the_address(lune, postbox):
    say(lune, JoinedAgain)
    text = postbox.messages[0].get_body(("plain",)).get_content()
    assert "http://lune.localhost/login" in text


def test_a_changed_password_is_told_with_the_moment_and_a_way_out(lune, postbox):
    lune.change("ada", locale="en", time_zone="America/New_York")
    say(lune, PasswordChanged)
    text = postbox.messages[0].get_body(("plain",)).get_content()
    assert re.search(r"on \d{1,2} \w+ \d{4}, \d\d:\d\d UTC−[45]\.", text)
    assert "Choose a new password: http://lune.localhost/" in text


def test_a_letter_in_french_leaves_room_before_its_colons(lune, postbox):
    say(lune, PasswordChanged)
    text = postbox.messages[0].get_body(("plain",)).get_content()
    assert "\u202f: http://lune.localhost/" in text
    assert re.search(r"\w: ", text) is None


def test_a_changed_address_is_told_to_the_old_one_without_giving_the_new_one_away(lune, postbox):
    ask(lune, Purpose.CHANGE_EMAIL, email="secret.name@example.org", old_email="old@example.com")
    lune.settle()
    with lune.open():
        link = db.session.query(MailedLink).one()
        publish(EmailChanged(member_id=who("ada").id, link_id=link.id))
    lune.settle()
    assert postbox.envelopes[1][1] == ["old@example.com"]
    assert "secret.name" not in postbox.messages[1].as_string()
    assert "s…@example.org" in postbox.messages[1].get_body(("plain",)).get_content()


@pytest.mark.parametrize("event", [JoinedAgain, PasswordChanged])
def test_whoever_has_left_gets_no_mail_about_the_account(lune, postbox, event):
    lune.change("ada", erased_at=now(), email=None, email_key=None)
    say(lune, event)
    assert postbox.messages == []


class TestSuspensions:
    def suspend(self, lune, days):
        lune.change("ada", locale="en", time_zone="Europe/London")
        with lune.open():
            roles.suspend(who("mod"), who("ada"), days=days, reason="Three adverts in a day.")

    def text(self, postbox) -> str:
        return postbox.messages[-1].get_body(("plain",)).get_content()

    def test_a_member_is_told_why_and_until_when(self, lune, postbox):
        self.suspend(lune, days=7)
        lune.settle()
        text = self.text(postbox)
        assert "Reason: Three adverts in a day." in text
        assert re.search(r"Until \d{1,2} \w+ \d{4}, \d\d:\d\d", text)
        assert "http://lune.localhost/rules" in text
        assert "Your account at Maison Lune is suspended" in postbox.messages[-1]["Subject"]

    def test_one_without_an_end_says_so(self, lune, postbox):
        self.suspend(lune, days=None)
        lune.settle()
        assert "Until further notice" in self.text(postbox)
        assert "9999" not in self.text(postbox)

    def test_one_that_was_lifted_meanwhile_is_not_mailed(self, lune, postbox):
        self.suspend(lune, days=7)
        with lune.open():
            roles.reinstate(who("mod"), who("ada"))
        lune.settle()
        [message] = postbox.messages
        assert message["Subject"] == "You can take part again at Maison Lune"

    def test_whoever_has_left_is_not_written_to(self, lune, postbox):
        with lune.open():
            publish(MemberSuspended(member_id=who("ada").id, suspended_by_id=who("mod").id))
        lune.settle()
        assert postbox.messages == []
