"""How alike titles are: which threads may answer what somebody is about to ask.

Words count by how rare they are among the titles that share any (inverse document frequency;
the titles that share none do not change the order). A word that often stands for the same thing
counts for less than the word itself, and two words side by side in both for more.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from community.search.questions import Likeness
from community.search.vocabulary import NEAR
from community.search.words import stems

NEAR_WEIGHT = 0.7
LENGTH = 0.4
"""How much long titles are held back, from 0 to 1 (the b of BM25)."""
LEAST = 0.15
"""Share of what the words of the question could give below which a title is not alike."""


@dataclass(frozen=True)
class Wanted:
    """A word of the question: its own stems, and those of words near it."""

    own: frozenset[str]
    near: frozenset[str]


def wanted(words: Iterable[str]) -> list[Wanted]:
    """Return what is looked for, for each folded word of a title."""
    found = []
    for word in words:
        own = frozenset(stems(word))
        others = NEAR.get(word) or NEAR.get(word.removesuffix("s")) or ()
        near = frozenset(stem for other in others for stem in stems(other)) - own
        found.append(Wanted(own, near))
    return found


def groups(asked: Sequence[Wanted]) -> list[frozenset[str]]:
    """Return the stems that make a title worth comparing: of each word, and of all near ones."""
    found = [*(one.own for one in asked), frozenset().union(*(one.near for one in asked))]
    return [stems for stems in found if stems]


def ranked(asked: Sequence[Wanted], titles: Sequence[Likeness]) -> list[int]:
    """Return the threads that are alike enough, the most alike first."""
    if not asked or not titles:
        return []
    frequency = Counter(stem for title in titles for stem in title.shared)
    rarity = [_rarity(one.own, frequency, len(titles)) for one in asked]
    average = sum(title.length for title in titles) / len(titles)
    best = sum(rarity) or 1.0
    found = []
    for title in titles:
        score = sum(
            rare * _share(one, title.shared) for one, rare in zip(asked, rarity, strict=True)
        )
        if score / best < LEAST:
            continue
        found.append((-score / (1 - LENGTH + LENGTH * title.length / average), -title.thread_id))
    return [-number for _score, number in sorted(found)]


def _rarity(own: frozenset[str], frequency: Counter[str], titles: int) -> float:
    there = max((frequency[stem] for stem in own), default=0)
    return math.log(1 + (titles - there + 0.5) / (there + 0.5))


def _share(one: Wanted, shared: frozenset[str]) -> float:
    if not one.own.isdisjoint(shared):
        return 1.0
    return 0.0 if one.near.isdisjoint(shared) else NEAR_WEIGHT
