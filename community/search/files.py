"""Files of an index: one process writes them, and half of a file is told from a whole one."""

import fcntl
import json
import os
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone(path: Path):
    """Yield whether we are the one that writes, until the end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def tidy(version: Path) -> None:
    """Remove what a writer that was killed left behind."""
    for left in version.glob("*.toc.*"):
        left.unlink(missing_ok=True)


def note(version: Path, position: int) -> None:
    """Write down how far the index is, and how large each of its files."""
    sizes = {
        path.name: path.stat().st_size
        for path in version.iterdir()
        if path.name.startswith(("_MAIN_", "MAIN_")) and not path.name.endswith("LOCK")
    }
    put(version / "state", json.dumps({"position": position, "files": sizes}))


def put(path: Path, text: str) -> None:
    """Write a small file in one step: whoever reads it finds the old text or the new."""
    beside = path.with_name(path.name + ".new")
    beside.write_text(text)
    os.replace(beside, path)
