"""Which threads search engines may list: open ones, and only with something in them."""

from datetime import timedelta

from sqlalchemy import ColumnElement, func, or_

from community.kernel.db import now
from community.threads.models import Access, Audience, State, Thread

THIN_BELOW = 80
"""Characters of the opening's beginning; with less, only replies make a page worth finding."""
THIN_AFTER = timedelta(days=30)
"""How long a short question may wait for its first reply before it counts as thin."""


def is_public(thread: Thread) -> bool:
    """Whether strangers may read the thread, where they may read at all."""
    return (
        thread.access is Access.OPEN
        and thread.state is State.VISIBLE
        and thread.category.visible_to is Audience.EVERYONE
    )


def is_substantial(thread: Thread) -> bool:
    """Whether there is enough in the thread to send somebody there."""
    return (
        thread.posts_count > 1
        or len(thread.excerpt) >= THIN_BELOW
        or bool(thread.picture)
        or thread.created_at >= now() - THIN_AFTER
    )


def substantial() -> ColumnElement[bool]:
    """The same as a condition on Thread."""
    return or_(
        Thread.posts_count > 1,
        func.length(Thread.excerpt) >= THIN_BELOW,
        Thread.picture != "",
        Thread.created_at >= now() - THIN_AFTER,
    )
