"""Lists of what there is to read. Whom they show it to is said in `threads.reach`."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from community.kernel.db import db, now
from community.kernel.errors import Missing
from community.kernel.i18n import _
from community.kernel.policy import require
from community.members.models import Member
from community.permissions import Can
from community.threads.models import (
    Audience,
    Category,
    Follow,
    HelpfulVote,
    Post,
    PostRevision,
    State,
    Tag,
    Thread,
    ThreadTag,
)
from community.threads.reach import (
    is_id,
    state_allows,
    visible_categories,
    visible_posts,
    visible_threads,
)

PER_PAGE = 20
POPULAR_WITHIN = timedelta(days=30)
"""Threads with a post within this time come before older ones among the popular."""

SORTS = ("activity", "new", "popular", "unanswered")


@dataclass(frozen=True)
class Page:
    """One page of a list. `number` counts from 1; an empty list has one page."""

    items: Sequence
    number: int
    pages: int
    total: int
    pinned: Sequence = field(default=())  # stand before `items`, outside the numbering


# -- Categories ------------------------------------------------------------


def category_tree(actor) -> list[Category]:
    """Return the sections the actor may see, in order, each with `children` he may see.

    One statement. `threads_total` of each counts what its parts at hand hold too.
    """
    order = (Category.position, Category.id)
    seen = db.session.scalars(visible_categories(actor).order_by(*order)).all()
    for category in seen:
        parts = [part for part in seen if part.parent_id == category.id]
        set_committed_value(category, "children", parts)
        for part in parts:
            set_committed_value(part, "parent", category)
    return [category for category in seen if category.parent_id is None]


# -- Threads in lists ------------------------------------------------------


def threads_page(
    actor,
    *,
    category: Category | None = None,
    tag: str | None = None,
    sort: str = "activity",
    page: int = 1,
) -> Page:
    """Return one page of threads, of a category with its parts or of a tag's slug if given.

    `sort` is one of SORTS: by last post, by start, by number of replies, or only those
    nobody answered, newest first. Hidden threads are among them for whoever may see
    them; deleted ones are in no list. Ties are broken by id, so pages never overlap.
    A category's pinned threads stand apart, on its first page by activity. Raises
    Missing beyond the last page.
    """
    threads = _listed(actor)
    if category is not None:
        parts = select(Category.id).where(Category.parent_id == category.id)
        threads = threads.where(
            or_(Thread.category_id == category.id, Thread.category_id.in_(parts))
        )
    if tag is not None:
        tagged = select(ThreadTag.thread_id).join(Tag, Tag.id == ThreadTag.tag_id)
        tagged = tagged.where(Tag.slug == tag)
        threads = threads.where(Thread.id.in_(tagged))
    pinned: Sequence[Thread] = ()
    if category is not None and sort == "activity":
        is_on_top = (Thread.category_id == category.id) & Thread.is_pinned
        pinned = _with_people(_ordered(threads.where(is_on_top), sort))
        threads = threads.where(~is_on_top)
    return _page(_ordered(threads, sort), page, load=_with_people, pinned=pinned)


def latest(actor, limit: int = 20, *, category: Category | None = None) -> Sequence[Thread]:
    """Return the threads with the newest posts, of one category if given."""
    threads = _listed(actor)
    if category is not None:
        threads = threads.where(Thread.category_id == category.id)
    return _with_people(_ordered(threads, "activity").limit(limit))


def unanswered(actor, limit: int = 20) -> Sequence[Thread]:
    """Return open threads nobody replied to, newest first; announcements need no answer."""
    return _with_people(_ordered(_listed(actor), "unanswered").limit(limit))


def threads_by(actor, member: Member, limit: int = 10) -> Sequence[Thread]:
    """Return a member's threads that the actor may read, newest first."""
    theirs = _listed(actor).where(Thread.author_id == member.id, Thread.state == State.VISIBLE)
    return _with_people(_ordered(theirs, "new").limit(limit))


def posts_by(actor, member: Member, limit: int = 10) -> Sequence[Post]:
    """Return a member's replies that the actor may read, newest first, with their threads."""
    theirs = visible_posts(actor).where(
        Post.author_id == member.id,
        Post.number > 1,
        Post.state == State.VISIBLE,
        Thread.state == State.VISIBLE,
    )
    newest = theirs.order_by(Post.created_at.desc(), Post.id.desc()).limit(limit)
    return db.session.scalars(newest.options(joinedload(Post.author))).all()


def others_like(actor, thread: Thread, limit: int = 5) -> Sequence[Thread]:
    """Return other threads of the same category, the most recently active first."""
    others = _listed(actor).where(Thread.category_id == thread.category_id, Thread.id != thread.id)
    return _with_people(_ordered(others, "activity").limit(limit))


def _listed(actor) -> Select:
    return visible_threads(actor).where(Thread.state != State.DELETED)


def _ordered(threads: Select, sort: str) -> Select:
    if sort == "new":
        return threads.order_by(Thread.created_at.desc(), Thread.id.desc())
    if sort == "popular":
        is_old = case((Thread.last_post_at >= now() - POPULAR_WITHIN, 0), else_=1)
        return threads.order_by(
            is_old,
            Thread.posts_count.desc(),
            Thread.views_count.desc(),
            Thread.last_post_at.desc(),
            Thread.id.desc(),
        )
    if sort == "unanswered":
        waiting = threads.where(
            Thread.posts_count == 1,
            ~Thread.is_locked,
            Category.who_may_start != Audience.STAFF,
        )
        return waiting.order_by(Thread.created_at.desc(), Thread.id.desc())
    return threads.order_by(Thread.last_post_at.desc(), Thread.id.desc())


