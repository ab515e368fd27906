"""Telling people what became of answers: accepted, certified, to be looked at again.

In the community alone. Of one post a member has one notice: the latest news takes the place of
an older one, read or not.
"""

from community.events import (
    AnswerAccepted,
    AnswerCertified,
    CertificationDue,
    CertificationLifted,
)
from community.kernel.db import db, now
from community.kernel.policy import can
from community.members.models import Member
from community.notifications.mail import is_shown
from community.notifications.models import Notification, Reason
from community.notifications.tidied import notices_of
from community.permissions import Can
from community.qa.models import Certification
from community.threads.models import Post


def of_accepted(event: AnswerAccepted) -> None:
    """Tell whoever wrote the answer, unless the mark is gone meanwhile."""
    post = db.session.get(Post, event.post_id)
    if post is not None and post.is_accepted:
        _tell(post, event.author_id, Reason.ACCEPTED, event.accepted_by_id)


def of_certified(event: AnswerCertified) -> None:
    """Tell whoever wrote the answer, unless the mark is gone meanwhile."""
    post = db.session.get(Post, event.post_id)
    if post is not None and post.is_certified:
        _tell(post, event.author_id, Reason.CERTIFIED, event.certified_by_id)


def of_lifted(event: CertificationLifted) -> None:
    """Tell whoever answers for it that an edit took the mark away."""
    made = db.session.get(Certification, event.certification_id)
    if made is not None and event.cause == "edited" and not made.post.is_certified:
        _tell(made.post, made.owner_id, Reason.LIFTED, event.lifted_by_id)


def of_due(event: CertificationDue) -> None:
    """Tell whoever answers for it that it is to be looked at again."""
    made = db.session.get(Certification, event.certification_id)
    if made is not None and made.lifted_at is None and made.due_at is not None:
        _tell(made.post, made.owner_id, Reason.DUE, None)


def _tell(post: Post, member_id: int, reason: Reason, by_id: int | None) -> None:
    """Notify a member who is there, may read the post and did not do it."""
    member = db.session.get(Member, member_id)
    if member is None or member.is_erased or member_id == by_id:
        return
    if not is_shown(post) or not can(member, Can.SEE_POST, post):
        return
    notice = notices_of({member_id}, {post.id}).get((member_id, post.id))
    if notice is None:
        notice = Notification(member_id=member_id, post_id=post.id)
        db.session.add(notice)
    notice.reason, notice.by_id = reason, by_id
    notice.created_at, notice.read_at = now(), None
