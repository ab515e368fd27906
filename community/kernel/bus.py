"""Publish an event in the transaction that caused it; deliver it afterwards.

`publish()` writes the event and one delivery per subscriber with the session
at hand, so both exist exactly when the change does. Workers claim deliveries
under a lease and run each in its own transaction, together with the mark that
it is done: an effect in our database happens exactly once, whatever is killed.

Once committed, each event gets a position from one sequencer. Readers of the
log follow positions; an id or a timestamp is given before the commit, so a slow
transaction would slip behind a reader that follows either.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from sqlalchemy import JSON, ForeignKey, Index, func, literal_column, select, update
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from community.kernel.db import Timestamped, db, now, writing
from community.kernel.errors import Conflict
from community.kernel.tenancy import (
    BrandScoped,
    across_brands,
    brand_id_in_scope,
    brand_scope,
    writing_across_brands,
)

GAPS = tuple(timedelta(minutes=minutes) for minutes in (1, 3, 10, 30, 60, 120, 240, 480, 720))
"""Wait before each further try; after the last one a delivery is parked."""
TRIES = len(GAPS) + 1
LEASE = timedelta(seconds=60)
CHANGED_BRANDS = "changed_brands"
_SEQUENCER_LOCK = 0x636F6D6D  # any constant: one advisory lock per database

log = structlog.get_logger()


@dataclass(frozen=True)
class Event:
    """Something that happened, told by ids."""


Handler = Callable[[Event], None]
_event_types: dict[str, type[Event]] = {}
_handlers: dict[str, dict[str, Handler]] = {}


class EventRecord(BrandScoped, Timestamped, db.Model):
    """One line of the log. `position` is None until the sequencer has seen it."""

    __tablename__ = "event"
    __table_args__ = (
        Index(
            "ix_event_unsequenced",
            "id",
            postgresql_where=literal_column("position IS NULL"),
            sqlite_where=literal_column("position IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    payload: Mapped[dict] = mapped_column(JSON)
    position: Mapped[int | None] = mapped_column(unique=True)


class Delivery(BrandScoped, db.Model):
    """One handler's share of one event.

    `due_at` is when it may next be tried: now, after a gap, or, while a worker
    has it, when that worker's lease runs out. None once done, parked or discarded.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), index=True)
    handler: Mapped[str]
    due_at: Mapped[datetime | None] = mapped_column(default=now, index=True)
    lease: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]
    done_at: Mapped[datetime | None]
    parked_at: Mapped[datetime | None] = mapped_column(index=True)
    discarded_at: Mapped[datetime | None]
    discarded_reason: Mapped[str | None]
    event: Mapped[EventRecord] = relationship()


def subscribe(table: Mapping[type[Event], Sequence[Handler]]) -> None:
    """Install the whole subscription table, once, at start-up."""
    _event_types.clear()
    _handlers.clear()
    for event_type, handlers in table.items():
        _event_types[event_type.__name__] = event_type
        _handlers[event_type.__name__] = {f"{h.__module__}.{h.__name__}": h for h in handlers}


def publish(event: Event, *, not_before: datetime | None = None) -> None:
    """Record the event and what follows from it, in the transaction at hand.

    With `not_before` the deliveries wait until then, whatever happens to the processes.
    """
    name = type(event).__name__
    record = EventRecord(name=name, payload=asdict(event))
    db.session.add(record)
    due = not_before or now()
    db.session.add_all(Delivery(event=record, handler=key, due_at=due) for key in _handlers[name])
    _note_change(db.session(), {brand_id_in_scope()})


def _note_change(session: Session, brand_ids: set[int]) -> None:
    """Whoever keeps answers of these brands (`kernel.pages`) throws them away at the commit."""
    session.info.setdefault(CHANGED_BRANDS, set()).update(brand_ids)


# -- Delivering ------------------------------------------------------------


class _Claim(NamedTuple):
    delivery_id: int
    brand_id: int
    lease: str
    attempts: int
    handler: str
    name: str
    payload: dict


def deliver_due(limit: int = 20, lease: timedelta = LEASE) -> int:
    """Run due deliveries once each; return how many were tried.

    When half the lease has passed, what was claimed and not begun is given back: it
    would run out of its lease behind a handler that waits for a slow server.
    """
    with writing():
        claims = _claim(limit, lease)
        in_time = now() + lease / 2
        for tried, claim in enumerate(claims):
            if tried and now() > in_time:
                _give_back(claims[tried:])
                return tried
            with brand_scope(claim.brand_id):
                _deliver(claim)
    return len(claims)


def _claim(limit: int, lease: timedelta) -> list[_Claim]:
    """Take due deliveries for ourselves until the lease runs out."""
    with across_brands("is anything due?") as session:
        if session.scalar(select(Delivery.id).where(Delivery.due_at <= now()).limit(1)) is None:
            return []
    token = secrets.token_hex(8)
    with writing_across_brands("the worker serves all brands") as session:
        due = (
            select(Delivery)
            .where(Delivery.due_at <= now())
            .order_by(Delivery.due_at, Delivery.id)
            .limit(limit)
            .options(joinedload(Delivery.event, innerjoin=True))
            .with_for_update(skip_locked=True, of=Delivery)
        )
        claims = []
        for delivery in _without_neighbours(session.scalars(due).all()):
            delivery.lease = token
            delivery.due_at = now() + lease
            delivery.attempts += 1
            event = delivery.event
            claims.append(
                _Claim(
                    delivery.id,
                    delivery.brand_id,
                    token,
                    delivery.attempts,
                    delivery.handler,
                    event.name,
                    event.payload,
                )
            )
    return claims


