"""Taking pictures in, showing them, hiding them, and letting them go."""

import re
import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from community.brands.queries import day_began
from community.events import DayBegan, PictureDiscarded
from community.kernel.bus import publish
from community.kernel.db import db, nothing_held, now
from community.kernel.errors import Missing, TooMany
from community.kernel.i18n import _
from community.kernel.policy import require
from community.kernel.tenancy import across_brands, brand_id_in_scope
from community.kernel.text import clean_line
from community.media.images import Prepared, variants
from community.media.models import Upload
from community.media.store import storage
from community.members.models import Member
from community.permissions import Can

FILES_PER_DAY = 100
BYTES_PER_MEMBER = 200_000_000
ORPHANS_STAY = timedelta(hours=48)
FULL_WIDTH = 1600
ALT_MAX = 300
_ADDRESS = re.compile(r"/media/([0-9a-f]{32})-([1-9][0-9]{0,4})\.webp")


# -- In --------------------------------------------------------------------


def add_picture(actor, data: bytes, *, alt: str = "") -> Upload:
    """Keep a picture of the actor's, in the widths it will be shown in.

    It is an orphan until something refers to it (see `attach`). Raises Invalid when it
    is no picture we read, and TooMany beyond 100 files a day or 200 MB in all.
    """
    require(actor, Can.UPLOAD)
    return _add(actor, [(data, alt)])[0]


def add_pictures(actor, files: Sequence[bytes]) -> list[Upload]:
    """Keep several pictures, or none of them when one is refused, as `add_picture` does."""
    require(actor, Can.UPLOAD)
    return _add(actor, [(data, "") for data in files])


def store_picture(owner: Member, data: bytes, *, alt: str = "") -> Upload:
    """Keep a picture for the command line, the demo and imports: no permission, no quota."""
    made = variants(data)
    token = secrets.token_hex(16)
    _put(token, made)
    return _record(owner, token, made, alt)


def _add(actor: Member, files: Sequence[tuple[bytes, str]]) -> list[Upload]:
    _check_quota(actor, files=len(files), size=0)
    with nothing_held():
        made = [(secrets.token_hex(16), variants(data), alt) for data, alt in files]
        for token, pictures, _alt in made:
            _put(token, pictures)
    # Whoever sends two at once is counted one after the other.
    db.session.refresh(actor, with_for_update={"key_share": True})
    try:
        _check_quota(actor, files=len(files), size=sum(_size(p) for _t, p, _a in made))
    except TooMany:
        for token, pictures, _alt in made:
            _delete_files(token, [picture.width for picture in pictures])
        raise
    return [_record(actor, token, pictures, alt) for token, pictures, alt in made]


def _check_quota(actor: Member, *, files: int, size: int) -> None:
    mine = select(func.count(), func.coalesce(func.sum(Upload.bytes), 0)).where(
        Upload.owner_id == actor.id
    )
    began = day_began()
    today, _bytes = db.session.execute(mine.where(Upload.created_at >= began)).one()
    if today + files > FILES_PER_DAY:
        wait = (began + timedelta(days=1) - now()).total_seconds()
        raise TooMany(
            _("You can add %(limit)s pictures a day. Try again tomorrow.", limit=FILES_PER_DAY),
            retry_after=max(60, int(wait)),
        )
    _count, held = db.session.execute(mine).one()
    if held + size > BYTES_PER_MEMBER:
        raise TooMany(
            _("Your pictures take up all the room there is for them: 200 MB."),
            retry_after=86_400,
        )


def _size(pictures: Iterable[Prepared]) -> int:
    return sum(len(picture.data) for picture in pictures)


def _put(token: str, pictures: Iterable[Prepared]) -> None:
    for picture in pictures:
        storage().put(file_key(token, picture.width), picture.data, picture.content_type)


def _record(owner: Member, token: str, pictures: Sequence[Prepared], alt: str) -> Upload:
    best = pictures[-1]
    upload = Upload(
        token=token,
        owner_id=owner.id,
        width=best.width,
        height=best.height,
        bytes=_size(pictures),
        variants=[picture.width for picture in pictures],
        alt=clean_line(alt)[:ALT_MAX],
    )
    db.session.add(upload)
    db.session.flush()  # posts refer to it by its id
    return upload


# -- Addresses -------------------------------------------------------------


