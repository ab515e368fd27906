"""Who is told that a thread for the brand alone may become public, and did or did not."""

from sqlalchemy import select, update

from community.brands.queries import the_brand
from community.events import PublicationAsked, PublicationRefused, ThreadMadePublic
from community.kernel.db import db, now
from community.kernel.i18n import _
from community.kernel.policy import can
from community.members.models import Member
from community.notifications import unsubscribing
from community.notifications.mail import PREFERENCES, address, queue, speaking_to, unlinked
from community.notifications.models import Notification, Reason
from community.permissions import Can
from community.threads.models import Post, Thread
from community.threads.private import PublicationRequest


def of_asking(event: PublicationAsked) -> None:
    """Tell the author that staff asks, unless it has been answered meanwhile."""
    asked = db.session.get(PublicationRequest, event.request_id)
    if asked is None or asked.answered_at is not None:
        return
    _tell(asked.thread.author, Reason.ASKED_PUBLIC, asked.thread, asked.asked_by, asked.message)


def of_refusing(event: PublicationRefused) -> None:
    """Tell who asked that the author would rather keep the thread as it is."""
    _answered(event.thread_id, event.asked_by_id, Reason.KEPT_PRIVATE)


def of_publishing(event: ThreadMadePublic) -> None:
    """Tell who asked that the author made the thread public."""
    _answered(event.thread_id, event.asked_by_id, Reason.MADE_PUBLIC)


def _answered(thread_id: int, asked_by_id: int | None, reason: Reason) -> None:
    thread = db.session.get(Thread, thread_id)
    if thread is None:
        return
    opening = _opening(thread)
    asked = update(Notification).where(
        Notification.member_id == thread.author_id,
        Notification.post_id == opening.id,
        Notification.reason == Reason.ASKED_PUBLIC,
        Notification.read_at.is_(None),
    )
    db.session.execute(asked.values(read_at=now()))
    who = db.session.get(Member, asked_by_id) if asked_by_id else None
    if who is not None:
        _tell(who, reason, thread, thread.author, "")


def _opening(thread: Thread) -> Post:
    return db.session.scalars(
        select(Post).where(Post.thread_id == thread.id, Post.number == 1)
    ).one()


def _tell(member: Member, reason: Reason, thread: Thread, by: Member, words: str) -> None:
    """Leave a notice about the opening post, in place of what was told of it before."""
    opening = _opening(thread)
    if member.is_erased or not can(member, Can.SEE_POST, opening):
        return
    of_opening = select(Notification).where(
        Notification.member_id == member.id, Notification.post_id == opening.id
    )
    notice = db.session.scalar(of_opening)
    if notice is None:
        notice = Notification(member_id=member.id, post_id=opening.id, reason=reason)
        db.session.add(notice)
    elif notice.reason is reason:
        return
    notice.reason, notice.by_id = reason, by.id
    notice.created_at, notice.read_at = now(), None
    if member.is_confirmed and getattr(member, PREFERENCES[reason]):
        _mail(member, reason, opening, by, words)


def _mail(member: Member, reason: Reason, opening: Post, by: Member, words: str) -> None:
    thread = opening.thread
    page = "private.publish" if reason is Reason.ASKED_PUBLIC else "threads.show"
    with speaking_to(member):
        name, title = unlinked(by.name), unlinked(thread.title)
        queue(
            member,
            reason.value,
            "publishing",
            subject=_subject(reason, name, title),
            reason=_(
                "You get this because of a private discussion with %(brand)s.",
                brand=the_brand().name,
            ),
            about=opening,
            headers=unsubscribing.headers_for(member, PREFERENCES[reason]),
            preheader=_subject(reason, name, title),
            heading=_subject(reason, name, title),
            explanation=_explanation(reason),
            words=unlinked(words) if words else "",
            author=name,
            url=address(page, thread_id=thread.id),
            settings_url=address("members.settings"),
        )


def _subject(reason: Reason, name: str, title: str) -> str:
    match reason:
        case Reason.ASKED_PUBLIC:
            return _("%(name)s asks whether “%(title)s” may become public", name=name, title=title)
        case Reason.MADE_PUBLIC:
            return _("%(name)s made “%(title)s” public", name=name, title=title)
        case _:
            return _("%(name)s prefers to keep “%(title)s” private", name=name, title=title)


def _explanation(reason: Reason) -> str:
    match reason:
        case Reason.ASKED_PUBLIC:
            return _(
                "Your discussion might help others. You decide: you can take personal details"
                " out first, and nothing changes unless you agree."
            )
        case Reason.MADE_PUBLIC:
            return _("Everybody who reads that category can read the discussion now.")
        case _:
            return _("The discussion stays between its author and the team.")
