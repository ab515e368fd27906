"""No word is lost and none is posted twice, whatever happens between writing and sending."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import delete

from community.kernel.db import db, writing
from community.kernel.tenancy import brand_scope
from community.members.models import MemberSession
from community.threads import drafts, service
from community.threads.models import Category, Thread
from tests.browser.server import Server, Serving
from tests.browser.visitor import Visitor
from tests.conftest import who
from tests.factories import LUNE, VELORA

TEXT = "Two drops in the evening, with a dry hand."
OTHER = "Three drops, and warm hands."
EDITOR = ".composer [role=textbox]"
NO_CONNECTION = (
    r"net::ERR_(INTERNET_DISCONNECTED|CONNECTION_(REFUSED|RESET)|SOCKET_NOT_CONNECTED|FAILED)"
)


@dataclass
class Desk:
    """Ada at her thread on a phone, and what the community knows of what she wrote."""

    visitor: Visitor
    page: Page
    path: str
    server: Server

    def window(self, path: str | None = None) -> Page:
        """Open one more window of the same browser."""
        page = self.visitor.context.new_page()
        page.goto(path or self.path)
        return page

    def replies(self) -> list[str]:
        """All replies there are, of both brands."""
        said = []
        for brand in (LUNE, VELORA):
            with self.server.app.app_context(), brand_scope(brand):
                for thread in db.session.query(Thread).all():
                    said += [post.body for post in thread.posts if not post.is_opening]
        return said

    def drafts(self) -> list[str]:
        with self.server.app.app_context(), brand_scope(LUNE):
            return [draft.body for draft in drafts.of(who("ada"))]

    def loses_the_answer(self) -> None:
        """Let the next reply arrive at the server, and its answer be lost on the way."""

        def loses(route: Route):
            sent = route.request
            here = sent.url.replace("//lune.localhost", "//127.0.0.1")
            host = {"host": f"lune.localhost:{self.server.port}"}
            route.fetch(url=here, headers=sent.all_headers() | host, max_redirects=0)
            route.abort()

        self.page.route("**/reply", loses, times=1)

    def forgives(self, complaint: str) -> None:
        """Take the browser's complaints about what this test brought about off the list."""
        found = [c for c in self.visitor.complaints if re.search(complaint, c)]
        assert found
        for one in found:
            self.visitor.complaints.remove(one)


@pytest.fixture
def desk(visitors: Callable[..., Visitor], server: Server, sign_in) -> Desk:
    paths = {}
    for brand in (VELORA, LUNE):
        with server.app.app_context(), writing(), brand_scope(brand):
            corner = db.session.query(Category).filter(Category.slug == "corner").one()
            title = "How many drops a day?"
            thread = service.start_thread(who("ada"), corner, title=title, body="Tell me.")
            paths[brand] = f"/t/{thread.id}/{thread.slug}"
            db.session.commit()
    visitor = visitors(base_url=server.url("").rstrip("/"))
    page = visitor.context.new_page()
    sign_in(page, "ada")
    page.goto(paths[LUNE])
    return Desk(visitor, page, paths[LUNE], server)


def write(page: Page, text: str = TEXT) -> None:
    page.locator(EDITOR).click()
    page.keyboard.press("ControlOrMeta+End")
    page.keyboard.type(text)


def send(page: Page, name: str = "Reply") -> None:
    page.get_by_role("button", name=name, exact=True).click()


def is_told(page: Page, words: str) -> None:
    expect(page.locator("[data-draft-saved]")).to_have_text(words)


def note(page: Page):
    return page.locator("[data-draft-note]")


def is_posted_once(desk: Desk, page: Page, text: str = TEXT) -> None:
    expect(page.locator("#post-2")).to_contain_text(text)
    expect(page.locator(EDITOR)).to_have_text("")
    assert desk.replies() == [text]
    assert desk.drafts() == []
    assert page.evaluate("Object.keys(localStorage)") == []


