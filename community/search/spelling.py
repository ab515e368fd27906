"""Words somebody may have meant: those of the index at a small distance."""

from collections.abc import Iterable

_FAR, _NEAR, _SHORT = 2, 1, 5
SHORTEST = 4
"""Letters of a word that is put right; shorter ones are near to anything."""


def candidates(word: str, vocabulary: Iterable[str], most: int) -> list[str]:
    """Return the nearest words to a folded one, at most two changes away, one if it is short."""
    limit = _NEAR if len(word) <= _SHORT else _FAR
    near = []
    for other in vocabulary:
        if other != word and len(other) >= SHORTEST and abs(len(other) - len(word)) <= limit:
            away = distance(word, other, limit)
            if away <= limit:
                near.append((away, abs(len(other) - len(word)), other))
    return [other for _away, _longer, other in sorted(near)[:most]]


def distance(one: str, other: str, limit: int) -> int:
    """Return how many letters are added, left out, replaced or swapped with their neighbour.

    Optimal string alignment (Damerau 1964, each place changed once); beyond `limit` the answer
    is only known to be greater than it.
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for n, letter in enumerate(one, start=1):
        older, before, row = before, row, [n]
        for m, its in enumerate(other, start=1):
            costs = [row[m - 1] + 1, before[m] + 1, before[m - 1] + (letter != its)]
            if n > 1 and m > 1 and letter == other[m - 2] and one[n - 2] == its:
                costs.append(older[m - 2] + 1)
            row.append(min(costs))
        if min(row) > limit:
            return limit + 1
    return row[-1]
