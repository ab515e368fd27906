"""Slow mode: in a heated thread, members wait between two posts of theirs.

Staff does not wait. An edit waits too, beyond the first five minutes of a post: otherwise the
quarrel would go on inside the posts.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select

from community.events import ThreadSlowed
from community.kernel.bus import publish
from community.kernel.db import db, now
from community.kernel.errors import Conflict, Invalid, TooMany
from community.kernel.i18n import _, ngettext
from community.kernel.policy import require
from community.members.models import Member
from community.permissions import Can
from community.threads import changing
from community.threads.changing import Change, Plan
from community.threads.models import Post, State, Thread
from community.threads.staff_acts import ActKind, StaffAct

WAITS = (30, 120, 300, 900, 3600, 14400, 86400)
"""Seconds staff chooses among."""
LASTS = (3600, 14400, 86400, 604800, 0)
"""For how many seconds it stays slow; 0 until staff ends it."""


def _read(thread: Thread) -> list:
    until = thread.slow_until
    return [thread.slow_seconds, until.isoformat() if until else None]


def _write(thread: Thread, value: Sequence) -> None:
    seconds, until = value
    thread.slow_seconds = seconds
    thread.slow_until = datetime.fromisoformat(until) if until else None


SLOW = Change(
    kind=ActKind.SLOW,
    read=_read,
    write=_write,
    tell=lambda act, thread: publish(
        ThreadSlowed(
            thread_id=thread.id,
            seconds=thread.slow_seconds,
            act_id=act.id,
            slowed_by_id=act.actor_id,
        )
    ),
)


def slow_down(
    actor: Member, thread: Thread, *, seconds: int, lasting: int = 0, reason: str = ""
) -> StaffAct:
    """Let members wait `seconds` between two posts in a thread, for `lasting` seconds.

    Both are among WAITS and LASTS; 0 seconds ends it. Nobody is notified: the composer says
    it. Raises Invalid for other numbers, Conflict when it is as slow already.
    """
    require(actor, Can.TIDY_THREAD, thread)
    if seconds not in {0, *WAITS}:
        raise Invalid(_("Choose one of these waits."), field="seconds")
    if lasting not in LASTS:
        raise Invalid(_("Choose one of these times."), field="lasting")
    changing.check_threads(actor, [thread])
    changing.hold_all([thread])
    if not seconds and not thread.is_slow:
        raise Conflict(_("This thread is not in slow mode."))
    until = now() + timedelta(seconds=lasting) if seconds and lasting else None
    wanted = [seconds, until.isoformat() if until else None]
    plan: Plan = changing.plan(actor, SLOW, [thread], lambda _thread: wanted)
    return changing.carry_out(actor, SLOW, plan, reason=reason, notify=False)


# -- Waiting ---------------------------------------------------------------


def free_at(member: Member, thread: Thread) -> datetime | None:
    """When a member may post again in a thread; None when there is nothing to wait for."""
    if not thread.is_slow or member.is_on_duty:
        return None
    latest = select(func.max(Post.created_at)).where(
        Post.thread_id == thread.id,
        Post.author_id == member.id,
        Post.number > 1,
        Post.state != State.HIDDEN,
    )
    last = db.session.scalar(latest)
    if last is None:
        return None
    free = last + timedelta(seconds=thread.slow_seconds)
    return free if free > now() else None


def check_reply(member: Member, thread: Thread) -> None:
    """TooMany while a member still waits; the thread is held, so two at once do not pass."""
    if free := free_at(member, thread):
        raise _wait(free)


def check_edit(member: Member, post: Post, grace: timedelta) -> None:
    """TooMany while a member still waits, but for a post younger than `grace`."""
    if now() - post.created_at > grace and (free := free_at(member, post.thread)):
        raise _wait(free)


def _wait(free: datetime) -> TooMany:
    seconds = max(1, math.ceil((free - now()).total_seconds()))
    message = _("This thread is in slow mode. You can post again in %(time)s.", time=words(seconds))
    return TooMany(message, retry_after=seconds)


def words(seconds: int) -> str:
    """A span of time in one unit, rounded up: the largest that leaves nothing, or two of which
    are in it.
    """
    if seconds < 120 and seconds % 60:
        return ngettext("%(num)d second", "%(num)d seconds", seconds)
    minutes = math.ceil(seconds / 60)
    if minutes < 120 and minutes % 60:
        return ngettext("%(num)d minute", "%(num)d minutes", minutes)
    hours = math.ceil(minutes / 60)
    if hours < 48 and hours % 24:
        return ngettext("%(num)d hour", "%(num)d hours", hours)
    return ngettext("%(num)d day", "%(num)d days", math.ceil(hours / 24))
