"""Dates and numbers in the reader's language and time zone, for templates."""

from datetime import date as Day
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache

from babel import dates, numbers
from flask import Flask

from community.kernel.db import now
from community.kernel.i18n import Language, get_timezone, language

_MINUTE_S, _DAY_S, _A_WEEK_S = 60, 86_400, 7 * 86_400


def init_app(app: Flask) -> None:
    app.jinja_env.filters |= {
        "ago": ago,
        "date": date,
        "datetime": full,
        "number": number,
        "compact": compact,
    }


def ago(moment: datetime) -> str:
    """How long ago, up to a week; then the date."""
    seconds = (moment - now()).total_seconds()
    if abs(seconds) >= _A_WEEK_S:
        return date(moment)
    if abs(seconds) < 1:
        seconds = -1.0  # the clocks of two machines differ by more
    return _ago(_coarse(seconds), language())


def _coarse(seconds: float) -> float:
    """As exact as the words made of it: full minutes, then quarters of an hour."""
    step = 1 if abs(seconds) < _MINUTE_S else _MINUTE_S if abs(seconds) < _DAY_S else 900
    return round(seconds / step) * step or seconds


def date(moment: datetime | Day) -> str:
    """Day, month in words, year; of a moment, the day it falls on where the reader is."""
    if isinstance(moment, datetime):
        moment = moment.astimezone(get_timezone()).date()
    return _date(moment, language())


def full(moment: datetime, zone: tzinfo | None = None) -> str:
    """The date, the minute and the distance from UTC, on the reader's clock or another's."""
    there = moment.astimezone(zone or get_timezone())
    return _full(there.replace(second=0, microsecond=0), there.utcoffset(), language())


def number(value: int | float) -> str:
    return _number(value, language())


def compact(value: int) -> str:
    """Short form for large counts: 1.2k in English, 1,2 k in French."""
    return _compact(value, language())


# Pages repeat the same numbers and days again and again, and Babel takes its time for each.


@lru_cache(maxsize=2_048)
def _ago(seconds: float, spoken: Language) -> str:
    return dates.format_timedelta(seconds, add_direction=True, locale=spoken.of_formats)


@lru_cache(maxsize=4_096)
def _date(day: Day, spoken: Language) -> str:
    return dates.format_date(day, "long", locale=spoken.of_formats)


@lru_cache(maxsize=16_384)
def _full(there: datetime, _distance: timedelta, spoken: Language) -> str:
    """`_distance` parts what is one moment and looks different: equal moments are one key."""
    time = dates.format_time(there, "short", tzinfo=there.tzinfo, locale=spoken.of_formats)
    return f"{_date(there.date(), spoken)}, {time} {_from_utc(there)}"


@lru_cache(maxsize=8_192)
def _number(value: int | float, spoken: Language) -> str:
    return numbers.format_decimal(value, locale=spoken.of_formats)


@lru_cache(maxsize=8_192)
def _compact(value: int, spoken: Language) -> str:
    thousands = (len(str(abs(value))) - 1) // 3
    if thousands:
        value = round(value, 1 - 3 * thousands)  # else 999,950 would be 1000k
    words = numbers.format_compact_decimal(value, fraction_digits=1, locale=spoken.of_formats)
    return words.replace("K", "k")


def _from_utc(moment: datetime) -> str:
    """ "UTC+5:30": the short names of zones are missing in most languages, or ambiguous."""
    minutes = round(moment.utcoffset().total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    if not minutes:
        return "UTC"
    return f"UTC{'+' if minutes > 0 else '−'}{hours}" + (f":{rest:02}" if rest else "")
