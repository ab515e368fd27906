"""The pictures other sites show with links to threads and to the community."""

import json
import threading
from collections import OrderedDict
from collections.abc import Callable

from flask import current_app, g, redirect, url_for
from flask_babel import force_locale

from community.feed import queries
from community.feed.cards import DRAWING, Card, draw
from community.feed.views.blueprint import blueprint, open_to_guests
from community.kernel import web
from community.kernel.db import nothing_held
from community.kernel.errors import Missing
from community.kernel.i18n import ngettext
from community.media import service as media
from community.media.store import storage
from community.threads.models import Thread

FOREVER = "public, max-age=31536000, immutable"
FOR_NOW = "public, max-age=3600"
DRAWN_PER_NETWORK = "30/minute"
PICTURE_WIDTH = 800
KEPT = 64  # cards in the memory of a process, about 60 kB each


class _Kept:
    """The cards drawn last, by version: whatever a card says is in it."""

    def __init__(self):
        self._lock = threading.Lock()
        self._cards: OrderedDict[str, bytes] = OrderedDict()

    def get(self, version: str) -> bytes | None:
        with self._lock:
            if version in self._cards:
                self._cards.move_to_end(version)
            return self._cards.get(version)

    def keep(self, version: str, drawn: bytes) -> None:
        with self._lock:
            self._cards[version] = drawn
            while len(self._cards) > KEPT:
                self._cards.popitem(last=False)


_kept = _Kept()

# -- Addresses -------------------------------------------------------------


@blueprint.app_template_global("card_of")
def card_of(thread: Thread | None = None) -> str:
    """The address of the card of a public thread, or of the brand; costs no statement."""
    if thread is None:
        return url_for("feed.brand_card", version=_version_of_brand(), _external=True)
    version = _version_of_thread(thread)
    return url_for("feed.thread_card", thread_id=thread.id, version=version, _external=True)


def _version_of_thread(thread: Thread) -> str:
    author = thread.author
    says = (thread.title, thread.category.name, author.username, author.given_name, thread.picture)
    return web.fingerprint(*_look(), *says, str(thread.posts_count))


def _version_of_brand() -> str:
    brand = g.brand
    return web.fingerprint(*_look(), brand.headline, brand.tagline, brand.hero)


def _look() -> tuple[str, ...]:
    brand = g.brand
    theme = json.dumps(brand.theme_inputs or {}, sort_keys=True)
    return DRAWING, str(brand.id), brand.name, brand.locale, theme


# -- Pictures --------------------------------------------------------------


@blueprint.get("/og/t/<int:thread_id>-<version>.png")
def thread_card(thread_id, version):
    """A thread's card. An address of what it said before leads to what it says now."""
    open_to_guests()
    thread = queries.thread(thread_id)
    present = _version_of_thread(thread)
    if version != present:
        return _elsewhere(card_of(thread))
    return _shown(present, lambda: _card_of_thread(thread))


@blueprint.get("/og/<version>.png")
def brand_card(version):
    """The card of the community, for pages that are about no thread."""
    open_to_guests()
    present = _version_of_brand()
    if version != present:
        return _elsewhere(card_of())
    return _shown(present, _card_of_brand)


def _elsewhere(address: str):
    response = redirect(address, 302)
    response.headers["Cache-Control"] = FOR_NOW
    return response


def _shown(version: str, say: Callable[[], Card]):
    """Drawn when it is first asked for; how often a network may have that done is limited."""
    drawn = _kept.get(version)
    if drawn is None:
        web.count("card", per_network=DRAWN_PER_NETWORK)
        with force_locale(g.brand.locale):
            card = say()
        with nothing_held():
            drawn = draw(card, _read_font)
        _kept.keep(version, drawn)
    response = current_app.response_class(drawn, mimetype="image/png")
    response.headers["Cache-Control"] = FOREVER
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _read_font(name: str) -> bytes:
    return current_app.extensions["assets"].get(name).body


def _card_of_thread(thread: Thread) -> Card:
    replies = thread.posts_count - 1
    return Card(
        brand=g.brand.name,
        theme=_theme(),
        title=thread.title,
        below=(thread.author.name, thread.category.name),
        aside=ngettext("%(num)s reply", "%(num)s replies", replies) if replies else "",
        picture=_picture(thread.picture),
    )


def _card_of_brand() -> Card:
    brand = g.brand
    title = brand.headline or brand.name
    below = (brand.tagline,)
    return Card(brand.name, _theme(), title, below, picture=_picture(brand.hero))


def _theme() -> tuple[tuple[str, object], ...]:
    return tuple(sorted((g.brand.theme_inputs or {}).items()))


def _picture(token: str) -> bytes:
    """The picture's file where it is there and may be shown, else nothing."""
    upload = media.by_tokens([token]).get(token) if token else None
    if upload is None or upload.hidden_at is not None:
        return b""
    try:
        return storage().get(media.file_key(token, media.variant(upload, PICTURE_WIDTH))).data
    except Missing:
        return b""
