"""What members did for each other, with the moment of each: what badges and influence count."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from community.kernel.db import db
from community.scoring.models import PointsEntry
from community.scoring.rules import ANSWER_ACCEPTED, ANSWER_CERTIFIED
from community.threads.kinds import Access, Kind, State
from community.threads.models import HelpfulVote, Post, Thread


class Deed(NamedTuple):
    """Something that counts for a member: when it was, and who was helped by it."""

    at: datetime
    by_id: int | None


def of_rule(member_id: int, rule: str) -> Sequence[Deed]:
    """What was done under one rule of the ledger and still stands, oldest first.

    A line may be taken back, and what took it back be taken back with a post that returns: it
    stands when that happened an even number of times, and was done when it was first written.
    """
    theirs = select(PointsEntry).where(PointsEntry.member_id == member_id, PointsEntry.rule == rule)
    lines = db.session.scalars(theirs.order_by(PointsEntry.happened_at, PointsEntry.id)).all()
    against = {line.reverses_id: line.id for line in lines if line.reverses_id is not None}
    return [
        Deed(line.happened_at, line.giver_id)
        for line in lines
        if line.reverses_id is None and _stands(line.id, against)
    ]


def _stands(line_id: int, against: Mapping[int, int]) -> bool:
    stands = True
    while line_id in against:
        line_id, stands = against[line_id], not stands
    return stands


def accepted(member_id: int) -> Sequence[Deed]:
    return of_rule(member_id, ANSWER_ACCEPTED)


def certified(member_id: int) -> Sequence[Deed]:
    return of_rule(member_id, ANSWER_CERTIFIED)


def votes_received(member_id: int) -> Sequence[Deed]:
    """Helpful votes on what the member wrote and is still there."""
    votes = (
        select(HelpfulVote.created_at, HelpfulVote.member_id)
        .join(Post, Post.id == HelpfulVote.post_id)
        .where(HelpfulVote.author_id == member_id, Post.state == State.VISIBLE)
        .order_by(HelpfulVote.created_at, HelpfulVote.post_id)
    )
    return [Deed(*row) for row in db.session.execute(votes)]


def votes_given(member_id: int, since: datetime | None = None) -> Sequence[Deed]:
    """Helpful votes of the member, with whom each was for."""
    votes = select(HelpfulVote.created_at, HelpfulVote.author_id).where(
        HelpfulVote.member_id == member_id
    )
    if since is not None:
        votes = votes.where(HelpfulVote.created_at >= since)
    ordered = votes.order_by(HelpfulVote.created_at, HelpfulVote.post_id)
    return [Deed(*row) for row in db.session.execute(ordered)]


def first_answers(member_id: int, since: datetime, until: datetime) -> Sequence[Deed]:
    """Questions of others that nobody had answered before the member did, one for each."""
    earlier = aliased(Post)
    answered_before = (
        select(earlier.id)
        .where(
            earlier.thread_id == Post.thread_id,
            earlier.number > 1,
            earlier.number < Post.number,
            earlier.state == State.VISIBLE,
            earlier.author_id != Thread.author_id,
        )
        .exists()
    )
    answers = (
        select(func.min(Post.created_at), Thread.author_id)
        .join(Thread, Thread.id == Post.thread_id)
        .where(
            Post.author_id == member_id,
            Post.number > 1,
            Post.state == State.VISIBLE,
            Post.created_at >= since,
            Post.created_at < until,
            Thread.kind == Kind.QUESTION,
            Thread.access == Access.OPEN,
            Thread.state == State.VISIBLE,
            Thread.author_id != member_id,
            ~answered_before,
        )
        .group_by(Thread.id, Thread.author_id)
    )
    found = (Deed(*row) for row in db.session.execute(answers))
    return sorted(found, key=lambda deed: deed.at)


def solved_questions(member_id: int) -> Sequence[Deed]:
    """Questions the member asked and marked an answer of, by when they were asked."""
    asked = (
        select(Thread.created_at, Thread.last_author_id)
        .where(
            Thread.author_id == member_id,
            Thread.kind == Kind.QUESTION,
            Thread.state == State.VISIBLE,
            Thread.is_solved,
        )
        .order_by(Thread.created_at, Thread.id)
    )
    return [Deed(*row) for row in db.session.execute(asked)]
