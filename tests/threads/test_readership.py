"""Views: once per reader and hour, without the robots, and none of them lost."""

import multiprocessing
from datetime import timedelta
from urllib.request import Request, urlopen

import pytest
from sqlalchemy import select

from community import create_app
from community.kernel.db import db, now
from community.kernel.tenancy import brand_scope
from community.threads import readership
from community.threads.models import Thread
from community.threads.readership import ONCE_PER, Readership, ThreadReader
from tests import serving
from tests.conftest import SECRET
from tests.factories import LUNE, VELORA
from tests.threads.saying import a_thread

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
ROBOTS = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 AppleWebKit/537.36 (compatible; ChatGPT-User/1.0; +https://openai.com)",
    "facebookexternalhit/1.1",
    "WhatsApp/2.23.20.0",
    "Mozilla/5.0 (X11) HeadlessChrome/140.0",
    "Feedly/1.0",
    "curl/8.5",
    "",
]
PEOPLE = [
    FIREFOX,
    "Mozilla/5.0 (Linux; Android 9; CUBOT_X18_Plus) AppleWebKit/537.36 Chrome/140 Mobile",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 [FBAN/FBIOS]",
]


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is told the time."""

    class Clock:
        at = now()

    monkeypatch.setattr(readership, "now", lambda: Clock.at)
    return Clock


@pytest.fixture
def counts(app, clock):
    """The readers of one process, written by `counts.write()`."""
    with app.app_context():
        yield Readership()


def threads(brand: int, *authors: str) -> list[int]:
    with brand_scope(brand):
        made = [a_thread(author) for author in authors]
        db.session.commit()
        return [thread.id for thread in made]


def sees(counts: Readership, brand: int, thread: int, *readers: str) -> None:
    for reader in readers:
        counts.saw(brand, thread, reader, FIREFOX)


def views(brand: int, thread_id: int) -> int:
    with brand_scope(brand):
        return db.session.get(Thread, thread_id).views_count


def test_a_reader_counts_once_an_hour(counts, clock):
    (thread,), start = threads(LUNE, "ada"), clock.at
    for later in (0 * ONCE_PER, ONCE_PER / 60, ONCE_PER * 0.99, ONCE_PER, ONCE_PER * 1.01):
        clock.at = start + later
        sees(counts, LUNE, thread, "somebody")
        counts.write()
    assert counts.write() == 0
    assert views(LUNE, thread) == 2


def test_a_reader_seen_by_several_processes_counts_once(counts, clock):
    (thread,), other, after_a_restart = threads(LUNE, "ada"), Readership(), Readership()
    sees(counts, LUNE, thread, "somebody")
    sees(other, LUNE, thread, "somebody", "somebody else")
    assert (counts.write(), other.write()) == (1, 1)
    clock.at += ONCE_PER / 2
    sees(after_a_restart, LUNE, thread, "somebody")
    assert after_a_restart.write() == 0
    assert views(LUNE, thread) == 2


def test_processes_that_write_at_the_same_moment_count_every_reader_once(app, settings):
    with app.app_context():
        (thread,) = threads(LUNE, "ada")
        db.engine.dispose()
    spawning = multiprocessing.get_context("spawn")
    start = spawning.Barrier(3)
    processes = [
        spawning.Process(target=_read_and_write, args=(settings, thread, first, start))
        for first in (0, 20, 40)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    with app.app_context():
        assert views(LUNE, thread) == 80  # 0 to 79: each process saw 40, half of them shared


def _read_and_write(settings, thread, first, start):
    app = create_app(settings, testing=True)
    counts = Readership()
    with app.app_context():
        start.wait(60)
        for reader in range(first, first + 40):
            sees(counts, LUNE, thread, f"reader {reader}")
            if reader % 10 == 9:
                counts.write()


@pytest.mark.once
@pytest.mark.parametrize("browser", ROBOTS)
def test_robots_and_the_nameless_do_not_count(counts, browser):
    counts.saw(LUNE, 1, "reader", browser)
    assert counts.write() == 0


@pytest.mark.once
@pytest.mark.parametrize("browser", PEOPLE)
def test_people_count_whatever_their_telephone_is_called(counts, browser):
    (thread,) = threads(LUNE, "ada")
    counts.saw(LUNE, thread, "reader", browser)
    assert counts.write() == 1


def test_the_same_reader_counts_for_each_thread_and_each_brand(counts):
    ids = {brand: threads(brand, "ada", "ben") for brand in (LUNE, VELORA)}
    for brand, of_brand in ids.items():
        for thread in of_brand:
            sees(counts, brand, thread, "somebody")
    sees(counts, VELORA, ids[VELORA][0], "somebody else")
    assert counts.write() == 5
    assert [views(LUNE, thread) for thread in ids[LUNE]] == [1, 1]
    assert [views(VELORA, thread) for thread in ids[VELORA]] == [2, 1]


def test_nothing_is_lost_when_the_database_is_away(counts, monkeypatch):
    (thread,) = threads(LUNE, "ada")
    sees(counts, LUNE, thread, "a")
    with monkeypatch.context() as broken:
        broken.setattr(readership, "_add", _away)
        with pytest.raises(ConnectionError):
            counts.write()
    sees(counts, LUNE, thread, "b")
    assert counts.write() == 2
    assert views(LUNE, thread) == 2


def _away(*_args):
    raise ConnectionError("the database is away")


def test_a_thread_that_is_no_more_does_not_hold_up_the_others(counts):
    (thread,) = threads(LUNE, "ada")
    sees(counts, LUNE, thread + 1_000, "somebody")
    sees(counts, LUNE, thread, "somebody")
    assert counts.write() == 1


def test_readers_are_forgotten_after_the_hour(counts, clock):
    (thread,) = threads(LUNE, "ada")
    sees(counts, LUNE, thread, "early")
    counts.write()
    clock.at += ONCE_PER + timedelta(seconds=1)
    sees(counts, LUNE, thread, "late")
    counts.write()
    with brand_scope(LUNE):
        assert db.session.scalars(select(ThreadReader.reader)).all() == ["late"]
        clock.at += ONCE_PER
        readership.on_day_began(None)
        assert db.session.scalars(select(ThreadReader.reader)).all() == []


@pytest.mark.once
def test_servers_that_are_stopped_write_what_they_have_seen(app, database_urls, tmp_path):
    with app.app_context():
        (thread,) = threads(LUNE, "ada")
        db.session.remove()
        db.engine.dispose()
    environment = serving.clean() | {
        "COMMUNITY_SECRET_KEY": SECRET,
        "COMMUNITY_DATABASE_URL": database_urls["database_url"],
        "COMMUNITY_STORAGE_URL": f"file://{tmp_path}/uploads",
        "COMMUNITY_MAIL_URL": f"file://{tmp_path}/mail",
        "COMMUNITY_WORKER": "false",
    }
    with serving.serving(serving.COMMAND, tmp_path, environment, "--processes", "2") as port:
        for browser in (FIREFOX, f"{FIREFOX} again", FIREFOX, *[f"{FIREFOX} {n}" for n in "abcd"]):
            headers = {"Host": f"lune.localhost:{port}", "User-Agent": browser}
            with urlopen(Request(f"http://127.0.0.1:{port}/t/{thread}", headers=headers)) as page:
                assert page.status == 200
        with app.app_context():
            assert views(LUNE, thread) == 0
    with app.app_context():
        assert views(LUNE, thread) == 6
