"""Nothing that was typed is lost: not with the session, not with the connection, not by a slip."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from community.kernel.db import db, writing
from community.kernel.tenancy import brand_scope
from community.members.passwords import hash_password
from community.threads import service
from community.threads.models import Category, Thread
from tests.browser.server import Server
from tests.conftest import who
from tests.factories import LUNE, VELORA

TEXT = "Two drops in the evening, with a dry hand."
PASSWORD = "a row of quiet bottles"


@pytest.fixture
def thread(server: Server) -> str:
    """Give Ada a password and a thread in both brands; give the address of the one in Lune."""
    addresses, hashed = {}, hash_password(PASSWORD)
    for brand in (VELORA, LUNE):
        with server.app.app_context(), writing(), brand_scope(brand):
            ada = who("ada")
            ada.password_hash = hashed
            corner = db.session.query(Category).filter(Category.slug == "corner").one()
            made = service.start_thread(ada, corner, title="How many drops a day?", body="Tell me.")
            addresses[brand] = f"/t/{made.id}/{made.slug}"
            db.session.commit()
    return addresses[LUNE]


@pytest.fixture
def replies(server: Server) -> Callable[[], list[str]]:
    """Give a function that tells all replies there are, of both brands."""

    def told() -> list[str]:
        said = []
        for brand in (LUNE, VELORA):
            with server.app.app_context(), brand_scope(brand):
                for thread in db.session.query(Thread).all():
                    said += [post.body for post in thread.posts if not post.is_opening]
        return said

    return told


@pytest.fixture
def ada(browse, server: Server, thread: str) -> Page:
    """Let Ada sign in with the form and open her thread."""
    page = browse(base_url=server.url("").rstrip("/"))
    sign_in_with_form(page)
    page.goto(thread)
    return page


def sign_in_with_form(page: Page) -> None:
    page.goto("/login")
    page.get_by_label("E-mail address").fill("ada@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).not_to_have_url(re.compile("/login"))


def editor(page: Page) -> Locator:
    return page.locator(".composer [role=textbox]")


def write(page: Page, text: str = TEXT) -> None:
    editor(page).click()
    page.keyboard.type(text)


def send(page: Page, name: str = "Reply") -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_a_text_sent_after_signing_out_elsewhere_is_kept_and_posted_once(ada, axe, replies):
    write(ada)
    other = ada.context.new_page()
    other.goto("/")
    other.get_by_label("Your account, Ada").click()
    other.get_by_role("button", name="Sign out").click()
    expect(other.locator("#toasts").get_by_text("You are signed out.")).to_be_visible()

    send(ada)
    expect(ada.get_by_role("heading", level=1)).to_have_text("Not sent yet")
    expect(ada.get_by_label("Your text")).to_have_value(TEXT)
    assert axe(ada) == []
    send(ada, "Send again")
    expect(ada.get_by_role("heading", level=1)).to_have_text("Not sent yet")
    expect(ada.get_by_label("Your text")).to_have_value(TEXT)
    assert replies() == []

    with ada.context.expect_page() as opened:
        ada.get_by_role("link", name="Sign in").click()
    sign_in_with_form(opened.value)
    send(ada, "Send again")
    expect(ada.locator("#post-2")).to_contain_text(TEXT)
    assert replies() == [TEXT]


def test_a_text_sent_from_a_page_too_old_is_kept_and_posted_once(ada, server, replies):
    write(ada)
    server.app.config["WTF_CSRF_TIME_LIMIT"] = -1  # seconds: every form is too old
    send(ada)
    expect(ada.get_by_text("This page was open for a long time")).to_be_visible()
    expect(ada.get_by_label("Your text")).to_have_value(TEXT)
    server.app.config["WTF_CSRF_TIME_LIMIT"] = 3600
    send(ada, "Send again")
    expect(ada.locator("#post-2")).to_contain_text(TEXT)
    assert replies() == [TEXT]


def test_a_refused_form_comes_back_with_its_text_in_the_editor(ada, axe):
    ada.goto("/new")
    write(ada)
    ada.get_by_label("Category", exact=True).select_option(label="Corner")
    send(ada, "Post the thread")
    expect(ada.locator("#errors")).to_be_focused()
    expect(ada.get_by_label("Title, in one sentence")).to_have_attribute("aria-invalid", "true")
    expect(editor(ada)).to_have_text(TEXT)
    expect(ada.get_by_label("Category", exact=True)).to_have_value("corner")
    assert axe(ada) == []
    ada.get_by_label("Title, in one sentence").fill("How many drops in the evening?")
    send(ada, "Post the thread")
    expect(ada.locator("#post-1")).to_contain_text(TEXT)


def test_who_edits_what_changed_meanwhile_keeps_their_words(ada, browse, server, sign_in, thread):
    write(ada)
    send(ada)
    ada.get_by_label("More for post 2").click()
    ada.locator("#post-2").get_by_role("link", name="Edit").click()
    write(ada, "Never more. ")

    moderator = browse(base_url=server.url("").rstrip("/"))
    sign_in(moderator, "mod")
    moderator.goto(thread)
    moderator.get_by_label("More for post 2").click()
    moderator.locator("#post-2").get_by_role("link", name="Edit").click()
    write(moderator, "With a spoon. ")
    send(moderator, "Save")
    expect(moderator.locator("#post-2")).to_contain_text("With a spoon.")

    send(ada, "Save")
    expect(ada.get_by_role("alert")).to_contain_text("Someone changed this post")
    expect(ada.locator("main .card .prose")).to_contain_text("With a spoon.")
    expect(editor(ada)).to_contain_text("Never more.")
    send(ada, "Save")
    expect(ada.locator("#post-2")).to_contain_text("Never more.")


def test_markdown_typed_as_such_is_kept_as_typed(ada, replies):
    ada.get_by_role("button", name="Markdown").click()
    source = "| a | b |\n|---|---|\n| 1 | 2 |"
    ada.locator("textarea[name=body]").fill(source)
    ada.get_by_role("button", name="Markdown").click()
    expect(ada.get_by_text("so it stays as plain Markdown")).to_be_visible()
    expect(ada.locator("textarea[name=body]")).to_have_value(source)
    send(ada)
    expect(ada.locator("#post-2 table")).to_be_visible()
    assert replies() == [source]
