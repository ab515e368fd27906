"""The database: one session per request, one naming convention, one clock.

SQLite is set up as it was measured to lose no update and never to say "locked":
WAL, `BEGIN IMMEDIATE` for whoever writes, a plain `BEGIN` for readers.
"""

import sqlite3
import time
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Enum, MetaData, TypeDecorator, event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

BUSY_TIMEOUT_S = 30
READ_ONLY = "read_only"
"""Execution option of a connection that never takes SQLite's write lock, whoever opens it."""
_WAL_ATTEMPTS = 100
_CHANGED = "changed"  # in a session's info: its transaction holds changes

_writing: ContextVar[bool] = ContextVar("writing", default=False)


class UtcDateTime(TypeDecorator):
    """An aware moment in UTC on every database; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value, _dialect):
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone was about to be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value, _dialect):
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})
db.Model.registry.update_type_annotation_map(
    {
        datetime: UtcDateTime,
        # By value and as text: a new member of an enum needs no type migration.
        StrEnum: Enum(
            StrEnum,
            native_enum=False,
            length=32,
            values_callable=lambda members: [member.value for member in members],
        ),
    }
)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


class Timestamped:
    created_at: Mapped[datetime] = mapped_column(default=now)


@contextmanager
def writing():
    """Every transaction begun in here takes SQLite's write lock at once.

    A transaction that reads first and writes later fails at once under load
    (SQLITE_BUSY_SNAPSHOT, which no timeout helps), so whoever may write says so
    before the first statement.
    """
    token = _writing.set(True)
    try:
        yield
    finally:
        _writing.reset(token)


def expect_writes(expected: bool) -> None:
    """Say at the start of a request whether it may write; `start_writing` says it later."""
    _writing.set(expected)


def start_writing() -> None:
    """Turn a reading request into a writing one; what was loaded is read again."""
    db.session.rollback()
    _writing.set(True)


def keep(reason: str) -> None:
    """Commit what must stay although the request may be refused, as a count of failures must.

    `reason` is for the reader and for grep.
    """
    db.session.commit()


@contextmanager
def nothing_held():
    """Give the database back while something slow runs (hashing, pictures, HTTP).

    Raises RuntimeError when changes are pending, flushed or not: they would be lost.
    """
    session = db.session
    if session.new or session.dirty or session.deleted or session().info.get(_CHANGED):
        raise RuntimeError("slow work was about to start with unsaved changes at hand")
    session.rollback()
    yield


@event.listens_for(Session, "after_flush")
def _note_flush(session, _context):
    session.info[_CHANGED] = True


@event.listens_for(Session, "do_orm_execute")
def _note_statement(state):
    if state.is_update or state.is_delete or state.is_insert:
        state.session.info[_CHANGED] = True


@event.listens_for(Session, "after_transaction_end")
def _note_end(session, transaction):
    if transaction.parent is None:
        session.info.pop(_CHANGED, None)


@event.listens_for(Engine, "connect")
def _set_up_sqlite(connection, _record):
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # the "begin" listener below says BEGIN
    for attempt in range(_WAL_ATTEMPTS):
        # On a fresh file the pragma itself answers "locked" and ignores the timeout.
        try:
            if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                connection.execute("PRAGMA journal_mode=WAL")
            break
        except sqlite3.OperationalError:
            if attempt == _WAL_ATTEMPTS - 1:
                raise
            time.sleep(0.02)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_S * 1000}")
    connection.execute("PRAGMA foreign_keys=ON")


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection):
    if connection.dialect.name == "sqlite":
        reads = connection.get_execution_options().get(READ_ONLY)
        connection.exec_driver_sql("BEGIN" if reads or not _writing.get() else "BEGIN IMMEDIATE")
