"""How often threads are read, counted without a write while somebody reads.

Each process notes readers in memory and writes them every 30 seconds and when it ends, so
one that is killed loses at most that. Whoever was counted for a thread is remembered for an
hour, in the database too: however many processes answer, a reader counts once an hour.
Browsers that say they are robots do not count.
"""

import re
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterator
from datetime import datetime, timedelta
from multiprocessing.util import Finalize
from typing import NamedTuple

import structlog
from sqlalchemy import Index, String, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from community.brands.models import Brand
from community.kernel.db import db, now, writing
from community.kernel.tenancy import BrandScoped, brand_scope, same_brand
from community.threads.models import Thread

ONCE_PER = timedelta(hours=1)
WRITTEN_EVERY_S = 30.0
_MOST_READERS = 100_000  # remembered at once; beyond it the longest known are forgotten
_AT_ONCE = 400  # readers looked up in one statement
_ROBOT = re.compile(
    r"(?<!cu)bot|crawl|spider|slurp|preview|fetch|monitor|facebookexternalhit|curl|wget|python|"
    r"headless|lighthouse|scan|archiv|scrap|feed|validator|http-?client|libwww|axios|java/|"
    r"ruby|perl|whatsapp|embedly|inspectiontool|mediapartners|apis-google|(gpt|claude|y)-user",
    re.IGNORECASE,  # CUBOT makes telephones
)

log = structlog.get_logger()


class ThreadReader(BrandScoped, db.Model):
    """Somebody counted for a thread lately. `reader` is a key that names nobody."""

    __table_args__ = (same_brand("thread_id", "thread"), Index(None, "brand_id", "counted_at"))
    thread_id: Mapped[int] = mapped_column(primary_key=True)
    reader: Mapped[str] = mapped_column(String(32), primary_key=True)
    counted_at: Mapped[datetime]


class Sight(NamedTuple):
    """A thread under the eyes of a reader."""

    brand_id: int
    thread_id: int
    reader: str


class Readership:
    """The readers one process has seen."""

    def __init__(self):
        self._lock = threading.Lock()
        self._pen = threading.Lock()
        self._ended = threading.Event()
        self._last: OrderedDict[Sight, datetime] = OrderedDict()
        self._waiting: dict[Sight, datetime] = {}

    def saw(self, brand_id: int, thread_id: int, reader: str, browser: str) -> None:
        """Note that `reader` (a stable key of at most 32 characters) opened a thread."""
        if not browser or _ROBOT.search(browser):
            return
        sight, at = Sight(brand_id, thread_id, reader), now()
        with self._lock:
            last = self._last.get(sight)
            if last is not None and at - last < ONCE_PER:
                return
            self._last[sight] = self._waiting[sight] = at
            self._last.move_to_end(sight)
            self._forget(at)

    def _forget(self, at: datetime) -> None:
        while self._last:
            sight, seen = next(iter(self._last.items()))
            if at - seen < ONCE_PER and len(self._last) <= _MOST_READERS:
                return
            del self._last[sight]

    def write(self) -> int:
        """Count who waits, outside any brand; returns how many views were new.

        What could not be written waits for the next time.
        """
        with self._pen:
            with self._lock:
                sights, self._waiting = self._waiting, {}
            counted = 0
            try:
                for brand_id in sorted({sight.brand_id for sight in sights}):
                    of_brand = {s: at for s, at in sights.items() if s.brand_id == brand_id}
                    counted += _store(brand_id, of_brand)
                    sights = {s: at for s, at in sights.items() if s.brand_id != brand_id}
            finally:
                with self._lock:
                    self._waiting = sights | self._waiting
            return counted

    # -- For a process that serves ---------------------------------------------

    def keep_writing(self, app) -> None:
        """Write in the background from now on, and a last time when the process ends."""
        thread = threading.Thread(
            target=self._keep, args=(app,), name="community-readership", daemon=True
        )
        thread.start()
        # A server's processes are children of `multiprocessing`, which leave without `atexit`.
        Finalize(None, self._end, args=(app,), exitpriority=10)

    def _keep(self, app) -> None:
        while not self._ended.wait(WRITTEN_EVERY_S):
            self._write_in(app)

    def _end(self, app) -> None:
        self._ended.set()
        self._write_in(app)

    def _write_in(self, app) -> None:
        if not self._waiting:
            return
        try:
            with app.app_context():
                self.write()
        except Exception as error:
            log.error("readership.not_written", exc_info=error)


# -- The database ----------------------------------------------------------


def _store(brand_id: int, sights: dict[Sight, datetime]) -> int:
    """Add new readers and views of one brand; those of the last hour are views already."""
    with writing(), brand_scope(brand_id):
        _one_at_a_time(brand_id)
        _forget_before(min(sights.values()) - ONCE_PER)
        views = Counter(sight.thread_id for sight in _new(sights))
        db.session.flush()  # a reader added twice would show here, before it is counted
        for thread_id, count in sorted(views.items()):
            db.session.execute(_add(thread_id, count))
        db.session.commit()  # no request and no delivery is there to do it
    return views.total()


def _one_at_a_time(brand_id: int) -> None:
    """Processes take turns: two of them may have seen the same reader."""
    brand = select(Brand.id).where(Brand.id == brand_id)
    db.session.execute(brand.with_for_update(key_share=True))  # SQLite has one writer anyway


def _new(sights: dict[Sight, datetime]) -> Iterator[Sight]:
    """Remember each reader; yield those who were not counted within the hour before."""
    waiting = list(sights)
    for start in range(0, len(waiting), _AT_ONCE):
        some = waiting[start : start + _AT_ONCE]
        threads = {sight.thread_id for sight in some}
        known = select(ThreadReader).where(
            ThreadReader.thread_id.in_(threads),
            ThreadReader.reader.in_({sight.reader for sight in some}),
        )
        rows = {(row.thread_id, row.reader): row for row in db.session.scalars(known)}
        there = set(db.session.scalars(select(Thread.id).where(Thread.id.in_(threads))))
        for sight in some:
            row, at = rows.get(sight[1:]), sights[sight]
            if sight.thread_id not in there or (row and at - row.counted_at < ONCE_PER):
                continue
            if row is None:
                row = ThreadReader(thread_id=sight.thread_id, reader=sight.reader)
                db.session.add(row)
            row.counted_at = at
            yield sight


def _add(thread_id: int, views: int):
    more = {"views_count": Thread.views_count + views}
    return (
        update(Thread)
        .where(Thread.id == thread_id)
        .values(more)
        .execution_options(synchronize_session=False)
    )


def _forget_before(moment: datetime) -> None:
    old = delete(ThreadReader).where(ThreadReader.counted_at <= moment)
    db.session.execute(old.execution_options(synchronize_session=False))


def on_day_began(_event) -> None:
    """Forget readers of a brand that nobody has read since."""
    _forget_before(now() - ONCE_PER)
