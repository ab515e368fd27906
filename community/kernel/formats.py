"""Dates and numbers in the reader's language and time zone, for templates."""

from datetime import datetime

from babel.dates import format_timedelta
from babel.numbers import format_compact_decimal
from flask import Flask
from flask_babel import format_date, format_datetime, format_decimal, get_locale

from community.kernel.db import now

_A_WEEK_S = 7 * 86_400


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
    if abs(seconds) < _A_WEEK_S:
        return format_timedelta(
            seconds or -1.0,
            add_direction=True,
            locale=get_locale(),
        )
    return date(moment)


def date(moment: datetime) -> str:
    """Day, month in words, year."""
    return format_date(moment, "long")


def full(moment: datetime) -> str:
    """The date and the minute, with the zone."""
    return format_datetime(moment, "d MMMM y, HH:mm zzz")


def number(value: int | float) -> str:
    return format_decimal(value)


def compact(value: int) -> str:
    """Short form for large counts: 1.2k in English, 1,2 k in French."""
    return format_compact_decimal(value, fraction_digits=1, locale=get_locale())
