"""Who counts as a reader of a thread, over HTTP."""

import hashlib

from flask import current_app, request

from community.kernel import web
from community.kernel.limits import network
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
    readership = current_app.extensions["readership"]
    readership.saw(thread_id, _reader(), request.user_agent.string)


def _reader() -> str:
    """Who reads, as a key that names nobody and is kept for an hour."""
    actor = web.actor()
    if actor.is_authenticated:
        who = f"member {actor.id}"
    else:
        who = f"{network(request.remote_addr)} {request.user_agent.string}"
    secret = hashlib.sha256(current_app.secret_key.encode()).digest()
    return hashlib.blake2b(who.encode(), key=secret, digest_size=16).hexdigest()