def _give_back(claims: Sequence[_Claim]) -> None:
    """Let others have what we claimed and did not try."""
    ours = (
        Delivery.id.in_([claim.delivery_id for claim in claims]),
        Delivery.lease == claims[0].lease,
    )
    untried = {"lease": None, "due_at": now(), "attempts": Delivery.attempts - 1}
    with writing_across_brands("the worker serves all brands") as session:
        session.execute(update(Delivery).where(*ours).values(untried))


def _without_neighbours(due: Sequence[Delivery]) -> Sequence[Delivery]:
    """What may be claimed together: a delivery whose worker never came back goes alone.

    It may be what took the worker down, and a claim counts as a try: its neighbours
    would be parked with it.
    """
    if due and due[0].lease is not None:
        return due[:1]
    return [delivery for delivery in due if delivery.lease is None]


def _deliver(claim: _Claim) -> None:
    if claim.attempts > TRIES:  # it took its worker down every time
        _settle_failure(claim, "gave up: the worker never came back from it")
        return
    try:
        event = _event_types[claim.name](**claim.payload)
        _handlers[claim.name][claim.handler](event)
        if _settle(claim, due_at=None, lease=None, done_at=now(), error=None):
            db.session.commit()
        else:
            # Our lease ran out and another worker has it: its effect counts, not ours.
            db.session.rollback()
            log.warning("delivery.lease_lost", delivery=claim.delivery_id)
    except Exception as error:
        db.session.rollback()
        log.warning("delivery.failed", delivery=claim.delivery_id, exc_info=error)
        _settle_failure(claim, f"{type(error).__name__}: {error}")


def _settle_failure(claim: _Claim, error: str) -> None:
    if claim.attempts >= TRIES:
        _settle(claim, due_at=None, lease=None, error=error, parked_at=now())
    else:
        _settle(claim, due_at=now() + GAPS[claim.attempts - 1], lease=None, error=error)
    db.session.commit()


def _settle(claim: _Claim, **values) -> bool:
    """Write the outcome if the lease is still ours."""
    mine = (Delivery.id == claim.delivery_id, Delivery.lease == claim.lease)
    return db.session.execute(update(Delivery).where(*mine).values(**values)).rowcount == 1


def parked() -> list[Delivery]:
    """Deliveries that were given up, oldest first, with their events."""
    given_up = select(Delivery).where(Delivery.parked_at.is_not(None))
    return list(
        db.session.scalars(
            given_up.order_by(Delivery.parked_at, Delivery.id).options(joinedload(Delivery.event))
        )
    )


def discard(delivery: Delivery, reason: str) -> None:
    """Never try a parked delivery again, and keep why; Conflict if it is not parked."""
    if delivery.parked_at is None:
        raise Conflict("This delivery is not parked.")
    delivery.parked_at = None
    delivery.discarded_at, delivery.discarded_reason = now(), reason


def discarded(limit: int = 50) -> list[Delivery]:
    """Deliveries that will never be tried again, the last decided first."""
    given_up = select(Delivery).where(Delivery.discarded_at.is_not(None))
    newest = given_up.order_by(Delivery.discarded_at.desc(), Delivery.id.desc()).limit(limit)
    return list(db.session.scalars(newest.options(joinedload(Delivery.event))))


def replay(delivery: Delivery) -> None:
    """Try a parked delivery again from the start; Conflict if it is not parked."""
    if delivery.parked_at is None:
        raise Conflict("This delivery is not parked.")
    delivery.parked_at = None
    delivery.attempts = 0
    delivery.due_at = now()


# -- The log ---------------------------------------------------------------


def assign_positions(limit: int = 500) -> int:
    """Number committed events; return how many. One sequencer at a time does it."""
    unnumbered = select(EventRecord.id).where(EventRecord.position.is_(None))
    with across_brands("is anything new?") as session:
        if session.scalar(unnumbered.limit(1)) is None:
            return 0
    with writing(), writing_across_brands("one log order for all brands") as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(select(func.pg_advisory_xact_lock(_SEQUENCER_LOCK)))
        found = unnumbered.add_columns(EventRecord.brand_id)
        rows = session.execute(found.order_by(EventRecord.id).limit(limit)).all()
        ids = [row.id for row in rows]
        # Once more: who published may have been killed between commit and telling.
        _note_change(session, {row.brand_id for row in rows})
        last = session.scalar(select(func.max(EventRecord.position))) or 0
        if ids:
            session.execute(
                update(EventRecord),
                [{"id": id_, "position": last + n} for n, id_ in enumerate(ids, start=1)],
            )
    return len(ids)


def read_log(after: int = 0, limit: int = 100) -> list[EventRecord]:
    """Events of the brand in scope with a position beyond `after`, in order."""
    further = select(EventRecord).where(EventRecord.position > after)
    return list(db.session.scalars(further.order_by(EventRecord.position).limit(limit)))
