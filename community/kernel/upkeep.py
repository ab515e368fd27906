"""Looking for what is wrong in a brand's rows and mending it, portion by portion.

A check is a generator: each portion it has looked at is one `Tally`. Whoever runs it commits
after every portion, or takes back what was done, so that a million rows never lie in one
transaction or in memory at once.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import select

from community.kernel.db import db

PORTION = 1000
EXAMPLES = 3
"""How many wrong rows of each kind are told in words."""


@dataclass
class Tally:
    """What a check found in one portion, or in all of them."""

    about: str
    looked_at: int = 0
    wrong: list[str] = field(default_factory=list)  # each in words, "thread 12: 5 replies, not 4"
    wrong_count: int = 0

    def note(self, words: str) -> None:
        """One row is wrong."""
        self.wrong_count += 1
        if len(self.wrong) < EXAMPLES:
            self.wrong.append(words)

    def add(self, portion: "Tally") -> None:
        self.looked_at += portion.looked_at
        self.wrong_count += portion.wrong_count
        self.wrong += portion.wrong[: EXAMPLES - len(self.wrong)]


Check = Callable[[bool], Iterator[Tally]]
"""Takes whether to mend what is wrong."""


def run(checks: Iterable[Check], *, mends: bool, tell: Callable[[str, int], None]) -> list[Tally]:
    """Run checks over the brand in scope, each portion in a transaction of its own.

    `tell` hears what is looked at and how many rows of it are done.
    """
    sums: dict[str, Tally] = {}
    for check in checks:
        for portion in check(mends):
            if mends:
                db.session.commit()
            else:
                db.session.rollback()
            db.session.expunge_all()
            whole = sums.setdefault(portion.about, Tally(portion.about))
            whole.add(portion)
            tell(portion.about, whole.looked_at)
    return list(sums.values())


def portions(model) -> Iterator[tuple[int, int, int]]:
    """First id, last id and number of rows of each portion of a table, in order of id."""
    last = 0
    while True:
        further = select(model.id).where(model.id > last).order_by(model.id).limit(PORTION)
        ids = db.session.scalars(further).all()
        if not ids:
            return
        yield ids[0], ids[-1], len(ids)
        last = ids[-1]
