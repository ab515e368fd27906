"""Conversations for tests, made the way members make them."""

from datetime import timedelta

from sqlalchemy import select

from community.kernel.db import db, now
from community.messages import queries, service
from community.messages.models import MessageReport, Wrong
from community.messages.reports import report
from community.threads.models import Post, Thread
from tests.conftest import who

SUBJECT = "The bag we spoke about"
BODY = "Shall I send you a picture of the lining?"


def a_conversation(author: str, *people: str, **said) -> Thread:
    """A conversation of a member of the brand in scope with others, begun an hour ago."""
    thread = service.start(
        who(author), [who(name) for name in people], **({"subject": SUBJECT, "body": BODY} | said)
    )
    return aged(thread)


def to_the_brand(author: str, **said) -> Thread:
    """A conversation of a member with the brand's team, begun an hour ago."""
    words = {"subject": "My order", "body": "It has not come yet."}
    return aged(service.write_to_brand(who(author), **(words | said)))


def aged(thread: Thread) -> Thread:
    """Begun an hour before, so that the next one is not too soon."""
    thread.created_at = now() - timedelta(hours=1)
    db.session.flush()
    return thread


def a_message(thread: Thread, author: str, body: str = "Yes, please.") -> Post:
    """A message of somebody in the conversation."""
    return service.reply(who(author), thread, body=body)


def first(thread: Thread) -> Post:
    """The message a conversation begins with."""
    return db.session.scalars(
        select(Post).where(Post.thread_id == thread.id, Post.number == 1)
    ).one()


def a_report(post: Post, reporter: str, wrong: Wrong = Wrong.SPAM, words="") -> MessageReport:
    return report(who(reporter), post, wrong=wrong, words=words)


def seen_by(username: str, thread: Thread) -> Thread:
    """The conversation as the member opens it; Missing when they cannot."""
    db.session.flush()
    db.session.expire_all()
    return queries.conversation_or_missing(who(username), thread.id)


def new_here(username: str) -> None:
    """Make somebody a new member, who has yet to become known."""
    who(username).created_at = now()
    db.session.flush()


def soon_after(thread: Thread) -> None:
    """Let the conversation have begun a moment ago."""
    thread.created_at = now()
    db.session.flush()
