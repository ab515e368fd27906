"""Taking back what staff did to threads, within seven days.

Everything is as it was, to the letter, when nothing happened since. What happened since stays:
votes, edits and removals belong to the posts and go back with them; later replies to a
merged thread stay in it; those to a thread that came of a split go back with its posts, and
the thread that is left empty leads there. Undoing is refused where a later act of staff took
the same posts elsewhere, or set the same thing again: that one is undone first.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from community.events import ActUndone
from community.kernel.bus import publish
from community.kernel.db import db, now
from community.kernel.errors import Conflict
from community.kernel.i18n import _
from community.kernel.policy import require
from community.members.models import Member
from community.permissions import Can
from community.threads import bulk, carrying, changing, moves, progress, single, slow, staff_acts
from community.threads.balance import balanced
from community.threads.carrying import Carried, Place
from community.threads.merging import mark_accepted
from community.threads.models import Post, State, Thread
from community.threads.staff_acts import ActKind, Part, StaffAct

_CHANGES = {
    change.kind: change for change in (moves.MOVE, moves.KIND, bulk.TAGS, bulk.LOCK, slow.SLOW)
}


def undo(actor: Member, act: StaffAct) -> None:
    """Take an act back. Conflict when that was done already, is too late, or cannot be exact."""
    require(actor, Can.TIDY_THREADS)
    for one in act.threads:
        require(actor, Can.TIDY_THREAD, one.thread)
    threads = [one.thread for one in act.threads]
    changing.hold_all(threads)
    staff_acts.hold(act)
    if act.kind in _CHANGES:
        changing.take_back(_CHANGES[act.kind], act, threads)
    elif act.kind is ActKind.MERGE:
        _unmerge(act)
    elif act.after["is_new"]:
        _close_split(act)
    else:
        _bring_back(act)
    act.undone_at, act.undone_by_id = now(), actor.id
    staff_acts.settle_notices(threads)
    publish(
        ActUndone(
            act_id=act.id, thread_ids=[thread.id for thread in threads], undone_by_id=actor.id
        )
    )


# -- Merges, and posts that went to another thread -------------------------


def _unmerge(act: StaffAct) -> None:
    [target] = act.those(Part.INTO)
    others = act.those(Part.FROM)
    places = _still_in(act, target)
    openings = _openings(places)
    for other in others:
        if not openings[other.id].body:
            message = _(
                "The first post of “%(title)s” was removed for good, so it cannot come back.",
                title=other.title,
            )
            raise Conflict(message)
    with balanced([target, *others]):
        for other in others:
            other.merged_into_id = None
            other.state = openings[other.id].state
        for name, thing_id, other_id in act.before["singles"]:
            single.move(name, thing_id, other_id)
        _put_back(act, places, target)


def _bring_back(act: StaffAct) -> None:
    [target], [thread] = act.those(Part.INTO), act.those(Part.FROM)
    if thread.merged_into_id is not None:
        message = _(
            "“%(title)s” was merged into another thread since. Undo that first.",
            title=thread.title,
        )
        raise Conflict(message)
    places = _still_in(act, target)
    with balanced([target, thread]):
        _put_back(act, places, target)


def _still_in(act: StaffAct, thread: Thread) -> dict[int, Place]:
    """Where the posts of an act stood, if all of them are still in the thread it took them to."""
    places = carrying.former_places(act)
    there = select(Post.id).where(Post.id.in_(places), Post.thread_id == thread.id)
    if thread.merged_into_id is not None or len(db.session.scalars(there).all()) != len(places):
        message = _("Some of these posts went elsewhere since. Undo the later change first.")
        raise Conflict(message)
    return places


def _openings(places: Mapping[int, Place]) -> dict[int, Post]:
    """The posts that opened threads before, by the thread."""
    ids = [post_id for post_id, place in places.items() if place.number == 1]
    posts = db.session.scalars(select(Post).where(Post.id.in_(ids)))
    return {places[post.id].thread_id: post for post in posts}


def _put_back(act: StaffAct, places: Mapping[int, Place], target: Thread) -> None:
    """Return posts to their numbers; the target's next number too, unless more came since."""
    carrying.put(places)
    carrying.forget(act)
    if target.next_number == act.after["next_number"]:
        target.next_number = act.before["next_number"]
    _mark_again(act.before["unmarked"], target)
    carrying.follow_no_more(act.before["follows"], target)
    progress.unread_again(act.before["read"], target)


def _mark_again(post_ids: Sequence[int], target: Thread) -> None:
    """Mark answers as accepted again, unless another one of the target was accepted since."""
    chosen = select(Post.id).where(
        Post.thread_id == target.id, Post.is_accepted, Post.state == State.VISIBLE
    )
    own = set(
        db.session.scalars(
            select(Post.id).where(Post.id.in_(post_ids), Post.thread_id == target.id)
        )
    )
    if own and db.session.scalar(chosen.limit(1)) is not None:
        post_ids = [post_id for post_id in post_ids if post_id not in own]
    mark_accepted(post_ids, True)


# -- Threads that came of a split ------------------------------------------


def _close_split(act: StaffAct) -> None:
    """Return the posts of a thread to the one they came from, later replies behind its last."""
    [new], [thread] = act.those(Part.INTO), act.those(Part.FROM)
    if thread.merged_into_id is not None:
        message = _(
            "“%(title)s” was merged into another thread since. Undo that first.",
            title=thread.title,
        )
        raise Conflict(message)
    places = _still_in(act, new)
    posts = carrying.posts_of([new])
    later = [post for post in posts if post.id not in places]
    with balanced([thread, new]):
        carrying.put(places | carrying.places_after(thread, later))
        thread.next_number += len(later)
        carrying.forget(act)
        db.session.flush()  # the old places are free before the new ones are kept
        carrying.remember(act, posts)
        new.state, new.merged_into_id = State.DELETED, thread.id
        if later:
            carrying.follow_along([new], thread, only=_authors(later))


def _authors(posts: Sequence[Carried]) -> set[int]:
    return {post.author_id for post in posts}
