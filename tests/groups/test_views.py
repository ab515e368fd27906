"""The pages of groups: what each reader sees, and what each button does."""

import pytest

from community.groups import queries, service
from community.groups.models import Joining
from community.kernel.db import db
from community.kernel.tenancy import brand_scope
from community.members.models import Anonymous
from community.threads import categories
from community.threads.models import Audience
from tests.conftest import who
from tests.factories import LUNE, VELORA


@pytest.fixture
def lune(app):
    """`with lune():` is Maison Lune; what happened there is kept."""

    class Brand:
        def __enter__(self):
            self.context = app.app_context()
            self.context.push()
            self.scope = brand_scope(LUNE)
            self.scope.__enter__()

        def __exit__(self, kind, error, trace):
            if kind is None:
                db.session.commit()
            self.scope.__exit__(kind, error, trace)
            self.context.pop()

    return Brand


def a_group(joining=Joining.OPEN, owner=None, **values):
    group = service.add_group(name="Riders", joining=joining, **values)
    if owner:
        service.add_member(who("oli"), group, owner)
        service.set_owner(who("oli"), group, who(owner), is_owner=True)
    return group


def the_group():
    return queries.group_or_missing(who("oli"), "riders")


def test_a_stranger_is_asked_to_sign_in(lune, visit):
    with lune():
        a_group()
    for path in ("/groups", "/groups/riders"):
        assert visit().get(path).status_code == 302


def test_there_is_a_word_when_there_is_no_group(visit):
    page = visit("ada").get("/groups")
    assert "There is no group yet" in page.text
    assert "Make a group" not in page.text
    assert "Make a group" in visit("mia").get("/groups").text


def test_a_group_of_one_brand_is_not_known_in_the_other(lune, visit):
    with lune():
        a_group()
    assert "Riders" in visit("ada").get("/groups").text
    assert "Riders" not in visit("ada", brand="velora").get("/groups").text
    assert visit("ada", brand="velora").get("/groups/riders").status_code == 404


def test_joining_and_leaving_by_the_buttons_of_the_page(lune, visit):
    with lune():
        a_group()
    ada = visit("ada")
    assert "/groups/riders/join" in ada.get("/groups/riders").text
    assert ada.post("/groups/riders/join").status_code == 303
    page = ada.get("/groups/riders").text
    assert "You are in this group" in page
    assert "/groups/riders/join" not in page
    assert ada.post("/groups/riders/leave").status_code == 303
    assert "You are in this group" not in ada.get("/groups/riders").text


def test_asking_waiting_and_being_let_in(lune, visit):
    with lune():
        a_group(Joining.ON_REQUEST, owner="ben")
    ada, ben = visit("ada"), visit("ben")
    assert ada.get("/groups/riders/ask").status_code == 200
    assert ada.post("/groups/riders/ask", data={"message": "I <b>ride</b>"}).status_code == 303
    page = ada.get("/groups/riders").text
    assert "You have asked to join" in page
    assert "/groups/riders/ask" not in page
    assert "1 request" in ben.get("/groups/riders").text
    assert "I &lt;b&gt;ride&lt;/b&gt;" in ben.get("/groups/riders/members").text
    assert ben.post("/groups/riders/members/ada", data={"act": "accept"}).status_code == 303
    assert "You are in this group" in ada.get("/groups/riders").text


def test_a_word_that_is_too_long_comes_back_with_the_form(lune, visit):
    with lune():
        a_group(Joining.ON_REQUEST)
    answer = visit("ada").post("/groups/riders/ask", data={"message": "word " * 120})
    assert answer.status_code == 422
    assert "word word" in answer.text
    assert "Use 500 characters at most." in answer.text


def test_a_no_is_shown_with_its_reason_on_the_page_of_the_group(lune, visit):
    with lune():
        group = a_group(Joining.ON_REQUEST, owner="ben")
        service.ask(who("ada"), group)
    ben = visit("ben")
    assert ben.get("/groups/riders/members/ada/decline").status_code == 200
    answer = ben.post("/groups/riders/members/ada/decline", data={"reason": "We are full."})
    assert answer.status_code == 303
    assert "We are full." in visit("ada").get("/groups/riders").text


def test_the_list_of_members_is_for_those_inside_and_for_staff(lune, visit):
    with lune():
        a_group(owner="ben")
        service.add_member(who("oli"), the_group(), "cleo")
    for name, sees in (("ada", False), ("cleo", True), ("mod", True)):
        page = visit(name).get("/groups/riders").text
        assert ("/m/cleo" in page) is (sees or name == "cleo"), name
        assert "/m/ben" in page, name


