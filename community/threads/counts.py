"""The counters, kept right by every act, and counted again by `recount`.

Every act on a thread holds the thread's row until it is committed, so what it counts
cannot change under it. Rows are locked in one order (thread, members by id, category),
so that two acts never wait for each other.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm.util import identity_key

from community.kernel.db import db
from community.members.models import Member
from community.threads.models import Access, Category, HelpfulVote, Post, State, Thread


class Credit(NamedTuple):
    """What counts for an author: visible posts, and the votes on them."""

    posts: int
    helpful: int


def hold(thread: Thread, *, shared: bool = False) -> None:
    """Wait for the thread's row, keep it until the commit, and read it again.

    With `shared`, others may hold it in the same way, but nobody may change it. On
    SQLite the transaction holds the whole database already.
    """
    lock = {"read": True} if shared else {"key_share": True}
    # A refresh joins what the first query joined, and PostgreSQL locks no outer join.
    db.session.refresh(thread, with_for_update=lock | {"of": Thread})
    db.session.expire(thread, ["tags"])


def hold_members(*ids: int) -> None:
    """Keep members' rows until the commit, in one order whoever comes."""
    rows = select(Member.id).where(Member.id.in_(ids)).order_by(Member.id)
    db.session.execute(rows.with_for_update(key_share=True))


def settle(thread: Thread) -> None:
    """Count the thread's replies again, look whether one of them is accepted, and find its
    newest post, which is not the last where others were added by a merge; the thread must be
    held. One that was merged into another has nothing to count.
    """
    if thread.merged_into_id is not None:
        return
    db.session.flush()  # the counting is the database's
    replies = (Post.thread_id == thread.id, Post.number > 1, Post.state == State.VISIBLE)
    counted = select(func.count(Post.id), func.count(Post.id).filter(Post.is_accepted))
    number, accepted = db.session.execute(counted.where(*replies)).one()
    thread.posts_count, thread.is_solved = 1 + number, accepted > 0
    shown = (Post.thread_id == thread.id, or_(Post.number == 1, Post.state == State.VISIBLE))
    last = select(Post.created_at, Post.author_id).where(*shown)
    thread.last_post_at, thread.last_author_id = db.session.execute(
        last.order_by(Post.created_at.desc(), Post.number.desc()).limit(1)
    ).one()


def credits_of(thread: Thread) -> dict[int, Credit]:
    """Return what each author gains while the thread is visible: the first post always counts."""
    counted = (
        select(Post.author_id, func.count(Post.id), func.sum(Post.helpful_count))
        .where(Post.thread_id == thread.id, or_(Post.number == 1, Post.state == State.VISIBLE))
        .group_by(Post.author_id)
    )
    return {id_: Credit(posts, votes) for id_, posts, votes in db.session.execute(counted)}


def is_counted(thread: Thread) -> bool:
    """Whether what happens in a thread shows in counters everyone reads: not in private ones."""
    return thread.access is Access.OPEN


def credit(thread: Thread, gains: Mapping[int, Credit], *, sign: int = 1) -> None:
    """Add to, or with `sign=-1` take from, the authors' counters, for posts of a thread."""
    if is_counted(thread):
        give(gains, sign=sign)


def give(gains: Mapping[int, Credit], *, sign: int = 1) -> None:
    """Add to the authors' counters, for what is known to count."""
    for member_id, gain in sorted(gains.items()):
        _add(
            Member,
            member_id,
            posts_count=Member.posts_count + sign * gain.posts,
            helpful_count=Member.helpful_count + sign * gain.helpful,
        )


def count_thread(thread: Thread, change: int) -> None:
    """Add to the number of visible threads of its category, which leaves out private ones."""
    if is_counted(thread):
        count_threads(thread.category_id, change)


def count_threads(category_id: int, change: int) -> None:
    """Add to the number of visible threads of a category."""
    _add(Category, category_id, threads_count=Category.threads_count + change)


def count_vote(post: Post, change: int) -> None:
    """Add to the votes of a post and of its author."""
    _add(Post, post.id, helpful_count=Post.helpful_count + change)
    credit(post.thread, {post.author_id: Credit(0, change)})


def _add(model, id_: int, **values) -> None:
    """Let the database do the sum, so that nothing is lost between two at once."""
    row = update(model).where(model.id == id_).values(values)
    db.session.execute(row.execution_options(synchronize_session=False))
    at_hand = db.session.identity_map.get(identity_key(model, id_))
    if at_hand is not None:
        db.session.expire(at_hand, list(values))


# -- Counting again --------------------------------------------------------


def recount() -> int:
    """Set every counter of the brand to what the rows say; return how many were wrong."""
    return _recount_votes() + _recount_threads() + recount_categories() + _recount_members()


def _recount_votes() -> int:
    counted = select(HelpfulVote.post_id, func.count()).group_by(HelpfulVote.post_id)
    votes = dict(db.session.execute(counted).all())
    posts = db.session.scalars(select(Post).where(or_(Post.helpful_count != 0, Post.id.in_(votes))))
    return _correct((post, {"helpful_count": votes.get(post.id, 0)}) for post in posts)


def _recount_threads() -> int:
    wrong = 0
    for thread in db.session.scalars(select(Thread).order_by(Thread.id)).all():
        before = (thread.posts_count, thread.last_post_at, thread.last_author_id)
        settle(thread)
        wrong += before != (thread.posts_count, thread.last_post_at, thread.last_author_id)
    return wrong


def recount_categories() -> int:
    """Set the numbers of visible threads of all categories; return how many were wrong."""
    counted = (
        select(Thread.category_id, func.count())
        .where(Thread.state == State.VISIBLE, Thread.access == Access.OPEN)
        .group_by(Thread.category_id)
    )
    threads = dict(db.session.execute(counted).all())
    categories = db.session.scalars(select(Category)).all()
    return _correct((c, {"threads_count": threads.get(c.id, 0)}) for c in categories)


def _recount_members() -> int:
    db.session.flush()  # the votes of posts, just counted, are summed here
    counted = (
        select(Post.author_id, func.count(Post.id), func.sum(Post.helpful_count))
        .join(Post.thread)
        .where(
            Post.state == State.VISIBLE,
            Thread.state == State.VISIBLE,
            Thread.access == Access.OPEN,
        )
        .group_by(Post.author_id)
    )
    credits = {id_: Credit(posts, votes) for id_, posts, votes in db.session.execute(counted)}
    members = db.session.scalars(select(Member)).all()
    right = ((m, credits.get(m.id, Credit(0, 0))) for m in members)
    return _correct(
        (m, {"posts_count": gain.posts, "helpful_count": gain.helpful}) for m, gain in right
    )


def _correct(rows: Iterable[tuple[object, dict[str, int]]]) -> int:
    wrong = 0
    for row, values in rows:
        differs = {name: n for name, n in values.items() if getattr(row, name) != n}
        for name, n in differs.items():
            setattr(row, name, n)
        wrong += bool(differs)
    return wrong
