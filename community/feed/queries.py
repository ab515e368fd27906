"""What a stranger may read, for those who subscribe to it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from community.kernel.db import db
from community.kernel.errors import Missing
from community.kernel.i18n import _
from community.kernel.policy import can
from community.members.models import Anonymous, Member
from community.members.queries import by_username
from community.permissions import Can
from community.threads import reach
from community.threads.models import Category, Post, State, Tag, Thread, ThreadTag

ENTRIES = 30

# What XML 1.0 has no place for, and what JSON readers choke on.
_UNFIT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_STRANGER = Anonymous()


@dataclass(frozen=True)
class Entry:
    """One post as a feed tells it: that which began a thread stands for the thread.

    `author_page` is the user name of an author whom strangers may look up, else None;
    `html` is complete, with absolute addresses.
    """

    post: Post
    title: str
    author: str
    author_page: str | None
    category: str
    html: str
    published: datetime
    updated: datetime


# -- What a feed is about --------------------------------------------------


def category(slug: str) -> Category:
    """A category open to strangers; Missing otherwise."""
    return reach.category_or_missing(_STRANGER, slug)


def thread(thread_id: int) -> Thread:
    """A thread open to strangers; Missing otherwise, Gone when its text is."""
    return reach.thread_or_missing(_STRANGER, thread_id)


def member(username: str) -> Member:
    """A member who shows the profile to strangers; Missing otherwise."""
    found, _is_former = by_username(username)
    if found is None or not can(_STRANGER, Can.SEE_PROFILE, found):
        raise Missing(_("There is no member of this name."))
    return found


# -- Entries, newest first -------------------------------------------------


def newest(home: str) -> list[Entry]:
    """The newest threads of all. `home` is the site's address, here and below."""
    return _openings(home, _public_threads())


def newest_in(category: Category, home: str) -> list[Entry]:
    """The newest threads of a category, with its parts."""
    is_here = (Thread.category_id == category.id) | (Thread.section_id == category.id)
    return _openings(home, _public_threads().where(is_here))


def newest_tagged(slug: str, home: str) -> list[Entry]:
    """The newest threads with a tag; Missing when a stranger sees none."""
    tagged = select(ThreadTag.thread_id).join(Tag, Tag.id == ThreadTag.tag_id)
    entries = _openings(
        home, _public_threads().where(Thread.id.in_(tagged.where(Tag.slug == slug)))
    )
    if not entries:
        raise Missing(_("There is no thread with this tag."))
    return entries


def newest_posts(thread: Thread, home: str) -> list[Entry]:
    """The newest posts of a thread."""
    of_thread = _public_posts().where(Post.thread_id == thread.id)
    found = db.session.scalars(of_thread.order_by(Post.number.desc()).limit(ENTRIES))
    return [_entry(post, home) for post in found]


def newest_by(member: Member, home: str) -> list[Entry]:
    """The newest threads and replies of a member."""
    theirs = _public_posts().where(Post.author_id == member.id)
    found = theirs.order_by(Post.created_at.desc(), Post.id.desc()).limit(ENTRIES)
    return [_entry(post, home) for post in db.session.scalars(found)]


def _public_threads() -> Select:
    return reach.visible_threads(_STRANGER).where(Thread.state == State.VISIBLE)


def _public_posts() -> Select:
    return reach.visible_posts(_STRANGER).options(joinedload(Post.author))


def _openings(home: str, threads: Select) -> list[Entry]:
    """The threads first, by the index of their order, and then the posts that began them."""
    newest_first = threads.order_by(Thread.created_at.desc(), Thread.id.desc()).limit(ENTRIES)
    ids = db.session.scalars(newest_first.with_only_columns(Thread.id)).all()
    openings = _public_posts().where(Post.thread_id.in_(ids), Post.number == 1)
    found = sorted(db.session.scalars(openings), key=lambda post: ids.index(post.thread_id))
    return [_entry(post, home) for post in found]


def _entry(post: Post, home: str) -> Entry:
    thread, author = post.thread, post.author
    title = thread.title if post.is_opening else _("Reply to: %(title)s", title=thread.title)
    begun = thread.created_at if post.is_opening else post.created_at
    return Entry(
        post=post,
        title=fit(title),
        author=fit(author.name),
        author_page=author.username if can(_STRANGER, Can.SEE_PROFILE, author) else None,
        category=fit(thread.category.name),
        html=fit(_absolute(str(post.html), home)),
        published=begun,
        updated=post.edited_at or begun,
    )


def _absolute(html: str, home: str) -> str:
    """The HTML of a post with our own addresses spelt out: it writes them in one way only."""
    return re.sub(r' (href|src)="/', lambda found: f' {found[1]}="{home}', html)


def fit(text: str) -> str:
    """The text without characters that no XML document may hold."""
    return _UNFIT.sub("", text)


def categories() -> Sequence[Category]:
    """The categories open to strangers, in order."""
    seen = reach.visible_categories(_STRANGER)
    return db.session.scalars(seen.order_by(Category.position, Category.id)).all()
