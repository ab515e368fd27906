"""A library: people write in it, its index follows, others look for things."""

from contextlib import contextmanager

import pytest

from community.kernel import bus
from community.kernel.db import db, writing
from community.kernel.tenancy import brand_scope
from community.members.models import Anonymous
from community.search import embedded, queries
from community.search.indexer import Follower
from tests.conftest import who
from tests.factories import LUNE


class Library:
    """The search of an application, as the worker and readers use it."""

    def __init__(self, app):
        self._app = app

    @contextmanager
    def written(self, brand: int = LUNE):
        """Write in a brand; what was written is committed, and indexed afterwards."""
        with self._app.app_context(), writing(), brand_scope(brand):
            yield
            db.session.commit()
        self.index()

    def index(self) -> int:
        """What a worker does: numbers the log and follows it. Returns how much was done."""
        with self._app.app_context():
            while bus.assign_positions():
                pass
            return Follower()()

    @contextmanager
    def reading(self, username: str | None, brand: int = LUNE):
        with self._app.app_context(), brand_scope(brand):
            yield who(username) if username else Anonymous()

    def find(self, username: str | None, query: str, *, brand: int = LUNE, page: int = 1, **narrow):
        """The page of results a reader gets."""
        with self.reading(username, brand) as actor:
            return queries.results(actor, query, queries.Filters(**narrow), page)

    def titles(self, username: str | None, query: str, **narrow) -> list[str]:
        """Titles of the threads a reader finds, best first."""
        with self.reading(username, narrow.pop("brand", LUNE)) as actor:
            found = queries.results(actor, query, queries.Filters(**narrow))
            return [result.post.thread.title for result in found.items]


@pytest.fixture(autouse=True)
def _readers_look_each_time(monkeypatch):
    """Tests write and read within the moment for which readers trust what they saw."""
    monkeypatch.setattr(embedded, "LOOKED_EVERY_S", 0.0)


@pytest.fixture
def library(app) -> Library:
    return Library(app)
