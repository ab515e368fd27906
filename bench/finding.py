"""How well and how fast search finds.

`recall_at_5` asks for duplicates: pairs of titles that people found to ask the same. The first
title of every pair is indexed, the second is asked for as if somebody typed it. `times` asks a
community of the bench's world, in this process, without the page around the answer.
"""

import json
import os
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask

from bench.world import COMMON, RARE
from community.kernel.tenancy import brand_scope
from community.members.models import Anonymous
from community.search import likeness, queries
from community.search.embedded import Embedded
from community.search.questions import Document, Reach
from community.search.words import asked, stem, words

PAIRS = "COMMUNITY_DUPLICATES"
"""Environment variable that says where the pairs are; a file of JSON lines."""
_DEFAULT = Path(__file__).resolve().parents[2] / "shared/data/duplicates_en_travel.jsonl"
FIRST = 5


@dataclass(frozen=True)
class Recall:
    """Shares from 0 to 1 of `questions` questions about `titles` titles."""

    titles: int
    questions: int
    found: float  # questions with a duplicate among the first five
    words_only: float  # the same when only whole words count: what it was before

    def __str__(self) -> str:
        return (
            f"similar: a duplicate is among the first {FIRST} for {self.found:.1%} of"
            f" {self.questions} questions about {self.titles} titles"
            f" ({self.words_only:.1%} by whole words alone)"
        )


def recall_at_5(path: Path | None = None) -> Recall | None:
    """Ask the engine of an installation without PostgreSQL; None when there are no pairs."""
    path = path or Path(os.environ.get(PAIRS, _DEFAULT))
    if not path.exists():
        return None
    titles, answers = _pairs(path)
    found = _share(titles, answers, lambda word: stem(word, "en"), likeness.wanted)
    plain = _share(titles, answers, str, _whole_words)
    return Recall(len(titles), len(answers), found, plain)


def _pairs(path: Path) -> tuple[dict[int, str], dict[str, set[int]]]:
    """Every first title by its number; every second title with the numbers of its duplicates."""
    titles, answers = {}, defaultdict(set)
    for line in path.read_text(encoding="utf-8").splitlines():
        pair = json.loads(line)
        titles[int(pair["a_id"])] = pair["a"]
        if pair["label"] == "duplicate":
            answers[pair["b"]].add(int(pair["a_id"]))
    return titles, answers


def _share(titles, answers, stemmed: Callable[[str], str], wanted) -> float:
    """Index the titles, ask with each question; return for how many a duplicate is found."""
    nowhere = Flask(__name__).app_context()  # a brand is served inside of one; this has no tables
    with tempfile.TemporaryDirectory() as folder, nowhere, brand_scope(1):
        index = Embedded(Path(folder))
        index.rebuild(iter([[_title(n, text, stemmed) for n, text in titles.items()]]), 0)
        hits = 0
        for question, duplicates in answers.items():
            looked_for = wanted(asked(question, "en"))
            alike = index.alike(likeness.groups(looked_for), Reach(frozenset({1})))
            hits += not duplicates.isdisjoint(likeness.ranked(looked_for, alike)[:FIRST])
    return hits / len(answers)


def _title(number: int, text: str, stemmed: Callable[[str], str]) -> Document:
    heading = {stemmed(word): 1 for word in words(text)}
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    return Document(
        number, number, 1, 1, 0, "question", False, moment, (), heading, {}, is_opening=True
    )


def _whole_words(found: Iterable[str]) -> list[likeness.Wanted]:
    return [likeness.Wanted(frozenset({word}), frozenset()) for word in found]


# -- Time ------------------------------------------------------------------

QUESTIONS = {
    "common word": COMMON[0],
    "rare word": RARE,
    "three words": f"{COMMON[1]} {COMMON[2]} {RARE}",
    "three common words": " ".join(COMMON[3:6]),
}


@dataclass(frozen=True)
class Taken:
    """Milliseconds until the answer: the median, and what 95 % stay under."""

    name: str
    median: float
    p95: float

    def __str__(self) -> str:
        return f"{self.name:<20}{self.median:>9.1f}{self.p95:>9.1f}   ms"


def times(app, brand_id: int, rounds: int = 40) -> list[Taken]:
    """Ask an indexed brand of the bench's world as a visitor, again and again."""
    acts = {name: _finding(text) for name, text in QUESTIONS.items()}
    acts["similar titles"] = _likening(f"{COMMON[0]} {COMMON[4]} stops after the rain")
    acts["while typing"] = _beginning(f"{COMMON[1]} {COMMON[0][:3]}")
    with app.app_context(), brand_scope(brand_id):
        return [_taken(name, act, rounds) for name, act in acts.items()]


def _finding(text: str):
    return lambda: queries.results(Anonymous(), text)


def _likening(text: str):
    return lambda: queries.similar(Anonymous(), text)


def _beginning(text: str):
    return lambda: queries.suggest(Anonymous(), text)


def _taken(name: str, act, rounds: int) -> Taken:
    act()  # files and pages of the database are in memory on a server that lives
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter()
        act()
        taken.append((time.perf_counter() - begun) * 1000)
    cuts = statistics.quantiles(taken, n=20)
    return Taken(name, cuts[9], cuts[18])
