"""The log of what staff changed, written from events."""

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from community.admin.models import StaffChange
from community.events import (
    BrandChanged,
    CategoryAdded,
    CategoryChanged,
    CategoryRemoved,
    DeliveryDiscarded,
    MemberReinstated,
    MemberRoleChanged,
    MemberSuspended,
    TagChanged,
)
from community.kernel.bus import Event
from community.kernel.db import db
from community.members.models import Member

ACTS: dict[type[Event], str] = {
    BrandChanged: "changed_by_id",
    CategoryAdded: "added_by_id",
    CategoryChanged: "changed_by_id",
    CategoryRemoved: "removed_by_id",
    DeliveryDiscarded: "discarded_by_id",
    MemberReinstated: "reinstated_by_id",
    MemberRoleChanged: "changed_by_id",
    MemberSuspended: "suspended_by_id",
    TagChanged: "changed_by_id",
}
"""The events that are acts of staff, each with the field that says whose."""


def record(event: Event) -> None:
    """Add an act of staff to the log."""
    db.session.add(
        StaffChange(
            what=type(event).__name__,
            by_id=getattr(event, ACTS[type(event)]),
            member_id=getattr(event, "member_id", None),
            facts=getattr(event, "facts", ""),
        )
    )


def changes(limit: int, offset: int = 0) -> Sequence[StaffChange]:
    """What staff changed, the latest first, with who did it and about whom."""
    newest = select(StaffChange).order_by(StaffChange.id.desc()).limit(limit).offset(offset)
    ways = (joinedload(StaffChange.by), joinedload(StaffChange.member))
    return db.session.scalars(newest.options(*ways)).all()


def export(member: Member) -> list[dict]:
    """What a member did as staff, and what staff did about the member."""
    theirs = select(StaffChange).where(
        or_(StaffChange.by_id == member.id, StaffChange.member_id == member.id)
    )
    return [
        {
            "what": change.what,
            "facts": change.facts,
            "is_own_act": change.by_id == member.id,
            "at": change.created_at.isoformat(),
        }
        for change in db.session.scalars(theirs.order_by(StaffChange.id))
    ]
