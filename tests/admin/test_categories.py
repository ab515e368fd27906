"""Categories in the back office."""

import io
import re

import pytest
from PIL import Image
from sqlalchemy import select

from community.events import CategoryAdded, CategoryChanged, CategoryRemoved, ThreadsRefiled
from community.groups.models import Group
from community.kernel.db import db
from community.kernel.tenancy import brand_scope
from community.threads.models import Category, Thread
from tests.factories import LUNE, VELORA
from tests.threads.acting import published
from tests.threads.saying import a_thread

FORM = {
    "name": "Range",
    "icon": "battery",
    "visible_to": "everyone",
    "who_may_start": "members",
    "who_may_reply": "members",
}


@pytest.fixture
def found(app):
    """What a category is now, and its id."""

    def read(slug: str, brand: int = LUNE) -> Category | None:
        with app.app_context(), brand_scope(brand):
            category = db.session.scalar(select(Category).where(Category.slug == slug))
            if category is not None:
                _x = category.parent, category.group
                db.session.expunge_all()
        return category

    return read


def order(page: str) -> list[str]:
    return re.findall(r"/admin/categories/\d+\"><b>([^<]+)</b>", page)


def test_managers_alone_arrange_categories(visit, found):
    path = f"/admin/categories/{found('general').id}"
    for name in ("ada", "mod"):
        browser = visit(name)
        for page in ("/admin/categories", "/admin/categories/new", path, f"{path}/remove"):
            assert browser.get(page).status_code == 403
        for page in ("/admin/categories/new", path, f"{path}/remove"):
            assert browser.post(page, data=FORM).status_code == 403
        assert browser.post(f"{path}/move", data={"to": "down"}).status_code == 403
    assert found("general").name == "General"


def test_all_are_listed_the_parts_under_their_sections(visit):
    page = visit("mia").get("/admin/categories").text
    assert order(page) == ["General", "Corner", "Club", "Office", "News"]
    assert "Staff reads" in page


