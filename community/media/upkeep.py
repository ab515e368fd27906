"""Pictures nobody uses, and files no picture knows of: what `community doctor` looks for."""

import re
from collections.abc import Iterator
from itertools import groupby, islice

from sqlalchemy import select

from community.kernel.db import db, now
from community.kernel.errors import Missing
from community.kernel.tenancy import brand_id_in_scope
from community.kernel.upkeep import PORTION, Tally
from community.media.models import Upload
from community.media.service import ORPHANS_STAY, discard
from community.media.store import storage

_FILE = re.compile(r"[0-9]+/([0-9a-f]{32})-[0-9]+\.webp")


def check(mends: bool) -> Iterator[Tally]:
    """Find uploads and files that are older than 48 hours and that nothing refers to."""
    yield from _check_uploads(mends)
    yield from _check_files(mends)


def _check_uploads(mends: bool) -> Iterator[Tally]:
    """Uploads never used; each night lets go of them, so these were missed."""
    last, before = 0, now() - ORPHANS_STAY
    while True:
        further = select(Upload).where(
            Upload.id > last, Upload.attached_at.is_(None), Upload.created_at < before
        )
        found = db.session.scalars(further.order_by(Upload.id).limit(PORTION)).all()
        tally = Tally("pictures nobody uses", len(found))
        for upload in found:
            last = upload.id
            tally.note(f"picture {upload.id}, {upload.bytes // 1000} kB")
        if mends:
            discard(found)
        yield tally
        if len(found) < PORTION:
            return


def _check_files(mends: bool) -> Iterator[Tally]:
    """Files of the brand whose upload is not, or no longer, in the database."""
    files = (key for key in storage().keys(f"{brand_id_in_scope()}/") if _FILE.fullmatch(key))
    by_token = groupby(files, key=_token)
    while True:
        pictures = [(token, list(keys)) for token, keys in islice(by_token, PORTION)]
        tally = Tally("files of pictures", sum(len(keys) for _token, keys in pictures))
        tokens = [token for token, _keys in pictures]
        known = set(db.session.scalars(select(Upload.token).where(Upload.token.in_(tokens))))
        for token, keys in pictures:
            if token in known or not all(_is_old(key) for key in keys):
                continue
            for key in keys:
                tally.note(f"file {key} belongs to no picture")
                if mends:
                    storage().delete(key)
        yield tally
        if len(pictures) < PORTION:
            return


def _token(key: str) -> str:
    return _FILE.fullmatch(key)[1]


def _is_old(key: str) -> bool:
    """A fresh file may belong to an upload that is about to be committed."""
    try:
        return storage().changed_at(key) < now() - ORPHANS_STAY
    except Missing:
        return False
