"""Following the log of events brand by brand, beside the deliveries.

What follows keeps its own place, by position, and may be slow. Any number of processes may run
the same follower: each brand's place is held by one of them at a time.
"""

import time
from abc import ABC, abstractmethod

import structlog
from sqlalchemy import func, select

from community.brands.models import Brand
from community.kernel.bus import EventRecord
from community.kernel.tenancy import across_brands

CHECKED_EVERY_S = 5.0
"""How often every brand is looked at, also one nothing new was seen of."""

log = structlog.get_logger()


class Follower(ABC):
    """Made once for each worker, then called again and again in a thread of its own."""

    def __init__(self):
        self._seen = -1
        self._checked = float("-inf")

    def __call__(self) -> int:
        """Go on with what is new; return how much was done, so that idleness can be noticed."""
        newest, brand_ids = self._look()
        done = 0
        for brand_id in sorted(brand_ids):
            try:
                done += self.catch_up(brand_id, newest)
            except Exception as error:  # one brand's trouble is not the others'
                log.error(
                    "log.not_followed", by=type(self).__module__, brand=brand_id, exc_info=error
                )
        self._seen = newest
        return done

    def _look(self) -> tuple[int, set[int]]:
        """Return the newest position, and the brands that may have something to do."""
        with across_brands("who follows the log follows all brands") as session:
            newest = session.scalar(select(func.max(EventRecord.position))) or 0
            if time.monotonic() - self._checked >= CHECKED_EVERY_S:
                self._checked = time.monotonic()
                return newest, set(session.scalars(select(Brand.id)))
            if newest == self._seen:
                return newest, set()
            further = select(EventRecord.brand_id).where(EventRecord.position > self._seen)
            return newest, set(session.scalars(further.distinct()))

    @abstractmethod
    def catch_up(self, brand_id: int, newest: int) -> int:
        """Bring one brand up to date; `newest` is the last position of the whole log."""
