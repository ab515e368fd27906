"""Fields in the composer, on the thread, and in the back office."""

import pytest
from sqlalchemy import select

from community.kernel.db import db
from community.kernel.tenancy import brand_scope
from community.threads import field_setup
from community.threads.fields import Field, FieldValue
from community.threads.models import Category, Thread
from tests.conftest import who
from tests.factories import LUNE
from tests.threads.saying import a_thread

SENT = {"title": "A title long enough", "category": "general", "body": "It creaks."}


@pytest.fixture
def asked(app) -> dict[str, str]:
    """General asks three things; their names in forms."""
    with app.app_context(), brand_scope(LUNE):
        general = db.session.scalars(select(Category).where(Category.slug == "general")).one()
        mia = who("mia")
        made = {
            "bike": field_setup.add_field(
                mia, general, kind="choice", label="Which bike", options=["Cargo L", "City 3"],
                is_required=True),
            "order": field_setup.add_field(mia, general, kind="order-number", label="Order no"),
            "since": field_setup.add_field(mia, general, kind="date", label="Since when"),
        }  # fmt: skip
        db.session.commit()
        return {name: f"field_{field.id}" for name, field in made.items()}


def category_id(app, slug="general") -> int:
    with app.app_context(), brand_scope(LUNE):
        return db.session.scalars(select(Category.id).where(Category.slug == slug)).one()


# -- The composer ----------------------------------------------------------


def test_a_form_asks_what_the_category_in_its_address_asks(visit, asked):
    ada = visit("ada")
    assert "Which bike" not in ada.get("/new").text
    page = ada.get("/new?category=general").text
    assert f'name="{asked["bike"]}"' in page
    assert "Only you and the team see this." in page


def test_without_script_a_button_shows_the_questions_and_keeps_what_was_typed(visit, asked):
    answer = visit("ada").post("/new?fields=1", data={"title": "My words", "category": "general"})
    assert answer.status_code == 200
    assert "My words" in answer.text
    assert f'name="{asked["order"]}"' in answer.text
    assert 'role="alert"' not in answer.text


