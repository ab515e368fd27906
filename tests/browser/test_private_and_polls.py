"""Writing in private and voting, in Chromium: one walk each, with script and without."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from community.kernel.db import db
from community.kernel.tenancy import brand_scope
from community.polls import service as polls
from community.polls.models import Ballot, Voting
from community.polls.rules import Rules
from community.threads.models import ThreadMember
from tests.asking import ANSWERS, QUESTION
from tests.browser.server import Server
from tests.conftest import who
from tests.factories import LUNE
from tests.talking import a_conversation
from tests.threads.saying import a_thread

pytestmark = pytest.mark.browser


@pytest.fixture
def enter(browse, server: Server, sign_in):
    """`enter("ada")` is Ada's browser, signed in; `has_script=False` for one without."""

    def open_browser(username: str, *, has_script: bool = True) -> Page:
        options = {} if has_script else {"java_script_enabled": False}
        page = browse(base_url=server.url("").rstrip("/"), **options)
        sign_in(page, username)
        return page

    return open_browser


@pytest.fixture
def conversation(server: Server) -> str:
    with server.app.app_context(), brand_scope(LUNE):
        thread = a_conversation("ada", "ben")
        db.session.commit()
        return f"/messages/{thread.id}"


@pytest.fixture
def ranked(server: Server) -> str:
    """A ranked poll in a thread of Ada's."""
    with server.app.app_context(), brand_scope(LUNE):
        thread = a_thread("ada")
        polls.open_poll(who("ada"), thread, Rules(QUESTION, ANSWERS, voting=Voting.RANKED))
        db.session.commit()
        return f"/t/{thread.id}/{thread.slug}"


def test_what_is_opened_is_read_and_an_answer_arrives(enter, server, conversation, axe):
    ben = enter("ben")
    ben.goto("/messages/")
    expect(ben.locator(".count")).to_have_text("1")
    assert axe(ben) == []
    ben.locator("a.cover").click()
    expect(ben.locator("#seen")).to_have_text("Read up to here.")
    assert axe(ben) == []
    ben.locator(".composer [role=textbox]").click()
    ben.keyboard.type("Yes, please.")
    ben.get_by_role("button", name="Send", exact=True).click()
    expect(ben.locator("#post-2")).to_contain_text("Yes, please.")
    with server.app.app_context(), brand_scope(LUNE):
        read = select(ThreadMember.read_number).where(ThreadMember.member_id == who("ben").id)
        assert db.session.scalar(read) == 2
    ben.goto("/messages/")
    expect(ben.locator(".count")).to_have_count(0)


def test_without_script_a_button_says_what_was_read(enter, conversation):
    ben = enter("ben", has_script=False)
    ben.goto(conversation)
    ben.get_by_role("button", name="Mark as read").click()
    expect(ben.get_by_role("heading", level=1)).to_have_text("Messages")
    expect(ben.locator(".count")).to_have_count(0)


@pytest.mark.parametrize("has_script", [True, False])
def test_a_ranked_vote_is_cast_and_changed(enter, server, ranked, has_script, axe):
    ben = enter("ben", has_script=has_script)
    ben.goto(ranked)
    poll = ben.locator("#poll")
    poll.get_by_label("Green").select_option("1")
    poll.get_by_label("Blue").select_option("1")
    poll.get_by_role("button", name="Vote", exact=True).click()
    expect(poll.get_by_role("alert")).to_have_text("Give each place to one answer only.")
    expect(poll.get_by_label("Blue")).to_have_value("1")
    poll.get_by_label("Blue").select_option("2")
    poll.get_by_role("button", name="Vote", exact=True).click()
    expect(poll).to_contain_text("You have voted.")
    expect(poll).to_contain_text("Ahead: Green")
    if has_script:
        expect(ben).to_have_url(re.compile(re.escape(ranked)))
        assert axe(ben) == []
    poll.get_by_text("Vote otherwise").click()
    poll.get_by_label("Blue").select_option("1")
    poll.get_by_label("Green").select_option("")
    poll.get_by_role("button", name="Change my vote").click()
    expect(poll).to_contain_text("Ahead: Blue")
    with server.app.app_context(), brand_scope(LUNE):
        assert len(db.session.scalars(select(Ballot)).one().choices) == 1