def _with_people(threads: Select) -> Sequence[Thread]:
    ways = (joinedload(Thread.author), joinedload(Thread.last_author), selectinload(Thread.tags))
    return db.session.scalars(threads.options(*ways)).all()


def _page(listing: Select, number: int, *, load, pinned: Sequence = ()) -> Page:
    counted = listing.with_only_columns(func.count(), maintain_column_froms=True)
    total = db.session.scalar(counted.order_by(None)) or 0
    pages = max(1, math.ceil(total / PER_PAGE))
    if not 1 <= number <= pages:
        raise Missing(_("There is no such page."))
    items = load(listing.limit(PER_PAGE).offset((number - 1) * PER_PAGE))
    return Page(items, number, pages, total + len(pinned), pinned if number == 1 else ())


# -- Posts of a thread -----------------------------------------------------


def posts_page(actor, thread: Thread, *, page: int | None = None, sort: str = "oldest") -> Page:
    """Return one page of a thread's posts; raises Missing beyond the last.

    By age, a page holds twenty numbers, so a post stays on its page whatever is removed;
    removed posts are among them, for the tombstone: show a text only after
    `can(Can.SEE_POST, post)`. By helpfulness, the first post leads and removed posts
    are left out, except for whoever may see them.
    """
    number = page or 1
    if sort == "helpful":
        return _most_helpful(actor, thread, number)
    last = thread.next_number - 1
    pages = (last - 1) // PER_PAGE + 1
    if not 1 <= number <= pages:
        raise Missing(_("There is no such page."))
    first = (number - 1) * PER_PAGE + 1
    of_page = (
        select(Post)
        .where(Post.thread_id == thread.id, Post.number.between(first, first + PER_PAGE - 1))
        .order_by(Post.number)
    )
    return Page(_of_thread(thread, of_page), number, pages, thread.posts_count)


def _most_helpful(actor, thread: Thread, number: int) -> Page:
    seen = select(Post).where(Post.thread_id == thread.id, state_allows(actor, Post))
    best_first = seen.order_by(
        case((Post.number == 1, 0), else_=1), Post.helpful_count.desc(), Post.number
    )
    return _page(best_first, number, load=lambda posts: _of_thread(thread, posts))


def _of_thread(thread: Thread, posts: Select) -> Sequence[Post]:
    ways = (joinedload(Post.author), joinedload(Post.edited_by), joinedload(Post.removed_by))
    found = db.session.scalars(posts.options(*ways)).all()
    for post in found:
        set_committed_value(post, "thread", thread)
    return found


def page_of(post: Post) -> int:
    """Return the page a post is on when the thread is read by age."""
    return (post.number - 1) // PER_PAGE + 1


def post_numbered(actor, thread: Thread, number: int) -> Post | None:
    """Return the post of a thread with this number; None when the actor may not see it."""
    if not is_id(number):
        return None
    return db.session.scalar(
        visible_posts(actor).where(Post.thread_id == thread.id, Post.number == number)
    )


def my_votes(actor, posts: Iterable[Post]) -> set[int]:
    """Return the ids of those posts the actor found helpful."""
    if not actor.is_authenticated:
        return set()
    ids = [post.id for post in posts]
    mine = select(HelpfulVote.post_id).where(
        HelpfulVote.member_id == actor.id, HelpfulVote.post_id.in_(ids)
    )
    return set(db.session.scalars(mine))


def is_following(actor, thread: Thread) -> bool:
    """Return whether the actor is told about new posts in the thread."""
    return actor.is_authenticated and thread.id in db.session.scalars(
        select(Follow.thread_id).where(Follow.thread_id == thread.id, Follow.member_id == actor.id)
    )


def people_in(thread: Thread, limit: int = 8) -> Sequence[Member]:
    """Return who wrote visible posts in the thread, those with the most first."""
    wrote = (
        select(Post.author_id, func.count().label("posts"))
        .where(Post.thread_id == thread.id, Post.state == State.VISIBLE)
        .group_by(Post.author_id)
        .subquery()
    )
    busiest = select(Member).join(wrote, wrote.c.author_id == Member.id)
    return db.session.scalars(busiest.order_by(wrote.c.posts.desc(), Member.id).limit(limit)).all()


def revisions(actor, post: Post) -> Sequence[PostRevision]:
    """Return what a post said before, the latest first, each with who replaced it."""
    require(actor, Can.SEE_REVISIONS, post)
    earlier = select(PostRevision).where(PostRevision.post_id == post.id)
    return db.session.scalars(
        earlier.order_by(PostRevision.id.desc()).options(joinedload(PostRevision.editor))
    ).all()


def removed_posts(actor, page: int = 1) -> Page:
    """Return removed posts whose text is still there, the last removed first.

    Staff sees all of them, an author the own ones, anyone else none.
    """
    removed = visible_posts(actor).where(Post.state != State.VISIBLE, Post.body != "")
    newest = removed.order_by(Post.removed_at.desc(), Post.id.desc())
    ways = (joinedload(Post.author), joinedload(Post.removed_by))
    return _page(newest, page, load=lambda of: db.session.scalars(of.options(*ways)).all())
