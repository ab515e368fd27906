"""Dates and numbers in the reader's language and time zone, for templates."""

from datetime import date as Day
from datetime import datetime, tzinfo

from babel import Locale, dates, numbers
from flask import Flask
from flask_babel import get_locale, get_timezone

from community.kernel.db import now

_A_WEEK_S = 7 * 86_400
_BRITISH = Locale("en", "GB")  # as the texts are; plain "en" would write dates as in America


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
    return dates.format_timedelta(seconds, add_direction=True, locale=_locale())


def date(moment: datetime | Day) -> str:
    """Day, month in words, year; of a moment, the day it falls on where the reader is."""
    if isinstance(moment, datetime):
        moment = moment.astimezone(get_timezone())
    return dates.format_date(moment, "long", locale=_locale())


def full(moment: datetime, zone: tzinfo | None = None) -> str:
    """The date, the minute and the distance from UTC, on the reader's clock or another's."""
    there = moment.astimezone(zone or get_timezone())
    day = dates.format_date(there, "long", locale=_locale())
    time = dates.format_time(there, "short", tzinfo=there.tzinfo, locale=_locale())
    return f"{day}, {time} {_from_utc(there)}"


def number(value: int | float) -> str:
    return numbers.format_decimal(value, locale=_locale())


def compact(value: int) -> str:
    """Short form for large counts: 1.2k in English, 1,2 k in French."""
    thousands = (len(str(abs(value))) - 1) // 3
    if thousands:
        value = round(value, 1 - 3 * thousands)  # else 999,950 would be 1000k
    words = numbers.format_compact_decimal(value, fraction_digits=1, locale=_locale())
    return words.replace("K", "k")


def _locale() -> Locale:
    locale = get_locale()
    return _BRITISH if str(locale) == "en" else locale


def _from_utc(moment: datetime) -> str:
    """ "UTC+5:30": the short names of zones are missing in most languages, or ambiguous."""
    minutes = round(moment.utcoffset().total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    if not minutes:
        return "UTC"
    return f"UTC{'+' if minutes > 0 else '−'}{hours}" + (f":{rest:02}" if rest else "")
