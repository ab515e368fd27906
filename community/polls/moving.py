"""A poll goes with its thread when threads become one, and back when that is undone."""

from collections.abc import Collection

from sqlalchemy import select

from community.kernel.db import db
from community.polls.models import Poll
from community.threads.models import Thread
from community.threads.single import Single


def _on(thread_ids: Collection[int]) -> dict[int, int]:
    polls = select(Poll.thread_id, Poll.id).where(Poll.thread_id.in_(thread_ids))
    return dict(db.session.execute(polls).all())


def _move(poll_id: int, thread_id: int) -> None:
    """Both threads are held, so nobody opens a poll in either meanwhile."""
    poll, thread = db.session.get(Poll, poll_id), db.session.get_one(Thread, thread_id)
    if poll is None or thread.has_poll:
        return
    poll.thread.has_poll, thread.has_poll = False, True
    poll.thread = thread
    db.session.flush()  # it is asked for by the id of its thread


SINGLE = Single(name="poll", on=_on, move=_move)
