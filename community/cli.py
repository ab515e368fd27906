"""The `community` command. Every act prints what it did, or one clear line and exits 1."""

import os
import signal
import sys
from pathlib import Path

import click
import flask_migrate
from granian import Granian
from granian.constants import Interfaces
from sqlalchemy import inspect

from community import __version__, create_app, instance_folder
from community.brands import queries as brands
from community.kernel import logs
from community.kernel.db import db
from community.kernel.jobs import Worker
from community.settings import INSTANCE, BadSetting, load
from community.wiring import TICKS


class Stop(click.ClickException):
    """One clear line on standard error, exit code 1."""


def _app():
    try:
        settings = load(instance_folder())
    except BadSetting as error:
        raise Stop(str(error)) from None
    logs.configure(settings.log_level)
    return create_app(settings)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="community")
@click.option(
    "--instance",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of settings.toml, database and uploads. [default: ./instance]",
)
def main(instance: Path | None):
    """A white-label community for brands."""
    if instance is not None:
        os.environ[INSTANCE] = str(instance.resolve())


# -- Serving ---------------------------------------------------------------


def serving_app():
    """What each server process runs: the application, and a worker beside it."""
    app = _app()
    if app.config["COMMUNITY"].worker:
        Worker(app, TICKS, brands.clocks).start()
    return app


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--processes", default=1, show_default=True, type=click.IntRange(1, 64))
@click.option("--threads", default=8, show_default=True, type=click.IntRange(1, 64))
def serve(host: str, port: int, processes: int, threads: int):
    """Serve all brands, with a worker inside each process."""
    _require_tables(_app())
    Granian(
        "community.cli:serving_app",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=threads,
        respawn_failed_workers=True,
        log_access=False,
    ).serve()


@main.command()
def worker():
    """Deliver events and keep the clock, beside any number of other workers."""
    app = _app()
    _require_tables(app)
    running = Worker(app, TICKS, brands.clocks)
    signal.signal(signal.SIGTERM, lambda *_: running.stop())
    signal.signal(signal.SIGINT, lambda *_: running.stop())
    click.echo("The worker runs. Stop it with Ctrl+C.")
    running.run()


def _require_tables(app) -> None:
    with app.app_context():
        if not inspect(db.engine).has_table("brand"):
            raise Stop("The database has no tables yet. Run: community db upgrade")


# -- Database --------------------------------------------------------------


@main.group()
def database():
    """The database's tables."""


main.add_command(database, "db")


@database.command()
def upgrade():
    """Bring the tables to this version."""
    app = _app()
    with app.app_context():
        flask_migrate.upgrade()
    click.echo("The tables are up to date.")


if __name__ == "__main__":
    sys.exit(main())
