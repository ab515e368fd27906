"""Coming into groups, looking after them, and leaving them."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from community.events import GroupAsked, GroupDeclined, GroupJoined, GroupLeft, MemberErased
from community.groups import queries, service
from community.groups.models import Group, GroupMember, Joining
from community.kernel.db import db
from community.kernel.errors import Conflict, Forbidden, Invalid, Missing
from community.kernel.policy import can
from community.kernel.tenancy import brand_scope
from community.members.models import Anonymous
from community.permissions import Can
from community.threads import categories, reach
from community.threads import lists as threads
from community.threads.models import Audience
from tests.conftest import who
from tests.factories import LUNE, VELORA
from tests.threads.acting import published
from tests.threads.saying import a_thread


def a_group(joining=Joining.OPEN, *members: str, owner: str | None = None, **values) -> Group:
    group = service.add_group(name=values.pop("name", "Riders"), joining=joining, **values)
    for name in members + ((owner,) if owner else ()):
        service.add_member(who("oli"), group, name)
    if owner:
        service.set_owner(who("oli"), group, who(owner), is_owner=True)
    return group


def inside(group: Group) -> set[str]:
    return {row.member.username for row in queries.members_page(group).items}


# -- Groups themselves -----------------------------------------------------


@pytest.mark.parametrize("name", ["ada", "eve", "mod"])
def test_managers_alone_make_change_and_end_groups(in_lune, name):
    group = a_group()
    for act in (
        lambda: service.create_group(who(name), name="New"),
        lambda: service.update_group(who(name), group, name="New"),
        lambda: service.remove_group(who(name), group),
    ):
        with pytest.raises(Forbidden):
            act()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "x"}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": "Fine", "description": "x" * 501}, "description"),
        ({"name": "Riders"}, "slug"),
        ({"name": "Fine", "slug": "Not Fine"}, "slug"),
        ({"name": "Fine", "joining": "open", "is_hidden": True}, "is_hidden"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(in_lune, values, field):
    a_group()
    with pytest.raises(Invalid) as refusal:
        service.create_group(who("mia"), **values)
    assert refusal.value.field == field


def test_two_brands_have_groups_of_the_same_name_and_not_the_same_members(app):
    with app.app_context():
        for brand, name in ((LUNE, "ada"), (VELORA, "ben")):
            with brand_scope(brand):
                a_group(Joining.OPEN, name)
                db.session.commit()
        with brand_scope(LUNE):
            group = queries.group_or_missing(who("ada"), "riders")
            assert inside(group) == {"ada"}
            assert who("ben").group_ids == frozenset()


def test_an_open_group_cannot_be_hidden_later_either(in_lune):
    group = a_group(Joining.CLOSED, is_hidden=True)
    with pytest.raises(Invalid) as refusal:
        service.update_group(who("mia"), group, joining=Joining.OPEN)
    assert refusal.value.field == "is_hidden"
    db.session.flush()
    assert group.joining is Joining.CLOSED


def test_a_group_that_a_category_is_for_is_not_ended_and_the_category_is_named(in_lune):
    group = a_group(Joining.OPEN, "ada")
    garage = categories.add_category(name="Garage", visible_to=Audience.GROUP, group=group)
    with pytest.raises(Conflict, match="Garage"):
        service.remove_group(who("mia"), group)
    categories.update_category(who("mia"), garage, visible_to=Audience.MEMBERS)
    service.remove_group(who("mia"), group)
    assert who("ada").group_ids == frozenset()
    with pytest.raises(Missing):
        queries.group_or_missing(who("oli"), "riders")
    assert service.add_group(name="Riders").slug == "riders"


# -- Who knows of a group --------------------------------------------------


def test_a_hidden_group_is_known_inside_and_to_staff_alone(in_lune):
    a_group(Joining.CLOSED, "ada", is_hidden=True)
    for name, count in (("ada", 1), ("ben", 0), ("mod", 1)):
        assert len(queries.group_lines(who(name))) == count
    assert queries.group_lines(Anonymous()) == []
    with pytest.raises(Missing):
        queries.group_or_missing(who("ben"), "riders")


@pytest.mark.parametrize("is_hidden", [True, False])
def test_what_lists_show_is_what_the_table_of_permissions_says(in_lune, is_hidden):
    group = a_group(Joining.CLOSED, "ada", is_hidden=is_hidden)
    for actor in (Anonymous(), *map(who, ("ada", "ben", "eve", "mod", "oli"))):
        listed = [line.group for line in queries.group_lines(actor)]
        assert (group in listed) is can(actor, Can.SEE_GROUP, group)


def test_lists_count_members_and_requests_apart(in_lune):
    group = a_group(Joining.ON_REQUEST, "ada", "ben")
    service.ask(who("cleo"), group)
    [line] = queries.group_lines(who("ada"))
    assert (line.members, line.waiting) == (2, 1)
    assert queries.waiting_count() == 1


# -- Coming in -------------------------------------------------------------


def test_an_open_group_is_entered_at_once_and_only_once(in_lune):
    group = a_group()
    assert service.join(who("ada"), group)
    assert who("ada").group_ids == {group.id}
    with pytest.raises(Forbidden):
        service.join(who("ada"), group)
    assert published(GroupJoined) == [
        {"group_id": group.id, "member_id": who("ada").id, "let_in_by_id": who("ada").id,
         "was_asked": False}
    ]  # fmt: skip


@pytest.mark.parametrize("joining", [Joining.ON_REQUEST, Joining.CLOSED])
def test_other_groups_are_not_entered_by_a_button(in_lune, joining):
    with pytest.raises(Forbidden):
        service.join(who("ada"), a_group(joining))


def test_whoever_asks_waits_until_an_owner_lets_them_in(in_lune):
    group = a_group(Joining.ON_REQUEST, owner="ben")
    service.ask(who("ada"), group, message="  I ride daily.  ")
    assert who("ada").group_ids == frozenset()
    [request] = queries.requests(who("ben"), group)
    assert (request.member.username, request.message) == ("ada", "I ride daily.")
    service.accept(who("ben"), group, who("ada"))
    assert who("ada").group_ids == {group.id}
    assert queries.requests(who("ben"), group) == []
    assert published(GroupAsked) == [{"group_id": group.id, "member_id": who("ada").id}]
    assert published(GroupJoined)[-1]["was_asked"] is True


def test_only_owners_and_staff_answer(in_lune):
    group = a_group(Joining.ON_REQUEST, "cleo", owner="ben")
    service.ask(who("ada"), group)
    for name in ("cleo", "eve", "ada"):
        for act in (service.accept, service.decline, service.remove_member):
            with pytest.raises(Forbidden):
                act(who(name), group, who("ada"))
        with pytest.raises(Forbidden):
            queries.requests(who(name), group)
    assert service.accept(who("mod"), group, who("ada"))


def test_a_no_is_told_with_its_reason_and_asking_again_takes_seven_days(in_lune):
    group = a_group(Joining.ON_REQUEST, owner="ben")
    service.ask(who("ada"), group)
    service.decline(who("ben"), group, who("ada"), reason="We are full.")
    row = queries.membership(group, who("ada"))
    assert (row.is_in, row.is_waiting, row.answer) == (False, False, "We are full.")
    assert len(published(GroupDeclined)) == 1
    with pytest.raises(Conflict, match="seven days"):
        service.ask(who("ada"), group)
    row.declined_at -= timedelta(days=8)
    assert service.ask(who("ada"), group)
    assert row.is_waiting


def test_a_request_that_was_taken_back_cannot_be_answered(in_lune):
    group = a_group(Joining.ON_REQUEST, owner="ben")
    service.ask(who("ada"), group)
    service.leave(who("ada"), group)
    for act in (service.accept, service.decline):
        with pytest.raises(Conflict):
            act(who("ben"), group, who("ada"))


def test_whoever_waits_may_join_at_once_when_the_group_opens(in_lune):
    group = a_group(Joining.ON_REQUEST)
    service.ask(who("ada"), group)
    service.update_group(who("mia"), group, joining=Joining.OPEN)
    assert service.join(who("ada"), group)
    assert inside(group) == {"ada"}


@pytest.mark.parametrize("name", ["nobody", "ada"])
def test_nobody_is_added_twice_or_without_being_there(in_lune, name):
    group = a_group(Joining.CLOSED, "ada")
    with pytest.raises(Invalid) as refusal:
        service.add_member(who("mod"), group, name)
    assert refusal.value.field == "username"


def test_an_address_must_be_confirmed_to_be_added(in_lune):
    group = a_group(Joining.CLOSED)
    who("ada").confirmed_at = None
    with pytest.raises(Invalid):
        service.add_member(who("mod"), group, "@ada")


# -- Owners ----------------------------------------------------------------


def test_the_only_owner_makes_another_before_leaving(in_lune):
    group = a_group(Joining.OPEN, "ada", owner="ben")
    for act in (
        lambda: service.leave(who("ben"), group),
        lambda: service.set_owner(who("ben"), group, who("ben"), is_owner=False),
        lambda: service.remove_member(who("ben"), group, who("ben")),
    ):
        with pytest.raises(Conflict, match="only owner"):
            act()
    service.set_owner(who("ben"), group, who("ada"), is_owner=True)
    service.leave(who("ben"), group)
    assert queries.owner_ids(group.id) == [who("ada").id]


def test_the_only_owner_may_leave_a_group_nobody_else_is_in(in_lune):
    group = a_group(Joining.OPEN, owner="ben")
    service.leave(who("ben"), group)
    assert inside(group) == set()


def test_staff_may_leave_a_group_without_owners(in_lune):
    group = a_group(Joining.OPEN, "ada", owner="ben")
    service.remove_member(who("mod"), group, who("ben"))
    assert inside(group) == {"ada"}
    assert len(published(GroupLeft)) == 1


def test_whoever_is_out_looks_after_nothing_any_more(in_lune):
    group = a_group(Joining.OPEN, "ada", owner="ben")
    service.remove_member(who("mod"), group, who("ben"))
    with pytest.raises(Forbidden):
        service.remove_member(who("ben"), group, who("ada"))


# -- What a group opens ----------------------------------------------------


def test_a_category_for_a_group_is_open_to_it_and_closed_at_once_to_whoever_leaves(in_lune):
    group = a_group(Joining.OPEN, "ada")
    categories.add_category(
        name="Garage",
        visible_to=Audience.GROUP,
        who_may_start=Audience.GROUP,
        who_may_reply=Audience.GROUP,
        group=group,
    )
    thread = a_thread("ada", "garage")
    for name, sees in (("ada", True), ("ben", False), ("eve", False), ("mod", True)):
        listed = thread in threads.threads_page(who(name)).items
        assert listed is sees, name
    service.leave(who("ada"), group)
    assert thread not in threads.threads_page(who("ada")).items
    assert threads.threads_by(who("ben"), who("ada")) == []
    for name in ("ada", "ben"):
        with pytest.raises(Missing):
            reach.thread_or_missing(who(name), thread.id)
        with pytest.raises(Missing):
            reach.category_or_missing(who(name), "garage")


def test_a_request_opens_nothing(in_lune):
    group = a_group(Joining.ON_REQUEST)
    categories.add_category(name="Garage", visible_to=Audience.GROUP, group=group)
    service.ask(who("ada"), group)
    with pytest.raises(Missing):
        reach.category_or_missing(who("ada"), "garage")


# -- A member's own --------------------------------------------------------


def test_whoever_leaves_the_community_is_in_no_group_and_has_asked_for_none(in_lune):
    group = a_group(Joining.ON_REQUEST, "ada")
    service.ask(who("ben"), group, message="Please")
    for name in ("ada", "ben"):
        service.forget_member(MemberErased(member_id=who(name).id))
    assert db.session.scalars(select(GroupMember)).all() == []


def test_a_copy_of_ones_data_names_groups_and_what_was_said(in_lune):
    group = a_group(Joining.ON_REQUEST)
    service.ask(who("ada"), group, message="Please")
    [line] = service.export(who("ada"))
    assert (line["group"], line["is_member"], line["message"]) == ("Riders", False, "Please")
    assert service.export(who("ben")) == []
