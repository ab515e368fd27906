"""Pictures and files nobody needs are found, and let go when asked."""

import os
import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from community.kernel import upkeep as portions
from community.kernel.db import db, now
from community.kernel.tenancy import brand_scope
from community.media import service, upkeep
from community.media.models import Upload
from community.media.store import storage
from tests.conftest import who
from tests.factories import LUNE, VELORA
from tests.lived_in import _picture

OLD = 3 * 24 * 3600  # seconds


def add(*, used: bool, old: bool) -> Upload:
    upload = service.store_picture(who("ada"), _picture())
    if used:
        service.attach([upload])
    if old:
        upload.created_at = now() - timedelta(seconds=OLD)
        age(upload.token)
    db.session.commit()
    return upload


def age(token: str) -> None:
    for key in storage().keys(f"{brand_of(token)}/{token}"):
        moment = time.time() - OLD
        os.utime(storage()._folder / key, (moment, moment))


def brand_of(token: str) -> str:
    return next(key for key in storage().keys("") if token in key).partition("/")[0]


def found(mends: bool) -> dict[str, int]:
    sums: dict[str, int] = {}
    for tally in upkeep.check(mends):
        sums[tally.about] = sums.get(tally.about, 0) + tally.wrong_count
    return sums


@pytest.mark.once
def test_only_what_is_old_and_unused_is_wrong(in_lune):
    add(used=True, old=True)
    add(used=False, old=False)
    lost = add(used=False, old=True)
    assert found(mends=False) == {"pictures nobody uses": 1, "files of pictures": 0}
    assert db.session.get(Upload, lost.id) is not None
    assert found(mends=True)["pictures nobody uses"] == 1
    db.session.commit()
    assert len(db.session.scalars(select(Upload)).all()) == 2
    assert found(mends=True)["pictures nobody uses"] == 0


@pytest.mark.once
def test_files_without_a_picture_go_once_they_are_old(in_lune):
    kept = add(used=True, old=True)
    lost, fresh = add(used=True, old=True), add(used=True, old=False)
    tokens = (kept.token, lost.token, fresh.token)
    db.session.delete(lost)
    db.session.delete(fresh)
    storage().put(f"{LUNE}/notes.txt", b"not a picture", "text/plain")
    db.session.commit()
    assert found(mends=False)["files of pictures"] == 1
    assert found(mends=True)["files of pictures"] == 1
    there = list(storage().keys(f"{LUNE}/"))
    assert [any(token in key for key in there) for token in tokens] == [True, False, True]
    assert f"{LUNE}/notes.txt" in there


@pytest.mark.once
def test_the_other_brand_keeps_its_files(app):
    for brand in (LUNE, VELORA):
        with app.app_context(), brand_scope(brand):
            db.session.delete(add(used=True, old=True))
            db.session.commit()
    with app.app_context(), brand_scope(LUNE):
        assert found(mends=True)["files of pictures"] == 1
        assert len(list(storage().keys(f"{VELORA}/"))) == 1


@pytest.mark.once
def test_many_are_looked_at_in_portions(in_lune, monkeypatch):
    monkeypatch.setattr(upkeep, "PORTION", 2)
    for _number in range(5):
        add(used=False, old=True)
    tallies = [t for t in upkeep.check(True) if t.about == "pictures nobody uses"]
    assert [t.looked_at for t in tallies] == [2, 2, 1]
    assert portions.EXAMPLES == 3
