"""Searching with a browser: the list under the box, the page of results, similar threads."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from community.kernel import bus
from community.kernel.db import db, writing
from community.kernel.tenancy import brand_scope
from community.search.indexer import Follower
from community.search.models import SearchMiss, SimilarAnswer
from community.threads import service
from community.threads.models import Category
from tests.browser.server import Server
from tests.conftest import who
from tests.factories import LUNE

WIDTHS = [{"width": 320, "height": 640}, {"width": 1280, "height": 800}]


@pytest.fixture(autouse=True)
def shelf(server: Server) -> None:
    """Let Ada start two threads, and the index follow."""
    with server.app.app_context(), writing(), brand_scope(LUNE):
        corner = db.session.scalars(select(Category).where(Category.slug == "corner")).one()
        for title in ("Retinol in the summer sun", "Retinol and vitamins together"):
            service.start_thread(who("ada"), corner, title=title, body="Is it too much for a skin?")
        db.session.commit()
    with server.app.app_context():
        bus.assign_positions()
        Follower()()


@pytest.fixture
def page(browse, server: Server) -> Page:
    page = browse(base_url=server.url("").rstrip("/"))
    page.goto("/")
    return page


def box(page: Page):
    return page.get_by_role("combobox", name="Search the community")


def offered(page: Page):
    return page.get_by_role("listbox").get_by_role("option")


def test_arrows_go_through_the_list_escape_closes_it_and_enter_follows(page):
    page.keyboard.press("/")
    expect(box(page)).to_be_focused()
    page.keyboard.type("retin")
    options = offered(page)
    expect(options).to_have_count(3)
    expect(box(page)).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    expect(box(page)).to_have_attribute("aria-activedescendant", "found-2")
    page.keyboard.press("ArrowUp")
    chosen = options.nth(0).locator(".grow").inner_text()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(chosen)


def test_enter_without_a_choice_searches_and_the_words_stay_in_the_box(page):
    box(page).fill("summer retinol")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/search\?q=summer"))
    expect(page.get_by_role("heading", level=1)).to_have_text("1 thread for “summer retinol”")
    expect(box(page)).to_have_value("summer retinol")
    expect(page.locator("mark", has_text="Retinol").first).to_be_visible()


def test_leaving_the_box_closes_the_list(page):
    box(page).fill("retinol")
    expect(page.get_by_role("listbox")).to_be_visible()
    page.get_by_role("link", name="Categories").first.focus()
    expect(page.get_by_role("listbox")).to_be_hidden()


def test_without_script_the_box_and_the_filters_search(browse, server):
    page = browse(base_url=server.url("").rstrip("/"), java_script_enabled=False)
    page.goto("/")
    page.get_by_label("Search the community").fill("retinol")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("2 threads for “retinol”")
    page.get_by_label("Category").select_option("corner")
    page.get_by_label("Member").fill("ben")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing for “retinol”")
    expect(page.get_by_label("Category")).to_have_value("corner")
    page.get_by_role("link", name="Search without filters").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("2 threads for “retinol”")


def test_a_search_in_vain_is_counted_once_and_only_of_people(page, server):
    with page.expect_response("**/search/missed") as answer:
        page.goto("/search?q=parasol")
    assert answer.value.status == 204
    with server.app.app_context(), brand_scope(LUNE):
        found = db.session.execute(select(SearchMiss.question, SearchMiss.count)).all()
    assert found == [("parasol", 1)]


def test_the_composer_shows_similar_threads_and_one_of_them_may_be_the_answer(page, server):
    server.enter(page.context, "ben")
    page.goto("/new")
    title = page.get_by_label("Title, in one sentence")
    title.press_sequentially("Retino")
    expect(page.locator("#similar section")).to_have_count(0)
    title.press_sequentially("l in the hot sun")
    close = page.get_by_role("heading", name=re.compile("close to yours"))
    expect(close).to_be_visible()
    page.locator("#similar summary").first.press("Enter")
    page.get_by_role("button", name=re.compile("That answers it")).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Retinol in the summer sun")
    with server.app.app_context(), brand_scope(LUNE):
        assert len(db.session.scalars(select(SimilarAnswer)).all()) == 1


@pytest.mark.parametrize("viewport", WIDTHS, ids=["narrow", "wide"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_results_list_and_similar_threads_are_accessible_and_fit(
    browse, server, axe, viewport, scheme
):
    page = browse(base_url=server.url("").rstrip("/"), viewport=viewport, color_scheme=scheme)
    page.goto("/search?q=retinol")
    box(page).fill("retinol s")
    expect(offered(page)).to_have_count(3)
    page.keyboard.press("ArrowDown")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    server.enter(page.context, "ben")
    page.goto("/new?title=Retinol+in+the+sun")
    expect(page.locator("#similar section")).to_be_visible()
    page.locator("#similar summary").first.click()
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