def test_with_script_the_questions_come_alone(visit, asked):
    answer = visit("ada").post(
        "/new?fields=1",
        data={"category": "general", asked["order"]: "LN-7"},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert 'value="LN-7"' in answer.text
    nothing = visit("ada").post(
        "/new?fields=1", data={"category": "club"}, headers={"HX-Request": "true"}
    )
    assert "field_" not in nothing.text


def test_everything_wrong_is_told_at_once_and_everything_typed_is_kept(visit, asked):
    sent = SENT | {asked["order"]: "no idea", asked["since"]: "yesterday"}
    answer = visit("ada").post("/new", data=sent)
    assert answer.status_code == 422
    for name in asked.values():
        assert f'id="{name}-error"' in answer.text
    for words in ("no idea", "yesterday", "It creaks."):
        assert words in answer.text


def test_a_thread_shows_its_details_to_those_they_are_for(visit, asked):
    sent = SENT | {
        asked["bike"]: "Cargo L", asked["order"]: "LN-20418", asked["since"]: "2026-03-28"
    }  # fmt: skip
    answer = visit("ada").post("/new", data=sent)
    assert answer.status_code == 303
    for name, sees in ((None, False), ("ben", False), ("ada", True), ("mod", True)):
        page = visit(name).get(answer.location).text
        assert "Cargo L" in page
        assert "28 March 2026" in page
        assert ("LN-20418" in page) is sees, name
        assert ('/details"' in page) is sees, name


def test_the_form_of_another_category_does_not_ask(visit, asked):
    assert visit("ada").post("/new", data=SENT | {"category": "club"}).status_code == 303


# -- On the thread ---------------------------------------------------------


@pytest.fixture
def thread_id(app, asked):
    with app.app_context(), brand_scope(LUNE):
        bike = int(asked["bike"].removeprefix("field_"))
        thread = a_thread("ada", facts={bike: "Cargo L"})
        db.session.commit()
        return thread.id


def test_the_author_changes_the_details(app, visit, asked, thread_id):
    ada = visit("ada")
    page = ada.get(f"/t/{thread_id}/details").text
    assert '<option selected value="Cargo L">' in page
    refused = ada.post(f"/t/{thread_id}/details", data={asked["order"]: "none"})
    assert refused.status_code == 422
    sent = {asked["bike"]: "City 3", asked["order"]: "LN-9"}
    assert ada.post(f"/t/{thread_id}/details", data=sent).status_code == 303
    with app.app_context(), brand_scope(LUNE):
        thread = db.session.get(Thread, thread_id)
        assert [fact["value"] for fact in thread.facts] == ["City 3"]
        assert thread.has_private_facts


def test_nobody_else_changes_them(visit, thread_id):
    assert visit("ben").get(f"/t/{thread_id}/details").status_code == 403
    assert visit("ben").post(f"/t/{thread_id}/details").status_code == 403
    assert visit().get(f"/t/{thread_id}/details").status_code == 302


def test_a_category_that_asks_nothing_says_so(app, visit):
    with app.app_context(), brand_scope(LUNE):
        thread = a_thread("ada")
        db.session.commit()
        path = f"/t/{thread.id}/details"
    assert "asks for no details" in visit("ada").get(path).text


# -- The back office -------------------------------------------------------


def test_the_back_office_is_closed_to_members_and_moderators(app, visit, asked):
    id_ = asked["bike"].removeprefix("field_")
    paths = [
        f"/admin/categories/{category_id(app)}/fields",
        f"/admin/categories/{category_id(app)}/fields/new",
        f"/admin/categories/fields/{id_}",
        f"/admin/categories/fields/{id_}/remove",
    ]
    for path in paths:
        assert visit("mod").get(path).status_code == 403, path
        assert visit("mia").get(path).status_code == 200, path


def test_a_manager_adds_changes_moves_and_removes_a_field(app, visit):
    mia, here = visit("mia"), f"/admin/categories/{category_id(app)}/fields"
    assert "Only the text is asked for here" in mia.get(here).text
    sent = {"label": "Bike", "kind": "product", "options": "Cargo L\nCity 3", "is_asked": "y"}
    assert mia.post(f"{here}/new", data=sent).status_code == 303
    sent = {"label": "Town", "kind": "text", "is_asked": "y", "is_required": "y"}
    assert mia.post(f"{here}/new", data=sent).status_code == 303
    with app.app_context(), brand_scope(LUNE):
        bike, town = db.session.scalars(select(Field).order_by(Field.position)).all()
        assert (bike.options, town.is_required) == (["Cargo L", "City 3"], True)
    assert mia.post(f"/admin/categories/fields/{town.id}/up").status_code == 303
    page = mia.get(here).text
    assert page.index("Town") < page.index("Bike")
    assert "Cargo L\nCity 3" in mia.get(f"/admin/categories/fields/{bike.id}").text
    sent = {"label": "Which bike", "options": "Cargo L\nCity 3\nCity 4", "is_staff_only": "y"}
    assert mia.post(f"/admin/categories/fields/{bike.id}", data=sent).status_code == 303
    with app.app_context(), brand_scope(LUNE):
        bike = db.session.get(Field, bike.id)
        assert (bike.label, bike.is_staff_only, bike.is_asked) == ("Which bike", True, False)
    remove = f"/admin/categories/fields/{town.id}/remove"
    assert "No thread answers this field." in mia.get(remove).text
    assert mia.post(remove).status_code == 303
    assert mia.get(f"/admin/categories/fields/{town.id}").status_code == 404


def test_what_is_refused_stands_beside_its_field(app, visit):
    here = f"/admin/categories/{category_id(app)}/fields/new"
    answer = visit("mia").post(here, data={"label": "Choose", "kind": "choice", "options": "one"})
    assert answer.status_code == 422
    assert 'id="options-error"' in answer.text
    assert 'value="Choose"' in answer.text


def test_removing_says_how_many_answers_go(app, visit, asked, thread_id):
    id_ = asked["bike"].removeprefix("field_")
    page = visit("mia").get(f"/admin/categories/fields/{id_}/remove").text
    assert "1 thread answers this field." in page
    with app.app_context(), brand_scope(LUNE):
        assert len(db.session.scalars(select(FieldValue)).all()) == 1


def test_a_part_shows_what_its_section_asks_already(app, visit, asked):
    page = visit("mia").get(f"/admin/categories/{category_id(app, 'corner')}/fields").text
    assert "Which bike" in page
