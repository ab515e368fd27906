"""The index follows what is written, one at a time, and mends itself."""

import os
import threading
import time
from multiprocessing import get_context

import pytest
from sqlalchemy import delete, select, update

from community.events import ActUndone, SimilarAnswered
from community.kernel import bus
from community.kernel.bus import EventRecord
from community.kernel.db import db, writing
from community.kernel.jobs import Worker
from community.kernel.tenancy import brand_scope
from community.search import embedded, indexer, queries
from community.search.engines import engine
from community.search.files import alone
from community.search.models import SearchPost, SearchState, SearchWord
from community.search.questions import Broken, Question
from community.search.words import stems
from community.threads.models import Post
from community.wiring import FOLLOWERS, SUBSCRIPTIONS
from tests.factories import LUNE, VELORA
from tests.source import modules, name_of
from tests.threads.saying import a_reply, a_thread

SOON_S = 5.0


@pytest.fixture
def folder(library):
    """Where the index of Lune is."""
    with library.reading(None):
        return engine()._home()


def version(folder):
    return folder / (folder / "current").read_text()


class TestFollowing:
    def test_a_new_post_is_findable_within_five_seconds(self, app, library):
        """A worker as it runs in production, with a real clock and a real log."""
        worker = Worker(app, {}, list, [make() for make in FOLLOWERS])
        running = worker.start()
        try:
            library.index()
            with app.app_context(), writing(), brand_scope(LUNE):
                thread = a_thread("ada", title="A telescope for beginners")
                a_reply(thread, "ben", "Take one with a sturdy tripod.")
                db.session.commit()
            begun = time.monotonic()
            while library.find(None, "telescope tripod").total == 0:
                assert time.monotonic() - begun < SOON_S
                time.sleep(0.05)
        finally:
            worker.stop()
            running.join()

    def test_there_is_an_index_for_what_was_there_before(self, app, library):
        with app.app_context(), brand_scope(LUNE):
            a_thread("ada", title="Written before anybody searched")
            db.session.commit()
        with pytest.raises(Broken) if _is_sqlite(app) else _nothing():
            library.find("ada", "anybody")
        library.index()
        assert library.find("ada", "anybody").total == 1

    def test_an_event_that_comes_twice_or_late_changes_nothing(self, app, library):
        with library.written():
            a_thread("ada", title="A thread about echoes")
        with app.app_context(), brand_scope(LUNE):
            [event] = db.session.scalars(
                select(EventRecord).where(EventRecord.name == "ThreadStarted")
            )
            db.session.add(EventRecord(name=event.name, payload=event.payload))
            db.session.commit()
        library.index()
        assert library.find("ada", "echoes").total == 1
        assert library.titles("ada", "echoes") == ["A thread about echoes"]

    def test_a_hundred_events_are_followed_in_a_few_commits(self, app, library, monkeypatch):
        library.index()
        with app.app_context(), brand_scope(LUNE):
            thread = a_thread("ada", title="A very long conversation")
            for number in range(60):
                a_reply(thread, ("ben", "cleo")[number % 2], f"Remark number {number} on herons.")
            db.session.commit()
        assert library.index() > 60
        with library.reading("ada") as actor:
            found = engine().find(Question([stems("herons")], queries._reach(actor)))
            assert len(found) == 60
        assert library.index() == 0

    def test_every_event_that_names_posts_or_threads_is_followed_or_known_not_to_matter(self):
        named = {
            event.__name__
            for event in SUBSCRIPTIONS
            if {"post_id", "thread_id", "thread_ids", "post_ids"} & set(event.__annotations__)
        }
        known = indexer.OF_POST | set(indexer.OF_THREADS) | indexer.NO_MATTER
        assert named - known == set()
        assert known <= {event.__name__ for event in SUBSCRIPTIONS}
        assert ActUndone.__name__ in indexer.OF_THREADS
        assert SimilarAnswered.__name__ in indexer.NO_MATTER

    def test_an_older_copy_of_the_database_gets_an_index_of_its_own(self, app, library):
        with library.written():
            a_thread("ada", title="Written and then lost again")
        with app.app_context(), brand_scope(LUNE):
            db.session.execute(delete(bus.Delivery))
            db.session.execute(delete(EventRecord))
            db.session.execute(update(Post).values(state="hidden"))
            db.session.commit()
        library.index()
        assert library.find("ben", "lost").total == 0


