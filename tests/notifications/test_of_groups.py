"""News about groups and about making a thread public: notices, mail, and what becomes of them."""

import pytest
from sqlalchemy import select

from community.events import (
    GroupAsked,
    GroupDeclined,
    GroupJoined,
    PublicationAsked,
    PublicationRefused,
    ThreadMadePublic,
)
from community.groups import service
from community.groups.models import Joining
from community.kernel.db import db
from community.kernel.tenancy import brand_scope
from community.notifications import of_groups, of_publishing, queries
from community.notifications.models import Mail, Reason
from community.notifications.service import forget_member
from community.threads import private
from community.threads.models import Access
from tests.conftest import who
from tests.factories import LUNE
from tests.threads.acting import published
from tests.threads.saying import a_reply, a_thread

HANDLERS = {
    GroupAsked: of_groups.of_asking,
    GroupJoined: of_groups.of_joining,
    GroupDeclined: of_groups.of_declining,
    PublicationAsked: of_publishing.of_asking,
    PublicationRefused: of_publishing.of_refusing,
    ThreadMadePublic: of_publishing.of_publishing,
}


def tell(kind) -> None:
    """Deliver every event of a kind, twice, as may happen."""
    for event in published(kind) * 2:
        HANDLERS[kind](kind(**event))
    db.session.flush()


def told(name: str) -> list[str]:
    found = db.session.scalars(queries.shown_to(who(name)))
    return [notice.reason.value for notice in found]


def mails(name: str) -> list[Mail]:
    theirs = select(Mail).where(Mail.member_id == who(name).id).order_by(Mail.id)
    return list(db.session.scalars(theirs))


def a_group(joining=Joining.ON_REQUEST, owner: str | None = "ben"):
    group = service.add_group(name="Riders", joining=joining)
    if owner:
        service.add_member(who("oli"), group, owner)
        service.set_owner(who("oli"), group, who(owner), is_owner=True)
    return group


# -- Groups ----------------------------------------------------------------


def test_owners_hear_of_a_request_once_and_until_it_is_answered(in_lune):
    group = a_group()
    service.ask(who("ada"), group, message="I ride daily.")
    tell(GroupAsked)
    assert told("ben") == ["group-asked"]
    assert told("mod") == told("cleo") == []
    [mail] = mails("ben")
    assert "I ride daily." in mail.text
    assert "/groups/riders" in mail.text
    service.accept(who("ben"), group, who("ada"))
    assert told("ben") == []
    assert queries.unread_count(who("ben")) == 0


def test_without_owners_staff_hears_of_it(in_lune):
    service.ask(who("ada"), a_group(owner=None))
    tell(GroupAsked)
    for name in ("mod", "mia", "oli"):
        assert told(name) == ["group-asked"]
    assert told("ada") == told("eve") == []


def test_whoever_is_no_owner_any_more_sees_no_requests(in_lune):
    group = a_group()
    service.ask(who("ada"), group)
    tell(GroupAsked)
    service.remove_member(who("mod"), group, who("ben"))
    assert told("ben") == []


def test_the_answer_is_told_to_whoever_asked(in_lune):
    group = a_group()
    for name in ("ada", "cleo"):
        service.ask(who(name), group)
    service.accept(who("ben"), group, who("ada"))
    service.decline(who("ben"), group, who("cleo"), reason="We are full.")
    tell(GroupJoined)
    tell(GroupDeclined)
    assert told("ada") == ["group-accepted"]
    assert told("cleo") == ["group-declined"]
    assert "We are full." in mails("cleo")[0].text
    assert told("ben") == ["group-added"]  # when the group began


def test_whoever_joins_by_a_button_is_told_nothing(in_lune):
    service.join(who("ada"), a_group(Joining.OPEN))
    tell(GroupJoined)
    assert told("ada") == []
    assert mails("ada") == []


def test_whoever_wants_no_mail_gets_none(in_lune):
    who("ada").mails_replies = False
    service.add_member(who("mod"), a_group(), "ada")
    tell(GroupJoined)
    assert told("ada") == ["group-added"]
    assert mails("ada") == []


def test_nothing_is_shown_of_a_group_that_is_gone_or_hidden_from_the_member(in_lune):
    group = a_group(Joining.CLOSED)
    service.add_member(who("mod"), group, "ada")
    tell(GroupJoined)
    service.update_group(who("mia"), group, is_hidden=True)
    assert told("ada") == ["group-added"]
    service.remove_member(who("mod"), group, who("ada"))
    assert told("ada") == []
    service.remove_group(who("mia"), group)
    assert told("ben") == []


def test_the_page_of_notices_leads_to_the_group(app, visit):
    with app.app_context(), brand_scope(LUNE):
        service.add_member(who("mod"), a_group(), "ada")
        tell(GroupJoined)
        [notice] = db.session.scalars(queries.shown_to(who("ada"))).all()
        db.session.commit()
    ada = visit("ada")
    assert "added you to “Riders”" in ada.get("/notifications").text
    assert ada.post(f"/notifications/{notice.id}").location == "/groups/riders"
    with app.app_context(), brand_scope(LUNE):
        assert queries.unread_count(who("ada")) == 0


def test_what_others_were_told_of_a_member_goes_with_the_member(in_lune):
    service.ask(who("ada"), a_group())
    tell(GroupAsked)
    forget_member(type("Erased", (), {"member_id": who("ada").id}))
    assert told("ben") == []


# -- Making public ---------------------------------------------------------


def an_asked_thread():
    thread = a_thread("ada", access=Access.BRAND)
    a_reply(thread, "mod")
    private.ask_to_publish(who("mod"), thread, message="It would help many.")
    tell(PublicationAsked)
    return thread


@pytest.fixture
def thread(in_lune):
    return an_asked_thread()


def test_the_author_is_asked_by_a_notice_and_a_mail(thread):
    assert told("ada") == ["asked-public"]
    [mail] = mails("ada")
    assert "It would help many." in mail.text
    assert f"/t/{thread.id}/publish" in mail.text
    assert told("mod") == []


def test_consent_is_told_to_who_asked_and_settles_the_question(thread):
    private.publish_thread(who("ada"), thread, seen=private.shown(thread).version)
    tell(ThreadMadePublic)
    assert told("mod") == ["made-public"]
    assert queries.unread_count(who("ada")) == 0


def test_a_no_is_told_to_who_asked(thread):
    private.refuse_to_publish(who("ada"), thread)
    tell(PublicationRefused)
    assert told("mod") == ["kept-private"]
    assert told("ben") == told("oli") == []


def test_the_notice_leads_to_the_page_where_the_author_decides(app, visit):
    with app.app_context(), brand_scope(LUNE):
        thread = an_asked_thread()
        [notice] = db.session.scalars(queries.shown_to(who("ada"))).all()
        assert notice.reason is Reason.ASKED_PUBLIC
        db.session.commit()
    ada = visit("ada")
    assert "may become public" in ada.get("/notifications").text
    assert ada.post(f"/notifications/{notice.id}").location == f"/t/{thread.id}/publish"
