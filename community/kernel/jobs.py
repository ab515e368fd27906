"""The worker: numbers the log, publishes what the clock says, runs deliveries."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from cronsim import CronSim
from flask import Flask
from sqlalchemy import UniqueConstraint, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from community.kernel import bus
from community.kernel.bus import Event
from community.kernel.db import db, now, writing
from community.kernel.tenancy import BrandScoped, across_brands, brand_scope

IDLE_S = 0.5
CLOCK_S = 15.0
"""How often the clock is looked at; scheduled events may be that late."""

log = structlog.get_logger()


@dataclass(frozen=True)
class BrandClock:
    """A brand as the clock sees it: its id and the zone its days are counted in."""

    brand_id: int
    zone: ZoneInfo


class Tick(BrandScoped, db.Model):
    """One due time of one scheduled event. The unique row is what makes it once."""

    __table_args__ = (UniqueConstraint("brand_id", "name", "due_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    due_at: Mapped[datetime]


def publish_due(ticks: Mapping[type[Event], str], clocks: list[BrandClock]) -> int:
    """Publish every scheduled event whose time has come; return how many.

    `ticks` maps an event to a cron expression in the brand's own zone (a missing
    hour in spring runs right after it, a doubled one in autumn once: cron's rule).
    Of several missed due times only the latest counts. A clock put back publishes
    nothing again, because the due time is already on record.
    """
    with across_brands("one look at the clocks of all brands") as session:
        latest = select(Tick.brand_id, Tick.name, func.max(Tick.due_at))
        seen = {(b, n): t for b, n, t in session.execute(latest.group_by(Tick.brand_id, Tick.name))}
    published = 0
    for clock in clocks:
        for event_type, expression in ticks.items():
            last = seen.get((clock.brand_id, event_type.__name__))
            if last is None:  # from now on, not from the beginning of time
                _record(clock.brand_id, event_type, now(), publish=False)
            elif due := _latest_due(expression, last.astimezone(clock.zone)):
                published += _record(clock.brand_id, event_type, due, publish=True)
    return published


def _record(brand_id: int, event_type: type[Event], due: datetime, *, publish: bool) -> bool:
    with writing(), brand_scope(brand_id):
        db.session.add(Tick(name=event_type.__name__, due_at=due))
        if publish:
            bus.publish(event_type())
        try:
            db.session.commit()
        except IntegrityError:  # another worker was first
            db.session.rollback()
            return False
    return True


def _latest_due(expression: str, after: datetime) -> datetime | None:
    """The last due time in (after, now], or None."""
    moment, latest = now(), None
    for due in CronSim(expression, after):
        if due > moment:
            return latest
        latest = due
    return latest


class Worker:
    """Runs until stopped; any number may run beside each other."""

    def __init__(
        self,
        app: Flask,
        ticks: Mapping[type[Event], str],
        clocks,
        followers: Sequence[Callable[[], int]] = (),
    ):
        """`followers` follow the log, each in a thread of its own: what one does may be slow."""
        self._app = app
        self._followers = followers
        self._ticks = ticks
        self._clocks = clocks
        self._stop = threading.Event()
        self._clock_seen = float("-inf")

    def run(self) -> None:
        for follow in self._followers:
            threading.Thread(target=self._follow, args=(follow,), daemon=True).start()
        while not self._stop.is_set():
            if not self.step():
                self._stop.wait(IDLE_S)

    def step(self) -> int:
        """One round; returns how much was done, so that idleness can be noticed."""
        try:
            with self._app.app_context():
                if time.monotonic() - self._clock_seen >= CLOCK_S:
                    self._clock_seen = time.monotonic()
                    publish_due(self._ticks, self._clocks())
                return bus.assign_positions() + bus.deliver_due()
        except Exception as error:
            log.error("worker.failed", exc_info=error)
            return 0

    def _follow(self, follow: Callable[[], int]) -> None:
        while not self._stop.is_set():
            try:
                with self._app.app_context():
                    done = follow()
            except Exception as error:
                log.error("worker.follower_failed", exc_info=error)
                done = 0
            if not done:
                self._stop.wait(IDLE_S)

    def start(self) -> threading.Thread:
        thread = threading.Thread(target=self.run, name="community-worker", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        self._stop.set()
