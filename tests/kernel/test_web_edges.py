"""Hosts, proxies, headers, cookies, and a database that goes away and comes back."""

import os
import shutil
import tempfile
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from community import create_app
from community.brands.queries import forget_hosts
from community.kernel.db import db
from tests.kernel import trial

LUNE_URL = "http://lune.localhost"
NAMES = ("lune", "Lune", "velora", "Velora")


@pytest.fixture
def make(settings):
    """`make(https=True)` is the application with other settings."""
    made = []

    def make_app(**changes):
        forget_hosts()
        app = create_app(settings.model_copy(update=changes), testing=True)
        app.config["WTF_CSRF_ENABLED"] = False
        app.register_blueprint(trial.blueprint)
        made.append(app)
        return app

    yield make_app
    for app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


class TestHosts:
    @pytest.mark.parametrize(
        "host",
        ["unknown.localhost", "localhost", "127.0.0.1", "[::1]", "lune.localhost.evil.example"],
    )
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_an_unknown_host_learns_nothing(self, make, host, method):
        client = make().test_client()
        answer = client.open("/trial/page", method=method, base_url=f"http://{host}:8000")
        assert (answer.status_code, answer.mimetype) == (404, "text/plain")
        assert "Set-Cookie" not in answer.headers
        everything = answer.text + str(answer.headers)
        assert not any(name in everything.replace(host, "") for name in NAMES)

    @pytest.mark.parametrize("host", ["LUNE.localhost", "lune.localhost.", "lune.localhost:8000"])
    def test_a_host_is_known_however_it_is_spelt(self, make, host):
        client = make().test_client()
        assert client.get("/trial/page", base_url=f"http://{host}").status_code == 200

    def test_another_name_of_a_brand_leads_to_the_one_it_is_known_by(self, make):
        client = make().test_client()
        www = "http://www.lune.localhost:8000"
        answer = client.get("/trial/page?a=1&b=%C3%A9", base_url=www)
        assert answer.status_code == 301
        assert answer.location == "http://lune.localhost:8000/trial/page?a=1&b=%C3%A9"
        answer = client.post("/trial/count", base_url=www)
        assert (answer.status_code, answer.location.rpartition("/")[2]) == (308, "count")

    def test_the_redirect_never_leads_to_a_host_out_of_the_address(self, make):
        answer = make().test_client().get("//evil.example/x", base_url="http://www.lune.localhost")
        assert answer.location.startswith("http://lune.localhost/")


class TestProxies:
    def test_headers_of_a_proxy_are_ignored_unless_there_is_one(self, make):
        app = make()
        app.add_url_rule("/trial/who", "who", _who)
        forged = {
            "X-Forwarded-Host": "velora.localhost",
            "X-Forwarded-For": "192.0.2.77",
            "X-Forwarded-Proto": "https",
        }
        answer = app.test_client().get("/trial/who", base_url=LUNE_URL, headers=forged)
        assert answer.json == {"host": "lune.localhost", "ip": "127.0.0.1", "https": False}

    def test_one_proxy_is_believed_about_the_last_hop_only(self, make):
        app = make(trusted_proxies=1)
        app.add_url_rule("/trial/who", "who", _who)
        told = {
            "X-Forwarded-Host": "velora.localhost",
            "X-Forwarded-For": "203.0.113.5, 192.0.2.77",
            "X-Forwarded-Proto": "https",
        }
        answer = app.test_client().get("/trial/who", base_url=LUNE_URL, headers=told)
        assert answer.json == {"host": "velora.localhost", "ip": "192.0.2.77", "https": True}


def _who():
    request = trial.request
    return {"host": request.host, "ip": request.remote_addr, "https": request.is_secure}


class TestHeaders:
    ANSWERS = ("/trial/page", "/no/such/page", "/trial/break", "/healthz", "/trial/refuse/gone")

    @pytest.mark.parametrize("path", ANSWERS)
    def test_every_answer_is_protected(self, make, path):
        headers = make().test_client().get(path, base_url=LUNE_URL).headers
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert "*" not in policy
        for directive in ("script-src 'self'", "style-src 'self'", "form-action 'self'"):
            assert directive in policy
        for directive in ("base-uri 'none'", "frame-ancestors 'none'"):
            assert directive in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "Strict-Transport-Security" not in headers

    @pytest.mark.parametrize("path", ANSWERS)
    def test_over_https_browsers_are_told_to_stay_there(self, make, path):
        answer = make(https=True).test_client().get(path, base_url="https://lune.localhost")
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")

    def test_pictures_may_come_from_the_media_host_alone(self, make):
        app = make(media_host="media.example.net")
        policy = (
            app.test_client()
            .get("/trial/page", base_url=LUNE_URL)
            .headers["Content-Security-Policy"]
        )
        assert "img-src 'self' data: https://media.example.net;" in policy

    def test_nothing_personal_is_kept_by_a_cache(self, visit, app):
        app.register_blueprint(trial.blueprint)
        control = {
            "a stranger": visit().get("/trial/page").headers["Cache-Control"],
            "a member": visit("ada").get("/trial/page").headers["Cache-Control"],
            "a change": visit().post("/trial/count").headers["Cache-Control"],
        }
        assert control == {
            "a stranger": "private, no-cache",
            "a member": "private, no-store",
            "a change": "private, no-store",
        }


