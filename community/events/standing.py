"""What happens to the standing of members: points, ranks, badges, missions."""

from dataclasses import dataclass

from community.kernel.bus import Event


@dataclass(frozen=True)
class PointsCounted(Event):
    """Lines were added to the ledger of these members."""

    member_ids: list[int]


@dataclass(frozen=True)
class RankReached(Event):
    member_id: int
    rank_id: int
    is_told: bool = True


@dataclass(frozen=True)
class BadgeEarned(Event):
    """`is_told` is false where a badge was given for long ago: nobody wants that flood."""

    member_id: int
    award_id: int
    is_told: bool = True


@dataclass(frozen=True)
class BadgeRevoked(Event):
    member_id: int
    award_id: int


@dataclass(frozen=True)
class BadgesAsked(Event):
    """Badges are to be given for what was done before, to members with a higher id."""

    after_id: int


@dataclass(frozen=True)
class LadderChanged(Event):
    """The ranks are others; members with a higher id have theirs still to be looked at."""

    after_id: int


@dataclass(frozen=True)
class MissionDone(Event):
    member_id: int
    mission_id: int


@dataclass(frozen=True)
class SeasonClosed(Event):
    season_id: int


@dataclass(frozen=True)
class StandingDue(Event):
    """Every quarter of an hour: missions and seasons that end."""
