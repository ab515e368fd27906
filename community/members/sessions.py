"""Who is signed in: one row per browser, revocable at once.

The cookie holds a random token and the row its hash, so reading the database
gives nobody a session. A session lasts 30 days from its last use. Who has shown a
password and owes the second step has a row as well, which opens nothing and lasts
ten minutes: what ends a member's sessions ends it too.
"""

import hashlib
import secrets
from datetime import timedelta

import structlog
from flask_login import LoginManager
from sqlalchemy import delete, select, update
from sqlalchemy.orm import joinedload

from community.kernel.db import db, now
from community.members.models import Anonymous, Member, MemberSession

LIFETIME = timedelta(days=30)
SEEN_EVERY = timedelta(hours=1)
SECOND_STEP_WITHIN = timedelta(minutes=10)

login_manager = LoginManager()
login_manager.anonymous_user = Anonymous
login_manager.login_view = "members.login"
login_manager.session_protection = None  # the row is the session; addresses change on phones


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(
    member: Member, *, ip: str = "", user_agent: str = "", second_step: bool = False
) -> str:
    """Record a new session and return its token, which is not stored.

    `second_step`: a second factor was shown too, or a passkey, which is two in one.
    """
    token = _record(
        member, LIFETIME, ip=ip, user_agent=user_agent[:200], has_second_step=second_step
    )
    member.session_token, member.session_seen_at = token, now()
    member.session_proven_at, member.session_has_second_step = now(), second_step
    return token


def await_second_step(member: Member) -> str:
    """Record that a member has shown a password or a mailed link; return the token to go on."""
    return _record(member, SECOND_STEP_WITHIN, awaits_second_step=True)


def _record(member: Member, lifetime: timedelta, **values) -> str:
    token = secrets.token_urlsafe(32)
    db.session.add(
        MemberSession(
            member_id=member.id,
            token_hash=hash_token(token),
            expires_at=now() + lifetime,
            **values,
        )
    )
    return token


def waiting_member(token: str) -> Member | None:
    """Who owes the second step; None when it was shown, or is not any more to be shown."""
    row = _live(token, awaits=True)
    return row and row.member


@login_manager.user_loader
def member_of_token(token: str) -> Member | None:
    """The member whose live session this is, in the brand in scope."""
    row = _live(token, awaits=False)
    if row is None:
        return None
    row.member.session_token, row.member.session_seen_at = token, row.seen_at
    row.member.session_proven_at = row.proven_at
    row.member.session_has_second_step = row.has_second_step
    structlog.contextvars.bind_contextvars(actor_id=row.member_id)
    return row.member


def _live(token: str, *, awaits: bool) -> MemberSession | None:
    row = db.session.scalar(
        select(MemberSession)
        .where(
            MemberSession.token_hash == hash_token(token),
            MemberSession.expires_at > now(),
            MemberSession.awaits_second_step.is_(awaits),
        )
        .options(joinedload(MemberSession.member))
    )
    return None if row is None or row.member.is_erased else row


def note_proof(member: Member, *, second_step: bool) -> None:
    """Remember in the session at hand that its member has just shown who they are."""
    second_step = second_step or member.session_has_second_step
    db.session.execute(
        update(MemberSession)
        .where(MemberSession.token_hash == hash_token(member.session_token))
        .values(proven_at=now(), has_second_step=second_step)
    )
    member.session_proven_at, member.session_has_second_step = now(), second_step


def close_session(token: str) -> None:
    db.session.execute(delete(MemberSession).where(MemberSession.token_hash == hash_token(token)))


def close_all(member: Member, *, but_token: str | None = None) -> None:
    """End every session of a member, except the one at hand when it is named."""
    all_of = delete(MemberSession).where(MemberSession.member_id == member.id)
    if but_token:
        all_of = all_of.where(MemberSession.token_hash != hash_token(but_token))
    db.session.execute(all_of)


def touch(token: str) -> bool:
    """Note that a session is in use, at most hourly; True when something was written."""
    session = db.session.scalar(
        select(MemberSession).where(MemberSession.token_hash == hash_token(token))
    )
    if session is None or now() - session.seen_at < SEEN_EVERY:
        return False
    session.seen_at = now()
    session.expires_at = now() + LIFETIME
    session.member.last_seen_at = now()
    return True
