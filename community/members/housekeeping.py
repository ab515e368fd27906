"""What is let go of when its time is over."""

from datetime import timedelta

from sqlalchemy import delete, or_, select

from community.events import DayBegan
from community.kernel.db import db, now
from community.members import guard
from community.members.models import (
    FailedSignIn,
    FormerUsername,
    KnownNetwork,
    MailedLink,
    Member,
    MemberSession,
    Role,
)
from community.members.names import GONE
from community.members.privacy import forget

UNCONFIRMED = timedelta(days=14)
MAILED_LINKS = timedelta(days=30)
NAMES_OF_ERASED = timedelta(days=365)


def let_go(_event: DayBegan) -> None:
    """Drop what has had its time: dead sessions and links, old networks, names, empty accounts."""
    _drop_unconfirmed()
    moment = now()
    for over in (
        delete(MemberSession).where(MemberSession.expires_at < moment),
        delete(FailedSignIn).where(FailedSignIn.created_at < moment - guard.LONG),
        delete(KnownNetwork).where(KnownNetwork.seen_at < moment - guard.REMEMBERED),
        delete(MailedLink).where(MailedLink.created_at < moment - MAILED_LINKS),
        delete(FormerUsername).where(
            FormerUsername.username.startswith(GONE),
            FormerUsername.created_at < moment - NAMES_OF_ERASED,
        ),
    ):
        db.session.execute(over)


def _drop_unconfirmed() -> None:
    """Forget who never confirmed an address: the name and the address are free again."""
    never = select(Member).where(
        Member.confirmed_at.is_(None),
        Member.erased_at.is_(None),
        Member.created_at < now() - UNCONFIRMED,
        or_(Member.email.is_not(None), Member.password_hash.is_not(None)),
        Member.role == Role.MEMBER,
    )
    for member in db.session.scalars(never).all():
        forget(member, keeps_name=False)
