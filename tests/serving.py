"""A community server in a process of its own, as its users start it, for what measures or looks."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

WAIT = 120  # seconds until a server must answer
COMMAND = Path(sys.executable).with_name("community")


class NotServing(Exception):
    """The server is not there; the message has what it said."""


@contextmanager
def serving(
    command: Path, folder: Path, environment: Mapping[str, str], *options: str
) -> Iterator[int]:
    """Run `community serve` in `folder` on a free port, give the port, and stop it at the end."""
    port, log = free_port(), folder / "serve.log"
    environment = {**environment, "COMMUNITY_PORT_SUFFIX": f":{port}"}
    with log.open("w") as said:
        server = subprocess.Popen(
            [command, "serve", "--port", str(port), *options],
            cwd=folder,
            env=environment,
            stdout=said,
            stderr=said,
        )
    try:
        _wait(server, port, log)
        yield port
    finally:
        server.terminate()
        server.wait(30)


@contextmanager
def demo_community(*options: str) -> Iterator[int]:
    """Serve the demo community out of a temporary folder; give the port."""
    with demo_folder() as folder, serving(COMMAND, folder, clean(), *options) as port:
        yield port


@contextmanager
def demo_folder() -> Iterator[Path]:
    """Give a temporary folder in which `community` finds the demo."""
    with tempfile.TemporaryDirectory(prefix="demo-") as name:
        folder = Path(name)
        run(folder, "db", "upgrade")
        run(folder, "demo")
        yield folder


def run(folder: Path, *words: str) -> str:
    """Run the command in a folder and give what it printed; NotServing when it failed."""
    done = subprocess.run(
        [COMMAND, *words], cwd=folder, env=clean(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NotServing(f"community {' '.join(words)} failed: {done.stderr}")
    return done.stdout


def clean() -> dict[str, str]:
    """Give this process's environment without settings of a community."""
    return {k: v for k, v in os.environ.items() if not k.startswith("COMMUNITY_")}


def free_port() -> int:
    """Give a port of this machine that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait(server: subprocess.Popen, port: int, log: Path) -> None:
    deadline = time.monotonic() + WAIT
    while server.poll() is None and time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 5):
            return
        time.sleep(0.05)
    raise NotServing(f"The server did not start:\n{log.read_text()}")
