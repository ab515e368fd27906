"""Sections and parts: two levels, no part more open than its section, addresses that stay."""

import pytest
from sqlalchemy import func, select

from community.groups.models import Group
from community.kernel.db import db
from community.kernel.errors import Conflict, Forbidden, Invalid
from community.kernel.tenancy import brand_scope
from community.members.models import Anonymous
from community.threads import categories, counts, queries, removal, service
from community.threads.models import Audience, Category, Thread
from tests.conftest import who
from tests.factories import LUNE, VELORA
from tests.threads.acting import at_once
from tests.threads.saying import BODY, TITLE, a_thread, opening


def named(slug: str) -> Category:
    return db.session.scalars(select(Category).where(Category.slug == slug)).one()


@pytest.mark.parametrize("name", ["ada", "eve", "mod"])
def test_managers_alone_change_categories(in_lune, name):
    for act in (
        lambda: categories.create_category(who(name), name="New"),
        lambda: categories.update_category(who(name), named("general"), name="New"),
        lambda: categories.move(who(name), named("club"), up=True),
        lambda: categories.remove_category(who(name), named("corner")),
    ):
        with pytest.raises(Forbidden):
            act()


def test_a_new_section_comes_last_under_an_address_made_of_its_name(in_lune):
    new = categories.create_category(who("mia"), name="  Crème &  soins ")
    assert (new.name, new.slug) == ("Crème & soins", "creme-soins")
    assert queries.category_tree(Anonymous())[-1] is new
    assert new.who_may_start is Audience.MEMBERS


def test_a_part_is_as_open_as_its_section_unless_it_says_less(in_lune):
    club = named("club")
    assert categories.add_category(name="Inner", parent=club).visible_to is Audience.MEMBERS
    staff = categories.add_category(name="Deep", parent=club, visible_to=Audience.STAFF)
    assert staff.visible_to is Audience.STAFF
    with pytest.raises(Invalid) as refusal:
        categories.add_category(name="Outer", parent=club, visible_to=Audience.EVERYONE)
    assert refusal.value.field == "visible_to"


