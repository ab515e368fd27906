"""Moving threads to another category, and saying what kind they are."""

from collections.abc import Sequence

from community.events import ThreadKindChanged, ThreadMoved
from community.kernel.bus import publish
from community.kernel.db import db
from community.kernel.errors import Conflict, Invalid
from community.kernel.i18n import _
from community.kernel.policy import require
from community.members.models import Member
from community.permissions import Can
from community.threads import changing, readers
from community.threads.changing import Change, Plan
from community.threads.models import Category, Kind, Thread
from community.threads.staff_acts import ActKind, StaffAct

KINDS = (Kind.DISCUSSION, Kind.QUESTION)
"""What staff may turn into each other: they differ in nothing but how they are shown."""


def _put(thread: Thread, category_id: int) -> None:
    category = db.session.get(Category, category_id)
    if category is None:
        raise Conflict(_("The category it was in is gone."))
    thread.put_in(category)
    db.session.flush()  # the counting, and whoever reads its category_id


MOVE = Change(
    kind=ActKind.MOVE,
    read=lambda thread: thread.category_id,
    write=_put,
    tell=lambda act, thread: publish(
        ThreadMoved(
            thread_id=thread.id,
            category_id=thread.category_id,
            act_id=act.id,
            moved_by_id=act.actor_id,
        )
    ),
    tells_followers=True,
)


def plan_move(actor: Member, threads: Sequence[Thread], category: Category) -> Plan:
    """Say what moving these threads would do; Invalid or Conflict when it cannot be done."""
    require(actor, Can.TIDY_THREADS)
    changing.check_threads(actor, threads)
    require(actor, Can.SEE_CATEGORY, category)
    others = [thread for thread in threads if thread.category_id != category.id]
    change = readers.together(readers.change(thread, category) for thread in others)
    return changing.plan(actor, MOVE, threads, lambda _thread: category.id, readers=change)


def move(
    actor: Member,
    threads: Sequence[Thread],
    category: Category,
    *,
    reason: str = "",
    accept_readers: bool = False,
    notify: bool = True,
    seen: str | None = None,
) -> StaffAct:
    """Put threads into another category, all in one act.

    Raises Invalid, for the field "accept_readers", unless that is said where other people
    would read them or some no longer; Conflict when all are there already, or when the
    plan of version `seen` is not what would be done any more.
    """
    require(actor, Can.TIDY_THREADS)
    changing.hold_all(threads)
    plan = plan_move(actor, threads, category)
    changing.check_seen(plan.version, seen)
    readers.check(plan.readers, accept_readers)
    return changing.carry_out(actor, MOVE, plan, reason=reason, notify=notify)


def _turn(thread: Thread, kind: str) -> None:
    thread.kind = Kind(kind)


KIND = Change(
    kind=ActKind.KIND,
    read=lambda thread: thread.kind.value,
    write=_turn,
    tell=lambda act, thread: publish(
        ThreadKindChanged(
            thread_id=thread.id, kind=thread.kind.value, act_id=act.id, changed_by_id=act.actor_id
        )
    ),
)


def plan_kind(actor: Member, threads: Sequence[Thread], kind: Kind) -> Plan:
    """Say what making these threads questions, or discussions, would do."""
    require(actor, Can.TIDY_THREADS)
    changing.check_threads(actor, threads)
    if kind not in KINDS or any(thread.kind not in KINDS for thread in threads):
        raise Invalid(_("A thread of this kind stays what it is."), field="kind")
    return changing.plan(actor, KIND, threads, lambda _thread: kind.value)


def set_kind(
    actor: Member,
    threads: Sequence[Thread],
    kind: Kind,
    *,
    reason: str = "",
    notify: bool = True,
    seen: str | None = None,
) -> StaffAct:
    """Make threads questions, or discussions. An answer that was accepted stays marked.

    Raises Conflict as `move` does.
    """
    require(actor, Can.TIDY_THREADS)
    changing.hold_all(threads)
    plan = plan_kind(actor, threads, kind)
    changing.check_seen(plan.version, seen)
    return changing.carry_out(actor, KIND, plan, reason=reason, notify=notify)
