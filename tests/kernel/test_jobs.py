"""Scheduled events come once per due time, whatever happens to the clock or the workers."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy import select

from community.brands.queries import clocks
from community.kernel import bus
from community.kernel.bus import Event, EventRecord
from community.kernel.db import db
from community.kernel.jobs import BrandClock, Tick, Worker, publish_due
from community.kernel.tenancy import across_brands, brand_scope
from tests.factories import LUNE, VELORA
from tests.kernel.fire import effects_of, note

PARIS = ZoneInfo("Europe/Paris")
IN_PARIS = [BrandClock(LUNE, PARIS)]
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Struck(Event):
    """The clock struck."""


@dataclass(frozen=True)
class Rang(Event):
    """Another clock rang."""


@pytest.fixture
def clock(app):
    """Stands still on a Monday in winter, at noon in Paris."""
    bus.subscribe({Struck: (), Rang: ()})
    with app.app_context(), time_machine.travel(datetime(2026, 1, 12, 11, tzinfo=UTC)) as clock:
        clock.move_to(datetime(2026, 1, 12, 11, tzinfo=UTC), tick=False)
        yield clock


def look(expression="0 * * * *", brand_clocks=IN_PARIS) -> int:
    return publish_due({Struck: expression}, brand_clocks)


def local(*when, fold=0) -> datetime:
    return datetime(*when, tzinfo=PARIS, fold=fold)


def struck(brand_id=LUNE) -> int:
    """How often the clock struck in a brand."""
    with brand_scope(brand_id):
        names = db.session.scalars(select(EventRecord.name)).all()
    return names.count("Struck")


def due_times() -> list[datetime]:
    with across_brands("check") as session:
        return list(session.scalars(select(Tick.due_at).order_by(Tick.due_at)))


class TestOnce:
    def test_a_new_brand_starts_from_now(self, clock):
        assert look("* * * * *") == 0
        assert look("* * * * *") == 0
        clock.shift(59)
        assert look("* * * * *") == 0
        clock.shift(1)
        assert look("* * * * *") == 1
        assert struck() == 1

    def test_each_due_time_once_however_often_one_looks(self, clock):
        look()
        clock.shift(HOUR)
        assert [look() for _ in range(5)] == [1, 0, 0, 0, 0]

    def test_of_several_missed_due_times_only_the_latest_counts(self, clock):
        look()
        clock.shift(5 * HOUR + timedelta(minutes=20))
        assert look() == 1
        assert struck() == 1
        assert due_times()[-1] == local(2026, 1, 12, 17)
        assert look() == 0

    def test_every_brand_has_its_own_clock_and_zone(self, clock):
        both = [*IN_PARIS, BrandClock(VELORA, ZoneInfo("Europe/London"))]
        look("0 13 * * *", both)
        clock.shift(HOUR)  # one o'clock in Paris, noon in London
        assert look("0 13 * * *", both) == 1
        assert (struck(LUNE), struck(VELORA)) == (1, 0)
        clock.shift(HOUR)
        assert look("0 13 * * *", both) == 1
        assert (struck(LUNE), struck(VELORA)) == (1, 1)

    def test_two_scheduled_events_do_not_disturb_each_other(self, clock):
        ticks = {Struck: "0 * * * *", Rang: "30 * * * *"}
        publish_due(ticks, IN_PARIS)
        published = []
        for _ in range(4):
            clock.shift(HOUR / 2)
            published.append(publish_due(ticks, IN_PARIS))
        assert published == [1, 1, 1, 1]
        assert struck() == 2

    def test_four_workers_that_look_at_the_same_moment_publish_it_once(self, app, clock):
        look()
        for _ in range(5):
            clock.shift(HOUR)
            assert sum(at_once(app, look, times=4)) == 1
        assert struck() == 5

    def test_a_worker_that_comes_second_publishes_nothing(self, clock):
        """The narrowest race, forced: the other is done between our look and our row."""
        published = []

        class Slow(dict):
            def items(self):
                published.append(look())
                return super().items()

        look()
        clock.shift(HOUR)
        assert publish_due(Slow({Struck: "0 * * * *"}), IN_PARIS) == 0
        assert published == [1]
        assert struck() == 1


def at_once(app, act, *, times: int) -> list:
    results, start = [], threading.Barrier(times)

    def run():
        with app.app_context():
            start.wait()
            results.append(act())

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == times
    return results


class TestJumps:
    def test_a_clock_put_back_publishes_nothing_again(self, clock):
        look()
        clock.shift(HOUR)
        assert look() == 1
        clock.shift(-HOUR)
        published = []
        for _ in range(5):
            clock.shift(HOUR / 4)
            published.append(look())
        assert published == [0, 0, 0, 0, 0]
        clock.shift(HOUR)
        assert look() == 1
        assert struck() == 2

    def test_a_clock_put_forward_publishes_what_it_passed_once(self, clock):
        look()
        clock.shift(HOUR + timedelta(minutes=5))
        assert look() == 1
        clock.shift(-HOUR)  # set right again
        assert look() == 0
        assert struck() == 1

    def test_a_clock_put_back_far_starts_again_once_it_has_caught_up(self, clock):
        look()
        clock.shift(HOUR)
        look()
        clock.shift(-48 * HOUR)
        assert look() == 0
        clock.shift(49 * HOUR)
        assert look() == 1


class TestDaylightSaving:
    """In Paris 02:00 to 03:00 is missing on 29 March 2026 and comes twice on 25 October."""

    def days(self, clock, begin, days, expression):
        """Look every ten minutes for some days; returns when it struck, on the local clock."""
        clock.move_to(begin, tick=False)
        look(expression)
        found = []
        for _ in range(days * 144):
            clock.shift(600)
            if look(expression):
                found.append(datetime.now(UTC).astimezone(PARIS).strftime("%d %H:%M"))
        return found

    def test_a_time_missing_in_spring_comes_right_after_the_gap(self, clock):
        found = self.days(clock, local(2026, 3, 27, 12), 4, "30 2 * * *")
        assert found == ["28 02:30", "29 03:00", "30 02:30", "31 02:30"]

    def test_a_time_that_comes_twice_in_autumn_counts_once(self, clock):
        found = self.days(clock, local(2026, 10, 23, 12), 4, "30 2 * * *")
        assert found == ["24 02:30", "25 02:30", "26 02:30", "27 02:30"]

    def test_a_time_outside_the_change_stays_on_the_local_clock(self, clock):
        spring = self.days(clock, local(2026, 3, 27, 12), 3, "30 3 * * *")
        assert spring == ["28 03:30", "29 03:30", "30 03:30"]

    def test_the_hours_of_a_changing_day_are_each_counted(self, clock):
        """Twenty-three in spring, twenty-five in autumn."""
        for begin, hours in ((local(2026, 3, 29), 23), (local(2026, 10, 25), 25)):
            clock.move_to(begin, tick=False)
            look()
            before = struck()
            for _ in range(hours):
                clock.shift(HOUR)
                look()
            assert struck() - before == hours
            assert datetime.now(UTC).astimezone(PARIS).hour == 0


class TestWorker:
    def test_one_round_keeps_the_clock_numbers_the_log_and_delivers(self, app, effects, clock):
        def strike(_event):
            note("strike", 1)

        bus.subscribe({Struck: (strike,)})
        worker = Worker(app, {Struck: "0 * * * *"}, clocks)
        worker.step()
        clock.shift(HOUR)
        again = Worker(app, {Struck: "0 * * * *"}, clocks)
        assert again.step() == 4  # two brands: two positions, two deliveries
        assert effects_of("strike") == [1, 1]

    def test_a_worker_outlives_a_database_that_is_away(self, app, clock):
        calls = []

        def fail():
            calls.append(1)
            raise ConnectionError("away")

        worker = Worker(app, {Struck: "0 * * * *"}, fail)
        assert worker.step() == 0
        assert calls == [1]

    def test_a_worker_stops_when_told(self, app, clock):
        worker = Worker(app, {}, clocks)
        thread = worker.start()
        worker.stop()
        thread.join(5)
        assert not thread.is_alive()
