"""The challenges this browser was given, which its passkeys answer: each once."""

from datetime import datetime, timedelta

from flask import session

from community.kernel.db import now
from community.kernel.errors import Invalid
from community.kernel.i18n import _
from community.members import passkeys
from community.members.passkeys import Challenge

_KEPT, AT_MOST = "challenges", 5  # in the cookie: pages open at the same time
# A sign-in page offers passkeys as long as it is open, so its challenge must last as long.
LASTS = timedelta(hours=12)


def give(challenge: Challenge) -> None:
    """Remember in this browser what it was asked."""
    given = [*session.get(_KEPT, ()), [challenge.value, challenge.made_at.isoformat()]]
    session[_KEPT] = given[-AT_MOST:]


def take(answer: str) -> Challenge:
    """The challenge that an answer answers, which is spent; Invalid when it was not asked here."""
    if not answer:
        raise Invalid(_("This needs a browser that knows passkeys."), field="credential")
    wanted, given = passkeys.challenge_in(answer), session.get(_KEPT, [])
    for value, made_at in given:
        if value == wanted:
            session[_KEPT] = [one for one in given if one[0] != value]
            challenge = Challenge(value, datetime.fromisoformat(made_at))
            if now() - challenge.made_at < LASTS:
                return challenge
    raise Invalid(_("This took too long. Try your passkey again."), field="credential")
