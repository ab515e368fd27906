"""A picture is seen by whoever may read a post that shows it, and by nobody who could once."""

import io

import pytest
from PIL import Image

from community.groups import queries, service
from community.kernel.db import db
from community.kernel.tenancy import brand_scope
from community.media import service as media
from community.threads import categories, private
from community.threads.models import Access, Audience, Thread
from tests.conftest import who
from tests.factories import LUNE
from tests.threads.saying import a_thread


def a_picture(owner: str) -> str:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(file, "PNG")
    return media.url_of(media.store_picture(who(owner), file.getvalue()).token)


@pytest.fixture
def shown(app):
    """`shown(category, access=...)` is a thread of ada's with a picture: (id, address)."""

    def show(category="general", **said) -> tuple[int, str]:
        with app.app_context(), brand_scope(LUNE):
            address = a_picture("ada")
            thread = a_thread("ada", category, body=f"Look: ![]({address})", **said)
            db.session.commit()
            return thread.id, address

    return show


def seen_by(visit, address) -> set[str | None]:
    names = (None, "ada", "ben", "eve", "mod")
    return {name for name in names if visit(name).get(address).status_code == 200}


def test_what_everybody_reads_everybody_sees_and_caches_keep(visit, shown):
    _thread, address = shown()
    assert seen_by(visit, address) == {None, "ada", "ben", "eve", "mod"}
    assert visit().get(address).headers["Cache-Control"].startswith("public")


def test_pictures_for_the_brand_alone_become_public_with_their_thread(app, visit, shown):
    thread_id, address = shown(access=Access.BRAND)
    assert seen_by(visit, address) == {"ada", "mod"}
    assert visit("mod").get(address).headers["Cache-Control"] == "no-store"
    with app.app_context(), brand_scope(LUNE):
        thread = db.session.get(Thread, thread_id)
        private.publish_thread(who("ada"), thread, seen=private.shown(thread).version)
        db.session.commit()
    assert None in seen_by(visit, address)


def test_whoever_leaves_a_group_sees_its_pictures_no_more(app, visit, shown):
    with app.app_context(), brand_scope(LUNE):
        group = service.add_group(name="Riders", joining="open")
        for name in ("ada", "ben"):
            service.join(who(name), group)
        categories.add_category(
            name="Garage", visible_to=Audience.GROUP, who_may_start=Audience.GROUP, group=group
        )
        db.session.commit()
    _thread, address = shown("garage")
    assert seen_by(visit, address) == {"ada", "ben", "mod"}
    with app.app_context(), brand_scope(LUNE):
        service.leave(who("ben"), queries.group_or_missing(who("ben"), "riders"))
        db.session.commit()
    assert seen_by(visit, address) == {"ada", "mod"}


def test_what_members_read_is_not_for_strangers(visit, shown):
    _thread, address = shown("club")
    assert seen_by(visit, address) == {"ada", "ben", "eve", "mod"}


def test_a_picture_no_post_shows_is_for_all(app, visit):
    with app.app_context(), brand_scope(LUNE):
        address = a_picture("ada")
        db.session.commit()
    assert None in seen_by(visit, address)


def test_the_host_of_pictures_sends_to_the_brand_for_what_is_not_public(app, shown):
    _thread, address = shown(access=Access.BRAND)
    settings = app.config["COMMUNITY"]
    app.config["COMMUNITY"] = settings.model_copy(update={"media_host": "pictures.localhost"})
    answer = app.test_client().get(address, base_url="http://pictures.localhost")
    assert answer.status_code == 302
    assert answer.location.endswith(f"lune.localhost{address}")
