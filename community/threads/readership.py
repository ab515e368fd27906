"""How often threads are read, counted without a write while somebody reads.

Each process counts in memory and writes the sums at most every 30 seconds, so a
process that dies loses at most that. A reader counts once per thread and hour;
browsers that say they are robots do not count.
"""

import re
import threading
from collections import Counter, OrderedDict
from time import monotonic

from sqlalchemy import update

from community.kernel.db import db, writing
from community.kernel.tenancy import brand_id_in_scope, brand_scope
from community.threads.models import Thread

ONCE_PER_S = 3600.0
WRITTEN_EVERY_S = 30.0
_MOST_READERS = 100_000  # remembered at once; beyond it the longest known are forgotten
_ROBOT = re.compile(
    r"bot|crawl|spider|slurp|preview|fetch|monitor|facebookexternalhit|curl|wget|python|"
    r"headless|lighthouse|scan",
    re.IGNORECASE,
)


class Readership:
    """The counts of one process."""

    def __init__(self):
        self._lock = threading.Lock()
        self._last: OrderedDict[tuple[int, int, str], float] = OrderedDict()
        self._waiting: Counter[tuple[int, int]] = Counter()
        self._written = monotonic()

    def saw(self, thread_id: int, reader: str, browser: str) -> bool:
        """Note that `reader` (any stable key) opened a thread; True when sums are due."""
        if not browser or _ROBOT.search(browser):
            return False
        key, at = (brand_id_in_scope(), thread_id, reader), monotonic()
        with self._lock:
            if at - self._last.get(key, float("-inf")) >= ONCE_PER_S:
                self._last[key] = at
                self._last.move_to_end(key)
                self._waiting[key[:2]] += 1
                self._forget(at)
            return bool(self._waiting) and at - self._written >= WRITTEN_EVERY_S

    def _forget(self, at: float) -> None:
        while self._last:
            key, seen = next(iter(self._last.items()))
            if at - seen < ONCE_PER_S and len(self._last) <= _MOST_READERS:
                return
            del self._last[key]

    def write(self) -> int:
        """Add the sums to the threads, outside any brand; returns how many views.

        What could not be written waits for the next time.
        """
        with self._lock:
            sums, self._waiting = self._waiting, Counter()
            self._written = monotonic()
        left = Counter(sums)
        try:
            for brand_id in {brand_id for brand_id, _thread in sums}:
                of_brand = {key: views for key, views in sums.items() if key[0] == brand_id}
                _store(brand_id, of_brand)
                left -= Counter(of_brand)
        finally:
            with self._lock:
                self._waiting += left
        return sums.total()


def _store(brand_id: int, sums: dict[tuple[int, int], int]) -> None:
    with writing(), brand_scope(brand_id):
        for (_brand, thread_id), views in sorted(sums.items()):
            db.session.execute(_add(thread_id, views))
        db.session.commit()  # no request and no delivery is there to do it


def _add(thread_id: int, views: int):
    more = {"views_count": Thread.views_count + views}
    return (
        update(Thread)
        .where(Thread.id == thread_id)
        .values(more)
        .execution_options(synchronize_session=False)
    )