def test_a_part_has_no_parts(in_lune):
    with pytest.raises(Invalid) as refusal:
        categories.add_category(name="Too deep", parent=named("corner"))
    assert refusal.value.field == "parent"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "x"}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": "Fine", "description": "x" * 201}, "description"),
        ({"name": "Fine", "slug": "general"}, "slug"),
        ({"name": "General"}, "slug"),
        ({"name": "Fine", "slug": "Not Fine"}, "slug"),
        ({"name": "日本"}, "slug"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(in_lune, values, field):
    with pytest.raises(Invalid) as refusal:
        categories.create_category(who("mia"), **values)
    assert refusal.value.field == field


def test_the_same_address_may_be_in_two_brands(app):
    with app.app_context():
        for brand in (LUNE, VELORA):
            with brand_scope(brand):
                assert categories.add_category(name="Brand new").slug == "brand-new"
                db.session.commit()


def test_closing_a_section_closes_its_parts_and_opening_it_leaves_them(in_lune):
    general, corner = named("general"), named("corner")
    categories.update_category(who("mia"), general, visible_to="members")
    assert corner.visible_to is Audience.MEMBERS
    categories.update_category(who("mia"), general, visible_to=Audience.EVERYONE)
    assert corner.visible_to is Audience.MEMBERS
    categories.update_category(who("mia"), corner, visible_to=Audience.EVERYONE)
    categories.update_category(who("mia"), general, visible_to=Audience.STAFF)
    assert corner.visible_to is Audience.STAFF
    with pytest.raises(Invalid):
        categories.update_category(who("mia"), corner, visible_to=Audience.MEMBERS)


def test_a_change_leaves_address_and_everything_else(in_lune):
    news = named("news")
    categories.update_category(who("mia"), news, name="Announcements", icon="megaphone")
    assert (news.name, news.slug, news.icon) == ("Announcements", "news", "megaphone")
    assert news.who_may_start is Audience.STAFF


def test_everyone_writing_means_every_member(in_lune):
    new = categories.add_category(name="Open", who_may_start=Audience.EVERYONE)
    assert new.who_may_start is Audience.MEMBERS


def test_a_section_moves_past_its_neighbour_and_not_past_the_end(in_lune):
    def order():
        return [c.slug for c in queries.category_tree(who("mia"))]

    assert order() == ["general", "club", "office", "news"]
    assert categories.move(who("mia"), named("news"), up=True)
    assert categories.move(who("mia"), named("general"), up=False)
    assert order() == ["club", "general", "news", "office"]
    assert not categories.move(who("mia"), named("club"), up=True)
    assert not categories.move(who("mia"), named("office"), up=False)
    assert not categories.move(who("mia"), named("corner"), up=True)


def test_what_holds_anything_is_not_removed(in_lune):
    a_thread("ada", "corner")
    for slug in ("general", "corner"):
        with pytest.raises(Conflict):
            categories.remove_category(who("mia"), named(slug))
    categories.remove_category(who("mia"), named("club"))
    assert db.session.scalar(select(func.count()).where(Category.slug == "club")) == 0


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_a_new_brand_begins_with_four_sections_and_a_full_one_gets_none(in_lune, locale):
    assert categories.add_starter_categories(locale) == []
    for category in db.session.scalars(select(Category).order_by(Category.id.desc())).all():
        db.session.delete(category)
        db.session.flush()
    made = categories.add_starter_categories(locale)
    assert [c.position for c in made] == [1, 2, 3, 4]
    assert made[0].who_may_start is Audience.STAFF
    assert all(c.description for c in made)


# -- Groups, other places, and the end of a category -----------------------


def a_group(slug: str) -> Group:
    group = Group(slug=slug, name=slug.title())
    db.session.add(group)
    db.session.flush()
    return group


def change(slug: str, **changes) -> Category:
    return categories.update_category(who("mia"), named(slug), **changes)


def test_a_group_is_named_where_one_is_meant_and_nowhere_else(in_lune):
    riders = a_group("riders")
    with pytest.raises(Invalid) as refusal:
        change("news", who_may_start=Audience.GROUP)
    assert refusal.value.field == "group"
    assert change("news", who_may_start=Audience.GROUP, group=riders).group is riders
    assert change("news", who_may_start=Audience.STAFF).group is None


def test_closing_a_section_to_a_group_closes_its_parts_to_it(in_lune):
    riders = a_group("riders")
    change("general", visible_to=Audience.GROUP, group=riders)
    assert (named("corner").visible_to, named("corner").group_id) == ("group", riders.id)
    assert change("corner", visible_to=Audience.STAFF).group_id is None
    with pytest.raises(Invalid):
        change("corner", visible_to=Audience.MEMBERS)


def test_a_part_of_one_group_is_in_no_section_of_another(in_lune):
    riders, sellers = a_group("riders"), a_group("sellers")
    change("corner", visible_to=Audience.GROUP, group=riders)
    with pytest.raises(Invalid) as refusal:
        change("general", visible_to=Audience.GROUP, group=sellers)
    assert "Corner" in str(refusal.value)
    assert change("general", visible_to=Audience.GROUP, group=riders).children == [named("corner")]


def test_a_new_part_of_a_groups_section_is_the_groups_too(in_lune):
    riders = a_group("riders")
    section = change("general", visible_to=Audience.GROUP, group=riders)
    part = categories.add_category(name="Inner", parent=section)
    assert (part.visible_to, part.group_id) == (Audience.GROUP, riders.id)


def test_a_part_moves_to_another_section_and_becomes_one(in_lune):
    moved = change("corner", parent=named("news"))
    assert (moved.parent, moved.position) == (named("news"), 1)
    with pytest.raises(Invalid):  # everyone saw it, and members alone see the section
        change("corner", parent=named("club"))
    db.session.rollback()
    alone = change("corner", parent=None)
    db.session.flush()
    assert queries.category_tree(who("mia"))[-1] is alone


def test_a_section_with_parts_becomes_no_part(in_lune):
    for parent in ("news", "general", "corner"):
        with pytest.raises(Invalid) as refusal:
            change("general", parent=named(parent))
        assert refusal.value.field == "parent"


def test_the_counts_are_right_after_a_category_went(in_lune):
    thread, hidden = a_thread("ada", "club"), a_thread("ben", "club")
    a_thread("cleo", "general")
    removal.hide(who("mod"), opening(hidden), reason="Advertising.")
    db.session.commit()
    moved = categories.remove_category(who("mia"), named("club"), into=named("general"))
    db.session.commit()
    assert (moved, named("general").threads_count) == (2, 2)
    assert counts.recount() == 0
    assert thread.category.slug == "general"


def test_addresses_follow_from_one_removal_to_the_next(in_lune):
    a_thread("ada", "club")
    categories.remove_category(who("mia"), named("club"), into=named("corner"))
    categories.remove_category(who("mia"), named("corner"), into=named("news"))
    db.session.commit()
    assert categories.former_category("club") is named("news")
    assert categories.former_category("corner") is named("news")
    assert categories.former_category("general") is None


def test_a_thread_started_while_its_category_goes_is_never_without_one(app):
    def start(loaded):
        place = named("club")
        loaded()
        return service.start_thread(who("ada"), place, title=TITLE, body=BODY).id

    def remove(loaded):
        club, into = named("club"), named("general")
        loaded()
        return categories.remove_category(who("mia"), club, into=into)

    at_once(app, start, remove)
    with app.app_context(), brand_scope(LUNE):
        assert counts.recount() == 0
        for thread in db.session.scalars(select(Thread)):
            assert thread.category is not None
