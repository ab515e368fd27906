"""How far members have read: marks per thread, what is new since, and catching up at once.

Only threads with a post of the last 30 days can be unread: what is older is no news, and
counting stays as quick however much there is.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Index,
    Select,
    and_,
    case,
    delete,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from community.kernel.db import db, now
from community.kernel.policy import require
from community.kernel.tenancy import BrandScoped, same_brand
from community.members.models import Member
from community.permissions import Can
from community.threads.bookmarks import Bookmark
from community.threads.lists import Rooms, listed, order_of, page_of_ids, rooms_of
from community.threads.models import Category, Follow, HelpfulVote, Post, Thread
from community.threads.queries import PER_PAGE, Page, category_tree

NEWS_FOR = timedelta(days=30)
COUNTED = 500
"""Threads looked at for the counts of a page: those with the newest posts."""
_KEPT_FOR = timedelta(days=180)
_AT_ONCE = 1_000  # marks forgotten by one statement


class ReadMark(BrandScoped, db.Model):
    """How far a member has read a thread: `last_read` is the highest number of a post seen."""

    __table_args__ = (
        same_brand("thread_id", "thread"),
        same_brand("member_id", "member"),
        Index(None, "brand_id", "read_at"),
    )
    member_id: Mapped[int] = mapped_column(primary_key=True)
    thread_id: Mapped[int] = mapped_column(primary_key=True, index=True)
    last_read: Mapped[int] = mapped_column(default=0)
    read_at: Mapped[datetime] = mapped_column(default=now)


class CaughtUp(BrandScoped, db.Model):
    """When a member said that everything in a category is read."""

    __table_args__ = (same_brand("category_id", "category"), same_brand("member_id", "member"))
    member_id: Mapped[int] = mapped_column(primary_key=True)
    category_id: Mapped[int] = mapped_column(primary_key=True, index=True)
    caught_up_at: Mapped[datetime] = mapped_column(default=now)


@dataclass(frozen=True)
class Reader:
    """What a member did in a thread, as far as a page of it shows.

    `last_read` is 0 where nothing was read yet; `voted` and `bookmarked` are ids of posts.
    """

    is_following: bool = False
    last_read: int = 0
    voted: frozenset[int] = frozenset()
    bookmarked: frozenset[int] = frozenset()

    def first_unread(self, thread: Thread) -> int | None:
        """The number to read on from; None for who has read nothing, or everything."""
        begun = 0 < self.last_read < thread.next_number - 1
        return self.last_read + 1 if begun else None

    def new_from(self, thread: Thread, posts: Page) -> int | None:
        """The number of the post on this page above which a line says that the rest is new.

        The next number may have gone to another thread; then it is the first one behind.
        """
        first = self.first_unread(thread)
        if first is None or page_with(first) != posts.number:
            return None
        return next((post.number for post in posts.items if post.number >= first), None)

    def told(self, thread: Thread, posts: Page) -> int:
        """The number up to which this page has nothing to report.

        On the last page the last post is to be reported once more while numbers behind it
        that went to another thread still count as unread.
        """
        is_end = posts.number == posts.pages and self.last_read < thread.next_number - 1
        last = max((post.number for post in posts.items), default=0)
        return last - 1 if is_end and 0 < last <= self.last_read else self.last_read


# -- One thread ------------------------------------------------------------


def reader_of(actor, thread: Thread, posts: Iterable[Post]) -> Reader:
    """Return what the actor did in a thread and with these posts of it, in one statement."""
    if not actor.is_authenticated:
        return Reader()
    follow = select(Follow.thread_id).where(
        Follow.thread_id == thread.id, Follow.member_id == actor.id
    )
    mark = select(ReadMark.last_read).where(
        ReadMark.thread_id == thread.id, ReadMark.member_id == actor.id
    )
    of_posts = (
        select(
            Post.id,
            HelpfulVote.post_id.is_not(None),
            Bookmark.post_id.is_not(None),
            follow.scalar_subquery(),
            mark.scalar_subquery(),
        )
        .outerjoin(
            HelpfulVote, and_(HelpfulVote.post_id == Post.id, HelpfulVote.member_id == actor.id)
        )
        .outerjoin(Bookmark, and_(Bookmark.post_id == Post.id, Bookmark.member_id == actor.id))
        .where(Post.id.in_([post.id for post in posts]))
    )
    rows = db.session.execute(of_posts).all()
    if not rows:  # every post of this page went to another thread
        alone = select(follow.scalar_subquery(), mark.scalar_subquery())
        rows = [(0, False, False, *db.session.execute(alone).one())]
    return Reader(
        is_following=rows[0][3] is not None,
        last_read=rows[0][4] or 0,
        voted=frozenset(row[0] for row in rows if row[1]),
        bookmarked=frozenset(row[0] for row in rows if row[2]),
    )


def first_unread(actor, thread: Thread) -> int:
    """Return the number of the first post that is new to the actor; of the last one when
    nothing is, and of the first for whoever never read the thread.
    """
    mark = 0
    if actor.is_authenticated:
        of_both = (ReadMark.thread_id == thread.id, ReadMark.member_id == actor.id)
        mark = db.session.scalar(select(ReadMark.last_read).where(*of_both)) or 0
    numbers = select(func.min(case((Post.number > mark, Post.number))), func.max(Post.number))
    beyond, last = db.session.execute(numbers.where(Post.thread_id == thread.id)).one()
    return beyond or last


def page_with(number: int) -> int:
    """The page of a thread that holds a number, read by age."""
    return (number - 1) // PER_PAGE + 1


def mark_read(actor: Member, thread: Thread, number: int) -> int:
    """Note that the actor has seen the posts up to a number; returns the mark, which never goes
    back and never beyond the last post. Numbers nobody holds any more are read along.
    """
    require(actor, Can.MARK_READ, thread)
    number = max(0, min(number, thread.next_number - 1))
    beyond = select(func.min(Post.number)).where(Post.thread_id == thread.id, Post.number > number)
    mark = _held(ReadMark, member_id=actor.id, thread_id=thread.id)
    if number and mark.last_read <= number:
        number = (db.session.scalar(beyond) or thread.next_number) - 1
        mark.last_read, mark.read_at = number, now()
    return mark.last_read


def mark_unread(actor: Member, post: Post) -> None:
    """Let the thread be unread from this post on."""
    require(actor, Can.MARK_READ, post.thread)
    mark = _held(ReadMark, member_id=actor.id, thread_id=post.thread_id)
    mark.last_read, mark.read_at = post.number - 1, now()


def wrote(member: Member, post: Post) -> None:
    """Whoever writes has read what stood there, except what came since their last look."""
    mark = _held(ReadMark, member_id=member.id, thread_id=post.thread_id)
    if mark.last_read in {0, post.number - 1}:
        mark.last_read, mark.read_at = post.number, now()


def _held(model, **key):
    """The row with this key, held until the end of the transaction; made if there is none."""
    of_key = select(model).filter_by(**key)
    held = of_key.with_for_update().execution_options(populate_existing=True)
    if found := db.session.scalar(held):
        return found
    try:
        with db.session.begin_nested():  # two tabs may read at the same moment
            made = model(**key)
            db.session.add(made)
    except IntegrityError:
        return db.session.scalars(held).one()
    return made


def catch_up(actor: Member, category: Category | None = None) -> None:
    """Mark everything read that the actor sees, or that stands in a category and its parts."""
    require(actor, Can.CATCH_UP)
    wanted = sorted(
        room.id
        for room in rooms_of(category_tree(actor)).values()
        if category is None or category.id in {room.id, room.parent_id}
    )
    for category_id in wanted:
        _held(CaughtUp, member_id=actor.id, category_id=category_id).caught_up_at = now()
    # Threads that were begun are read to the end, so that the next post alone is new in them.
    there = select(Thread.id).where(Thread.category_id.in_(wanted))
    last = select(Thread.next_number - 1).where(Thread.id == ReadMark.thread_id).scalar_subquery()
    begun = update(ReadMark).where(
        ReadMark.member_id == actor.id, ReadMark.thread_id.in_(there), ReadMark.last_read < last
    )
    marks = begun.values(last_read=last, read_at=now())
    db.session.execute(marks.execution_options(synchronize_session=False))


def forget_category(category: Category) -> None:
    """A category that goes has nothing to catch up with."""
    db.session.execute(delete(CaughtUp).where(CaughtUp.category_id == category.id))


# -- Lists -----------------------------------------------------------------


def unread_in(actor, threads: Sequence[Thread]) -> Mapping[int, int]:
    """Return by id how many posts of these threads are new to the actor, where there are any.

    It is 0 for a thread the actor never opened: all of it is new.
    """
    if not actor.is_authenticated or not threads:
        return {}
    rows = _with_marks(actor).where(Thread.id.in_([thread.id for thread in threads]))
    return {id_: unread or 0 for id_, _room, unread in db.session.execute(rows)}


def unread_by_category(actor, rooms: Rooms) -> Mapping[int, int]:
    """Return by id how many threads of a category are unread, of the 500 with the newest posts.

    A section counts what its parts hold too.
    """
    if not actor.is_authenticated:
        return {}
    newest = _newest(actor, rooms).limit(COUNTED).subquery()
    rows = _with_marks(actor).join(newest, newest.c.id == Thread.id)
    counts: Counter[int] = Counter()
    for _id, room_id, _unread in db.session.execute(rows):
        counts.update({room_id, rooms[room_id].parent_id or room_id})
    return counts


def unread_threads(actor: Member, page: int = 1) -> Page:
    """Return one page of the threads with posts new to the actor, the latest first."""
    require(actor, Can.CATCH_UP)
    rooms = rooms_of(category_tree(actor))
    newest = _newest(actor, rooms).limit(COUNTED).subquery()
    unread = _joined(select(Thread.id), actor).join(newest, newest.c.id == Thread.id)
    return page_of_ids(unread.order_by(*order_of("activity")), "activity", page, rooms)


def _newest(actor, rooms: Collection[int]) -> Select:
    lately = Thread.last_post_at > now() - NEWS_FOR
    return listed(actor, rooms).where(lately).order_by(*order_of("activity"))


def _with_marks(actor) -> Select:
    """(id, category, posts beyond the mark or None without one) of unread threads."""
    beyond = _last_number() - ReadMark.last_read
    return _joined(select(Thread.id, Thread.category_id, beyond), actor)


def _joined(threads: Select, actor) -> Select:
    """Narrow threads down to those with something unread."""
    mark = and_(ReadMark.thread_id == Thread.id, ReadMark.member_id == actor.id)
    caught_up = and_(CaughtUp.category_id == Thread.category_id, CaughtUp.member_id == actor.id)
    joined = threads.outerjoin(ReadMark, mark).outerjoin(CaughtUp, caught_up)
    # What stood there before the member came is no news either.
    since = max(now() - NEWS_FOR, actor.created_at)
    never_opened = and_(
        ReadMark.last_read.is_(None),
        or_(CaughtUp.caught_up_at.is_(None), Thread.last_post_at > CaughtUp.caught_up_at),
    )
    return joined.where(
        Thread.last_post_at > since, or_(never_opened, ReadMark.last_read < _last_number())
    )


def _last_number() -> ColumnElement[int]:
    return Thread.next_number - 1


# -- Keeping ---------------------------------------------------------------


def on_day_began(_event) -> None:
    """Forget marks nobody needs any more: those of half a year ago."""
    old = select(ReadMark.member_id, ReadMark.thread_id).where(ReadMark.read_at < now() - _KEPT_FOR)
    while some := db.session.execute(old.limit(_AT_ONCE)).all():
        gone = tuple_(ReadMark.member_id, ReadMark.thread_id).in_([tuple(row) for row in some])
        forgotten = delete(ReadMark).where(gone)
        db.session.execute(forgotten.execution_options(synchronize_session=False))


def forget(member: Member) -> None:
    """What a member read is nobody's to know any more."""
    for model in (ReadMark, CaughtUp):
        db.session.execute(delete(model).where(model.member_id == member.id))


def export(member: Member) -> list[dict]:
    """Return how far the member has read which threads."""
    marks = (
        select(ReadMark.last_read, ReadMark.read_at, Thread.id, Thread.title)
        .join(Thread, Thread.id == ReadMark.thread_id)
        .where(ReadMark.member_id == member.id)
        .order_by(ReadMark.read_at.desc())
    )
    return [
        {"thread": title, "address": f"/t/{id_}", "up_to_post": number, "at": at.isoformat()}
        for number, at, id_, title in db.session.execute(marks)
    ]
