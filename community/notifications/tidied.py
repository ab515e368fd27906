"""Telling the people whom an act of staff on threads concerns, once each."""

from collections.abc import Collection

from sqlalchemy import delete, select

from community.events import ActUndone, StaffActTold
from community.kernel.db import db, now
from community.kernel.policy import can
from community.members.models import Member
from community.notifications.models import OF_ACTS, Notification, Reason
from community.permissions import Can
from community.threads.models import Post
from community.threads.staff_acts import ActKind, StaffAct

REASONS = {
    ActKind.MOVE: Reason.MOVED,
    ActKind.MERGE: Reason.MERGED,
    ActKind.SPLIT: Reason.SPLIT,
    ActKind.KIND: Reason.TURNED,
    ActKind.TAGS: Reason.RETAGGED,
    ActKind.LOCK: Reason.CLOSED,
}


def of_act(event: StaffActTold) -> None:
    """Tell those concerned who may read the post that is about them; nobody by mail.

    Whoever was told of that post before, and has read it, is told of it anew; an unread
    notice stays, for it leads to the same place and says more. Doing it again tells only
    those who were not told before.
    """
    act = db.session.get(StaffAct, event.act_id)
    if act is None or act.undone_at is not None or not act.told:
        return
    reason = REASONS[act.kind]
    waiting = {int(member_id): post_id for member_id, post_id in act.told.items()}
    for member_id in db.session.scalars(_of(act).with_only_columns(Notification.member_id)):
        waiting.pop(member_id, None)
    posts = _posts(set(waiting.values()))
    there = notices_of(waiting, posts)
    for member in db.session.scalars(select(Member).where(Member.id.in_(waiting))):
        post = posts.get(waiting[member.id])
        if post is None or member.is_erased or not can(member, Can.SEE_POST, post):
            continue
        notice = there.get((member.id, post.id))
        if notice is None:
            notice = Notification(member_id=member.id, post_id=post.id)
            db.session.add(notice)
        elif notice.read_at is None and notice.reason not in OF_ACTS:
            continue
        notice.reason, notice.by_id = reason, act.actor_id
        notice.created_at, notice.read_at = now(), None


def _of(act: StaffAct):
    """The notices this act left."""
    return select(Notification).where(
        Notification.post_id.in_(set(act.told.values())),
        Notification.by_id == act.actor_id,
        Notification.reason == REASONS[act.kind],
        Notification.created_at >= act.created_at,
    )


def _posts(ids: Collection[int]) -> dict[int, Post]:
    return {post.id: post for post in db.session.scalars(select(Post).where(Post.id.in_(ids)))}


def notices_of(
    member_ids: Collection[int], post_ids: Collection[int]
) -> dict[tuple[int, int], Notification]:
    """The notices these members have of these posts, by both ids."""
    found = select(Notification).where(
        Notification.member_id.in_(member_ids), Notification.post_id.in_(post_ids)
    )
    return {(one.member_id, one.post_id): one for one in db.session.scalars(found)}


def of_undone(event: ActUndone) -> None:
    """Take back what was told of an act: it is not true any more."""
    act = db.session.get(StaffAct, event.act_id)
    if act is None or not act.told:
        return
    stale = _of(act).with_only_columns(Notification.id)
    db.session.execute(delete(Notification).where(Notification.id.in_(stale)))
