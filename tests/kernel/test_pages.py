"""Pages kept for visitors: never a member's, never an old one, never one that sets a cookie."""

import gzip

import pytest
from sqlalchemy import event

from community import create_app
from community.brands.queries import forget_hosts
from community.kernel import bus, pages
from community.kernel.db import db
from community.kernel.pages import Kept, Mark, Pages, Turns
from community.kernel.tenancy import brand_scope
from community.members.sessions import open_session
from community.threads import removal, service
from community.threads.models import Thread
from tests import services
from tests.conftest import COMPILED, who
from tests.factories import LUNE, VELORA
from tests.threads.saying import a_reply, a_thread, opening

OWN = 'href="/m/ada"'  # in the menu of a page made for Ada
LUNE_SITE, VELORA_SITE = "http://lune.localhost", "http://velora.localhost"


@pytest.fixture
def keeping(settings, tmp_path, monkeypatch):
    """An application that keeps pages."""
    monkeypatch.setenv("COMMUNITY_INSTANCE", str(tmp_path))
    app = create_app(settings.model_copy(update={"page_cache_mb": 1}), testing=True)
    app.jinja_env.bytecode_cache = COMPILED
    forget_hosts()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def thread(keeping):
    with keeping.app_context(), brand_scope(LUNE):
        made = a_thread("ben", title="What is kept of it?")
        db.session.commit()
        return f"/t/{made.id}/{made.slug}"


class Statements(list):
    """What the database was asked while it is open."""

    def __init__(self, app):
        super().__init__()
        self._app = app

    def __enter__(self):
        with self._app.app_context():
            self._engine = db.engine
        event.listen(self._engine, "before_cursor_execute", self._note)
        return self

    def __exit__(self, *_):
        event.remove(self._engine, "before_cursor_execute", self._note)

    def _note(self, _connection, _cursor, statement, *_rest):
        self.append(statement)


def ask(app, path, site=LUNE_SITE, **headers):
    browser = app.test_client()
    for name, _, value in [headers.pop("Cookie", "").partition("=")]:
        if name:
            browser.set_cookie(name, value, domain=site.rpartition("/")[2])
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return browser.get(path, base_url=site, headers=names)


def test_a_second_visitor_costs_no_statement_and_reads_the_same(keeping, thread):
    first = ask(keeping, thread)
    with Statements(keeping) as asked:
        second = ask(keeping, thread)
    assert first.status_code == second.status_code == 200
    assert first.text == second.text
    assert asked == []
    assert "Content-Security-Policy" in second.headers
    assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]


@pytest.mark.parametrize("change", ["reply", "edit", "hide"])
def test_whatever_happens_in_the_brand_is_seen_at_once(keeping, thread, change):
    before = ask(keeping, thread).text
    with keeping.app_context(), brand_scope(LUNE):
        made = db.session.get_one(Thread, int(thread.split("/")[2]))
        if change == "reply":
            a_reply(made, "cleo", "Something new was said.")
        elif change == "edit":
            service.edit(who("ben"), opening(made), body="It says something else altogether.")
        else:
            removal.hide(who("mod"), opening(made), reason="spam")
        db.session.commit()
    after = ask(keeping, thread)
    assert after.text != before
    assert after.status_code == (404 if change == "hide" else 200)


def test_what_happens_in_one_brand_leaves_the_others_pages(keeping):
    ask(keeping, "/c/", VELORA_SITE)
    with keeping.app_context(), brand_scope(LUNE):
        a_thread("ada")
        db.session.commit()
    with Statements(keeping) as asked:
        assert ask(keeping, "/c/", VELORA_SITE).status_code == 200
    assert asked == []


def test_what_was_rolled_back_leaves_everything(keeping):
    ask(keeping, "/c/")
    with keeping.app_context(), brand_scope(LUNE):
        a_thread("ada")
        db.session.rollback()
    with Statements(keeping) as asked:
        ask(keeping, "/c/")
    assert asked == []


def test_a_worker_says_it_once_more_for_whoever_was_killed(keeping):
    with keeping.app_context():
        with brand_scope(LUNE):
            a_thread("ada")
            db.session.info.pop(bus.CHANGED_BRANDS)  # killed between commit and telling
            db.session.commit()
        turns = keeping.extensions["pages"].turns
        before = turns.now(LUNE)
        bus.assign_positions()
        assert turns.now(LUNE) != before


def test_each_language_and_appearance_has_its_own_page(keeping):
    french = ask(keeping, "/c/", Accept_Language="fr").text
    english = ask(keeping, "/c/", Accept_Language="en").text
    dark = ask(keeping, "/c/", Accept_Language="en", Cookie="mode=dark").text
    assert 'lang="fr"' in french
    assert 'lang="en"' in english
    assert 'data-theme="dark"' in dark
    assert 'data-theme="dark"' not in ask(keeping, "/c/", Accept_Language="en").text
    assert ask(keeping, "/c/", Cookie="language=fr", Accept_Language="en").text == french


def test_two_brands_never_share_a_page(keeping):
    lune, velora = (ask(keeping, "/c/", site).text for site in (LUNE_SITE, VELORA_SITE))
    assert lune != velora
    assert [ask(keeping, "/c/", site).text for site in (LUNE_SITE, VELORA_SITE)] == [lune, velora]


