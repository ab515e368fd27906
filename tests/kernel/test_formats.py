"""Dates and numbers are written as their reader writes them."""

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask import g

from community.brands.queries import the_brand
from community.kernel import formats
from community.kernel.db import db
from community.kernel.i18n import force_locale
from community.kernel.tenancy import brand_scope
from tests.conftest import who
from tests.factories import LUNE, VELORA

pytestmark = pytest.mark.once

NOW = datetime(2026, 3, 4, 18, 42, 30, tzinfo=UTC)
MOMENT = datetime(2026, 3, 4, 23, 42, tzinfo=UTC)
SUMMER = datetime(2026, 7, 1, 18, 5, tzinfo=UTC)


@pytest.fixture
def reading(app):
    """`reading("fr")` is a request of a stranger in that language; zones are the brand's."""

    @contextmanager
    def read(language: str, *, brand: int = LUNE, zone: str = "UTC"):
        with app.test_request_context(), brand_scope(brand):
            g.brand = the_brand()
            g.brand.time_zone = zone
            with force_locale(language):
                yield

    return read


@pytest.mark.parametrize(
    ("before", "english", "french"),
    [
        (timedelta(0), "1 second ago", "il y a 1 seconde"),
        (timedelta(milliseconds=-400), "1 second ago", "il y a 1 seconde"),
        (timedelta(seconds=30), "30 seconds ago", "il y a 30 secondes"),
        (timedelta(minutes=1), "1 minute ago", "il y a 1 minute"),
        (timedelta(hours=3), "3 hours ago", "il y a 3 heures"),
        (timedelta(days=2), "2 days ago", "il y a 2 jours"),
        (timedelta(days=-2), "in 2 days", "dans 2 jours"),
        (timedelta(days=7), "25 February 2026", "25 février 2026"),
        (timedelta(days=400), "28 January 2025", "28 janvier 2025"),
    ],
)
def test_a_moment_is_told_by_its_distance_for_a_week(reading, before, english, french):
    with time_machine.travel(NOW, tick=False):
        with reading("en"):
            assert formats.ago(NOW - before) == english
        with reading("fr"):
            assert formats.ago(NOW - before) == french


def test_dates_are_british_in_english_and_french_in_french(reading):
    with reading("en"):
        assert formats.date(MOMENT) == "4 March 2026"
    with reading("fr"):
        assert formats.date(MOMENT) == "4 mars 2026"


def test_a_day_is_the_day_where_the_reader_is(reading):
    with reading("en", zone="Asia/Tokyo"):
        assert formats.date(MOMENT) == "5 March 2026"
        assert formats.date(date(2026, 3, 4)) == "4 March 2026"


@pytest.mark.parametrize(
    ("zone", "english", "french"),
    [
        ("UTC", "4 March 2026, 23:42 UTC", "4 mars 2026, 23:42 UTC"),
        ("Europe/Paris", "5 March 2026, 00:42 UTC+1", "5 mars 2026, 00:42 UTC+1"),
        ("America/New_York", "4 March 2026, 18:42 UTC−5", "4 mars 2026, 18:42 UTC−5"),
        ("Asia/Kolkata", "5 March 2026, 05:12 UTC+5:30", "5 mars 2026, 05:12 UTC+5:30"),
        ("America/St_Johns", "4 March 2026, 20:12 UTC−3:30", "4 mars 2026, 20:12 UTC−3:30"),
    ],
)
def test_a_full_moment_says_which_clock_it_is_on(reading, zone, english, french):
    with reading("en", zone=zone):
        assert formats.full(MOMENT) == english
    with reading("fr", zone=zone):
        assert formats.full(MOMENT) == french


def test_summer_time_is_counted_when_it_is_summer(reading):
    with reading("fr", zone="Europe/Paris"):
        assert formats.full(SUMMER) == "1 juillet 2026, 20:05 UTC+2"


def test_a_moment_can_be_told_on_the_clock_of_someone_else(reading):
    with reading("en", zone="Europe/Paris"):
        assert formats.full(SUMMER, ZoneInfo("Asia/Tokyo")) == "2 July 2026, 03:05 UTC+9"


@pytest.mark.parametrize(
    ("value", "english", "french"),
    [
        (0, "0", "0"),
        (999, "999", "999"),
        (128_400, "128,400", "128\u202f400"),
        (1_234_567, "1,234,567", "1\u202f234\u202f567"),
        (-1_200, "-1,200", "-1\u202f200"),
        (4.5, "4.5", "4,5"),
    ],
)
def test_numbers_are_grouped_as_in_the_language(reading, value, english, french):
    with reading("en"):
        assert formats.number(value) == english
    with reading("fr"):
        assert formats.number(value) == french


@pytest.mark.parametrize(
    ("value", "english", "french"),
    [
        (0, "0", "0"),
        (999, "999", "999"),
        (1_000, "1k", "1\u00a0k"),
        (1_200, "1.2k", "1,2\u00a0k"),
        (9_849, "9.8k", "9,8\u00a0k"),
        (12_345, "12.3k", "12,3\u00a0k"),
        (999_949, "999.9k", "999,9\u00a0k"),
        (999_950, "1M", "1\u00a0M"),
        (1_234_567, "1.2M", "1,2\u00a0M"),
    ],
)
def test_large_counts_are_short(reading, value, english, french):
    with reading("en"):
        assert formats.compact(value) == english
    with reading("fr"):
        assert formats.compact(value) == french


def test_members_read_on_their_own_clock_and_strangers_on_the_brands(app, visit):
    with app.app_context(), brand_scope(VELORA):
        who("ada").time_zone = "Asia/Tokyo"
        db.session.commit()
        joined = who("ben").created_at
    told = f"{joined.astimezone(ZoneInfo('Asia/Tokyo')):%H:%M} UTC+9"
    assert told in visit("ada", brand="velora").get("/m/ben").text
    assert told not in visit(brand="velora").get("/m/ben").text
    assert told not in visit("ada", brand="lune").get("/m/ben").text
