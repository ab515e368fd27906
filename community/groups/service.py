"""Groups: made and closed by staff, entered and left by members, looked after by owners.

Every act on who is in a group holds the group's row until it is committed, so two owners
cannot leave it at once and nobody joins what is being removed.
"""

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from community.events import (
    GroupAdded,
    GroupAsked,
    GroupChanged,
    GroupDeclined,
    GroupJoined,
    GroupLeft,
    GroupOwnersChanged,
    GroupRemoved,
    MemberErased,
)
from community.groups import queries
from community.groups.models import Group, GroupMember, Joining
from community.kernel import text
from community.kernel.bus import publish
from community.kernel.db import db, now
from community.kernel.errors import Conflict, Invalid
from community.kernel.i18n import _
from community.kernel.policy import require
from community.members import queries as people
from community.members.models import Member
from community.permissions import Can

NAME_MAX, DESCRIPTION_MAX, WORDS_MAX = 60, 500, 500
ASK_AGAIN_AFTER = timedelta(days=7)


# -- Groups themselves -----------------------------------------------------


def create_group(actor: Member, **values) -> Group:
    """Add a group, with the values `add_group` takes and its refusals."""
    require(actor, Can.EDIT_GROUPS)
    group = add_group(**values)
    publish(GroupAdded(group_id=group.id, added_by_id=actor.id))
    return group


def add_group(
    *,
    name: str,
    slug: str = "",
    description: str = "",
    joining: Joining = Joining.ON_REQUEST,
    is_hidden: bool = False,
) -> Group:
    """Add a group nobody is in yet, without asking who does it: for the demo and tests.

    The slug comes from the name when none is given, and never changes. Raises Invalid,
    naming the field, for a taken slug, or a hidden group that is not a closed one.
    """
    joining = Joining(joining)
    _check_hiding(joining, is_hidden)
    group = Group(
        name=_checked_name(name),
        slug=_free_slug(slug, name),
        description=_checked_words(description, DESCRIPTION_MAX, "description"),
        joining=joining,
        is_hidden=is_hidden,
    )
    try:
        with db.session.begin_nested():
            db.session.add(group)
    except IntegrityError:  # taken at the same moment
        raise _slug_taken() from None
    return group


def update_group(actor: Member, group: Group, **changes) -> Group:
    """Change name, description, joining or is_hidden of a group; its slug stays.

    Whoever is in it stays in it, and whoever waits to hear goes on waiting.
    """
    require(actor, Can.EDIT_GROUPS)
    checks = {
        "name": _checked_name,
        "description": lambda words: _checked_words(words, DESCRIPTION_MAX, "description"),
        "joining": Joining,
        "is_hidden": bool,
    }
    checked = {field: checks[field](value) for field, value in changes.items()}
    _hold(group)
    _check_hiding(checked.get("joining", group.joining), checked.get("is_hidden", group.is_hidden))
    for field, value in checked.items():
        setattr(group, field, value)
    publish(GroupChanged(group_id=group.id, changed_by_id=actor.id))
    return group


def remove_group(actor: Member, group: Group) -> None:
    """End a group: everybody is out of it at once. Conflict while a category names it."""
    require(actor, Can.EDIT_GROUPS)
    _hold(group)
    db.session.expire(group, ["categories"])
    if group.categories:
        names = ", ".join(category.name for category in group.categories)
        message = _(
            "These categories are for this group: %(names)s. Change who they are open to first.",
            names=names,
        )
        raise Conflict(message)
    db.session.execute(delete(GroupMember).where(GroupMember.group_id == group.id))
    group.removed_at = now()
    group.slug = f"{group.slug}~{group.id}"  # "~" is in no slug, so the old one is free
    publish(GroupRemoved(group_id=group.id, removed_by_id=actor.id))


# -- Coming and going ------------------------------------------------------


def join(actor: Member, group: Group) -> bool:
    """Enter an open group; False when the actor is in it already."""
    require(actor, Can.JOIN_GROUP, group)
    _hold(group)
    if group.joining is not Joining.OPEN:
        raise Conflict(_("This group is not open any more. Have another look."))
    return _let_in(group, actor, by=actor, was_asked=False)


