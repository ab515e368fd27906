"""What threads keep of their tags and categories for fast lists, compared with the truth."""

from collections.abc import Iterator

from sqlalchemy import func, select

from community.kernel.db import db
from community.kernel.upkeep import Tally, portions
from community.threads.counts import hold
from community.threads.models import Category, Thread
from community.threads.tags import lines_of


def check(mends: bool) -> Iterator[Tally]:
    """Find threads that show other tags than they have, or stand in another section."""
    for first, last, size in portions(Thread):
        tally = Tally("tags and sections of threads", size)
        wrong = _other_tags(first, last) | _other_section(first, last)
        for id_ in sorted(wrong):
            tally.note(f"thread {id_} {wrong[id_]}")
            if mends:
                _mend(id_)
        yield tally


def _other_tags(first: int, last: int) -> dict[int, str]:
    shown = select(Thread.id, Thread.tag_line).where(Thread.id.between(first, last))
    lines = dict(db.session.execute(shown).all())
    right = lines_of(list(lines))
    return {
        id_: f"shows the tags \u201c{line}\u201d, it has \u201c{right[id_]}\u201d"
        for id_, line in lines.items()
        if line != right[id_]
    }


def _other_section(first: int, last: int) -> dict[int, str]:
    right = func.coalesce(Category.parent_id, Category.id)
    wrong = (
        select(Thread.id)
        .join(Category, Category.id == Thread.category_id)
        .where(Thread.id.between(first, last), Thread.section_id != right)
    )
    return {id_: "stands in another section" for id_ in db.session.scalars(wrong)}


def _mend(id_: int) -> None:
    thread = db.session.get_one(Thread, id_)
    hold(thread)
    thread.tag_line = lines_of([id_])[id_]
    if thread.category is not None:
        thread.put_in(thread.category)
    db.session.flush()  # sees the next portion as it is
