"""Weeks, months and seasons begin at midnight where the brand is, whatever the clocks do."""

from datetime import UTC, datetime, timedelta

import pytest

from community.scoring.periods import names_at, period_of
from community.scoring.standing_models import Span

PARIS = "Europe/Paris"

pytestmark = pytest.mark.once


def at(year, month, day, hour=12, minute=0):
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


class TestWeeks:
    def test_the_week_in_which_clocks_go_forward_is_an_hour_shorter(self):
        week = period_of(Span.WEEK, at(2026, 3, 27), PARIS)
        assert week.name == "2026-W13"
        assert _length(week) == timedelta(days=7, hours=-1)

    def test_the_week_in_which_clocks_go_back_is_an_hour_longer(self):
        assert _length(period_of(Span.WEEK, at(2026, 10, 22), PARIS)) == timedelta(days=7, hours=1)

    def test_a_week_begins_at_midnight_in_the_zone_of_the_brand(self):
        assert period_of(Span.WEEK, at(2026, 3, 29, 21, 59), PARIS).name == "2026-W13"
        assert period_of(Span.WEEK, at(2026, 3, 29, 22, 0), PARIS).name == "2026-W14"

    def test_the_first_days_of_january_may_be_of_the_last_week_of_the_year_before(self):
        assert period_of(Span.WEEK, at(2027, 1, 2), PARIS).name == "2026-W53"


class TestSeasons:
    def test_a_season_is_a_quarter_of_the_calendar(self):
        season = period_of(Span.SEASON, at(2026, 11, 25), PARIS)
        assert season.name == "2026-Q4"
        assert season.starts_at == at(2026, 9, 30, 22)
        assert season.ends_at == at(2026, 12, 31, 23)

    def test_december_is_followed_by_january_of_the_next_year(self):
        month = period_of(Span.MONTH, at(2026, 12, 15), PARIS)
        assert (month.name, month.last_day.isoformat()) == ("2026-12", "2026-12-31")

    def test_periods_leave_no_gap_and_do_not_overlap(self):
        for span in (Span.WEEK, Span.MONTH, Span.SEASON):
            period = period_of(span, at(2026, 1, 1), PARIS)
            for _step in range(8):
                following = period_of(span, period.ends_at, PARIS)
                assert following.starts_at == period.ends_at
                assert period_of(span, period.ends_at - timedelta(seconds=1), PARIS) == period
                period = following


def test_one_moment_is_in_four_periods():
    assert names_at(at(2026, 12, 31, 23, 30), PARIS) == {
        Span.WEEK: "2026-W53",
        Span.MONTH: "2027-01",
        Span.SEASON: "2027-Q1",
        Span.ALL: "all",
    }


def _length(period):
    return period.ends_at.astimezone(UTC) - period.starts_at.astimezone(UTC)
