"""Starting threads, replying, and editing what was written."""

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from community.events import PostAdded, PostEdited, ThreadStarted
from community.kernel import text
from community.kernel.bus import publish
from community.kernel.db import db, now
from community.kernel.errors import Conflict, Invalid
from community.kernel.i18n import _
from community.kernel.policy import can, require
from community.media.service import token_of
from community.members.models import Member
from community.permissions import Can
from community.threads import counts, fields, newcomers, posts, private, reading, slow
from community.threads.models import (
    Access,
    Category,
    Follow,
    Kind,
    Post,
    PostRevision,
    Thread,
)
from community.threads.posts import References
from community.threads.tags import checked_tags, set_tags

TITLE_MIN, TITLE_MAX = 10, 120
GRACE = timedelta(minutes=5)
GRACE_CHARACTERS = 100
EXCERPT = 200


class SentOtherwise(Invalid):
    """The form was posted before, with another text; sent under a new key, this is another."""

    def __init__(self):
        message = _("This was posted already, in other words. Send it again to post this too.")
        super().__init__(message, field="body")


# -- Writing ---------------------------------------------------------------


def start_thread(
    actor: Member,
    category: Category,
    *,
    title: str,
    body: str,
    tags: Iterable[str] = (),
    kind: Kind = Kind.DISCUSSION,
    access: Access = Access.OPEN,
    facts: Mapping[int, str] | None = None,
    submission: str | None = None,
) -> Thread:
    """Start a thread; its author follows it.

    With `access=Access.BRAND` it is for its author and staff alone. `facts` are answers to
    what the category asks, by field id (see `threads.fields`).
    `submission` is the key of the form that was sent: sent twice by the same author, it
    returns what the first made. Raises Invalid for a title outside 10 to 120 characters,
    an empty or too long body, odd tags, answers that are missing or odd, a private thread
    where the brand offers none, whatever `posts.references` and `newcomers` refuse, and
    SentOtherwise when the form was sent with another text before.
    """
    require(actor, Can.START_THREAD, category)
    title, body, slugs = checked_title(title), posts.checked_body(body), checked_tags(tags)
    _take_turns(actor)
    if made := _made_from(actor, submission, body, title):
        return made.thread
    _check_access(access)
    answers = fields.checked(category, facts or {})
    found = posts.references(actor, body)
    newcomers.check_pace(actor, is_opening=True)
    thread = Thread(
        kind=kind,
        access=access,
        was_private=access is Access.BRAND,
        author=actor,
        last_author=actor,
        title=title,
        slug=text.slugify(title),
    )
    thread.put_in(category)
    if made := _made_at_once(actor, thread, body, submission):
        return made.thread
    post = _begin(thread, found)
    set_tags(thread, slugs)
    if answers:
        fields.fill_in(thread, answers)
    db.session.add(Follow(thread_id=thread.id, member_id=actor.id))
    reading.wrote(actor, post)
    counts.credit(thread, {actor.id: counts.Credit(1, 0)})
    counts.count_thread(thread, 1)
    publish(ThreadStarted(thread_id=thread.id, post_id=post.id, author_id=actor.id))
    return thread


def _check_access(access: Access) -> None:
    if access is Access.BRAND and not private.are_offered():
        message = _("This community has no private discussions with the team at the moment.")
        raise Invalid(message, field="access")


