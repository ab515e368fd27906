"""Taking one's data along, and being forgotten."""

import json

import pytest
from sqlalchemy import inspect, select

from community.kernel.bus import EventRecord
from community.kernel.db import db
from community.kernel.errors import Conflict, Forbidden, Invalid
from community.members import access, names, privacy, service
from community.members.models import FormerUsername, MailedLink, Member, MemberSession, Role
from tests.conftest import who
from tests.members.conftest import PASSWORD

MARK = "Xylophania"


@pytest.fixture
def marked(within):
    """Ada with a mark in every column that holds words about her."""
    with within():
        ada = who("ada")
        ada.name, ada.bio, ada.title = MARK, f"I am {MARK}", f"{MARK} of Lune"
        ada.email = ada.email_key = f"{MARK.lower()}@example.com"
        ada.suspended_reason, ada.avatar = f"{MARK} spams", MARK
        service.rename(who("mod"), ada, MARK.lower())
        service.rename(who("mod"), ada, f"{MARK.lower()}2")
        access.request_link(ada.email, access.Purpose.RESET)
        db.session.commit()


def rows_with(word: str) -> list[str]:
    """Where the word stands in the whole database of the brand."""
    found = []
    for mapper in db.Model.registry.mappers:
        for row in db.session.scalars(select(mapper.class_)).all():
            values = {c.key: getattr(row, c.key) for c in inspect(row).mapper.column_attrs}
            found += [
                f"{mapper.class_.__name__}.{k}"
                for k, v in values.items()
                if word.lower() in str(v).lower()
            ]
    return found


def test_a_members_data_holds_everything_known_and_no_secret(visit, marked):
    browser = visit(f"{MARK.lower()}2")
    answer = browser.post("/settings/privacy/data")
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="lune-{MARK.lower()}2.json"'
    )
    data = json.loads(answer.text)
    assert data["profile"]["name"] == MARK
    assert data["profile"]["email"] == f"{MARK.lower()}@example.com"
    assert [row["username"] for row in data["former_user_names"]] == ["ada", MARK.lower()]
    assert len(data["sessions"]) == 1
    assert data["mailed_links"][0]["purpose"] == "reset"
    for secret in ("password_hash", "token_hash", "$argon2", "brand_id"):
        assert secret not in answer.text


def test_features_add_what_they_know(app, visit):
    app.extensions["exports"] = [("reviews", lambda member: [{"of": member.name}])]
    data = json.loads(visit("ada").post("/settings/privacy/data").text)
    assert data["reviews"] == [{"of": "Ada"}]


def test_nobody_takes_another_members_data(in_lune):
    with pytest.raises(Forbidden):
        privacy.data_of(who("oli"), who("ada"), [])


def test_after_leaving_nothing_says_who_it_was(within, marked):
    with within():
        assert len(rows_with(MARK)) > 8
        privacy.forget(who(f"{MARK.lower()}2"))
        db.session.commit()
    with within():
        assert rows_with(MARK) == []
        gone = db.session.scalars(select(Member).where(Member.erased_at.is_not(None))).one()
        assert gone.name == f"Former member {gone.username.removeprefix('former-')}"
        assert db.session.scalars(select(MemberSession)).all() == []
        assert db.session.scalars(select(MailedLink)).all() == []
    with within("velora"):
        assert who("ada").name == "Ada"


def test_a_former_member_is_named_in_the_readers_language(app, within):
    with within():
        ada = who("ada")
        privacy.forget(ada)
        assert ada.name.startswith("Former member ")
        assert ada.given_name == ""


def test_names_of_who_left_are_nobodys_for_a_while(within, marked):
    with within():
        privacy.forget(who(f"{MARK.lower()}2"))
        db.session.commit()
        for name in ("ada", "a.d.a", MARK.lower(), f"{MARK.lower()}2"):
            with pytest.raises(Invalid):
                names.checked_username(name)
        assert all(row.username.startswith("gone:") for row in db.session.query(FormerUsername))
    with within("velora"):
        assert not names.is_taken(MARK.lower())


def test_the_address_of_who_left_may_join_again(visit, within):
    with within():
        privacy.forget(who("ada"))
        db.session.commit()
    answer = visit().post(
        "/join",
        data={
            "name": "Ada again",
            "username": "",
            "email": "ada@example.com",
            "password": PASSWORD,
            "accepts": "y",
        },
    )
    assert answer.status_code == 303
    with within():
        assert db.session.query(Member).filter_by(email_key="ada@example.com").count() == 1


@pytest.mark.parametrize(("choice", "removes"), [("keep", False), ("remove", True)])
def test_a_member_leaves_with_the_password(visit, within, with_password, choice, removes):
    with_password("ada")
    browser = visit("ada")
    wrong = browser.post("/settings/privacy", data={"posts": choice, "password": "not this"})
    assert (wrong.status_code, "not your password" in wrong.text) == (422, True)
    done = browser.post("/settings/privacy", data={"posts": choice, "password": PASSWORD})
    assert (done.status_code, done.location) == (303, "/")
    assert browser.get("/settings").status_code == 302
    with within():
        event = db.session.query(EventRecord).filter_by(name="MemberErased").one()
        assert event.payload["removes_posts"] is removes


def test_who_has_no_password_leaves_by_a_mailed_link(visit, mailed, within):
    browser = visit("ada")
    assert browser.post("/settings/privacy", data={"posts": "keep"}).status_code == 422
    browser.post("/settings/privacy/leave-link")
    token = mailed("leave")
    assert browser.get(f"/leave/{token}").status_code == 200
    with within():
        assert not who("ada").is_erased
    assert browser.post(f"/leave/{token}", data={"posts": "keep"}).status_code == 303
    assert browser.get("/settings").status_code == 302
    assert browser.get("/m/ada").status_code == 410
    assert visit("ada", "velora").get("/settings").status_code == 200


def test_the_only_owner_cannot_leave(visit, within, with_password):
    with_password("oli")
    data = {"posts": "keep", "password": PASSWORD}
    assert visit("oli").post("/settings/privacy", data=data).status_code == 409
    with within():
        assert who("oli").role == Role.OWNER
        with pytest.raises(Conflict):
            privacy.forget(who("oli"))


def test_an_owner_erases_a_member_and_others_do_not(within):
    with within():
        for actor in ("ben", "mod", "mia"):
            with pytest.raises(Forbidden):
                privacy.erase(who(actor), who("ada"), removes_posts=False)
        privacy.erase(who("oli"), who("ada"), removes_posts=False)
        with pytest.raises(Forbidden):
            privacy.erase(who("oli"), who("mia"), removes_posts=False)
