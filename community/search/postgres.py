"""The engine of a PostgreSQL database: full text, with words made by `search.words`.

PostgreSQL ranks every row that matches before it gives the best, which takes a quarter of a
second for a common word in a million posts. So a question goes to the posts that came in last
first, by a word that names their portion (`_epoch`), and to all of them only when those hold
too few.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from sqlalchemy import REAL, ColumnElement, String, cast, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY
from sqlalchemy.exc import IntegrityError

from community.kernel.db import db, now
from community.kernel.tenancy import brand_id_in_scope
from community.search.models import SearchPost, SearchState, SearchWord
from community.search.questions import (
    MOST_HITS,
    MOST_TITLES,
    Document,
    Hit,
    Likeness,
    Question,
    Reach,
)

EPOCH = 2_048
"""Ids of posts in one portion."""
WINDOWS = (2, 32)
"""How many of the last portions are asked first, and then, before all of them are."""
LEASE = timedelta(seconds=90)
"""For one portion of a rebuild; whoever does not come back within it has died."""
_WEIGHTS = [0.1, 0.2, 0.5, 1.0]  # of text, title of a reply, tags, title
_MOST_TIMES = 3  # more often in one text is not more about it


class Postgres:
    """Full text of PostgreSQL, shared by all machines."""

    # -- Writing -----------------------------------------------------------

    def position(self) -> int | None:
        return db.session.scalar(select(SearchState.position))

    def apply(self, documents: Iterable[Document], gone: Iterable[int], position: int) -> bool:
        state = db.session.scalar(select(SearchState).with_for_update(skip_locked=True))
        if state is None or state.position is None or state.position >= position:
            return False
        documents = list(documents)
        self._replace(documents, [*gone, *(document.post_id for document in documents)])
        state.position = position
        return True

    def rebuild(
        self, portions: Iterator[list[Document]], position: int, *, anew: bool = False
    ) -> bool:
        if not self._claim(anew=anew):
            return False
        last = 0
        for documents in portions:
            if documents:
                ours = SearchPost.brand == brand_id_in_scope()
                until = documents[-1].post_id
                old = delete(SearchPost).where(
                    ours, SearchPost.post_id > last, SearchPost.post_id <= until
                )
                db.session.execute(old)
                self._insert(documents)
                last = until
            self._go_on()
        beyond = delete(SearchPost).where(
            SearchPost.brand == brand_id_in_scope(), SearchPost.post_id > last
        )
        db.session.execute(beyond)
        state = db.session.scalars(select(SearchState)).one()
        state.position, state.busy_until = position, None
        db.session.commit()
        return True

    def _claim(self, *, anew: bool) -> bool:
        """Say that we are at it; False when another is, or was and finished."""
        state = db.session.scalar(select(SearchState).with_for_update())
        if state is None:
            state = SearchState()
            db.session.add(state)
        is_busy = state.busy_until is not None and state.busy_until > now()
        if is_busy or (state.position is not None and not anew):
            db.session.rollback()
            return False
        state.position, state.busy_until = None, now() + LEASE
        try:
            db.session.commit()
        except IntegrityError:  # another was first
            db.session.rollback()
            return False
        return True

    def _go_on(self) -> None:
        """Keep the portion that is done, and be at the next for a while."""
        db.session.execute(update(SearchState).values(busy_until=now() + LEASE))
        db.session.commit()

    def _replace(self, documents: list[Document], post_ids: list[int]) -> None:
        ours = SearchPost.brand == brand_id_in_scope()
        for start in range(0, len(post_ids), 1_000):
            some = post_ids[start : start + 1_000]
            db.session.execute(delete(SearchPost).where(ours, SearchPost.post_id.in_(some)))
        self._insert(documents)

    def _insert(self, documents: list[Document]) -> None:
        if not documents:
            return
        brand = brand_id_in_scope()
        rows = [_row(brand, document) for document in documents]
        db.session.execute(insert(SearchPost), rows)
        told = frozenset().union(*(document.vocabulary for document in documents))
        known = set(db.session.scalars(select(SearchWord.word).where(SearchWord.word.in_(told))))
        db.session.add_all(SearchWord(word=word, initial=word[0]) for word in sorted(told - known))

    # -- Asking ------------------------------------------------------------

    def find(self, question: Question) -> list[Hit]:
        asked = " & ".join(_one_of(stems) for stems in question.words)
        if question.tag:
            asked += f" & {_quoted('#' + question.tag)}"
        conditions = _within(question.reach)
        if question.author_id is not None:
            conditions.append(SearchPost.author_id == question.author_id)
        if question.is_solved is not None:
            conditions.append(SearchPost.is_solved == question.is_solved)
        if question.since is not None:
            conditions.append(SearchPost.created_at >= question.since)
        if question.until is not None:
            conditions.append(SearchPost.created_at < question.until)
        ids = self._newest(asked, conditions, MOST_HITS)
        if not ids:
            return []
        rank = func.ts_rank(cast(_WEIGHTS, ARRAY(REAL)), SearchPost.words, _query(asked))
        rows = db.session.execute(
            select(
                SearchPost.post_id,
                SearchPost.thread_id,
                SearchPost.kind,
                rank if not question.newest_first else func.extract("epoch", SearchPost.created_at),
                SearchPost.created_at,
            ).where(SearchPost.post_id.in_(ids))
        )
        hits = [Hit(p, t, kind, float(score), at.timestamp()) for p, t, kind, score, at in rows]
        return sorted(hits, key=lambda hit: (-hit.score, -hit.moment, -hit.post_id))

    def alike(self, groups: Sequence[frozenset[str]], reach: Reach) -> list[Likeness]:
        stems, ids = frozenset().union(*groups), set()
        for group in groups:
            asked = " | ".join(_quoted("^" + stem) for stem in sorted(group))
            ids.update(self._newest(asked, _within(reach), MOST_TITLES))
        titles = select(SearchPost.thread_id, SearchPost.title).where(SearchPost.post_id.in_(ids))
        found = []
        for thread_id, title in db.session.execute(titles):
            of_title = title.split()
            found.append(Likeness(thread_id, stems.intersection(of_title), len(of_title)))
        return found

    def beginning(self, words: Sequence[tuple[str, ...]], prefix: str, reach: Reach) -> list[int]:
        asked = " & ".join(
            [f"{_quoted('=' + prefix)}:*"]
            + ["(" + " | ".join(_quoted("^" + stem) for stem in stems) + ")" for stems in words]
        )
        ids = self._newest(asked, _within(reach), 200)
        threads = select(SearchPost.thread_id).where(SearchPost.post_id.in_(ids))
        return list(db.session.scalars(threads.order_by(SearchPost.post_id.desc())))

    def vocabulary(self, initial: str, shortest: int, longest: int) -> list[str]:
        length = func.char_length(SearchWord.word)
        return list(
            db.session.scalars(
                select(SearchWord.word).where(
                    SearchWord.initial == initial, length.between(shortest, longest)
                )
            )
        )

    def count(self) -> int:
        ours = SearchPost.brand == brand_id_in_scope()
        return db.session.scalar(select(func.count()).select_from(SearchPost).where(ours)) or 0

    def _newest(self, asked: str, conditions: list[ColumnElement[bool]], most: int) -> list[int]:
        """Return the posts that answer and came in last."""
        ours = SearchPost.brand == brand_id_in_scope()
        newest = db.session.scalar(select(func.max(SearchPost.post_id)).where(ours))
        if newest is None:
            return []
        last = newest // EPOCH
        # Sums keep the planner from reading what is of the brand, which the words say already,
        # and from walking along the key and filtering.
        is_ours = SearchPost.brand + 0 == brand_id_in_scope()
        newest_first = (SearchPost.post_id + 0).desc()
        found: list[int] = []
        for within in [*(_lately(asked, last, n) for n in WINDOWS if n <= last), asked]:
            matching = select(SearchPost.post_id).where(
                is_ours, SearchPost.words.bool_op("@@")(_query(within)), *conditions
            )
            found = list(db.session.scalars(matching.order_by(newest_first).limit(most)))
            if len(found) == most:
                break
        return found


def _row(brand: int, document: Document) -> dict:
    return {
        "post_id": document.post_id,
        "brand": brand,
        "thread_id": document.thread_id,
        "category_id": document.category_id,
        "author_id": document.author_id,
        "reader_id": document.reader_id,
        "kind": document.kind,
        "is_solved": document.is_solved,
        "created_at": document.created_at,
        "title": " ".join(sorted(document.heading)),
        "words": _vector(brand, document),
    }


def _vector(brand: int, document: Document) -> str:
    """Return what is indexed, in PostgreSQL's notation: word, positions, class of weight.

    What is no stem is marked: `#` a tag, `^` a stem and `=` a word of an opening post's title.
    Positions only count how often a word is there.
    """
    parts = [_epoch(document.post_id // EPOCH)]
    for stem in {**document.body, **document.title}:
        places = []
        if stem in document.title:
            places = ["1A" if document.is_opening else "1C"]
        times = min(document.body.get(stem, 0), _MOST_TIMES)
        places += [f"{n + 2}D" for n in range(times)]
        parts.append(f"{_quoted(stem, brand)}:{','.join(places)}")
    parts += [_quoted("#" + tag, brand) for tag in document.tags]
    parts += [_quoted("^" + stem, brand) for stem in document.heading]
    parts += [_quoted("=" + word, brand) for word in document.starts]
    return " ".join(parts)


def _quoted(word: str, brand: int | None = None) -> str:
    """Return a word of a brand in PostgreSQL's notation. Words hold no quotes; be sure."""
    plain = word.replace("'", "").replace("\\", "")
    return f"'{brand_id_in_scope() if brand is None else brand}.{plain}'"


def _one_of(stems: Sequence[str]) -> str:
    return "(" + " | ".join(_quoted(stem) for stem in stems) + ")"


def _epoch(number: int) -> str:
    return f"'e{number}'"


def _lately(asked: str, last: int, portions: int) -> str:
    epochs = " | ".join(_epoch(n) for n in range(last - portions + 1, last + 1))
    return f"({asked}) & ({epochs})"


def _query(asked: str):
    return cast(cast(asked, String), TSQUERY)


def _within(reach: Reach) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [SearchPost.category_id.in_(sorted(reach.category_ids))]
    if not reach.is_staff:
        conditions.append(
            or_(SearchPost.reader_id == 0, SearchPost.reader_id == (reach.member_id or -1))
        )
    return conditions
