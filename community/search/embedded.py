"""The engine of an SQLite database: Whoosh files beside it, one folder for each brand.

    community.search/lock                 held by the one process that writes
    community.search/<brand>/current      name of the version in use
    community.search/<brand>/<version>/   Whoosh's files and `state`

`state` holds the position in the log and the size of each file, written after each commit: a
file that is gone or cut short is noticed without reading it. A rebuild fills another version
and changes `current` in one step, so readers never see half an index. An SQLite database is on
one machine, so there is one index, and one of its processes at a time writes it.
"""

import json
import math
import secrets
import shutil
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from heapq import nlargest
from pathlib import Path
from threading import local

import structlog
from whoosh import columns, fields, formats, index
from whoosh.analysis import Analyzer, Token

from community.kernel.tenancy import brand_id_in_scope
from community.search.files import alone, note, put, tidy
from community.search.questions import (
    MOST_HITS,
    MOST_TITLES,
    Broken,
    Document,
    Hit,
    Likeness,
    Question,
    Reach,
)
from community.search.segments import Segment, segments_of

LOOKED_EVERY_S = 0.2
"""How long a reader trusts that nothing was written."""
WINDOWS = (4_000, 16_000, 10**9)
"""How many of the last documents are looked at first, and then: of a common word, all that is
ranked is among them. Whoosh numbers documents as they come in."""
_OPEN_AT_ONCE = 8  # indexes a thread keeps open
_TRIES = 20
_KINDS = ("discussion", "question")
_MOST_STARTS = 200  # words with one beginning that are looked at
_TITLE, _TITLE_OF_REPLY, _MOST_TIMES = 8.0, 2.0, 3
_TAMED = 2.0  # weight at which a word counts half of what it can
_NUMBERS = ("post", "thread", "category", "author", "reader", "moment", "solved", "kind", "length")

log = structlog.get_logger()
_own = local()


class Weighted(Analyzer):
    """Takes "stem weight stem weight …", as it was made for it."""

    def __call__(self, value, **_options):
        token, parts = Token(stopped=False), iter(value.split())
        for text in parts:
            token.text, token.boost = text, float(next(parts))
            yield token


def _schema() -> fields.Schema:
    def weighted() -> fields.TEXT:
        field = fields.TEXT(analyzer=Weighted(), phrase=False)
        field.format, field.scorable = formats.Frequency(), False
        return field

    return fields.Schema(
        key=fields.ID(unique=True),
        words=weighted(),
        heading=weighted(),
        starts=weighted(),
        vocabulary=weighted(),
        tags=weighted(),
        **{name: fields.COLUMN(columns.NumericColumn("i")) for name in _NUMBERS},
    )


