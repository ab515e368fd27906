"""Numbers about a brand's conversations, for its home page. All of them are counted.

Counting reads every thread, so pages show what the worker found last (`threads.counted`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select

from community.kernel.db import db, now
from community.members.models import STAFF, Member
from community.threads.models import (
    Access,
    Audience,
    Category,
    HelpfulVote,
    Post,
    State,
    Tag,
    Thread,
    ThreadTag,
)
from community.threads.reach import open_to


@dataclass(frozen=True)
class CommunityNumbers:
    """`answered_percent` is None while there is nothing to answer."""

    members: int
    threads: int
    posts: int
    answered_percent: int | None


@dataclass(frozen=True)
class TagUse:
    slug: str
    count: int


class Helper(NamedTuple):
    member: Member
    votes: int


@dataclass(frozen=True)
class Figures:
    numbers: CommunityNumbers
    tags: Sequence[TagUse]
    helpers: Sequence[Helper]


def still_here(votes: Mapping[int, int]) -> Sequence[Helper]:
    """Who of these members, by id, may be named; those with most votes first."""
    if not votes:
        return []
    helpers = select(Member).where(Member.id.in_(votes), *_may_be_named())
    return [
        Helper(one, votes[one.id])
        for one in sorted(db.session.scalars(helpers), key=lambda one: (-votes[one.id], one.id))
    ]


def community_numbers() -> CommunityNumbers:
    """Count confirmed members, and visible threads and posts outside the staff's rooms.

    The answered share leaves out announcements, which nobody needs to answer.
    """
    members = select(func.count(Member.id)).where(
        Member.confirmed_at.is_not(None), Member.erased_at.is_(None)
    )
    is_open = (
        Thread.state == State.VISIBLE,
        Thread.access == Access.OPEN,
        Category.visible_to.in_([Audience.EVERYONE, Audience.MEMBERS]),
    )
    shown = select(func.count(Thread.id), func.coalesce(func.sum(Thread.posts_count), 0))
    threads, posts = db.session.execute(shown.join(Thread.category).where(*is_open)).one()
    asked = select(func.count(Thread.id), func.count(Thread.id).filter(Thread.posts_count > 1))
    asked = asked.join(Thread.category).where(*is_open, Category.who_may_start != Audience.STAFF)
    questions, answered = db.session.execute(asked).one()
    return CommunityNumbers(
        members=db.session.scalar(members) or 0,
        threads=threads,
        posts=posts,
        answered_percent=answered * 100 // questions if questions else None,
    )


def top_helpers(*, days: int = 7, limit: int = 3) -> Sequence[Helper]:
    """Return whose visible posts were found helpful most often in the last days.

    The brand's own staff is left out, and so are those who keep their profile private.
    Equal numbers stand in the order of joining.
    """
    votes = func.count().label("votes")
    found_helpful = (
        select(HelpfulVote.author_id, votes)
        .join(Post, Post.id == HelpfulVote.post_id)
        .join(Post.thread)
        .where(
            HelpfulVote.created_at >= now() - timedelta(days=days),
            Post.state == State.VISIBLE,
            Thread.state == State.VISIBLE,
            Thread.access == Access.OPEN,
        )
        .group_by(HelpfulVote.author_id)
        .subquery()
    )
    helpers = (
        select(Member, found_helpful.c.votes)
        .join(found_helpful, found_helpful.c.author_id == Member.id)
        .where(*_may_be_named())
        .order_by(found_helpful.c.votes.desc(), Member.id)
        .limit(limit)
    )
    return [Helper(member, count) for member, count in db.session.execute(helpers)]


def _may_be_named() -> tuple[ColumnElement[bool], ...]:
    return Member.role.not_in(STAFF), Member.erased_at.is_(None), Member.is_profile_public


def popular_tags(actor, limit: int = 12) -> list[TagUse]:
    """Return the tags on most of the visible threads the actor may read."""
    uses = func.count(Thread.id).label("uses")
    tags = (
        select(Tag.slug, uses)
        .join(ThreadTag, ThreadTag.tag_id == Tag.id)
        .join(Thread, Thread.id == ThreadTag.thread_id)
        .join(Thread.category)
        .where(Thread.state == State.VISIBLE, Thread.access == Access.OPEN, open_to(actor))
        .group_by(Tag.id, Tag.slug)
        .order_by(uses.desc(), Tag.slug)
        .limit(limit)
    )
    return [TagUse(slug, count) for slug, count in db.session.execute(tags)]
