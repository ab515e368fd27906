"""Who is staff, and who is shut out for a while."""

from datetime import timedelta

from community.events import MemberReinstated, MemberRoleChanged, MemberSuspended
from community.kernel import text
from community.kernel.bus import publish
from community.kernel.db import now
from community.kernel.errors import Conflict, Invalid
from community.kernel.i18n import _
from community.kernel.policy import require
from community.members import queries
from community.members.models import FOR_GOOD, Member, Role
from community.permissions import Can

MAX_REASON = 500
MAX_DAYS = 3650


def change_role(actor, member: Member, role: Role | str) -> None:
    """Give a member another role; Conflict when no owner would be left."""
    require(actor, Can.CHANGE_ROLE, member)
    set_role(member, role, changed_by_id=actor.id)


def set_role(member: Member, role: Role | str, *, changed_by_id: int | None = None) -> None:
    """The same without asking who does it: for commands on the server."""
    role = Role(role)
    if role == member.role:
        return
    if member.is_erased:
        raise Conflict(_("This person has left."))
    if member.role == Role.OWNER:
        keep_an_owner(member)
    member.role = role
    publish(MemberRoleChanged(member_id=member.id, changed_by_id=changed_by_id))


def keep_an_owner(member: Member) -> None:
    """Raise Conflict when this member is the only owner."""
    if member.role == Role.OWNER and queries.other_owners(member) == 0:
        raise Conflict(_("This is the only owner. Make someone else an owner first."))


def suspend(actor, member: Member, *, days: int | None, reason: str) -> None:
    """Shut a member out from taking part, for `days` or, when None, until reinstated.

    They are told the reason, and may still sign in, read, take their data and leave.
    """
    require(actor, Can.SUSPEND_MEMBER, member)
    if member.is_erased:
        raise Conflict(_("This person has left."))
    reason = text.clean_line(reason)
    if not reason:
        raise Invalid(_("Say why: the member will read it."), field="reason")
    if len(reason) > MAX_REASON:
        raise Invalid(
            _("This is too long: %(limit)s characters at most.", limit=MAX_REASON),
            field="reason",
        )
    if days is not None and not 1 <= days <= MAX_DAYS:
        raise Invalid(_("Choose 1 to %(most)d days.", most=MAX_DAYS), field="days")
    member.suspended_until = FOR_GOOD if days is None else now() + timedelta(days=days)
    member.suspended_reason = reason
    publish(MemberSuspended(member_id=member.id, suspended_by_id=actor.id))


def reinstate(actor, member: Member) -> None:
    """End a suspension early; Conflict when there is none."""
    require(actor, Can.SUSPEND_MEMBER, member)
    if not member.is_suspended:
        raise Conflict(_("This member is not suspended."))
    member.suspended_until, member.suspended_reason = None, ""
    publish(MemberReinstated(member_id=member.id, reinstated_by_id=actor.id))
