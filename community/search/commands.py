"""`community search …`: the index by hand."""

from collections.abc import Callable

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import select

from community.brands.models import Brand
from community.kernel.db import db
from community.kernel.doctor import Finding
from community.kernel.tenancy import across_brands, brand_scope
from community.search import indexer

MOST_EMBEDDED = 50_000
"""Posts of one brand that are found fast enough without PostgreSQL."""
_BEHIND = 100  # posts that a worker may be behind without being ill
_COLUMNS = (
    TextColumn("{task.description}"),
    BarColumn(),
    MofNCompleteColumn(),
    TextColumn("posts"),
    TimeRemainingColumn(),
)


def group(open_app: Callable) -> click.Group:
    """Return the commands; `open_app` gives the application they work in."""

    @click.group()
    def search():
        """The index that finds threads."""

    @search.command()
    @click.option("--brand", "slug", help="Slug of one brand. [default: all of them]")
    def reindex(slug):
        """Make the index anew; what is there stays readable until the new one is ready."""
        with open_app().app_context():
            for brand_id, name in _brands(slug):
                with brand_scope(brand_id):
                    _reindex(name)

    return search


def findings() -> list[Finding]:
    """Look at every brand's index, for `community doctor`."""
    found = []
    for brand_id, name in _brands(None):
        with brand_scope(brand_id):
            found.append(_finding(f"search, {name}", indexer.health()))
    return found


def _finding(about: str, health: indexer.Health) -> Finding:
    if health.indexed is None and not health.is_followed:
        return Finding(about, True, "no index so far; the worker makes it when it runs")
    if health.indexed is None and health.posts:
        words = "no index that is whole; the worker makes it, or: community search reindex"
        return Finding(about, False, words)
    indexed = health.indexed or 0
    is_well = abs(health.posts - indexed) <= max(_BEHIND, health.posts // 100)
    words = f"{indexed:,} of {health.posts:,} posts can be found"
    if not is_well:
        words += "; the worker follows, or: community search reindex"
    elif health.posts > MOST_EMBEDDED and db.engine.dialect.name == "sqlite":
        words += f"; beyond {MOST_EMBEDDED:,} posts of a brand, PostgreSQL is recommended"
    return Finding(about, is_well, words)


def _brands(slug: str | None) -> list[tuple[int, str]]:
    with across_brands("the operator makes indexes anew") as session:
        rows = session.execute(select(Brand.id, Brand.slug).order_by(Brand.slug)).all()
    found = [(brand_id, name) for brand_id, name in rows if slug in {None, name}]
    if slug and not found:
        known = ", ".join(name for _id, name in rows)
        raise click.ClickException(f"There is no brand {slug}. Known are: {known}")
    return found


def _reindex(name: str) -> None:
    with Progress(*_COLUMNS, console=Console(stderr=True)) as progress:
        task = progress.add_task(f"Indexing {name}", total=None)
        done = indexer.reindex(
            lambda posts, total: progress.update(task, completed=posts, total=total)
        )
    if not done:
        raise click.ClickException(f"{name}: another process makes this index. Try again later.")
    found = indexer.health()
    click.echo(f"{name}: {found.indexed} posts can be found")
