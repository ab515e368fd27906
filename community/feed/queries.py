"""What a stranger may read, for machines."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import contains_eager, joinedload

from community.kernel.db import db
from community.members.models import Anonymous
from community.threads import reach
from community.threads.models import Category, Post, State, Thread

ENTRIES = 30
PER_SITEMAP = 10_000

# What XML 1.0 has no place for, and what JSON readers choke on.
_UNFIT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_STRANGER = Anonymous()


@dataclass(frozen=True)
class Entry:
    """One thread as a feed tells it; `html` is complete, with absolute addresses."""

    thread: Thread
    title: str
    author: str
    category: str
    html: str
    published: datetime
    updated: datetime


def category(slug: str) -> Category:
    """A category open to strangers; Missing otherwise."""
    return reach.category_or_missing(_STRANGER, slug)


def entries(home: str, *, of: Category | None = None) -> list[Entry]:
    """The newest threads, of a category with its parts if given. `home` is the site's address."""
    openings = (
        reach.visible_posts(_STRANGER)
        .where(Post.number == 1, Post.state == State.VISIBLE)
        .options(joinedload(Post.author), contains_eager(Post.thread))
        .order_by(Thread.created_at.desc(), Thread.id.desc())
        .limit(ENTRIES)
    )
    if of is not None:
        parts = select(Category.id).where(Category.parent_id == of.id)
        openings = openings.where((Thread.category_id == of.id) | Thread.category_id.in_(parts))
    return [_entry(post, home) for post in db.session.scalars(openings)]


def _entry(post: Post, home: str) -> Entry:
    return Entry(
        thread=post.thread,
        title=fit(post.thread.title),
        author=fit(post.author.name),
        category=fit(post.thread.category.name),
        html=fit(_absolute(str(post.html), home)),
        published=post.thread.created_at,
        updated=post.edited_at or post.created_at,
    )


def _absolute(html: str, home: str) -> str:
    """The HTML of a post with our own addresses spelt out: it writes them in one way only."""
    return re.sub(r' (href|src)="/', lambda found: f' {found[1]}="{home}', html)


def fit(text: str) -> str:
    """The text without characters that no XML document may hold."""
    return _UNFIT.sub("", text)


# -- Sitemaps --------------------------------------------------------------


def _public_threads() -> Select:
    return reach.visible_threads(_STRANGER).where(Thread.state == State.VISIBLE)


def sitemaps() -> int:
    """How many pages of threads the sitemap has."""
    counted = _public_threads().with_only_columns(func.count(), maintain_column_froms=True)
    total = db.session.scalar(counted) or 0
    return -(-total // PER_SITEMAP)


def threads_of_sitemap(number: int) -> Sequence[Row]:
    """One page of threads by id: (id, slug, last_post_at); empty beyond the last."""
    page = _public_threads().with_only_columns(Thread.id, Thread.slug, Thread.last_post_at)
    page = page.order_by(Thread.id).limit(PER_SITEMAP).offset((number - 1) * PER_SITEMAP)
    return db.session.execute(page).all()


def categories() -> Sequence[Category]:
    """The categories open to strangers, in order."""
    seen = reach.visible_categories(_STRANGER)
    return db.session.scalars(seen.order_by(Category.position, Category.id)).all()
