"""Pages for visitors, kept in memory until something happens in their brand.

A view marked with `kept_for_visitors` is answered again without Flask, session or database, to
whoever has no session and asks for the same address in the same language and appearance. What is
kept is thrown away with every commit that published an event, by whichever process (`Turns`), and
after a minute anyway. Nothing that was made for a member, and no answer that sets a cookie, is
ever kept.
"""

import functools
import gzip
import hashlib
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import structlog
from flask import Flask, current_app, g, request
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import event
from sqlalchemy.orm import Session
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header, parse_cookie

from community.kernel import observe, web
from community.kernel.bus import CHANGED_BRANDS
from community.kernel.i18n import LOCALES

LASTS_S = 60.0
LARGEST = 512 * 1024  # bytes of one page
MEGABYTE = 1024 * 1024
PARAMETERS = frozenset({"page", "sort", "tag"})
"""Only pages asked with these are kept: strangers can invent others without end."""
_MARK = "community.page"
_NEVER = ("/admin", "/api", "/media", "/settings", "/healthz", "/readyz", "/metrics")

log = structlog.get_logger()


# -- When what is kept is over ---------------------------------------------


class Turns:
    """A number for each brand that grows with every change: shared by the processes of a machine
    through the length of a file, by machines through Redis when there is one.
    """

    def __init__(self, folder: Path, redis_url: str | None):
        self._folder = folder
        self._redis = None
        self._away_until = 0.0
        if redis_url:
            waits = {"socket_timeout": 0.2, "socket_connect_timeout": 0.2}
            self._redis = Redis.from_url(redis_url, **waits)
        folder.mkdir(parents=True, exist_ok=True)

    def now(self, brand_id: int) -> object | None:
        """The brand's present number; None while nobody can say, so that nothing is kept."""
        if self._redis is None:
            return self._length(brand_id)
        if time.monotonic() < self._away_until:
            return None
        try:
            return self._redis.get(self._key(brand_id)) or b"0"
        except RedisError as error:
            self._away(error)
            return None

    def turn(self, brand_id: int) -> None:
        """What was kept of the brand is over."""
        if self._redis is None:
            with (self._folder / str(brand_id)).open("ab") as file:
                file.write(b".")
            return
        try:
            self._redis.incr(self._key(brand_id))
        except RedisError as error:
            self._away(error)

    def _length(self, brand_id: int) -> int:
        try:
            return os.stat(self._folder / str(brand_id)).st_size
        except FileNotFoundError:
            return 0

    def _key(self, brand_id: int) -> str:
        return f"community:pages:{brand_id}"

    def _away(self, error: RedisError) -> None:
        """Keep and show nothing for longer than a page lasts: a change may go by unseen."""
        log.warning("pages.redis_away", error=type(error).__name__)
        self._away_until = time.monotonic() + LASTS_S


@event.listens_for(Session, "after_commit")
def _after_commit(session: Session) -> None:
    pages = current_app.extensions.get("pages")
    for brand_id in session.info.pop(CHANGED_BRANDS, ()):
        if pages is not None:
            pages.turns.turn(brand_id)


@event.listens_for(Session, "after_soft_rollback")
def _after_rollback(session: Session, transaction) -> None:
    if transaction.parent is None:
        session.info.pop(CHANGED_BRANDS, None)


# -- What is kept ----------------------------------------------------------


@dataclass
class Mark:
    """What a view says of the answer it is making: who may be shown it again, and until when."""

    brand_id: int
    turn: object
    endpoint: str
    shown_again: Callable[[dict], None] | None = None


@dataclass(frozen=True)
class Kept:
    """One answer, ready to be sent again."""

    mark: Mark
    headers: tuple[tuple[str, str], ...]
    body: bytes
    packed: bytes  # gzipped
    etag: str
    until: float  # on the monotonic clock

    @property
    def size(self) -> int:
        return len(self.body) + len(self.packed) + 1024


class Pages:
    """The pages one process keeps, the longest unused leaving first when the room is full."""

    def __init__(self, room: int, turns: Turns):
        self.turns = turns
        self._room = room
        self._used = 0
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple, Kept] = OrderedDict()

    def get(self, key: tuple) -> Kept | None:
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                return None
            self._kept.move_to_end(key)
        now = self.turns.now(kept.mark.brand_id)
        if now is not None and now == kept.mark.turn and time.monotonic() < kept.until:
            return kept
        self._drop(key, kept)
        return None

    def put(self, key: tuple, kept: Kept) -> None:
        with self._lock:
            before = self._kept.pop(key, None)
            self._used += kept.size - (before.size if before else 0)
            self._kept[key] = kept
            while self._used > self._room and self._kept:
                _, oldest = self._kept.popitem(last=False)
                self._used -= oldest.size

    def _drop(self, key: tuple, kept: Kept) -> None:
        with self._lock:
            if self._kept.get(key) is kept:
                del self._kept[key]
                self._used -= kept.size


def kept_for_visitors(view):
    """Mark a view that answers every visitor alike, from the database alone."""

    @functools.wraps(view)
    def marked(*args, **kwargs):
        pages = current_app.extensions.get("pages")
        if pages is not None and not web.actor().is_authenticated:
            turn = pages.turns.now(g.brand.id)  # before anything is read
            if turn is not None:
                request.environ[_MARK] = Mark(g.brand.id, turn, request.endpoint)
        return view(*args, **kwargs)

    return marked


