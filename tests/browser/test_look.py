"""The theme editor in a browser: what is chosen shows at once, is proven, and is published."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.server import Server

WIDE = {"width": 1280, "height": 900}


@pytest.fixture
def edit(browse, server: Server) -> Callable[..., Page]:
    """Give a function that opens the editor as a manager of Maison Lune."""

    def opened(**options) -> Page:
        page = browse(viewport=WIDE, base_url=server.url(""), **options)
        server.enter(page.context, "mia")
        page.goto("/admin/appearance")
        return page

    return opened


@pytest.fixture
def editor(edit) -> Page:
    return edit()


def colour_of(page: Page, selector: str, what: str = "backgroundColor") -> str:
    """A colour as a page paints it once nothing moves, whatever space it is given in."""
    return page.evaluate(
        """async ([selector, what]) => {
            for (const moving of document.getAnimations()) await moving.finished;
            const canvas = new OffscreenCanvas(1, 1).getContext('2d');
            canvas.fillStyle = getComputedStyle(document.querySelector(selector))[what];
            canvas.fillRect(0, 0, 1, 1);
            return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)].join();
        }""",
        [selector, what],
    )


BUTTON = ".device[data-theme='light'] .btn.primary"


def test_a_colour_shows_at_once_in_both_modes_and_in_the_table(editor: Page):
    before = editor.locator("#contrast").inner_text()
    editor.get_by_label("Brand colour", exact=True).fill("#c8f04b")
    assert colour_of(editor, BUTTON) == "200,240,75"
    assert colour_of(editor, BUTTON, "color") == "0,0,0"
    assert colour_of(editor, ".device[data-theme='dark'] .btn.primary") == "200,240,75"
    expect(editor.locator("#contrast")).not_to_have_text(before)
    expect(editor.locator("#contrast")).to_contain_text("All 9 pairs pass AA")
    expect(editor.locator("[data-mirrors='brand']")).to_have_value("#c8f04b")


def test_a_swatch_sets_the_colour_and_an_unfinished_one_changes_nothing(editor: Page):
    editor.get_by_role("button", name="#0b7a6b").click()
    expect(editor.get_by_label("Brand colour", exact=True)).to_have_value("#0b7a6b")
    assert colour_of(editor, BUTTON) == "11,122,107"
    editor.get_by_label("Brand colour", exact=True).fill("#0b7")
    assert colour_of(editor, BUTTON) == "11,122,107"


def test_white_text_shows_the_colour_it_asks_for(editor: Page):
    editor.get_by_label("Brand colour", exact=True).fill("#e8590c")
    editor.get_by_text("White", exact=True).click()
    expect(editor.locator("#contrast")).to_contain_text("We changed it to #d14300")
    editor.wait_for_function(
        "getComputedStyle(document.querySelector('.device')).getPropertyValue('--brand')"
        ".trim() === '#d14300'"
    )
    assert colour_of(editor, BUTTON, "color") == "255,255,255"


def test_corners_and_fonts_follow_too(editor: Page):
    editor.get_by_role("slider", name="Corners").fill("0")
    editor.locator("#font_head").get_by_text("Georgia").click()
    editor.get_by_label("Text", exact=True).select_option("JetBrains Mono")
    look = "e => getComputedStyle(e).{}"
    device = editor.locator(".device").first
    assert device.evaluate(look.format("getPropertyValue('--radius')")) == "0rem"
    title = editor.locator(".device-title").first
    assert title.evaluate(look.format("fontFamily")).startswith("Georgia")
    assert device.evaluate(look.format("fontFamily")).startswith('"JetBrains Mono"')


def test_what_was_seen_is_what_everyone_gets(editor: Page, browse, server: Server):
    editor.get_by_label("Brand colour", exact=True).fill("#0b7a6b")
    editor.get_by_role("button", name="Publish").click()
    expect(editor.get_by_text("Everyone sees the new look.")).to_be_visible()
    stranger = browse()
    for brand, same in (("lune", True), ("velora", False)):
        stranger.goto(server.url("/login", brand))
        assert (colour_of(stranger, "button.btn.primary") == "11,122,107") is same


def test_without_script_it_is_previewed_by_a_page(edit):
    page = edit(java_script_enabled=False)
    page.get_by_label("Brand colour", exact=True).fill("#0b7a6b")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_label("Brand colour", exact=True)).to_have_value("#0b7a6b")
    sheet = page.locator("link[href*='preview.css']")
    expect(sheet).to_have_attribute("href", re.compile("0b7a6b"))
