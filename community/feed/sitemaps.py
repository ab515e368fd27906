"""The addresses search engines are given, in parts of 10,000 that begin after an id.

A part is read from the id it begins after, so the last costs what the first does. A thread has
changed when a post was added or edited; a view or a vote changes nothing worth reading again.
"""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, func, select

from community.feed import queries
from community.kernel.db import db
from community.members.models import Anonymous
from community.threads import reach
from community.threads.indexing import substantial
from community.threads.models import Post, State, Thread

PER_PART = 10_000
_STRANGER = Anonymous()


class Part(NamedTuple):
    """Threads with an id above `after`; the first part begins after 0."""

    after: int
    changed_at: datetime


class Listed(NamedTuple):
    id: int
    slug: str
    changed_at: datetime


def parts() -> list[Part]:
    """Every part, in order."""
    counted = _threads().with_only_columns(
        Thread.id,
        Thread.last_post_at,
        func.row_number().over(order_by=Thread.id).label("place"),
    )
    threads = counted.subquery()
    part = (threads.c.place - 1) // PER_PART
    found = db.session.execute(
        select(func.max(threads.c.id), func.max(threads.c.last_post_at))
        .group_by(part)
        .order_by(part)
    ).all()
    lasts, changes = [last for last, _at in found], [at for _last, at in found]
    for thread_id, edited_at in _edits():
        place = bisect_left(lasts, thread_id)
        if place < len(lasts):
            changes[place] = max(changes[place], edited_at)
    return [Part(*one) for one in zip([0, *lasts], changes, strict=False)]


def threads_after(thread_id: int) -> list[Listed]:
    """One part; empty beyond the last."""
    page = _threads().with_only_columns(Thread.id, Thread.slug, Thread.last_post_at)
    page = page.where(Thread.id > thread_id).order_by(Thread.id).limit(PER_PART)
    found = db.session.execute(page).all()
    if not found:
        return []
    edits = dict(_edits(Post.thread_id.between(found[0].id, found[-1].id)))
    return [Listed(i, slug, max(at, edits.get(i, at))) for i, slug, at in found]


def _threads() -> Select:
    return reach.visible_threads(_STRANGER).where(Thread.state == State.VISIBLE, substantial())


def _edits(*which: ColumnElement[bool]) -> Sequence[tuple[int, datetime]]:
    """When listed threads were edited last, those of them that were. Few are: they come first."""
    edited = (
        select(Post.thread_id, func.max(Post.edited_at).label("at"))
        .where(Post.edited_at.is_not(None), Post.state == State.VISIBLE, *which)
        .group_by(Post.thread_id)
        .subquery()
    )
    threads = _threads().join(edited, edited.c.thread_id == Thread.id)
    return db.session.execute(threads.with_only_columns(Thread.id, edited.c.at)).all()


def places() -> list[tuple[str, datetime | None]]:
    """The categories open to strangers: (slug, the last post there or in a part of it)."""
    newest = _threads().with_only_columns(Thread.category_id, func.max(Thread.last_post_at))
    last = dict(db.session.execute(newest.group_by(Thread.category_id)).all())
    found = queries.categories()
    for part in found:
        if part.parent_id and part.id in last:
            last[part.parent_id] = max(last.get(part.parent_id, last[part.id]), last[part.id])
    return [(category.slug, last.get(category.id)) for category in found]
