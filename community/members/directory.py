"""Finding members as staff does: by name, user name or address, by role and by state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, select, union

from community.kernel.db import db, now
from community.kernel.errors import Missing
from community.kernel.i18n import _
from community.kernel.policy import require
from community.kernel.unicode import unaccented
from community.members.models import Member, Role
from community.permissions import Can

PER_PAGE = 50
NEW_FOR = timedelta(days=7)
_LAST = "\U0010ffff"


class Standing(StrEnum):
    """What staff looks for."""

    NEW = "new"
    UNCONFIRMED = "unconfirmed"
    SUSPENDED = "suspended"
    ERASED = "erased"


@dataclass(frozen=True)
class Found:
    """One page of members; `is_last` when there is nothing after it."""

    members: Sequence[Member]
    number: int
    is_last: bool


def find(
    actor,
    *,
    words: str = "",
    role: Role | None = None,
    standing: Standing | None = None,
    page: int = 1,
) -> Found:
    """Members whose user name, name or address begins with `words`, fifty to a page.

    Each of the three is looked up in an index. Only when none begins so, names are read for
    the words anywhere in them. Without words the newest come first. Raises Missing beyond
    the last page.
    """
    require(actor, Can.FIND_MEMBERS)
    wanted = select(Member).where(*_conditions(role, standing))
    words = words.strip()
    if not words:
        return _page(wanted.order_by(Member.created_at.desc(), Member.id.desc()), page)
    by_name = wanted.order_by(Member.username)
    found = _page(by_name.where(_begins(words)), page)
    if found.members or page > 1:
        return found
    anywhere = Member.name_key.contains(unaccented(words), autoescape=True)
    return _page(by_name.where(anywhere), page)


def _conditions(role: Role | None, standing: Standing | None) -> list[ColumnElement[bool]]:
    states = {
        Standing.NEW: Member.created_at >= now() - NEW_FOR,
        Standing.UNCONFIRMED: Member.confirmed_at.is_(None),
        Standing.SUSPENDED: Member.suspended_until > now(),
    }
    is_gone = Member.erased_at.is_not(None)
    conditions = [is_gone if standing is Standing.ERASED else ~is_gone]
    if role is not None:
        conditions.append(Member.role == role)
    if standing in states:
        conditions.append(states[standing])
    return conditions


def _begins(words: str) -> ColumnElement[bool]:
    """Members any of whose three begins so: three looks into indexes, where an OR is none."""
    small = words.lower().removeprefix("@")
    starts = (
        (Member.username, small),
        (Member.name_key, unaccented(words)),
        (Member.email_key, small),
    )
    ranges = [
        select(Member.id).where(column >= start, column < start + _LAST) for column, start in starts
    ]
    return Member.id.in_(union(*ranges))


def _page(listing: Select, number: int) -> Found:
    if number < 1:
        raise Missing(_("There is no such page."))
    rows = db.session.scalars(listing.limit(PER_PAGE + 1).offset((number - 1) * PER_PAGE)).all()
    if not rows and number > 1:
        raise Missing(_("There is no such page."))
    return Found(rows[:PER_PAGE], number, len(rows) <= PER_PAGE)
