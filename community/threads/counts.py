"""The counters, kept right by every act, and counted again by `recount`.

Every act on a thread holds the thread's row until it is committed, so what it counts
cannot change under it. Rows are locked in one order (thread, members by id, category),
so that two acts never wait for each other.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, func, or_, select, update
from sqlalchemy.orm.util import identity_key

from community.kernel.db import db
from community.kernel.text import excerpt
from community.kernel.upkeep import Tally, portions
from community.members.models import Member
from community.threads.models import Access, Category, HelpfulVote, Post, State, Thread

ANSWER_EXCERPT = 220


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
    is_marked = or_(Post.is_accepted, Post.is_certified)
    counted = select(func.count(Post.id), func.count(Post.id).filter(is_marked))
    number, marked = db.session.execute(counted.where(*replies)).one()
    thread.posts_count, thread.is_solved = 1 + number, marked > 0
    if marked:
        best = select(Post).where(*replies, is_marked)
        best = best.order_by(Post.is_certified.desc(), Post.number)
        show_answer(thread, db.session.scalars(best.limit(1)).one())
    else:
        show_answer(thread, None)
    shown = (Post.thread_id == thread.id, or_(Post.number == 1, Post.state == State.VISIBLE))
    last = select(Post.created_at, Post.author_id).where(*shown)
    thread.last_post_at, thread.last_author_id = db.session.execute(
        last.order_by(Post.created_at.desc(), Post.number.desc()).limit(1)
    ).one()


def show_answer(thread: Thread, post: Post | None) -> None:
    """Keep with the thread what lists show of its answer."""
    thread.answer_id = post.id if post else None
    thread.answer_mark, thread.answer_excerpt = "", ""
    if post:
        thread.answer_mark = "certified" if post.is_certified else "accepted"
        thread.answer_excerpt = excerpt(post.body, ANSWER_EXCERPT)


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
    """Set every counter of the brand to what the rows say; return how many rows were wrong."""
    return sum(portion.wrong_count for portion in check(mends=True))


def recount_categories() -> int:
    """Set the numbers of visible threads of all categories; return how many were wrong."""
    return sum(portion.wrong_count for portion in _check_categories(mends=True))


def check(mends: bool) -> Iterator[Tally]:
    """Compare every counter with the rows it counts, in this order, for one counts the other.

    A wrong row is held and counted again before it is set: it may have changed since.
    """
    yield from _check_votes(mends)
    yield from _check_threads(mends)
    yield from _check_categories(mends)
    yield from _check_members(mends)


def _check_votes(mends: bool) -> Iterator[Tally]:
    for first, last, size in portions(Post):
        tally = Tally("helpful votes of posts", size)
        votes = (
            select(HelpfulVote.post_id, func.count().label("number"))
            .where(HelpfulVote.post_id.between(first, last))
            .group_by(HelpfulVote.post_id)
            .subquery()
        )
        right = Post.imported_helpful + func.coalesce(votes.c.number, 0)
        wrong = (
            select(Post.id, Post.helpful_count, right)
            .outerjoin(votes, votes.c.post_id == Post.id)
            .where(Post.id.between(first, last), Post.helpful_count != right)
        )
        for id_, said, counted in db.session.execute(wrong.order_by(Post.id)).all():
            tally.note(f"post {id_} says {said}, there are {counted}")
            if mends:
                _mend_votes(id_)
        yield tally


def _mend_votes(id_: int) -> None:
    post = _held(Post, id_)
    given = select(func.count()).select_from(HelpfulVote).where(HelpfulVote.post_id == id_)
    post.helpful_count = post.imported_helpful + db.session.scalar(given)
    db.session.flush()  # members' votes are summed from here


def _check_threads(mends: bool) -> Iterator[Tally]:
    for first, last, size in portions(Thread):
        tally = Tally("replies and last posts of threads", size)
        for row in db.session.execute(_wrong_threads(first, last)).all():
            tally.note(_words(row))
            if mends:
                thread = db.session.get_one(Thread, row.id)
                hold(thread)
                settle(thread)
                db.session.flush()  # sees the next portion as it is
        yield tally


def _wrong_threads(first: int, last: int) -> Select:
    """Threads of a range whose counters or last post are not what `settle` would say."""
    newest_first = (Post.created_at.desc(), Post.number.desc())
    place = func.row_number().over(partition_by=Post.thread_id, order_by=newest_first)
    shown = or_(Post.number == 1, Post.state == State.VISIBLE)
    of_range = Post.thread_id.between(first, last)
    ranked = (
        select(Post.thread_id, Post.created_at, Post.author_id, place.label("place"))
        .where(of_range, shown)
        .subquery()
    )
    is_reply = Post.number > 1
    counted = (
        select(
            Post.thread_id,
            func.count().filter(is_reply).label("replies"),
            func.count().filter(is_reply, or_(Post.is_accepted, Post.is_certified)).label("marked"),
        )
        .where(of_range, shown)
        .group_by(Post.thread_id)
        .subquery()
    )
    is_wrong = or_(
        Thread.posts_count != 1 + counted.c.replies,
        Thread.is_solved != (counted.c.marked > 0),
        Thread.is_solved != Thread.answer_id.is_not(None),
        Thread.last_post_at != ranked.c.created_at,
        Thread.last_author_id != ranked.c.author_id,
    )
    return (
        select(
            Thread.id,
            Thread.posts_count,
            (1 + counted.c.replies).label("counted"),
            Thread.last_post_at,
            ranked.c.created_at.label("newest"),
        )
        .join(counted, counted.c.thread_id == Thread.id)
        .join(ranked, (ranked.c.thread_id == Thread.id) & (ranked.c.place == 1))
        .where(Thread.id.between(first, last), Thread.merged_into_id.is_(None), is_wrong)
        .order_by(Thread.id)
    )


def _words(row) -> str:
    if row.posts_count != row.counted:
        return f"thread {row.id} says {row.posts_count} posts, there are {row.counted}"
    if row.last_post_at != row.newest:
        return f"thread {row.id} says {row.last_post_at:%Y-%m-%d %H:%M} for its last post"
    return f"thread {row.id} names another last author or accepted answer"


def _check_categories(mends: bool) -> Iterator[Tally]:
    tally = Tally("threads of categories")
    for category in db.session.scalars(select(Category).order_by(Category.id)).all():
        tally.looked_at += 1
        said, counted = category.threads_count, _threads_shown(category)
        if said == counted:
            continue
        tally.note(f"category {category.slug} says {said}, there are {counted}")
        if mends:
            held = _held(Category, category.id)
            held.threads_count = _threads_shown(held)
    yield tally


def _threads_shown(category: Category) -> int:
    shown = (Thread.state == State.VISIBLE, Thread.access == Access.OPEN)
    of = select(func.count(Thread.id)).where(Thread.category_id == category.id, *shown)
    return db.session.scalar(of)


def _check_members(mends: bool) -> Iterator[Tally]:
    db.session.flush()  # the votes of posts, just counted, are summed here
    for first, last, size in portions(Member):
        tally = Tally("posts and votes of members", size)
        of = _credits(Post.author_id.between(first, last)).subquery()
        posts, helpful = func.coalesce(of.c.posts, 0), func.coalesce(of.c.helpful, 0)
        wrong = (
            select(Member.id, Member.posts_count, Member.helpful_count, posts, helpful)
            .outerjoin(of, of.c.author_id == Member.id)
            .where(
                Member.id.between(first, last),
                or_(Member.posts_count != posts, Member.helpful_count != helpful),
            )
        )
        for id_, *said, right, votes in db.session.execute(wrong.order_by(Member.id)).all():
            tally.note(
                f"member {id_} says {said[0]} posts and {said[1]} votes,"
                f" there are {right} and {votes}"
            )
            if mends:
                _mend_member(id_)
        yield tally


def _mend_member(id_: int) -> None:
    member = _held(Member, id_)
    gain = db.session.execute(_credits(Post.author_id == id_)).one_or_none()
    member.posts_count, member.helpful_count = (gain[1], gain[2]) if gain else (0, 0)


def _credits(of: ColumnElement[bool]) -> Select:
    """What counts for each author among these posts."""
    return (
        select(
            Post.author_id,
            func.count(Post.id).label("posts"),
            func.sum(Post.helpful_count).label("helpful"),
        )
        .join(Post.thread)
        .where(
            of,
            Post.state == State.VISIBLE,
            Thread.state == State.VISIBLE,
            Thread.access == Access.OPEN,
        )
        .group_by(Post.author_id)
    )


def _held(model, id_: int):
    """A row, read again and kept until the commit."""
    lock = {"key_share": True, "of": model}
    return db.session.get_one(model, id_, with_for_update=lock, populate_existing=True)
