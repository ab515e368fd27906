"""Making one thread of several.

The posts of the others come behind those of the target, by their time, which keeps its
opening, title, category, tags and permalinks. The others stay as threads without posts that
lead to it; what hangs on them as threads (followers, tags, answers to a category's
questions) sleeps there, so undoing finds it as it was. Followers follow the target too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select

from community.events import StaffActTold, ThreadsMerged
from community.kernel.bus import publish
from community.kernel.db import db
from community.kernel.errors import Conflict, Invalid
from community.kernel.i18n import _
from community.kernel.policy import require
from community.members.models import Member
from community.permissions import Can
from community.threads import carrying, changing, concerned, progress, readers, single
from community.threads.balance import balanced
from community.threads.carrying import Carried
from community.threads.models import Access, Post, State, Thread
from community.threads.readers import Readers
from community.threads.staff_acts import ActKind, Part, StaffAct, checked_reason, record


class Keep(StrEnum):
    """Whose accepted answer stays one, where both sides have some."""

    TARGET = "target"
    OTHERS = "others"
    BOTH = "both"


@dataclass(frozen=True)
class MergePlan:
    """What a merge would do, for the preview."""

    target: Thread
    others: Sequence[Thread]
    posts: Sequence[Carried]
    told: Mapping[int, int]
    readers: Readers
    accepted: tuple[Sequence[int], Sequence[int]]  # post ids: the target's, the others'
    singles: Mapping[str, Mapping[int, int]]  # of what a thread has one: by thread, its id

    @property
    def shown(self) -> int:
        """Posts that readers see come."""
        return sum(post.is_visible for post in self.posts)

    @property
    def must_choose_accepted(self) -> bool:
        return all(self.accepted)

    @property
    def rests(self) -> dict[str, list[Thread]]:
        """What goes out of sight, by its name: a thread has one of it and another's stays."""
        rests = {}
        for name, things in self.singles.items():
            having = [thread for thread in (self.target, *self.others) if thread.id in things]
            if having[1:]:
                rests[name] = having[1:]
        return rests

    @property
    def version(self) -> str:
        posts = [(post.id, post.number, post.is_visible, post.is_accepted) for post in self.posts]
        return changing.fingerprint(
            self.target.id, self.target.next_number, posts, sorted(self.told), self.readers
        )


def plan_merge(actor: Member, target: Thread, others: Sequence[Thread]) -> MergePlan:
    """Say what a merge would do. Raises Invalid or Conflict when it cannot be done."""
    require(actor, Can.TIDY_THREADS)
    changing.check_threads(actor, [target, *others])
    if target in others:
        raise Invalid(_("A thread cannot be merged into itself."), field="target")
    if not others:
        raise Invalid(_("Choose at least one thread to merge into it."), field="threads")
    _check_can_be_one(target, others)
    posts = carrying.posts_of(others)
    here = select(Post.id).where(
        Post.thread_id == target.id, Post.is_accepted, Post.state == State.VISIBLE
    )
    told = concerned.of_posts(actor, [post.id for post in posts])
    for member_id, post_id in concerned.of_threads(actor, others).items():
        told.setdefault(member_id, post_id)
    for member_id, post_id in concerned.of_threads(actor, [target], followers=False).items():
        told.setdefault(member_id, post_id)
    return MergePlan(
        target=target,
        others=others,
        posts=posts,
        told=told,
        readers=readers.together(readers.change(other, target.category) for other in others),
        accepted=(
            db.session.scalars(here.order_by(Post.id)).all(),
            [post.id for post in posts if post.is_accepted and post.is_visible],
        ),
        singles=single.on([target.id, *(other.id for other in others)]),
    )


def _check_can_be_one(target: Thread, others: Sequence[Thread]) -> None:
    for thread in (target, *others):
        if thread.state is not State.VISIBLE:
            message = _(
                "“%(title)s” is hidden or removed. Bring it back first.", title=thread.title
            )
            raise Conflict(message)
    for other in others:
        if other.access is not target.access or (
            target.access is Access.BRAND and other.author_id != target.author_id
        ):
            message = _(
                "“%(title)s” is between its author and the team, or the other one is, so they"
                " cannot become one.",
                title=other.title,
            )
            raise Conflict(message)


