"""Groups and who is in them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import joinedload

from community.groups.models import Group, GroupMember
from community.kernel.db import db
from community.kernel.errors import Missing
from community.kernel.i18n import _
from community.kernel.policy import require
from community.members.models import Member
from community.permissions import Can

PER_PAGE = 50


@dataclass(frozen=True)
class GroupLine:
    """A group in a list, with how many are in it and how many wait to hear."""

    group: Group
    members: int
    waiting: int


@dataclass(frozen=True)
class MembersPage:
    """One page of those in a group, owners first. `number` counts from 1."""

    items: Sequence[GroupMember]
    number: int
    pages: int
    total: int


def visible_groups(actor) -> Select:
    """Groups the actor may know of: hidden ones only from inside, or on duty."""
    there = select(Group).where(Group.removed_at.is_(None))
    if not actor.is_authenticated:
        return there.where(Group.id.is_(None))
    if actor.is_on_duty:
        return there
    own = actor.group_ids | actor.asked_group_ids
    return there.where(or_(~Group.is_hidden, Group.id.in_(own)))


def group_lines(actor) -> list[GroupLine]:
    """Every group the actor may know of, by name, in one statement."""
    is_in = func.count(GroupMember.member_id).filter(GroupMember.is_in)
    waits = func.count(GroupMember.member_id).filter(*_waiting())
    counted = (
        visible_groups(actor)
        .outerjoin(GroupMember, GroupMember.group_id == Group.id)
        .add_columns(is_in, waits)
        .group_by(Group.id)
        .order_by(Group.name, Group.id)
    )
    return [GroupLine(*row) for row in db.session.execute(counted)]


def all_groups() -> Sequence[Group]:
    """Every group of the brand, by name, to choose from."""
    there = select(Group).where(Group.removed_at.is_(None))
    return db.session.scalars(there.order_by(Group.name, Group.id)).all()


def group_or_missing(actor, slug: str) -> Group:
    """Return a group by its slug; Missing when there is none the actor may know of."""
    found = db.session.scalar(visible_groups(actor).where(Group.slug == slug))
    if found is None:
        raise Missing(_("There is no such group."))
    return found


def members_page(group: Group, page: int = 1) -> MembersPage:
    """Return who is in a group, owners first, then by name; Missing beyond the last page."""
    theirs = _with_members(group, GroupMember.is_in)
    total = size_of(group)
    pages = max(1, -(-total // PER_PAGE))
    if not 1 <= page <= pages:
        raise Missing(_("There is no such page."))
    order = (GroupMember.is_owner.desc(), Member.given_name, Member.id)
    some = theirs.order_by(*order).limit(PER_PAGE).offset((page - 1) * PER_PAGE)
    return MembersPage(db.session.scalars(some).all(), page, pages, total)


def size_of(group: Group) -> int:
    """How many are in a group."""
    inside = select(func.count()).select_from(GroupMember)
    return db.session.scalar(inside.where(GroupMember.group_id == group.id, GroupMember.is_in))


def requests(actor, group: Group) -> Sequence[GroupMember]:
    """Return who asked to join and waits to hear, the longest waiting first."""
    require(actor, Can.MANAGE_GROUP, group)
    waiting = _with_members(group, *_waiting()).order_by(GroupMember.created_at, Member.id)
    return db.session.scalars(waiting.limit(200)).all()


def membership(group: Group, member) -> GroupMember | None:
    """What a member is to a group: inside, waiting, declined, or nothing at all."""
    if not member.is_authenticated:
        return None
    return db.session.get(GroupMember, (group.id, member.id))


def member_or_missing(group: Group, username: str) -> Member:
    """Return somebody who is in a group or asked to be; Missing when there is no such one."""
    found = db.session.scalar(
        select(Member)
        .join(GroupMember, GroupMember.member_id == Member.id)
        .where(GroupMember.group_id == group.id, Member.username == username.lower())
    )
    if found is None:
        raise Missing(_("There is no such member in this group."))
    return found


def owners_of(group: Group) -> Sequence[Member]:
    """Who looks after a group, by name."""
    rows = db.session.scalars(_with_members(group, GroupMember.is_owner)).all()
    return sorted((row.member for row in rows), key=lambda member: member.name)


def owner_ids(group_id: int) -> Sequence[int]:
    """Ids of those who look after a group."""
    owners = select(GroupMember.member_id).where(
        GroupMember.group_id == group_id, GroupMember.is_owner
    )
    return db.session.scalars(owners.order_by(GroupMember.member_id)).all()


def waiting_count() -> int:
    """How many requests to join wait for an answer, in all groups together."""
    waiting = select(func.count()).select_from(GroupMember)
    return db.session.scalar(waiting.where(*_waiting())) or 0


def groups_of(actor, member: Member) -> Sequence[Group]:
    """The groups a member is in, as far as the actor may know of them, by name."""
    inside = select(GroupMember.group_id).where(
        GroupMember.member_id == member.id, GroupMember.is_in
    )
    theirs = visible_groups(actor).where(Group.id.in_(inside))
    return db.session.scalars(theirs.order_by(Group.name, Group.id)).all()


def _waiting():
    return (~GroupMember.is_in, GroupMember.declined_at.is_(None))


def _with_members(group: Group, *which) -> Select:
    return (
        select(GroupMember)
        .join(GroupMember.member)
        .where(GroupMember.group_id == group.id, Member.erased_at.is_(None), *which)
        .options(joinedload(GroupMember.member))
    )
