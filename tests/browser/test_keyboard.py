"""Everything is reached, opened, written and left with the keyboard alone."""

import pytest
from playwright.sync_api import Locator, Page, expect

from community.kernel.db import db, writing
from community.kernel.tenancy import brand_scope
from community.threads import service
from community.threads.models import Category
from tests.browser.server import Server
from tests.conftest import who
from tests.factories import LUNE

TITLE = "Which drop comes first?"
COVERED = """() => {
    const focused = document.activeElement;
    if (focused === document.body) return '';
    const box = focused.getBoundingClientRect();
    const there = document.elementFromPoint(
        Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 1), box.top + box.height / 2);
    return there && (focused.contains(there) || there.contains(focused)) ? '' : focused.outerHTML;
}"""
AT_AN_END = "document.activeElement === document.body"


@pytest.fixture
def page(browse, server: Server) -> Page:
    """Let Ben, on a phone, open the home page, where Ada's thread is."""
    with server.app.app_context(), writing(), brand_scope(LUNE):
        corner = db.session.query(Category).filter(Category.slug == "corner").one()
        service.start_thread(who("ada"), corner, title=TITLE, body="The light one or the rich one?")
        db.session.commit()
    page = browse(base_url=server.url("").rstrip("/"))
    server.enter(page.context, "ben")
    page.goto("/")
    return page


def go_to(page: Page, wanted: Locator) -> None:
    """Press Tab until the wanted thing has the focus, and fail when it never gets it."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"Tab never reaches {wanted}")


def open_thread(page: Page) -> None:
    go_to(page, page.get_by_role("link", name=TITLE))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)


def test_the_first_stop_leads_over_the_header(page):
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_a_thread_is_opened_and_answered(page):
    open_thread(page)
    go_to(page, page.locator(".composer [role=textbox]"))
    page.keyboard.type("The light one.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#post-2")).to_contain_text("The light one.")


def test_a_menu_opens_with_enter_and_closes_with_escape(page):
    account = page.get_by_label("Your account, Ben")
    go_to(page, account)
    page.keyboard.press("Enter")
    profile = page.get_by_role("link", name="Your profile")
    expect(profile).to_be_visible()
    page.keyboard.press("Tab")
    expect(profile).to_be_focused()
    page.keyboard.press("Escape")
    expect(profile).to_be_hidden()
    expect(account).to_be_focused()


def test_arrows_move_along_the_toolbar_which_is_one_stop(page):
    open_thread(page)
    bold, italic = (page.get_by_role("button", name=name) for name in ("Bold", "Italic"))
    go_to(page, bold)
    page.keyboard.press("ArrowRight")
    expect(italic).to_be_focused()
    page.keyboard.press("End")
    expect(page.get_by_role("button", name="Markdown")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(bold).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Home")
    expect(bold).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".composer [role=textbox]")).to_be_focused()


def test_a_button_of_the_toolbar_acts_and_says_so(page):
    open_thread(page)
    bold = page.get_by_role("button", name="Bold")
    go_to(page, bold)
    page.keyboard.press("Enter")
    expect(page.locator(".composer [role=textbox]")).to_be_focused()
    expect(bold).to_have_attribute("aria-pressed", "true")
    page.keyboard.type("rich")
    expect(page.locator(".composer strong")).to_have_text("rich")


def test_a_dialog_takes_the_focus_and_gives_it_back(page):
    open_thread(page)
    go_to(page, page.locator(".composer [role=textbox]"))
    page.keyboard.press("Control+k")
    expect(page.get_by_label("Address of the link")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".composer [role=textbox]")).to_be_focused()
    page.keyboard.press("Control+k")
    page.keyboard.type("example.com")
    page.keyboard.press("Enter")
    expect(page.locator(".composer [role=textbox] a")).to_have_attribute(
        "href", "https://example.com"
    )
    expect(page.locator(".composer [role=textbox]")).to_be_focused()


@pytest.mark.parametrize("path", ["/", "/new", "/settings"])
def test_what_has_the_focus_is_never_under_a_bar(page, path):
    page.goto(path)
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(AT_AN_END):
            break
        assert page.evaluate(COVERED) == ""
