"""How many wrong passwords are borne. Counted in the database, which no outage loosens.

Five per account and network and twenty per network within ten minutes, and 150 per account
within two days from networks its member never used. Accounts that do not exist count alike.
A count per account alone would let anybody lock a member out with a handful of tries; here
the member gets in from elsewhere, from where they signed in before, and by a mailed link.

Codes of the second step are counted apart and wherever they come from: only who has shown
the password can try them. Five in ten minutes and fifty in two days leave somebody who knows
a password one chance in 6,000 to guess one of three valid codes in two days.
"""

import hashlib
import unicodedata
from datetime import timedelta

from sqlalchemy import delete, select

from community.kernel.db import db, keep, now
from community.kernel.errors import TooMany
from community.kernel.i18n import ngettext
from community.members.models import FailedSignIn, KnownNetwork, Member

SOON, PER_PAIR, PER_NETWORK = timedelta(minutes=10), 5, 20
LONG, PER_ACCOUNT = timedelta(hours=48), 150
CODES_SOON, CODES_LONG = 5, 50
REMEMBERED = timedelta(days=90)


def account_of(email: str) -> str:
    """The name under which tries for an address are counted, however it is spelt."""
    spelling = unicodedata.normalize("NFKC", email).strip().casefold()
    return hashlib.sha256(spelling.encode()).hexdigest()[:40]


def begin(email: str, member: Member | None, network: str) -> FailedSignIn:
    """Count one try before its password is looked at; TooMany when too many came before.

    `member` is whose address it is, if anyone's. The try is counted first and taken back on
    success, so that tries made at the same moment cannot all find the count low.
    """
    attempt = _counted(account_of((member and member.email_key) or email), network)
    minutes = _refused_for(attempt, _wait(attempt, member))
    if minutes:
        raise TooMany(
            ngettext(
                "That was too many tries. Wait %(num)d minute, or sign in with a link by mail.",
                "That was too many tries. Wait %(num)d minutes, or sign in with a link by mail.",
                minutes,
            ),
            retry_after=minutes * 60,
        )
    return attempt


def begin_code(member: Member, network: str) -> FailedSignIn:
    """Count one try of a code before it is looked at; TooMany when too many came before."""
    attempt = _counted(_codes_of(member), network)
    account = FailedSignIn.account == attempt.account
    waits = (_beyond(CODES_SOON, SOON, account), _beyond(CODES_LONG, LONG, account))
    minutes = _refused_for(attempt, max(filter(None, waits), default=None))
    if minutes:
        raise TooMany(
            ngettext(
                "That was too many tries. Wait %(num)d minute.",
                "That was too many tries. Wait %(num)d minutes.",
                minutes,
            ),
            retry_after=minutes * 60,
        )
    return attempt


def _codes_of(member: Member) -> str:
    return account_of(f"codes of member {member.id}")


def _counted(account: str, network: str) -> FailedSignIn:
    attempt = FailedSignIn(account=account, network=network)
    db.session.add(attempt)
    keep("a try counts whatever becomes of the request")
    return attempt


def _refused_for(attempt: FailedSignIn, wait: timedelta | None) -> int:
    """For how many minutes a try is not allowed; 0 when it is."""
    if wait is None:
        return 0
    db.session.delete(attempt)
    keep("a try that was not allowed counts for nothing")
    return max(1, round(wait.total_seconds() / 60))


def succeed(attempt: FailedSignIn, member: Member) -> None:
    """Forget the failures of a member on this network, and know the network from now on.

    It is not known yet while the second step is owed: the password may be somebody's who
    found it out.
    """
    db.session.execute(
        delete(FailedSignIn).where(
            FailedSignIn.account == attempt.account, FailedSignIn.network == attempt.network
        )
    )
    if not member.has_second_step:
        remember(member, attempt.network)


def succeed_with_code(attempt: FailedSignIn, member: Member) -> None:
    """Forget the wrong codes of a member, and know the network from now on."""
    db.session.execute(delete(FailedSignIn).where(FailedSignIn.account == attempt.account))
    remember(member, attempt.network)


def remember(member: Member, network: str) -> None:
    """The member has shown that they are here."""
    known = db.session.scalar(
        select(KnownNetwork).where(
            KnownNetwork.member_id == member.id, KnownNetwork.network == network
        )
    )
    if known is None:
        db.session.add(KnownNetwork(member_id=member.id, network=network))
    else:
        known.seen_at = now()


def forget(email_key: str) -> None:
    """Drop the failures of an address: its owner has just proved to be its owner."""
    account = account_of(email_key)
    db.session.execute(delete(FailedSignIn).where(FailedSignIn.account == account))


def _wait(attempt: FailedSignIn, member: Member | None) -> timedelta | None:
    """How long until this try would be allowed; None when it is."""
    account = FailedSignIn.account == attempt.account
    network = FailedSignIn.network == attempt.network
    waits = [
        _beyond(PER_PAIR, SOON, account, network),
        _beyond(PER_NETWORK, SOON, network),
    ]
    known = _known_networks(member)
    if attempt.network not in known:
        elsewhere = FailedSignIn.network.not_in(known)
        waits.append(_beyond(PER_ACCOUNT, LONG, account, elsewhere))
    return max((wait for wait in waits if wait is not None), default=None)


def _beyond(allowed: int, within: timedelta, *conditions) -> timedelta | None:
    """How long until fewer than `allowed` lie within; None when no more do now."""
    newest = select(FailedSignIn.created_at).where(
        FailedSignIn.created_at > now() - within, *conditions
    )
    one_too_many = db.session.scalar(
        newest.order_by(FailedSignIn.created_at.desc()).offset(allowed).limit(1)
    )
    return None if one_too_many is None else one_too_many + within - now()


def _known_networks(member: Member | None) -> list[str]:
    if member is None:
        return []
    return list(
        db.session.scalars(select(KnownNetwork.network).where(KnownNetwork.member_id == member.id))
    )
