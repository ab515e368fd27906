"""How far members have read: marks per thread, what is new since, and catching up at once.

Only threads with a post of the last 30 days can be unread: what is older is no news, and
counting stays as quick however much there is.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Index, Select, and_, case, delete, or_, select
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
from community.threads.queries import Page, category_tree

NEWS_FOR = timedelta(days=30)
COUNTED = 500
"""Threads looked at for the counts of a page: those with the newest posts."""
_KEPT_FOR = timedelta(days=180)


class ReadMark(BrandScoped, db.Model):
    """How far a member has read a thread: `last_read` is the highest number of a post seen."""

    __table_args__ = (
        same_brand("thread_id", "thread"),
        same_brand("member_id", "member"),
        Index(None, "brand_id", "read_at"),
    )
    member_id: Mapped[int] = mapped_column(primary_key=True)
    thread_id: Mapped[int] = mapped_column(primary_key=True, index=True)
    last_read: Mapped[int]
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
    if not rows:
        return Reader()
    return Reader(
        is_following=rows[0][3] is not None,
        last_read=rows[0][4] or 0,
        voted=frozenset(row[0] for row in rows if row[1]),
        bookmarked=frozenset(row[0] for row in rows if row[2]),
    )


def mark_read(actor: Member, thread: Thread, number: int) -> int:
    """Note that the actor has seen the posts up to a number; returns the mark, which never goes
    back and never beyond the last post.
    """
    require(actor, Can.MARK_READ, thread)
    number = max(0, min(number, thread.next_number - 1))
    mark = _mark_of(actor, thread)
    if mark.last_read < number:
        mark.last_read, mark.read_at = number, now()
    return mark.last_read


def mark_unread(actor: Member, post: Post) -> None:
    """Let the thread be unread from this post on."""
    require(actor, Can.MARK_READ, post.thread)
    mark = _mark_of(actor, post.thread)
    mark.last_read, mark.read_at = post.number - 1, now()


def _mark_of(actor: Member, thread: Thread) -> ReadMark:
    of_both = select(ReadMark).where(
        ReadMark.member_id == actor.id, ReadMark.thread_id == thread.id
    )
    held = of_both.with_for_update().execution_options(populate_existing=True)
    if found := db.session.scalar(held):
        return found
    try:
        with db.session.begin_nested():  # two tabs may read at the same moment
            mark = ReadMark(member_id=actor.id, thread_id=thread.id, last_read=0)
            db.session.add(mark)
    except IntegrityError:
        return db.session.scalars(held).one()
    return mark


def catch_up(actor: Member, category: Category | None = None) -> None:
    """Mark everything read that the actor sees, or that stands in a category and its parts."""
    require(actor, Can.CATCH_UP)
    tree = category_tree(actor)
    wanted = [
        room.id
        for room in rooms_of(tree).values()
        if category is None or category.id in {room.id, room.parent_id}
    ]
    mine = select(CaughtUp).where(CaughtUp.member_id == actor.id, CaughtUp.category_id.in_(wanted))
    known = {row.category_id: row for row in db.session.scalars(mine.with_for_update())}
    for category_id in sorted(wanted):
        if row := known.get(category_id):
            row.caught_up_at = now()
        else:
            db.session.add(CaughtUp(member_id=actor.id, category_id=category_id))


# -- Lists -----------------------------------------------------------------


def unread_in(actor, threads: Sequence[Thread]) -> Mapping[int, int]:
    """Return by id how many posts of these threads are new to the actor, where there are any."""
    if not actor.is_authenticated or not threads:
        return {}
    rows = _with_marks(actor).where(Thread.id.in_([thread.id for thread in threads]))
    return {id_: unread for id_, _room, unread in db.session.execute(rows) if unread > 0}


def unread_by_category(actor, rooms: Rooms) -> Mapping[int, int]:
    """Return by id how many threads of a category are unread, of the 500 with the newest posts.

    A section counts what its parts hold too.
    """
    if not actor.is_authenticated:
        return {}
    newest = _newest(actor, rooms).limit(COUNTED).subquery()
    rows = _with_marks(actor).join(newest, newest.c.id == Thread.id)
    counts: Counter[int] = Counter()
    for _id, room_id, unread in db.session.execute(rows):
        if unread > 0:
            counts.update({room_id, rooms[room_id].parent_id or room_id})
    return counts


def unread_threads(actor: Member, page: int = 1) -> Page:
    """Return one page of the threads with posts new to the actor, the latest first."""
    require(actor, Can.CATCH_UP)
    rooms = rooms_of(category_tree(actor))
    newest = _newest(actor, rooms).limit(COUNTED).subquery()
    unread = _joined(select(Thread.id), actor).join(newest, newest.c.id == Thread.id)
    unread = unread.where(_unread() > 0).order_by(*order_of("activity"))
    return page_of_ids(unread, "activity", page, rooms)


def _newest(actor, rooms: Collection[int]) -> Select:
    lately = Thread.last_post_at > now() - NEWS_FOR
    return listed(actor, rooms).where(lately).order_by(*order_of("activity"))


def _with_marks(actor) -> Select:
    """(id, category, posts unread) of threads, to be narrowed down."""
    return _joined(select(Thread.id, Thread.category_id, _unread()), actor)


def _joined(threads: Select, actor) -> Select:
    mark = and_(ReadMark.thread_id == Thread.id, ReadMark.member_id == actor.id)
    caught_up = and_(CaughtUp.category_id == Thread.category_id, CaughtUp.member_id == actor.id)
    joined = threads.outerjoin(ReadMark, mark).outerjoin(CaughtUp, caught_up)
    # What stood there before the member came is no news either.
    since = max(now() - NEWS_FOR, actor.created_at)
    return joined.where(
        Thread.last_post_at > since,
        or_(CaughtUp.caught_up_at.is_(None), Thread.last_post_at > CaughtUp.caught_up_at),
    )


def _unread() -> ColumnElement[int]:
    """How many numbers are beyond the mark; of a thread never opened, all of them."""
    last = Thread.next_number - 1
    return case((ReadMark.last_read.is_(None), last), else_=last - ReadMark.last_read)


# -- Keeping ---------------------------------------------------------------


def on_day_began(_event) -> None:
    """Forget marks nobody needs any more: those of half a year ago."""
    old = delete(ReadMark).where(ReadMark.read_at < now() - _KEPT_FOR)
    db.session.execute(old.execution_options(synchronize_session=False))


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
