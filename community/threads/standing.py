"""What stands about a thread besides its posts: who follows it, whether it is closed or on top."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from community.events import ThreadLocked, ThreadPinned, ThreadUnlocked, ThreadUnpinned
from community.kernel.bus import publish
from community.kernel.db import db
from community.kernel.policy import require
from community.members.models import Member
from community.permissions import Can
from community.threads import counts
from community.threads.models import Follow, Thread


def follow(actor: Member, thread: Thread) -> bool:
    """Be told about new posts; False when the actor follows already."""
    require(actor, Can.FOLLOW_THREAD, thread)
    if _follow(actor, thread) is not None:
        return False
    try:
        with db.session.begin_nested():  # a double click arrives twice at the same moment
            db.session.add(Follow(thread_id=thread.id, member_id=actor.id))
    except IntegrityError:
        return False
    return True


def unfollow(actor: Member, thread: Thread) -> bool:
    """Be told no more; False when the actor does not follow."""
    require(actor, Can.FOLLOW_THREAD, thread)
    following = _follow(actor, thread)
    if following is None:
        return False
    db.session.delete(following)
    return True


def _follow(actor: Member, thread: Thread) -> Follow | None:
    return db.session.scalar(
        select(Follow).where(Follow.thread_id == thread.id, Follow.member_id == actor.id)
    )


def lock(actor: Member, thread: Thread) -> bool:
    """Close a thread to replies, except from moderators; False when it is closed."""
    require(actor, Can.LOCK_THREAD, thread)
    counts.hold(thread)
    if thread.is_locked:
        return False
    thread.is_locked = True
    publish(ThreadLocked(thread_id=thread.id, locked_by_id=actor.id))
    return True


def unlock(actor: Member, thread: Thread) -> bool:
    """Open a thread again; False when it is open."""
    require(actor, Can.LOCK_THREAD, thread)
    counts.hold(thread)
    if not thread.is_locked:
        return False
    thread.is_locked = False
    publish(ThreadUnlocked(thread_id=thread.id, unlocked_by_id=actor.id))
    return True


def pin(actor: Member, thread: Thread) -> bool:
    """Keep a thread on top of its category; False when it is there."""
    require(actor, Can.PIN_THREAD, thread)
    counts.hold(thread)
    if thread.is_pinned:
        return False
    thread.is_pinned = True
    publish(ThreadPinned(thread_id=thread.id, pinned_by_id=actor.id))
    return True


def unpin(actor: Member, thread: Thread) -> bool:
    """Let a thread take its turn again; False when it is not on top."""
    require(actor, Can.PIN_THREAD, thread)
    counts.hold(thread)
    if not thread.is_pinned:
        return False
    thread.is_pinned = False
    publish(ThreadUnpinned(thread_id=thread.id, unpinned_by_id=actor.id))
    return True
