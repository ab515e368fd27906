"""What a category asks, what is answered, and who sees the answers."""

import pytest
from sqlalchemy import select

from community.events import FactsChanged, FieldChanged, MemberErased
from community.kernel.db import db
from community.kernel.errors import Forbidden, Invalid, Missing
from community.kernel.tenancy import brand_scope
from community.threads import categories, field_setup, fields, removal
from community.threads.fields import Field, FieldKind, FieldValue
from community.threads.models import Category
from tests.conftest import who
from tests.factories import LUNE, VELORA
from tests.threads.acting import published, questions
from tests.threads.saying import a_reply, a_thread, opening


def named(slug: str) -> Category:
    return db.session.scalars(select(Category).where(Category.slug == slug)).one()


def a_field(kind="text", label="Which bike", category="general", **values) -> Field:
    return field_setup.add_field(who("mia"), named(category), kind=kind, label=label, **values)


def settle(field: Field) -> None:
    """What the worker does behind the last change of a field."""
    db.session.flush()
    done = 0
    while done < len(events := published(FieldChanged)):
        done = len(events)
        field_setup.on_field_changed(FieldChanged(**events[-1]))
        db.session.flush()


# -- Configuring -----------------------------------------------------------


@pytest.mark.parametrize("name", ["ada", "eve", "mod"])
def test_managers_alone_configure_fields(in_lune, name):
    field = a_field()
    for act in (
        lambda: field_setup.add_field(who(name), named("general"), kind="text", label="New"),
        lambda: field_setup.update_field(who(name), field, label="New"),
        lambda: field_setup.move_field(who(name), field, up=True),
        lambda: field_setup.remove_field(who(name), field),
        lambda: field_setup.fields_of(who(name), named("general")),
        lambda: field_setup.field_or_missing(who(name), field.id),
        lambda: field_setup.category_or_missing(who(name), named("general").id),
    ):
        with pytest.raises(Forbidden):
            act()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"label": "x"}, "label"),
        ({"label": "x" * 61}, "label"),
        ({"help": "x" * 201}, "help"),
        ({"kind": "choice"}, "options"),
        ({"kind": "choice", "options": ["one", " one "]}, "options"),
        ({"kind": "product", "options": [str(n) for n in range(61)]}, "options"),
        ({"kind": "choice", "options": ["a", "b" * 81]}, "options"),
    ],
)
def test_what_cannot_be_asked_is_refused_beside_its_field(in_lune, values, field):
    with pytest.raises(Invalid) as refusal:
        a_field(**({"label": "Fine"} | values))
    assert refusal.value.field == field


def test_a_category_asks_twelve_things_at_most(in_lune):
    for number in range(12):
        a_field(label=f"Question {number}")
    with pytest.raises(Invalid):
        a_field(label="One too many")


def test_an_order_number_is_for_author_and_staff_whatever_was_chosen(in_lune):
    field = a_field("order-number", is_staff_only=False)
    assert field.is_staff_only
    field_setup.update_field(who("mia"), field, is_staff_only=False)
    assert field.is_staff_only


def test_fields_are_asked_in_their_order_the_sections_first(in_lune):
    first, second = a_field(label="First"), a_field(label="Second")
    of_part = a_field(label="Of the part", category="corner")
    assert fields.asked_in(named("general")) == [first, second]
    assert fields.asked_in(named("corner")) == [first, second, of_part]
    assert field_setup.move_field(who("mia"), second, up=True)
    assert not field_setup.move_field(who("mia"), second, up=True)
    assert fields.asked_in(named("general")) == [second, first]


def test_one_brand_asks_nothing_in_the_other(app):
    with app.app_context():
        with brand_scope(LUNE):
            id_ = a_field(is_required=True).id
            db.session.commit()
        with brand_scope(VELORA):
            assert fields.asked_in(named("general")) == []
            with pytest.raises(Missing):
                field_setup.field_or_missing(who("mia"), id_)


