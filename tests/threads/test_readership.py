"""Views: counted in memory, once per reader and hour, without the robots."""

import pytest

from community.kernel.db import db
from community.kernel.tenancy import brand_scope
from community.threads import readership
from community.threads.models import Thread
from community.threads.readership import ONCE_PER_S, WRITTEN_EVERY_S, Readership
from tests.factories import LUNE, VELORA
from tests.threads.saying import a_thread

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is told the time."""

    class Clock:
        at = 1_000.0

    monkeypatch.setattr(readership, "monotonic", lambda: Clock.at)
    return Clock


@pytest.fixture
def counts(app, clock):
    """Views of the same thread id in both brands, written by `counts.write()`."""
    with app.app_context():
        return Readership()


def test_a_reader_counts_once_an_hour(app, counts, clock):
    with app.app_context():
        with brand_scope(LUNE):
            thread_id = a_thread("ada").id
            db.session.commit()
            for seconds in (0, 60, ONCE_PER_S - 1, ONCE_PER_S, ONCE_PER_S + 5):
                clock.at = 1_000.0 + seconds
                counts.saw(thread_id, "member:2", FIREFOX)
        assert counts.write() == 2
        assert counts.write() == 0
        with brand_scope(LUNE):
            assert db.session.get(Thread, thread_id).views_count == 2


def test_robots_and_the_nameless_do_not_count(app, counts):
    with app.app_context(), brand_scope(LUNE):
        for browser in (GOOGLEBOT, "curl/8.5", "", "facebookexternalhit/1.1"):
            counts.saw(1, f"reader of {browser}", browser)
    with app.app_context():
        assert counts.write() == 0


def test_the_same_reader_counts_for_each_thread_and_each_brand(app, counts):
    with app.app_context():
        ids = {}
        for brand in (LUNE, VELORA):
            with brand_scope(brand):
                first, second = a_thread("ada"), a_thread("ben")
                db.session.commit()
                ids[brand] = (first.id, second.id)
                for thread_id in ids[brand]:
                    counts.saw(thread_id, "somebody", FIREFOX)
        with brand_scope(VELORA):
            counts.saw(ids[VELORA][0], "somebody else", FIREFOX)
        assert counts.write() == 5
        for brand, expected in ((LUNE, [1, 1]), (VELORA, [2, 1])):
            with brand_scope(brand):
                views = [db.session.get(Thread, i).views_count for i in ids[brand]]
                assert views == expected


def test_sums_are_due_every_thirty_seconds_and_only_when_somebody_read(app, counts, clock):
    with app.app_context(), brand_scope(LUNE):
        clock.at += WRITTEN_EVERY_S - 1
        assert not counts.saw(1, "a", FIREFOX)
        clock.at += 1
        assert counts.saw(1, "b", FIREFOX)


def test_nothing_is_lost_when_the_database_is_away(app, counts, monkeypatch):
    with app.app_context():
        with brand_scope(LUNE):
            thread_id = a_thread("ada").id
            db.session.commit()
            counts.saw(thread_id, "a", FIREFOX)
        real = readership._add
        monkeypatch.setattr(readership, "_add", _away)
        with pytest.raises(ConnectionError):
            counts.write()
        monkeypatch.setattr(readership, "_add", real)
        assert counts.write() == 1


def _away(*_args):
    raise ConnectionError("the database is away")
