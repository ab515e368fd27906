"""Acts of staff that set one thing about threads: their category, kind, tags and the like.

An act keeps the values there were and the values it left, so undoing it is exact; it is
refused once anyone has changed a value again.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from community.events import StaffActTold
from community.kernel.bus import publish
from community.kernel.errors import Conflict, Invalid
from community.kernel.i18n import _
from community.kernel.policy import require
from community.members.models import Member
from community.permissions import Can
from community.threads import concerned, counts
from community.threads.balance import balanced
from community.threads.models import Thread
from community.threads.readers import Readers
from community.threads.staff_acts import AT_MOST, ActKind, Part, StaffAct, checked_reason, record


@dataclass(frozen=True)
class Change:
    """How an act of one kind reads and sets its value, which is kept as JSON, and is published."""

    kind: ActKind
    read: Callable[[Thread], object]
    write: Callable[[Thread, object], None]
    tell: Callable[[StaffAct, Thread], None]
    tells_followers: bool = False


@dataclass(frozen=True)
class Plan:
    """What an act would do, for the preview. `version` is another as soon as anything of it is."""

    threads: Sequence[Thread]  # those that would change
    already: Sequence[Thread]  # those that are so already
    told: Mapping[int, int]  # member id to the post that is about them
    wanted: Mapping[int, object] = field(repr=False)
    readers: Readers = Readers.SAME

    @property
    def version(self) -> str:
        return fingerprint(sorted(self.wanted.items()), sorted(self.told), self.readers)


def fingerprint(*parts: object) -> str:
    """A name for a state of things, to notice that another one came."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def check_threads(by: Member, threads: Sequence[Thread]) -> None:
    """Refuse none, too many, those staff may not arrange, and those that only lead elsewhere."""
    if not threads:
        raise Invalid(_("Choose at least one thread."), field="threads")
    if len(threads) > AT_MOST:
        raise Invalid(_("Choose %(limit)s threads at most.", limit=AT_MOST), field="threads")
    for thread in threads:
        require(by, Can.TIDY_THREAD, thread)
        if thread.merged_into_id is not None:
            raise Conflict(_("“%(title)s” was merged into another thread.", title=thread.title))


def hold_all(threads: Sequence[Thread]) -> None:
    """Hold threads in the order of their ids, as everyone who holds several does."""
    for thread in sorted(threads, key=lambda thread: thread.id):
        counts.hold(thread)


def check_seen(version: str, seen: str | None) -> None:
    """Conflict when a preview that was shown is not what would be done any more."""
    if seen and seen != version:
        raise Conflict(_("This changed while you were looking at it. Have another look."))


def plan(
    by: Member,
    change: Change,
    threads: Sequence[Thread],
    wanted: Callable[[Thread], object],
    *,
    readers: Readers = Readers.SAME,
) -> Plan:
    """Say what setting `wanted(thread)` would change."""
    values = {thread.id: wanted(thread) for thread in threads}
    changing = [thread for thread in threads if change.read(thread) != values[thread.id]]
    return Plan(
        threads=changing,
        already=[thread for thread in threads if thread not in changing],
        told=concerned.of_threads(by, changing, followers=change.tells_followers),
        wanted={thread.id: values[thread.id] for thread in changing},
        readers=readers,
    )


def carry_out(by: Member, change: Change, plan: Plan, *, reason: str, notify: bool) -> StaffAct:
    """Do what was planned for held threads; Conflict when there is nothing to do."""
    reason = checked_reason(reason)
    if not plan.threads:
        raise Conflict(_("Everything you chose is so already."))
    before = {str(thread.id): change.read(thread) for thread in plan.threads}
    with balanced(list(plan.threads)):
        for thread in plan.threads:
            change.write(thread, plan.wanted[thread.id])
    act = record(
        by,
        change.kind,
        [(thread, Part.CHANGED, None) for thread in plan.threads],
        reason=reason,
        before=before,
        after={str(thread.id): change.read(thread) for thread in plan.threads},
        told=plan.told if notify else {},
    )
    for thread in plan.threads:
        change.tell(act, thread)
    if act.told:
        publish(StaffActTold(act_id=act.id))
    return act


def take_back(change: Change, act: StaffAct, threads: Sequence[Thread]) -> None:
    """Set held threads back to what they were; Conflict when one was changed since."""
    for thread in threads:
        if change.read(thread) != act.after[str(thread.id)]:
            message = _(
                "“%(title)s” was changed again since, so this cannot be undone.",
                title=thread.title,
            )
            raise Conflict(message)
    with balanced(list(threads)):
        for thread in threads:
            change.write(thread, act.before[str(thread.id)])
