"""What there is to read beside lists. Whom it is shown to is said in `threads.reach`."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value

from community.kernel.db import db
from community.kernel.errors import Missing
from community.kernel.i18n import _
from community.kernel.policy import require
from community.members.models import Member
from community.permissions import Can
from community.threads.models import (
    Category,
    Follow,
    HelpfulVote,
    Post,
    PostRevision,
    State,
    Thread,
)
from community.threads.reach import (
    is_id,
    state_allows,
    visible_categories,
    visible_posts,
)

PER_PAGE = 20


@dataclass(frozen=True)
class Page:
    """One page of a list. `number` counts from 1; an empty list has one page.

    `total` is None where counting would read the whole list; `pages` is then what is known.
    """

    items: Sequence
    number: int
    pages: int
    total: int | None
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


def _page(listing: Select, number: int, *, load) -> Page:
    counted = listing.with_only_columns(func.count(), maintain_column_froms=True)
    total = db.session.scalar(counted.order_by(None)) or 0
    pages = max(1, math.ceil(total / PER_PAGE))
    if not 1 <= number <= pages:
        raise Missing(_("There is no such page."))
    return Page(load(listing.limit(PER_PAGE).offset((number - 1) * PER_PAGE)), number, pages, total)


def _most_helpful(actor, thread: Thread, number: int) -> Page:
    seen = select(Post).where(Post.thread_id == thread.id, state_allows(actor, Post))
    best_first = seen.order_by(
        case((Post.number == 1, 0), else_=1), Post.helpful_count.desc(), Post.number
    )
    return _page(best_first, number, load=lambda posts: _of_thread(thread, posts))


def _of_thread(thread: Thread, posts: Select) -> Sequence[Post]:
    found = db.session.scalars(posts.options(joinedload(Post.author))).all()
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


def people_in(posts: Iterable[Post], limit: int = 8) -> Sequence[Member]:
    """Return who wrote these posts, as far as they are shown, those with the most first."""
    wrote = Counter(post.author for post in posts if post.is_visible)
    return [member for member, _count in wrote.most_common(limit)]


def revisions(actor, post: Post) -> Sequence[PostRevision]:
    """Return what a post said before, the latest first, each with who replaced it."""
    require(actor, Can.SEE_REVISIONS, post)
    earlier = select(PostRevision).where(PostRevision.post_id == post.id)
    return db.session.scalars(
        earlier.order_by(PostRevision.id.desc()).options(joinedload(PostRevision.editor))
    ).all()


def revision_or_missing(actor, post: Post, revision_id: int) -> PostRevision:
    """Return one earlier version of a post, or Missing."""
    require(actor, Can.SEE_REVISIONS, post)
    found = db.session.get(PostRevision, revision_id) if is_id(revision_id) else None
    if found is None or found.post_id != post.id:
        raise Missing(_("There is no such version."))
    return found


def removed_posts(actor, page: int = 1) -> Page:
    """Return removed posts whose text is still there, the last removed first.

    Staff sees all of them, an author the own ones, anyone else none.
    """
    removed = visible_posts(actor).where(Post.state != State.VISIBLE, Post.body != "")
    newest = removed.order_by(Post.removed_at.desc(), Post.id.desc())
    ways = (joinedload(Post.author), joinedload(Post.removed_by))
    return _page(newest, page, load=lambda of: db.session.scalars(of.options(*ways)).all())