def reply(actor: Member, thread: Thread, *, body: str, submission: str | None = None) -> Post:
    """Add a reply; whoever replies for the first time follows the thread.

    `submission` as in `start_thread`. Replies sent at the same moment all stand, one
    after the other. Raises Conflict when the thread was closed or removed meanwhile,
    TooMany while a member waits in a slow thread.
    """
    require(actor, Can.REPLY, thread)
    body = posts.checked_body(body)
    found = posts.references(actor, body)
    counts.hold(thread)
    _take_turns(actor)
    if made := _made_from(actor, submission, body):
        return made
    if not can(actor, Can.REPLY, thread):
        raise Conflict(_("This discussion was closed or removed while you were writing."))
    slow.check_reply(actor, thread)
    if thread.access is not Access.PEOPLE:
        newcomers.check_pace(actor, is_opening=False)
    post = _add_post(actor, thread, thread.next_number, body, submission)
    thread.next_number += 1
    _fill(thread, post, found)
    if thread.access is not Access.PEOPLE:  # there, whoever is in it hears of it or mutes it
        _follow_at_first_reply(actor, thread, post)
        reading.wrote(actor, post)
    counts.settle(thread)
    counts.credit(thread, {actor.id: counts.Credit(1, 0)})
    publish(PostAdded(post_id=post.id, thread_id=thread.id, author_id=actor.id))
    return post


def start_conversation(
    actor: Member, *, kind: Kind, title: str, body: str, submission: str | None = None
) -> tuple[Thread, bool]:
    """Start a private thread; return it, and whether it is new. Whom it is with, `messages` says.

    `submission` as in `start_thread`. Raises Invalid for an empty or too long body, and
    whatever `posts.references` refuses.
    """
    require(actor, Can.START_CONVERSATION)
    if made := _made_from(actor, submission):
        return made.thread, False
    body = posts.checked_body(body)
    found = posts.references(actor, body)
    thread = Thread(author=actor, last_author=actor, title=title, slug=text.slugify(title))
    thread.kind, thread.access = kind, Access.PEOPLE
    if made := _made_at_once(actor, thread, body, submission):
        return made.thread, False
    post = _begin(thread, found)
    publish(ThreadStarted(thread_id=thread.id, post_id=post.id, author_id=actor.id))
    return thread, True


def _made_at_once(actor, thread: Thread, body: str, submission: str | None) -> Post | None:
    """Add a thread with its first post; what the same form made at the same moment, if it did."""
    try:
        with db.session.begin_nested():
            db.session.add(thread)
            _add_post(actor, thread, 1, body, submission)
    except IntegrityError:
        if made := _made_from(actor, submission):
            return made
        raise
    return None


def _begin(thread: Thread, found: References) -> Post:
    [post] = thread.posts
    thread.last_post_at = post.created_at
    _fill(thread, post, found)
    return post


def _take_turns(actor: Member) -> None:
    """What new members send at the same moment is counted one after the other."""
    if actor.is_new:
        counts.hold_members(actor.id)


def _made_from(
    actor: Member, submission: str | None, body: str | None = None, title: str | None = None
) -> Post | None:
    """What a form made that was sent before; SentOtherwise when it said something else then."""
    if not submission:
        return None
    made = db.session.scalar(
        select(Post).where(Post.author_id == actor.id, Post.submission == submission)
    )
    if made is None or body is None:
        return made
    if made.body != body or title not in {None, made.thread.title}:
        raise SentOtherwise
    return made


def _add_post(actor, thread: Thread, number: int, body: str, submission: str | None) -> Post:
    post = Post(
        thread=thread,
        number=number,
        author=actor,
        body=body,
        html="",
        render_version=text.RENDER_VERSION,
        submission=submission or None,
        created_at=now(),
    )
    db.session.add(post)
    db.session.flush()  # events, mentions and quotes need its id
    return post


def _fill(thread: Thread, post: Post, found: References) -> None:
    """Set what follows from a post's text: rows of references, HTML, the thread's teaser."""
    posts.note(post, found)
    db.session.flush()  # the HTML depends on the quotes noted
    posts.refresh([post])
    if post.is_opening:
        set_teaser(thread, post)


def set_teaser(thread: Thread, opening: Post) -> None:
    """Let lists show the beginning of a thread's opening post, and its first picture."""
    thread.excerpt = text.excerpt(opening.body, EXCERPT)
    shown = text.pictures(opening.body)
    thread.picture = (token_of(shown[0]) or "") if shown else ""


