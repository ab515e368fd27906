"""Checks run portion by portion, each in a transaction of its own."""

import pytest
from sqlalchemy import select, update

from community.kernel import upkeep
from community.kernel.db import db
from community.kernel.doctor import examine_brands
from community.kernel.tenancy import brand_scope
from community.kernel.upkeep import Tally, portions, run
from community.members.models import Member
from tests.factories import LUNE, VELORA


def rename(mends: bool):
    """A check that finds every member wrong, in portions of three."""
    for first, last, size in portions(Member):
        tally = Tally("names", size)
        rows = db.session.scalars(select(Member).where(Member.id.between(first, last)))
        for member in rows.all():
            tally.note(member.username)
            member.title = "Seen"
        yield tally


def titles() -> set[str]:
    return set(db.session.scalars(select(Member.title)))


@pytest.fixture(autouse=True)
def _small_portions(monkeypatch):
    monkeypatch.setattr(upkeep, "PORTION", 3)


def test_what_is_only_looked_at_stays_as_it_is(in_lune):
    told = []
    [names] = run([rename], mends=False, tell=lambda what, rows: told.append((what, rows)))
    assert (names.looked_at, names.wrong_count, len(names.wrong)) == (7, 7, upkeep.EXAMPLES)
    assert told == [("names", 3), ("names", 6), ("names", 7)]
    assert titles() == {""}


def test_what_was_mended_before_a_failure_stays_mended(in_lune):
    def broken(mends: bool):
        yield from rename(mends)
        raise OSError("away")

    with pytest.raises(OSError, match="away"):
        run([broken], mends=True, tell=lambda *_: None)
    db.session.rollback()
    assert titles() == {"Seen"}


def test_each_brand_is_told_of_by_itself(app):
    def titled(mends: bool):
        tally = Tally("titles", 1)
        for member in db.session.scalars(select(Member).where(Member.title != "")):
            tally.note(f"member {member.id}")
            if mends:
                member.title = ""
        yield tally

    with app.app_context(), brand_scope(VELORA):
        db.session.execute(update(Member).values(title="Queen"))
        db.session.commit()
    ids = {"lune": LUNE, "velora": VELORA}
    with app.app_context():
        well, wrong = examine_brands(ids, [titled], mends=False, tell=lambda *_: None)
        assert (well.is_well, well.about) == (True, "lune, titles")
        assert (wrong.is_well, wrong.about) == (False, "velora, titles")
        assert "7 of 1 are wrong" in wrong.words
        assert "and 4 more" in wrong.words
        assert "community doctor --repair" in wrong.words
        _well, mended = examine_brands(ids, [titled], mends=True, tell=lambda *_: None)
        assert mended.is_well
        assert "were wrong and are mended" in mended.words
        _well, again = examine_brands(ids, [titled], mends=False, tell=lambda *_: None)
        assert (again.is_well, again.words) == (True, "1 looked at")
