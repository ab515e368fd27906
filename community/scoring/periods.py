"""Weeks, months and seasons on the brand's calendar.

A period is a name and two moments. Its ends are midnights on the brand's clock, so a week in
which the clocks change is an hour longer or shorter than others, and no moment is in two.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from community.brands.queries import the_brand
from community.kernel.db import now
from community.kernel.i18n import zone
from community.scoring.standing_models import Span

FOREVER = "all"
_MONTHS_OF_SEASON = 3


@dataclass(frozen=True)
class Period:
    """`name` is stored; `starts_at` belongs to it, `ends_at` to the next."""

    span: Span
    name: str
    first_day: date
    starts_at: datetime
    ends_at: datetime

    @property
    def last_day(self) -> date:
        return _last_day(self.span, self.first_day)


def brand_zone() -> str:
    """The name of the zone in which the brand in scope counts its days."""
    return the_brand().time_zone


def period_of(span: Span, moment: datetime | None = None, zone_name: str | None = None) -> Period:
    """The week, month or season in which a moment (by default the present one) falls."""
    zone_name = zone_name or brand_zone()
    day = (moment or now()).astimezone(zone(zone_name)).date()
    first = _first_day(span, day)
    return Period(
        span,
        _name(span, first),
        first,
        _midnight(first, zone_name),
        _midnight(_last_day(span, first) + timedelta(days=1), zone_name),
    )


def names_at(moment: datetime, zone_name: str) -> dict[Span, str]:
    """The names of every period that a moment belongs to, all time among them."""
    day = moment.astimezone(zone(zone_name)).date()
    spans = (Span.WEEK, Span.MONTH, Span.SEASON)
    return {span: _name(span, _first_day(span, day)) for span in spans} | {Span.ALL: FOREVER}


def _first_day(span: Span, day: date) -> date:
    if span is Span.WEEK:
        return day - timedelta(days=day.weekday())
    if span is Span.MONTH:
        return day.replace(day=1)
    if span is Span.SEASON:
        return day.replace(month=day.month - (day.month - 1) % _MONTHS_OF_SEASON, day=1)
    raise ValueError(f"{span} is no period of the calendar")


def _last_day(span: Span, first: date) -> date:
    if span is Span.WEEK:
        return first + timedelta(days=6)
    months = first.month - 1 + (1 if span is Span.MONTH else _MONTHS_OF_SEASON)
    following = date(first.year + months // 12, months % 12 + 1, 1)
    return following - timedelta(days=1)


def _name(span: Span, first: date) -> str:
    """ISO 8601 for weeks, "2026-11" for months, "2026-Q4" for seasons."""
    if span is Span.WEEK:
        year, week, _day = first.isocalendar()
        return f"{year}-W{week:02}"
    if span is Span.MONTH:
        return f"{first.year}-{first.month:02}"
    return f"{first.year}-Q{(first.month - 1) // _MONTHS_OF_SEASON + 1}"


def _midnight(day: date, zone_name: str) -> datetime:
    return datetime.combine(day, time.min, zone(zone_name))
