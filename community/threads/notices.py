"""The lines in a thread that tell what staff did to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from community.kernel.db import db
from community.kernel.policy import can
from community.permissions import Can
from community.threads.models import Category, Post, State, Thread
from community.threads.queries import PER_PAGE, Page
from community.threads.staff_acts import TOLD_IN_THREAD, ActedThread, FormerPlace, Part, StaffAct

AT_MOST = 20
"""Acts told in one thread; of more, the latest."""


@dataclass
class Notice:
    """One act as a thread tells it. `others` are the other threads of it that the reader may
    know of; `numbers` the places on this page that posts left.
    """

    act: StaffAct
    part: Part
    number: int | None
    others: list[Thread] = field(default_factory=list)
    numbers: Sequence[int] = ()

    @property
    def value(self):
        """What a thread that was changed has now: its kind, or whether it is closed."""
        mine = [one for one in self.act.threads if one.part is Part.CHANGED]
        return self.act.after[str(mine[0].thread_id)] if mine else None


@dataclass
class Notices:
    """Notices of one page: above everything, before a post by its number, and at the end."""

    top: list[Notice] = field(default_factory=list)
    before: dict[int, list[Notice]] = field(default_factory=dict)
    end: list[Notice] = field(default_factory=list)


def on_page(reader, thread: Thread, posts: Page, *, is_by_age: bool) -> Notices:
    """Return where the notices of a thread stand on a page of it.

    One statement, and none for a thread staff did nothing to. By helpfulness, posts stand
    in no place, so only what concerns the whole thread is told.
    """
    placed = Notices()
    if not thread.has_notices:
        return placed
    first, last = (posts.number - 1) * PER_PAGE + 1, posts.number * PER_PAGE
    for notice in _told_in(reader, thread):
        if notice.number is None or notice.number == 1:
            if posts.number == 1:
                placed.top.append(notice)
        elif is_by_age:
            _place(placed, notice, posts, first, last)
    return placed


def _place(placed: Notices, notice: Notice, posts: Page, first: int, last: int) -> None:
    left = notice.act.after["numbers"] if notice.part is Part.FROM else [notice.number]
    here = [number for number in left if first <= number <= last]
    if not here:
        return
    if notice.part is Part.FROM:
        notice.numbers = here
    following = next((post.number for post in posts.items if post.number >= here[0]), None)
    if following is None:
        placed.end.append(notice)
    else:
        placed.before.setdefault(following, []).append(notice)


def _told_in(reader, thread: Thread) -> list[Notice]:
    mine = aliased(ActedThread)
    rows = (
        select(StaffAct, mine.part, mine.number, ActedThread, Post.state)
        .join(mine, mine.act_id == StaffAct.id)
        .join(ActedThread, ActedThread.act_id == StaffAct.id)
        .join(ActedThread.thread)
        .outerjoin(Category, Category.id == Thread.category_id)
        .outerjoin(
            FormerPlace,
            (FormerPlace.act_id == StaffAct.id)
            & (FormerPlace.thread_id == ActedThread.thread_id)
            & (FormerPlace.number == 1),
        )
        .outerjoin(Post, Post.id == FormerPlace.post_id)
        .where(
            StaffAct.id.in_(_latest(thread)),
            mine.thread_id == thread.id,
        )
        .order_by(StaffAct.id, ActedThread.thread_id)
        .options(
            joinedload(StaffAct.actor),
            contains_eager(ActedThread.thread).contains_eager(Thread.category),
        )
    )
    notices: dict[int, Notice] = {}
    for act, part, number, acted, state in db.session.execute(rows):
        notice = notices.setdefault(act.id, Notice(act, part, number))
        if acted.thread_id != thread.id and _may_name(reader, acted.thread, state):
            notice.others.append(acted.thread)
    return list(notices.values())


def _latest(thread: Thread):
    return (
        select(StaffAct.id)
        .join(StaffAct.threads)
        .where(
            ActedThread.thread_id == thread.id,
            StaffAct.undone_at.is_(None),
            StaffAct.kind.in_(TOLD_IN_THREAD),
        )
        .order_by(StaffAct.id.desc())
        .limit(AT_MOST)
        .scalar_subquery()
    )


def _may_name(reader, other: Thread, opening: State | None) -> bool:
    """Whether the reader may know the title of another thread: of a merged one, while the post
    that opened it is shown.
    """
    if other.merged_into_id is None:
        return can(reader, Can.SEE_THREAD, other)
    return opening is State.VISIBLE and can(reader, Can.SEE_CATEGORY, other.category)
