"""Brand scoping, enforced here and nowhere else.

Every ORM statement that touches a `BrandScoped` model is limited to the brand
in scope, and every new row is stamped with it. With no brand in scope such a
statement fails. The one way out is a session from `across_brands()`.

On PostgreSQL the same is said once more by row-level security: each
transaction tells the database its brand, and the policies made by
`protect_tables()` hide every other row, even from raw SQL.
"""

from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy import (
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    UniqueConstraint,
    bindparam,
    event,
    inspect,
)
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.orm import Mapped, Session, mapped_column, with_loader_criteria

from community.kernel.db import READ_ONLY, db

BRAND_SETTING = "community.brand_id"
EVERY_BRAND = "*"

_brand_id: ContextVar[int | None] = ContextVar("brand_id", default=None)


class NoBrandInScope(RuntimeError, DontWrapMixin):
    """A brand's rows were touched outside any brand."""


class WrongBrand(RuntimeError):
    """A row of one brand was about to be written while serving another."""


class BrandScoped:
    brand_id: Mapped[int] = mapped_column(ForeignKey("brand.id"), index=True)


def same_brand(column: str, table: str) -> ForeignKeyConstraint:
    """A reference the database itself refuses when it leads to another brand's row."""
    return ForeignKeyConstraint(["brand_id", column], [f"{table}.brand_id", f"{table}.id"])


def referable() -> UniqueConstraint:
    """What `same_brand` needs on the table it leads to."""
    return UniqueConstraint("brand_id", "id")


def brand_id_in_scope() -> int:
    """The id of the brand being served; NoBrandInScope outside any."""
    brand_id = _brand_id.get()
    if brand_id is None:
        raise NoBrandInScope
    return brand_id


def brand_id_or_none() -> int | None:
    """For logs and error pages, which exist outside any brand too."""
    return _brand_id.get()


@contextmanager
def brand_scope(brand_id: int):
    """Serve one brand. What is not committed when this ends is gone.

    The session goes with it: an identity map that outlived its brand would
    hand one brand's rows to the next. It is also new at the start, so that
    the transaction of this brand is told its brand.
    """
    if _brand_id.get() is not None:
        raise WrongBrand("one brand at a time")
    db.session.remove()
    token = _brand_id.set(brand_id)
    try:
        yield
    finally:
        db.session.remove()
        _brand_id.reset(token)


@contextmanager
def across_brands(reason: str):
    """Yield a read-only session of its own that sees every brand.

    It never shares objects with `db.session`, so nothing loaded here can turn
    up later in a request. It does not share its transaction either: what is not
    committed yet is not seen. `reason` is for the reader and for grep.
    """
    engine = db.engine.execution_options(**{READ_ONLY: True})
    with Session(engine, info={"across_brands": reason}) as session:
        yield session
        session.rollback()


@contextmanager
def writing_across_brands(reason: str):
    """Like `across_brands`, and commits. For the kernel's own clockwork, and to open a brand."""
    with Session(db.engine, info={"across_brands": reason}) as session:
        yield session
        session.commit()


# Read when the statement runs, not when it is built: one cached statement
# serves every brand, and no brand in scope is an error rather than no filter.
_THE_BRAND = bindparam("brand_in_scope", callable_=brand_id_in_scope, type_=Integer)
_ONLY_THE_BRAND = with_loader_criteria(
    BrandScoped, lambda cls: cls.brand_id == _THE_BRAND, include_aliases=True
)


@event.listens_for(Session, "do_orm_execute")
def _limit_to_brand(state):
    if state.is_column_load or "across_brands" in state.session.info:
        return
    if state.is_insert and any(issubclass(m.class_, BrandScoped) for m in state.all_mappers):
        raise WrongBrand("insert through session.add(), which stamps the brand")
    state.statement = state.statement.options(_ONLY_THE_BRAND)


@event.listens_for(Session, "before_flush")
def _stamp_brand(session, _context, _instances):
    if "across_brands" in session.info:
        return
    for row in session.new | session.dirty | session.deleted:
        if not isinstance(row, BrandScoped):
            continue
        if row.brand_id is None:
            row.brand_id = brand_id_in_scope()
        elif row.brand_id != brand_id_in_scope():
            raise WrongBrand(f"{row!r} belongs to brand {row.brand_id}")


@event.listens_for(Session, "after_begin")
def _tell_postgresql(session, transaction, connection):
    if connection.dialect.name != "postgresql" or transaction.nested:
        return
    everywhere = "across_brands" in session.info
    brand = EVERY_BRAND if everywhere else str(_brand_id.get() or "")
    connection.exec_driver_sql("SELECT set_config(%s, %s, true)", (BRAND_SETTING, brand))


def brand_tables(connection) -> list[str]:
    """Names of the brands' tables that are in the database."""
    existing = set(inspect(connection).get_table_names())
    names = [t.name for t in db.metadata.sorted_tables if "brand_id" in t.c]
    return [name for name in names if name in existing]


def protection_statements(connection) -> list[str]:
    """The SQL that makes PostgreSQL refuse rows of other brands, for the tables there are.

    FORCE binds the tables' owner too; only a superuser or a role with BYPASSRLS
    still sees everything, which is why the application must be neither.
    """
    # As a subquery it is read once for a statement, not once for each row looked at.
    current = f"(SELECT current_setting('{BRAND_SETTING}', true))"
    rule = (
        f"{current} = '{EVERY_BRAND}' OR brand_id ="
        f" nullif(nullif({current}, ''), '{EVERY_BRAND}')::integer"
    )
    statements = []
    for name in brand_tables(connection):
        statements += [
            f'ALTER TABLE "{name}" ENABLE ROW LEVEL SECURITY',
            f'ALTER TABLE "{name}" FORCE ROW LEVEL SECURITY',
            f'DROP POLICY IF EXISTS one_brand ON "{name}"',
            f'CREATE POLICY one_brand ON "{name}" USING ({rule}) WITH CHECK ({rule})',
        ]
    return statements


def unprotected_tables(connection) -> list[str]:
    """Names of brand tables without row-level security, for `community doctor`."""
    rows = connection.exec_driver_sql(
        "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
    )
    protected = {row[0] for row in rows}
    return [name for name in brand_tables(connection) if name not in protected]
