"""Whom an act of staff concerns, each with the one post that is about them."""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import select

from community.kernel.db import db
from community.members.models import Member
from community.threads.models import Follow, Post, Thread


def of_threads(by: Member, threads: Iterable[Thread], *, followers: bool = True) -> dict[int, int]:
    """The authors of threads, and who follows them, with the id of the opening post.

    Never who does it, and nobody who left.
    """
    ids = [thread.id for thread in threads]
    openings = select(Post.thread_id, Post.id, Post.author_id).where(
        Post.thread_id.in_(ids), Post.number == 1
    )
    told, opening_of = {}, {}
    for thread_id, post_id, author_id in db.session.execute(openings.order_by(Post.id)):
        told.setdefault(author_id, post_id)
        opening_of[thread_id] = post_id
    if followers:
        following = select(Follow.member_id, Follow.thread_id).where(Follow.thread_id.in_(ids))
        for member_id, thread_id in db.session.execute(following.order_by(Follow.thread_id)):
            told.setdefault(member_id, opening_of[thread_id])
    return _still_there(by, told)


def of_posts(by: Member, post_ids: Collection[int]) -> dict[int, int]:
    """The authors of posts, each with the first of their own."""
    theirs = select(Post.author_id, Post.id).where(Post.id.in_(post_ids)).order_by(Post.id)
    told: dict[int, int] = {}
    for author_id, post_id in db.session.execute(theirs):
        told.setdefault(author_id, post_id)
    return _still_there(by, told)


def _still_there(by: Member, told: dict[int, int]) -> dict[int, int]:
    gone = select(Member.id).where(Member.id.in_(told), Member.erased_at.is_not(None))
    out = {by.id, *db.session.scalars(gone)}
    return {member_id: post_id for member_id, post_id in told.items() if member_id not in out}


def people(told: Collection[int], limit: int) -> Sequence[Member]:
    """Some of those concerned, for a preview to show."""
    some = select(Member).where(Member.id.in_(sorted(told)[:limit])).order_by(Member.id)
    return db.session.scalars(some).all()
