"""A database of the bench's world with a server before it, of either kind."""

import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPMessage
from http.cookies import SimpleCookie
from pathlib import Path

import flask_migrate
from flask import Flask

from bench import world
from bench.asking import Ask, Failed, Server
from bench.cost import Crew
from community import create_app
from community.kernel import logs
from community.kernel.db import db
from community.settings import Settings
from tests import services
from tests.serving import COMMAND, clean, free_port, serving

KEY = "no secret: " + secrets.token_hex(16)
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass
class Stand:
    """What was made: how to open it in this process, and how to serve it."""

    app: Flask
    folder: Path
    environment: dict[str, str]
    behind: list[int]  # process ids of database and Redis
    seconds: float  # that loading took
    indexed: float  # seconds that indexing took

    @contextmanager
    def served(self, **more: str) -> Iterator[Server]:
        """Serve it from a process of its own, with further settings."""
        environment = self.environment | more
        with serving(COMMAND, self.folder, environment, "--processes", "1") as port:
            yield Server(port, Crew(os.getpid(), *self.behind))


@contextmanager
def made(kind: str, posts: int) -> Iterator[Stand]:
    """Load a world of that many posts into a new database of that kind, and index it."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, services.running():
        folder, behind = Path(name), []
        given = {"secret_key": KEY, "trusted_proxies": 1, "worker": False}
        owner = given["database_url"] = f"sqlite:///{folder}/bench.db"
        if kind == "postgresql":
            server = services.postgres()
            database = server.create_database("bench")
            owner, given["database_url"] = server.owner_url(database), server.app_url(database)
            given["redis_url"] = services.redis()
            behind = [_pid(folder_of("pg/data/postmaster.pid")), _pid(folder_of("valkey.pid"))]
        seconds = _load(owner, folder, posts)
        environment = _environment(folder, given)
        begun = time.perf_counter()
        subprocess.run(
            [COMMAND, "search", "reindex"],
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        indexed = time.perf_counter() - begun
        logs.configure("WARNING")
        app = create_app(_settings(folder, **given, page_cache_mb=0))
        yield Stand(app, folder, environment, behind, seconds, indexed)
        _close(app)


def folder_of(path: str) -> Path:
    return Path(os.environ[services.FOLDER]) / path


def _pid(file: Path) -> int:
    return int(file.read_text().split()[0])


def _settings(folder: Path, **given) -> Settings:
    return Settings(storage_url=f"file://{folder}/files", mail_url=f"file://{folder}/mail", **given)


def _environment(folder: Path, given: dict) -> dict[str, str]:
    named = {f"COMMUNITY_{name.upper()}": str(value) for name, value in given.items()}
    files = {
        "COMMUNITY_INSTANCE": str(folder),
        "COMMUNITY_STORAGE_URL": f"file://{folder}/files",
        "COMMUNITY_MAIL_URL": f"file://{folder}/mail",
    }
    return clean() | named | files


def _load(owner: str, folder: Path, posts: int) -> float:
    """Seconds that the rows took, with the tables' owner, who may count on after them."""
    app = create_app(_settings(folder, secret_key=KEY, database_url=owner))
    with app.app_context():
        flask_migrate.upgrade()
        begun = time.perf_counter()
        world.load(posts)
        took = time.perf_counter() - begun
    _close(app)
    return took


def _close(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@contextmanager
def bare() -> Iterator[Server]:
    """Serve the page that everything is compared with."""
    port = free_port()
    command = [sys.executable, "-m", "bench.bare", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server = Server(port, Crew(os.getpid()))
    try:
        for _ in range(100):
            try:
                server.once(Ask("/"))
                break
            except OSError:
                time.sleep(0.1)
        yield server
    finally:
        process.terminate()
        process.wait(30)


# -- Who asks --------------------------------------------------------------


@dataclass(frozen=True)
class Visitor:
    """A browser: its cookie, and the token of its forms."""

    cookie: str
    token: str


def at_the_door(server: Server) -> Visitor:
    """A browser that has opened the page to sign in."""
    body, headers = server.once(Ask("/login"))
    return Visitor(_cookie(headers), _token(body))


def sign_in(server: Server, number: int) -> Ask:
    """What member `number` sends to sign in."""
    visitor = at_the_door(server)
    form = {
        "csrf_token": visitor.token,
        "email": f"rider_{number}@bench.example",
        "password": world.PASSWORD,
    }
    return Ask("/login", form, visitor.cookie, expected=303)


def member(server: Server, number: int, page: str) -> Visitor:
    """A browser in which a member is signed in and has a page with a form open."""
    _body, headers = server.once(sign_in(server, number))
    cookie = _cookie(headers)
    body, _headers = server.once(Ask(page, cookie=cookie))
    return Visitor(cookie, _token(body))


def _cookie(headers: HTTPMessage) -> str:
    jar = SimpleCookie(headers.get("Set-Cookie", ""))
    return "; ".join(f"{name}={morsel.value}" for name, morsel in jar.items())


def _token(body: bytes) -> str:
    if not (found := _TOKEN.search(body.decode())):
        raise Failed("A page with a form has no token.")
    return found[1]
