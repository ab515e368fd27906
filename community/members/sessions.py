"""Who is signed in: one row per browser, revocable at once.

The cookie holds a random token and the row its hash, so reading the database
gives nobody a session. A session lasts 30 days from its last use.
"""

import hashlib
import secrets
from datetime import timedelta

import structlog
from flask_login import LoginManager
from sqlalchemy import delete, select
from sqlalchemy.orm import joinedload

from community.kernel.db import db, now
from community.members.models import Anonymous, Member, MemberSession

LIFETIME = timedelta(days=30)
SEEN_EVERY = timedelta(hours=1)

login_manager = LoginManager()
login_manager.anonymous_user = Anonymous
login_manager.login_view = "members.login"
login_manager.session_protection = None  # the row is the session; addresses change on phones


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(member: Member, *, ip: str = "", user_agent: str = "") -> str:
    """Record a new session and return its token, which is not stored."""
    token = secrets.token_urlsafe(32)
    db.session.add(
        MemberSession(
            member_id=member.id,
            token_hash=hash_token(token),
            expires_at=now() + LIFETIME,
            ip=ip,
            user_agent=user_agent[:200],
        )
    )
    member.session_token, member.session_seen_at = token, now()
    return token


@login_manager.user_loader
def member_of_token(token: str) -> Member | None:
    """The member whose live session this is, in the brand in scope."""
    row = db.session.scalar(
        select(MemberSession)
        .where(MemberSession.token_hash == hash_token(token), MemberSession.expires_at > now())
        .options(joinedload(MemberSession.member))
    )
    if row is None or row.member.is_erased:
        return None
    row.member.session_token, row.member.session_seen_at = token, row.seen_at
    structlog.contextvars.bind_contextvars(actor_id=row.member_id)
    return row.member


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
