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
    if not _mark(post, is_accepted=True):
        return False
    ids = {"thread_id": post.thread_id, "post_id": post.id, "author_id": post.author_id}
    publish(AnswerAccepted(**ids, accepted_by_id=actor.id))
    return True


def withdraw(actor: Member, post: Post) -> bool:
    """Take the mark back; False when there is none."""
    require(actor, Can.ACCEPT_ANSWER, post)
    if not _mark(post, is_accepted=False):
        return False
    ids = {"thread_id": post.thread_id, "post_id": post.id, "author_id": post.author_id}
    publish(AnswerNoLongerAccepted(**ids, withdrawn_by_id=actor.id))
    return True


def _mark(post: Post, *, is_accepted: bool) -> bool:
    counts.hold(post.thread)
    db.session.refresh(post)  # as it is now that nobody else can mark it
    if post.is_accepted is is_accepted:
        return False
    post.is_accepted = is_accepted
    counts.settle(post.thread)
    return True