class TestDrafts:
    def test_are_on_the_server_a_moment_after_writing_and_in_every_browser(
        self, desk, visitors, sign_in
    ):
        write(desk.page)
        is_told(desk.page, "Saved")
        assert desk.drafts() == [TEXT]
        assert desk.page.evaluate("Object.keys(localStorage)") == []

        computer = visitors(base_url=desk.server.url("").rstrip("/"))
        there = computer.context.new_page()
        sign_in(there, "ada")
        there.goto(desk.path)
        expect(there.locator(EDITOR)).to_have_text(TEXT)
        expect(note(there)).to_contain_text("We kept what you had written here.")
        send(there)
        is_posted_once(desk, there)

    def test_are_thrown_away_when_asked(self, desk, axe):
        write(desk.page)
        is_told(desk.page, "Saved")
        desk.page.reload()
        assert axe(desk.page) == []
        desk.page.get_by_role("button", name="Discard it").click()
        expect(desk.page.locator(EDITOR)).to_have_text("")
        assert desk.drafts() == []
        desk.page.reload()
        expect(desk.page.locator(EDITOR)).to_have_text("")

    def test_are_nobody_elses_on_a_shared_computer(self, desk, sign_in):
        desk.visitor.context.set_offline(True)
        write(desk.page)
        is_told(desk.page, "Offline: kept on this device")
        desk.page.close()
        desk.visitor.context.set_offline(False)
        desk.visitor.context.clear_cookies()
        page = desk.visitor.context.new_page()
        sign_in(page, "ben")
        page.goto(desk.path)
        expect(page.locator(EDITOR)).to_have_text("")
        expect(note(page)).to_be_hidden()
        desk.forgives(NO_CONNECTION)

    def test_are_kept_by_a_button_without_script(self, desk, browse, sign_in):
        page = browse(base_url=desk.server.url("").rstrip("/"), java_script_enabled=False)
        sign_in(page, "ada")
        page.goto(desk.path)
        page.locator("textarea[name=body]").fill(TEXT)
        send(page, "Save draft")
        expect(page.locator("textarea[name=body]")).to_have_value(TEXT)
        expect(page.get_by_text("We kept what you had written here.")).to_be_visible()
        send(page)
        expect(page.locator("#post-2")).to_contain_text(TEXT)
        assert (desk.replies(), desk.drafts()) == ([TEXT], [])


class TestTwoWindows:
    @pytest.fixture
    def other(self, desk) -> Page:
        """A second window whose text was saved after the first began its own."""
        write(desk.page)
        is_told(desk.page, "Saved")
        other = desk.window()
        expect(other.locator(EDITOR)).to_have_text(TEXT)
        write(other, " Or so.")
        is_told(other, "Saved")
        desk.page.bring_to_front()
        write(desk.page, " Never more.")
        expect(note(desk.page)).to_contain_text("You wrote something else here")
        expect(note(desk.page)).to_contain_text(f"{TEXT} Or so.")
        assert desk.drafts() == [f"{TEXT} Or so."]
        return other

    def test_nothing_is_written_over_until_the_writer_chose_this_text(self, desk, other, axe):
        assert axe(desk.page) == []
        send(desk.page, "Keep this one")
        is_told(desk.page, "Saved")
        expect(note(desk.page)).to_be_hidden()
        assert desk.drafts() == [f"{TEXT} Never more."]

    def test_or_the_other_one_which_can_be_taken_back(self, desk, other):
        send(desk.page, "Take the other")
        expect(desk.page.locator(EDITOR)).to_have_text(f"{TEXT} Or so.")
        send(desk.page, "Back to mine")
        expect(desk.page.locator(EDITOR)).to_have_text(f"{TEXT} Never more.")
        is_told(desk.page, "Saved")
        assert desk.drafts() == [f"{TEXT} Never more."]

    def test_what_is_sent_from_one_leaves_the_text_of_the_other(self, desk, other):
        send(desk.page)
        expect(desk.page.locator("#post-2")).to_contain_text("Never more.")
        assert desk.replies() == [f"{TEXT} Never more."]
        assert desk.drafts() == [f"{TEXT} Or so."]

    def test_a_draft_sent_from_one_does_not_come_back_from_the_other(self, desk, other):
        send(other)
        expect(other.locator("#post-2")).to_be_visible()
        desk.page.bring_to_front()
        send(desk.page, "Keep this one")
        expect(note(desk.page)).to_contain_text("sent or thrown away in another window")
        assert desk.drafts() == []
        send(desk.page, "Keep it as a draft")
        is_told(desk.page, "Saved")
        assert desk.drafts() == [f"{TEXT} Never more."]


