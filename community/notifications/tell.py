"""Who is told of a post, and why. Runs behind the events of threads."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import select

from community.brands.queries import the_brand
from community.events import (
    PollClosed,
    PostAdded,
    PostEdited,
    PostRestored,
    TellingPaused,
    ThreadStarted,
)
from community.kernel.bus import publish
from community.kernel.db import db, now
from community.kernel.i18n import _
from community.kernel.policy import can
from community.kernel.text import excerpt
from community.members.models import STAFF, Member
from community.notifications import unsubscribing
from community.notifications.mail import (
    PREFERENCES,
    address,
    is_shown,
    message_id,
    queue,
    speaking_to,
    unlinked,
)
from community.notifications.models import Notification, Reason
from community.notifications.service import mark_read_before
from community.permissions import Can
from community.threads.models import (
    Access,
    Follow,
    Kind,
    Post,
    PostMention,
    PostQuote,
    State,
)

QUIET = timedelta(hours=24)
"""Replies in a thread are not mailed again to whoever has unread news of it this young."""
LATE = timedelta(days=3)
"""A post this old is told of in the community, and no longer by mail."""
EXCERPT = 300
PORTION = 100
"""Members told by one delivery."""


def of_new_thread(event: ThreadStarted) -> None:
    """Tell whoever the opening post mentions or quotes."""
    _tell(event.post_id)


def of_reply(event: PostAdded) -> None:
    """Tell whoever the reply concerns. Whoever replies has read what came before."""
    _tell(event.post_id)
    mark_read_before(event.author_id, event.post_id)


def of_edit(event: PostEdited) -> None:
    """Tell whoever the edit brought in; everyone else has been told."""
    _tell(event.post_id, only_addressed=True)


def of_restored(event: PostRestored) -> None:
    """Tell whoever could not be told while the post was hidden."""
    _tell(event.post_id)


def of_the_rest(event: TellingPaused) -> None:
    """Tell further members, after the first portion."""
    if event.about_poll:
        _tell_of_poll(event.post_id)
    else:
        _tell(event.post_id)


def of_poll_closed(event: PollClosed) -> None:
    """Tell who follows the thread that its poll is closed, in the community alone."""
    opening = select(Post.id).where(Post.thread_id == event.thread_id, Post.number == 1)
    if post_id := db.session.scalar(opening):
        _tell_of_poll(post_id)


def _tell_of_poll(post_id: int) -> None:
    """Notify each follower once. Whoever was told of the opening post is told of this instead."""
    post = db.session.get(Post, post_id)
    if post is None or not is_shown(post):
        return
    following = select(Follow.member_id).where(Follow.thread_id == post.thread_id)
    notices = select(Notification).where(Notification.post_id == post.id)
    told = {notice.member_id: notice for notice in db.session.scalars(notices)}
    waiting = [
        member
        for member in _members(set(db.session.scalars(following)))
        if can(member, Can.SEE_POST, post)
        and not (member.id in told and told[member.id].reason is Reason.POLL_CLOSED)
    ]
    for member in waiting[:PORTION]:
        notice = told.get(member.id) or Notification(member_id=member.id, post_id=post.id)
        notice.reason, notice.read_at, notice.created_at = Reason.POLL_CLOSED, None, now()
        db.session.add(notice)
    if len(waiting) > PORTION:
        publish(TellingPaused(post_id=post.id, about_poll=True))


def _tell(post_id: int, *, only_addressed: bool = False) -> None:
    """Notify each member once, for the strongest reason, and mail those who wish it.

    Doing it again tells only those who were not told before; so a post that concerns many is
    told in portions, none of which keeps the database to itself for long.
    """
    post = db.session.get(Post, post_id)
    if post is None or not is_shown(post):
        return
    reasons = _reasons(post, only_addressed=only_addressed)
    reasons.pop(post.author_id, None)
    told = set(
        db.session.scalars(select(Notification.member_id).where(Notification.post_id == post.id))
    )
    hearing = set(_with_unread_news(post))
    waiting = [
        member for member in _members(reasons.keys() - told) if can(member, Can.SEE_POST, post)
    ]
    letter = _Letter(post)
    for member in waiting[:PORTION]:
        reason = reasons[member.id]
        db.session.add(Notification(member_id=member.id, post_id=post.id, reason=reason))
        if _is_mailed(member, reason, post, is_hearing=member.id in hearing):
            letter.to(member, reason)
    if len(waiting) > PORTION:
        publish(TellingPaused(post_id=post.id))


def _reasons(post: Post, *, only_addressed: bool) -> dict[int, Reason]:
    """Whom a post concerns. In private, everybody who is told of the conversation, alike."""
    if post.thread.access is Access.PEOPLE:
        return {} if only_addressed else dict.fromkeys(_written_to(post), Reason.MESSAGE)
    reasons = dict(_addressed(post))
    if not only_addressed and not post.is_opening:
        for member_id, reason in _watching(post):
            reasons.setdefault(member_id, reason)
    return reasons


def _written_to(post: Post) -> Iterator[int]:
    """Who hears of a conversation; of one with the brand that nobody of the team has taken up
    yet, all the team.
    """
    told = select(Follow.member_id).where(Follow.thread_id == post.thread_id)
    if not post.is_opening:
        told = told.where(Follow.created_at <= post.created_at)
    yield from db.session.scalars(told)
    is_taken_up = any(one.speaks_for_brand for one in post.thread.participants)
    if post.thread.kind is Kind.TO_BRAND and not is_taken_up:
        yield from db.session.scalars(select(Member.id).where(Member.role.in_(STAFF)))


def _addressed(post: Post) -> Iterator[tuple[int, Reason]]:
    """Whom the post quotes, then whom it mentions, so that a mention wins."""
    quoted = (
        select(Post.author_id)
        .join(PostQuote, PostQuote.quoted_id == Post.id)
        .where(PostQuote.post_id == post.id)
    )
    for member_id in db.session.scalars(quoted):
        yield member_id, Reason.QUOTE
    mentioned = select(PostMention.member_id).where(PostMention.post_id == post.id)
    for member_id in db.session.scalars(mentioned):
        yield member_id, Reason.MENTION


def _watching(post: Post) -> Iterator[tuple[int, Reason]]:
    """Who followed the thread when the post was written; its starter has the better reason."""
    following = select(Follow.member_id).where(
        Follow.thread_id == post.thread_id, Follow.created_at <= post.created_at
    )
    for member_id in db.session.scalars(following):
        is_starter = member_id == post.thread.author_id
        yield member_id, Reason.REPLY if is_starter else Reason.FOLLOW


def _members(ids: set[int]) -> list[Member]:
    """Those of the members who are still there, in the order of their ids."""
    there = select(Member).where(Member.id.in_(ids), Member.erased_at.is_(None))
    return list(db.session.scalars(there.order_by(Member.id)))


def _with_unread_news(post: Post) -> Iterator[int]:
    unread = (
        select(Notification.member_id)
        .join(Post, Post.id == Notification.post_id)
        .where(
            Post.thread_id == post.thread_id,
            Post.state == State.VISIBLE,
            Notification.read_at.is_(None),
            Notification.created_at > now() - QUIET,
        )
    )
    return iter(db.session.scalars(unread))


# -- By mail ---------------------------------------------------------------


def _is_mailed(member: Member, reason: Reason, post: Post, *, is_hearing: bool) -> bool:
    if not member.is_confirmed or post.created_at < now() - LATE:
        return False
    if is_hearing and reason in {Reason.REPLY, Reason.FOLLOW, Reason.MESSAGE}:
        return False
    return getattr(member, PREFERENCES[reason])


def letter_about(post: Post, member: Member, reason: Reason) -> None:
    """Mail a member about a post, whatever its age, if that kind of mail is wished."""
    if member.is_confirmed and getattr(member, PREFERENCES[reason]):
        _Letter(post).to(member, reason)


class _Letter:
    """The mail about one post, the same for everyone but for the reason and the language."""

    def __init__(self, post: Post):
        self._post = post
        self._brand = the_brand()
        self._root = message_id(f"thread-{post.thread_id}", self._brand)
        # A phone shows the subject and the line below it to whoever looks at it.
        self._is_private = post.thread.access is Access.PEOPLE
        place = {"thread_id": post.thread_id, "post": post.id}
        self._same = {
            "preheader": "" if self._is_private else excerpt(post.body, 120),
            "excerpt": excerpt(post.body, EXCERPT),
            "title": unlinked(post.thread.title),
            "settings_url": address("members.settings"),
            "url": address("messages.show", **place)
            if self._is_private
            else address("threads.show", slug=post.thread.slug, **place),
        }

    def to(self, member: Member, reason: Reason) -> None:
        post = self._post
        headers = {"In-Reply-To": self._root, "References": self._root}
        headers |= unsubscribing.headers_for(member, PREFERENCES[reason])
        follows = reason in {Reason.REPLY, Reason.FOLLOW, Reason.MESSAGE}
        with speaking_to(member):
            author = unlinked(post.author.name)
            queue(
                member,
                reason.value,
                "post",
                subject=self._subject(reason, author),
                reason=_because(reason, self._brand.name),
                about=post,
                headers=headers,
                heading=_headline(reason, author),
                author=author,
                unfollow_url=unsubscribing.address(member, post.thread) if follows else None,
                **self._same,
            )

    def _subject(self, reason: Reason, author: str) -> str:
        title = self._post.thread.title
        if self._is_private:
            return _headline(reason, author)
        return title if self._post.is_opening else f"Re: {title}"


def _headline(reason: Reason, author: str) -> str:
    match reason:
        case Reason.MESSAGE:
            return _("%(name)s wrote to you", name=author)
        case Reason.MENTION:
            return _("%(name)s mentioned you", name=author)
        case Reason.QUOTE:
            return _("%(name)s quoted you", name=author)
        case Reason.REPLY:
            return _("%(name)s replied to you", name=author)
        case Reason.FOLLOW:
            return _("%(name)s replied in a thread you follow", name=author)
        case Reason.REMINDER:
            return _("You wanted to come back to this")


def _because(reason: Reason, brand: str) -> str:
    match reason:
        case Reason.MESSAGE:
            return _(
                "You get this because somebody wrote to you in the community of %(brand)s.",
                brand=brand,
            )
        case Reason.MENTION | Reason.QUOTE:
            return _(
                "You get this because you asked %(brand)s to tell you when someone mentions or"
                " quotes you.",
                brand=brand,
            )
        case Reason.REPLY:
            return _("You get this because you started this thread with %(brand)s.", brand=brand)
        case Reason.FOLLOW:
            return _("You get this because you follow this thread with %(brand)s.", brand=brand)
        case Reason.REMINDER:
            return _("You get this because you asked %(brand)s to remind you.", brand=brand)