def merge(
    actor: Member,
    target: Thread,
    others: Sequence[Thread],
    *,
    reason: str = "",
    accepted: Keep | None = None,
    accept_readers: bool = False,
    accept_rest: bool = False,
    notify: bool = True,
    seen: str | None = None,
) -> StaffAct:
    """Make `others` part of `target`.

    Where both sides have an accepted answer, `accepted` says whose stays. Raises Invalid,
    naming the field, for a choice that is not made: `accepted`, `accept_readers` where
    others would read it, `accept_rest` where a poll goes out of sight for the target's.
    Raises Conflict when the plan of version `seen` is not what would be done any more.
    """
    require(actor, Can.TIDY_THREADS)
    reason = checked_reason(reason)
    others = sorted(others, key=lambda other: other.id)
    changing.hold_all([target, *others])
    plan = plan_merge(actor, target, others)
    changing.check_seen(plan.version, seen)
    _check_choices(plan, accepted, accept_readers, accept_rest)
    first = target.next_number
    places = carrying.places_after(target, plan.posts)
    with balanced([target, *others]):
        unmarked = _unaccept(plan, accepted)
        read = progress.read_along(plan.posts, target, is_new=False)
        carrying.put(places)
        target.next_number += len(places)
        for other in others:
            other.state, other.merged_into_id = State.DELETED, target.id
        follows = carrying.follow_along(others, target)
        moved = _take_singles(plan)
    act = record(
        actor,
        ActKind.MERGE,
        [
            (target, Part.INTO, first),
            *((other, Part.FROM, None) for other in others),
        ],
        reason=reason,
        before={
            "next_number": first,
            "unmarked": unmarked,
            "follows": follows,
            "read": read,
            "singles": moved,
        },
        after={"posts": plan.shown, "next_number": target.next_number},
        told=plan.told if notify else {},
    )
    carrying.remember(act, plan.posts)
    publish(
        ThreadsMerged(
            thread_id=target.id,
            merged_ids=[other.id for other in others],
            act_id=act.id,
            merged_by_id=actor.id,
        )
    )
    if act.told:
        publish(StaffActTold(act_id=act.id))
    return act


def _check_choices(
    plan: MergePlan, accepted: Keep | None, accept_readers: bool, accept_rest: bool
) -> None:
    readers.check(plan.readers, accept_readers)
    if plan.must_choose_accepted and accepted is None:
        message = _("Both have an accepted answer. Choose whose stays marked.")
        raise Invalid(message, field="accepted")
    if plan.rests and not accept_rest:
        message = _("More than one has a poll, and a thread holds one. Say that you mean it.")
        raise Invalid(message, field="accept_rest")


def _unaccept(plan: MergePlan, accepted: Keep | None) -> list[int]:
    """Take the mark from the side that loses; return the ids of its posts."""
    if not plan.must_choose_accepted or accepted is Keep.BOTH:
        return []
    losing = list(plan.accepted[0 if accepted is Keep.OTHERS else 1])
    mark_accepted(losing, False)
    return losing


def mark_accepted(post_ids: Sequence[int], is_accepted: bool) -> None:
    """Mark answers of held threads as accepted, or no more; `counts.settle` follows."""
    for post in db.session.scalars(select(Post).where(Post.id.in_(post_ids))):
        post.is_accepted = is_accepted
    db.session.flush()  # posts on their way are read again


def _take_singles(plan: MergePlan) -> list[list]:
    """Take what the target has none of from the first thread that has; return what moved."""
    moved = []
    for name, things in sorted(plan.singles.items()):
        if plan.target.id not in things:
            first = next(other.id for other in plan.others if other.id in things)
            single.move(name, things[first], plan.target.id)
            moved.append([name, things[first], first])
    return moved