class Embedded:
    """Whoosh files in a folder."""

    def __init__(self, folder: Path):
        self.folder = folder

    # -- Writing -----------------------------------------------------------

    def position(self) -> int | None:
        """How far in the log the index is; None when it is not there or not whole."""
        version = self._current()
        if version is None or (version / "broken").exists():
            return None
        try:
            state = json.loads((version / "state").read_text())
            whole = all((version / n).stat().st_size == s for n, s in state["files"].items())
        except (OSError, ValueError, KeyError):
            return None
        return state["position"] if whole else None

    def apply(self, documents: Iterable[Document], gone: Iterable[int], position: int) -> bool:
        with alone(self.folder / "lock") as is_alone:
            at = self.position() if is_alone else None
            if at is None or at >= position:
                return False
            version = self._current()
            tidy(version)
            documents, gone = list(documents), list(gone)
            if documents or gone:
                writer = index.open_dir(version, schema=_schema()).writer(timeout=5)
                try:
                    for post_id in gone:
                        writer.delete_by_term("key", str(post_id))
                    for document in documents:
                        writer.update_document(**_fields(document))
                except BaseException:
                    writer.cancel()
                    raise
                writer.commit()
            note(version, position)
            return True

    def rebuild(
        self, portions: Iterator[list[Document]], position: int, *, anew: bool = False
    ) -> bool:
        with alone(self.folder / "lock") as is_alone:
            if not is_alone or not (anew or self.position() is None):
                return False
            home = self._home()
            home.mkdir(parents=True, exist_ok=True)
            for left in home.iterdir():
                if left.is_dir() and left != self._current():
                    shutil.rmtree(left)
            version = home / secrets.token_hex(8)
            version.mkdir()
            writer = index.create_in(version, _schema()).writer(limitmb=128)
            for documents in portions:
                for document in documents:
                    writer.add_document(**_fields(document))
            writer.commit(optimize=True)
            note(version, position)
            put(home / "current", version.name)
            for old in home.iterdir():
                if old.is_dir() and old != version:
                    shutil.rmtree(old)  # whoever has its files open reads on
            return True

    def _home(self) -> Path:
        return self.folder / str(brand_id_in_scope())

    def _current(self) -> Path | None:
        home = self._home()
        try:
            version = home / (home / "current").read_text()
        except OSError:
            return None
        return version if version.is_dir() else None

    # -- Asking ------------------------------------------------------------

    def find(self, question: Question) -> list[Hit]:
        with self._reading() as segments:
            total = sum(segment.size for segment in segments) + 1
            rarity = [
                math.log(1 + total / (1 + sum(s.how_many("words", stems) for s in segments)))
                for stems in question.words
            ]
            hits = _newest(segments, question, rarity)
        hits = nlargest(MOST_HITS, hits, key=lambda hit: hit.post_id)
        if question.newest_first:
            hits = [hit._replace(score=hit.moment) for hit in hits]
        return sorted(hits, key=lambda hit: (-hit.score, -hit.moment, -hit.post_id))

    def alike(self, groups: Sequence[frozenset[str]], reach: Reach) -> list[Likeness]:
        found: dict[int, Likeness] = {}
        with self._reading() as segments:
            for segment in segments:
                found |= _alike(segment, groups, reach)
        newest = set()
        for group in groups:
            having = (post_id for post_id, title in found.items() if title.shared & group)
            newest.update(nlargest(MOST_TITLES, having))
        return [found[post_id] for post_id in newest]

    def beginning(self, words: Sequence[tuple[str, ...]], prefix: str, reach: Reach) -> list[int]:
        found: dict[int, int] = {}
        with self._reading() as segments:
            for segment in segments:
                begins = segment.words_with("starts", prefix, _MOST_STARTS)
                documents = set(segment.postings("starts", begins))
                for stems in words:
                    documents &= segment.postings("heading", stems).keys()
                posts, threads = segment.column("post"), segment.column("thread")
                found |= {posts[d]: threads[d] for d in _readable(segment, documents, reach)}
        return [found[post_id] for post_id in nlargest(200, found)]

    def vocabulary(self, initial: str, shortest: int, longest: int) -> list[str]:
        found: set[str] = set()
        with self._reading() as segments:
            for segment in segments:
                some = segment.words_with("vocabulary", initial, 50_000)
                found.update(word for word in some if shortest <= len(word) <= longest)
        return sorted(found)

    def count(self) -> int:
        with self._reading() as segments:
            return sum(segment.size - len(segment.deleted) for segment in segments)

    @contextmanager
    def _reading(self):
        """Yield the segments as they are now; a failure marks the index as broken."""
        version = self._current()
        if version is None:
            raise Broken
        try:
            yield _opened(version)
        except Exception as error:  # Whoosh raises whatever comes of a damaged file
            log.error("search.broken", brand=brand_id_in_scope(), exc_info=error)
            with suppress(OSError):
                (version / "broken").touch()
            raise Broken from error


def _opened(version: Path) -> list[Segment]:
    """Return the segments of a version, opened by this thread for itself."""
    kept: OrderedDict[Path, tuple[float, int, list[Segment]]]
    kept = _own.__dict__.setdefault("kept", OrderedDict())
    looked, generation, segments = kept.get(version, (-math.inf, -1, []))
    moment = time.monotonic()
    if moment - looked < LOOKED_EVERY_S:
        return segments
    for attempt in range(_TRIES):
        try:
            opened = index.open_dir(version, readonly=True, schema=_schema())
            if opened.latest_generation() != generation:
                generation = opened.latest_generation()
                segments = segments_of(opened.reader())
            break
        except (OSError, index.EmptyIndexError):
            # Between our look at the folder and the file, a writer replaced it.
            if attempt == _TRIES - 1:
                raise
            time.sleep(0.005 * (attempt + 1))
    kept[version] = (moment, generation, segments)
    kept.move_to_end(version)
    while len(kept) > _OPEN_AT_ONCE:
        kept.popitem(last=False)
    return segments


