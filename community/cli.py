"""The `community` command. Every act prints what it did, or one clear line and exits 1."""

import os
import signal
import sys
from contextlib import contextmanager
from pathlib import Path

import click
import flask_migrate
from granian import Granian
from granian.constants import Interfaces
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from sqlalchemy import inspect, select

from community import __version__, create_app, instance_folder
from community.brands import service as brands
from community.brands.models import Brand
from community.brands.queries import clocks, the_brand
from community.demo import service as demo_content
from community.demo.brands import PASSWORD
from community.kernel import logs
from community.kernel.db import db, writing
from community.kernel.doctor import Finding, examine, examine_brands
from community.kernel.errors import Refused
from community.kernel.i18n import LOCALES
from community.kernel.jobs import Worker
from community.kernel.tenancy import across_brands, brand_scope
from community.members import commands as member_commands
from community.members import links, names
from community.members import service as members
from community.members.models import Purpose, Role
from community.members.queries import by_username
from community.search import commands as search_commands
from community.settings import INSTANCE, BadSetting, load
from community.threads import categories
from community.transfer.service import import_jsonl
from community.wiring import CHECKS, FOLLOWERS, TICKS

ROLES = [role.value for role in Role]


class Stop(click.ClickException):
    """One clear line on standard error, exit code 1."""


def _app():
    try:
        settings = load(instance_folder())
    except BadSetting as error:
        raise Stop(str(error)) from None
    logs.configure(settings.log_level)
    app = create_app(settings)
    if context := click.get_current_context(silent=True):
        context.call_on_close(lambda: _close(app))
    return app


