"""What a member has been told of, as far as it may still be read."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from community.groups.models import Group, GroupMember
from community.kernel.db import db
from community.kernel.errors import Missing
from community.kernel.i18n import _, local
from community.kernel.text import excerpt
from community.members.models import Member
from community.notifications.models import OF_ACTS, OF_ANSWERS, Notification, Reason
from community.threads.models import Post, State, Thread
from community.threads.reach import within_reach

PER_PAGE = 30
EXCERPT = 120
FILTERS = ("all", "unread", "mentions")


@dataclass
class Bundle:
    """The notices of one thread or group on one day, newest first, shown as one."""

    notices: list[Notification] = field(default_factory=list)

    @property
    def latest(self) -> Notification:
        return self.notices[0]

    @property
    def main(self) -> Notification:
        """The notice with the strongest reason, the latest of several."""
        order = list(Reason)
        return min(self.notices, key=lambda notice: order.index(notice.reason))

    @property
    def thread(self) -> Thread | None:
        """The thread they are about; None when it is a group."""
        return self.latest.post and self.latest.post.thread

    @property
    def group(self) -> Group | None:
        return self.latest.group

    @property
    def is_unread(self) -> bool:
        return any(notice.read_at is None for notice in self.notices)

    @property
    def reason(self) -> Reason:
        return self.main.reason

    @property
    def excerpt(self) -> str:
        of_publishing = {Reason.MADE_PUBLIC, Reason.KEPT_PRIVATE, Reason.ASKED_PUBLIC}
        of_news = self.reason in OF_ACTS | OF_ANSWERS | of_publishing
        return "" if self.group or of_news else excerpt(self.main.post.body, EXCERPT)

    @property
    def people(self) -> list[Member]:
        """Who wrote, or did something, the latest first, each once."""
        return list({who.id: who for who in map(whose, self.notices) if who}.values())


@dataclass
class NoticesPage:
    """One page of notices, by the day of the reader's calendar, newest first."""

    days: list[tuple[date, list[Bundle]]]
    newest_id: int
    number: int
    pages: int
    total: int
    unread: int


def whose(notice: Notification) -> Member | None:
    """Whose doing it was: of a post, its author's, unless somebody else is named."""
    return notice.by or (notice.post and notice.post.author)


def shown_to(member: Member) -> Select:
    """The notices whose post is shown and open to the member: what is hidden takes its notices
    with it, and brings them back. Of groups, those the member may know of; that somebody asks
    to join is told to owners and staff, until it is answered.
    """
    return (
        select(Notification)
        .outerjoin(Post, Post.id == Notification.post_id)
        .outerjoin(Thread, Thread.id == Post.thread_id)
        .outerjoin(Thread.category)
        .where(
            Notification.member_id == member.id,
            or_(
                and_(
                    Post.state == State.VISIBLE,
                    Thread.state == State.VISIBLE,
                    within_reach(member),
                ),
                _of_a_group_shown_to(member),
            ),
        )
    )


def _of_a_group_shown_to(member: Member) -> ColumnElement[bool]:
    groups = select(Group.id).where(Group.removed_at.is_(None))
    own = select(GroupMember.group_id).where(GroupMember.member_id == member.id)
    owned = Notification.group_id.in_(own.where(GroupMember.is_owner))
    if not member.is_on_duty:
        groups = groups.where(or_(~Group.is_hidden, Group.id.in_(own.where(GroupMember.is_in))))
    waits = select(GroupMember.member_id).where(
        GroupMember.group_id == Notification.group_id,
        GroupMember.member_id == Notification.by_id,
        ~GroupMember.is_in,
        GroupMember.declined_at.is_(None),
    )
    may_answer = waits.exists() if member.is_on_duty else and_(owned, waits.exists())
    return and_(
        Notification.group_id.in_(groups),
        or_(Notification.reason != Reason.GROUP_ASKED, may_answer),
    )


def unread_count(member: Member) -> int:
    """How many notices a member has not read."""
    unread = shown_to(member).where(Notification.read_at.is_(None))
    return db.session.scalar(unread.with_only_columns(func.count()))


def page(member: Member, *, only: str = "all", number: int = 1, zone: str) -> NoticesPage:
    """One page of a member's notices: all, the unread ones, or those that name the member.

    Notices of one thread on one day of `zone` stand together. Raises Missing beyond the end.
    """
    wanted = shown_to(member)
    if only == "unread":
        wanted = wanted.where(Notification.read_at.is_(None))
    if only == "mentions":
        wanted = wanted.where(Notification.reason.in_([Reason.MENTION, Reason.QUOTE]))
    total = db.session.scalar(wanted.with_only_columns(func.count()))
    pages = max(1, -(-total // PER_PAGE))
    if number > pages:
        raise Missing(_("There is no such page."))
    found = db.session.scalars(
        wanted.options(
            contains_eager(Notification.post).contains_eager(Post.thread),
            contains_eager(Notification.post).options(joinedload(Post.author)),
            joinedload(Notification.group),
            joinedload(Notification.by),
        )
        .order_by(Notification.created_at.desc(), Notification.id.desc())
        .limit(PER_PAGE)
        .offset((number - 1) * PER_PAGE)
    ).all()
    newest = select(func.max(Notification.id)).where(Notification.member_id == member.id)
    return NoticesPage(
        days=_by_day(found, zone),
        newest_id=db.session.scalar(newest) or 0,
        number=number,
        pages=pages,
        total=total,
        unread=unread_count(member),
    )


def _by_day(notices: Iterable[Notification], zone: str) -> list[tuple[date, list[Bundle]]]:
    days: dict[date, dict[tuple, Bundle]] = {}
    for notice in notices:
        day = days.setdefault(local(notice.created_at, zone).date(), {})
        day.setdefault(_subject_of(notice), Bundle()).notices.append(notice)
    return [(day, list(bundles.values())) for day, bundles in days.items()]


def _subject_of(notice: Notification) -> tuple:
    """What notices of one day are shown together for: a thread, what staff did to it, or one
    thing about a group.
    """
    if notice.post is None:
        return notice.group_id, notice.reason
    if notice.reason in OF_ACTS:
        return notice.post.thread_id, notice.reason
    return (notice.post.thread_id,)


def notice_or_missing(member: Member, notification_id: int) -> Notification:
    """One of the member's own notices that may still be read; Missing otherwise."""
    notice = db.session.scalar(
        shown_to(member)
        .where(Notification.id == notification_id)
        .options(contains_eager(Notification.post).contains_eager(Post.thread))
    )
    if notice is None:
        raise Missing(_("What this was about is not here any more."))
    return notice


def first_unread_post(notice: Notification) -> Post:
    """Where to read on: the oldest unread post of the notice's thread up to the notice, which
    is about a post.
    """
    oldest = (
        shown_to(notice.member)
        .with_only_columns(Post)
        .where(
            Post.thread_id == notice.post.thread_id,
            Notification.read_at.is_(None),
            Notification.id <= notice.id,
        )
        .order_by(Post.number)
        .limit(1)
    )
    return db.session.scalar(oldest) or notice.post
