"""Threads and replies for tests, made the way members make them."""

from sqlalchemy import select

from community.kernel.db import db
from community.threads import service
from community.threads.models import Category, Post, Thread
from tests.conftest import who

TITLE = "Does rain harm it in the long run?"
BODY = "I left it outside for a night and now it creaks."


def a_thread(author: str, category: str = "general", **said) -> Thread:
    """A thread of a member of the brand in scope."""
    place = db.session.scalars(select(Category).where(Category.slug == category)).one()
    return service.start_thread(who(author), place, **({"title": TITLE, "body": BODY} | said))


def a_reply(thread: Thread, author: str, body: str = "It did not harm mine.") -> Post:
    """A reply of a member to a thread of the brand in scope."""
    return service.reply(who(author), thread, body=body)


def opening(thread: Thread) -> Post:
    """The post a thread begins with."""
    return db.session.scalars(
        select(Post).where(Post.thread_id == thread.id, Post.number == 1)
    ).one()
