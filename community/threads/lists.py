"""Lists of threads: a page costs the same wherever it is and however many threads there are."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, case, select
from sqlalchemy.orm import joinedload, load_only
from sqlalchemy.orm.attributes import set_committed_value

from community.kernel.db import db, now
from community.kernel.errors import Missing
from community.kernel.i18n import _
from community.members.models import Member
from community.threads.models import Audience, Category, State, Tag, Thread, ThreadTag
from community.threads.queries import PER_PAGE, Page, category_tree
from community.threads.reach import access_allows, state_allows

SORTS = ("activity", "new", "popular", "unanswered")
POPULAR_AMONG = 1_000
"""The popular threads are those with most replies among so many with the newest posts."""
POPULAR_WITHIN = timedelta(days=30)
"""Of these, threads with a post within this time come before older ones."""

FACE = (
    Member.username,
    Member.given_name,
    Member.role,
    Member.title,
    Member.rank,
    Member.avatar,
)
"""What a page shows of an author, beside whether there still is one."""

Rooms = Mapping[int, Category]
"""Categories the reader may see, by id."""


class Link(NamedTuple):
    """A thread where only its name is shown."""

    id: int
    slug: str
    title: str


def rooms_of(tree: Iterable[Category]) -> Rooms:
    """The sections of a tree and their parts, by id."""
    return {room.id: room for section in tree for room in (section, *section.children)}


def threads_page(
    actor,
    *,
    category: Category | None = None,
    tag: str | None = None,
    sort: str = "activity",
    page: int = 1,
    rooms: Rooms | None = None,
) -> Page:
    """Return one page of threads, of a category with its parts or of a tag's slug if given.

    `sort` is one of SORTS: by last post, by start, by number of replies, or only those
    nobody answered, newest first. Hidden threads are among them for whoever may see
    them; deleted ones are in no list. Ties are broken by id, so pages never overlap.
    A category's pinned threads stand apart, on its first page by activity. Raises
    Missing beyond the last page. `rooms` are the categories the actor may see, if at hand.
    """
    rooms = rooms_of(category_tree(actor)) if rooms is None else rooms
    ids = listed(actor, rooms)
    if category is not None:
        ids = ids.where(_within(category))
    if tag is not None:
        tagged = select(ThreadTag.thread_id).join(Tag, Tag.id == ThreadTag.tag_id)
        ids = ids.where(Thread.id.in_(tagged.where(Tag.slug == tag)))
    pinned: Sequence[Thread] = ()
    if category is not None and sort == "activity":
        is_on_top = (Thread.category_id == category.id) & Thread.is_pinned
        on_top = db.session.scalars(ids.where(is_on_top)).all()
        pinned = _threads(ids.where(Thread.id.in_(on_top)), sort, rooms) if on_top else ()
        ids = ids.where(~is_on_top)
    total = _counted(rooms, category) if tag is None and sort != "unanswered" else None
    if sort == "popular":
        total = min(total or 0, POPULAR_AMONG)
    return page_of_ids(_ordered(ids, sort, rooms), sort, page, rooms, total=total, pinned=pinned)


def latest(
    actor, limit: int = 20, *, category: Category | None = None, rooms: Rooms | None = None
) -> Sequence[Thread]:
    """Return the threads with the newest posts, of one category if given."""
    rooms = rooms_of(category_tree(actor)) if rooms is None else rooms
    ids = listed(actor, rooms)
    if category is not None:
        ids = ids.where(Thread.category_id == category.id)
    return _threads(_ordered(ids, "activity", rooms).limit(limit), "activity", rooms)


def unanswered(actor, limit: int = 20) -> Sequence[Thread]:
    """Return open threads nobody replied to, newest first; announcements need no answer."""
    rooms = rooms_of(category_tree(actor))
    ids = _ordered(listed(actor, rooms), "unanswered", rooms).limit(limit)
    return _threads(ids, "unanswered", rooms)


def threads_by(actor, member: Member, limit: int = 10) -> Sequence[Thread]:
    """Return a member's threads that the actor may read, newest first."""
    rooms = rooms_of(category_tree(actor))
    theirs = listed(actor, rooms).where(
        Thread.author_id == member.id, Thread.state == State.VISIBLE
    )
    return _threads(_ordered(theirs, "new", rooms).limit(limit), "new", rooms)


