"""The ladder of ranks: what each takes, what it opens, who stands where."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, update

from community.brands.models import Brand
from community.events import LadderChanged, RankReached
from community.kernel.bus import publish
from community.kernel.db import db
from community.kernel.errors import Invalid
from community.kernel.i18n import _
from community.kernel.policy import require
from community.kernel.tenancy import brand_id_in_scope
from community.members.models import Member
from community.permissions import Can
from community.scoring import deeds
from community.scoring.ledger import points_of
from community.scoring.standing_models import MemberStanding, Rank, Unlock

MOST_RANKS = 12
LONGEST_NAME = 40
_DEFAULTS = (
    ("seal", 0, 0, ""),
    ("leaf", 50, 0, Unlock.TRUST.value),
    ("heart", 250, 2, Unlock.TRUST.value),
    ("star", 1000, 10, f"{Unlock.TRUST} {Unlock.LONG_EDIT}"),
    ("crown", 4000, 40, f"{Unlock.TRUST} {Unlock.LONG_EDIT}"),
)
_NAMES = {
    "en": ("Newcomer", "Regular", "Helper", "Guide", "Ambassador"),
    "fr": ("Nouveau venu", "Habitué", "Entraideur", "Guide", "Ambassadeur"),
}


@dataclass(frozen=True)
class Step:
    """Where a member stands on the ladder and what is missing to the next rank.

    `percent` is how far the points are from one rank to the next; 100 on the last.
    """

    rank: Rank | None
    next_rank: Rank | None
    points: int
    points_missing: int
    accepted_missing: int
    percent: int


def defaults(locale: str) -> list[Rank]:
    """The ladder of a brand that has made none of its own, in the brand's language."""
    names = _NAMES.get(locale.partition("_")[0].partition("-")[0], _NAMES["en"])
    return [
        Rank(name=name, icon=icon, threshold=threshold, accepted_needed=needed, unlocks=unlocks)
        for name, (icon, threshold, needed, unlocks) in zip(names, _DEFAULTS, strict=True)
    ]


def ladder() -> Sequence[Rank]:
    """The brand's ranks, the lowest first. What is not stored yet has no id."""
    return _stored() or defaults(_brand().locale)


def kept_ladder() -> Sequence[Rank]:
    """The brand's ranks, stored when they were not: for whoever writes and needs their ids."""
    found = _stored()
    if found:
        return found
    held = select(Brand.id).where(Brand.id == brand_id_in_scope()).with_for_update()
    db.session.execute(held)  # two who begin at once would make two ladders
    if not _stored():
        db.session.add_all(defaults(_brand().locale))
        db.session.flush()  # whoever asked needs their ids
    return _stored()


def _stored() -> Sequence[Rank]:
    return db.session.scalars(select(Rank).order_by(Rank.threshold, Rank.id)).all()


def _brand() -> Brand:
    return db.session.get_one(Brand, brand_id_in_scope())


def rank_of(member_id: int) -> Rank | None:
    """The rank a member has; None for whoever has never been given points."""
    held = select(Rank).join(MemberStanding, MemberStanding.rank_id == Rank.id)
    return db.session.scalars(held.where(MemberStanding.member_id == member_id)).one_or_none()


def step_of(member_id: int) -> Step:
    """Where a member stands, for the page that explains it."""
    points, answers = points_of(member_id), len(deeds.accepted(member_id))
    ranks = ladder()
    rank = _reached(ranks, points, answers)
    above = [one for one in ranks if rank is None or one.threshold > rank.threshold]
    following = above[0] if above else None
    if following is None:
        return Step(rank, None, points, 0, 0, 100)
    start = rank.threshold if rank else 0
    way = max(1, following.threshold - start)
    return Step(
        rank,
        following,
        points,
        max(0, following.threshold - points),
        max(0, following.accepted_needed - answers),
        max(0, min(100, round(100 * (points - start) / way))),
    )


def _reached(ranks: Sequence[Rank], points: int, answers: int) -> Rank | None:
    """The highest rank whose both conditions hold, without a gap below it."""
    held = None
    for rank in ranks:
        if points < rank.threshold or answers < rank.accepted_needed:
            break
        held = rank
    return held


def recompute(standing: MemberStanding, *, is_told: bool = True) -> None:
    """Give a member the rank they have reached; say so when it is a higher one.

    Falling is silent: the ledger says why. The lowest rank is everybody's and is no news.
    """
    member = db.session.get_one(Member, standing.member_id)
    ranks = kept_ladder()
    reached = _reached(ranks, points_of(member.id), len(deeds.accepted(member.id)))
    before = next((rank for rank in ranks if rank.id == standing.rank_id), None)
    member.rank = "" if reached is None or member.is_erased else reached.name
    member.unlocks = "" if reached is None or member.is_erased else reached.unlocks
    if reached is before:
        return
    standing.rank_id = reached.id if reached else None
    lowest = ranks[0].threshold
    rose = reached is not None and reached.threshold > (before.threshold if before else lowest)
    if rose:
        publish(RankReached(member_id=member.id, rank_id=reached.id, is_told=is_told))


# -- Changing the ladder ---------------------------------------------------


@dataclass(frozen=True)
class Given:
    """A rank as staff typed it. `rank_id` None: a new one."""

    rank_id: int | None
    name: str
    icon: str
    threshold: int
    accepted_needed: int
    unlocks: str


def change_ladder(actor, given: Sequence[Given]) -> None:
    """Replace the brand's ranks; members are given theirs again by portions, in silence.

    Raises Invalid when two begin at the same points, when none begins at nothing, or when a
    name is missing or used twice.
    """
    require(actor, Can.EDIT_STANDING)
    _check(given)
    kept = {rank.id: rank for rank in kept_ladder()}
    for one in given:
        rank = kept.pop(one.rank_id, None) if one.rank_id else None
        if rank is None:
            rank = Rank()
            db.session.add(rank)
        rank.name, rank.icon = one.name.strip(), one.icon
        rank.threshold, rank.accepted_needed = one.threshold, one.accepted_needed
        rank.unlocks = one.unlocks
    for gone in kept.values():
        losing = update(MemberStanding).where(MemberStanding.rank_id == gone.id)
        db.session.execute(losing.values(rank_id=None))
        db.session.delete(gone)
    publish(LadderChanged(after_id=0))


def _check(given: Sequence[Given]) -> None:
    if not given or len(given) > MOST_RANKS:
        raise Invalid(_("Have between one rank and %(most)d.", most=MOST_RANKS))
    names = [one.name.strip().casefold() for one in given]
    if not all(names):
        raise Invalid(_("Every rank needs a name."))
    if any(len(name) > LONGEST_NAME for name in names):
        raise Invalid(_("A rank's name has at most %(most)d letters.", most=LONGEST_NAME))
    if len(set(names)) < len(names):
        raise Invalid(_("Two ranks have the same name."))
    thresholds = [one.threshold for one in given]
    if len(set(thresholds)) < len(thresholds):
        raise Invalid(_("Two ranks begin at the same number of points."))
    if min(thresholds) != 0:
        raise Invalid(_("One rank has to begin at 0 points."))


def members_per_rank() -> dict[int, int]:
    """How many members hold each rank, by its id."""
    counted = select(MemberStanding.rank_id, func.count()).where(
        MemberStanding.rank_id.is_not(None)
    )
    rows = db.session.execute(counted.group_by(MemberStanding.rank_id)).all()
    return {rank_id: count for rank_id, count in rows}
