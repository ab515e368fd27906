"""What the database is set up to promise: no lost update, no "locked", moments in UTC."""

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import OperationalError, StatementError

from community.kernel.db import db, expect_writes, nothing_held, start_writing, writing
from community.kernel.jobs import Tick
from community.kernel.tenancy import across_brands, brand_scope
from community.threads.models import Category
from tests.factories import LUNE
from tests.kernel import fire
from tests.kernel.fire import EFFECTS

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def store(moment):
    db.session.add(Tick(name="x", due_at=moment))
    db.session.commit()
    db.session.expire_all()
    return db.session.scalars(select(Tick.due_at)).one()


class TestMoments:
    def test_a_moment_comes_back_aware_and_in_utc(self, in_lune):
        in_tokyo = NOON.astimezone(timezone(timedelta(hours=9)))
        back = store(in_tokyo)
        assert back == NOON
        assert back.utcoffset() == timedelta(0)

    def test_a_moment_without_a_zone_is_refused(self, in_lune):
        with pytest.raises(StatementError, match="without a time zone"):
            store(NOON.replace(tzinfo=None))

    def test_moments_of_different_zones_are_compared_as_moments(self, in_lune):
        store(NOON)
        later = (NOON + timedelta(minutes=1)).astimezone(timezone(timedelta(hours=-9)))
        assert db.session.scalars(select(Tick).where(Tick.due_at < later)).one()


class TestNothingHeld:
    def test_unsaved_changes_are_never_lost_to_slow_work(self, in_lune):
        db.session.add(Category(slug="new", name="New"))
        with pytest.raises(RuntimeError, match="unsaved"), nothing_held():
            pass

    def test_a_changed_row_counts_as_unsaved(self, in_lune):
        db.session.scalars(select(Category)).first().name = "Other"
        with pytest.raises(RuntimeError, match="unsaved"), nothing_held():
            pass

    def test_while_slow_work_runs_another_may_write(self, app, in_lune):
        with writing():
            db.session.scalars(select(Category)).all()  # takes SQLite's only write lock
            with nothing_held():
                assert _write_elsewhere(app) == "written"


def _write_elsewhere(app) -> str:
    """What comes of a write on a connection of its own that does not wait for a lock."""
    outcome = []

    def write():
        with app.app_context(), brand_scope(LUNE), writing():
            connection = db.session.connection()  # on SQLite this already waits
            db.session.add(Category(slug="elsewhere", name="Elsewhere"))
            db.session.commit()
            outcome.append("written" if connection else "")

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    thread.join(5)
    return outcome[0] if outcome else "waits"


@pytest.mark.sqlite
class TestLock:
    """SQLite has one writer at a time; whoever may write says so at the start."""

    @pytest.fixture
    def impatient(self, app):
        """A second connection that says at once when the write lock is taken."""
        with app.app_context():
            connection = db.engine.raw_connection()
            connection.execute("PRAGMA busy_timeout=0")
            yield connection
            connection.execute("ROLLBACK") if connection.in_transaction else None
            connection.close()

    def is_free(self, connection) -> bool:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except Exception as error:
            assert "locked" in str(error)
            return False
        connection.execute("ROLLBACK")
        return True

    def test_a_reader_leaves_the_lock_alone(self, in_lune, impatient):
        db.session.scalars(select(Category)).all()
        assert self.is_free(impatient)

    def test_a_writer_has_it_from_the_first_statement(self, in_lune, impatient):
        with writing():
            db.session.scalars(select(Category)).all()
        assert not self.is_free(impatient)
        db.session.rollback()
        assert self.is_free(impatient)

    def test_a_reader_may_turn_into_a_writer_and_reads_again(self, in_lune, impatient):
        category = db.session.scalars(select(Category)).first()
        impatient.execute("UPDATE category SET name = 'changed'")
        start_writing()
        assert category.name == "changed"
        assert not self.is_free(impatient)
        expect_writes(False)

    def test_looking_across_brands_never_takes_it(self, in_lune, impatient):
        """A writer that looks across brands would wait for its own lock, on another connection."""
        with writing(), across_brands("test") as session:
            session.scalars(select(Category)).all()
            assert self.is_free(impatient)

    def test_a_writer_can_look_across_brands(self, in_lune):
        with writing():
            db.session.add(Category(slug="new", name="New"))
            db.session.flush()
            with across_brands("test") as session:
                assert session.scalar(select(Category.id).limit(1))

    def test_foreign_keys_are_enforced(self, in_lune):
        on = db.session.connection().exec_driver_sql("PRAGMA foreign_keys").scalar()
        assert on == 1


def test_what_is_read_across_brands_cannot_be_changed_there(in_lune):
    with across_brands("test") as session:
        session.scalars(select(Category)).first().name = "changed"
        session.flush()
    with across_brands("test") as session:
        assert "changed" not in session.scalars(select(Category.name)).all()


@pytest.mark.sqlite
def test_sixteen_writers_lose_no_update_and_never_find_the_database_locked(app, effects):
    """Two processes of eight threads each read a number, add one and write it back."""
    with app.app_context():
        with db.engine.begin() as connection:
            connection.execute(insert(EFFECTS).values(id=1, handler="counter", number=0))
        done = fire.counter()
        fire.finish([fire.start(fire.count_up, effects, 8, 3.0, 1, done) for _ in range(2)])
        counted = db.session.scalar(select(EFFECTS.c.number))
    assert counted == done.value
    assert counted > 100, "too few updates to mean anything"


@pytest.mark.sqlite
def test_a_transaction_that_reads_first_and_writes_later_would_be_refused(app, effects):
    """The control: why a writer must say so before its first statement."""
    with app.app_context():
        with db.engine.begin() as connection:
            connection.execute(insert(EFFECTS).values(id=1, handler="counter", number=0))
        with db.engine.connect() as one, db.engine.connect() as other:
            one.execute(select(EFFECTS))
            other.execute(EFFECTS.update().values(number=1))
            other.commit()
            with pytest.raises(OperationalError, match="locked"):
                one.execute(EFFECTS.update().values(number=2))
