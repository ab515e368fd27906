"""Finding members."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, func, or_, select

from community.kernel.db import db
from community.kernel.errors import Invalid
from community.members import names
from community.members.models import FormerUsername, Member, MemberSession, Role


def by_email(email: str) -> Member | None:
    """The member with an address, however it is spelt; None too when it is no address."""
    try:
        key = names.email_key(email)
    except Invalid:
        return None
    return db.session.scalar(select(Member).where(Member.email_key == key))


def by_username(username: str) -> tuple[Member | None, bool]:
    """The member of a user name in any case, and whether it is a former name of theirs.

    An erased member is found under the last names too, as `is_erased`.
    """
    wanted = username.lower()
    member = db.session.scalar(select(Member).where(Member.username == wanted))
    if member is not None:
        return member, False
    digest = names.digest_of(names.username_key(wanted))
    former = db.session.scalar(
        select(Member)
        .join(FormerUsername, FormerUsername.member_id == Member.id)
        .where(or_(FormerUsername.username == wanted, FormerUsername.username == digest))
    )
    return former, former is not None


def by_usernames(usernames: Iterable[str]) -> dict[str, Member]:
    """Present members by user name, in one query; erased ones and unknown names are left out."""
    wanted = {name.lower() for name in usernames}
    if not wanted:
        return {}
    found = db.session.scalars(
        select(Member).where(Member.username.in_(wanted), Member.erased_at.is_(None))
    )
    return {member.username: member for member in found}


def suggest(prefix: str, limit: int = 8) -> list[Member]:
    """Members whose user name or a word of whose name begins so; the most active first."""
    prefix = prefix.strip().lower()
    if not prefix:
        return []
    matches = or_(
        Member.username.startswith(prefix, autoescape=True),
        Member.given_name.istartswith(prefix, autoescape=True),
        Member.given_name.icontains(f" {prefix}", autoescape=True),
    )
    present = (Member.erased_at.is_(None), Member.confirmed_at.is_not(None))
    found = select(Member).where(matches, *present)
    return list(
        db.session.scalars(found.order_by(Member.posts_count.desc(), Member.username).limit(limit))
    )


def other_owners(member: Member) -> int:
    """How many owners there are beside this member."""
    others = (Member.role == Role.OWNER, Member.erased_at.is_(None), Member.id != member.id)
    return _count(*others)


def _count(*conditions: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count()).select_from(Member).where(*conditions))


def sessions_of(member: Member) -> list[MemberSession]:
    """Where a member is signed in, the latest used first."""
    theirs = select(MemberSession).where(
        MemberSession.member_id == member.id, MemberSession.awaits_second_step.is_(False)
    )
    return list(db.session.scalars(theirs.order_by(MemberSession.seen_at.desc(), MemberSession.id)))


def session_of(member: Member, session_id: int) -> MemberSession | None:
    """One session of a member; None when it is nobody's or another member's."""
    return db.session.scalar(
        select(MemberSession).where(
            MemberSession.id == session_id,
            MemberSession.member_id == member.id,
            MemberSession.awaits_second_step.is_(False),
        )
    )


def former_names(member: Member) -> list[FormerUsername]:
    """The user names a member has had before, oldest first."""
    theirs = select(FormerUsername).where(FormerUsername.member_id == member.id)
    return list(db.session.scalars(theirs.order_by(FormerUsername.id)))
