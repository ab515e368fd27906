"""Reminders of bookmarks: told in the community, and by mail like a mention."""

from sqlalchemy import select

from community.events import ReminderSet
from community.kernel.db import db, now
from community.kernel.policy import can
from community.notifications.models import Notification, Reason
from community.notifications.tell import letter_about
from community.permissions import Can
from community.threads.bookmarks import Bookmark
from community.threads.models import Post


def of_reminder(event: ReminderSet) -> None:
    """Tell a member of the post whose moment has come, once.

    Nothing is told when the reminder was moved or taken away meanwhile, or when the post may
    not be read any more.
    """
    marked = db.session.get(Bookmark, event.bookmark_id)
    if marked is None or marked.remind_at is None or marked.remind_at > now():
        return
    marked.remind_at = None
    if not can(marked.member, Can.SEE_POST, marked.post):
        return
    about = select(Notification).where(
        Notification.member_id == marked.member_id, Notification.post_id == marked.post_id
    )
    notice = db.session.scalar(about)
    if notice is None:
        notice = Notification(member_id=marked.member_id, post_id=marked.post_id)
        db.session.add(notice)
    notice.reason, notice.read_at, notice.created_at = Reason.REMINDER, None, now()
    letter_about(marked.post, marked.member, Reason.REMINDER)


def on_read(member, thread, number: int) -> None:
    """A member has read a thread up to a number: its notices so far are no news any more."""
    unread = (
        select(Notification)
        .join(Notification.post)
        .where(
            Notification.member_id == member.id,
            Notification.read_at.is_(None),
            Post.thread_id == thread.id,
            Post.number <= number,
        )
    )
    for notice in db.session.scalars(unread):
        notice.read_at = now()
