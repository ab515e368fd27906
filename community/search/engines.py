"""Which engine answers: that of the database at hand."""

from functools import lru_cache
from pathlib import Path

from community.kernel.db import db
from community.search.embedded import Embedded
from community.search.postgres import Postgres
from community.search.questions import Engine


def engine() -> Engine:
    """Return the index of this installation; every call is about the brand in scope."""
    if db.engine.dialect.name == "postgresql":
        return Postgres()
    return _embedded(db.engine.url.database or "")


@lru_cache(maxsize=16)
def _embedded(database: str) -> Embedded:
    return Embedded(Path(database).resolve().with_suffix(".search"))
