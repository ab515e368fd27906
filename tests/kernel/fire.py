"""What runs in other processes while the kernel is put under fire, and may be killed there.

Processes come from a fork server that has everything imported, so one starts within
milliseconds and shares no connection and no thread with the tests.
"""

import multiprocessing
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, insert, select

from community import create_app
from community.kernel import bus
from community.kernel.bus import Event
from community.kernel.db import db, writing
from community.kernel.tenancy import brand_scope
from community.settings import Settings

EFFECTS = Table(
    "effect",
    MetaData(),  # of its own: no model of ours, so no difference to the migrations
    Column("id", Integer, primary_key=True),
    Column("handler", String),
    Column("number", Integer),  # deliberately not unique: a second effect must show
)
PATIENCE_S = 180


@dataclass(frozen=True)
class Happened(Event):
    """Something with a number, so that a missing or doubled one is seen."""

    number: int


def note(handler: str, number: int) -> None:
    """Leave a row, in the transaction at hand."""
    db.session.execute(insert(EFFECTS).values(handler=handler, number=number))


def first(event: Happened) -> None:
    """One effect."""
    note("first", event.number)


def second(event: Happened) -> None:
    """Another."""
    note("second", event.number)


def make_effects(url: str) -> None:
    """Make the table of effects, as the owner of the database."""
    engine = create_engine(url)
    EFFECTS.create(engine)
    engine.dispose()


def effects_of(handler: str) -> list[int]:
    """The numbers a handler left, in the order it left them."""
    statement = select(EFFECTS.c.number).where(EFFECTS.c.handler == handler)
    return list(db.session.scalars(statement.order_by(EFFECTS.c.id)))


def an_app(settings: Settings, *handlers: Callable):
    """The application of a process of its own."""
    app = create_app(settings, testing=True)
    bus.subscribe({Happened: handlers})
    return app


# -- Processes -------------------------------------------------------------

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.kernel.fire"])


def event():
    """A flag that processes share."""
    return _context.Event()


def counter():
    """A number that processes share."""
    return _context.Value("q", 0)


def start(target: Callable, *arguments) -> multiprocessing.Process:
    """Run a function of this module in a process of its own."""
    process = _context.Process(target=target, args=arguments, daemon=True)
    process.start()
    return process


def finish(processes: list) -> None:
    """Wait for all of them; whatever they said stands in their own error output."""
    for process in processes:
        process.join(PATIENCE_S)
    codes = [process.exitcode for process in processes]
    assert codes == [0] * len(codes), f"a process ended badly: {codes}"


def _in_threads(count: int, work: Callable[[int], None]) -> None:
    failures = []

    def guarded(index: int) -> None:
        try:
            work(index)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


# -- What they do ----------------------------------------------------------


def write_events(
    settings: Settings, brand_ids: tuple[int, ...], starts: list[int], count: int, slow: float
) -> None:
    """Publish `count` events per thread, one thread for each of `starts`, numbered from there.

    Transactions hold one to nine events; the share `slow` of them stays open for 50 to
    400 ms after their events have their ids.
    """
    app = an_app(settings)

    def write(index: int) -> None:
        chance = random.Random(starts[index])
        left = list(range(starts[index], starts[index] + count))
        brand_id = brand_ids[index % len(brand_ids)]
        with app.app_context(), brand_scope(brand_id), writing():
            while left:
                some, left = left[: (size := chance.randint(1, 9))], left[size:]
                for number in some:
                    bus.publish(Happened(number))
                db.session.flush()
                if chance.random() < slow:
                    time.sleep(chance.uniform(0.05, 0.4))
                db.session.commit()

    _in_threads(len(starts), write)


def number_events(settings: Settings, stop) -> None:
    """Be a sequencer until told to stop."""
    app = an_app(settings)
    with app.app_context():
        while not stop.is_set():
            if not bus.assign_positions():
                time.sleep(0.005)


def deliver(settings: Settings, lease_s: float) -> None:
    """Be a worker until killed."""
    app = an_app(settings, first)
    with app.app_context():
        while True:
            if not bus.deliver_due(lease=timedelta(seconds=lease_s)):
                time.sleep(0.01)


def count_up(settings: Settings, threads: int, seconds: float, row_id: int, done) -> None:
    """Read a number, add one, write it back, as often as it goes; tell `done` how often."""
    app = an_app(settings)
    change = EFFECTS.update().where(EFFECTS.c.id == row_id)
    times = [0] * threads

    def add(index: int) -> None:
        until = time.monotonic() + seconds
        with app.app_context():
            while time.monotonic() < until:
                with writing():
                    read = select(EFFECTS.c.number).where(EFFECTS.c.id == row_id)
                    number = db.session.scalar(read)
                    db.session.execute(change.values(number=number + 1))
                    db.session.commit()
                times[index] += 1

    _in_threads(threads, add)
    with done.get_lock():
        done.value += sum(times)
