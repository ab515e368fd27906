"""Showing once more who one is, before what would hurt most in other hands.

A session that has proven itself within ten minutes is fresh; signing in counts, and so does
joining a first passkey or app to the account. Who stays longer on a page is asked again for
a password, a passkey or a code (ASVS 5.0 V7.5.1, V7.5.3).
"""

from datetime import timedelta

from community.kernel.db import now
from community.kernel.policy import require
from community.members import access, passkeys, second_factor
from community.members.models import Member, SecondFactor
from community.members.passkeys import Challenge
from community.members.sessions import note_proof
from community.permissions import Can

FRESH = timedelta(minutes=10)


def is_fresh(member: Member) -> bool:
    """Whether the session at hand has lately shown who its member is."""
    proven = member.session_proven_at
    return proven is not None and now() - proven < FRESH


def owes_second_step(member: Member) -> bool:
    """Whether the session at hand was opened without the second factor the member has."""
    return member.lacks_second_factor and member.second_factor != SecondFactor.NONE


def by_password(actor, password: str, *, network: str) -> None:
    """Show the password; Invalid beside `password`, TooMany after many wrong ones."""
    require(actor, Can.MANAGE_ACCOUNT, actor)
    access.prove(actor, password, network=network, field="password")
    note_proof(actor, second_step=False)


def by_code(actor, code: str, *, network: str) -> None:
    """Show a code of the app or a recovery code; Invalid beside `code`."""
    require(actor, Can.MANAGE_ACCOUNT, actor)
    second_factor.show_code(actor, code, network=network)
    note_proof(actor, second_step=True)


def by_passkey(actor, answer: str, challenge: Challenge, *, network: str) -> None:
    """Show a passkey of one's own; Invalid beside `credential`."""
    require(actor, Can.MANAGE_ACCOUNT, actor)
    passkeys.show(answer, challenge, network=network, member=actor)
    note_proof(actor, second_step=True)
