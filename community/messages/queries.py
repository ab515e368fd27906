"""The conversations somebody is in, and reported messages."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from community.kernel.db import db, now
from community.kernel.errors import Missing
from community.kernel.i18n import _
from community.kernel.policy import can, require
from community.kernel.text import excerpt
from community.members.models import STAFF, Member
from community.messages.models import Block, MessageReport, ReportReading
from community.permissions import Can
from community.threads.models import Access, Kind, Post, State, Thread, ThreadMember
from community.threads.queries import Page
from community.threads.reach import is_id, takes_part

PER_PAGE = 20
EXCERPT = 120
SHOWN_FOR = timedelta(hours=1)
"""So long the page of a report shows the messages after they were opened."""


# -- Conversations ---------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One conversation in a list. `last` is its newest post, shown or not."""

    thread: Thread
    last: Post | None
    unread: int

    @property
    def excerpt(self) -> str:
        return excerpt(self.last.body, EXCERPT) if self.last else ""

    @property
    def waits(self) -> bool:
        """The brand has not answered yet."""
        return self.thread.kind is Kind.TO_BRAND and not self.thread.last_author.is_staff


def inbox(actor: Member, page: int = 1) -> Page:
    """Return one page of the conversations the actor is in, the last active first, as Lines."""
    mine = and_(
        ThreadMember.thread_id == Thread.id,
        ThreadMember.member_id == actor.id,
        ThreadMember.left_at.is_(None),
        ~ThreadMember.speaks_for_brand,
    )
    listing = select(Thread).join(ThreadMember, mine).where(Thread.access == Access.PEOPLE)
    counted = aliased(Post)
    unread = (
        select(func.count(counted.id))
        .where(
            counted.thread_id == Thread.id,
            counted.number > ThreadMember.read_number,
            counted.state == State.VISIBLE,
            counted.author_id != actor.id,
        )
        .correlate(Thread, ThreadMember)
        .scalar_subquery()
    )
    return _lines(listing, unread, page)


def brand_inbox(actor: Member, page: int = 1, *, only_waiting: bool = False) -> Page:
    """Return one page of the conversations with the brand, the last active first, as Lines."""
    require(actor, Can.WRITE_FOR_BRAND)
    return _lines(_with_brand(only_waiting=only_waiting), None, page)


def waiting_count() -> int:
    """How many conversations wait for an answer of the brand."""
    waiting = _with_brand(only_waiting=True)
    return db.session.scalar(waiting.with_only_columns(func.count(), maintain_column_froms=True))


def _with_brand(*, only_waiting: bool) -> Select:
    listing = select(Thread).where(Thread.kind == Kind.TO_BRAND)
    if only_waiting:
        last = aliased(Member)
        listing = listing.join(last, last.id == Thread.last_author_id)
        listing = listing.where(last.role.not_in(STAFF), last.erased_at.is_(None))
    return listing


def _lines(listing: Select, unread, page: int) -> Page:
    total = db.session.scalar(
        listing.with_only_columns(func.count(), maintain_column_froms=True).order_by(None)
    )
    pages = max(1, math.ceil(total / PER_PAGE))
    if not 1 <= page <= pages:
        raise Missing(_("There is no such page."))
    last = and_(Post.thread_id == Thread.id, Post.number == Thread.next_number - 1)
    columns = [Thread, Post] if unread is None else [Thread, Post, unread]
    rows = db.session.execute(
        listing.with_only_columns(*columns, maintain_column_froms=True)
        .outerjoin(Post, last)
        .options(
            joinedload(Thread.last_author),
            selectinload(Thread.participants).joinedload(ThreadMember.member),
            joinedload(Post.author),
        )
        .order_by(Thread.last_post_at.desc(), Thread.id.desc())
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    ).all()
    items = [Line(thread, post, *(more or [0])) for thread, post, *more in rows]
    return Page(items, page, pages, total)


def conversation_or_missing(actor, thread_id: int) -> Thread:
    """Return a conversation the actor reads, with its people; Missing for any other."""
    found = None
    if actor.is_authenticated and is_id(thread_id):
        theirs = select(Thread).where(
            Thread.id == thread_id, Thread.access == Access.PEOPLE, takes_part(actor)
        )
        people = selectinload(Thread.participants)
        ways = (people.joinedload(ThreadMember.member), people.joinedload(ThreadMember.added_by))
        found = db.session.scalar(theirs.options(*ways))
    if found is None:
        raise Missing(_("There is no such conversation."))
    return found


