""" "Same here": members who have the same question."""

from collections.abc import Iterator

from sqlalchemy import func, select

from community.events import SameHereGiven, SameHereWithdrawn
from community.kernel.bus import publish
from community.kernel.db import db
from community.kernel.errors import Conflict
from community.kernel.i18n import _
from community.kernel.policy import can, require
from community.kernel.upkeep import Tally, portions
from community.members.models import Member
from community.permissions import Can
from community.qa.help_models import SameHere
from community.threads import counts, standing
from community.threads.models import Thread


def say(actor: Member, thread: Thread) -> bool:
    """Have the same question, and follow it from now on; False when the actor said so already."""
    require(actor, Can.SAY_SAME_HERE, thread)
    _hold(actor, thread)
    if _row(actor, thread) is not None:
        return False
    db.session.add(SameHere(thread_id=thread.id, member_id=actor.id))
    thread.same_here_count += 1
    standing.follow(actor, thread)
    publish(SameHereGiven(thread_id=thread.id, member_id=actor.id))
    return True


def withdraw(actor: Member, thread: Thread) -> bool:
    """Have the question no more; False when the actor never said so. Following stays."""
    require(actor, Can.SAY_SAME_HERE, thread)
    _hold(actor, thread)
    row = _row(actor, thread)
    if row is None:
        return False
    db.session.delete(row)
    thread.same_here_count -= 1
    publish(SameHereWithdrawn(thread_id=thread.id, member_id=actor.id))
    return True


def _hold(actor: Member, thread: Thread) -> None:
    counts.hold(thread)
    if not can(actor, Can.SAY_SAME_HERE, thread):
        raise Conflict(_("This question was changed a moment ago. Have another look."))


def _row(actor: Member, thread: Thread) -> SameHere | None:
    mine = (SameHere.thread_id == thread.id, SameHere.member_id == actor.id)
    return db.session.scalar(select(SameHere).where(*mine))


def forget(member_id: int) -> None:
    """Take back all that a member said, for whoever leaves the community."""
    said = select(SameHere).where(SameHere.member_id == member_id).order_by(SameHere.thread_id)
    for row in db.session.scalars(said).all():
        thread = db.session.get(Thread, row.thread_id)
        counts.hold(thread)
        db.session.delete(row)
        thread.same_here_count -= 1


def check(mends: bool) -> Iterator[Tally]:
    """Find questions whose count is not the number of their rows."""
    for first, last, size in portions(Thread):
        tally = Tally("members with the same question", size)
        there = (
            select(SameHere.thread_id, func.count().label("number"))
            .where(SameHere.thread_id.between(first, last))
            .group_by(SameHere.thread_id)
            .subquery()
        )
        right = func.coalesce(there.c.number, 0)
        wrong = (
            select(Thread, right)
            .outerjoin(there, there.c.thread_id == Thread.id)
            .where(Thread.id.between(first, last), Thread.same_here_count != right)
        )
        for thread, number in db.session.execute(wrong.order_by(Thread.id)).all():
            tally.note(f"thread {thread.id} says {thread.same_here_count}, there are {number}")
            if mends:
                counts.hold(thread)
                of_thread = select(func.count()).where(SameHere.thread_id == thread.id)
                thread.same_here_count = db.session.scalar(of_thread)
                db.session.flush()
        yield tally