def _follow_at_first_reply(actor: Member, thread: Thread, post: Post) -> None:
    """Follow once: whoever unfollowed later is not made to follow again."""
    earlier = select(Post.id).where(
        Post.thread_id == thread.id, Post.author_id == actor.id, Post.id != post.id
    )
    there = select(Follow.thread_id).where(
        Follow.thread_id == thread.id, Follow.member_id == actor.id
    )
    if db.session.scalar(earlier.limit(1)) is None and db.session.scalar(there) is None:
        db.session.add(Follow(thread_id=thread.id, member_id=actor.id))


def checked_title(title: str) -> str:
    """Return a title as it is stored; Invalid outside 10 to 120 characters."""
    title = text.clean_line(title)
    if not TITLE_MIN <= len(title) <= TITLE_MAX:
        message = _(
            "Write between %(min)d and %(max)d characters: the subject, then the point.",
            min=TITLE_MIN,
            max=TITLE_MAX,
        )
        raise Invalid(message, field="title")
    return title


# -- Editing ---------------------------------------------------------------


def edit(
    actor: Member,
    post: Post,
    *,
    body: str,
    title: str | None = None,
    tags: Iterable[str] | None = None,
    seen: str | None = None,
    already: Collection[int] = (),
) -> Post:
    """Change a post; of an opening post, the title and tags too unless they are None.

    What it said before becomes a revision and the post is marked as edited, except for a
    small change by the author within five minutes that nobody can have answered.
    `seen` is the `post.version` the editor began from: Conflict when it is another by now.
    `already` are ids of pictures it showed before, that it may show again.
    Raises TooMany while its author waits in a slow thread.
    """
    require(actor, Can.EDIT_POST, post)
    body = posts.checked_body(body)
    thread = post.thread
    title = checked_title(title) if title is not None and post.is_opening else None
    slugs = checked_tags(tags) if tags is not None and post.is_opening else None
    counts.hold(thread)
    db.session.refresh(post)
    _refuse_stale(actor, post, seen)
    new_title = title if title not in {None, thread.title} else None
    new_tags = slugs if slugs is not None and set(slugs) != {t.slug for t in thread.tags} else None
    if body == post.body and new_title is None and new_tags is None:
        return post
    slow.check_edit(actor, post, GRACE)
    found = posts.references(actor, body, already={*already, *posts.pictures_of([post.id])})
    if not _is_silent(actor, post, body, new_title):
        _keep_revision(actor, post, old_title=thread.title if new_title else None)
    post.body = body
    if new_title:
        thread.title, thread.slug = new_title, text.slugify(new_title)
    if new_tags is not None:
        set_tags(thread, new_tags)
    _fill(thread, post, found)
    publish(PostEdited(post_id=post.id, editor_id=actor.id))
    return post


def _refuse_stale(actor: Member, post: Post, seen: str | None) -> None:
    if post.is_purged:
        raise Conflict(_("This post was removed for good."))
    if not can(actor, Can.EDIT_POST, post):
        raise Conflict(_("This post was closed or removed while you were writing."))
    if seen and seen != post.version:
        raise Conflict(_("Someone changed this post while you were writing."))


def _is_silent(actor: Member, post: Post, body: str, new_title: str | None) -> bool:
    if actor.id != post.author_id or now() - post.created_at > GRACE:
        return False
    if post.number != post.thread.next_number - 1:  # somebody may have answered the old words
        return False
    changed = _changed_characters(post.body, body)
    if new_title:
        changed += _changed_characters(post.thread.title, new_title)
    return changed <= GRACE_CHARACTERS


def _changed_characters(old: str, new: str) -> int:
    """How much lies between the first and the last difference."""
    start = 0
    shorter = min(len(old), len(new))
    while start < shorter and old[start] == new[start]:
        start += 1
    end = 0
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return max(len(old), len(new)) - start - end


def _keep_revision(actor: Member, post: Post, *, old_title: str | None) -> None:
    db.session.add(
        PostRevision(post_id=post.id, editor_id=actor.id, title=old_title, body=post.body)
    )
    post.edited_at = now()
    post.edited_by = actor
