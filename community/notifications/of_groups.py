"""Who is told what about groups: owners of requests, members of the answers."""

from collections.abc import Sequence

from sqlalchemy import select

from community.brands.queries import the_brand
from community.events import GroupAsked, GroupDeclined, GroupJoined
from community.groups import queries as groups
from community.groups.models import Group, GroupMember
from community.kernel.db import db
from community.kernel.i18n import _
from community.members.models import STAFF, Member
from community.notifications import unsubscribing
from community.notifications.mail import PREFERENCES, address, queue, speaking_to, unlinked
from community.notifications.models import Notification, Reason


def of_asking(event: GroupAsked) -> None:
    """Tell the owners, or staff when there are none, that somebody asks to join."""
    row = _row(event.group_id, event.member_id)
    if row is None or not row.is_waiting:
        return
    for person in _who_answers(event.group_id):
        _tell(person, Reason.GROUP_ASKED, row.group, by=row.member, words=row.message)


def of_joining(event: GroupJoined) -> None:
    """Tell a member that somebody let them in; whoever joined by themselves knows."""
    row = _row(event.group_id, event.member_id)
    if row is None or not row.is_in or event.let_in_by_id == event.member_id:
        return
    reason = Reason.GROUP_ACCEPTED if event.was_asked else Reason.GROUP_ADDED
    _tell(row.member, reason, row.group, by=db.session.get(Member, event.let_in_by_id))


def of_declining(event: GroupDeclined) -> None:
    """Tell a member that the answer was no, and why if somebody said so."""
    row = _row(event.group_id, event.member_id)
    if row is None or row.declined_at is None:
        return
    by = db.session.get(Member, event.declined_by_id)
    _tell(row.member, Reason.GROUP_DECLINED, row.group, by=by, words=row.answer)


def _row(group_id: int, member_id: int) -> GroupMember | None:
    row = db.session.get(GroupMember, (group_id, member_id))
    return None if row is None or row.member.is_erased else row


def _who_answers(group_id: int) -> Sequence[Member]:
    owners = groups.owner_ids(group_id)
    who = Member.id.in_(owners) if owners else Member.role.in_(STAFF)
    there = select(Member).where(who, Member.erased_at.is_(None))
    return db.session.scalars(there.order_by(Member.id)).all()


def _tell(member: Member, reason: Reason, group: Group, *, by: Member | None, words="") -> None:
    """Leave a notice, and a mail for whoever wishes mail; telling again tells nothing new."""
    known = select(Notification.id).where(
        Notification.member_id == member.id,
        Notification.group_id == group.id,
        Notification.by_id == (by.id if by else None),
        Notification.reason == reason,
        Notification.read_at.is_(None),
    )
    if db.session.scalar(known.limit(1)) is not None:
        return
    notice = Notification(member_id=member.id, group_id=group.id, reason=reason)
    notice.by_id = by.id if by else None
    db.session.add(notice)
    if member.is_confirmed and getattr(member, PREFERENCES[reason]):
        _mail(member, reason, group, by, words)


def _mail(member: Member, reason: Reason, group: Group, by: Member | None, words: str) -> None:
    with speaking_to(member):
        name, title = unlinked(by.name if by else the_brand().name), unlinked(group.name)
        queue(
            member,
            reason.value,
            "group",
            subject=_subject(reason, name, title),
            reason=_("You get this because of the groups you are in, or asked to join."),
            headers=unsubscribing.headers_for(member, PREFERENCES[reason]),
            preheader=_subject(reason, name, title),
            heading=_subject(reason, name, title),
            words=unlinked(words) if words else "",
            author=name,
            url=address("groups.show", slug=group.slug),
            settings_url=address("members.settings"),
        )


def _subject(reason: Reason, name: str, title: str) -> str:
    match reason:
        case Reason.GROUP_ASKED:
            return _("%(name)s asks to join “%(title)s”", name=name, title=title)
        case Reason.GROUP_ACCEPTED:
            return _("Your request to join “%(title)s” was accepted", title=title)
        case Reason.GROUP_DECLINED:
            return _("Your request to join “%(title)s” was declined", title=title)
        case _:
            return _("%(name)s added you to “%(title)s”", name=name, title=title)
