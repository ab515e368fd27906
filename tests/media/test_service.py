"""Pictures: what is kept of them, for how long, how many, and in whose room."""

import io
from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy import func, select

from community.events import DayBegan, PictureDiscarded
from community.kernel.bus import EventRecord, deliver_due
from community.kernel.db import db, now
from community.kernel.errors import Forbidden, Invalid, Missing, TooMany
from community.kernel.tenancy import brand_scope
from community.media import service as media
from community.media.models import Upload
from community.media.store import storage
from community.members.models import Anonymous
from tests.conftest import who
from tests.factories import LUNE, VELORA


def a_photo(width: int = 1000, height: int = 500) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(written, "JPEG")
    return written.getvalue()


def stored() -> list[str]:
    return sorted(storage().keys())


def test_a_picture_is_kept_in_the_widths_it_is_shown_in(in_lune):
    upload = media.add_picture(who("ada"), a_photo(), alt="  A teal\nfield ")
    assert (upload.width, upload.height, upload.variants) == (1000, 500, [320, 800, 1000])
    assert (upload.alt, upload.owner_id) == ("A teal field", who("ada").id)
    files = [f"{LUNE}/{upload.token}-{width}.webp" for width in (1000, 320, 800)]
    assert stored() == files
    assert upload.bytes == sum(storage().get(key).size for key in files)
    assert storage().get(files[0]).content_type == "image/webp"


@pytest.mark.parametrize(
    ("asked", "served"), [(1, 320), (320, 320), (321, 800), (900, 1000), (1600, 1000)]
)
def test_the_width_served_is_the_next_one_kept(in_lune, asked, served):
    assert media.variant(Upload(variants=[320, 800, 1000]), asked) == served


def test_an_address_leads_back_to_its_token(in_lune):
    token = "0123456789abcdef" * 2
    assert media.url_of(token, 320) == f"/media/{token}-320.webp"
    assert media.token_of(media.url_of(token)) == token
    for odd in ("/media/x-320.webp", f"/media/{token}-0.webp", f"/media/{token}.webp", "/m"):
        assert media.token_of(odd) is None


def test_whoever_may_not_take_part_uploads_nothing(in_lune):
    who("ben").suspended_until = now() + timedelta(days=1)
    who("cleo").confirmed_at = None
    for actor in (Anonymous(), who("ben"), who("cleo")):
        with pytest.raises(Forbidden):
            media.add_picture(actor, a_photo())
        with pytest.raises(Forbidden):
            media.add_pictures(actor, [a_photo()])
    assert stored() == []


def test_of_several_files_one_that_is_no_picture_refuses_all(in_lune):
    with pytest.raises(Invalid):
        media.add_pictures(who("ada"), [a_photo(), b"<html>"])
    assert db.session.scalar(select(func.count()).select_from(Upload)) == 0
    assert stored() == []
    assert len(media.add_pictures(who("ada"), [a_photo(), a_photo()])) == 2


def test_a_hundred_pictures_a_day_are_enough(in_lune, monkeypatch):
    ada = who("ada")
    for n in range(99):
        db.session.add(
            Upload(token=f"{n:032x}", owner_id=ada.id, width=1, height=1, bytes=1, variants=[1])
        )
    db.session.commit()
    media.add_picture(ada, a_photo())
    db.session.commit()
    before = stored()
    with pytest.raises(TooMany):
        media.add_picture(ada, a_photo())
    assert stored() == before
    media.add_picture(who("ben"), a_photo())
    for upload in db.session.scalars(select(Upload)).all():
        upload.created_at -= timedelta(days=1)
    db.session.commit()
    media.add_picture(ada, a_photo())


def test_two_hundred_megabytes_are_enough_and_a_refused_file_leaves_nothing(in_lune):
    ada = who("ada")
    db.session.add(
        Upload(
            token="0" * 32,
            owner_id=ada.id,
            width=1,
            height=1,
            bytes=media.BYTES_PER_MEMBER - 10,
            variants=[1],
            created_at=now() - timedelta(days=300),
        )
    )
    db.session.commit()
    with pytest.raises(TooMany):
        media.add_picture(ada, a_photo())
    assert stored() == []


def test_a_picture_belongs_to_its_brand(app):
    with app.app_context():
        with brand_scope(LUNE):
            token = media.add_picture(who("ada"), a_photo()).token
            db.session.commit()
            assert media.picture_or_missing(token).token == token
        with brand_scope(VELORA):
            with pytest.raises(Missing):
                media.picture_or_missing(token)
            assert media.by_tokens([token]) == {}


def test_what_nobody_used_goes_after_two_days_with_its_files(app):
    with app.app_context():
        with brand_scope(VELORA):
            media.add_picture(who("ada"), a_photo())
            db.session.commit()
        with brand_scope(LUNE):
            photos = [a_photo()] * 3
            orphan, used, fresh = media.add_pictures(who("ada"), photos)
            media.attach([used])
            for upload in (orphan, used):
                upload.created_at = now() - timedelta(hours=49)
            db.session.commit()
            media.on_day_began(DayBegan())
            db.session.commit()
            left = set(db.session.scalars(select(Upload.token)))
            assert left == {used.token, fresh.token}
            assert len(stored()) == 12
        deliver_due(limit=100)
        with brand_scope(LUNE):
            assert len(stored()) == 9
            assert not any(orphan.token in key for key in stored())


def test_files_stay_when_the_change_that_discarded_them_is_undone(in_lune):
    upload = media.add_picture(who("ada"), a_photo())
    db.session.commit()
    media.discard([upload])
    db.session.rollback()
    assert len(stored()) == 3
    gone = select(EventRecord).where(EventRecord.name == PictureDiscarded.__name__)
    assert db.session.scalars(gone).all() == []


def test_deleting_files_twice_does_no_harm(in_lune):
    upload = media.add_picture(who("ada"), a_photo())
    event = PictureDiscarded(token=upload.token, widths=upload.variants)
    for _ in range(2):
        media.on_picture_discarded(event)
    assert stored() == []


def test_the_demo_and_imports_store_for_anyone(in_lune):
    upload = media.store_picture(who("ben"), a_photo(300, 300), alt="Small")
    assert (upload.variants, upload.owner_id) == ([300], who("ben").id)


def test_a_copy_of_ones_data_lists_ones_pictures(in_lune):
    upload = media.add_picture(who("ada"), a_photo(), alt="A field")
    db.session.commit()
    media.add_picture(who("ben"), a_photo())
    (row,) = media.export(who("ada"))
    assert (row["address"], row["description"]) == (media.url_of(upload.token), "A field")


@pytest.mark.parametrize("flushed", [True, False])
def test_a_picture_is_never_made_while_a_change_would_be_lost_by_it(in_lune, flushed):
    who("ada").bio = "New"
    if flushed:
        db.session.flush()
    with pytest.raises(RuntimeError, match="unsaved"):
        media.add_picture(who("ada"), a_photo())
    db.session.commit()
    media.add_picture(who("ada"), a_photo())
    assert who("ada").bio == "New"