# -- Answering -------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        ("text", "  City \u00a0 Step ", "City Step"),
        ("text", "x" * 201, None),
        ("version", "4.2.1", "4.2.1"),
        ("version", "v2025 (beta)", "v2025 (beta)"),
        ("version", "the new one", None),
        ("version", "4.2.1; DROP", None),
        ("order-number", "LN-20418/7", "LN-20418/7"),
        ("order-number", "no idea", None),
        ("order-number", "x1" * 21, None),
        ("date", "2026-03-28", "2026-03-28"),
        ("date", "28/03/2026", None),
        ("date", "2026-02-30", None),
        ("date", "1399-01-01", None),
        ("product", "City Step 3", "City Step 3"),
        ("text", "", ""),
    ],
)
def test_an_answer_is_cleaned_or_refused_beside_its_field(in_lune, kind, given, kept):
    field = a_field(kind)
    if kept is not None:
        assert fields.checked_value(field, given) == kept
        return
    with pytest.raises(Invalid) as refusal:
        fields.checked_value(field, given)
    assert refusal.value.field == f"field_{field.id}"


@pytest.mark.parametrize("kind", ["choice", "product"])
def test_of_a_list_only_its_answers_are_taken(in_lune, kind):
    field = a_field(kind, options=["City Step 3", "Cargo L"])
    assert fields.checked_value(field, "Cargo L") == "Cargo L"
    with pytest.raises(Invalid):
        fields.checked_value(field, "Cargo XXL")


def test_nobody_starts_a_thread_without_what_is_required(in_lune):
    field = a_field(is_required=True)
    with pytest.raises(Invalid) as refusal:
        a_thread("ada")
    assert refusal.value.field == fields.name_of(field)
    assert a_thread("ada", category="club")


def test_public_answers_stand_on_the_thread_and_private_ones_do_not(in_lune):
    bike, order = a_field(label="Bike"), a_field("order-number", label="Order")
    thread = a_thread("ada", facts={bike.id: "Cargo L", order.id: "LN-1"})
    assert thread.facts == [{"label": "Bike", "kind": "text", "value": "Cargo L"}]
    assert thread.has_private_facts
    for name in ("ada", "mod", "oli"):
        [fact] = fields.private_facts(who(name), thread)
        assert (fact.label, fact.value) == ("Order", "LN-1")
    for name in ("ben", "eve"):
        with pytest.raises(Forbidden):
            fields.private_facts(who(name), thread)


def test_a_thread_with_no_private_answer_costs_no_question(in_lune):
    thread = a_thread("ada", facts={a_field().id: "Cargo L"})
    db.session.flush()
    with questions() as asked:
        assert fields.private_facts(who("ada"), thread) == []
    assert len(asked) == 1  # who ada is


def test_author_and_staff_change_the_answers_and_nobody_else(in_lune):
    field = a_field()
    thread = a_thread("ada", facts={field.id: "Cargo L"})
    with pytest.raises(Forbidden):
        fields.set_facts(who("ben"), thread, {field.id: "Mine"})
    assert fields.set_facts(who("ada"), thread, {field.id: "Cargo XL"})
    assert not fields.set_facts(who("ada"), thread, {field.id: "Cargo XL"})
    assert fields.set_facts(who("mod"), thread, {field.id: ""})
    assert thread.facts == []
    assert len(published(FactsChanged)) == 2


def test_an_answer_that_is_required_cannot_be_taken_back(in_lune):
    field = a_field(is_required=True)
    thread = a_thread("ada", facts={field.id: "Cargo L"})
    with pytest.raises(Invalid):
        fields.set_facts(who("ada"), thread, {field.id: " "})
    field_setup.update_field(who("mia"), field, is_asked=False)
    assert fields.set_facts(who("ada"), thread, {field.id: " "})


def test_in_a_closed_thread_only_staff_changes_answers(in_lune):
    field = a_field()
    thread = a_thread("ada", facts={field.id: "Cargo L"})
    thread.is_locked = True
    with pytest.raises(Forbidden):
        fields.set_facts(who("ada"), thread, {field.id: "Other"})
    assert fields.set_facts(who("mod"), thread, {field.id: "Other"})


