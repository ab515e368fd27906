"""Mails about the second step, recovery codes and passkeys."""

import pytest

from community.events import (
    PasskeyAdded,
    PasskeyRemoved,
    RecoveryCodesRenewed,
    RecoveryCodeUsed,
    SecondStepTurnedOff,
    SecondStepTurnedOn,
)
from community.kernel.bus import publish
from tests.conftest import who

CHANGES = [
    (SecondStepTurnedOn, {}, "The second step is on", "a code of your app is asked for"),
    (SecondStepTurnedOff, {"turned_off_by_id": None}, "is off", "no code is asked for any more"),
    (RecoveryCodesRenewed, {}, "New recovery codes", "good for nothing"),
    (RecoveryCodeUsed, {}, "was used", "does not work again"),
    (PasskeyAdded, {"passkey_id": 1}, "A new passkey", "signs in without the password"),
    (PasskeyRemoved, {}, "was removed", "was removed on"),
]


@pytest.mark.parametrize(("event", "ids", "subject", "words"), CHANGES)
def test_every_change_of_what_opens_an_account_is_told_its_owner(
    lune, postbox, event, ids, subject, words
):
    lune.change("ada", locale="en", time_zone="America/New_York")
    with lune.open():
        publish(event(member_id=who("ada").id, **ids))
    lune.settle()
    [message] = postbox.messages
    text = message.get_body(("plain",)).get_content()
    html = message.get_body(("html",)).get_content()
    assert postbox.envelopes[0][1] == ["ada@example.com"]
    assert subject in message["Subject"]
    assert "Maison Lune" in message["Subject"]
    assert words in " ".join(text.split())
    for part in (text, html):
        assert "http://lune.localhost/forgotten" in part
        assert "http://lune.localhost/settings/security" in part


def test_nobody_is_written_to_who_has_left(lune, postbox):
    with lune.open():
        ada = who("ada")
        ada.email = ada.email_key = None
        publish(PasskeyRemoved(member_id=ada.id))
    lune.settle()
    assert postbox.messages == []
