"""Staff tidies threads in a browser: chooses, looks, merges, finds old links, takes it back."""

import re

import pytest
from playwright.sync_api import Page, expect

from community.kernel.db import db, writing
from community.kernel.tenancy import brand_scope
from tests.browser.server import Server
from tests.factories import LUNE
from tests.threads.saying import a_reply, a_thread

TITLES = ("Does rain harm it in the long run?", "Rain again: what should I do?")


@pytest.fixture
def talks(server: Server) -> tuple[int, int]:
    """Ids of two threads in General, each with two replies."""
    with server.app.app_context(), writing(), brand_scope(LUNE):
        made = []
        for title, author in zip(TITLES, ("ada", "cleo"), strict=True):
            thread = a_thread(author, title=title)
            for name in ("ben", "eve"):
                a_reply(thread, name, f"{name.title()} answers {author.title()}.")
            made.append(thread.id)
        db.session.commit()
        return made[0], made[1]


def merge(page: Page, target: str = TITLES[0]) -> None:
    page.goto("/c/general")
    page.get_by_role("link", name="Choose several").click()
    for title in TITLES:
        page.get_by_role("checkbox", name=f"Choose “{title}”").check()
    page.get_by_role("button", name="Merge").click()
    page.get_by_role("radio", name=target).check()
    page.get_by_label("Reason").fill("The same question")
    page.get_by_role("button", name="Show what happens").click()
    expect(page.get_by_text("3 posts come behind those of")).to_be_visible()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_two_threads_are_merged_and_taken_apart_again(browse, server, sign_in, axe, talks, script):
    page = browse(base_url=server.url("").rstrip("/"), java_script_enabled=script)
    sign_in(page, "mod")
    merge(page)
    if script:
        assert axe(page) == []
    page.get_by_role("button", name="Merge", exact=True).click()
    line = page.locator(".tombstone")
    expect(line).to_contain_text(f"3 posts merged from “{TITLES[1]}” by Mod")
    expect(line).to_contain_text("Reason: The same question")
    expect(page.locator("#post-5")).to_contain_text("Ben answers Cleo.")
    if script:
        assert axe(page) == []

    page.goto("/admin/threads")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone by Mod")).to_be_visible()
    page.goto(f"/t/{talks[1]}")
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLES[1])
    expect(page.locator("#post-2")).to_contain_text("Ben answers Cleo.")


def test_an_old_link_to_a_post_finds_it_where_it_went(browse, server, sign_in, talks):
    page = browse(base_url=server.url("").rstrip("/"))
    sign_in(page, "mod")
    merge(page)
    page.get_by_role("button", name="Merge", exact=True).click()
    expect(page.locator("#post-6")).to_be_visible()
    stranger = browse(base_url=server.url("").rstrip("/"))
    stranger.goto(f"/t/{talks[1]}/rain-again#post-3")
    expect(stranger).to_have_url(re.compile(rf"/t/{talks[0]}/[\w-]+#post-6$"))
    expect(stranger.locator("#post-6")).to_contain_text("Eve answers Cleo.")
    stranger.goto(f"/t/{talks[1]}")
    expect(stranger).to_have_url(re.compile(rf"/t/{talks[0]}/[\w-]+\?was={talks[1]}$"))


def test_posts_are_taken_out_and_their_place_leads_on(browse, server, sign_in, axe, talks):
    page = browse(base_url=server.url("").rstrip("/"))
    sign_in(page, "mod")
    page.goto(f"/t/{talks[0]}")
    page.get_by_label("Tools for this thread").click()
    page.get_by_role("link", name="Take posts out").click()
    page.get_by_role("checkbox", name="Choose post 2").check()
    assert axe(page) == []
    page.get_by_role("button", name="Take them out of this thread").click()
    page.get_by_label("Title of the new thread").fill("Short")
    page.get_by_role("button", name="Show what happens").click()
    expect(page.get_by_role("alert")).to_contain_text("Write between 10 and 120 characters")
    page.get_by_label("Title of the new thread").fill("Snow is another matter")
    page.get_by_role("button", name="Show what happens").click()
    assert axe(page) == []
    page.get_by_role("button", name="Take them out", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Snow is another matter")

    page.goto(f"/t/{talks[0]}")
    line = page.locator(".tombstone")
    expect(line).to_contain_text("1 post was moved to Snow is another matter by Mod")
    expect(line.locator("#post-2")).to_have_count(1)
    line.get_by_role("button", name="Undo").click()
    expect(page.locator("article#post-2")).to_contain_text("Ben answers Ada.")
