"""Taking posts from threads to another one, and back.

Posts get new numbers after the last there is, in the order of their time, so that what stood
there keeps its permalinks. Votes, mentions, quotes, pictures and notices belong to the posts
and need nothing done. Where each post stood before is kept: old addresses lead to it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import case, delete, select, update

from community.kernel.db import db
from community.kernel.errors import Conflict
from community.kernel.i18n import _
from community.threads.models import Follow, Post, State, Thread
from community.threads.staff_acts import FormerPlace, StaffAct

POSTS_MAX = 2000
"""Posts taken in one act; each costs a share of a transaction that holds the threads."""
_AT_ONCE = 400


class Carried(NamedTuple):
    """A post on its way: where it stands, and what decides about its place."""

    id: int
    thread_id: int
    number: int
    author_id: int
    created_at: datetime
    is_visible: bool
    is_accepted: bool
    has_text: bool


class Place(NamedTuple):
    thread_id: int
    number: int


def posts_of(threads: Collection[Thread], *, only: Collection[int] | None = None) -> list[Carried]:
    """The posts of threads by their time, or those with an id among `only`.

    Raises Conflict for more than 2,000.
    """
    found = select(
        Post.id,
        Post.thread_id,
        Post.number,
        Post.author_id,
        Post.created_at,
        Post.state,
        Post.is_accepted,
        Post.body != "",
    ).where(Post.thread_id.in_([thread.id for thread in threads]))
    if only is not None:
        found = found.where(Post.id.in_(only))
    rows = db.session.execute(found.order_by(Post.created_at, Post.id).limit(POSTS_MAX + 1)).all()
    if len(rows) > POSTS_MAX:
        message = _("That is more than %(limit)s posts. Take fewer at once.", limit=POSTS_MAX)
        raise Conflict(message)
    return [
        Carried(id_, thread_id, number, author_id, at, state is State.VISIBLE, accepted, has_text)
        for id_, thread_id, number, author_id, at, state, accepted, has_text in rows
    ]


def places_after(into: Thread, posts: Sequence[Carried]) -> dict[int, Place]:
    """Where posts will stand behind the last number of a held thread, by their ids."""
    first = into.next_number
    return {post.id: Place(into.id, first + step) for step, post in enumerate(posts)}


def put(places: Mapping[int, Place]) -> None:
    """Set the threads and numbers of posts, whose new numbers are free."""
    by_thread: dict[int, dict[int, int]] = defaultdict(dict)
    for post_id, place in places.items():
        by_thread[place.thread_id][post_id] = place.number
    for thread_id, numbers in sorted(by_thread.items()):
        for some in _portions(sorted(numbers)):
            moved = update(Post).where(Post.id.in_(some))
            number = case({id_: numbers[id_] for id_ in some}, value=Post.id)
            moved = moved.values(thread_id=thread_id, number=number)
            db.session.execute(moved.execution_options(synchronize_session=False))
    for row in list(db.session):
        if isinstance(row, Post) and row.id in places:
            db.session.expire(row)
        elif isinstance(row, Thread):
            db.session.expire(row, ["posts"])


def _portions(ids: list[int]) -> Iterator[list[int]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))


def remember(act: StaffAct, posts: Iterable[Carried]) -> None:
    """Keep where posts stood before this act."""
    db.session.add_all(
        FormerPlace(thread_id=post.thread_id, number=post.number, post_id=post.id, act_id=act.id)
        for post in posts
    )


def former_places(act: StaffAct) -> dict[int, Place]:
    """Where an act took posts from, by their ids."""
    kept = select(FormerPlace).where(FormerPlace.act_id == act.id)
    return {row.post_id: Place(row.thread_id, row.number) for row in db.session.scalars(kept)}


def forget(act: StaffAct) -> None:
    """Forget the places of an act that is undone: the posts stand there again."""
    db.session.execute(delete(FormerPlace).where(FormerPlace.act_id == act.id))


# -- Who follows -----------------------------------------------------------


def follow_along(
    threads: Iterable[Thread], into: Thread, *, only: Collection[int] | None = None
) -> list[list]:
    """Let whoever follows these threads follow another, since the same moment.

    `only` limits it to these members. Returns what was added, as [member id, moment], for
    `follow_no_more`. The old follows stay: they sleep with a thread that only leads elsewhere.
    """
    there = set(db.session.scalars(select(Follow.member_id).where(Follow.thread_id == into.id)))
    following = select(Follow.member_id, Follow.created_at).where(
        Follow.thread_id.in_([thread.id for thread in threads])
    )
    since: dict[int, datetime] = {}
    for member_id, at in db.session.execute(following):
        if member_id not in there and (only is None or member_id in only):
            since[member_id] = min(at, since.get(member_id, at))
    for member_id, at in sorted(since.items()):
        db.session.add(Follow(thread_id=into.id, member_id=member_id, created_at=at))
    return [[member_id, at.isoformat()] for member_id, at in sorted(since.items())]


def follow_no_more(added: Iterable[Sequence], thread: Thread) -> None:
    """Take back what `follow_along` added; who followed again by themselves still does."""
    moments = {member_id: datetime.fromisoformat(at) for member_id, at in added}
    there = select(Follow).where(
        Follow.thread_id == thread.id, Follow.member_id.in_(moments.keys())
    )
    for follow in db.session.scalars(there):
        if follow.created_at == moments[follow.member_id]:
            db.session.delete(follow)