def ask(actor: Member, group: Group, *, message: str = "") -> bool:
    """Ask to be let into a group; its owners are told. False when the actor waits already.

    Raises Conflict within seven days of a no, and when the group takes no requests.
    """
    require(actor, Can.ASK_GROUP, group)
    message = _checked_words(message, WORDS_MAX, "message")
    _hold(group)
    if group.joining is not Joining.ON_REQUEST:
        raise Conflict(_("This group takes no requests any more. Have another look."))
    row = queries.membership(group, actor)
    if row is not None and (row.is_in or row.is_waiting):
        return False
    if row is not None and now() - row.declined_at < ASK_AGAIN_AFTER:
        raise Conflict(_("You asked a short while ago. You can ask again after seven days."))
    row = row or _new_row(group, actor)
    row.is_in, row.message, row.answer = False, message, ""
    row.declined_at, row.created_at = None, now()
    _read_again(actor)
    publish(GroupAsked(group_id=group.id, member_id=actor.id))
    return True


def leave(actor: Member, group: Group) -> None:
    """Leave a group, or take back a request; what only the group reads is closed at once.

    Raises Conflict when the actor is its only owner and others are in it.
    """
    require(actor, Can.LEAVE_GROUP, group)
    _hold(group)
    row = queries.membership(group, actor)
    if row is not None:
        _keep_an_owner(row, actor)
        _let_go(row, by=actor)


def accept(actor: Member, group: Group, member: Member) -> bool:
    """Let somebody in who asked; they are told. Conflict when the request is gone."""
    require(actor, Can.MANAGE_GROUP, group)
    _hold(group)
    row = queries.membership(group, member)
    if row is None or not (row.is_in or row.is_waiting):
        raise Conflict(_("This request was taken back or answered already."))
    return _let_in(group, member, by=actor, was_asked=True)


def decline(actor: Member, group: Group, member: Member, *, reason: str = "") -> None:
    """Say no to somebody who asked; they are told, with the reason. Conflict as `accept`."""
    require(actor, Can.MANAGE_GROUP, group)
    reason = _checked_words(reason, WORDS_MAX, "reason")
    _hold(group)
    row = queries.membership(group, member)
    if row is None or not row.is_waiting:
        raise Conflict(_("This request was taken back or answered already."))
    row.declined_at, row.answer = now(), reason
    _read_again(member)
    publish(GroupDeclined(group_id=group.id, member_id=member.id, declined_by_id=actor.id))


def add_member(actor: Member, group: Group, username: str) -> Member:
    """Put a member into a group; they are told. Invalid for a name nobody can be added by."""
    require(actor, Can.MANAGE_GROUP, group)
    member, _is_former = people.by_username(username.strip().removeprefix("@"))
    if member is None or member.is_erased:
        raise Invalid(_("There is no member of this name."), field="username")
    if not member.is_confirmed:
        message = _("This member has not confirmed their address yet.")
        raise Invalid(message, field="username")
    _hold(group)
    if not _let_in(group, member, by=actor, was_asked=False):
        raise Invalid(_("%(name)s is in the group.", name=member.name), field="username")
    return member


def remove_member(actor: Member, group: Group, member: Member) -> None:
    """Take somebody out of a group. Conflict when that leaves it without an owner."""
    require(actor, Can.MANAGE_GROUP, group)
    _hold(group)
    row = queries.membership(group, member)
    if row is None or not row.is_in:
        raise Conflict(_("This member has left the group already."))
    _keep_an_owner(row, actor)
    _let_go(row, by=actor)


def set_owner(actor: Member, group: Group, member: Member, *, is_owner: bool) -> bool:
    """Let a member of a group look after it, or no more; False when that is so already."""
    require(actor, Can.MANAGE_GROUP, group)
    _hold(group)
    row = queries.membership(group, member)
    if row is None or not row.is_in:
        raise Conflict(_("This member has left the group already."))
    if row.is_owner is is_owner:
        return False
    if not is_owner:
        _keep_an_owner(row, actor)
    row.is_owner = is_owner
    _read_again(member)
    publish(GroupOwnersChanged(group_id=group.id, member_id=member.id, changed_by_id=actor.id))
    return True


