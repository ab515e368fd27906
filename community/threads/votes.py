"""Helpful votes: one member, one post, one row."""

from datetime import timedelta

from sqlalchemy import func, select

from community.brands.queries import day_began
from community.events import HelpfulVoteGiven, HelpfulVoteWithdrawn
from community.kernel.bus import publish
from community.kernel.db import db, now
from community.kernel.errors import Conflict, TooMany
from community.kernel.i18n import _
from community.kernel.policy import can, require
from community.members.models import Member
from community.permissions import Can
from community.threads import counts
from community.threads.models import HelpfulVote, Post

PER_DAY = 50
PER_AUTHOR_AND_DAY = 6


def vote_helpful(actor: Member, post: Post) -> bool:
    """Find a post helpful; False when the actor did already.

    Raises TooMany beyond 50 votes a day, or 6 for one author: friends who vote for each
    other all day would make the counts worthless. The day is the brand's.
    """
    require(actor, Can.VOTE_HELPFUL, post)
    _hold(actor, post)
    if _vote(actor, post) is not None:
        return False
    _check_limits(actor, post)
    db.session.add(HelpfulVote(post_id=post.id, member_id=actor.id, author_id=post.author_id))
    counts.count_vote(post, 1)
    publish(HelpfulVoteGiven(post_id=post.id, author_id=post.author_id, voter_id=actor.id))
    return True


def withdraw_helpful(actor: Member, post: Post) -> bool:
    """Take a vote back; False when there is none."""
    require(actor, Can.VOTE_HELPFUL, post)
    _hold(actor, post)
    vote = _vote(actor, post)
    if vote is None:
        return False
    db.session.delete(vote)
    counts.count_vote(post, -1)
    publish(HelpfulVoteWithdrawn(post_id=post.id, author_id=post.author_id, voter_id=actor.id))
    return True


def _hold(actor: Member, post: Post) -> None:
    """Keep the post visible, and the voter's and author's rows, until the commit."""
    counts.hold(post.thread, shared=True)
    counts.hold_members(actor.id, post.author_id)
    db.session.refresh(post)
    if not can(actor, Can.VOTE_HELPFUL, post):
        raise Conflict(_("This post was removed a moment ago."))


def _vote(actor: Member, post: Post) -> HelpfulVote | None:
    return db.session.scalar(
        select(HelpfulVote).where(HelpfulVote.post_id == post.id, HelpfulVote.member_id == actor.id)
    )


def _check_limits(actor: Member, post: Post) -> None:
    began = day_began()
    for_author = func.count().filter(HelpfulVote.author_id == post.author_id)
    cast, for_this_author = db.session.execute(
        select(func.count(), for_author).where(
            HelpfulVote.member_id == actor.id, HelpfulVote.created_at >= began
        )
    ).one()
    wait = max(60, int((began + timedelta(days=1) - now()).total_seconds()))
    if cast >= PER_DAY:
        message = _("You have %(limit)s helpful votes a day. More tomorrow.", limit=PER_DAY)
        raise TooMany(message, retry_after=wait)
    if for_this_author >= PER_AUTHOR_AND_DAY:
        message = _(
            "You have found %(limit)s posts of this member helpful today. More tomorrow.",
            limit=PER_AUTHOR_AND_DAY,
        )
        raise TooMany(message, retry_after=wait)
