"""`community search …`: the index by hand."""

from collections.abc import Callable

import click
from flask import Flask
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import select

from community.brands.models import Brand
from community.kernel.tenancy import across_brands, brand_scope
from community.search import indexer

_COLUMNS = (
    TextColumn("{task.description}"),
    BarColumn(),
    MofNCompleteColumn(),
    TextColumn("posts"),
    TimeRemainingColumn(),
)


def group(open_app: Callable[[], Flask]) -> click.Group:
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
