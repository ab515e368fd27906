"""Who counts as a reader of a thread, over HTTP."""

import hashlib
from functools import cache

from flask import current_app, request

from community.kernel import pages, web
from community.kernel.limits import network
from community.kernel.tenancy import brand_id_in_scope
from community.threads.readership import Readership

_EARLY = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")


def start_counting(state) -> None:
    """Give an application that registers the threads its readership."""
    state.app.extensions["readership"] = Readership()


def saw(thread_id: int) -> None:
    """Count whoever asks now as a reader of the thread; costs no statement.

    For every answer that shows a thread, one out of a cache too. What a browser fetches
    before anybody looks (HEAD, prefetch, prerender) is no reading.
    """
    if request.method != "GET" or any(name in request.headers for name in _EARLY):
        return
    readership, key = current_app.extensions["readership"], _key(current_app.secret_key)
    actor, brand_id = web.actor(), brand_id_in_scope()
    who = f"member {actor.id}" if actor.is_authenticated else _visitor(request.environ)
    readership.saw(brand_id, thread_id, _named(who, key), request.user_agent.string)

    def saw_again(environ: dict) -> None:
        if not any(f"HTTP_{name.upper().replace('-', '_')}" in environ for name in _EARLY):
            browser = environ.get("HTTP_USER_AGENT", "")
            readership.saw(brand_id, thread_id, _named(_visitor(environ), key), browser)

    pages.when_shown_again(saw_again)


def reader_key() -> str:
    """Whoever asks now, as a key that names nobody: the one readers are counted by."""
    actor = web.actor()
    who = f"member {actor.id}" if actor.is_authenticated else _visitor(request.environ)
    return _named(who, _key(current_app.secret_key))


def _visitor(environ: dict) -> str:
    return f"{network(environ.get('REMOTE_ADDR'))} {environ.get('HTTP_USER_AGENT', '')}"


def _named(who: str, key: bytes) -> str:
    """Who reads, as a key that names nobody."""
    return hashlib.blake2b(who.encode(), key=key, digest_size=16).hexdigest()


@cache
def _key(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