class TestMembers:
    @pytest.fixture
    def ada(self, keeping):
        """A browser in which Ada is signed in, in an application that keeps pages."""
        browser = keeping.test_client()
        with keeping.app_context(), brand_scope(LUNE):
            token = pages_session(who("ada"))
        with browser.session_transaction(base_url=LUNE_SITE) as session:
            session["_user_id"] = token
            session["_fresh"] = True
        return browser

    def test_nothing_made_for_a_member_is_shown_to_a_visitor(self, keeping, thread, ada):
        own = ada.get(thread, base_url=LUNE_SITE).text
        visitors = ask(keeping, thread).text
        assert OWN in own
        assert OWN not in visitors
        assert "csrf_token" not in visitors
        assert ada.get(thread, base_url=LUNE_SITE).text.count(OWN)

    def test_a_member_is_not_shown_a_visitors_page(self, keeping, thread, ada):
        ask(keeping, thread)
        answer = ada.get(thread, base_url=LUNE_SITE)
        assert OWN in answer.text
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "ETag" not in answer.headers


def pages_session(member) -> str:
    token = open_session(member)
    db.session.commit()
    return token


def test_a_message_after_an_act_is_told_once_and_not_kept(keeping):
    browser = keeping.test_client()
    with browser.session_transaction(base_url=LUNE_SITE) as session:
        session["_flashes"] = [("message", "Only for this browser")]
    assert "Only for this browser" in browser.get("/c/", base_url=LUNE_SITE).text
    assert "Only for this browser" not in ask(keeping, "/c/").text


def test_a_browser_that_has_the_page_is_told_so(keeping):
    page = ask(keeping, "/c/")
    again = ask(keeping, "/c/", If_None_Match=page.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == page.headers["ETag"]
    assert ask(keeping, "/c/", If_None_Match='"another"').status_code == 200


def test_a_page_is_sent_packed_to_who_can_unpack_it(keeping):
    plain, packed = ask(keeping, "/c/"), ask(keeping, "/c/", Accept_Encoding="br, gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert "Accept-Encoding" in packed.headers["Vary"]


@pytest.mark.parametrize(
    "path", ["/c/?utm=1", "/t/1?post=2", "/login", "/search?q=x", "/feed.atom"]
)
def test_only_marked_views_asked_plainly_are_kept(keeping, path):
    ask(keeping, path)
    with Statements(keeping) as asked:
        ask(keeping, path)
    assert asked or path == "/login"
    assert all(path.partition("?")[0] != key[2] for key in keeping.extensions["pages"]._kept)


def test_a_thread_shown_from_memory_has_a_reader_more(keeping, thread):
    readership = keeping.extensions["readership"]
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
    for visitor in ("192.0.2.1", "192.0.2.2", "192.0.2.2"):
        keeping.test_client().get(
            thread,
            base_url=LUNE_SITE,
            headers={"User-Agent": firefox},
            environ_base={"REMOTE_ADDR": visitor},
        )
    with keeping.app_context():
        assert readership.write() == 2


@pytest.mark.once
class TestRoom:
    def kept(self, turns, body=b"x" * 1000, brand=LUNE) -> Kept:
        mark = Mark(brand, turns.now(brand), "threads.home")
        return Kept(mark, (), body, b"", '"x"', float("inf"))

    def test_the_longest_unused_page_leaves_when_the_room_is_full(self, tmp_path):
        turns = Turns(tmp_path, None)
        room = Pages(3 * self.kept(turns).size, turns)
        for name in "abc":
            room.put((name,), self.kept(turns))
        room.get(("a",))
        room.put(("d",), self.kept(turns))
        assert [bool(room.get((name,))) for name in "abcd"] == [True, False, True, True]

    def test_a_page_is_over_after_a_minute(self, tmp_path, monkeypatch):
        turns = Turns(tmp_path, None)
        room = Pages(10_000, turns)
        mark = Mark(LUNE, turns.now(LUNE), "threads.home")
        room.put(("a",), Kept(mark, (), b"x", b"", '"x"', pages.time.monotonic() - 1))
        assert room.get(("a",)) is None

    def test_a_turn_of_one_brand_is_none_of_another(self, tmp_path):
        turns = Turns(tmp_path, None)
        room = Pages(10_000, turns)
        room.put(("a",), self.kept(turns))
        room.put(("b",), self.kept(turns, brand=VELORA))
        turns.turn(LUNE)
        assert (room.get(("a",)), bool(room.get(("b",)))) == (None, True)

    def test_machines_tell_each_other_through_redis(self, tmp_path):
        here, there = (Turns(tmp_path / name, services.redis(7)) for name in ("a", "b"))
        before = here.now(VELORA)
        there.turn(LUNE)
        assert here.now(VELORA) == before
        there.turn(VELORA)
        assert here.now(VELORA) == there.now(VELORA) != before

    def test_while_redis_is_away_nothing_is_kept(self, tmp_path):
        turns = Turns(tmp_path, "redis://127.0.0.1:1/0")
        turns.turn(LUNE)
        assert turns.now(LUNE) is None
