"""Posts as they are indexed: those that are shown, in threads that are not private."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from html import unescape

from sqlalchemy import Select, func, select

from community.brands.queries import the_brand
from community.kernel.db import db
from community.search.questions import Document
from community.search.words import LONGEST_WORD, is_small, language_of, stem, words
from community.threads.models import Access, Post, State, Thread

PORTION = 500
"""Posts read in one statement."""
_BODY_CHARACTERS = 20_000
_QUOTE = re.compile(r"<blockquote\b(?:(?!<blockquote\b).)*?</blockquote>", re.DOTALL)
_IN_A_LINE = re.compile(r"</?(?:a|code|em|s|strong|time)\b[^>]*>")
_TAG = re.compile(r"<[^>]*>")
_MOST_VOCABULARY = 200


def of_posts(post_ids: Iterable[int]) -> list[Document]:
    """Return the documents of those posts that may be found now; the others are gone."""
    ids, found = sorted(set(post_ids)), []
    for start in range(0, len(ids), PORTION):
        found += _read(_findable().where(Post.id.in_(ids[start : start + PORTION])))
    return found


def of_brand() -> Iterator[list[Document]]:
    """Yield everything that may be found in the brand, oldest first, in portions.

    Each portion is read in a transaction of its own.
    """
    last = 0
    while True:
        rows = db.session.scalars(
            select(Post.id).where(Post.id > last).order_by(Post.id).limit(PORTION)
        ).all()
        if not rows:
            return
        found = _read(_findable().where(Post.id > last, Post.id <= rows[-1]))
        last = rows[-1]
        db.session.rollback()  # nothing is held while it is indexed
        yield found


def post_ids_of(thread_ids: Iterable[int]) -> set[int]:
    """Return every post of these threads, shown or not."""
    ids, found = sorted(set(thread_ids)), set()
    for start in range(0, len(ids), PORTION):
        some = ids[start : start + PORTION]
        found.update(db.session.scalars(select(Post.id).where(Post.thread_id.in_(some))))
    return found


def openings_among(post_ids: Iterable[int]) -> set[int]:
    """Return the threads that begin with one of these posts."""
    ids = sorted(set(post_ids))
    opening = select(Post.thread_id).where(Post.id.in_(ids), Post.number == 1)
    return set(db.session.scalars(opening)) if ids else set()


def count() -> int:
    """Return how many posts of the brand may be found."""
    return db.session.scalar(_findable().with_only_columns(func.count(Post.id))) or 0


def text_of(html: str) -> str:
    """Return the words of a post in one line, without what it quotes."""
    shorter = str(html)
    while (without := _QUOTE.sub(" ", shorter)) != shorter:
        shorter = without
    shorter = _TAG.sub(" ", _IN_A_LINE.sub("", shorter))
    return " ".join(unescape(shorter).split())[:_BODY_CHARACTERS]


def _findable() -> Select:
    return (
        select(
            Post.id,
            Post.number,
            Post.author_id,
            Post.created_at,
            Post.html,
            Post.thread_id,
            Thread.title,
            Thread.tag_line,
            Thread.kind,
            Thread.is_solved,
            Thread.access,
            Thread.author_id.label("starter_id"),
            Thread.category_id,
        )
        .join(Thread, Post.thread_id == Thread.id)
        .where(
            Post.state == State.VISIBLE,
            Thread.state == State.VISIBLE,
            Thread.access != Access.PEOPLE,
        )
    )


def _read(statement: Select) -> list[Document]:
    locale = the_brand().locale
    return [_document(row, locale) for row in db.session.execute(statement.order_by(Post.id))]


def _document(row, locale: str) -> Document:
    tags = row.tag_line.split()
    heading, body = words(row.title), words(text_of(row.html))
    of_tags = words(" ".join(tags).replace("-", " "))
    is_opening = row.number == 1
    language = language_of(heading + body, locale)
    told = {word for word in (*heading, *of_tags, *(body if is_opening else ())) if _tells(word)}
    return Document(
        post_id=row.id,
        thread_id=row.thread_id,
        category_id=row.category_id,
        author_id=row.author_id,
        reader_id=row.starter_id if row.access == Access.BRAND else 0,
        kind=row.kind.value,
        is_solved=row.is_solved,
        created_at=row.created_at,
        tags=tags,
        title=Counter(stem(word, language) for word in heading + of_tags),
        body=Counter(stem(word, language) for word in body if not is_small(word)),
        is_opening=is_opening,
        starts=frozenset(heading + of_tags) if is_opening else frozenset(),
        vocabulary=frozenset(sorted(told)[:_MOST_VOCABULARY]),
    )


def _tells(word: str) -> bool:
    return 3 <= len(word) < LONGEST_WORD and word.isalpha() and not is_small(word)