def _let_in(group: Group, member: Member, *, by: Member, was_asked: bool) -> bool:
    row = queries.membership(group, member) or _new_row(group, member)
    if row.is_in:
        return False
    row.is_in, row.declined_at, row.created_at = True, None, now()
    row.message = row.answer = ""
    _read_again(member)
    publish(
        GroupJoined(group_id=group.id, member_id=member.id, let_in_by_id=by.id, was_asked=was_asked)
    )
    return True


def _new_row(group: Group, member: Member) -> GroupMember:
    row = GroupMember(group_id=group.id, member_id=member.id, is_in=False, is_owner=False)
    db.session.add(row)
    return row


def _let_go(row: GroupMember, *, by: Member) -> None:
    was_in, member, group_id = row.is_in, row.member, row.group_id
    db.session.delete(row)
    _read_again(member)
    if was_in:
        publish(GroupLeft(group_id=group_id, member_id=member.id, removed_by_id=by.id))


def _keep_an_owner(row: GroupMember, actor: Member) -> None:
    """Staff may leave a group without owners: it looks after it then."""
    if not row.is_owner or actor.is_on_duty:
        return
    others = select(GroupMember.is_owner).where(
        GroupMember.group_id == row.group_id,
        GroupMember.member_id != row.member_id,
        GroupMember.is_in,
    )
    rest = db.session.scalars(others).all()
    if rest and not any(rest):
        message = _("This is the only owner of the group. Make someone else an owner first.")
        raise Conflict(message)


def _hold(group: Group) -> None:
    """Keep the group as it is until the commit; Conflict when it is gone."""
    db.session.refresh(group, with_for_update={"key_share": True})
    if group.removed_at is not None:
        raise Conflict(_("This group is not there any more."))


def _read_again(member: Member) -> None:
    """What the member may see depends on rows that changed."""
    db.session.flush()  # they are read from the database
    db.session.expire(member, ["memberships"])


# -- Rules -----------------------------------------------------------------


def _checked_name(name: str) -> str:
    name = text.clean_line(name)
    if not 2 <= len(name) <= NAME_MAX:
        message = _("A name has between %(min)d and %(max)d characters.", min=2, max=NAME_MAX)
        raise Invalid(message, field="name")
    return name


def _checked_words(words: str, limit: int, field: str) -> str:
    words = text.clean_body(words).strip()
    if len(words) > limit:
        raise Invalid(_("Use %(limit)s characters at most.", limit=limit), field=field)
    return words


def _check_hiding(joining: Joining, is_hidden: bool) -> None:
    if is_hidden and joining is not Joining.CLOSED:
        message = _("Only a closed group can be hidden: others need to find it to join.")
        raise Invalid(message, field="is_hidden")


def _free_slug(slug: str, name: str) -> str:
    chosen = text.slugify(slug or name, fallback="")
    if not chosen or (slug and chosen != slug):
        message = _("Use small letters, figures and hyphens, for example test-riders.")
        raise Invalid(message, field="slug")
    if db.session.scalar(select(Group.id).where(Group.slug == chosen)) is not None:
        raise _slug_taken()
    return chosen


def _slug_taken() -> Invalid:
    return Invalid(_("Another group has this address."), field="slug")


# -- A member's own --------------------------------------------------------


def forget_member(event: MemberErased) -> None:
    """Take whoever left the community out of every group, with what they wrote to it."""
    db.session.execute(delete(GroupMember).where(GroupMember.member_id == event.member_id))


def export(member: Member) -> list[dict]:
    """Return the groups a member is in or asked to be in, for their copy of their data."""
    theirs = (
        select(GroupMember, Group.name)
        .join(Group, Group.id == GroupMember.group_id)
        .where(GroupMember.member_id == member.id)
        .order_by(Group.id)
    )
    return [
        {
            "group": name,
            "is_member": row.is_in,
            "is_owner": row.is_owner,
            "message": row.message,
            "answer": row.answer,
            "since": row.created_at.isoformat(),
        }
        for row, name in db.session.execute(theirs)
    ]