def _newest(segments: list[Segment], question: Question, rarity: list[float]) -> list[Hit]:
    """Return hits among the documents that came in last, or among all if those give too few."""
    hits: list[Hit] = []
    for window in WINDOWS:
        left, hits = window, []
        for segment in reversed(segments):
            first = max(0, segment.size - left)
            hits += _hits(segment, question, rarity, first)
            left -= segment.size - first
            if not left:
                break
        if len(hits) >= MOST_HITS:
            break
    return hits


def _hits(segment: Segment, question: Question, rarity: list[float], first: int) -> list[Hit]:
    """Return the hits of a segment with their scores (as BM25 without length, which titles
    would win by anyway)."""
    order = sorted(
        range(len(question.words)), key=lambda n: segment.how_many("words", question.words[n])
    )
    weights: list[tuple[float, dict[int, float]]] = []
    documents: set[int] | None = None
    for n in order:
        found = segment.postings("words", question.words[n], first)
        weights.append((rarity[n], found))
        documents = set(found) if documents is None else documents & found.keys()
        if not documents:
            return []
    if question.tag:
        documents = documents & segment.postings("tags", [question.tag]).keys()
    posts, threads, kinds = (segment.column(name) for name in ("post", "thread", "kind"))
    moments = segment.column("moment")
    readable = _narrowed(segment, _readable(segment, documents or (), question.reach), question)
    newest = nlargest(MOST_HITS, readable, key=posts.__getitem__)
    return [
        Hit(
            posts[d],
            threads[d],
            _KINDS[kinds[d]],
            sum(rare * found[d] / (found[d] + _TAMED) for rare, found in weights),
            float(moments[d]),
        )
        for d in newest
    ]


def _alike(segment: Segment, groups: Sequence[frozenset[str]], reach: Reach) -> dict:
    """Return the titles of a segment that share a stem, by post."""
    shared: dict[int, set[str]] = {}
    for stem in frozenset().union(*groups):
        for document in segment.postings("heading", [stem]):
            shared.setdefault(document, set()).add(stem)
    posts, threads = segment.column("post"), segment.column("thread")
    lengths = segment.column("length")
    return {
        posts[d]: Likeness(threads[d], frozenset(shared[d]), lengths[d])
        for d in _readable(segment, shared, reach)
    }


def _readable(segment: Segment, documents: Iterable[int], reach: Reach) -> list[int]:
    categories, readers = segment.column("category"), segment.column("reader")
    allowed, own, deleted = reach.category_ids, {0, reach.member_id}, segment.deleted
    return [
        d
        for d in documents
        if categories[d] in allowed and (reach.is_staff or readers[d] in own) and d not in deleted
    ]


def _narrowed(segment: Segment, documents: list[int], question: Question) -> list[int]:
    if question.author_id is not None:
        authors = segment.column("author")
        documents = [d for d in documents if authors[d] == question.author_id]
    if question.is_solved is not None:
        solved = segment.column("solved")
        documents = [d for d in documents if bool(solved[d]) == question.is_solved]
    if question.since is not None or question.until is not None:
        moments = segment.column("moment")
        first = question.since.timestamp() if question.since else 0
        end = question.until.timestamp() if question.until else math.inf
        documents = [d for d in documents if first <= moments[d] < end]
    return documents


def _fields(document: Document) -> dict:
    at_title = _TITLE if document.is_opening else _TITLE_OF_REPLY
    weights = {stem: float(min(n, _MOST_TIMES)) for stem, n in document.body.items()}
    for stem in document.title:
        weights[stem] = weights.get(stem, 0.0) + at_title
    return {
        "key": str(document.post_id),
        "words": _line(weights),
        "heading": _line(dict.fromkeys(document.heading, 1)),
        "starts": _line(dict.fromkeys(document.starts, 1)),
        "vocabulary": _line(dict.fromkeys(document.vocabulary, 1)),
        "tags": _line(dict.fromkeys(document.tags, 1)),
        "post": document.post_id,
        "thread": document.thread_id,
        "category": document.category_id,
        "author": document.author_id,
        "reader": document.reader_id,
        "moment": int(document.created_at.timestamp()),
        "solved": int(document.is_solved),
        "kind": _KINDS.index(document.kind),
        "length": len(document.heading),
    }


def _line(weights: dict) -> str:
    return " ".join(f"{word} {weight}" for word, weight in weights.items())
