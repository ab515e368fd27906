"""Who is staff, who is shut out, and what goes when its time is over."""

from datetime import timedelta

import pytest
import time_machine

from community.events import DayBegan
from community.kernel.db import db, now
from community.kernel.errors import Conflict, Forbidden, Invalid
from community.members import guard, housekeeping, privacy, roles, service
from community.members.models import (
    FailedSignIn,
    FormerUsername,
    KnownNetwork,
    MailedLink,
    Member,
    MemberSession,
    Purpose,
    Role,
)
from tests.conftest import who
from tests.factories import person


def test_an_owner_changes_roles_and_nobody_else(in_lune):
    for actor in ("ada", "mod", "mia"):
        with pytest.raises(Forbidden):
            roles.change_role(who(actor), who("ben"), Role.EXPERT)
    roles.change_role(who("oli"), who("ben"), Role.MODERATOR)
    assert who("ben").is_staff


def test_nobody_takes_the_last_owner_away(in_lune):
    with pytest.raises(Conflict):
        roles.set_role(who("oli"), Role.MEMBER)
    roles.change_role(who("oli"), who("mia"), Role.OWNER)
    roles.change_role(who("mia"), who("oli"), Role.MEMBER)
    assert who("oli").role == Role.MEMBER
    with pytest.raises(Conflict):
        roles.set_role(who("mia"), Role.MANAGER)


def test_an_owner_of_the_other_brand_does_not_count(in_velora):
    with pytest.raises(Conflict):
        roles.set_role(who("oli"), Role.MEMBER)


def test_who_is_suspended_reads_but_takes_no_part_and_knows_why(visit, within):
    with within():
        roles.suspend(who("mod"), who("ada"), days=7, reason="Advertising in three threads")
        db.session.commit()
    browser = visit("ada")
    page = browser.get("/rules").text
    assert "Advertising in three threads" in page
    assert "suspended until" in page
    assert "Advertising" not in visit("ada", "velora").get("/rules").text
    with time_machine.travel(now() + timedelta(days=8), tick=False):
        assert "suspended" not in browser.get("/rules").text


def test_a_suspension_may_have_no_end_and_is_lifted(visit, within):
    with within():
        roles.suspend(who("mod"), who("ada"), days=None, reason="Threats")
        db.session.commit()
    assert "until further notice" in visit("ada").get("/rules").text
    with within():
        roles.reinstate(who("mod"), who("ada"))
        db.session.commit()
        assert not who("ada").is_suspended
        with pytest.raises(Conflict):
            roles.reinstate(who("mod"), who("ada"))


@pytest.mark.parametrize(
    ("days", "reason", "field"),
    [(0, "x", "days"), (-1, "x", "days"), (9999, "x", "days"), (1, "  ", "reason"),
     (1, "x" * 501, "reason")],
)  # fmt: skip
def test_a_suspension_needs_a_time_and_a_reason(in_lune, days, reason, field):
    with pytest.raises(Invalid) as refusal:
        roles.suspend(who("mod"), who("ada"), days=days, reason=reason)
    assert refusal.value.field == field
    assert not who("ada").is_suspended


@pytest.mark.parametrize(
    ("actor", "member"), [("ada", "ben"), ("mod", "mod"), ("mod", "mia"), ("mia", "mod")]
)
def test_staff_is_suspended_by_owners_only(in_lune, actor, member):
    with pytest.raises(Forbidden):
        roles.suspend(who(actor), who(member), days=1, reason="x")


def test_staff_renames_members_at_any_time(in_lune):
    for name in ("adele", "adeline"):
        service.rename(who("mod"), db.session.get_one(Member, who_id("Ada")), name)
    with pytest.raises(Forbidden):
        service.rename(who("ben"), who("adeline"), "x-x-x")


def who_id(name: str) -> int:
    return db.session.query(Member).filter_by(given_name=name).one().id


def test_a_member_is_added_without_being_asked(in_lune):
    zoe = service.add_member(
        username="Zoe", email="Zoe@Example.com", name="Zoé", role="expert", password=None
    )
    assert (zoe.username, zoe.email_key, zoe.role) == ("zoe", "zoe@example.com", Role.EXPERT)
    assert zoe.is_confirmed
    nobody = service.add_member(username="imported", email=None, name="Imported")
    assert nobody.email_key is None


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"email": "ADA@example.com"}, "email"),
        ({"username": "ada"}, "username"),
        ({"name": ""}, "name"),
        ({"password": "short"}, "password"),
        ({"role": "king"}, None),
    ],
)
def test_a_member_who_cannot_be_is_not_added(in_lune, wrong, field):
    facts = {"username": "zoe", "email": "zoe@example.com", "name": "Zoé"}
    with pytest.raises(Invalid) as refusal:
        service.add_member(**facts | wrong)
    assert refusal.value.field == field


# -- Housekeeping ----------------------------------------------------------


def test_who_never_confirmed_is_forgotten_after_two_weeks(within):
    for brand in ("lune", "velora"):
        with within(brand):
            db.session.add(person("zoe", confirmed_at=None, created_at=now()))
            db.session.add(person("old", confirmed_at=None, email=None, email_key=None))
            db.session.commit()
    with within(), time_machine.travel(now() + timedelta(days=13), tick=False):
        housekeeping.let_go(DayBegan())
        db.session.commit()
        assert who("zoe").email
    with within(), time_machine.travel(now() + timedelta(days=15), tick=False):
        housekeeping.let_go(DayBegan())
        db.session.commit()
        assert db.session.query(Member).filter_by(username="zoe").count() == 0
        assert db.session.query(Member).filter_by(email_key="zoe@example.com").count() == 0
        assert service.add_member(username="zoe", email="zoe@example.com", name="Zoé")
        assert who("old")  # imported, with nothing to confirm
        assert who("ada").email
    with within("velora"):
        assert who("zoe").email


def test_what_has_had_its_time_goes(within):
    with within():
        ada = who("ada")
        moment = now()
        db.session.add_all(
            [
                MemberSession(member_id=ada.id, token_hash="a", expires_at=moment),
                MemberSession(
                    member_id=ada.id, token_hash="b", expires_at=moment + timedelta(days=400)
                ),
                FailedSignIn(account="x", network="y"),
                KnownNetwork(member_id=ada.id, network="y"),
                MailedLink(member_id=ada.id, purpose=Purpose.RESET, email="x", expires_at=moment),
            ]
        )
        guard.remember(ada, "z")
        privacy.forget(who("ben"))
        service.rename(who("mod"), who("cleo"), "cleopatra")
        db.session.commit()
    kinds = (FailedSignIn, KnownNetwork, MailedLink)
    with within(), time_machine.travel(now() + timedelta(days=1), tick=False):
        housekeeping.let_go(DayBegan())
        assert [row.token_hash for row in db.session.query(MemberSession)] == ["b"]
        assert [db.session.query(kind).count() for kind in kinds] == [1, 2, 1]
    with within(), time_machine.travel(now() + timedelta(days=366), tick=False):
        housekeeping.let_go(DayBegan())
        assert [db.session.query(kind).count() for kind in kinds] == [0, 0, 0]
        assert [row.username for row in db.session.query(FormerUsername)] == ["cleo"]
