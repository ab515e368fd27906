"""Follows the log of events and writes the ledger behind it, brand by brand, exactly once."""

import time

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from community.brands.models import Brand
from community.events import PointsCounted
from community.kernel.bus import EventRecord, publish, read_log
from community.kernel.db import db, writing
from community.kernel.i18n import zone
from community.kernel.tenancy import across_brands, brand_id_in_scope, brand_scope
from community.scoring.counting import Counter, Happened, InMemory, Line, ThreadFacts
from community.scoring.ledger import InDatabase
from community.scoring.models import LedgerCursor
from community.scoring.rules import DEFAULT
from community.threads.kinds import Access
from community.threads.models import Thread

AT_ONCE = 200
"""Events counted in one transaction."""
CHECKED_EVERY_S = 5.0
"""How often every brand is looked at, also one nothing new was seen of."""

log = structlog.get_logger()


class Follower:
    """Follows the log in one process; any number may beside it, and one of them is at work."""

    def __init__(self):
        self._seen = -1
        self._checked = float("-inf")

    def __call__(self) -> int:
        """Count what is new; return how much was done, so that idleness can be noticed."""
        newest, brand_ids = self._look()
        done = 0
        for brand_id in sorted(brand_ids):
            try:
                done += _catch_up(brand_id)
            except Exception as error:  # one brand's trouble is not the others'
                log.error("points.not_counted", brand=brand_id, exc_info=error)
        self._seen = newest
        return done

    def _look(self) -> tuple[int, set[int]]:
        with across_brands("the ledger follows all brands") as session:
            newest = session.scalar(select(func.max(EventRecord.position))) or 0
            if time.monotonic() - self._checked >= CHECKED_EVERY_S:
                self._checked = time.monotonic()
                return newest, set(session.scalars(select(Brand.id)))
            if newest == self._seen:
                return newest, set()
            further = select(EventRecord.brand_id).where(EventRecord.position > self._seen)
            return newest, set(session.scalars(further.distinct()))


def _catch_up(brand_id: int) -> int:
    done = 0
    while True:
        with writing(), brand_scope(brand_id):
            counted = _count_some()
            db.session.commit()
        done += counted
        if counted < AT_ONCE:
            return done


def _count_some() -> int:
    """Count the next events and move the cursor, both in the transaction at hand."""
    cursor = _cursor()
    if cursor is None:
        return 0
    records = read_log(cursor.position, AT_ONCE)
    if not records:
        return 0
    lines = InDatabase()
    counter = Counter(DEFAULT, lines, _facts_of, _zone())
    for record in records:
        counter.count(_happened(record))
    cursor.position = records[-1].position
    if lines.members:
        publish(PointsCounted(member_ids=sorted(lines.members)))
    return len(records)


def _cursor() -> LedgerCursor | None:
    """The brand's cursor, held; None while another has it."""
    held = select(LedgerCursor).with_for_update(skip_locked=True)
    if found := db.session.scalar(held):
        return found
    if db.session.scalar(select(LedgerCursor.id)) is not None:
        return None
    try:
        with db.session.begin_nested():
            made = LedgerCursor(position=0)
            db.session.add(made)
    except IntegrityError:  # another was first
        return None
    return made


def _zone():
    return zone(db.session.get_one(Brand, brand_id_in_scope()).time_zone)


def _happened(record: EventRecord) -> Happened:
    return Happened(record.position, record.name, record.payload, record.created_at)


def recounted() -> list[Line]:
    """The ledger of the brand in scope as its log says it is, made anew in memory."""
    lines, counted, position = InMemory(), [], 0
    counter = Counter(DEFAULT, lines, _facts_of, _zone())
    while records := read_log(position, AT_ONCE):
        for record in records:
            counted += counter.count(_happened(record))
        position = records[-1].position
        db.session.expunge_all()
    return counted


def _facts_of(thread_id: int) -> ThreadFacts | None:
    """What began in private earns nothing, whatever became of it."""
    thread = db.session.get(Thread, thread_id)
    if thread is None:
        return None
    is_private = thread.was_private or thread.access is not Access.OPEN
    return ThreadFacts(thread.author_id, is_private)
