"""What people do here from joining to leaving, on a phone, in French on Maison Lune.

The other brand holds a thread of the same title, so that whatever leaks from it is seen.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from community.kernel.db import db, writing
from community.kernel.i18n import catalogue
from community.kernel.tenancy import brand_scope
from community.threads import queries, service
from tests import serving
from tests.browser.server import id_of
from tests.browser.stage import PEOPLE, Stage
from tests.conftest import who

TITLE = "Sérum Nuit au ski : le matin ou le soir ?"
PASSWORD = "trois flacons sur une étagère"
BAIT = "Only riders of Velora read this."
ANSWER = "async path => { const got = await fetch(path); return [got.status, await got.text()]; }"
ARRIVED = """async ([path, words]) => {
    for (const end = Date.now() + 20000; Date.now() < end;) {
        const page = await (await fetch(path, {cache: 'no-store'})).text();
        if (page.includes(words)) return;
        await new Promise(later => setTimeout(later, 200));
    }
    throw new Error(`${words} did not arrive at ${path}`);
}"""


def fr(message: str, **values: object) -> str:
    """What the community says in French for an English text."""
    said = catalogue("fr").ugettext(message)
    return said % values if values else said


@pytest.fixture
def phone(browse, stage: Stage) -> Callable[..., Page]:
    """Give a function that opens a French phone, signed in when a part is named."""

    def open_phone(part: str | None = None, brand: str = "lune", **options: object) -> Page:
        locale = "fr-FR" if brand == "lune" else "en-GB"
        page = browse(locale=locale, base_url=stage.url("", brand), **options)
        if part:
            stage.enter(page.context, PEOPLE[brand][part], brand)
        return page

    return open_phone


@pytest.fixture
def bait(stage: Stage) -> str:
    """Start a thread of the same title in Velora; give its address."""
    with stage.app.app_context(), writing(), brand_scope(id_of("velora")):
        author = who(PEOPLE["velora"]["member"])
        category = queries.category_tree(author)[1]
        thread = service.start_thread(author, category, title=TITLE, body=BAIT)
        address = f"/t/{thread.id}/{thread.slug}"
        db.session.commit()
    return address


def writing_on(page: Page) -> Locator:
    """The editor of the page."""
    return page.locator(".composer [role=textbox]")


def button(page: Page, message: str) -> Locator:
    return page.get_by_role("button", name=fr(message), exact=True)


def toast(page: Page, message: str) -> Locator:
    return page.locator("#toasts").get_by_text(fr(message))


def arrived(page: Page, path: str, words: str) -> None:
    """Wait until the worker's work is seen on a page, then go there."""
    page.evaluate(ARRIVED, [path, words])
    page.goto(path)


def read(page: Page, path: str) -> str:
    """What the server answers to this visitor, which must be a success."""
    status, text = page.evaluate(ANSWER, path)
    assert status == 200, path
    return text


def again(page: Page, url: str) -> None:
    """Open a page anew, even where only the place on it is another."""
    page.goto("about:blank")
    page.goto(url)


def post(page: Page, number: int) -> Locator:
    return page.locator(f"#post-{number}")


def address_of(page: Page) -> str:
    return re.sub(r"^https?://[^/]+|[?#].*$", "", page.url)


# -- The whole way ---------------------------------------------------------


def test_a_newcomer_joins_asks_is_answered_and_goes(phone, bait, tmp_path):
    lou = phone()
    join(lou, "Lou Perrin", "lou@example.com")
    ask(lou, picture(tmp_path))
    thread = address_of(lou)
    edit(lou, 1, "Je pars samedi.")
    expect(post(lou, 1)).not_to_contain_text(fr("edited"))

    awa = phone("friend")
    awa.goto(thread)
    mention_and_answer(awa, "lou")

    told(lou, "Awa D.")
    vote(lou, 2)
    edit(lou, 1, "Je pars dimanche.")
    expect(post(lou, 1).locator("header")).to_contain_text(fr("edited"))
    follow_and_unfollow(lou)
    nothing_of_the_other_brand(lou, bait)
    leave(lou)
    lou.goto("/notifications")
    expect(lou).to_have_url(re.compile("/login"))