class TestSession:
    def test_that_ended_meanwhile_keeps_the_text_and_posts_it_once(self, desk):
        with desk.server.app.app_context(), writing(), brand_scope(LUNE):
            db.session.execute(delete(MemberSession))
            db.session.commit()
        write(desk.page)
        expect(note(desk.page)).to_contain_text("You are signed out.")
        is_told(desk.page, "Saved on this device")
        send(desk.page)
        expect(desk.page.get_by_role("heading", level=1)).to_have_text("Not sent yet")
        expect(desk.page.get_by_label("Your text")).to_have_value(TEXT)
        assert desk.replies() == []
        desk.server.enter(desk.visitor.context, "ada")
        send(desk.page, "Send again")
        send(desk.page, "Send again")  # the first had the key of the session that ended
        expect(desk.page.locator("#post-2")).to_contain_text(TEXT)
        expect(note(desk.page)).to_contain_text("This was sent already.")
        is_posted_once(desk, desk.page)

    def test_with_another_key_for_forms_is_no_obstacle(self, desk):
        desk.server.enter(desk.visitor.context, "ada")
        write(desk.page)
        is_told(desk.page, "Saved")
        desk.server.enter(desk.visitor.context, "ada")
        send(desk.page)
        is_posted_once(desk, desk.page)


class TestFailures:
    def test_an_error_of_the_server_gives_the_text_back(self, desk, axe):
        def fails():
            raise RuntimeError("as a server may")

        app = desk.server.app
        app.config["PROPAGATE_EXCEPTIONS"] = False
        write(desk.page)
        is_told(desk.page, "Saved")
        app.before_request_funcs.setdefault(None, []).append(fails)
        send(desk.page)
        expect(desk.page.get_by_role("heading", level=1)).to_have_text("Not sent yet")
        expect(desk.page.get_by_label("Your text")).to_have_value(TEXT)
        app.before_request_funcs[None].remove(fails)
        desk.forgives("^500 for")
        assert axe(desk.page) == []
        send(desk.page, "Send again")
        is_posted_once(desk, desk.page)

    def test_a_server_that_begins_again_finds_the_text_waiting(self, desk, serving: Serving):
        serving.stop()
        write(desk.page)
        is_told(desk.page, "Offline: kept on this device")
        send(desk.page)
        expect(note(desk.page)).to_contain_text("Offline: kept here, sent when you are back.")
        serving.start()
        desk.server = Server(serving.app, serving.port)
        expect(desk.page.locator("#post-2")).to_be_visible(timeout=20_000)
        is_posted_once(desk, desk.page)
        desk.forgives(NO_CONNECTION)

    def test_an_answer_lost_on_the_way_posts_once(self, desk):
        write(desk.page)
        is_told(desk.page, "Saved")
        desk.loses_the_answer()
        send(desk.page)
        expect(note(desk.page)).to_contain_text("Offline: kept here")
        assert desk.replies() == [TEXT]
        send(desk.page, "Send now")
        is_posted_once(desk, desk.page)
        desk.forgives(NO_CONNECTION)

    def test_an_answer_lost_on_the_way_is_known_after_loading_again(self, desk):
        write(desk.page)
        desk.loses_the_answer()
        send(desk.page)
        expect(note(desk.page)).to_contain_text("Offline: kept here")
        desk.page.reload()
        expect(note(desk.page)).to_contain_text("This was not sent yet.")
        send(desk.page, "Send now")
        is_posted_once(desk, desk.page)
        desk.forgives(NO_CONNECTION)