class TestMending:
    """Whoosh's files are deleted or damaged while they are in use."""

    pytestmark = pytest.mark.sqlite

    @pytest.fixture
    def shelf(self, library):
        with library.written():
            a_thread("ada", title="An umbrella against hail", body="Will it hold?")
        with library.written():
            a_thread("ada", title="An umbrella against the sun", body="Will it do?")
        assert library.find("ben", "umbrella").total == 2

    def test_a_deleted_index_is_noticed_and_made_anew(self, library, shelf, folder):
        for path in sorted(folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        with pytest.raises(Broken):
            library.find("ben", "umbrella")
        assert library.index() >= 1
        assert library.find("ben", "umbrella").total == 2

    @pytest.mark.parametrize("suffix", [".seg", ".toc"])
    def test_a_file_cut_short_is_noticed_without_anybody_searching(
        self, library, shelf, folder, suffix
    ):
        [path, *_] = [p for p in version(folder).iterdir() if p.name.endswith(suffix)]
        os.truncate(path, path.stat().st_size // 2)
        assert library.index() >= 1
        assert library.find("ben", "umbrella").total == 2

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    def test_a_damaged_file_is_noticed_by_whoever_reads_it(self, library, shelf, folder):
        for path in version(folder).glob("*.seg"):
            path.write_bytes(b"\x00" * path.stat().st_size)
        embedded._own.__dict__.pop("kept", None)  # as in a process that has just begun
        with pytest.raises(Broken):
            library.find("ben", "umbrella")
        assert library.index() >= 1
        assert library.find("ben", "umbrella").total == 2
        assert not (version(folder) / "broken").exists()

    def test_the_old_version_is_read_until_the_new_one_is_whole(self, app, library, shelf, folder):
        before, seen = version(folder), []

        def told(_done, _total):
            seen.append((library_in_other_thread(library), version(folder) == before))

        with app.app_context(), brand_scope(LUNE):
            assert indexer.reindex(told)
        assert seen == [(2, True)]
        assert version(folder) != before and not before.exists()
        assert library.find("ben", "umbrella").total == 2

    def test_only_one_process_writes(self, app, library, shelf):
        with library.reading(None):
            path = engine().folder / "lock"
        held, done = get_context("fork").Event(), get_context("fork").Event()
        holder = get_context("fork").Process(target=_hold, args=(path, held, done))
        holder.start()
        held.wait(10)
        try:
            with app.app_context(), brand_scope(LUNE):
                assert indexer.reindex(lambda *_: None) is False
        finally:
            done.set()
            holder.join()
        with app.app_context(), brand_scope(LUNE):
            assert indexer.reindex(lambda *_: None) is True

    def test_what_a_killed_writer_left_is_in_nobodys_way(self, library, shelf, folder):
        (version(folder) / "_MAIN_9.toc.1764000000.1").write_bytes(b"half")
        with library.written():
            a_thread("ada", title="An umbrella for two")
        assert library.find("ben", "umbrella").total == 3
        assert not list(version(folder).glob("*.toc.*"))


class TestTables:
    """The index of PostgreSQL is rows."""

    pytestmark = pytest.mark.postgresql

    def test_without_its_state_it_is_made_anew(self, app, library):
        with library.written():
            a_thread("ada", title="An umbrella against hail")
        with app.app_context(), brand_scope(LUNE):
            db.session.execute(delete(SearchPost))
            db.session.execute(delete(SearchState))
            db.session.commit()
        assert library.find("ben", "umbrella").total == 0
        library.index()
        assert library.find("ben", "umbrella").total == 1

    def test_a_rebuild_lets_go_of_what_is_no_longer_there(self, app, library):
        with library.written():
            a_thread("ada", title="An umbrella against hail")
        with app.app_context(), brand_scope(LUNE):
            db.session.execute(update(SearchPost).values(post_id=4_000))
            db.session.commit()
            assert indexer.reindex(lambda *_: None)
            assert db.session.scalars(select(SearchPost.post_id)).all() == [1]
            assert db.session.scalars(select(SearchWord.word)).all()

    def test_whoever_makes_it_is_let_alone_for_a_while(self, app, library):
        with library.written():
            a_thread("ada", title="An umbrella against hail")
        with app.app_context(), brand_scope(LUNE):
            assert engine()._claim(anew=True)
            assert indexer.reindex(lambda *_: None) is False


@pytest.mark.once
def test_only_one_module_reads_the_table_that_row_level_security_does_not_guard():
    reading = {
        name_of(path) for path in modules() if "SearchPost" in path.read_text(encoding="utf-8")
    }
    assert reading == {"search.models", "search.postgres"}


class TestHealth:
    def test_it_says_how_many_posts_may_be_found_and_how_many_are_indexed(self, app, library):
        with library.written(VELORA):
            a_thread("ada", title="A thread of another brand")
        with app.app_context(), brand_scope(LUNE):
            a_thread("ada", title="Not indexed so far")
            db.session.commit()
            health = indexer.health()
            assert health.posts == 1
            assert health.indexed == 0
        library.index()
        with app.app_context(), brand_scope(LUNE):
            assert indexer.health() == indexer.Health(posts=1, indexed=1, is_followed=True)


def library_in_other_thread(library) -> int:
    """How much a reader finds who has a session of its own."""
    found = []
    reader = threading.Thread(target=lambda: found.append(library.find("ben", "umbrella").total))
    reader.start()
    reader.join()
    return found[0]


def _hold(path, held, done):
    with alone(path) as is_alone:
        assert is_alone
        held.set()
        done.wait(10)


def _is_sqlite(app) -> bool:
    with app.app_context():
        return db.engine.dialect.name == "sqlite"


class _nothing:
    def __enter__(self):
        return self

    def __exit__(self, *_error):
        return False


def test_a_reader_that_opened_an_index_sees_what_is_added(library):
    with library.written():
        a_thread("ada", title="First of several swans")
    assert library.find("ada", "swans").total == 1
    with library.written():
        a_thread("ada", title="Second of several swans")
    with library.reading("ada") as actor:
        assert queries.results(actor, "swans").total == 2
