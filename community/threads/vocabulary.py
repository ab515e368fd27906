"""What staff does to tags: rename, unite, give other words for them, remove."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, or_, select, update

from community.events import TagChanged, TagsChanged
from community.kernel.bus import publish
from community.kernel.db import db
from community.kernel.errors import Conflict, Invalid, Missing
from community.kernel.i18n import _
from community.kernel.policy import require
from community.kernel.text import slugify
from community.permissions import Can
from community.threads.models import Tag, TagSynonym, Thread, ThreadTag
from community.threads.tags import LONGEST, SHORTEST, lines_of

SYNONYMS_MAX = 30
AT_ONCE = 500
"""How many threads one event tells of."""


@dataclass(frozen=True)
class Word:
    """A tag as staff sees it: on how many threads, and what else is said for it."""

    tag: Tag
    uses: int
    synonyms: Sequence[str]


# -- Looking ---------------------------------------------------------------


def tag_or_missing(tag_id: int) -> Tag:
    tag = db.session.get(Tag, tag_id)
    if tag is None:
        raise Missing(_("There is no such tag."))
    return tag


def words(*, beginning: str = "", by_use: bool = True, offset: int = 0, limit: int) -> list[Word]:
    """Tags, the most used first or in the order of the alphabet, with what each stands for.

    `beginning` keeps those that begin so, or have another word that does. Every thread
    counts, removed ones too: they keep their tags.
    """
    uses = func.count(ThreadTag.thread_id)
    tags = (
        select(Tag, uses)
        .outerjoin(ThreadTag, ThreadTag.tag_id == Tag.id)
        .where(_beginning(beginning))
        .group_by(Tag.id)
        .order_by(*([uses.desc()] if by_use else []), Tag.slug)
    )
    rows = db.session.execute(tags.offset(offset).limit(limit)).all()
    others = synonyms_of([tag.id for tag, _uses in rows])
    return [Word(tag, count, others.get(tag.id, ())) for tag, count in rows]


def count_words(beginning: str = "") -> int:
    """How many tags `words` would list in all."""
    return db.session.scalar(select(func.count(Tag.id)).where(_beginning(beginning)))


def word(tag: Tag) -> Word:
    """One tag with its uses and synonyms."""
    uses = select(func.count()).select_from(ThreadTag).where(ThreadTag.tag_id == tag.id)
    return Word(tag, db.session.scalar(uses), synonyms_of([tag.id]).get(tag.id, ()))


def synonyms_of(tag_ids: Sequence[int]) -> dict[int, list[str]]:
    """The other words for these tags, by tag id."""
    found: dict[int, list[str]] = {}
    rows = select(TagSynonym.tag_id, TagSynonym.slug).where(TagSynonym.tag_id.in_(tag_ids))
    for tag_id, slug in db.session.execute(rows.order_by(TagSynonym.slug)):
        found.setdefault(tag_id, []).append(slug)
    return found


def _beginning(start: str):
    slug = slugify(start, fallback="")
    if not slug:
        return Tag.id.is_not(None)
    also = select(TagSynonym.tag_id).where(TagSynonym.slug.startswith(slug, autoescape=True))
    return or_(Tag.slug.startswith(slug, autoescape=True), Tag.id.in_(also))


# -- Changing --------------------------------------------------------------


def rename(actor, tag: Tag, slug: str) -> Tag:
    """Call a tag something else; its old word and address go on leading to it.

    Raises Invalid, for the field "slug", when the word cannot be or another tag has it: two
    tags become one by `unite`.
    """
    require(actor, Can.EDIT_TAGS)
    slug = _checked(slug, "slug")
    if slug == tag.slug:
        return tag
    other = db.session.scalar(select(Tag).where(Tag.slug == slug))
    if other is not None:
        raise Invalid(_("There is a tag of this name. Unite the two instead."), field="slug")
    _take_over([slug], tag, field="slug")
    db.session.execute(delete(TagSynonym).where(TagSynonym.slug == slug))
    db.session.add(TagSynonym(slug=tag.slug, tag_id=tag.id))
    tag.slug = slug
    _tell(actor, tag, _threads_with(tag))
    return tag


def set_synonyms(actor, tag: Tag, others: Iterable[str]) -> None:
    """Make these the other words for a tag: whoever types one of them uses the tag.

    Raises Invalid, for the field "synonyms", for a word that cannot be one, that another
    tag has or stands for already, or for more than 30.
    """
    require(actor, Can.EDIT_TAGS)
    wanted = dict.fromkeys(_checked(one, "synonyms") for one in others if one.strip())
    wanted.pop(tag.slug, None)
    if len(wanted) > SYNONYMS_MAX:
        message = _("Give %(limit)s other words at most.", limit=SYNONYMS_MAX)
        raise Invalid(message, field="synonyms")
    _take_over(list(wanted), tag, field="synonyms")
    present = set(synonyms_of([tag.id]).get(tag.id, ()))
    gone = present - wanted.keys()
    db.session.execute(delete(TagSynonym).where(TagSynonym.slug.in_(gone)))
    new = [slug for slug in wanted if slug not in present]
    db.session.add_all(TagSynonym(slug=slug, tag_id=tag.id) for slug in new)
    if gone or new:
        _tell(actor, tag, [])


def unite(actor, tag: Tag, into: Tag) -> int:
    """Make two tags one: threads with `tag` get `into`, and its word leads there.

    Returns how many threads had it. Raises Conflict when both are the same.
    """
    require(actor, Can.EDIT_TAGS)
    if tag.id == into.id:
        raise Conflict(_("Choose another tag."))
    threads = _threads_with(tag)
    both = select(ThreadTag.thread_id).where(ThreadTag.tag_id == into.id)
    of_tag = ThreadTag.tag_id == tag.id
    db.session.execute(
        delete(ThreadTag)
        .where(of_tag, ThreadTag.thread_id.in_(both))
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        update(ThreadTag)
        .where(of_tag)
        .values(tag_id=into.id)
        .execution_options(synchronize_session=False)
    )
    theirs = update(TagSynonym).where(TagSynonym.tag_id == tag.id)
    db.session.execute(theirs.values(tag_id=into.id))
    db.session.add(TagSynonym(slug=tag.slug, tag_id=into.id))
    publish(TagChanged(tag_id=tag.id, changed_by_id=actor.id))
    db.session.delete(tag)
    _tell(actor, into, threads)
    db.session.expire_all()  # what is loaded from now on has one tag
    return len(threads)


def remove_tag(actor, tag: Tag) -> int:
    """Take a tag off every thread and forget it; returns how many had it.

    It comes back when somebody uses the word again.
    """
    require(actor, Can.EDIT_TAGS)
    threads = _threads_with(tag)
    for model in (ThreadTag, TagSynonym):
        rows = delete(model).where(model.tag_id == tag.id)
        db.session.execute(rows.execution_options(synchronize_session=False))
    _tell(actor, tag, threads)
    db.session.delete(tag)
    db.session.flush()  # its row is let go of before it is forgotten
    db.session.expire_all()
    return len(threads)


# -- Rules -----------------------------------------------------------------


def _checked(one: str, field: str) -> str:
    slug = slugify(one.strip(), fallback="")
    if not SHORTEST <= len(slug) <= LONGEST:
        message = _(
            "A tag has between %(min)d and %(max)d letters or figures.", min=SHORTEST, max=LONGEST
        )
        raise Invalid(message, field=field)
    return slug


def _take_over(slugs: Sequence[str], tag: Tag, *, field: str) -> None:
    """Refuse words that mean another tag."""
    taken = set(db.session.scalars(select(Tag.slug).where(Tag.slug.in_(slugs), Tag.id != tag.id)))
    meant = select(TagSynonym.slug).where(TagSynonym.slug.in_(slugs), TagSynonym.tag_id != tag.id)
    taken |= set(db.session.scalars(meant))
    if taken:
        word_ = min(taken)
        raise Invalid(_("“%(word)s” means another tag already.", word=word_), field=field)


def _threads_with(tag: Tag) -> list[int]:
    rows = select(ThreadTag.thread_id).where(ThreadTag.tag_id == tag.id)
    return list(db.session.scalars(rows.order_by(ThreadTag.thread_id)))


def _tell(actor, tag: Tag, thread_ids: Sequence[int]) -> None:
    publish(TagChanged(tag_id=tag.id, changed_by_id=actor.id))
    db.session.flush()  # the tags are read again
    for start in range(0, len(thread_ids), AT_ONCE):
        ids = list(thread_ids[start : start + AT_ONCE])
        _copy_lines(ids)
        publish(TagsChanged(thread_ids=ids, changed_by_id=actor.id))


def _copy_lines(thread_ids: Sequence[int]) -> None:
    """Let threads show their tags as they are called now."""
    by_line: dict[str, list[int]] = {}
    for thread_id, line in lines_of(thread_ids).items():
        by_line.setdefault(line, []).append(thread_id)
    for line, ids in by_line.items():
        db.session.execute(update(Thread).where(Thread.id.in_(ids)).values(tag_line=line))
