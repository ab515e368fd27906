"""Fixtures for every test: two brands on the database asked for, and no way out."""

import shutil
from pathlib import Path

import flask_migrate
import pytest
import structlog
from flask_sqlalchemy import SQLAlchemy
from jinja2 import BytecodeCache
from sqlalchemy import Engine, select

from community import create_app
from community.brands.queries import forget_hosts
from community.kernel.db import db
from community.kernel.tenancy import brand_scope
from community.members import sessions
from community.members.models import Member
from community.settings import Settings
from tests import network, services
from tests.factories import LUNE, VELORA, build_world

SECRET = "only for tests " * 4


def pytest_addoption(parser):
    parser.addoption("--db", choices=["sqlite", "postgresql"], default="sqlite")


def pytest_configure(config):
    _log_plainly()
    if not hasattr(config, "workerinput"):
        services.begin()


def _log_plainly() -> None:
    """Tracebacks with all local variables take seconds each."""
    renderer = structlog.dev.ConsoleRenderer(
        colors=False, exception_formatter=structlog.dev.plain_traceback
    )
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], renderer])


def pytest_unconfigure(config):
    if not hasattr(config, "workerinput"):
        services.end()


def pytest_collection_modifyitems(config, items):
    """What is about one database alone is not part of the pass over the other."""
    other = {"sqlite": "postgresql", "postgresql": "sqlite"}[config.getoption("--db")]
    left_out = [item for item in items if item.get_closest_marker(other)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(autouse=True)
def _no_way_out():
    with network.wall():
        yield


@pytest.fixture(scope="session")
def database_kind(request) -> str:
    return request.config.getoption("--db")


@pytest.fixture(scope="session")
def world(database_kind, tmp_path_factory):
    """A migrated database with the world in it, made once and copied for each test."""
    if database_kind == "postgresql":
        return services.postgres().template("world", _migrate_and_build)
    path = tmp_path_factory.mktemp("world") / "world.db"
    _migrate_and_build(f"sqlite:///{path}")
    return path


def _migrate_and_build(url: str) -> None:
    app = create_app(
        Settings(
            secret_key=SECRET,
            database_url=url,
            database_owner_url=url if url.startswith("postgresql") else None,
            storage_url="file:///nowhere",
            mail_url="file:///nowhere",
        ),
        testing=True,
    )
    with app.app_context():
        flask_migrate.upgrade()
        build_world()
        db.session.remove()
        if url.startswith("sqlite"):
            with db.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.engine.dispose()


@pytest.fixture(scope="session")
def place(database_kind, tmp_path_factory, worker_id) -> Path | str:
    """Where each test of this process finds its own copy of the world: always the same
    address, so that engines and the statements they have compiled serve the whole run."""
    if database_kind == "postgresql":
        return f"test_{worker_id}"
    return tmp_path_factory.mktemp("place") / "community.db"


@pytest.fixture
def database_urls(database_kind, world, place) -> dict[str, str | None]:
    """Addresses of this test's own copy of the world: for the application, and its owner."""
    if database_kind == "sqlite":
        shutil.copy(world, place)
        yield {"database_url": f"sqlite:///{place}", "database_owner_url": None}
        _dispose_engines()
        for suffix in ("", "-wal", "-shm"):
            place.with_name(place.name + suffix).unlink(missing_ok=True)
        shutil.rmtree(place.with_suffix(".search"), ignore_errors=True)
        return
    server = services.postgres()
    server.create_database(place, template=world)
    yield {
        "database_url": server.app_url(place),
        "database_owner_url": server.owner_url(place),
    }
    _dispose_engines()
    server.drop_database(place)


_engines: dict[str, Engine] = {}
_make_engine = SQLAlchemy._make_engine


def _engine_of_the_run(self, bind_key, options, app):
    """One engine for each address and set of options, however many applications come and go."""
    key = repr(sorted(options.items(), key=str))
    if key not in _engines:
        _engines[key] = _make_engine(self, bind_key, options, app)
    return _engines[key]


SQLAlchemy._make_engine = _engine_of_the_run


def _dispose_engines() -> None:
    for engine in _engines.values():
        engine.dispose()


@pytest.fixture
def settings(database_urls, tmp_path) -> Settings:
    return Settings(
        secret_key=SECRET,
        storage_url=f"file://{tmp_path}/uploads",
        mail_url=f"file://{tmp_path}/mail",
        dev_mail=True,
        page_cache_mb=0,  # tests change rows beside every event; test_pages.py has its own
        **database_urls,
    )


class _CompiledOnce(BytecodeCache):
    """Templates are compiled once a run: every test has an application of its own."""

    def __init__(self):
        self._code = {}

    def load_bytecode(self, bucket):
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket):
        self._code[bucket.key] = bucket.bytecode_to_string()


COMPILED = _CompiledOnce()


@pytest.fixture
def app(settings):
    forget_hosts()
    app = create_app(settings, testing=True)
    app.config["WTF_CSRF_ENABLED"] = False  # tested by itself, over every form
    app.jinja_env.bytecode_cache = COMPILED
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def in_lune(app):
    """Inside an application context, serving Maison Lune."""
    with app.app_context(), brand_scope(LUNE):
        yield


@pytest.fixture
def in_velora(app):
    with app.app_context(), brand_scope(VELORA):
        yield


@pytest.fixture
def visit(app):
    """`visit("ada")` is a browser of Ada on Maison Lune; `visit()` a stranger's."""

    def open_browser(username: str | None = None, brand: str = "lune"):
        base_url = f"http://{brand}.localhost"
        client = app.test_client()
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        opener = client.open
        client.open = lambda *a, **k: opener(*a, **({"base_url": base_url} | k))
        if username:
            brand_id = {"lune": LUNE, "velora": VELORA}[brand]
            with app.app_context(), brand_scope(brand_id):
                token = sessions.open_session(who(username))
                db.session.commit()
            with client.session_transaction(base_url=base_url) as cookie:
                cookie["_user_id"] = token
                cookie["_fresh"] = True
        return client

    return open_browser


def who(username: str) -> Member:
    """A member of the brand in scope."""
    return db.session.scalars(select(Member).where(Member.username == username)).one()


ROOT = Path(__file__).parent.parent