def others_like(actor, thread: Thread, limit: int = 5) -> Sequence[Link]:
    """Return other threads of the same category, the most recently active first."""
    others = listed(actor, {thread.category_id: thread.category})
    newest = _ordered(others.where(Thread.id != thread.id), "activity", {}).limit(limit)
    rows = newest.with_only_columns(Thread.id, Thread.slug, Thread.title)
    return [Link(*row) for row in db.session.execute(rows)]


def listed(actor, rooms: Collection[int]) -> Select:
    """Ids of the threads the actor finds in lists, of those categories."""
    return select(Thread.id).where(
        Thread.category_id.in_(rooms),
        access_allows(actor),
        state_allows(actor, Thread),
        Thread.state != State.DELETED,
    )


def _within(category: Category) -> ColumnElement[bool]:
    if category.parent_id is None:
        return Thread.section_id == category.id
    return Thread.category_id == category.id


def _counted(rooms: Rooms, category: Category | None) -> int:
    """How many threads a list holds, by the categories' own counters."""
    return sum(
        room.threads_count
        for room in rooms.values()
        if category is None or category.id in {room.id, room.parent_id}
    )


def order_of(sort: str) -> tuple[ColumnElement, ...]:
    """The columns a way to sort goes by; the last is the id, so that nothing is equal."""
    if sort == "popular":
        is_old = case((Thread.last_post_at >= now() - POPULAR_WITHIN, 0), else_=1)
        by_size = (Thread.posts_count.desc(), Thread.views_count.desc())
        return (is_old, *by_size, Thread.last_post_at.desc(), Thread.id.desc())
    if sort == "activity":
        return (Thread.last_post_at.desc(), Thread.id.desc())
    return (Thread.created_at.desc(), Thread.id.desc())


def _ordered(ids: Select, sort: str, rooms: Rooms) -> Select:
    if sort == "popular":
        newest = ids.order_by(*order_of("activity")).limit(POPULAR_AMONG).subquery()
        return select(Thread.id).join(newest, newest.c.id == Thread.id).order_by(*order_of(sort))
    if sort == "unanswered":
        asked = [id_ for id_, room in rooms.items() if room.who_may_start is not Audience.STAFF]
        waiting = (Thread.posts_count == 1, ~Thread.is_locked, Thread.category_id.in_(asked))
        return ids.where(*waiting).order_by(*order_of(sort))
    return ids.order_by(*order_of(sort))


def _threads(ids: Select, sort: str, rooms: Rooms) -> Sequence[Thread]:
    """The threads of those ids with their author and category, in the order of `sort`.

    Only these are read from the table: what decides who sees a thread is in the index that
    finds the ids.
    """
    wanted = ids.subquery()
    author = joinedload(Thread.author).options(load_only(*FACE, Member.erased_at))
    threads = select(Thread).join(wanted, wanted.c.id == Thread.id).options(author)
    found = db.session.scalars(threads.order_by(*order_of(sort))).all()
    for thread in found:
        set_committed_value(thread, "category", rooms[thread.category_id])
    return found


def page_of_ids(
    ids: Select,
    sort: str,
    number: int,
    rooms: Rooms,
    *,
    total: int | None = None,
    pinned: Sequence = (),
) -> Page:
    """One page; where nobody counted, the next page is known to be there and no further one."""
    if number < 1:
        raise Missing(_("There is no such page."))
    found = _threads(ids.limit(PER_PAGE + 1).offset((number - 1) * PER_PAGE), sort, rooms)
    if number > 1 and not found:
        raise Missing(_("There is no such page."))
    pages = number
    if len(found) > PER_PAGE:
        pages = max(number + 1, math.ceil(((total or 0) - len(pinned)) / PER_PAGE))
    return Page(found[:PER_PAGE], number, pages, total, pinned if number == 1 else ())
