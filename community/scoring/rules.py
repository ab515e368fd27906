"""What earns points, how many, and how often: version 1, which every brand begins with.

The numbers are those common in question-and-answer communities: an accepted answer far above
everything else, caps on a day and on a pair of people so that nobody rises by one friend's
votes. No rule asks how many stars a review gave, and none may: rewarding praise is a misleading
commercial practice (Art. L121-4, 22° to 23° bis, French Consumer Code; Annex I, 23b and 23c,
Directive 2005/29/EC).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

THREAD_STARTED = "thread_started"
REPLY = "reply"
HELPFUL_VOTE = "helpful_vote"
ANSWER_ACCEPTED = "answer_accepted"
ACCEPTING = "accepting"
ANSWER_CERTIFIED = "answer_certified"
MISSION_DONE = "mission_done"

PAIR_WINDOW = timedelta(days=30)
PAIR_STEP = 5
"""After so many votes from the same person within `PAIR_WINDOW`, the next weigh half."""
PAIR_SHARES = (1.0, 0.5, 0.25)
"""What votes from one person weigh, step by step; after the last step nothing."""


@dataclass(frozen=True)
class Rule:
    """`points` for each, `per_day` times a day; `is_capped`: counts towards the day's limit."""

    points: int
    per_day: int
    is_capped: bool = True


@dataclass(frozen=True)
class Rules:
    """One version. `daily` points a day at most, `pair` lines a day from the same giver."""

    version: int
    by_name: Mapping[str, Rule]
    daily: int = 200
    pair: int = 6


DEFAULT = Rules(
    version=1,
    by_name={
        THREAD_STARTED: Rule(5, per_day=5),
        REPLY: Rule(2, per_day=30),
        HELPFUL_VOTE: Rule(5, per_day=40),
        ANSWER_ACCEPTED: Rule(15, per_day=50, is_capped=False),
        ACCEPTING: Rule(2, per_day=5),
        ANSWER_CERTIFIED: Rule(10, per_day=50, is_capped=False),
        MISSION_DONE: Rule(5, per_day=5),
    },
)
