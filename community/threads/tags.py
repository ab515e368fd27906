"""Tags: short words that cut across categories. They come into being by being used."""

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from community.kernel.db import db
from community.kernel.errors import Invalid
from community.kernel.i18n import _
from community.kernel.text import slugify
from community.threads.models import Tag, TagSynonym, Thread, ThreadTag

TAGS_MAX = 5
SHORTEST, LONGEST = 2, 30


def checked_tags(words: Iterable[str]) -> list[str]:
    """Return the slugs of the words, each once; Invalid for more than five or odd lengths."""
    slugs = list(dict.fromkeys(slugify(word, fallback="") for word in words if word.strip()))
    if len(slugs) > TAGS_MAX:
        message = _("Use %(limit)s tags at most.", limit=TAGS_MAX)
        raise Invalid(message, field="tags")
    if any(not SHORTEST <= len(slug) <= LONGEST for slug in slugs):
        message = _(
            "A tag has between %(min)d and %(max)d letters or figures.", min=SHORTEST, max=LONGEST
        )
        raise Invalid(message, field="tags")
    return slugs


def set_tags(thread: Thread, slugs: list[str]) -> None:
    """Make the thread's tags these, given as checked slugs."""
    tags = {tag.id: tag.slug for tag in map(_tag, slugs)}
    wanted = tags.keys()
    there = set(
        db.session.scalars(select(ThreadTag.tag_id).where(ThreadTag.thread_id == thread.id))
    )
    if gone := there - wanted:
        db.session.execute(
            delete(ThreadTag).where(ThreadTag.thread_id == thread.id, ThreadTag.tag_id.in_(gone))
        )
    for tag_id in sorted(wanted - there):
        db.session.add(ThreadTag(thread_id=thread.id, tag_id=tag_id))
    db.session.flush()  # the thread reads its tags through these rows
    db.session.expire(thread, ["tags"])
    thread.tag_line = line_of(tags.values())


def line_of(slugs: Iterable[str]) -> str:
    """What a thread keeps of its tags beside their rows, for lists."""
    return " ".join(sorted(slugs))


def lines_of(thread_ids: Sequence[int]) -> dict[int, str]:
    """The line each of these threads should have, in one statement."""
    rows = (
        select(ThreadTag.thread_id, Tag.slug)
        .join(Tag, Tag.id == ThreadTag.tag_id)
        .where(ThreadTag.thread_id.in_(thread_ids))
    )
    slugs: dict[int, list[str]] = {id_: [] for id_ in thread_ids}
    for thread_id, slug in db.session.execute(rows):
        slugs[thread_id].append(slug)
    return {id_: line_of(of_thread) for id_, of_thread in slugs.items()}


def meant_by(slug: str) -> Tag | None:
    """The tag of this slug, or the one it is another word for."""
    if found := db.session.scalar(select(Tag).where(Tag.slug == slug)):
        return found
    other = select(Tag).join(TagSynonym, TagSynonym.tag_id == Tag.id)
    return db.session.scalar(other.where(TagSynonym.slug == slug))


def _tag(slug: str) -> Tag:
    by_slug = select(Tag).where(Tag.slug == slug)
    if found := meant_by(slug):
        return found
    try:
        with db.session.begin_nested():
            tag = Tag(slug=slug)
            db.session.add(tag)
    except IntegrityError:  # someone used it for the first time at the same moment
        return db.session.scalars(by_slug).one()
    return tag