def url_of(token: str, width: int | None = None) -> str:
    """Return the address of a picture about `width` pixels wide; the largest when None.

    Any width may be asked for; `variant` says which one is served.
    """
    return f"/media/{token}-{width or FULL_WIDTH}.webp"


def token_of(address: str) -> str | None:
    """Return the token in the address of a picture; None when it is not one."""
    found = _ADDRESS.fullmatch(address)
    return found and found[1]


def variant(upload: Upload, width: int) -> int:
    """Return the width to serve: the smallest kept that is not smaller, else the largest."""
    return next((kept for kept in upload.variants if kept >= width), upload.variants[-1])


def file_key(token: str, width: int) -> str:
    """Return the name in the storage of one file, of the brand in scope."""
    return f"{brand_id_in_scope()}/{token}-{width}.webp"


def picture_or_missing(token: str) -> Upload:
    """Return an upload of the brand in scope, hidden or not; Missing when there is none."""
    upload = by_tokens([token]).get(token)
    if upload is None:
        raise Missing(_("There is no such picture."))
    return upload


def brand_showing(token: str) -> int:
    """Return the id of the brand that shows a picture, for a host that belongs to no brand.

    Only what is published counts: Missing for a picture nothing refers to, or a hidden one.
    """
    shown = (Upload.token == token, Upload.attached_at.is_not(None), Upload.hidden_at.is_(None))
    with across_brands("a picture's token comes before its brand") as session:
        brand_id = session.scalar(select(Upload.brand_id).where(*shown))
    if brand_id is None:
        raise Missing(_("There is no such picture."))
    return brand_id


def by_tokens(tokens: Collection[str]) -> dict[str, Upload]:
    """Return those uploads that exist, by token, in one statement."""
    if not tokens:
        return {}
    found = db.session.scalars(select(Upload).where(Upload.token.in_(set(tokens))))
    return {upload.token: upload for upload in found}


# -- Attached, hidden, gone ------------------------------------------------


def attach(uploads: Iterable[Upload]) -> None:
    """Note that something refers to them, so that they stay."""
    for upload in uploads:
        upload.attached_at = upload.attached_at or now()


def keep_for(owner_id: int, tokens: Collection[str], *, until: datetime | None) -> None:
    """Keep a member's own pictures for something unfinished; `until` None lets them go."""
    for upload in by_tokens(tokens).values():
        if upload.owner_id == owner_id:
            upload.kept_until = until


def set_hidden(uploads: Iterable[Upload], hidden: bool) -> None:
    """Hide pictures from everyone but staff and their owner, or show them again."""
    for upload in uploads:
        upload.hidden_at = (upload.hidden_at or now()) if hidden else None


def discard(uploads: Iterable[Upload]) -> None:
    """Forget uploads; the worker deletes their files once that is certain."""
    for upload in uploads:
        publish(PictureDiscarded(token=upload.token, widths=upload.variants))
        db.session.delete(upload)


def purge_orphans(before: datetime) -> int:
    """Discard uploads made before `before` that nothing refers to or keeps; return how many."""
    unused = (Upload.attached_at.is_(None), Upload.created_at < before)
    is_kept_no_more = or_(Upload.kept_until.is_(None), Upload.kept_until < now())
    orphans = db.session.scalars(select(Upload).where(*unused, is_kept_no_more)).all()
    discard(orphans)
    return len(orphans)


def on_day_began(_event: DayBegan) -> None:
    """Let go of what was uploaded two days ago and never used."""
    purge_orphans(now() - ORPHANS_STAY)


def on_picture_discarded(event: PictureDiscarded) -> None:
    """Delete the files of an upload whose row is gone."""
    _delete_files(event.token, event.widths)


def _delete_files(token: str, widths: Iterable[int]) -> None:
    for width in widths:
        storage().delete(file_key(token, width))


def export(member: Member) -> list[dict]:
    """Return what a member uploaded, for their copy of their data."""
    theirs = select(Upload).where(Upload.owner_id == member.id).order_by(Upload.id)
    return [
        {
            "address": url_of(upload.token),
            "description": upload.alt,
            "width": upload.width,
            "height": upload.height,
            "bytes": upload.bytes,
            "uploaded_at": upload.created_at.isoformat(),
        }
        for upload in db.session.scalars(theirs)
    ]
