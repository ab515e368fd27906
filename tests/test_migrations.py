"""The migrations make what the models say, on both databases, and can be taken back."""

import re
from contextlib import contextmanager

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from community import create_app
from community.kernel.db import db
from community.kernel.tenancy import unprotected_tables
from community.settings import Settings
from tests import services
from tests.conftest import ROOT, SECRET

VERSIONS = ROOT / "migrations" / "versions"


@pytest.fixture
def empty(database_kind, tmp_path):
    """`empty(name)` makes an empty database and gives its addresses: the app's, the owner's."""
    made = []

    def make(name):
        if database_kind == "sqlite":
            url = f"sqlite:///{tmp_path}/{name}.db"
            return url, url
        server = services.postgres()
        database = server.create_database(f"{name}_{abs(hash(str(tmp_path))):x}")
        made.append((server, database))
        return server.app_url(database), server.owner_url(database)

    yield make
    for server, database in made:
        server.drop_database(database)


@contextmanager
def migrating(urls):
    """An application whose migrations run on a database."""
    url, owner_url = urls
    settings = Settings(
        secret_key=SECRET,
        database_url=url,
        database_owner_url=owner_url if owner_url != url else None,
        storage_url="file:///nowhere",
        mail_url="file:///nowhere",
    )
    app = create_app(settings, testing=True)
    with app.app_context():
        yield
        db.session.remove()
        db.engine.dispose()


@contextmanager
def connected(urls):
    """A connection of the role that owns the tables."""
    engine = create_engine(urls[1])
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def tables(urls) -> set[str]:
    with connected(urls) as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


def shape(urls) -> dict:
    """Everything the database knows about its tables, to be compared."""
    with connected(urls) as connection:
        found = inspect(connection)
        return {
            name: {
                "columns": {
                    column["name"]: (str(column["type"]), column["nullable"], column["default"])
                    for column in found.get_columns(name)
                },
                "key": found.get_pk_constraint(name)["constrained_columns"],
                "unique": _by_name(found.get_unique_constraints(name), "column_names"),
                "checks": _by_name(found.get_check_constraints(name), "sqltext"),
                "indexes": _by_name(found.get_indexes(name), "column_names", "unique"),
                "references": sorted(
                    (key["constrained_columns"], key["referred_table"], key["referred_columns"])
                    for key in found.get_foreign_keys(name)
                ),
            }
            for name in found.get_table_names()
            if name != "alembic_version"
        }


def _by_name(found, *facts) -> dict:
    return {one["name"]: [one[fact] for fact in facts] for one in found}


def test_from_an_empty_database_they_make_exactly_what_the_models_say(empty):
    """Compared with what the models alone would make: columns, keys, checks and indexes."""
    migrated, made = empty("migrated"), empty("made")
    with migrating(migrated):
        flask_migrate.upgrade()
    engine = create_engine(made[1])
    db.metadata.create_all(engine)
    engine.dispose()
    expected = shape(made)
    assert shape(migrated) == expected
    assert len(expected) > 10
    with connected(migrated) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []


def test_they_can_be_taken_back_to_nothing_and_made_again(empty):
    urls = empty("updown")
    with migrating(urls):
        flask_migrate.upgrade()
        first = shape(urls)
        flask_migrate.downgrade(revision="base")
        assert tables(urls) == set()
        flask_migrate.upgrade()
    assert shape(urls) == first


def test_made_twice_they_change_nothing(empty):
    urls = empty("twice")
    with migrating(urls):
        flask_migrate.upgrade()
        first = shape(urls)
        flask_migrate.upgrade()
    assert shape(urls) == first


@pytest.mark.postgresql
def test_every_table_of_a_brand_is_protected_by_the_database(empty):
    urls = empty("walls")
    with migrating(urls):
        flask_migrate.upgrade()
    with connected(urls) as connection:
        assert unprotected_tables(connection) == []
        policies = connection.exec_driver_sql(
            "SELECT tablename, qual, with_check FROM pg_policies WHERE policyname = 'one_brand'"
        ).all()
    of_brands = {t.name for t in db.metadata.sorted_tables if "brand_id" in t.c}
    assert {name for name, _reads, _writes in policies} == of_brands
    for name, reads, writes in policies:
        assert "community.brand_id" in reads, name
        assert reads == writes, name


@pytest.mark.once
class TestFiles:
    def test_there_is_one_line_of_migrations(self):
        script = ScriptDirectory(ROOT / "migrations")
        assert len(script.get_heads()) == 1
        assert len(script.get_bases()) == 1

    def test_they_need_nothing_of_ours_to_be_still_there(self):
        """An old migration runs on, whatever has become of our modules."""
        files = sorted(VERSIONS.glob("*.py"))
        assert files
        for path in files:
            ours = re.search(r"(import|from) community|community\.(?!brand_id)", path.read_text())
            assert not ours, path

    def test_each_can_be_taken_back(self):
        for path in VERSIONS.glob("*.py"):
            back = path.read_text().partition("def downgrade()")[2]
            assert "op." in back or "batch_op." in back, path