# -- What follows ----------------------------------------------------------


def test_a_new_label_is_copied_to_the_threads(in_lune, monkeypatch):
    monkeypatch.setattr(field_setup, "PORTION", 2)
    field = a_field(label="Bike")
    threads = [a_thread("ada", facts={field.id: str(n)}) for n in range(5)]
    field_setup.update_field(who("mia"), field, label="Which bike is it?")
    settle(field)
    assert {thread.facts[0]["label"] for thread in threads} == {"Which bike is it?"}


def test_what_was_answered_for_the_team_alone_is_never_opened(in_lune):
    field = a_field(is_staff_only=True)
    a_thread("ada", facts={field.id: "secret"})
    with pytest.raises(Invalid) as refusal:
        field_setup.update_field(who("mia"), field, is_staff_only=False)
    assert refusal.value.field == "is_staff_only"
    other = a_field(label="Nobody answered", is_staff_only=True)
    assert not field_setup.update_field(who("mia"), other, is_staff_only=False).is_staff_only


def test_closing_a_field_takes_its_answers_from_the_page(in_lune):
    field = a_field()
    thread = a_thread("ada", facts={field.id: "Cargo L"})
    field_setup.update_field(who("mia"), field, is_staff_only=True)
    settle(field)
    assert (thread.facts, thread.has_private_facts) == ([], True)


def test_a_field_that_is_removed_goes_with_all_answers(in_lune, monkeypatch):
    monkeypatch.setattr(field_setup, "PORTION", 2)
    field, kept = a_field(label="Bike"), a_field(label="Town")
    threads = [a_thread("ada", facts={field.id: str(n), kept.id: "Lyon"}) for n in range(3)]
    field_setup.remove_field(who("mia"), field)
    assert fields.asked_in(named("general")) == [kept]
    settle(field)
    assert db.session.get(Field, field.id) is None
    assert {row.field_id for row in db.session.scalars(select(FieldValue))} == {kept.id}
    assert all(len(thread.facts) == 1 for thread in threads)


def test_answers_stay_with_threads_whose_category_is_removed(in_lune):
    field = a_field(category="club")
    thread = a_thread("ada", category="club", facts={field.id: "Cargo L"})
    categories.remove_category(who("mia"), named("club"), into=named("general"))
    assert fields.answered(thread) == {field: "Cargo L"}
    assert field.category_id == named("general").id
    assert fields.asked_in(named("general")) == []


def test_fields_of_an_empty_category_go_with_it(in_lune):
    a_field(category="club")
    categories.remove_category(who("mia"), named("club"))
    assert db.session.scalars(select(Field)).all() == []


def test_answers_go_with_the_text_of_a_purged_thread(in_lune):
    field = a_field()
    thread = a_thread("ada", facts={field.id: "Cargo L"})
    removal.delete(who("ada"), opening(thread))
    removal.blank(opening(thread))
    assert thread.facts == []
    assert db.session.scalars(select(FieldValue)).all() == []


def test_whoever_leaves_takes_private_answers_along(in_lune):
    bike, order = a_field(label="Bike"), a_field("order-number", label="Order")
    thread = a_thread("ada", facts={bike.id: "Cargo L", order.id: "LN-1"})
    others = a_thread("ben", facts={order.id: "LN-2"})
    fields.forget_member(MemberErased(member_id=who("ada").id))
    db.session.expire_all()
    assert not thread.has_private_facts
    assert fields.answered(thread) == {bike: "Cargo L"}
    assert fields.answered(others) == {order: "LN-2"}


def test_a_copy_of_ones_data_holds_ones_answers(in_lune):
    field = a_field()
    thread = a_thread("ada", facts={field.id: "Cargo L"})
    a_reply(thread, "ben")
    assert fields.export(who("ada")) == [
        {"thread": thread.id, "field": "Which bike", "answer": "Cargo L"}
    ]
    assert fields.export(who("ben")) == []


def test_every_kind_has_a_length_or_a_shape():
    assert set(FieldKind) - set(fields.LENGTHS) == {FieldKind.DATE}