@pytest.mark.parametrize("name", ["ada", "cleo"])
def test_looking_after_a_group_is_for_its_owners_and_staff(lune, visit, name):
    with lune():
        service.add_member(who("oli"), a_group(owner="ben"), "cleo")
    browser = visit(name)
    assert browser.get("/groups/riders/members").status_code == 403
    assert browser.post("/groups/riders/members", data={"username": "eve"}).status_code == 403
    for act in ("accept", "remove", "make-owner", "unmake-owner"):
        answer = browser.post("/groups/riders/members/ben", data={"act": act})
        assert answer.status_code == 403
    assert browser.get("/groups/riders/members/ben/decline").status_code == 403


def test_an_owner_adds_by_name_makes_owners_and_takes_out(lune, visit):
    with lune():
        a_group(Joining.CLOSED, owner="ben")
    ben = visit("ben")
    refused = ben.post("/groups/riders/members", data={"username": "nobody"})
    assert refused.status_code == 422
    assert "There is no member of this name." in refused.text
    assert 'value="nobody"' in refused.text
    assert ben.post("/groups/riders/members", data={"username": "@ada"}).status_code == 303
    for act in ("make-owner", "unmake-owner", "remove"):
        assert ben.post("/groups/riders/members/ada", data={"act": act}).status_code == 303
    with lune():
        assert who("ada").group_ids == frozenset()
    assert ben.post("/groups/riders/members/ada", data={"act": "remove"}).status_code == 404
    assert ben.post("/groups/riders/members/ben", data={"act": "dance"}).status_code == 400


def test_categories_of_a_group_are_named_to_whoever_may_read_them(lune, visit):
    with lune():
        group = a_group(owner="ben")
        categories.add_category(name="Garage", visible_to=Audience.GROUP, group=group)
    assert "Garage" in visit("ben").get("/groups/riders").text
    assert "Garage" not in visit("ada").get("/groups/riders").text


class TestBackOffice:
    def test_is_closed_to_members_and_moderators(self, visit):
        for name in ("ada", "mod"):
            assert visit(name).get("/admin/groups").status_code == 403

    def test_a_manager_makes_changes_and_ends_a_group(self, lune, visit):
        mia = visit("mia")
        assert "There is no group yet" in mia.get("/admin/groups").text
        sent = {"name": "Riders", "joining": "closed", "is_hidden": "y", "description": "All."}
        assert mia.post("/admin/groups/new", data=sent).status_code == 303
        assert "Hidden" in mia.get("/admin/groups").text
        assert 'value="Riders"' in mia.get("/admin/groups/riders").text
        sent = {"name": "Winter riders", "joining": "open"}
        assert mia.post("/admin/groups/riders", data=sent).status_code == 303
        with lune():
            group = the_group()
            assert (group.name, group.joining, group.is_hidden) == (
                "Winter riders", Joining.OPEN, False)  # fmt: skip
        assert "Winter riders" in mia.get("/admin/groups/riders/remove").text
        assert mia.post("/admin/groups/riders/remove").status_code == 303
        assert mia.get("/admin/groups/riders").status_code == 404
        with lune():
            assert queries.group_lines(who("mia")) == []

    def test_what_is_refused_stands_beside_its_field(self, lune, visit):
        with lune():
            a_group()
        mia = visit("mia")
        for path in ("/admin/groups/new", "/admin/groups/riders"):
            sent = {"name": "Hidden ones", "joining": "open", "is_hidden": "y"}
            answer = mia.post(path, data=sent)
            assert answer.status_code == 422, path
            assert 'id="is_hidden-error"' in answer.text
            assert 'value="Hidden ones"' in answer.text
        with lune():
            assert [line.group.name for line in queries.group_lines(who("mia"))] == ["Riders"]

    def test_a_group_with_a_category_is_not_ended(self, lune, visit):
        with lune():
            group = a_group()
            categories.add_category(name="Garage", visible_to=Audience.GROUP, group=group)
        mia = visit("mia")
        page = mia.get("/admin/groups/riders").text
        assert "Garage" in page
        assert "/admin/groups/riders/remove" not in page
        assert mia.post("/admin/groups/riders/remove").status_code == 409

    def test_requests_that_wait_are_counted_in_the_menu(self, lune, visit):
        with lune():
            service.ask(who("ada"), a_group(Joining.ON_REQUEST))
        assert "Requests to join groups" in visit("mia").get("/admin/").text


def test_a_group_of_one_brand_opens_nothing_in_the_other(app, lune):
    with lune():
        group = a_group(owner="ada")
        categories.add_category(name="Garage", visible_to=Audience.GROUP, group=group)
    with app.app_context(), brand_scope(VELORA):
        assert queries.group_lines(who("oli")) == []
        assert who("ada").group_ids == frozenset()
        assert queries.group_lines(Anonymous()) == []
