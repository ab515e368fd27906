"""Several people acting at the same moment, and what was published of it."""

import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import event, select

from community.kernel.bus import Event, EventRecord
from community.kernel.db import db, writing
from community.kernel.tenancy import brand_scope
from tests.factories import LUNE


@dataclass
class Outcome:
    """What acts done at once came to: what each returned, or was refused with."""

    returned: list = field(default_factory=list)
    refused: list = field(default_factory=list)


def at_once(app, *acts: Callable[[Callable[[], None]], object]) -> Outcome:
    """Run acts together, each in a transaction of its own, and commit those that succeed.

    An act gets a function to call once it has loaded what it will decide on. On
    PostgreSQL all of them wait there for each other, so each decides on the state before
    any other's change. SQLite has one writer at a time: there, all begin together.
    """
    together = threading.Barrier(len(acts), timeout=20)
    outcome = Outcome()

    def run(act):
        with app.app_context(), writing(), brand_scope(LUNE):
            one_writer = db.engine.dialect.name == "sqlite"
            if one_writer:
                together.wait()
            try:
                result = act((lambda: None) if one_writer else together.wait)
                db.session.commit()
                outcome.returned.append(result)
            except Exception as error:
                db.session.rollback()
                outcome.refused.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcome


def published(kind: type[Event]) -> list[dict]:
    """What the brand's log holds of one kind of event."""
    of_kind = select(EventRecord.payload).where(EventRecord.name == kind.__name__)
    return list(db.session.scalars(of_kind.order_by(EventRecord.id)))


@contextmanager
def questions():
    """Yield a list that grows by every question put to the database."""
    sent: list[str] = []

    def note(_connection, _cursor, statement, *_rest):
        if statement.startswith("SELECT") and "set_config" not in statement:
            sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
