"""Leaderboards: places by points in a period and a section.

Read from `MemberPeriodScore`, which follows the ledger line by line. Staff, suspended members
and whoever prefers not to appear are on no board; a private profile keeps its place and shows
no name. Members with as many points share a place (1, 1, 2), and of them stands first who had
the points first.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import joinedload

from community.kernel.db import db, now
from community.kernel.policy import require
from community.members.models import Member
from community.permissions import Can
from community.scoring.models import PointsEntry
from community.scoring.periods import FOREVER, brand_zone, names_at, period_of
from community.scoring.standing_models import MemberPeriodScore, MemberStanding, Span

EVERYWHERE = 0
SHOWN = 50


@dataclass(frozen=True)
class Row:
    """One line of a board. `member` is None when the profile is private."""

    place: int
    points: int
    member: Member | None
    is_me: bool


@dataclass(frozen=True)
class Board:
    """The first places, and where the reader stands when that is further down.

    `to_next` is how many points are missing to pass the place before the reader's.
    """

    rows: Sequence[Row]
    me: Row | None
    to_next: int


def period_name(span: Span) -> str:
    """The name of the period that is going on."""
    return FOREVER if span is Span.ALL else period_of(span).name


def board(reader, span: Span, *, section_id: int = EVERYWHERE, period: str | None = None) -> Board:
    """The board of one period: by default the one going on."""
    period = period or period_name(span)
    first = listed(span, period, section_id).options(joinedload(MemberPeriodScore.member))
    ordered = first.order_by(
        MemberPeriodScore.points.desc(), MemberPeriodScore.reached_at, MemberPeriodScore.member_id
    )
    scores = db.session.scalars(ordered.limit(SHOWN)).all()
    rows = _places(reader, scores)
    mine = next((row for row in rows if row.is_me), None)
    score = None
    if mine is None and reader.is_authenticated:
        score = _score(reader.id, span, period, section_id)
    if score is not None:
        mine = Row(_place_of(score), score.points, reader, True)
    return Board(rows, mine, _to_next(mine, span, period, section_id))


def listed(span: Span, period: str, section_id: int) -> Select:
    """Whoever is on a board, in no order yet."""
    return select(MemberPeriodScore).where(
        MemberPeriodScore.span == span,
        MemberPeriodScore.period == period,
        MemberPeriodScore.section_id == section_id,
        MemberPeriodScore.is_listed,
        MemberPeriodScore.points > 0,
    )


def _places(reader, scores: Sequence[MemberPeriodScore]) -> list[Row]:
    rows, place, points = [], 0, None
    for score in scores:
        if score.points != points:
            place, points = place + 1, score.points
        is_me = reader.is_authenticated and score.member_id == reader.id
        is_open = score.member.is_profile_public and not score.member.is_erased
        rows.append(Row(place, score.points, score.member if is_open or is_me else None, is_me))
    return rows


def _score(member_id, span: Span, period: str, section_id: int) -> MemberPeriodScore | None:
    theirs = listed(span, period, section_id).where(MemberPeriodScore.member_id == member_id)
    return db.session.scalars(theirs).one_or_none()


def _place_of(score: MemberPeriodScore) -> int:
    """One more than there are different numbers of points above; read in the board's index."""
    above = (
        listed(score.span, score.period, score.section_id)
        .with_only_columns(MemberPeriodScore.points)
        .where(MemberPeriodScore.points > score.points)
        .group_by(MemberPeriodScore.points)
        .subquery()
    )
    return 1 + (db.session.scalar(select(func.count()).select_from(above)) or 0)


def _to_next(mine: Row | None, span: Span, period: str, section_id: int) -> int:
    if mine is None or mine.place == 1:
        return 0
    above = listed(span, period, section_id).with_only_columns(func.min(MemberPeriodScore.points))
    return db.session.scalar(above.where(MemberPeriodScore.points > mine.points)) - mine.points


# -- Following the ledger --------------------------------------------------


def count(standing: MemberStanding) -> None:
    """Put the lines of the ledger that are not on the boards yet on them.

    The caller holds the member's standing, so each line is counted once.
    """
    further = (
        select(PointsEntry)
        .where(
            PointsEntry.member_id == standing.member_id,
            PointsEntry.id > standing.counted_entry_id,
        )
        .order_by(PointsEntry.id)
    )
    lines = db.session.scalars(further).all()
    if not lines:
        return
    zone_name, is_listed = brand_zone(), is_listable(standing)
    scores: dict[tuple, MemberPeriodScore] = {}
    for line in lines:
        for section_id in {EVERYWHERE, line.section_id or EVERYWHERE}:
            for span, period in names_at(line.happened_at, zone_name).items():
                key = (standing.member_id, span, period, section_id)
                score = scores.get(key) or _kept(key, is_listed)
                scores[key] = score
                score.points += line.points
                if line.points:
                    score.reached_at = line.happened_at
    standing.counted_entry_id = lines[-1].id


def _kept(key: tuple, is_listed: bool) -> MemberPeriodScore:
    found = db.session.get(MemberPeriodScore, key)
    if found is None:
        member_id, span, period, section_id = key
        found = MemberPeriodScore(
            member_id=member_id,
            span=span,
            period=period,
            section_id=section_id,
            points=0,
            is_listed=is_listed,
        )
        db.session.add(found)
    return found


# -- Who is on boards ------------------------------------------------------


def is_listable(standing: MemberStanding) -> bool:
    """Whether a member is on boards: neither of staff nor suspended, and does not mind."""
    member = db.session.get_one(Member, standing.member_id)
    is_out = member.is_staff or member.is_suspended or member.is_erased
    return standing.wants_listing and not is_out


def list_again(standing: MemberStanding) -> None:
    """Bring a member's rows in line with whether they are to be on boards."""
    theirs = update(MemberPeriodScore).where(MemberPeriodScore.member_id == standing.member_id)
    db.session.execute(theirs.values(is_listed=is_listable(standing)))


def suspended_lately(since: timedelta) -> Collection[int]:
    """Members whose suspension ran out by itself within that time."""
    over = select(Member.id).where(
        Member.suspended_until <= now(), Member.suspended_until > now() - since
    )
    return db.session.scalars(over).all()


def choose_listing(actor, standing: MemberStanding, *, wants_listing: bool) -> None:
    """Appear on leaderboards, or on none from this moment on; points are kept either way."""
    require(actor, Can.CHOOSE_LISTING, standing)
    standing.wants_listing = wants_listing
    list_again(standing)
