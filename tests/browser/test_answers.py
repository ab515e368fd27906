"""A question from asking to a certified answer, and back: asker, helper, expert and stranger."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.stage import PEOPLE, Stage

ASKED = {
    "lune": ("fr-FR", "Le baume tient-il en avion, valise en soute ?"),
    "velora": ("en-GB", "Does the saddle post fit the older frame too?"),
}
DETAIL = "I would like to know before Friday."
REPLY = "It does, I have done it twice this year."
WORDS = {
    "lune": ("C’est ma réponse", "Certifier", "réponse certifiée", "C’est repris."),
    "velora": ("This is my answer", "Certify", "certified answer", "It was taken back."),
}


@pytest.fixture(params=sorted(ASKED))
def brand(request) -> str:
    return request.param


@pytest.fixture
def visit(browse, stage: Stage, brand: str) -> Callable[..., Page]:
    """Give a function that opens a browser of the brand's language, signed in as a part."""

    def open_page(part: str | None = None) -> Page:
        page = browse(
            locale=ASKED[brand][0],
            base_url=stage.url("", brand),
        )
        if part:
            stage.enter(page.context, PEOPLE[brand][part], brand)
        return page

    return open_page


def ask(page: Page, title: str) -> str:
    """Ask from the home page in one gesture, then say more; give the question's address."""
    page.goto("/")
    page.locator("#ask").fill(title)
    page.locator("#ask").press("Enter")
    expect(page.locator("[name=title]")).to_have_value(title)
    expect(page.locator("[name=kind][value=question]")).to_be_checked()
    page.locator("[name=category]").select_option(index=2)
    page.locator(".composer [role=textbox]").click()
    page.keyboard.type(DETAIL)
    page.locator(".composer button.primary").click()
    page.wait_for_url(re.compile(r"/t/\d+/"))
    return page.url.partition("?")[0].partition("#")[0]


def becomes(page: Page, path: str, words: str) -> None:
    """Wait until the worker has brought it about, looking again as a reader would."""
    for _ in range(40):
        page.goto(path)
        if words in page.content():
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"{words} did not arrive at {path}")


def test_ask_answer_accept_certify_and_take_back(visit, brand):
    mine, certify, certified, taken_back = WORDS[brand]
    asker = visit("member")
    address = ask(asker, ASKED[brand][1])

    helper = visit("friend")
    helper.goto(address)
    helper.locator(".composer [role=textbox]").click()
    helper.keyboard.type(REPLY)
    helper.locator(".composer button.primary").click()
    expect(helper.locator("#post-2")).to_contain_text(REPLY)

    stranger = visit()
    stranger.goto(address)
    expect(stranger.locator(".certified")).to_have_count(0)

    asker.goto(address)
    asker.locator("#post-2").get_by_role("button", name=mine).click()
    stranger.goto(address)
    expect(stranger.locator(".certified[data-s=ok]")).to_contain_text(REPLY)

    expert = visit("expert")
    expert.goto(address)
    expert.locator("#post-2").get_by_role("link", name=certify).click()
    expert.locator("[name=product]").fill("Everything")
    expert.locator("main form button.primary").click()
    stranger.goto(address)
    first = stranger.locator(".certified")
    expect(first).to_contain_text("Everything")
    assert first.bounding_box()["y"] < stranger.locator("#post-2").bounding_box()["y"]

    name = PEOPLE[brand]["friend"]
    becomes(helper, f"/m/{name}/points", certified)
    becomes(helper, "/notifications", ASKED[brand][1])

    expert.goto(address)
    expert.locator(".certified form button").last.click()
    asker.goto(address)
    asker.locator("#post-2 form button").filter(has_text=re.compile("finalement|after all")).click()
    stranger.goto(address)
    expect(stranger.locator(".certified")).to_have_count(0)
    becomes(helper, f"/m/{name}/points", taken_back)
