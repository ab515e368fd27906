"""How fast threads come in: the whole command, from its start to its report, on SQLite."""

import json
import random
import tempfile
import time
from pathlib import Path

from tests.serving import run

THREADS, REPLIES = 600, 7
SENTENCE = "the battery lasts longer than I thought it would when you ride in winter mode"
WORDS = SENTENCE.split()


def posts_per_second() -> float:
    """Import a file of made-up threads into a new brand; posts written per second."""
    with tempfile.TemporaryDirectory(prefix="import-") as name:
        folder = Path(name)
        file = folder / "old.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in _rows()))
        run(folder, "db", "upgrade")
        run(folder, "brand", "create", "bench", "--name", "Bench", "--host", "bench.localhost")
        begun = time.perf_counter()
        run(folder, "import", "jsonl", str(file), "--brand", "bench")
        return THREADS * (REPLIES + 1) / (time.perf_counter() - begun)


def _rows():
    chance = random.Random(7)
    for number in range(THREADS):
        yield {
            "id": f"t{number}",
            "title": " ".join(chance.choices(WORDS, k=8)),
            "category": f"section-{number % 12}",
            "tags": chance.sample(WORDS, 2),
            **_message(chance),
            "replies": [{"id": f"t{number}-{n}", **_message(chance)} for n in range(REPLIES)],
        }


def _message(chance: random.Random) -> dict:
    """About 500 characters of HTML: two paragraphs, a list, a link."""
    first, second = (" ".join(chance.choices(WORDS, k=35)) for _ in range(2))
    return {
        "author": f"rider_{chance.randrange(500)}",
        "created": "2024-05-06T07:08:09",
        "html": (
            f"<p>{first} <strong>really</strong>.</p><ul><li>one</li><li>two</li></ul>"
            f'<p>{second} <a href="https://example.org/x">there</a></p>'
        ),
    }