def join(page: Page, name: str, email: str) -> None:
    page.goto("/join")
    page.get_by_label(fr("Name"), exact=True).fill(name)
    page.get_by_label(fr("E-mail address")).fill(email)
    page.get_by_label(fr("Password"), exact=True).fill(PASSWORD)
    page.get_by_label(fr("I have read the community rules")).check()
    button(page, "Join").click()
    expect(page.get_by_role("heading", name=fr("Look into your mail"))).to_be_visible()
    arrived(page, "/dev/mail/", email)
    page.locator("li").filter(has_text=email).get_by_role("link").first.click()
    page.locator(".letter-text a[href*='/confirm/']").click()
    button(page, "Confirm").click()
    welcome = fr("Your address is confirmed. Welcome, %(name)s.", name=name)
    expect(page.locator("#toasts").get_by_text(welcome)).to_be_visible()


def ask(page: Page, file: Path) -> None:
    page.goto("/")
    page.get_by_label(fr("What do you want to know?")).fill(TITLE)
    button(page, "Ask").click()
    expect(page.get_by_label(fr("Title, in one sentence"))).to_have_value(TITLE)
    page.get_by_label(fr("Category"), exact=True).select_option(label="Routines")
    writing_on(page).click()
    page.keyboard.type("Trois gouttes le soir, et la brume le matin ?")
    page.keyboard.press("Enter")
    with page.expect_file_chooser() as chooser:
        button(page, "Add a picture").click()
    chooser.value.set_files(file)
    page.get_by_label(fr("Describe the picture for those who cannot see it")).fill("Mon étagère")
    button(page, "OK").click()
    expect(writing_on(page).get_by_role("img", name="Mon étagère")).to_be_visible()
    button(page, "Post the thread").click()
    expect(toast(page, "Your thread is online.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
    shown = post(page, 1).get_by_role("img", name="Mon étagère")
    expect(shown).to_be_visible()
    assert shown.evaluate("async image => { await image.decode(); return image.naturalWidth }")


def picture(folder: Path) -> Path:
    file = folder / "etagere.jpg"
    Image.new("RGB", (900, 600), (190, 120, 130)).save(file)
    return file


def edit(page: Page, number: int, words: str) -> None:
    post(page, number).get_by_label(fr("More for post %(number)s", number=number)).click()
    post(page, number).get_by_role("link", name=fr("Edit")).click()
    writing_on(page).click()
    page.keyboard.press("Control+Home")
    page.keyboard.type(f"{words} ")
    button(page, "Save").click()
    expect(toast(page, "Your changes are saved.")).to_be_visible()
    expect(post(page, number)).to_contain_text(words)


def mention_and_answer(page: Page, username: str) -> None:
    """Answer with the keyboard alone, choosing whom to mention from the list."""
    writing_on(page).focus()
    page.keyboard.type("Le soir seulement, @lo")
    people = page.get_by_role("listbox", name=fr("Members"))
    expect(people.get_by_role("option").first).to_contain_text("Lou Perrin")
    expect(people.get_by_role("option").first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(people).to_be_hidden()
    page.keyboard.type("et la brume à midi.")
    page.keyboard.press("Control+Enter")
    expect(toast(page, "Your reply is online.")).to_be_visible()
    expect(post(page, 2)).to_contain_text("et la brume à midi.")
    expect(post(page, 2).get_by_role("link", name=re.compile("@lou"))).to_be_visible()


def told(page: Page, author: str) -> None:
    """Find the mail and the notice, and follow the notice to the answer."""
    arrived(page, "/dev/mail/", f"Re: {TITLE}")
    page.get_by_role("link", name=f"Re: {TITLE}").first.click()
    mail = page.frame_locator("iframe")
    expect(mail.get_by_text(fr("%(name)s mentioned you", name=author)).first).to_be_visible()
    page.goto("/notifications")
    notice = page.locator("button.notif").filter(has_text=TITLE)
    expect(notice).to_contain_text(author)
    notice.click()
    expect(page).to_have_url(re.compile(r"#post-2$"))
    expect(page.locator(".tabbar .dot-badge b")).to_have_count(0)


def vote(page: Page, number: int) -> None:
    helpful = post(page, number).get_by_role("button", name=re.compile(f"^{fr('Helpful')}"))
    expect(helpful).to_have_attribute("aria-pressed", "false")
    helpful.click()
    expect(helpful).to_have_attribute("aria-pressed", "true")
    expect(helpful).to_contain_text("1")
    page.reload()
    expect(helpful).to_have_attribute("aria-pressed", "true")


def follow_and_unfollow(page: Page) -> None:
    button(page, "Following").click()
    expect(toast(page, "You will hear no more of this thread.")).to_be_visible()
    button(page, "Follow").click()
    expect(button(page, "Following")).to_have_attribute("aria-pressed", "true")


def leave(page: Page) -> None:
    page.goto("/")
    page.get_by_label(fr("Your account, %(name)s", name="Lou Perrin")).click()
    button(page, "Sign out").click()
    expect(toast(page, "You are signed out.")).to_be_visible()


def nothing_of_the_other_brand(page: Page, bait: str) -> None:
    """Look everywhere for what Velora has under the same title, and at it from here."""
    own = post(page, 1).locator("header a").first.get_attribute("href")
    for path in ("/", "/?sort=new", "/c/routines", own, "/feed.atom", "/sitemap.xml"):
        text = read(page, path)
        assert BAIT not in text and bait not in text, path
    page.goto("/c/routines")
    expect(page.get_by_role("link", name=TITLE)).to_have_count(1)
    assert read(page, f"/m/suggest?q={PEOPLE['velora']['member']}").strip() == "[]"
    assert page.goto(bait).status == 404


# -- Moderating ------------------------------------------------------------


def test_a_hidden_reply_is_there_for_its_author_and_the_team_until_it_is_back(phone, stage):
    thread = f"/t/{stage.places['lune']['busy']}"
    words, reason = "Mes flacons sont à vendre.", "Pas de ventes entre membres."
    author, moderator, stranger = phone("expert"), phone("moderator"), phone()
    author.goto(thread)
    writing_on(author).click()
    author.keyboard.type(words)
    button(author, "Reply").click()
    expect(author).to_have_url(re.compile(r"#post-\d+$"))
    number = int(author.url.rpartition("-")[2])
    here = author.url

    moderator.goto(here)
    post(moderator, number).get_by_label(fr("More for post %(number)s", number=number)).click()
    post(moderator, number).get_by_role("link", name=fr("Hide from members")).click()
    button(moderator, "Hide").click()
    expect(moderator.get_by_role("alert")).to_contain_text(
        fr("Say why, so that the author understands.")
    )
    moderator.get_by_label(fr("Reason")).fill(reason)
    button(moderator, "Hide").click()
    expect(toast(moderator, "The post is hidden.")).to_be_visible()

    stranger.goto(here)
    expect(post(stranger, number)).to_have_text(fr("Removed by moderators"))
    assert words not in stranger.content()
    author.reload()
    expect(post(author, number)).to_contain_text(words)
    expect(post(author, number)).to_contain_text(reason)
    expect(button(author, "Restore")).to_have_count(0)

    moderator.goto("/admin/removed")
    moderator.locator("li").filter(has_text=reason).get_by_role("link").click()
    post(moderator, number).get_by_role("button", name=fr("Restore")).click()
    expect(toast(moderator, "The post is back.")).to_be_visible()
    stranger.reload()
    expect(post(stranger, number)).to_contain_text(words)
    assert reason not in stranger.content()


# -- From elsewhere --------------------------------------------------------


def test_an_imported_thread_is_read_page_by_page_and_only_in_its_brand(phone, stage, tmp_path):
    file = tmp_path / "forum.jsonl"
    file.write_text(json.dumps(row("old-1", replies=24)) + "\n", encoding="utf-8")
    first = serving.run(
        stage.folder, "import", "jsonl", str(file), "--brand", "lune", "--source", "forum"
    )
    assert "1 threads and 25 posts are new" in first
    second = serving.run(
        stage.folder, "import", "jsonl", str(file), "--brand", "lune", "--source", "forum"
    )
    assert "0 threads and 0 posts are new" in second

    page = phone()
    page.goto("/t/old/forum/old-1")
    expect(page.get_by_role("heading", level=1)).to_have_text("Quel parfum pour une nuit d’été ?")
    expect(post(page, 1)).to_contain_text("Question venue d’ailleurs")
    expect(post(page, 25)).to_have_count(0)
    page.get_by_role("link", name=fr("Next page")).click()
    expect(post(page, 25)).to_contain_text("Réponse 24")
    expect(post(page, 2)).to_have_count(0)
    permalink = post(page, 23).locator("header a[href*='#post-23']").get_attribute("href")

    again(page, permalink)
    expect(post(page, 23)).to_be_in_viewport()
    page.goto("/t/old/forum/old-1-r22")
    expect(page).to_have_url(re.compile(r"page=2#post-23$"))

    velora = phone(brand="velora")
    assert velora.goto("/t/old/forum/old-1").status == 404
    assert velora.goto(permalink).status == 404


def row(name: str, *, replies: int) -> dict:
    """A thread as another system gives it away."""
    day = "2025-07-{:02}T10:00:00+02:00".format
    return {
        "id": name,
        "title": "Quel parfum pour une nuit d’été ?",
        "author": "ancienne",
        "created": day(1),
        "category": "Parfum",
        "html": "<p>Question venue <b>d’ailleurs</b></p>",
        "replies": [
            {
                "id": f"{name}-r{number}",
                "author": f"voisine{number % 5}",
                "created": day(number + 1),
                "text": f"Réponse {number}",
            }
            for number in range(1, replies + 1)
        ],
    }


# -- Without script --------------------------------------------------------


def test_people_ask_and_answer_without_script(phone, bait, tmp_path):
    page = phone("member", java_script_enabled=False)
    page.goto("/new")
    page.get_by_label(fr("Title, in one sentence")).fill("Sans script, cela marche-t-il aussi ?")
    page.get_by_label(fr("Category"), exact=True).select_option(label="Routines")
    page.locator("textarea[name=body]").fill("Une question **toute simple**.")
    button(page, "Preview").click()
    expect(page.locator(".preview strong")).to_have_text("toute simple")
    page.get_by_label(fr("Pictures")).set_input_files(picture(tmp_path))
    button(page, "Post the thread").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Sans script, cela marche-t-il aussi ?"
    )
    expect(post(page, 1).locator(".prose strong")).to_have_text("toute simple")
    expect(post(page, 1).locator(".prose img")).to_have_count(1)

    friend = phone("friend", java_script_enabled=False)
    friend.goto(page.url)
    friend.locator("textarea[name=body]").fill("Oui, et c’est reposant.")
    button(friend, "Reply").click()
    expect(post(friend, 2)).to_contain_text("Oui, et c’est reposant.")

    again(page, friend.url)
    post(page, 2).get_by_role("button", name=re.compile(f"^{fr('Helpful')}")).click()
    expect(
        post(page, 2).get_by_role("button", name=re.compile(f"^{fr('Helpful')}"))
    ).to_have_attribute("aria-pressed", "true")
    assert BAIT not in page.content()


# -- The other way round ---------------------------------------------------


def test_nothing_of_lune_is_seen_in_velora(phone, stage, bait):
    page = phone("friend", brand="velora")
    of_lune = stage.places["lune"]
    for path in (f"/t/{of_lune['thread']}", f"/m/{of_lune['expert']}", f"/c/{of_lune['category']}"):
        assert page.goto(path).status == 404, path
    page.goto("/?sort=new")
    expect(page.get_by_role("link", name=TITLE).first).to_have_attribute("href", bait)
    for path in ("/", bait, "/c/", "/feed.atom", "/notifications", "/dev/mail/"):
        assert "Lune" not in read(page, path), path

    lune = phone("member")
    session = [c for c in lune.context.cookies() if c["name"] == "session"]
    stolen = phone(brand="velora")
    stolen.context.add_cookies(
        [{"name": "session", "value": session[0]["value"], "url": stage.url("", "velora")}]
    )
    stolen.goto("/notifications")
    expect(stolen).to_have_url(re.compile("/login"))
