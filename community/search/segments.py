"""One segment of a Whoosh index, read in blocks.

Whoosh's searcher goes through postings one by one, in Python. Here the blocks of a posting list
are joined as they are stored, and columns are read into arrays, once for each segment.
"""

import sys
from array import array
from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock

from whoosh.matching.wrappers import FilterMatcher
from whoosh.reading import IndexReader, TermNotFound

_KEPT = 400
"""Columns kept in memory by a process; one of 50,000 posts takes 200 kB."""
_kept: OrderedDict[tuple[str, str], array] = OrderedDict()
_lock = Lock()


class Segment:
    """What a question needs of one segment. Of one thread: its files have a place they read at."""

    def __init__(self, reader: IndexReader):
        self._reader = reader
        self._id = reader.segment().segment_id()
        self.deleted = frozenset(reader.segment().deleted_docs())
        self.size = reader.doc_count_all()

    def column(self, name: str) -> array:
        """Return the numbers of a column by document number."""
        key = (self._id, name)
        with _lock:
            if key in _kept:
                _kept.move_to_end(key)
                return _kept[key]
        numbers = self._load(name)
        with _lock:
            _kept[key] = numbers
            while len(_kept) > _KEPT:
                _kept.popitem(last=False)
        return numbers

    def _load(self, name: str) -> array:
        """Read the whole column; documents at its end that have 0 are left out by Whoosh."""
        column = self._reader.column_reader(name, translate=False)
        numbers = array("i")
        if count := getattr(column, "_count", 0):
            numbers.frombytes(column._dbfile.get(column._basepos, count * numbers.itemsize))
            if sys.byteorder == "little":
                numbers.byteswap()
        numbers.extend([0] * (self.size - len(numbers)))
        return numbers

    def postings(self, field: str, words: Iterable[str], first: int = 0) -> dict[int, float]:
        """Return the documents that have one of the words, with the greatest of its weights.

        Blocks that end before the document `first` are passed over unread.
        """
        found: dict[int, float] = {}
        for word in words:
            some = self._postings_of(field, word, first)
            if not found:
                found = some
                continue
            for document, weight in some.items():
                if weight > found.get(document, 0.0):
                    found[document] = weight
        return found

    def _postings_of(self, field: str, word: str, first: int) -> dict[int, float]:
        try:
            matcher = self._reader.postings(field, word)
        except TermNotFound:
            return {}
        if isinstance(matcher, FilterMatcher):
            matcher = matcher.child  # deleted documents are left out at the end, all at once
        found: dict[int, float] = {}
        if not hasattr(matcher, "_next_block"):  # so few that they stand beside the word
            return dict(zip(matcher._ids, matcher._weights, strict=True))
        while matcher.is_active():
            if matcher.block_max_id() >= first:
                matcher.id(), matcher.weight()  # reads the block
                found.update(zip(matcher._ids, matcher._weights, strict=True))
            matcher._next_block()
        return found

    def how_many(self, field: str, words: Iterable[str]) -> int:
        """Return how many documents have one of the words, at most."""
        return sum(self._reader.doc_frequency(field, word) for word in words)

    def words_with(self, field: str, prefix: str, most: int) -> list[str]:
        """Return the first words of a field that begin so."""
        found = []
        for word in self._reader.expand_prefix(field, prefix):
            found.append(word.decode())
            if len(found) == most:
                break
        return found


def segments_of(reader: IndexReader) -> list[Segment]:
    """Return the segments of an index that is open, of which there may be none."""
    return [Segment(leaf) for leaf, _base in reader.leaf_readers() if leaf.segment()]