class TestOffline:
    def test_a_reply_waits_on_the_phone_and_goes_by_itself_once(self, desk, axe):
        desk.visitor.context.set_offline(True)
        write(desk.page)
        is_told(desk.page, "Offline: kept on this device")
        send(desk.page)
        expect(note(desk.page)).to_contain_text("Offline: kept here, sent when you are back.")
        assert axe(desk.page) == []
        assert desk.replies() == []
        desk.visitor.context.set_offline(False)
        is_posted_once(desk, desk.page)
        desk.forgives(NO_CONNECTION)

    def test_what_waits_survives_the_page_and_goes_with_one_tap(self, desk):
        desk.visitor.context.set_offline(True)
        write(desk.page)
        send(desk.page)
        expect(note(desk.page)).to_contain_text("Offline: kept here")
        desk.page.close()
        desk.visitor.context.set_offline(False)
        page = desk.window()
        expect(page.locator(EDITOR)).to_have_text(TEXT)
        expect(note(page)).to_contain_text("This was not sent yet.")
        send(page, "Send now")
        is_posted_once(desk, page)
        desk.forgives(NO_CONNECTION)

    def test_a_whole_new_thread_waits_too(self, desk):
        page = desk.window("/new")
        page.get_by_label("Title, in one sentence").fill("How many drops in winter?")
        page.get_by_label("Category", exact=True).select_option(label="Corner")
        write(page)
        is_told(page, "Saved")
        desk.visitor.context.set_offline(True)
        send(page, "Post the thread")
        expect(note(page)).to_contain_text("Offline: kept here")
        desk.visitor.context.set_offline(False)
        expect(page.locator("h1")).to_have_text("How many drops in winter?")
        expect(page.locator("#post-1")).to_contain_text(TEXT)
        assert desk.drafts() == []
        desk.forgives(NO_CONNECTION)


class TestComingBack:
    def test_leaving_at_once_and_going_back_finds_the_text(self, desk):
        write(desk.page)
        desk.page.goto("/rules")
        desk.page.go_back()
        expect(desk.page.locator(EDITOR)).to_have_text(TEXT)
        expect(note(desk.page)).to_contain_text("We kept what you had written here.")
        send(desk.page)
        is_posted_once(desk, desk.page)

    def test_loading_again_at_once_finds_the_text(self, desk):
        write(desk.page)
        desk.page.reload()
        expect(desk.page.locator(EDITOR)).to_have_text(TEXT)
        send(desk.page)
        is_posted_once(desk, desk.page)

    def test_going_back_after_sending_offers_nothing_to_send_again(self, desk):
        write(desk.page)
        send(desk.page)
        expect(desk.page.locator("#post-2")).to_contain_text(TEXT)
        desk.page.goto("/rules")
        desk.page.go_back()
        expect(desk.page.locator("#post-2")).to_contain_text(TEXT)
        expect(desk.page.locator(EDITOR)).to_have_text("")
        assert desk.drafts() == []

    def test_a_refused_thread_is_kept_when_the_window_is_closed(self, desk):
        page = desk.window("/new")
        write(page)
        send(page, "Post the thread")
        expect(page.locator("#errors")).to_be_focused()
        is_told(page, "Saved")
        page.close()
        page = desk.window("/new")
        expect(page.locator(EDITOR)).to_have_text(TEXT)


class TestSendingTwice:
    def test_two_clicks_post_once(self, desk):
        write(desk.page)
        desk.page.get_by_role("button", name="Reply", exact=True).dblclick()
        is_posted_once(desk, desk.page)

    def test_the_same_form_twice_at_the_same_moment_posts_once(self, desk):
        write(desk.page)
        is_told(desk.page, "Saved")
        answers = desk.page.evaluate(
            """async () => {
                const form = document.querySelector('form[data-keep]');
                const sent = { method: 'POST', body: new FormData(form) };
                const send = () => fetch(form.getAttribute('action'), sent);
                return (await Promise.all([send(), send()])).map(answer => answer.url);
            }"""
        )
        assert answers[0] == answers[1]
        assert desk.replies() == [TEXT]

    def test_other_words_under_the_same_key_are_given_back_not_lost(self, desk):
        write(desk.page)
        desk.loses_the_answer()
        send(desk.page)
        expect(note(desk.page)).to_contain_text("Offline: kept here")
        write(desk.page, " " + OTHER)
        send(desk.page, "Send now")
        expect(desk.page.get_by_text("posted already, in other words").first).to_be_visible()
        expect(desk.page.locator(EDITOR)).to_have_text(f"{TEXT} {OTHER}")
        assert desk.replies() == [TEXT]
        send(desk.page)
        expect(desk.page.locator("#post-3")).to_contain_text(OTHER)
        assert desk.replies() == [TEXT, f"{TEXT} {OTHER}"]
        desk.forgives(NO_CONNECTION)
