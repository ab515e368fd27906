"""Threads for their author and the brand alone, and how one becomes public: by consent."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import JSON, Index, delete, literal_column, select, update
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from community.brands.queries import the_brand
from community.events import PublicationAsked, PublicationRefused, ThreadMadePublic
from community.kernel import text
from community.kernel.bus import publish
from community.kernel.db import Timestamped, db, now
from community.kernel.errors import Conflict, Invalid
from community.kernel.i18n import _
from community.kernel.policy import can, require
from community.kernel.tenancy import BrandScoped, referable, same_brand
from community.members.models import Member
from community.permissions import Can
from community.threads import counts
from community.threads.models import Access, Post, PostRevision, State, Thread
from community.threads.removal import blank

MESSAGE_MAX = 500


class Consent(BrandScoped, Timestamped, db.Model):
    """An author agreed that everybody may read a thread, as it stood at that moment.

    `versions` has for each post, by id, the `Post.version` that was shown and agreed to.
    """

    __table_args__ = (
        referable(),
        same_brand("member_id", "member"),
        same_brand("asked_by_id", "member"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(index=True)
    asked_by_id: Mapped[int | None] = mapped_column()  # None: the author offered
    versions: Mapped[dict] = mapped_column(JSON)


class PublicationRequest(BrandScoped, Timestamped, db.Model):
    """Staff asked an author to open a thread; at most one waits for an answer."""

    __table_args__ = (
        same_brand("thread_id", "thread"),
        same_brand("asked_by_id", "member"),
        Index(
            "uq_publication_request_waiting",
            "thread_id",
            unique=True,
            sqlite_where=literal_column("answered_at IS NULL"),
            postgresql_where=literal_column("answered_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    thread_id: Mapped[int] = mapped_column(index=True)
    asked_by_id: Mapped[int] = mapped_column()
    message: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime | None]
    is_agreed: Mapped[bool] = mapped_column(default=False)

    thread: Mapped[Thread] = relationship(foreign_keys=[thread_id])
    asked_by: Mapped[Member] = relationship(foreign_keys=[asked_by_id])


@dataclass(frozen=True)
class Shown:
    """What a thread says at a moment; `version` is another as soon as any of it changes."""

    posts: Sequence[Post]
    versions: dict[str, str]
    version: str


# -- Reading ---------------------------------------------------------------


def are_offered() -> bool:
    """Whether members of this brand may begin threads for the brand alone."""
    return the_brand().features["private_threads"]


def shown(thread: Thread) -> Shown:
    """Return the posts that would become public, and a name for what they say."""
    visible = select(Post).where(Post.thread_id == thread.id, Post.state == State.VISIBLE)
    posts = db.session.scalars(visible.order_by(Post.number).options(joinedload(Post.author))).all()
    for post in posts:
        set_committed_value(post, "thread", thread)
    versions = {str(post.id): post.version for post in posts}
    said = json.dumps([versions, thread.facts], sort_keys=True)
    return Shown(posts, versions, hashlib.sha256(said.encode()).hexdigest()[:16])


def waiting_request(thread: Thread) -> PublicationRequest | None:
    """The request of staff that waits for the author's answer."""
    return db.session.scalar(_requests(thread).where(PublicationRequest.answered_at.is_(None)))


def latest_request(thread: Thread) -> PublicationRequest | None:
    """The last request of staff, answered or not."""
    return db.session.scalar(_requests(thread).order_by(PublicationRequest.id.desc()).limit(1))


def _requests(thread: Thread):
    of_thread = select(PublicationRequest).where(PublicationRequest.thread_id == thread.id)
    return of_thread.options(joinedload(PublicationRequest.asked_by))


def consent_to(thread: Thread) -> Consent | None:
    """The consent a thread was made public by; None when it always was, or is not."""
    return db.session.get(Consent, thread.consent_id) if thread.consent_id else None


# -- Asking and deciding ---------------------------------------------------


