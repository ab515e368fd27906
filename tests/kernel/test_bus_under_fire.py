"""The promises of the bus, while many write at once and workers are killed."""

import random
import time

import pytest
from sqlalchemy import func, select, text

from community.kernel import bus
from community.kernel.bus import Delivery, EventRecord
from community.kernel.db import db, now, writing
from community.kernel.tenancy import across_brands, brand_scope
from tests.factories import LUNE, VELORA
from tests.kernel import fire
from tests.kernel.fire import Happened, effects_of

BRANDS = (LUNE, VELORA)
# processes, threads in each, events per thread, share of transactions that stay open
WRITERS = {"postgresql": (4, 3, 420, 1 / 8), "sqlite": (2, 4, 250, 1 / 80)}
WORKERS, KILLS, LEASE_S = 2, 12, 0.3
PATIENCE_S = fire.PATIENCE_S


def read_on(brand_id, after, seen):
    """One look at the log of a brand; returns the position reached."""
    with brand_scope(brand_id):
        for event in bus.read_log(after=after):
            seen.append((event.position, event.payload["number"]))
            after = event.position
    return after


def test_a_reader_of_the_log_misses_nothing_and_sees_nothing_twice(app, settings, database_kind):
    processes, threads, count, slow = WRITERS[database_kind]
    starts = [count * index for index in range(processes * threads)]
    stop = fire.event()
    sequencers = [fire.start(fire.number_events, settings, stop) for _ in range(2)]
    writers = [
        fire.start(
            fire.write_events,
            settings,
            BRANDS,
            starts[index * threads : (index + 1) * threads],
            count,
            slow,
        )
        for index in range(processes)
    ]
    seen, after = {LUNE: [], VELORA: []}, {LUNE: 0, VELORA: 0}
    busy_reads, deadline = 0, time.monotonic() + PATIENCE_S
    with app.app_context():
        while time.monotonic() < deadline:
            written = not any(writer.is_alive() for writer in writers)
            before = sum(map(len, seen.values()))
            for brand_id in BRANDS:
                after[brand_id] = read_on(brand_id, after[brand_id], seen[brand_id])
            got = sum(map(len, seen.values()))
            busy_reads += got > before and not written
            if written and got == before and not unnumbered():
                break
            time.sleep(0.005)
        stop.set()
        fire.finish(writers + sequencers)
        for brand_id in BRANDS:
            after[brand_id] = read_on(brand_id, after[brand_id], seen[brand_id])
    numbers = sorted(number for brand_id in BRANDS for _, number in seen[brand_id])
    assert numbers == list(range(count * len(starts)))
    assert len(numbers) >= 2_000
    for brand_id in BRANDS:
        positions = [position for position, _ in seen[brand_id]]
        assert positions == sorted(set(positions))
    everywhere = sorted(position for brand_id in BRANDS for position, _ in seen[brand_id])
    assert everywhere == list(range(1, len(numbers) + 1))
    assert busy_reads >= 10, "the reader never read while others wrote"


def unnumbered() -> int:
    with across_brands("check") as session:
        return session.scalar(
            select(func.count(EventRecord.id)).where(EventRecord.position.is_(None))
        )


@pytest.mark.postgresql
def test_a_reader_of_ids_or_moments_would_have_missed_what_the_log_shows(app):
    """The control: the interleaving that makes positions necessary, step by step."""
    bus.subscribe({Happened: ()})
    with app.app_context(), brand_scope(LUNE):
        slow_connection = db.engine.connect()
        slow = slow_connection.begin()
        slow_connection.execute(text("SELECT set_config('community.brand_id', '1', true)"))
        slow_id = slow_connection.execute(
            EventRecord.__table__.insert().returning(EventRecord.id),
            {"brand_id": LUNE, "name": "Happened", "payload": {"number": 1}},
        ).scalar_one()
        bus.publish(Happened(2))  # begun later, committed first
        db.session.commit()
        bus.assign_positions()
        by_id = db.session.scalars(select(EventRecord).order_by(EventRecord.id)).all()
        by_position = bus.read_log()
        last = by_id[-1]
        assert slow_id < last.id
        slow.commit()
        slow_connection.close()
        bus.assign_positions()
        missed_by_id = db.session.scalars(select(EventRecord).where(EventRecord.id > last.id))
        missed_by_moment = db.session.scalars(
            select(EventRecord).where(EventRecord.created_at > last.created_at)
        )
        assert missed_by_id.all() == []
        assert missed_by_moment.all() == []
        by_position += bus.read_log(after=by_position[-1].position)
        assert [e.payload["number"] for e in by_position] == [2, 1]


def test_every_handler_acts_exactly_once_however_often_its_worker_is_killed(app, effects):
    bus.subscribe({Happened: (fire.first,)})
    chance, count = random.Random(7), 2_000
    with app.app_context():
        for brand_id in BRANDS:
            with brand_scope(brand_id), writing():
                for number in range(brand_id, count + 1, len(BRANDS)):
                    bus.publish(Happened(number))
                db.session.commit()
        workers = [fire.start(fire.deliver, effects, LEASE_S) for _ in range(WORKERS)]
        kills, deadline = 0, time.monotonic() + PATIENCE_S
        while left() and time.monotonic() < deadline:
            time.sleep(chance.uniform(0.01, 0.1))
            if kills < KILLS and in_hand():
                victim = chance.randrange(WORKERS)
                workers[victim].kill()
                workers[victim].join()
                workers[victim] = fire.start(fire.deliver, effects, LEASE_S)
                kills += 1
        for worker in workers:
            worker.kill()
            worker.join()
        assert sorted(effects_of("first")) == list(range(1, count + 1))
        with across_brands("check") as session:
            again = select(func.count(Delivery.id)).where(Delivery.attempts > 1)
            assert session.scalar(again) > 0, "no worker was killed with work in its hands"
            undone = select(func.count(Delivery.id)).where(Delivery.done_at.is_(None))
            assert session.scalar(undone) == 0
        assert kills >= 5


def in_hand() -> bool:
    """Whether a worker has claimed something and is not done with it."""
    with across_brands("check") as session:
        claimed = select(Delivery.id).where(Delivery.lease.is_not(None), Delivery.due_at > now())
        return session.scalar(claimed.limit(1)) is not None


def left() -> int:
    with across_brands("check") as session:
        return session.scalar(select(func.count(Delivery.id)).where(Delivery.due_at.is_not(None)))
