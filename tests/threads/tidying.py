"""Threads for tests of what staff does to them, and every row of theirs to compare."""

from sqlalchemy import select

from community.kernel.db import db
from community.threads import counts, standing, votes
from community.threads.models import Category, Post, Thread
from tests.conftest import who
from tests.lived_in import every_row
from tests.threads.saying import a_reply, a_thread

TOLD = {"staff_act", "acted_thread", "event", "delivery", "notification"}
"""Tables that grow by an act and by taking it back."""


def a_talk(author: str, *repliers: str, category: str = "general", **said) -> Thread:
    """A thread with replies, each found helpful by Oli; its author follows it."""
    thread = a_thread(author, category, **said)
    for name in repliers:
        votes.vote_helpful(who("oli"), a_reply(thread, name, f"What {name} knows."))
    return thread


def posts_in(thread: Thread) -> list[tuple[int, str]]:
    """Number and author of each post of a thread, as the database has it."""
    db.session.flush()
    posts = select(Post).where(Post.thread_id == thread.id).order_by(Post.number)
    return [(post.number, post.author.username) for post in db.session.scalars(posts)]


def post_at(thread: Thread, number: int) -> Post:
    at = select(Post).where(Post.thread_id == thread.id, Post.number == number)
    return db.session.scalars(at).one()


def place(slug: str) -> Category:
    return db.session.scalars(select(Category).where(Category.slug == slug)).one()


def follow(name: str, thread: Thread) -> None:
    standing.follow(who(name), thread)


def rows() -> dict[str, list]:
    """Every row of every table and brand, once it is committed and its counters are right."""
    db.session.commit()
    assert counts.recount() == 0
    db.session.commit()
    return {name: of for name, of in every_row().items() if name not in TOLD}
