"""Every page, in both brands: usable by everyone, in every light and size, without complaint."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.exceptions import NotFound

from tests.browser.places import NO_PAGES, PLACES, Place
from tests.browser.stage import PEOPLE, Stage
from tests.browser.visitor import PHONE, Visitor

LANGUAGES = {"lune": "fr", "velora": "en"}
MAIN = [
    Place("home", "/"),
    Place("category", "/c/{category}"),
    Place("thread", "/t/{thread}", "member"),
    Place("new", "/new", "member"),
    Place("notifications", "/notifications", "member"),
    Place("settings", "/settings", "member"),
    Place("admin", "/admin/", "owner"),
]
COLOURS = ("color-contrast", "link-in-text-block")
WIDER = """() => {
    const room = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= room) return [];
    return [...document.querySelectorAll('body *')]
        .filter(element => element.getBoundingClientRect().right > room + 1)
        .map(element => `${element.tagName}.${element.className}`).slice(-5);
}"""


@pytest.fixture(scope="module")
def regulars() -> Iterator[dict[tuple[str, str | None], tuple[Visitor, Page]]]:
    """Keep one browser for each who looks at a brand, for all tests, as people do."""
    visitors: dict[tuple[str, str | None], tuple[Visitor, Page]] = {}
    yield visitors
    for visitor, _page in visitors.values():
        visitor.context.close()


@pytest.fixture
def look(chromium: Browser, stage: Stage, regulars) -> Iterator[Callable[[Place, str], Page]]:
    """Give a function that opens a place in a brand; what the browser dislikes fails the test."""

    def open_place(place: Place, brand: str) -> Page:
        key = (brand, place.part)
        if key not in regulars:
            visitor = Visitor.arriving(
                chromium, locale=LANGUAGES[brand], reduced_motion="reduce", color_scheme="light"
            )
            if place.part:
                stage.enter(visitor.context, PEOPLE[brand][place.part], brand)
            regulars[key] = (visitor, visitor.context.new_page())
        visitor, page = regulars[key]
        page.set_viewport_size(PHONE)
        page.emulate_media(media="screen", color_scheme="light")
        answer = page.goto(stage.url(stage.path(place.path, brand), brand))
        assert answer.status == place.status
        return page

    yield open_place
    complaints = [line for visitor, _page in regulars.values() for line in visitor.complaints]
    for visitor, _page in regulars.values():
        visitor.complaints.clear()
    assert complaints == []


def test_every_page_is_looked_at(stage):
    adapter, looked_at = stage.app.url_map.bind("lune.localhost"), set()
    for place in PLACES:
        try:
            path = stage.path(place.path, "lune").partition("?")[0]
            looked_at.add(adapter.match(path)[0])
        except NotFound:
            assert place.status == 404, place
    there = {rule.endpoint for rule in stage.app.url_map.iter_rules() if "GET" in rule.methods}
    assert there == looked_at | NO_PAGES.keys()
    assert not looked_at & NO_PAGES.keys()


@pytest.mark.parametrize("brand", LANGUAGES)
@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_page_is_fit_for_everyone(look, axe, place, brand):
    page = look(place, brand)
    assert page.locator("html").get_attribute("lang") == LANGUAGES[brand]
    expect(page.locator("h1")).to_have_count(1)
    name, _, of_brand = page.title().rpartition(" · ")
    assert name and of_brand == {"lune": "Maison Lune", "velora": "Velora"}[brand]
    # The brands differ in colours alone, so what needs no colour is asked once.
    assert axe(page, *([] if brand == "lune" else COLOURS)) == []
    page.emulate_media(color_scheme="dark")
    assert axe(page, *COLOURS) == []
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(WIDER) == [], width


@pytest.mark.parametrize("brand", LANGUAGES)
@pytest.mark.parametrize("place", MAIN, ids=str)
def test_a_page_has_room_for_letters_twice_the_size(look, place, brand):
    page = look(place, brand)
    page.evaluate("document.documentElement.style.fontSize = '32px'")
    assert page.evaluate(WIDER) == []


@pytest.mark.parametrize("place", [p for p in MAIN if p.name != "admin"], ids=str)
def test_a_page_reads_from_right_to_left(look, place):
    page = look(place, "velora")
    page.evaluate("document.documentElement.dir = 'rtl'")
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        overflow = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow == 0, width


def test_paper_has_the_posts_and_nothing_to_press(look):
    page = look(Place("thread", "/t/{busy}", "member"), "lune")
    expect(page.locator(".tabbar")).to_be_visible()
    page.emulate_media(media="print")
    for gone in (".tabbar", ".site-nav", ".header-acts", ".site-footer nav", "#reply", ".acts"):
        elements = page.locator(gone).all()
        assert elements, gone
        for element in elements:
            expect(element).to_be_hidden()
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator(".post .prose").first).to_be_visible()
