"""What a member wrote and did in threads, for their copy of their data (Art. 15 and 20 GDPR)."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from community.kernel.db import db
from community.members.models import Member
from community.threads.models import Follow, HelpfulVote, Post, PostRevision, Thread


def posts_of_member(member: Member) -> list[dict]:
    """Return every post of the member, removed ones included while their text is kept."""
    theirs = select(Post).where(Post.author_id == member.id, Post.body != "")
    posts = db.session.scalars(theirs.order_by(Post.id).options(joinedload(Post.thread)))
    return [
        {
            "thread": post.thread.title,
            "address": f"/t/{post.thread_id}/{post.thread.slug}#post-{post.number}",
            "text": post.body,
            "state": post.state.value,
            "written_at": post.created_at.isoformat(),
            "edited_at": post.edited_at and post.edited_at.isoformat(),
            "found_helpful": post.helpful_count,
        }
        for post in posts
    ]


def revisions_of_member(member: Member) -> list[dict]:
    """Return what the member's own posts said before."""
    earlier = (
        select(PostRevision)
        .join(Post, Post.id == PostRevision.post_id)
        .where(Post.author_id == member.id, PostRevision.body != "")
        .order_by(PostRevision.id)
    )
    return [
        {
            "post": revision.post_id,
            "text": revision.body,
            "title": revision.title,
            "replaced_at": revision.created_at.isoformat(),
        }
        for revision in db.session.scalars(earlier)
    ]


def votes_of_member(member: Member) -> list[dict]:
    """Return which posts the member found helpful."""
    given = select(HelpfulVote).where(HelpfulVote.member_id == member.id)
    return [
        {"post": vote.post_id, "given_at": vote.created_at.isoformat()}
        for vote in db.session.scalars(given.order_by(HelpfulVote.created_at, HelpfulVote.post_id))
    ]


def follows_of_member(member: Member) -> list[dict]:
    """Return which threads the member follows."""
    followed = (
        select(Thread.id, Thread.title, Follow.created_at)
        .join(Follow, Follow.thread_id == Thread.id)
        .where(Follow.member_id == member.id)
        .order_by(Thread.id)
    )
    return [
        {"thread": title, "address": f"/t/{id_}", "since": since.isoformat()}
        for id_, title, since in db.session.execute(followed)
    ]
