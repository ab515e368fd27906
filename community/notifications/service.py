"""What a member does with notices, and what time and leaving do to them."""

from datetime import timedelta

from sqlalchemy import delete, or_, select, update

from community.events import ConversationRead, DayBegan, MemberErased
from community.groups.models import Group
from community.kernel.bus import Delivery
from community.kernel.db import db, now
from community.kernel.policy import can, require
from community.members.models import Member
from community.notifications.models import Mail, Notification
from community.permissions import Can
from community.threads import standing
from community.threads.models import Post, Thread

KEEP_READ = timedelta(days=60)
KEEP_UNREAD = timedelta(days=180)
KEEP_MAIL = timedelta(days=90)
KEEP_DELIVERED = timedelta(days=30)


def mark_thread_read(actor, notification: Notification) -> None:
    """Mark this notice read, and the older ones of the same thread or group with it."""
    require(actor, Can.READ_NOTIFICATION, notification)
    if notification.post_id is None:
        _mark(
            Notification.member_id == actor.id,
            Notification.id <= notification.id,
            Notification.group_id == notification.group_id,
            Notification.reason == notification.reason,
        )
        return
    thread_id = select(Post.thread_id).where(Post.id == notification.post_id)
    of_thread = select(Post.id).where(Post.thread_id == thread_id.scalar_subquery())
    _mark(
        Notification.member_id == actor.id,
        Notification.id <= notification.id,
        Notification.post_id.in_(of_thread),
    )


def mark_all_read(actor, *, up_to: int) -> None:
    """Mark read what the member has been shown: notices up to this id, none that came since."""
    require(actor, Can.READ_NOTIFICATIONS)
    _mark(Notification.member_id == actor.id, Notification.id <= up_to)


def mark_read_before(member_id: int, post_id: int) -> None:
    """Mark read what a member was told of a thread before this post of theirs."""
    thread_id = select(Post.thread_id).where(Post.id == post_id).scalar_subquery()
    earlier = select(Post.id).where(Post.thread_id == thread_id, Post.id < post_id)
    _mark(Notification.member_id == member_id, Notification.post_id.in_(earlier))


def on_conversation_read(event: ConversationRead) -> None:
    """Whoever has seen the messages needs no notice of them."""
    seen = select(Post.id).where(Post.thread_id == event.thread_id, Post.number <= event.number)
    _mark(Notification.member_id == event.member_id, Notification.post_id.in_(seen))


def _mark(*which) -> None:
    unread = update(Notification).where(Notification.read_at.is_(None), *which)
    db.session.execute(unread.values(read_at=now()))


def stop_following(member: Member, thread: Thread) -> None:
    """Follow a thread no more, for whoever holds the member's link."""
    if can(member, Can.FOLLOW_THREAD, thread):
        standing.unfollow(member, thread)


def stop_mails(member: Member, switch: str) -> None:
    """Turn one kind of mail off, for whoever holds the member's link."""
    setattr(member, switch, False)


# -- Time and leaving ------------------------------------------------------


def forget_old(_event: DayBegan) -> None:
    """Delete what is kept for a time only: notices, lines about mail, deliveries done."""
    moment = now()
    old_notices = or_(
        Notification.read_at < moment - KEEP_READ,
        Notification.created_at < moment - KEEP_UNREAD,
    )
    db.session.execute(delete(Notification).where(old_notices))
    db.session.execute(delete(Mail).where(Mail.created_at < moment - KEEP_MAIL))
    long_ago = moment - KEEP_DELIVERED
    over = or_(Delivery.done_at < long_ago, Delivery.discarded_at < long_ago)
    db.session.execute(delete(Delivery).where(over))


def forget_member(event: MemberErased) -> None:
    """Delete a member's notices, what others were told of them, and every mail to them."""
    of_member = event.member_id
    theirs = or_(Notification.member_id == of_member, Notification.by_id == of_member)
    db.session.execute(delete(Notification).where(theirs))
    db.session.execute(delete(Mail).where(Mail.member_id == of_member))


def export(member: Member) -> list[dict]:
    """What a member has been told of, for their download."""
    told = (
        select(Notification, Post, Thread, Group.name)
        .outerjoin(Post, Post.id == Notification.post_id)
        .outerjoin(Thread, Thread.id == Post.thread_id)
        .outerjoin(Group, Group.id == Notification.group_id)
        .where(Notification.member_id == member.id)
        .order_by(Notification.id)
    )
    return [
        {
            "reason": notification.reason.value,
            "thread": thread and thread.id,
            "post": post and post.number,
            "group": group,
            "told_at": notification.created_at.isoformat(),
            "read_at": notification.read_at.isoformat() if notification.read_at else None,
        }
        for notification, post, thread, group in db.session.execute(told)
    ]
