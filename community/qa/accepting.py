"""The asker's own mark: this answered my question."""

from community.events import AnswerAccepted, AnswerNoLongerAccepted
from community.kernel.bus import publish
from community.kernel.db import db
from community.kernel.policy import require
from community.members.models import Member
from community.permissions import Can
from community.threads import counts
from community.threads.models import Post


def accept(actor: Member, post: Post) -> bool:
    """Say that a reply answered the question; several may. False when it is said already."""
    require(actor, Can.ACCEPT_ANSWER, post)
    counts.hold(post.thread)
    db.session.refresh(post)  # as it is now that nobody else can mark it
    if post.is_accepted:
        return False
    post.is_accepted = True
    counts.settle(post.thread)
    publish(
        AnswerAccepted(
            thread_id=post.thread_id,
            post_id=post.id,
            author_id=post.author_id,
            accepted_by_id=actor.id,
        )
    )
    return True


def withdraw(actor: Member, post: Post) -> bool:
    """Take the mark back; False when there is none."""
    require(actor, Can.ACCEPT_ANSWER, post)
    counts.hold(post.thread)
    db.session.refresh(post)  # as it is now that nobody else can mark it
    if not post.is_accepted:
        return False
    post.is_accepted = False
    counts.settle(post.thread)
    publish(
        AnswerNoLongerAccepted(
            thread_id=post.thread_id,
            post_id=post.id,
            author_id=post.author_id,
            withdrawn_by_id=actor.id,
        )
    )
    return True
