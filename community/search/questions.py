"""What is asked of an engine, and what it answers."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

MOST_HITS = 1_000
"""Posts that are ranked: of a word in more, those that came in last."""
MOST_TITLES = 400
"""Titles with one word that are compared with a new one, those that came in last: a rare word
brings all of its titles, however many there are with a common one."""


@dataclass(frozen=True)
class Reach:
    """What the actor may find, as the index knows it: it is part of every question."""

    category_ids: frozenset[int]
    member_id: int = 0
    is_staff: bool = False


@dataclass(frozen=True)
class Question:
    """Posts with one of the stems of every word in `words`, narrowed by what is given."""

    words: Sequence[tuple[str, ...]]
    reach: Reach
    tag: str | None = None
    author_id: int | None = None
    is_solved: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    newest_first: bool = False


class Hit(NamedTuple):
    """A post that was found. A higher score is a better one; they compare within one answer."""

    post_id: int
    thread_id: int
    kind: str
    score: float
    moment: float  # when it was written, in seconds since 1970


class Likeness(NamedTuple):
    """The title of a thread that shares stems with a question."""

    thread_id: int
    shared: frozenset[str]
    length: int  # stems of the title and the tags


@dataclass(frozen=True)
class Document:
    """A visible post as it is indexed. A reply carries the words of its title, too, lightly."""

    post_id: int
    thread_id: int
    category_id: int
    author_id: int
    reader_id: int  # whoever alone reads it, beside staff; 0 for everybody
    kind: str
    is_solved: bool
    created_at: datetime
    tags: Sequence[str]
    title: dict[str, int]  # stem: times, of the title
    body: dict[str, int]  # of the text, without what it quotes
    is_opening: bool
    starts: frozenset[str] = field(default=frozenset())  # words of an opening post's title
    vocabulary: frozenset[str] = field(default=frozenset())  # words worth suggesting

    @property
    def heading(self) -> frozenset[str]:
        """What a new title is compared with; nothing for a reply."""
        return frozenset(self.title) if self.is_opening else frozenset()


class Broken(Exception):
    """The index cannot be read. It is being made anew, which takes seconds to minutes."""


class Engine(Protocol):
    """An index of the brand in scope."""

    def position(self) -> int | None:
        """How far in the log it is; None when it has to be made anew."""

    def apply(self, documents: Iterable[Document], gone: Iterable[int], position: int) -> bool:
        """Take these in, let those go, and be at a position; False if another is at it."""

    def rebuild(
        self, portions: Iterator[list[Document]], position: int, *, anew: bool = False
    ) -> bool:
        """Replace all there is, readable meanwhile; False if another does it already.

        Only what is missing or broken, unless `anew`.
        """

    def find(self, question: Question) -> list[Hit]:
        """The newest posts that answer, MOST_HITS at most, best first. Raises Broken."""

    def count(self) -> int:
        """How many posts it holds."""

    def alike(self, groups: Sequence[frozenset[str]], reach: Reach) -> list[Likeness]:
        """The newest titles with a stem of each group, MOST_TITLES for one. Raises Broken."""

    def beginning(self, words: Sequence[tuple[str, ...]], prefix: str, reach: Reach) -> list[int]:
        """Threads whose title has all the words and one that begins so. Raises Broken."""

    def vocabulary(self, initial: str, shortest: int, longest: int) -> list[str]:
        """Words with this first character, with so many characters."""
