"""Telling people what became of answers: accepted, certified, to be looked at again, wanting.

In the community alone. Of one post a member has one notice: the latest news of its answer takes
the place of an older one.
"""

from datetime import datetime

from sqlalchemy import delete, select

from community.events import (
    AnswerAccepted,
    AnswerCertified,
    AnswerNoLongerAccepted,
    AnswerReminded,
    CertificationDue,
    CertificationLifted,
    QuestionWaiting,
)
from community.kernel.db import db, now
from community.kernel.policy import can
from community.members.models import STAFF, Member, Role
from community.notifications.mail import is_shown
from community.notifications.models import OF_ANSWERS, Notification, Reason
from community.notifications.tidied import notices_of
from community.permissions import Can
from community.qa.models import Certification
from community.threads.models import Post, Thread


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


def of_no_longer_accepted(event: AnswerNoLongerAccepted) -> None:
    """Take back what its author was told, unless it is accepted again."""
    post = db.session.get(Post, event.post_id)
    if post is None or not post.is_accepted:
        _take_back(event.post_id, Reason.ACCEPTED)


def of_lifted(event: CertificationLifted) -> None:
    """Take back what its author was told; tell whoever answers for it when an edit did it."""
    made = db.session.get(Certification, event.certification_id)
    if made is None or not made.post.is_certified:
        _take_back(event.post_id, Reason.CERTIFIED)
    if made is not None and event.cause == "edited" and not made.post.is_certified:
        _tell(made.post, made.owner_id, Reason.LIFTED, event.lifted_by_id)


def of_due(event: CertificationDue) -> None:
    """Tell whoever answers for it that it is to be looked at again."""
    made = db.session.get(Certification, event.certification_id)
    if made is not None and made.lifted_at is None and made.due_at is not None:
        _tell(made.post, made.owner_id, Reason.DUE, None, since=made.due_at)


def of_waiting(event: QuestionWaiting) -> None:
    """Tell experts, or staff, of a question that nobody answered in time."""
    thread = db.session.get(Thread, event.thread_id)
    if thread is None or thread.posts_count > 1:
        return
    roles = {Role.EXPERT} if event.told == "experts" else STAFF
    of_roles = select(Member.id).where(Member.role.in_(roles), Member.id != thread.author_id)
    for member_id in db.session.scalars(of_roles).all():
        _tell(_opening(thread), member_id, Reason.WAITING, None)


def of_reminder(event: AnswerReminded) -> None:
    """Remind whoever asked that an answer may be accepted, unless one was meanwhile."""
    thread = db.session.get(Thread, event.thread_id)
    if thread is not None and not thread.is_solved:
        _tell(_opening(thread), thread.author_id, Reason.ACCEPT, None)


def _opening(thread: Thread) -> Post:
    first = select(Post).where(Post.thread_id == thread.id, Post.number == 1)
    return db.session.scalars(first).one()


def _take_back(post_id: int, reason: Reason) -> None:
    stale = delete(Notification).where(
        Notification.post_id == post_id, Notification.reason == reason
    )
    db.session.execute(stale)


def _tell(
    post: Post,
    member_id: int,
    reason: Reason,
    by_id: int | None,
    *,
    since: datetime | None = None,
) -> None:
    """Notify a member who is there, may read the post and did not do it.

    Doing it again tells nothing twice: the same news is not told anew, unless it happened
    `since`. What is unread of another kind stays, for it leads to the same place.
    """
    member = db.session.get(Member, member_id)
    if member is None or member.is_erased or member_id == by_id:
        return
    if not is_shown(post) or not can(member, Can.SEE_POST, post):
        return
    notice = notices_of({member_id}, {post.id}).get((member_id, post.id))
    if notice is None:
        notice = Notification(member_id=member_id, post_id=post.id)
        db.session.add(notice)
    elif notice.reason is reason:
        if since is None or notice.created_at >= since:
            return
    elif notice.read_at is None and notice.reason not in OF_ANSWERS:
        return
    notice.reason, notice.by_id = reason, by_id
    notice.created_at, notice.read_at = now(), None
