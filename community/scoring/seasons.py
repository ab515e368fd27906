"""Seasons: quarters on the brand's calendar, closed with a podium that stays."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload, selectinload

from community.events import SeasonClosed
from community.kernel.bus import publish
from community.kernel.db import db, now
from community.scoring import boards
from community.scoring.periods import period_of
from community.scoring.standing_models import MemberPeriodScore, Season, SeasonPlace, Span

PODIUM = 3


def begin() -> None:
    """Write the present season down, once."""
    period = period_of(Span.SEASON)
    if db.session.scalar(select(Season.id).where(Season.period == period.name)) is not None:
        return
    try:
        with db.session.begin_nested():
            db.session.add(
                Season(period=period.name, starts_at=period.starts_at, ends_at=period.ends_at)
            )
    except IntegrityError:  # the other worker wrote it
        return


def close_due() -> None:
    """Close every season that is over: its podium is kept, whatever happens to points later."""
    over = select(Season).where(Season.ends_at <= now(), Season.closed_at.is_(None))
    for season in db.session.scalars(over.order_by(Season.ends_at).with_for_update()).all():
        _keep_podium(season)
        season.closed_at = now()
        publish(SeasonClosed(season_id=season.id))


def _keep_podium(season: Season) -> None:
    first = boards.listed(Span.SEASON, season.period, boards.EVERYWHERE).order_by(
        MemberPeriodScore.points.desc(), MemberPeriodScore.reached_at, MemberPeriodScore.member_id
    )
    place, points = 0, None
    for score in db.session.scalars(first.limit(boards.SHOWN)).all():
        if score.points != points:
            place, points = place + 1, score.points
        if place > PODIUM:
            break
        db.session.add(
            SeasonPlace(season=season, member_id=score.member_id, place=place, points=score.points)
        )


def past(limit: int = 12) -> Sequence[Season]:
    """Closed seasons with their podiums, the last first."""
    closed = select(Season).where(Season.closed_at.is_not(None))
    whole = selectinload(Season.places).options(joinedload(SeasonPlace.member))
    return db.session.scalars(
        closed.order_by(Season.ends_at.desc()).limit(limit).options(whole)
    ).all()
