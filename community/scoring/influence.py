"""The influence score: how much a member's help weighs today, from 0 to 100.

Each deed has a weight that halves every twelve months: w · 2^(-age in days / 365.25). Their sum x
becomes a score by x / (x + 60), in percent: the Bayesian average of what was seen with sixty
weights of "no influence", the usual way to keep few observations from ranking high (a prior
given as pseudo-counts, as in Laplace's rule of succession). A certified answer weighs 10, an
accepted one 6, a person helped 3, a helpful vote 1. A vote counts when the two are unrelated:
who gave votes to each other in the same twelve months are related. A person is helped once,
by the latest deed for them.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select

from community.kernel.db import db, now
from community.scoring import deeds
from community.scoring.deeds import Deed
from community.scoring.standing_models import MemberStanding

HALF_LIFE = timedelta(days=365.25)
PRIOR = 60
WEIGHTS = {"certified": 10, "accepted": 6, "people": 3, "votes": 1}
_FORGOTTEN_AFTER = 10 * HALF_LIFE  # a thousandth of its weight is left
PORTION = 200


class Part(NamedTuple):
    """One line of the explanation: how many, what one weighs when new, what is left of all."""

    key: str
    count: int
    weight: int
    worth: float


def decayed(at: datetime, moment: datetime) -> float:
    """What is left of something worth 1 when new."""
    return 0.5 ** (max(timedelta(0), moment - at) / HALF_LIFE)


def score_of(parts: Iterable[Part]) -> int:
    """The score these parts make, rounded to a whole number from 0 to 100."""
    total = sum(part.worth for part in parts)
    return round(100 * total / (total + PRIOR))


def parts_of(member_id: int, moment: datetime) -> list[Part]:
    """What a member's score is made of at a moment."""
    certified, accepted = deeds.certified(member_id), deeds.accepted(member_id)
    votes = unrelated(member_id, deeds.votes_received(member_id), moment)
    helped: dict[int, Deed] = {}
    for deed in sorted([*certified, *accepted, *votes], key=lambda deed: deed.at):
        if deed.by_id is not None and deed.by_id != member_id:
            helped[deed.by_id] = deed
    found = {
        "certified": certified,
        "accepted": accepted,
        "people": list(helped.values()),
        "votes": votes,
    }
    return [_part(key, found[key], moment) for key in WEIGHTS]


def _part(key: str, done: Sequence[Deed], moment: datetime) -> Part:
    living = [deed for deed in done if moment - deed.at < _FORGOTTEN_AFTER]
    left = sum(decayed(deed.at, moment) for deed in living)
    return Part(key, len(living), WEIGHTS[key], round(WEIGHTS[key] * left, 1))


def unrelated(member_id: int, votes: Sequence[Deed], moment: datetime) -> list[Deed]:
    given = deeds.votes_given(member_id, since=moment - HALF_LIFE)
    related = {deed.by_id for deed in given}
    return [deed for deed in votes if deed.by_id not in related]


def recompute(standing: MemberStanding) -> None:
    """Write down a member's score and what it is made of."""
    parts = parts_of(standing.member_id, now())
    standing.influence = score_of(parts)
    standing.influence_parts = [list(part) for part in parts]
    standing.influence_at = now()


def shown(standing: MemberStanding | None) -> list[Part]:
    """The lines that explain a stored score."""
    return [Part(*part) for part in standing.influence_parts] if standing else []


def due(limit: int = PORTION) -> Sequence[MemberStanding]:
    """Standings with a score that time has worn since they were last computed."""
    worn = select(MemberStanding).where(
        MemberStanding.influence > 0, MemberStanding.influence_at < now() - timedelta(hours=20)
    )
    return db.session.scalars(worn.order_by(MemberStanding.influence_at).limit(limit)).all()