def others_in(actor, thread: Thread) -> list[Member]:
    """Who else is in a conversation now, the earliest first."""
    there = [one for one in thread.participants if one.left_at is None]
    there.sort(key=lambda one: (one.created_at, one.member_id))
    return [one.member for one in there if one.member_id != actor.id]


def blocked_by(actor: Member) -> Sequence[Block]:
    """Return whom the actor has blocked, the last first."""
    theirs = select(Block).where(Block.member_id == actor.id).options(joinedload(Block.blocked))
    return db.session.scalars(theirs.order_by(Block.created_at.desc(), Block.blocked_id)).all()


def has_blocked(actor: Member, member: Member) -> bool:
    return db.session.get(Block, (actor.id, member.id)) is not None


# -- Reported messages -----------------------------------------------------


def reports_page(*, decided: bool, page: int = 1) -> Page:
    """Return one page of reports: those that wait, the oldest first, or the decided, last first."""
    listing = select(MessageReport)
    if decided:
        listing = listing.where(MessageReport.decided_at.is_not(None))
        order = (MessageReport.decided_at.desc(), MessageReport.id.desc())
    else:
        listing = listing.where(MessageReport.decided_at.is_(None))
        order = (MessageReport.created_at, MessageReport.id)
    total = db.session.scalar(listing.with_only_columns(func.count(MessageReport.id)))
    pages = max(1, math.ceil(total / PER_PAGE))
    if not 1 <= page <= pages:
        raise Missing(_("There is no such page."))
    found = listing.options(*_whole()).order_by(*order)
    items = db.session.scalars(found.limit(PER_PAGE).offset((page - 1) * PER_PAGE)).all()
    return Page(items, page, pages, total)


def reports_waiting() -> int:
    """How many reported messages wait for a decision."""
    waiting = select(func.count(MessageReport.id)).where(MessageReport.decided_at.is_(None))
    return db.session.scalar(waiting)


def report_or_missing(report_id: int) -> MessageReport:
    """Return a report with its message and people; Missing when there is none."""
    if not is_id(report_id):
        raise Missing(_("There is no such report."))
    one = select(MessageReport).where(MessageReport.id == report_id).options(*_whole())
    found = db.session.scalar(one)
    if found is None:
        raise Missing(_("There is no such report."))
    return found


def _whole():
    return (
        joinedload(MessageReport.reporter),
        joinedload(MessageReport.decided_by),
        joinedload(MessageReport.post).options(joinedload(Post.author), joinedload(Post.thread)),
    )


def readings_of(report: MessageReport) -> Sequence[ReportReading]:
    """Return who of the team opened the messages around a report, the last first."""
    readings = select(ReportReading).where(ReportReading.report_id == report.id)
    return db.session.scalars(
        readings.options(joinedload(ReportReading.reader)).order_by(ReportReading.id.desc())
    ).all()


def has_open(actor: Member, report: MessageReport) -> bool:
    """Whether the actor opened the messages of a report within the last hour."""
    mine = select(ReportReading.id).where(
        ReportReading.report_id == report.id,
        ReportReading.reader_id == actor.id,
        ReportReading.created_at > now() - SHOWN_FOR,
    )
    return db.session.scalar(mine.limit(1)) is not None


def around(actor: Member, report: MessageReport) -> list[Post] | None:
    """The reported message with the two before it and the one after; None before it is opened.

    What its author took back is left out, except the reported one itself.
    """
    if not can(actor, Can.READ_REPORT, report) or not has_open(actor, report):
        return None
    post = report.post
    shown = (
        select(Post)
        .where(Post.thread_id == post.thread_id, Post.state == State.VISIBLE)
        .options(joinedload(Post.author))
    )
    before = shown.where(Post.number < post.number).order_by(Post.number.desc()).limit(2)
    after = shown.where(Post.number > post.number).order_by(Post.number).limit(1)
    return [*reversed(db.session.scalars(before).all()), post, *db.session.scalars(after)]
