"""Migrations: the owner of the tables makes them, the application's role may use them."""

from alembic import context
from flask import current_app
from sqlalchemy import TypeDecorator, create_engine, event, pool
from sqlalchemy.engine import make_url

from community.kernel.db import UtcDateTime, db, writing
from community.kernel.tenancy import protection_statements

settings = current_app.config["COMMUNITY"]


def migrate() -> None:
    url = settings.database_owner_url or settings.database_url
    engine = create_engine(url, poolclass=pool.NullPool)
    if engine.dialect.name == "sqlite":
        # Rebuilding a table (batch mode) would otherwise delete what refers to it.
        event.listen(engine, "connect", lambda c, _: c.execute("PRAGMA foreign_keys=OFF"))
    with writing(), engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET lock_timeout = '10s'")
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            compare_type=True,
            render_as_batch=True,
            render_item=_name_our_types,
        )
        with context.begin_transaction():
            context.run_migrations()
            if connection.dialect.name == "postgresql":
                _protect(connection)


def _name_our_types(kind, item, _autogen):
    """A migration must not need our code to still be there: it names the plain type."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    return False


def _protect(connection) -> None:
    """Row-level security on every brand table; rights for the role that serves."""
    for statement in protection_statements(connection):
        connection.exec_driver_sql(statement)
    if settings.database_owner_url:
        role = make_url(settings.database_url).username
        quoted = connection.dialect.identifier_preparer.quote(role)
        for statement in (
            f"GRANT USAGE ON SCHEMA public TO {quoted}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}",
            f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}",
        ):
            connection.exec_driver_sql(statement)


migrate()
