"""Follows the log of events and writes the ledger behind it, brand by brand, exactly once."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from community.brands import following
from community.brands.queries import the_brand
from community.events import PointsCounted
from community.kernel.bus import EventRecord, publish, read_log
from community.kernel.db import db, writing
from community.kernel.i18n import zone
from community.kernel.tenancy import brand_scope
from community.scoring.counting import Counter, Happened, InMemory, Line, ThreadFacts
from community.scoring.ledger import InDatabase
from community.scoring.models import LedgerCursor
from community.scoring.rules import DEFAULT
from community.threads.kinds import Access
from community.threads.models import Thread

AT_ONCE = 200
"""Events counted in one transaction."""


class Follower(following.Follower):
    """Writes the ledger of each brand."""

    def catch_up(self, brand_id: int, newest: int) -> int:
        done = 0
        while self._is_behind(brand_id, newest):
            with writing(), brand_scope(brand_id):
                counted = _count_some()
                db.session.commit()
            if not counted:  # another process has the brand
                break
            done += counted
        return done

    def _is_behind(self, brand_id: int, newest: int) -> bool:
        """Whether there is something to count: nobody waits for a lock to find out."""
        with brand_scope(brand_id):
            position = db.session.scalar(select(LedgerCursor.position)) or 0
            return position < newest and bool(read_log(position, 1))


def _count_some() -> int:
    """Count the next events and move the cursor, both in the transaction at hand."""
    cursor = _cursor()
    if cursor is None:
        return 0
    records = read_log(cursor.position, AT_ONCE)
    if not records:
        return 0
    lines = InDatabase()
    counter = Counter(DEFAULT, lines, _facts_of, zone(the_brand().time_zone))
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


def _happened(record: EventRecord) -> Happened:
    return Happened(record.position, record.name, record.payload, record.created_at)


def recounted() -> list[Line]:
    """The ledger of the brand in scope as its log says it is, made anew in memory."""
    lines, counted, position = InMemory(), [], 0
    counter = Counter(DEFAULT, lines, _facts_of, zone(the_brand().time_zone))
    while records := read_log(position, AT_ONCE):
        for record in records:
            counted += counter.count(_happened(record))
        position = records[-1].position
        db.session.expunge_all()
    return counted


def _facts_of(thread_id: int) -> ThreadFacts | None:
    """What began in private earns nothing, whatever became of it: neither ever changes."""
    thread = db.session.get(Thread, thread_id)
    if thread is None:
        return None
    is_private = thread.was_private or thread.access is Access.PEOPLE
    return ThreadFacts(thread.author_id, is_private)
