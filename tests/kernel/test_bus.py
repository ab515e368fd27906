"""An event exists exactly when its change does, and each handler's effect exactly once."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select, update

from community.brands.models import Brand
from community.kernel import bus
from community.kernel.bus import GAPS, TRIES, Delivery, Event, EventRecord
from community.kernel.db import db
from community.kernel.errors import Conflict
from community.kernel.tenancy import NoBrandInScope, across_brands, brand_scope
from community.threads.models import Category
from tests.factories import LUNE, VELORA
from tests.kernel.fire import effects_of, first, note, second

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Happened(Event):
    number: int


@dataclass(frozen=True)
class Unheard(Event):
    """Nobody subscribes."""


class Trouble(Exception):
    """What goes wrong with a handler."""


def failing(event):
    note("failing", event.number)
    raise Trouble(f"number {event.number} will not do")


@pytest.fixture
def subscribed(app, effects):
    """`subscribed(handler, …)` makes these the subscribers of `Happened`."""

    def install(*handlers):
        bus.subscribe({Happened: handlers, Unheard: ()})

    with app.app_context():
        yield install


def publish(number=1, brand_id=LUNE):
    with brand_scope(brand_id):
        bus.publish(Happened(number))
        db.session.commit()


def deliveries(brand_id=LUNE):
    with brand_scope(brand_id):
        return db.session.scalars(select(Delivery).order_by(Delivery.id)).all()


def the_delivery():
    [only] = deliveries()
    return only


def give_up():
    """Publish and let every try fail; returns the moments of the tries."""
    tries = []
    with time_machine.travel(NOON, tick=False) as clock:
        publish()
        for _ in range(TRIES):
            tries.append(datetime.now(UTC))
            assert bus.deliver_due() == 1
            clock.shift(max(GAPS))
    return tries


class TestPublishing:
    def test_a_rollback_takes_the_event_and_its_deliveries_with_it(self, subscribed):
        subscribed(first)
        with brand_scope(LUNE):
            db.session.add(Category(slug="new", name="New"))
            bus.publish(Happened(1))
            db.session.flush()
            db.session.rollback()
        with across_brands("check") as session:
            assert session.scalar(select(func.count(EventRecord.id))) == 0
            assert session.scalar(select(func.count(Delivery.id))) == 0
        assert bus.deliver_due() == 0

    def test_an_event_holds_its_facts_and_one_delivery_per_handler(self, subscribed):
        subscribed(first, second)
        publish(7)
        with brand_scope(LUNE):
            record = db.session.scalars(select(EventRecord)).one()
            assert (record.name, record.payload) == ("Happened", {"number": 7})
        assert [d.handler.rpartition(".")[2] for d in deliveries()] == ["first", "second"]

    def test_an_event_nobody_subscribes_to_is_in_the_log_all_the_same(self, subscribed):
        subscribed()
        with brand_scope(LUNE):
            bus.publish(Unheard())
            db.session.commit()
        assert bus.assign_positions() == 1
        with brand_scope(LUNE):
            assert [e.name for e in bus.read_log()] == ["Unheard"]

    def test_an_event_missing_from_the_table_cannot_be_published(self, subscribed):
        bus.subscribe({})
        with brand_scope(LUNE), pytest.raises(KeyError):
            bus.publish(Happened(1))

    def test_an_event_needs_a_brand(self, subscribed):
        subscribed(first)
        with pytest.raises(NoBrandInScope):
            bus.publish(Happened(1))
        db.session.rollback()


class TestDelivering:
    def test_every_handler_runs_once_in_its_own_brand(self, subscribed):
        where = []

        def look(event):
            where.append((event, db.session.scalars(select(Brand.slug)).all()))
            where.append(db.session.scalar(select(func.count(Category.id))))

        subscribed(first, look)
        publish(1, LUNE)
        publish(2, VELORA)
        assert bus.deliver_due() == 4
        assert bus.deliver_due() == 0
        assert effects_of("first") == [1, 2]
        assert [w[0] for w in where[::2]] == [Happened(1), Happened(2)]
        assert where[1::2] == [5, 5]  # the categories of one brand, not of both

    def test_a_delivery_done_is_marked_with_its_moment(self, subscribed):
        subscribed(first)
        with time_machine.travel(NOON, tick=False):
            publish()
            bus.deliver_due()
        done = the_delivery()
        assert (done.done_at, done.due_at, done.lease, done.error) == (NOON, None, None, None)

    def test_deliveries_are_taken_oldest_first_and_no_more_than_asked(self, subscribed):
        subscribed(first)
        for number in range(5):
            publish(number)
        assert bus.deliver_due(limit=2) == 2
        assert effects_of("first") == [0, 1]
        assert bus.deliver_due() == 3

    def test_what_a_handler_publishes_is_delivered_too(self, subscribed):
        def pass_on(event):
            if event.number < 3:
                bus.publish(Happened(event.number + 1))

        subscribed(first, pass_on)
        publish(1)
        while bus.deliver_due():
            pass
        assert effects_of("first") == [1, 2, 3]


class TestFailing:
    def test_a_failing_handler_is_retried_alone_and_leaves_nothing(self, subscribed):
        subscribed(first, failing, second)
        with time_machine.travel(NOON, tick=False) as clock:
            publish()
            bus.deliver_due()
            clock.shift(GAPS[0])
            assert bus.deliver_due() == 1
        assert effects_of("first") == effects_of("second") == [1]
        assert effects_of("failing") == []

    def test_the_waits_grow_from_a_minute_to_twelve_hours(self, subscribed):
        subscribed(failing)
        waits = []
        with time_machine.travel(NOON, tick=False) as clock:
            publish()
            while True:
                assert bus.deliver_due() == 1
                due = the_delivery().due_at
                if due is None:
                    break
                waits.append((due - datetime.now(UTC)).total_seconds() / 60)
                clock.shift(due - datetime.now(UTC) - timedelta(seconds=1))
                assert bus.deliver_due() == 0, "tried before its time"
                clock.shift(1)
        assert waits == [1, 3, 10, 30, 60, 120, 240, 480, 720]

    def test_after_ten_tries_it_is_parked_with_its_error(self, subscribed):
        subscribed(failing)
        assert len(give_up()) == 10
        assert bus.deliver_due() == 0
        with brand_scope(LUNE):
            [parked] = bus.parked()
            assert (parked.attempts, parked.error) == (10, "Trouble: number 1 will not do")
            assert parked.event.payload == {"number": 1}
        with brand_scope(VELORA):
            assert bus.parked() == []

    def test_a_parked_delivery_is_replayed_from_the_start(self, subscribed):
        subscribed(failing)
        give_up()
        name = f"{first.__module__}.{first.__name__}"
        with brand_scope(LUNE):  # the handler has been mended since
            db.session.execute(update(Delivery).values(handler=name))
            [parked] = bus.parked()
            bus.replay(parked)
            db.session.commit()
        subscribed(first)
        assert bus.deliver_due() == 1
        assert effects_of("first") == [1]
        with brand_scope(LUNE):
            assert bus.parked() == []

    def test_a_replayed_delivery_that_fails_again_gets_all_its_tries(self, subscribed):
        subscribed(failing)
        give_up()
        with brand_scope(LUNE):
            bus.replay(bus.parked()[0])
            db.session.commit()
        bus.deliver_due()
        again = the_delivery()
        assert (again.attempts, again.parked_at) == (1, None)

    def test_only_a_parked_delivery_can_be_replayed(self, subscribed):
        subscribed(first)
        publish()
        with brand_scope(LUNE), pytest.raises(Conflict):
            bus.replay(db.session.scalars(select(Delivery)).one())

    def test_a_handler_that_no_longer_exists_fails_like_any_other(self, subscribed):
        subscribed(first)
        publish()
        subscribed(second)
        bus.deliver_due()
        assert the_delivery().error.startswith("KeyError")
        assert the_delivery().due_at is not None

    def test_one_brands_trouble_does_not_hold_up_another(self, subscribed):
        def refuse_lune(event):
            if event.number == LUNE:
                raise Trouble
            note("refuse_lune", event.number)

        subscribed(refuse_lune)
        publish(LUNE, LUNE)
        publish(VELORA, VELORA)
        assert bus.deliver_due() == 2
        assert effects_of("refuse_lune") == [VELORA]


class TestLeases:
    def test_while_a_worker_has_a_delivery_no_other_takes_it(self, app, subscribed):
        other = []

        def look_from_elsewhere(_event):
            db.session.rollback()  # on SQLite the other one could not even look

            def look():
                with app.app_context():
                    other.append(bus.deliver_due())

            thread = threading.Thread(target=look)
            thread.start()
            thread.join()

        subscribed(look_from_elsewhere)
        publish()
        bus.deliver_due()
        assert other == [0]

    def test_behind_a_slow_handler_the_others_are_given_back_untried(self, subscribed):
        with time_machine.travel(NOON, tick=False) as clock:
            subscribed(lambda event: (note("slow", event.number), clock.shift(bus.LEASE)))
            for number in (1, 2, 3):
                publish(number)
            assert bus.deliver_due() == 1
            rest = deliveries()[1:]
            assert [(d.lease, d.attempts) for d in rest] == [(None, 0), (None, 0)]
            assert bus.deliver_due() == 1
            assert bus.deliver_due() == 1
        assert sorted(effects_of("slow")) == [1, 2, 3]

    def test_when_the_lease_is_lost_the_other_workers_effect_counts_once(self, app, subscribed):
        """The slow worker sleeps through its lease; its effect is undone."""
        runs = []

        def slow_the_first_time(event):
            runs.append(event)
            if len(runs) == 1:
                thread = threading.Thread(target=_work, args=(app,))
                thread.start()
                thread.join()
            note("slow", event.number)

        subscribed(slow_the_first_time)
        publish()
        bus.deliver_due(lease=timedelta(0))
        assert len(runs) == 2
        assert effects_of("slow") == [1]
        assert the_delivery().done_at is not None

    def test_a_worker_that_lost_its_lease_cannot_park_or_delay_the_delivery(self, app, subscribed):
        runs = []

        def fail_the_first_time(event):
            runs.append(event)
            if len(runs) == 1:
                thread = threading.Thread(target=_work, args=(app,))
                thread.start()
                thread.join()
                raise Trouble("too late to matter")

        subscribed(fail_the_first_time)
        publish()
        bus.deliver_due(lease=timedelta(0))
        done = the_delivery()
        assert (done.error, done.due_at) == (None, None)
        assert done.done_at is not None

    def test_a_delivery_that_takes_its_worker_down_is_parked_and_takes_no_other_with_it(
        self, subscribed
    ):
        """A handler that ends the process, each time, must not use up its neighbours' tries."""

        class Killed(BaseException):
            pass

        def deadly(event):
            if event.number == 3:
                raise Killed
            note("deadly", event.number)

        subscribed(deadly)
        lives = 0
        with time_machine.travel(NOON, tick=False) as clock:
            for number in range(6):
                publish(number)
            for _ in range(100):
                try:
                    if not bus.deliver_due():
                        clock.shift(bus.LEASE)
                        if not bus.deliver_due():
                            break
                except Killed:
                    lives += 1
                    db.session.remove()
        assert lives == TRIES
        assert sorted(effects_of("deadly")) == [0, 1, 2, 4, 5]
        with brand_scope(LUNE):
            [parked] = bus.parked()
            assert parked.event.payload == {"number": 3}
            assert "never came back" in parked.error
            tries = db.session.scalar(
                select(func.max(Delivery.attempts)).where(Delivery.done_at.is_not(None))
            )
        assert tries <= 3


