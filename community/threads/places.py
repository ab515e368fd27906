"""Where threads and posts are now that were elsewhere before: old addresses go on leading there."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from community.kernel.db import db, now
from community.kernel.errors import Missing
from community.kernel.i18n import _
from community.threads import reach
from community.threads.models import Post, Thread
from community.threads.staff_acts import UNDOABLE, ActedThread, FormerPlace, Part, StaffAct

_STEPS = 20
"""How many merges after each other are followed."""


def thread_now(reader, thread_id: int) -> Thread:
    """The thread that has the posts of one merged into it; Missing when there is none, or
    the reader may not see it.
    """
    found = db.session.get(Thread, thread_id) if reach.is_id(thread_id) else None
    for _step in range(_STEPS):
        if found is None or found.merged_into_id is None:
            break
        found = db.session.get(Thread, found.merged_into_id)
    if found is None or found.id == thread_id:
        raise Missing(_("There is no such discussion."))
    return reach.thread_or_missing(reader, found.id)


def post_now(reader, thread_id: int, number: int) -> Post | None:
    """The post that had this number of a thread before it went elsewhere, or the next one after
    it that went too; None when there is none the reader may see.
    """
    if not (reach.is_id(thread_id) and reach.is_id(number)):
        return None
    went = (
        select(FormerPlace.post_id)
        .where(FormerPlace.thread_id == thread_id, FormerPlace.number >= number)
        .order_by(FormerPlace.number)
    )
    post_id = db.session.scalar(went.limit(1))
    if post_id is None:
        return None
    try:
        return reach.post_or_missing(reader, post_id)
    except Missing:
        return None


def is_settled(thread_id: int) -> bool:
    """Whether a thread leads elsewhere for good: its merge cannot be undone any more."""
    merged = (
        select(StaffAct.id)
        .join(StaffAct.threads)
        .where(
            ActedThread.thread_id == thread_id,
            ActedThread.part.in_([Part.FROM, Part.INTO]),
            StaffAct.created_at > now() - UNDOABLE - timedelta(hours=1),
        )
    )
    return db.session.scalar(merged.limit(1)) is None


def opened_by(post: Post) -> Sequence[Thread]:
    """The threads a post opened before it, and all of them, went into another."""
    opened = select(FormerPlace.thread_id).where(
        FormerPlace.post_id == post.id, FormerPlace.number == 1
    )
    empty = Thread.merged_into_id.is_not(None)
    return db.session.scalars(select(Thread).where(Thread.id.in_(opened), empty)).all()
