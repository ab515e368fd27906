"""Lists of questions."""

from sqlalchemy import ColumnElement

from community.threads.kinds import Kind
from community.threads.lists import listed, order_of, page_of_ids, rooms_of
from community.threads.models import Thread
from community.threads.queries import Page, category_tree

FILTERS = ("all", "unanswered", "unsolved", "solved", "certified")


def page(actor, *, only: str = "all", number: int = 1) -> Page:
    """One page of the questions the actor may see, newest first; Missing beyond the last."""
    rooms = rooms_of(category_tree(actor))
    ids = listed(actor, rooms).where(Thread.kind == Kind.QUESTION, *_only(only))
    return page_of_ids(ids.order_by(*order_of("new")), "new", number, rooms)


def _only(name: str) -> list[ColumnElement[bool]]:
    return {
        "all": [],
        "unanswered": [Thread.posts_count == 1, ~Thread.is_locked],
        "unsolved": [~Thread.is_solved],
        "solved": [Thread.is_solved],
        "certified": [Thread.answer_mark == "certified"],
    }[name]