def _work(app):
    with app.app_context():
        bus.deliver_due()


class TestLog:
    def test_an_event_is_in_the_log_once_it_has_a_position(self, subscribed):
        subscribed()
        publish(1)
        with brand_scope(LUNE):
            assert bus.read_log() == []
        assert bus.assign_positions() == 1
        assert bus.assign_positions() == 0
        with brand_scope(LUNE):
            assert [e.payload for e in bus.read_log()] == [{"number": 1}]

    def test_positions_count_on_over_all_brands_and_each_reads_its_own(self, subscribed):
        subscribed()
        for number, brand_id in enumerate((LUNE, VELORA, LUNE, VELORA)):
            publish(number, brand_id)
        assert bus.assign_positions(limit=3) == 3
        assert bus.assign_positions(limit=3) == 1
        for brand_id, expected in ((LUNE, [(1, 0), (3, 2)]), (VELORA, [(2, 1), (4, 3)])):
            with brand_scope(brand_id):
                log = [(e.position, e.payload["number"]) for e in bus.read_log()]
                assert log == expected

    def test_a_reader_goes_on_where_it_was(self, subscribed):
        subscribed()
        for number in range(7):
            publish(number)
        bus.assign_positions()
        seen, after = [], 0
        with brand_scope(LUNE):
            while page := bus.read_log(after=after, limit=3):
                seen += [e.payload["number"] for e in page]
                after = page[-1].position
        assert seen == list(range(7))
