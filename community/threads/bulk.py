"""What staff does to many threads at once: their tags, and closing or opening them."""

from collections.abc import Iterable, Sequence

from community.events import ThreadLocked, ThreadRetagged, ThreadUnlocked
from community.kernel.bus import publish
from community.kernel.errors import Invalid
from community.kernel.i18n import _
from community.kernel.policy import require
from community.members.models import Member
from community.permissions import Can
from community.threads import changing
from community.threads.changing import Change, Plan
from community.threads.models import Thread
from community.threads.staff_acts import ActKind, StaffAct
from community.threads.tags import TAGS_MAX, checked_tags, meant_by, set_tags

TAGS = Change(
    kind=ActKind.TAGS,
    read=lambda thread: thread.tag_slugs,
    write=set_tags,
    tell=lambda act, thread: publish(
        ThreadRetagged(thread_id=thread.id, act_id=act.id, retagged_by_id=act.actor_id)
    ),
)


def plan_tags(
    actor: Member, threads: Sequence[Thread], *, add: Iterable[str] = (), remove: Iterable[str] = ()
) -> Plan:
    """Say what giving and taking these tags would do.

    Raises Invalid, for the field "add" or "remove", for words that cannot be tags, when there
    are none, and for a thread that would have more than five.
    """
    require(actor, Can.TIDY_THREADS)
    changing.check_threads(actor, threads)
    adding, removing = _slugs(add, "add"), set(_slugs(remove, "remove"))
    if not adding and not removing:
        raise Invalid(_("Name a tag to add or to take away."), field="add")
    wanted = {}
    for thread in threads:
        kept = [slug for slug in thread.tag_slugs if slug not in removing]
        wanted[thread.id] = sorted({*kept, *adding})
        if len(wanted[thread.id]) > TAGS_MAX:
            message = _(
                "“%(title)s” would have more than %(limit)s tags.",
                title=thread.title,
                limit=TAGS_MAX,
            )
            raise Invalid(message, field="add")
    return changing.plan(actor, TAGS, threads, lambda thread: wanted[thread.id])


def retag(
    actor: Member,
    threads: Sequence[Thread],
    *,
    add: Iterable[str] = (),
    remove: Iterable[str] = (),
    reason: str = "",
    notify: bool = True,
    seen: str | None = None,
) -> StaffAct:
    """Give tags to threads and take others from them, in one act.

    Raises Invalid as `plan_tags` does, and Conflict as `moves.move`.
    """
    require(actor, Can.TIDY_THREADS)
    changing.hold_all(threads)
    plan = plan_tags(actor, threads, add=add, remove=remove)
    changing.check_seen(plan.version, seen)
    return changing.carry_out(actor, TAGS, plan, reason=reason, notify=notify)


def _slugs(words: Iterable[str], field: str) -> list[str]:
    """Tags as they are stored: another word for a tag means the tag."""
    try:
        slugs = checked_tags(words)
    except Invalid as refusal:
        raise Invalid(str(refusal), field=field) from refusal
    known = {slug: meant_by(slug) for slug in slugs}
    return [tag.slug if tag else slug for slug, tag in known.items()]


def _lock(thread: Thread, is_locked: bool) -> None:
    thread.is_locked = is_locked


def _tell(act: StaffAct, thread: Thread) -> None:
    if thread.is_locked:
        publish(ThreadLocked(thread_id=thread.id, locked_by_id=act.actor_id))
    else:
        publish(ThreadUnlocked(thread_id=thread.id, unlocked_by_id=act.actor_id))


LOCK = Change(kind=ActKind.LOCK, read=lambda thread: thread.is_locked, write=_lock, tell=_tell)


def plan_lock(actor: Member, threads: Sequence[Thread], *, is_locked: bool) -> Plan:
    """Say what closing these threads to replies, or opening them again, would do."""
    require(actor, Can.TIDY_THREADS)
    changing.check_threads(actor, threads)
    return changing.plan(actor, LOCK, threads, lambda _thread: is_locked)


def set_locked(
    actor: Member,
    threads: Sequence[Thread],
    *,
    is_locked: bool,
    reason: str = "",
    notify: bool = True,
    seen: str | None = None,
) -> StaffAct:
    """Close threads to replies, or open them again, in one act; Conflict as `moves.move`."""
    require(actor, Can.TIDY_THREADS)
    changing.hold_all(threads)
    plan = plan_lock(actor, threads, is_locked=is_locked)
    changing.check_seen(plan.version, seen)
    return changing.carry_out(actor, LOCK, plan, reason=reason, notify=notify)