def test_one_is_added_with_its_picture(app, visit, found):
    file = io.BytesIO()
    Image.new("RGB", (60, 40), "teal").save(file, "PNG")
    sent = FORM | {
        "parent": str(found("club").id),
        "description": "How far",
        "visible_to": "members",
    }
    sent["picture"] = (io.BytesIO(file.getvalue()), "range.png")
    assert visit("mia").post("/admin/categories/new", data=sent).status_code == 303
    made = found("range")
    assert (made.parent.slug, made.icon, made.description) == ("club", "battery", "How far")
    assert visit().get(f"/media/{made.picture}-640.webp").status_code == 200
    with app.app_context(), brand_scope(LUNE):
        assert published(CategoryAdded)[-1]["category_id"] == made.id
    assert found("range", VELORA) is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "x"}, "name"),
        ({"slug": "general"}, "slug"),
        ({"slug": "Not so"}, "slug"),
        ({"description": "x" * 201}, "description"),
        ({"icon": "none"}, "icon"),
        ({"visible_to": "nobody"}, "visible_to"),
        ({"visible_to": "group"}, "group"),
        ({"parent": "club"}, "visible_to"),
        ({"parent": "corner"}, "parent"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_kept(app, visit, found, changes, field):
    if "parent" in changes:
        changes = {"parent": str(found(changes["parent"]).id)}
    with app.app_context(), brand_scope(LUNE):
        db.session.add(Group(slug="riders", name="Riders"))
        db.session.commit()
    sent = {"description": "What I typed"} | FORM | changes
    answer = visit("mia").post("/admin/categories/new", data=sent)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert "What I typed" in answer.text or field == "description"
    assert found("range") is None


def test_one_is_changed_and_moved_under_another(app, visit, found):
    path = f"/admin/categories/{found('club').id}"
    page = visit("mia").get(path).text
    assert 'value="Club"' in page
    sent = FORM | {"name": "The club", "visible_to": "members", "parent": str(found("news").id)}
    assert visit("mia").post(path, data=sent).status_code == 303
    now = found("club")
    assert (now.name, now.parent.slug, now.slug) == ("The club", "news", "club")
    with app.app_context(), brand_scope(LUNE):
        assert published(CategoryChanged)[-1]["category_id"] == now.id


def test_one_opens_to_a_group_and_closes_its_parts_as_far(app, visit, found):
    with app.app_context(), brand_scope(LUNE):
        db.session.add(Group(slug="riders", name="Riders"))
        db.session.commit()
        group_id = db.session.scalars(select(Group.id)).one()
    path = f"/admin/categories/{found('general').id}"
    sent = FORM | {"name": "General", "visible_to": "group", "group": str(group_id)}
    assert visit("mia").post(path, data=sent).status_code == 303
    assert (found("general").group.slug, found("corner").group.slug) == ("riders", "riders")
    assert visit("ada").get("/c/corner").status_code == 404
    assert visit("mod").get("/c/corner").status_code == 200


def test_they_change_places_with_script_and_without(visit, found):
    mia, path = visit("mia"), f"/admin/categories/{found('club').id}/move"
    answer = mia.post(path, data={"to": "up"})
    assert answer.status_code == 303
    assert order(mia.get("/admin/categories").text)[:3] == ["Club", "General", "Corner"]
    part = mia.post(path, data={"to": "down"}, headers={"HX-Request": "true"})
    assert order(part.text)[:3] == ["General", "Corner", "Club"]
    assert "<html" not in part.text


def test_an_empty_one_is_removed(visit, found):
    path = f"/admin/categories/{found('corner').id}/remove"
    assert "Nothing was ever written here" in visit("mia").get(path).text
    assert visit("mia").post(path).status_code == 303
    assert found("corner") is None
    assert found("corner", VELORA) is not None


def test_a_section_with_parts_is_not(visit, found):
    path = f"/admin/categories/{found('general').id}/remove"
    assert "has parts" in visit("mia").get(path).text
    assert visit("mia").post(path).status_code == 422
    assert found("general") is not None


class TestRemovingOneThatWasUsed:
    @pytest.fixture
    def used(self, app, found):
        with app.app_context(), brand_scope(LUNE):
            for author in ("ada", "ben"):
                a_thread(author, "club")
            db.session.commit()
        return f"/admin/categories/{found('club').id}/remove"

    def test_its_threads_go_where_staff_says(self, app, visit, found, used):
        page = visit("mia").get(used).text
        assert "It holds 2 discussions" in page
        assert "General (everyone reads)" in page
        assert "Club (members read)" not in page
        target = found("general")
        sent = {"into": str(target.id)}
        assert visit("mia").post(used, data=sent).status_code == 303
        assert found("club") is None
        assert found("general").threads_count == 2
        with app.app_context(), brand_scope(LUNE):
            assert {t.category_id for t in db.session.scalars(select(Thread))} == {target.id}
            assert len(published(ThreadsRefiled)[-1]["thread_ids"]) == 2
            assert published(CategoryRemoved)[-1]["into_id"] == target.id

    def test_its_address_leads_there_for_whoever_may_read_there(self, visit, found, used):
        visit("mia").post(used, data={"into": str(found("office").id)})
        answer = visit("mod").get("/c/club?sort=new")
        assert (answer.status_code, answer.location) == (301, "/c/office?sort=new")
        assert visit("ada").get("/c/club").status_code == 404

    def test_an_address_that_led_on_may_be_taken_again(self, visit, found, used):
        visit("mia").post(used, data={"into": str(found("general").id)})
        visit("mia").post("/admin/categories/new", data=FORM | {"name": "Club"})
        assert visit().get("/c/club").status_code == 200

    @pytest.mark.parametrize("into", ["", "0", "itself", "other brand"])
    def test_nowhere_is_no_place_for_them(self, visit, found, used, into):
        ids = {"itself": found("club").id, "other brand": found("general", VELORA).id}
        answer = visit("mia").post(used, data={"into": str(ids.get(into, into))})
        assert answer.status_code == 422
        assert found("club").threads_count == 2


def test_one_of_another_brand_does_not_exist(visit, found):
    there = found("general", VELORA).id
    assert visit("mia").get(f"/admin/categories/{there}").status_code == 404