class TestCookies:
    def cookie(self, app, base_url):
        answer = app.test_client().post("/trial/vote", base_url=base_url)
        [cookie] = answer.headers.getlist("Set-Cookie")
        return cookie

    def test_over_https_the_cookie_belongs_to_this_host_alone(self, make):
        cookie = self.cookie(make(https=True), "https://lune.localhost")
        assert cookie.startswith("__Host-session=")
        parts = set(cookie.split("; ")[1:])
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= parts
        assert not any(part.startswith("Domain") for part in parts)

    def test_over_http_it_still_works_and_is_out_of_reach_for_script(self, make):
        cookie = self.cookie(make(), LUNE_URL)
        assert cookie.startswith("session=")
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Secure" not in cookie

    def test_reading_a_page_sets_none(self, make):
        answer = make().test_client().get("/trial/page", base_url=LUNE_URL)
        assert "Set-Cookie" not in answer.headers


# -- The database goes away ------------------------------------------------


class SqliteFile:
    """A database file that can be swapped for a folder, which nobody can open."""

    def __init__(self, settings):
        self.url = settings.database_url
        self._path = Path(make_url(self.url).database)
        self._kept = self._path.with_suffix(".away")

    def cut(self):
        shutil.move(self._path, self._kept)
        for beside in self._path.parent.glob("community.db-*"):
            beside.unlink()
        self._path.mkdir()

    def mend(self):
        self._path.rmdir()
        shutil.move(self._kept, self._path)

    def close(self):
        if self._kept.exists():
            self.mend()


class PostgresSocket:
    """The way to a server, through a folder that can be taken away."""

    def __init__(self, settings):
        url = make_url(settings.database_url)
        self._owner = make_url(settings.database_owner_url)
        self._real = url.query["host"]
        self._folder = Path(tempfile.mkdtemp())  # the path of a socket must be short
        self._link = self._folder / "s"
        self._link.symlink_to(self._real)
        self.url = url.set(query={"host": str(self._link)}).render_as_string(hide_password=False)

    def cut(self):
        self._link.unlink()
        with psycopg.connect(
            host=self._real, user="postgres", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [self._owner.database],
            )

    def mend(self):
        self._link.symlink_to(self._real)

    def close(self):
        shutil.rmtree(self._folder)


@pytest.fixture
def way(settings, database_kind):
    way = {"sqlite": SqliteFile, "postgresql": PostgresSocket}[database_kind](settings)
    yield way
    way.close()


@pytest.fixture
def app(settings, way):
    forget_hosts()
    app = create_app(settings.model_copy(update={"database_url": way.url}), testing=True)
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


class TestDatabaseAway:
    def cut(self, app, way):
        with app.app_context():
            db.engine.dispose()  # the last to leave puts everything into the one file
            way.cut()
            db.engine.dispose()

    def check(self, answer):
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "10"
        assert answer.mimetype == "text/plain"
        assert not any(name in answer.text for name in NAMES)
        assert "no-store" in answer.headers["Cache-Control"]

    @pytest.mark.parametrize("username", [None, "ada"])
    def test_everyone_is_told_to_come_back_and_finds_everything_when_they_do(
        self, app, visit, way, username
    ):
        app.register_blueprint(trial.blueprint)
        browser = visit(username)
        assert browser.get("/trial/page").status_code == 200
        self.cut(app, way)
        self.check(browser.get("/c/"))  # the host and the brand are still remembered
        self.check(browser.post("/trial/count"))
        forget_hosts()
        self.check(browser.get("/trial/page"))
        self.check(browser.get("/no/such/page"))
        assert browser.get("/readyz").status_code == 503
        assert browser.get("/healthz").status_code == 200
        way.mend()
        assert browser.get("/readyz").status_code == 200
        answer = browser.get("/trial/page")
        assert answer.status_code == 200
        assert (username or "a stranger").title() in answer.text.title()

    def test_it_is_said_in_the_visitors_language_without_asking_the_database(self, app, visit, way):
        app.register_blueprint(trial.blueprint)
        self.cut(app, way)
        answer = visit().get("/trial/page", headers={"Accept-Language": "xx"})
        self.check(answer)
        assert "Try again" in answer.text

    @pytest.mark.postgresql
    def test_connections_that_died_meanwhile_are_replaced_unnoticed(self, app, visit, way):
        app.register_blueprint(trial.blueprint)
        browser = visit("ada")
        assert browser.get("/trial/page").status_code == 200
        way.cut()
        way.mend()
        assert browser.get("/trial/page").status_code == 200

    def test_when_every_connection_is_taken_one_is_told_to_come_back(self, app, visit):
        app.register_blueprint(trial.blueprint)
        with app.app_context():
            pool = db.engine.pool
            patience, pool._timeout = pool._timeout, 0.1
            taken = [pool.connect() for _ in range(pool.size() + pool._max_overflow)]
        try:
            self.check(visit().get("/trial/page"))
        finally:
            pool._timeout = patience
            for connection in taken:
                connection.close()
        assert visit().get("/trial/page").status_code == 200


def test_a_port_nobody_listens_on_is_a_503_too(make, database_kind):
    nowhere = {
        "postgresql": "postgresql+psycopg://nobody@127.0.0.1:9/none",
        "sqlite": "sqlite:////no/such/folder/community.db",
    }
    assert not os.path.exists("/no/such")
    answer = make(database_url=nowhere[database_kind]).test_client().get("/", base_url=LUNE_URL)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
