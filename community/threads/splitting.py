"""Taking posts out of a thread: into a new one, or to another there is.

The opening stays where it is. The first of the posts, by time, opens the new thread, which
belongs to its author. Their places in the old thread stay empty, with a line that leads on.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from community.events import StaffActTold, ThreadSplit
from community.kernel import text
from community.kernel.bus import publish
from community.kernel.db import db
from community.kernel.errors import Conflict, Invalid
from community.kernel.i18n import _
from community.kernel.policy import require
from community.members.models import Member
from community.permissions import Can
from community.threads import carrying, changing, concerned, counts, progress, readers
from community.threads.balance import balanced
from community.threads.carrying import Carried, Place
from community.threads.merging import Keep, mark_accepted
from community.threads.models import Access, Category, Post, State, Thread
from community.threads.readers import Readers
from community.threads.service import checked_title, set_teaser
from community.threads.staff_acts import ActKind, Part, StaffAct, checked_reason, record
from community.threads.tags import checked_tags, set_tags

CHOSEN_MAX = 500
"""Posts taken out of a thread at once: each leaves a mark where it stood."""


@dataclass(frozen=True)
class SplitPlan:
    """What a split would do, for the preview; `into` is None for a new thread."""

    thread: Thread
    into: Thread | None
    posts: Sequence[Carried]
    told: Mapping[int, int]
    readers: Readers
    accepted: tuple[Sequence[int], Sequence[int]]  # post ids: the other thread's, the chosen

    @property
    def shown(self) -> int:
        return sum(post.is_visible for post in self.posts)

    @property
    def must_choose_accepted(self) -> bool:
        return all(self.accepted)

    @property
    def version(self) -> str:
        return changing.fingerprint(
            self.thread.id,
            self.into and (self.into.id, self.into.next_number),
            [(post.id, post.is_visible, post.is_accepted) for post in self.posts],
            sorted(self.told),
            self.readers,
        )


def plan_split(
    actor: Member,
    thread: Thread,
    post_ids: Collection[int],
    *,
    category: Category | None = None,
    into: Thread | None = None,
) -> SplitPlan:
    """Say what taking these posts out would do: into a thread there is, or a new one in
    `category`. Raises Invalid or Conflict when it cannot be done.
    """
    require(actor, Can.TIDY_THREADS)
    changing.check_threads(actor, [thread] if into is None else [thread, into])
    if len(set(post_ids)) > CHOSEN_MAX:
        message = _("Choose %(limit)s posts at most.", limit=CHOSEN_MAX)
        raise Invalid(message, field="posts")
    posts = carrying.posts_of([thread], only=post_ids)
    _check_posts(thread, posts, is_new=into is None)
    _check_threads(thread, into)
    told = concerned.of_posts(actor, [post.id for post in posts])
    first = posts[0].id
    for member_id in concerned.of_threads(actor, [thread]):
        told.setdefault(member_id, first)
    for member_id, post_id in concerned.of_threads(
        actor, [into] if into else [], followers=False
    ).items():
        told.setdefault(member_id, post_id)
    goes_to = into.category if into else category or thread.category
    return SplitPlan(
        thread=thread,
        into=into,
        posts=posts,
        told=told,
        readers=readers.change(thread, goes_to),
        accepted=(
            _accepted_in(into) if into else (),
            [post.id for post in posts if post.is_accepted and post.is_visible],
        ),
    )


def _check_posts(thread: Thread, posts: Sequence[Carried], *, is_new: bool) -> None:
    if not posts:
        raise Invalid(_("Choose at least one post."), field="posts")
    if any(post.number == 1 for post in posts):
        message = _("The first post opens the thread, so it stays. Merge the whole thread instead.")
        raise Invalid(message, field="posts")
    if is_new and not (posts[0].is_visible and posts[0].has_text):
        message = _("The earliest of these posts is hidden or removed, so it cannot open a thread.")
        raise Invalid(message, field="posts")


def _check_threads(thread: Thread, into: Thread | None) -> None:
    if into is thread:
        raise Invalid(_("The posts are in this thread already."), field="target")
    for one in filter(None, (thread, into)):
        if one.state is not State.VISIBLE:
            message = _("“%(title)s” is hidden or removed. Bring it back first.", title=one.title)
            raise Conflict(message)
        if one.access is not Access.OPEN:
            message = _(
                "“%(title)s” is between its author and the team, so its posts stay together.",
                title=one.title,
            )
            raise Conflict(message)


def _accepted_in(thread: Thread) -> Sequence[int]:
    marked = select(Post.id).where(
        Post.thread_id == thread.id, Post.is_accepted, Post.state == State.VISIBLE
    )
    return db.session.scalars(marked.order_by(Post.id)).all()


def chosen_posts(thread: Thread, post_ids: Collection[int]) -> Sequence[Post]:
    """Those of the posts that are in the thread, with their authors, for staff to look at."""
    there = select(Post).where(Post.thread_id == thread.id, Post.id.in_(post_ids))
    return db.session.scalars(there.order_by(Post.number).options(joinedload(Post.author))).all()


# -- Doing it --------------------------------------------------------------


def split_off(
    actor: Member,
    thread: Thread,
    post_ids: Collection[int],
    *,
    title: str,
    category: Category | None = None,
    tags: Iterable[str] = (),
    reason: str = "",
    accept_readers: bool = False,
    notify: bool = True,
    seen: str | None = None,
) -> StaffAct:
    """Make a new thread of posts of another, in its category unless one is named.

    Raises Invalid, naming the field, for a title outside 10 to 120 characters, odd tags,
    and `accept_readers` not said where others would read it; Conflict when the plan of
    version `seen` is not what would be done any more.
    """
    require(actor, Can.TIDY_THREADS)
    title, slugs, reason = checked_title(title), checked_tags(tags), checked_reason(reason)
    category = category or thread.category
    require(actor, Can.SEE_CATEGORY, category)
    changing.hold_all([thread])
    plan = plan_split(actor, thread, post_ids, category=category)
    changing.check_seen(plan.version, seen)
    readers.check(plan.readers, accept_readers)
    held = [thread]
    with balanced(held):
        new = _open_thread(plan, title, category)
        held.append(new)
        places = {post.id: Place(new.id, 1 + step) for step, post in enumerate(plan.posts)}
        carrying.put(places)
        progress.read_along(plan.posts, new, is_new=True)
        set_teaser(new, db.session.get_one(Post, plan.posts[0].id))
        set_tags(new, slugs)
        carrying.follow_along([thread], new, only={post.author_id for post in plan.posts})
    return _record(actor, plan, new, is_new=True, reason=reason, notify=notify, before={})


def move_posts(
    actor: Member,
    thread: Thread,
    post_ids: Collection[int],
    into: Thread,
    *,
    reason: str = "",
    accepted: Keep | None = None,
    accept_readers: bool = False,
    notify: bool = True,
    seen: str | None = None,
) -> StaffAct:
    """Take posts of a thread to another one, behind its last; refusals as `merging.merge`."""
    require(actor, Can.TIDY_THREADS)
    reason = checked_reason(reason)
    changing.hold_all([thread, into])
    plan = plan_split(actor, thread, post_ids, into=into)
    changing.check_seen(plan.version, seen)
    readers.check(plan.readers, accept_readers)
    if plan.must_choose_accepted and accepted is None:
        message = _("Both have an accepted answer. Choose whose stays marked.")
        raise Invalid(message, field="accepted")
    losing: Sequence[int] = ()
    if plan.must_choose_accepted and accepted is not Keep.BOTH:
        losing = plan.accepted[0 if accepted is Keep.OTHERS else 1]
    first = into.next_number
    with balanced([thread, into]):
        mark_accepted(losing, False)
        read = progress.read_along(plan.posts, into, is_new=False)
        carrying.put(carrying.places_after(into, plan.posts))
        into.next_number += len(plan.posts)
        authors = {post.author_id for post in plan.posts}
        follows = carrying.follow_along([thread], into, only=authors)
    before = {"next_number": first, "unmarked": list(losing), "follows": follows, "read": read}
    return _record(actor, plan, into, is_new=False, reason=reason, notify=notify, before=before)


def _open_thread(plan: SplitPlan, title: str, category: Category) -> Thread:
    first = plan.posts[0]
    new = Thread(
        kind=plan.thread.kind,
        author_id=first.author_id,
        last_author_id=first.author_id,
        title=title,
        slug=text.slugify(title),
        created_at=first.created_at,
        last_post_at=first.created_at,
        next_number=len(plan.posts) + 1,
    )
    new.put_in(category)
    db.session.add(new)
    db.session.flush()  # the posts need its id
    counts.hold(new)
    return new


def _record(
    actor: Member,
    plan: SplitPlan,
    into: Thread,
    *,
    is_new: bool,
    reason: str,
    notify: bool,
    before: Mapping,
) -> StaffAct:
    numbers = sorted(post.number for post in plan.posts)
    act = record(
        actor,
        ActKind.SPLIT,
        [
            (plan.thread, Part.FROM, numbers[0]),
            (into, Part.INTO, 1 if is_new else before["next_number"]),
        ],
        reason=reason,
        before=before,
        after={
            "posts": plan.shown,
            "next_number": into.next_number,
            "numbers": numbers,
            "is_new": is_new,
        },
        told=plan.told if notify else {},
    )
    carrying.remember(act, plan.posts)
    publish(
        ThreadSplit(
            thread_id=plan.thread.id,
            into_id=into.id,
            is_new=is_new,
            act_id=act.id,
            split_by_id=actor.id,
        )
    )
    if act.told:
        publish(StaffActTold(act_id=act.id))
    return act
