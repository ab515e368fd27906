"""A look at everything the installation stands on, for `community doctor`."""

import shutil
import smtplib
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import redis
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from community.kernel.bus import Delivery
from community.kernel.db import db, writing
from community.kernel.tenancy import across_brands, brand_scope, unprotected_tables
from community.kernel.upkeep import Check, Tally, run

LEAST_FREE_MB = 500
_PROBE = "doctor/probe"
MENDING = "community doctor --repair"


@dataclass(frozen=True)
class Finding:
    about: str
    is_well: bool
    words: str


def examine(app: Flask) -> list[Finding]:
    """Check settings, database, uploads, mail, Redis, disk and the queue, in this order."""
    settings = app.config["COMMUNITY"]
    findings = [Finding("settings", True, "every setting is valid")]
    findings += _database()
    findings.append(_storage(app.extensions["storage"]))
    findings.append(_mail(settings.mail_url))
    if settings.redis_url:
        findings.append(_redis(settings.redis_url))
    findings.append(_disk())
    return findings


def examine_brands(
    ids: Mapping[str, int],
    checks: Sequence[Check],
    *,
    mends: bool,
    tell: Callable[[str, int], None],
) -> list[Finding]:
    """Count everything again, brand by brand, by slug; mend what is wrong when `mends`.

    A finding that was mended is well again. `tell` hears what is looked at and how many rows
    of it are done.
    """
    findings = []
    for slug, brand_id in ids.items():
        with writing() if mends else nullcontext(), brand_scope(brand_id):
            sums = run(checks, mends=mends, tell=lambda what, n, s=slug: tell(f"{s}, {what}", n))
        findings += [_found(slug, tally, mends) for tally in sums]
    return findings


def _found(slug: str, tally: Tally, mended: bool) -> Finding:
    about = f"{slug}, {tally.about}"
    if not tally.wrong_count:
        return Finding(about, True, f"{tally.looked_at:,} looked at")
    more = tally.wrong_count - len(tally.wrong)
    examples = "; ".join([*tally.wrong, *([f"and {more:,} more"] if more else [])])
    how_many = f"{tally.wrong_count:,} of {tally.looked_at:,}"
    if mended:
        return Finding(about, True, f"{how_many} were wrong and are mended ({examples})")
    return Finding(about, False, f"{how_many} are wrong ({examples}); mend them: {MENDING}")


def _database() -> list[Finding]:
    try:
        with db.engine.connect() as connection:
            differences = compare_metadata(MigrationContext.configure(connection), db.metadata)
            if differences:
                return [Finding("database", False, "not up to date; run: community db upgrade")]
            findings = [Finding("database", True, f"{_version(connection)}, tables up to date")]
            if connection.dialect.name == "postgresql":
                findings.append(_second_wall(connection))
    except SQLAlchemyError as error:
        return [Finding("database", False, f"does not answer ({type(error).__name__})")]
    return [*findings, _queue()]


def _version(connection) -> str:
    if connection.dialect.name == "sqlite":
        return f"SQLite {sqlite3.sqlite_version}"
    return "PostgreSQL " + ".".join(map(str, connection.dialect.server_version_info))


def _second_wall(connection) -> Finding:
    role = connection.exec_driver_sql(
        "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
    )
    if role.scalar():
        words = "void: the role of database_url is a superuser or has BYPASSRLS"
        return Finding("row-level security", False, words)
    if missing := unprotected_tables(connection):
        return Finding("row-level security", False, f"missing on {', '.join(missing)}")
    return Finding("row-level security", True, "on every table of a brand")


def _queue() -> Finding:
    with across_brands("the doctor looks at the whole queue") as session:
        parked = select(func.count(Delivery.id)).where(Delivery.parked_at.is_not(None))
        waiting = select(func.count(Delivery.id)).where(Delivery.due_at.is_not(None))
        given_up, due = session.scalar(parked), session.scalar(waiting)
    words = f"{due} deliveries wait, {given_up} were given up"
    return Finding("events", given_up == 0, words)


def _storage(storage) -> Finding:
    try:
        storage.put(_PROBE, b"probe", "application/octet-stream")
        storage.delete(_PROBE)
    except Exception as error:
        return Finding("uploads", False, f"cannot be written ({type(error).__name__}: {error})")
    return Finding("uploads", True, "can be written and deleted")


def _mail(url: str) -> Finding:
    parts = urlsplit(url)
    if parts.scheme == "file":
        return Finding("mail", True, f"is kept in the folder {parts.path}, not sent")
    connect = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    try:
        with connect(parts.hostname, parts.port or 0, timeout=5) as server:
            server.noop()
    except OSError as error:
        return Finding("mail", False, f"{parts.hostname} does not answer ({error})")
    return Finding("mail", True, f"{parts.hostname} answers")


def _redis(url: str) -> Finding:
    try:
        redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2).ping()
    except redis.RedisError as error:
        words = f"does not answer ({type(error).__name__}); each process counts limits alone"
        return Finding("redis", False, words)
    return Finding("redis", True, "answers")


def _disk() -> Finding:
    free_mb = shutil.disk_usage(Path.cwd()).free // 1_000_000
    return Finding("disk", free_mb >= LEAST_FREE_MB, f"{free_mb} MB free")