def ask_to_publish(actor: Member, thread: Thread, *, message: str = "") -> PublicationRequest:
    """Ask an author whether a thread may become public; they are told.

    Raises Conflict when they have been asked and not answered yet, when they said no
    before, and when they have left: nobody else can agree.
    """
    require(actor, Can.ASK_TO_PUBLISH, thread)
    message = text.clean_body(message).strip()
    if len(message) > MESSAGE_MAX:
        raise Invalid(_("Use %(limit)s characters at most.", limit=MESSAGE_MAX), field="message")
    _hold(actor, Can.ASK_TO_PUBLISH, thread)
    if thread.author.is_erased:
        raise Conflict(_("The author has left, so nobody can agree to this any more."))
    before = latest_request(thread)
    if before is not None and before.answered_at is None:
        raise Conflict(_("The author has been asked and has not answered yet."))
    if before is not None:
        raise Conflict(_("The author said no. Only they can offer it now."))
    request = PublicationRequest(thread_id=thread.id, asked_by_id=actor.id, message=message)
    db.session.add(request)
    db.session.flush()  # the event needs its id
    publish(PublicationAsked(request_id=request.id, thread_id=thread.id, asked_by_id=actor.id))
    return request


def refuse_to_publish(actor: Member, thread: Thread) -> None:
    """Keep a thread private although staff asks; Conflict when nobody does."""
    require(actor, Can.PUBLISH_THREAD, thread)
    _hold(actor, Can.PUBLISH_THREAD, thread)
    request = waiting_request(thread)
    if request is None:
        raise Conflict(_("Nobody is waiting for an answer about this discussion."))
    request.answered_at = now()
    publish(
        PublicationRefused(
            request_id=request.id, thread_id=thread.id, asked_by_id=request.asked_by_id
        )
    )


def publish_thread(actor: Member, thread: Thread, *, seen: str) -> Consent:
    """Make the author's thread as open as its category, the replies of staff included.

    `seen` is the `Shown.version` the author agrees to: Conflict when something else is
    written by now. The consent is kept. What posts said before, and what was removed, goes
    for good: the author took it out so that nobody would read it.
    """
    require(actor, Can.PUBLISH_THREAD, thread)
    _hold(actor, Can.PUBLISH_THREAD, thread)
    now_shown = shown(thread)
    if seen != now_shown.version:
        raise Conflict(_("Something was written or changed meanwhile. Read it, then decide."))
    request = waiting_request(thread)
    asked_by_id = request.asked_by_id if request else None
    consent = Consent(member_id=actor.id, asked_by_id=asked_by_id, versions=now_shown.versions)
    db.session.add(consent)
    db.session.flush()  # the thread refers to it
    if request is not None:
        request.answered_at, request.is_agreed = now(), True
    _forget_what_is_not_shown(thread)
    thread.consent_id, thread.access = consent.id, Access.OPEN
    db.session.flush()  # what is counted now is read from the database
    counts.credit(thread, counts.credits_of(thread))
    counts.count_thread(thread, 1)
    publish(
        ThreadMadePublic(
            thread_id=thread.id,
            consent_id=consent.id,
            author_id=actor.id,
            asked_by_id=asked_by_id,
        )
    )
    return consent


def _hold(actor: Member, action: Can, thread: Thread) -> None:
    counts.hold(thread)
    if not can(actor, action, thread):
        raise Conflict(_("This changed a moment ago. Have another look."))


def _forget_what_is_not_shown(thread: Thread) -> None:
    of_thread = select(Post.id).where(Post.thread_id == thread.id)
    earlier = delete(PostRevision).where(PostRevision.post_id.in_(of_thread))
    db.session.execute(earlier)
    removed = select(Post).where(
        Post.thread_id == thread.id, Post.state != State.VISIBLE, Post.body != ""
    )
    for post in db.session.scalars(removed).all():
        blank(post)
    marks = update(Post).where(Post.thread_id == thread.id)
    db.session.execute(marks.values(edited_at=None, edited_by_id=None))


# -- A member's own --------------------------------------------------------


def export(member: Member) -> list[dict]:
    """Return the consents a member gave, for their copy of their data."""
    given = (
        select(Consent, Thread.id)
        .join(Thread, Thread.consent_id == Consent.id)
        .where(Consent.member_id == member.id)
        .order_by(Consent.id)
    )
    return [
        {
            "thread": thread_id,
            "made_public_at": consent.created_at.isoformat(),
            "was_asked": consent.asked_by_id is not None,
            "versions": consent.versions,
        }
        for consent, thread_id in db.session.execute(given)
    ]
