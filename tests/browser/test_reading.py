"""A thread is read in a browser: the mark moves with what is on the screen."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from community.kernel.db import db, writing
from community.kernel.tenancy import brand_scope
from community.threads.models import Thread
from community.threads.reading import ReadMark
from tests.browser.server import Server
from tests.conftest import who
from tests.factories import LUNE
from tests.threads.saying import TITLE, a_reply, a_thread

LONG = "It creaks when it is cold and when it is warm.\n\n" * 12
REPLIES = 6


@pytest.fixture
def talk(server: Server) -> int:
    """The id of a thread that takes some scrolling."""
    with server.app.app_context(), writing(), brand_scope(LUNE):
        thread = a_thread("ada")
        for number in range(REPLIES):
            a_reply(thread, "eve", f"{LONG}Answer {number}")
        db.session.commit()
        return thread.id


def mark(server: Server, username: str) -> int | None:
    with server.app.app_context(), brand_scope(LUNE):
        mine = select(ReadMark.last_read).where(ReadMark.member_id == who(username).id)
        return db.session.scalar(mine)


def one_more(server: Server, talk: int) -> None:
    with server.app.app_context(), writing(), brand_scope(LUNE):
        a_reply(db.session.get_one(Thread, talk), "cleo", "One more thing.")
        db.session.commit()


def see(page: Page, number: int) -> None:
    """Scroll a post's end into view, and wait until that is told."""
    with page.expect_response(re.compile(r"/read$")) as told:
        page.locator(f"#post-{number} footer").scroll_into_view_if_needed()
    assert told.value.status == 204


def test_what_is_on_the_screen_is_read_and_the_rest_is_new(browse, server, sign_in, axe, talk):
    page = browse(base_url=server.url("").rstrip("/"))
    sign_in(page, "ben")
    page.goto("/c/general")
    threads = page.get_by_role("region", name="Threads")
    expect(threads.get_by_role("link", name="New", exact=True)).to_be_visible()
    page.goto(f"/t/{talk}")
    expect(page.locator(".new-line")).to_have_count(0)
    see(page, 4)
    assert mark(server, "ben") == 4
    page.evaluate("scrollTo(0, 0)")

    page.goto("/c/general")
    expect(page.get_by_role("link", name="3 new")).to_be_visible()
    assert axe(page) == []
    page.goto(f"/t/{talk}")
    expect(page.locator(".new-line + #post-5")).to_be_visible()
    assert axe(page) == []
    page.get_by_role("link", name="Jump to the first unread post").click()
    expect(page).to_have_url(re.compile("#post-5$"))
    expect(page.locator("#post-5 header")).to_be_in_viewport()
    see(page, 7)

    one_more(server, talk)
    page.goto("/unread")
    page.get_by_role("link", name="1 new").click()
    expect(page).to_have_url(re.compile("#post-8$"))


def test_what_was_seen_last_is_told_when_the_page_is_left(browse, server, sign_in, talk):
    page = browse(base_url=server.url("").rstrip("/"))
    sign_in(page, "ben")
    page.goto(f"/t/{talk}")
    page.locator("#post-3 footer").scroll_into_view_if_needed()
    page.wait_for_timeout(100)  # the observer answers after the next frame
    page.goto("/c/general")
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
    page.wait_for_timeout(500)
    assert (mark(server, "ben") or 0) >= 3


def test_unread_from_here_stays_unread_although_the_post_is_on_the_screen(
    browse, server, sign_in, talk
):
    page = browse(base_url=server.url("").rstrip("/"))
    sign_in(page, "ben")
    page.goto(f"/t/{talk}")
    see(page, 5)
    post = page.locator("#post-3")
    post.get_by_label("More for post 3").click()
    post.get_by_role("button", name="Unread from here").click()
    expect(page.get_by_text("Unread from here on.")).to_be_visible()
    expect(page.get_by_role("link", name="5 new")).to_be_visible()
    page.wait_for_timeout(3500)  # longer than the script waits to tell
    assert mark(server, "ben") == 2


def test_without_script_a_button_does_it(browse, server, sign_in, talk):
    page = browse(base_url=server.url("").rstrip("/"), java_script_enabled=False)
    sign_in(page, "ben")
    page.goto(f"/t/{talk}")
    page.get_by_role("button", name="Mark as read up to here").click()
    assert mark(server, "ben") == REPLIES + 1
    expect(page.get_by_role("button", name="Mark as read up to here")).to_have_count(0)
    one_more(server, talk)
    page.goto(f"/t/{talk}")
    expect(page.locator(".new-line + #post-8")).to_be_visible()
    page.goto("/c/general")
    page.get_by_role("button", name="Mark category as read").click()
    expect(page.get_by_role("link", name="1 new")).to_have_count(0)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_post_is_marked_and_found_again(browse, server, sign_in, axe, talk, script):
    page = browse(base_url=server.url("").rstrip("/"), java_script_enabled=script)
    sign_in(page, "ben")
    page.goto(f"/t/{talk}")
    post = page.locator("#post-2")
    post.get_by_role("button", name="Bookmark").click()
    expect(post.get_by_role("button", name="Bookmark")).to_have_attribute("aria-pressed", "true")
    page.goto("/bookmarks")
    page.get_by_role("link", name="Note and reminder").click()
    page.get_by_label("Note to yourself").fill("Compare with mine")
    page.get_by_label("Tomorrow at 9 in the morning").check()
    if script:
        assert axe(page) == []
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. We will remind you.")).to_be_visible()
    expect(page.get_by_text("Compare with mine")).to_be_visible()
    if script:
        assert axe(page) == []
    page.get_by_role("link", name="With a reminder").click()
    page.get_by_role("link", name=TITLE).click()
    expect(page).to_have_url(re.compile("#post-2$"))