def when_shown_again(tell: Callable[[dict], None]) -> None:
    """Have `tell` called with the WSGI environment of everyone who is shown this page later."""
    if mark := request.environ.get(_MARK):
        mark.shown_again = tell


# -- In front of the application -------------------------------------------


def init_app(app: Flask, folder: Path) -> None:
    """Keep pages in the memory the settings allow; none when that is 0."""
    settings = app.config["COMMUNITY"]
    if settings.page_cache_mb:
        pages = Pages(settings.page_cache_mb * MEGABYTE, Turns(folder, settings.redis_url))
        app.extensions["pages"] = pages
        app.wsgi_app = _in_front(app, pages, app.wsgi_app)  # type: ignore[method-assign]


def _in_front(app: Flask, pages: Pages, application: Callable) -> Callable:
    session = app.config["SESSION_COOKIE_NAME"] + "="

    def answer(environ: dict, start_response: Callable) -> Iterable[bytes]:
        key = _key(environ, session)
        if key is None:
            return application(environ, start_response)
        begun = time.perf_counter()
        kept = pages.get(key)
        if kept is None:
            kept, answered = _made(application, environ)
            if kept is None:
                return answered(start_response)
            pages.put(key, kept)
            return _send(kept, environ, start_response)
        if kept.mark.shown_again and environ["REQUEST_METHOD"] == "GET":
            kept.mark.shown_again(environ)
        answered = _send(kept, environ, start_response)
        observe.answered_from_memory(
            kept.mark.endpoint, environ["PATH_INFO"], time.perf_counter() - begun
        )
        return answered

    return answer


def _key(environ: dict, session: str) -> tuple | None:
    """What a page differs by; None when this request is not answered from memory."""
    cookies = environ.get("HTTP_COOKIE", "")
    if (
        environ["REQUEST_METHOD"] not in {"GET", "HEAD"}
        or session in cookies
        or "HTTP_HX_REQUEST" in environ
        or environ.get("PATH_INFO", "").startswith(_NEVER)
    ):
        return None
    asked = environ.get("QUERY_STRING", "")
    if asked and not PARAMETERS.issuperset(part.partition("=")[0] for part in asked.split("&")):
        return None
    chosen = parse_cookie(cookies) if cookies else {}
    language = chosen.get("language")
    if language not in LOCALES:
        language = _best_language(environ.get("HTTP_ACCEPT_LANGUAGE", "")[:200])
    return (
        environ["wsgi.url_scheme"],
        environ.get("HTTP_HOST", ""),
        environ.get("SCRIPT_NAME", "") + environ["PATH_INFO"],
        asked,
        language,
        chosen.get("mode") if chosen.get("mode") in {"light", "dark"} else "",
    )


@functools.lru_cache(maxsize=2_048)
def _best_language(accepted: str) -> str:
    """As `create_app` chooses; empty where the brand's own language is meant."""
    return parse_accept_header(accepted, LanguageAccept).best_match(LOCALES, default="") or ""


def _made(application: Callable, environ: dict):
    """Let the application answer; give what to keep of it, or how to send it on unkept."""
    said: list = []

    def start(status, headers, exc_info=None):
        said[:] = [status, headers, exc_info]
        return lambda _data: None

    body = application(environ, start)
    mark = environ.get(_MARK)
    if mark is None or not _is_for_everyone(*said[:2]):
        return None, lambda start_response: (start_response(*said), body)[1]
    try:
        whole = b"".join(body)
    finally:
        if hasattr(body, "close"):
            body.close()
    if len(whole) > LARGEST:
        return None, lambda start_response: (start_response(*said), [whole])[1]
    etag = f'"{hashlib.blake2b(whole, digest_size=12).hexdigest()}"'
    dropped = {"content-length", "x-request-id", "vary", "etag"}
    headers = [(name, value) for name, value in said[1] if name.lower() not in dropped]
    varies = [value for name, value in said[1] if name.lower() == "vary"]
    headers.append(("Vary", ", ".join([*varies, "Accept-Encoding"])))
    packed = gzip.compress(whole, 5, mtime=0)
    until = time.monotonic() + LASTS_S
    return Kept(mark, tuple(headers), whole, packed, etag, until), None


def _is_for_everyone(status: str, headers: list[tuple[str, str]]) -> bool:
    found = {name.lower(): value for name, value in headers}
    html = found.get("content-type", "").startswith("text/html")
    return status.startswith("200") and html and "set-cookie" not in found


def _send(kept: Kept, environ: dict, start_response: Callable) -> Iterable[bytes]:
    headers = [*kept.headers, ("ETag", kept.etag), ("X-Request-Id", observe.request_id(environ))]
    if kept.etag in environ.get("HTTP_IF_NONE_MATCH", ""):
        without = [(name, value) for name, value in headers if name != "Content-Type"]
        start_response("304 Not Modified", without)
        return []
    body = kept.body
    if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
        body = kept.packed
        headers.append(("Content-Encoding", "gzip"))
    headers.append(("Content-Length", str(len(body))))
    start_response("200 OK", headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