def _close(app) -> None:
    """Leave no connection behind; a server process closes its own when it ends."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


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
    app.extensions["readership"].keep_writing(app)
    if app.config["COMMUNITY"].worker:
        Worker(app, TICKS, clocks, [make() for make in FOLLOWERS]).start()
    return app


@main.command()
@click.option("--demo", is_flag=True, help="Make tables and demo brands first, where missing.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--processes", default=1, show_default=True, type=click.IntRange(1, 64))
@click.option("--threads", default=4, show_default=True, type=click.IntRange(1, 64))
def serve(demo: bool, host: str, port: int, processes: int, threads: int):
    """Serve all brands, with a worker inside each process."""
    app = _app()
    if demo:
        _prepare_demo(app)
    else:
        _require_tables(app)
    _close(app)  # each server process opens its own connections
    Granian(
        "community.cli:serving_app",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=threads,
        respawn_failed_workers=True,
        websockets=False,
        log_access=False,
    ).serve()


@main.command()
def worker():
    """Deliver events and keep the clock, beside any number of other workers."""
    app = _app()
    _require_tables(app)
    running = Worker(app, TICKS, clocks, [make() for make in FOLLOWERS])
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
main.add_command(search_commands.group(_app), "search")


@database.command()
def upgrade():
    """Bring the tables to this version."""
    app = _app()
    with app.app_context():
        flask_migrate.upgrade()
    click.echo("The tables are up to date.")


# -- Brands and members ----------------------------------------------------


@main.group()
def brand():
    """Brands: the tenants of this installation."""


@brand.command("create")
@click.argument("slug")
@click.option("--name", required=True, help="The name customers know.")
@click.option(
    "--host", "hosts", required=True, multiple=True, help="Host name; first is canonical."
)
@click.option("--locale", default="en", show_default=True, type=click.Choice(LOCALES))
@click.option("--time-zone", default="UTC", show_default=True)
@click.option("--owner", help="E-mail address of the first owner, who is mailed a link.")
def brand_create(slug, name, hosts, locale, time_zone, owner):
    """Open a working, empty community with starter categories."""
    app = _app()
    with app.app_context(), writing(), _refusals_as_lines():
        brand_id = brands.create_brand(
            slug=slug, name=name, hosts=hosts, locale=locale, time_zone=time_zone
        ).id
        with brand_scope(brand_id):
            categories.add_starter_categories(locale)
            if owner:
                _invite_owner(owner)
            db.session.commit()
    click.echo(f"{name} is open at {_address(app, hosts[0])}")


def _invite_owner(email: str) -> None:
    member = members.add_member(
        username=names.free_username(email.partition("@")[0]),
        email=email,
        name=email.partition("@")[0],
        role=Role.OWNER,
        confirmed=True,
    )
    links.request_link(member, Purpose.RESET)


@brand.command("list")
def brand_list():
    """Every brand with its host names."""
    app = _app()
    with app.app_context(), across_brands("the operator lists brands") as session:
        for found in session.scalars(select(Brand).order_by(Brand.slug)):
            hosts = sorted(found.hosts, key=lambda h: not h.is_canonical)
            click.echo(f"{found.slug}\t{found.name}\t{' '.join(h.host for h in hosts)}")


@brand.command("set")
@click.argument("slug")
@click.argument("values", nargs=-1, required=True, metavar="NAME=VALUE…")
def brand_set(slug, values):
    """Change facts of a brand: name, tagline, headline, locale, time_zone, mail_name,
    mail_address, theme.brand, theme.radius, legal.publisher, features.guest_reading, hosts…"""
    pairs = [value.partition("=") for value in values]
    if not all(sign for _name, sign, _value in pairs):
        raise Stop("Write each change as NAME=VALUE.")
    with _serving(slug), _refusals_as_lines():
        brands.set_values(the_brand(), {name: value for name, _sign, value in pairs})
        db.session.commit()
    click.echo(f"{slug}: changed {', '.join(name for name, *_ in pairs)}")


@main.group()
def member():
    """Members of one brand."""


_brand_option = click.option("--brand", "slug", required=True, help="Slug of the brand.")


@member.command("create")
@_brand_option
@click.argument("email")
@click.option("--name", required=True)
@click.option("--username", help="Made from the name when not given.")
@click.option("--role", default="member", show_default=True, type=click.Choice(ROLES))
@click.password_option(prompt="Password (leave empty to send a link instead)", default="")
def member_create(slug, email, name, username, role, password):
    """Add a member whose address is taken as confirmed."""
    with _serving(slug), _refusals_as_lines():
        made = members.add_member(
            username=username or names.free_username(name),
            email=email,
            name=name,
            role=Role(role),
            password=password or None,
            confirmed=True,
        )
        if not password:
            links.request_link(made, Purpose.RESET)
        db.session.commit()
        username = made.username
    click.echo(f"{slug}: {username} is a {role} now")


@contextmanager
def _changing(slug: str, username: str):
    """A member of a brand, whose change is kept when nothing refuses it."""
    with _serving(slug), _refusals_as_lines():
        found, _former = by_username(username)
        if found is None:
            raise Stop(f"There is no member {username}.")
        yield found
        db.session.commit()


member_commands.add_to(member, _changing, _brand_option)


# -- Content ---------------------------------------------------------------


@main.command()
def demo():
    """Load two demo brands with people, threads and pictures, and show how to sign in."""
    app = _app()
    with app.app_context():
        if demo_content.exists():
            raise Stop("There are brands already; the demo is for an empty installation.")
        demo_content.load(click.echo)
        _show_sign_ins(app)


def _prepare_demo(app) -> None:
    """What a second start finds done already, and a first one does in a few seconds."""
    with app.app_context():
        flask_migrate.upgrade()
        if not demo_content.exists():
            demo_content.load(click.echo)
        _show_sign_ins(app)


def _show_sign_ins(app) -> None:
    slugs = _slugs()
    rows = [row for row in demo_content.sign_ins() if row[0] in slugs]
    for slug in dict.fromkeys(row[0] for row in rows):
        click.echo(f"\n{_address(app, slug + '.localhost')}")
        for _slug, role, address in (row for row in rows if row[0] == slug):
            click.echo(f"  {role:10} {address}")
    if rows:
        click.echo(f"\nPassword of all of them: {PASSWORD}\n")


def _slugs() -> set[str]:
    with across_brands("which demo brands are here?") as session:
        return set(session.scalars(select(Brand.slug)))


@main.command("import")
@click.argument("format", type=click.Choice(["jsonl"]))
@click.argument("file", type=click.File(encoding="utf-8"))
@_brand_option
@click.option("--source", help="Name of the system the ids come from. [default: the file's name]")
@click.option("--dry-run", is_flag=True, help="Check and count; write nothing.")
def import_(format, file, slug, source, dry_run):
    """Bring in threads from another system; running it again adds only what is new."""
    source = source or Path(file.name).stem
    with _serving(slug), Progress(*_COLUMNS, console=Console(stderr=True)) as progress:
        task = progress.add_task(f"{'Checking' if dry_run else 'Importing'} {source}", total=None)
        report = import_jsonl(
            file,
            source=source,
            dry_run=dry_run,
            progress=lambda rows: progress.update(task, completed=rows),
        )
    for line in report.lines(dry_run=dry_run):
        click.echo(line)
    if report.bad_rows and not report.threads and not report.known:
        raise Stop("No row of this file could be imported.")


_COLUMNS = (TextColumn("{task.description}"), SpinnerColumn(), TextColumn("{task.completed} rows"))


# -- Health ----------------------------------------------------------------


@main.command()
@click.option("--repair", is_flag=True, help="Mend what is wrong in the brands' rows and files.")
def doctor(repair: bool):
    """Check settings, database, uploads, mail, disk and queue, then count everything again in
    each brand: counters, last posts, pictures nobody uses. Exit 1 if something is wrong."""
    app = _app()
    with app.app_context(), Progress(*_COLUMNS, console=Console(stderr=True)) as progress:
        findings = examine(app)
        if not any(f.about == "database" and not f.is_well for f in findings):
            findings += [*search_commands.findings(), *_examine_brands(repair, progress)]
    for finding in findings:
        click.echo(f"{'ok   ' if finding.is_well else 'WRONG'}  {finding.about}: {finding.words}")
    if not all(finding.is_well for finding in findings):
        raise SystemExit(1)


def _examine_brands(repair: bool, progress: Progress) -> list[Finding]:
    task = progress.add_task("", total=None)
    with across_brands("the doctor goes from brand to brand") as session:
        ids = dict(session.execute(select(Brand.slug, Brand.id).order_by(Brand.slug)).all())
    return examine_brands(
        ids,
        CHECKS,
        mends=repair,
        tell=lambda what, rows: progress.update(task, description=what, completed=rows),
    )


# -- Shared ----------------------------------------------------------------


@contextmanager
def _serving(slug: str):
    """Serve the brand of this slug, ready to write; one clear line when there is none."""
    app = _app()
    with app.app_context():
        with across_brands("the operator names a brand") as session:
            brand_id = session.scalar(select(Brand.id).where(Brand.slug == slug))
        if brand_id is None:
            raise Stop(f"There is no brand {slug}. Known are: {', '.join(sorted(_slugs()))}")
        with writing(), brand_scope(brand_id):
            yield


@contextmanager
def _refusals_as_lines():
    try:
        yield
    except Refused as refusal:
        field = getattr(refusal, "field", None)
        raise Stop(f"{field}: {refusal}" if field else str(refusal)) from None


def _address(app, host: str) -> str:
    settings = app.config["COMMUNITY"]
    return f"{'https' if settings.https else 'http'}://{host}{settings.port_suffix}"


if __name__ == "__main__":
    sys.exit(main())
