"""What follows for posts when a member leaves: the name goes out of them, or they go too."""

import re
from collections.abc import Collection, Iterable

from sqlalchemy import delete, func, or_, select

from community.events import MemberErased
from community.kernel.db import db
from community.kernel.markdown import USERNAME
from community.members.models import FormerUsername, Member
from community.threads import bookmarks, drafts, posts, reading
from community.threads.models import Follow, Post, PostMention, PostQuote, PostRevision
from community.threads.removal import remove_for_good

_MENTION = re.compile(rf"(?<![\w@.+/-])@({USERNAME.pattern})(?![\w@])", re.ASCII | re.IGNORECASE)
# The first line of a quote, as `text.quote` writes it.
_QUOTE = re.compile(r"\[@(?:\\.|[^\[\]\\])*( #\d+\]\(/t/[^\s()]*\?post=(\d+)#post-\d+\))")


def on_member_erased(event: MemberErased) -> None:
    """Take the former member's names out of what others wrote, and out of every list.

    Mentions and the head of quotes show the pseudonym instead, in the posts themselves
    and in what they said before (Art. 17 GDPR: erasure reaches the copies). The posts of
    the member stay under the pseudonym, or are removed for good if that was the wish.
    """
    member = db.session.get(Member, event.member_id)
    if member is None or not member.is_erased:
        return
    if event.removes_posts:
        _remove_posts(member)
    for model in (Follow, PostMention):
        db.session.execute(delete(model).where(model.member_id == member.id))
    for room in (drafts, reading, bookmarks):
        room.forget(member)
    names = _names_of(member)
    theirs = set(db.session.scalars(select(Post.id).where(Post.author_id == member.id)))
    changed = _anonymise(_posts_naming(names, member), names, theirs, member.username)
    db.session.flush()  # the HTML depends on the mentions that are gone
    posts.refresh(changed)
    _anonymise(_revisions_naming(names), names, theirs, member.username)


def _remove_posts(member: Member) -> None:
    theirs = select(Post).where(Post.author_id == member.id, Post.body != "")
    # Threads in one order, as every act on several of them takes them.
    for post in db.session.scalars(theirs.order_by(Post.thread_id, Post.number)).all():
        remove_for_good(post, member)


def _names_of(member: Member) -> set[str]:
    """Every name the member went by."""
    former = select(FormerUsername.username).where(FormerUsername.member_id == member.id)
    return {name.lower() for name in db.session.scalars(former)} - {member.username}


def _posts_naming(names: Collection[str], member: Member) -> list[Post]:
    quoted = select(Post.id).where(Post.author_id == member.id)
    quoting = select(PostQuote.post_id).where(PostQuote.quoted_id.in_(quoted))
    found = select(Post).where(or_(Post.id.in_(quoting), *_mention(Post.body, names)))
    return list(db.session.scalars(found.order_by(Post.id)))


def _revisions_naming(names: Collection[str]) -> list[PostRevision]:
    # Whom a revision quotes is not kept, so every one with a quote is looked at.
    quotes = PostRevision.body.contains("?post=", autoescape=True)
    found = select(PostRevision).where(or_(quotes, *_mention(PostRevision.body, names)))
    return list(db.session.scalars(found.order_by(PostRevision.id)))


def _mention(body, names: Collection[str]) -> list:
    return [func.lower(body).contains(f"@{name}", autoescape=True) for name in sorted(names)]


def _anonymise(rows: Iterable, names: Collection[str], theirs: Collection[int], pseudonym: str):
    """Put the pseudonym into the bodies of posts or revisions; return those changed."""

    def mention(found: re.Match) -> str:
        return f"@{pseudonym}" if found[1].lower() in names else found[0]

    def quote(found: re.Match) -> str:
        return f"[@{pseudonym}{found[1]}" if int(found[2]) in theirs else found[0]

    changed = []
    for row in rows:
        body = _QUOTE.sub(quote, _MENTION.sub(mention, row.body))
        if body != row.body:
            row.body = body
            changed.append(row)
    return changed
