"""Hiding, deleting and restoring posts, and forgetting what was removed long ago.

With its first post a thread goes and comes back. Numbers stay, and where a reply was
its place stays visible. What quotes a removed post stops showing it.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete as delete_rows
from sqlalchemy import or_, select

from community.events import DayBegan, PostDeleted, PostHidden, PostRestored
from community.kernel.bus import publish
from community.kernel.db import db, now
from community.kernel.errors import Conflict, Invalid
from community.kernel.i18n import _
from community.kernel.policy import can, require
from community.kernel.text import clean_line
from community.media import service as media
from community.media.models import Upload
from community.members.models import Member
from community.permissions import Can
from community.threads import counts, fields, places, posts
from community.threads.models import (
    Access,
    Post,
    PostMention,
    PostPicture,
    PostQuote,
    PostRevision,
    State,
    Thread,
)

RESTORABLE = timedelta(days=30)
REASON_MAX = 300


def hide(actor: Member, post: Post, *, reason: str) -> None:
    """Hide a post from everyone but its author and staff; the author is told the reason.

    Raises Conflict when it is removed already, naming who did it.
    """
    require(actor, Can.HIDE_POST, post)
    reason = _checked_reason(reason)
    if not reason:
        raise Invalid(_("Say why, so that the author understands."), field="reason")
    _hold(actor, Can.HIDE_POST, post)
    if not post.is_visible:
        raise _already_removed(post)
    _remove(post, State.HIDDEN, actor, reason)
    publish(PostHidden(post_id=post.id, hidden_by_id=actor.id))


def delete(actor: Member, post: Post, *, reason: str = "") -> None:
    """Delete a post; it can be restored for 30 days. Conflict when it is deleted already."""
    require(actor, Can.DELETE_POST, post)
    reason = _checked_reason(reason)
    _hold(actor, Can.DELETE_POST, post)
    if post.state is State.DELETED:
        raise _already_removed(post)
    _remove(post, State.DELETED, actor, reason)
    publish(PostDeleted(post_id=post.id, deleted_by_id=actor.id))


def restore(actor: Member, post: Post) -> None:
    """Bring a removed post back with its votes, pictures and quotes.

    Raises Conflict when it is not removed, or was more than 30 days ago.
    """
    require(actor, Can.RESTORE_POST, post)
    _hold(actor, Can.RESTORE_POST, post)
    if post.is_visible:
        raise Conflict(_("This post is already back."))
    if post.is_purged or now() - post.removed_at > RESTORABLE:
        raise Conflict(_("A removed post can be brought back for 30 days. This one is gone."))
    _bring_back(post)
    publish(PostRestored(post_id=post.id, restored_by_id=actor.id))


def put_aside(post: Post, by: Member, reason: str) -> None:
    """Hide a post by a decision about it, which has asked what its decider may."""
    counts.hold(post.thread)
    db.session.refresh(post)
    if post.is_visible:
        _remove(post, State.HIDDEN, by, reason)
        publish(PostHidden(post_id=post.id, hidden_by_id=by.id))


def put_back(post: Post, by: Member) -> None:
    """Show a post again that a decision hid, unless its text is gone meanwhile."""
    counts.hold(post.thread)
    db.session.refresh(post)
    if post.state is State.HIDDEN and not post.is_purged:
        _bring_back(post)
        publish(PostRestored(post_id=post.id, restored_by_id=by.id))


def _checked_reason(reason: str) -> str:
    reason = clean_line(reason)
    if len(reason) > REASON_MAX:
        message = _("This reason is too long: %(limit)s characters at most.", limit=REASON_MAX)
        raise Invalid(message, field="reason")
    return reason


def _hold(actor: Member, action: Can, post: Post) -> None:
    """Keep the post as it is until the commit; Conflict when it changed meanwhile."""
    counts.hold(post.thread)
    db.session.refresh(post)
    if can(actor, action, post):
        return
    if not post.is_visible:
        raise _already_removed(post)
    raise Conflict(_("This changed a moment ago. Have another look."))


def _already_removed(post: Post) -> Conflict:
    if post.removed_by_id == post.author_id:
        return Conflict(_("Already removed by its author."))
    return Conflict(_("Already removed by %(name)s.", name=post.removed_by.name))


# -- What a removal does ---------------------------------------------------


def _remove(post: Post, state: State, by: Member, reason: str) -> None:
    """Take a held post, and with an opening post its thread, out of sight."""
    if post.is_visible:
        _count(post, -1)
    post.state = state
    post.removed_at, post.removed_by, post.removed_reason = now(), by, reason
    _follow_up(post)


def _bring_back(post: Post) -> None:
    post.state = State.VISIBLE
    post.removed_at, post.removed_by, post.removed_reason = None, None, ""
    _count(post, 1)
    _follow_up(post)


def _count(post: Post, sign: int) -> None:
    thread = post.thread
    if post.is_opening:
        counts.credit(thread, counts.credits_of(thread), sign=sign)
        counts.count_thread(thread, sign)
    elif thread.state is State.VISIBLE:
        gain = counts.Credit(1, post.helpful_count)
        counts.credit(thread, {post.author_id: gain}, sign=sign)


def _takes_thread_along(post: Post) -> bool:
    """In private the first post goes alone: what the others wrote is theirs."""
    return post.is_opening and post.thread.access is not Access.PEOPLE


def _follow_up(post: Post) -> None:
    """Settle whatever depends on whether the post is visible."""
    thread = post.thread
    if _takes_thread_along(post):
        thread.state = post.state
    counts.settle(thread)
    with_it = [post.id]
    if _takes_thread_along(post):
        with_it = db.session.scalars(select(Post.id).where(Post.thread_id == thread.id)).all()
    posts.settle_pictures(posts.pictures_of(with_it))
    posts.refresh(_quoting(post, thread))


def _quoting(post: Post, thread: Thread) -> list[Post]:
    """Posts whose quotes appear or disappear with the post."""
    quoted = PostQuote.quoted_id == post.id
    if _takes_thread_along(post):
        inside = select(Post.id).where(Post.thread_id == thread.id)
        quoted = or_(quoted, PostQuote.quoted_id.in_(inside) & (Post.thread_id != thread.id))
    quoting = select(Post).join(PostQuote, PostQuote.post_id == Post.id).where(quoted)
    return list(db.session.scalars(quoting.order_by(Post.id)).unique())


# -- For good --------------------------------------------------------------


def purge(before: datetime) -> int:
    """Forget the text of posts removed before `before`; return how many.

    Their revisions, mentions, quotes and pictures go too. Number, author and who removed
    them stay, for the tombstone.
    """
    removed = select(Post).where(
        Post.state != State.VISIBLE, Post.removed_at < before, Post.body != ""
    )
    found = db.session.scalars(removed.order_by(Post.id)).all()
    for post in found:
        blank(post)
    return len(found)


def blank(post: Post) -> None:
    """Forget what a removed post says, at once."""
    post.body, post.html = "", ""
    for thread in [post.thread] if post.is_opening else places.opened_by(post):
        # Addresses and lists of staff need a name; a number says nothing.
        thread.title, thread.slug = f"#{thread.id}", "thread"
        thread.excerpt, thread.picture = "", ""
        fields.forget(thread)
    shown = posts.pictures_of([post.id])
    for model in (PostRevision, PostMention, PostQuote, PostPicture):
        db.session.execute(delete_rows(model).where(model.post_id == post.id))
    still = select(PostPicture.upload_id).where(PostPicture.upload_id.in_(shown))
    unused = shown - set(db.session.scalars(still))
    media.discard(db.session.scalars(select(Upload).where(Upload.id.in_(unused))).all())


def remove_for_good(post: Post, by: Member) -> None:
    """Delete a post without a way back, for someone who leaves and takes it along."""
    counts.hold(post.thread)
    db.session.refresh(post)
    if post.state is not State.DELETED:
        _remove(post, State.DELETED, by, "")
        publish(PostDeleted(post_id=post.id, deleted_by_id=by.id))
    blank(post)


def on_day_began(_event: DayBegan) -> None:
    """Forget what was removed more than 30 days ago; renew HTML made by an older version."""
    purge(now() - RESTORABLE)
    posts.refresh_outdated()
