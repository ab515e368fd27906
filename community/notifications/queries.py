"""What a member has been told of, as far as it may still be read."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Select, func, select
from sqlalchemy.orm import contains_eager, joinedload

from community.kernel.db import db
from community.kernel.errors import Missing
from community.kernel.i18n import _, local
from community.kernel.text import excerpt
from community.members.models import Member
from community.notifications.models import Notification, Reason
from community.threads.models import Post, State, Thread
from community.threads.reach import visible_posts

PER_PAGE = 30
EXCERPT = 120
FILTERS = ("all", "unread", "mentions")


@dataclass
class Bundle:
    """The notices of one thread on one day, newest first, shown as one."""

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
    def thread(self) -> Thread:
        return self.latest.post.thread

    @property
    def is_unread(self) -> bool:
        return any(notice.read_at is None for notice in self.notices)

    @property
    def reason(self) -> Reason:
        return self.main.reason

    @property
    def excerpt(self) -> str:
        return excerpt(self.main.post.body, EXCERPT)

    @property
    def people(self) -> list[Member]:
        """Who wrote, the latest first, each once."""
        return list({n.post.author_id: n.post.author for n in self.notices}.values())


@dataclass
class NoticesPage:
    """One page of notices, by the day of the reader's calendar, newest first."""

    days: list[tuple[date, list[Bundle]]]
    newest_id: int
    number: int
    pages: int
    total: int
    unread: int


def shown_to(member: Member) -> Select:
    """The notices whose post is shown and open to the member: what is hidden takes its notices
    with it, and brings them back.
    """
    readable = visible_posts(member).with_only_columns(Post.id).order_by(None)
    return (
        select(Notification)
        .join(Post, Post.id == Notification.post_id)
        .join(Thread, Thread.id == Post.thread_id)
        .where(
            Notification.member_id == member.id,
            Post.state == State.VISIBLE,
            Thread.state == State.VISIBLE,
            Post.id.in_(readable),
        )
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
    days: dict[date, dict[int, Bundle]] = {}
    for notice in notices:
        day = days.setdefault(local(notice.created_at, zone).date(), {})
        day.setdefault(notice.post.thread_id, Bundle()).notices.append(notice)
    return [(day, list(bundles.values())) for day, bundles in days.items()]


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
    """Where to read on: the oldest unread post of the notice's thread up to the notice."""
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
