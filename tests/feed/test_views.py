"""What machines read: feeds, sitemaps, robots.txt, security.txt."""

import json
import re
from datetime import timedelta
from xml.etree import ElementTree

import feedparser
import pytest
from sqlalchemy import select, update

from community.brands.queries import the_brand
from community.feed import queries
from community.kernel.db import db, now, writing
from community.kernel.tenancy import brand_scope
from community.threads import removal, service
from community.threads.models import Category, Post, Thread
from tests.conftest import who
from tests.factories import LUNE, VELORA

TITLE = "Night serum in summer"
EVERYTHING = ["/feed.atom", "/feed.json", "/sitemap.xml", "/sitemap-pages.xml", "/sitemap-1.xml"]
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture
def start(app):
    """`start("club")` starts a thread there, in both brands unless one is named."""

    def start_in(category="general", *, brands=(LUNE, VELORA), author="mia", **words):
        words = {"title": TITLE, "body": "A **good** question"} | words
        made = []
        for brand_id in brands:
            with app.app_context(), writing(), brand_scope(brand_id):
                place = db.session.scalars(select(Category).where(Category.slug == category)).one()
                made.append(service.start_thread(who(author), place, **words).id)
                db.session.commit()
        return made[0]

    return start_in


@pytest.fixture
def change(app):
    """Run a function in a brand and keep what it did."""

    def change_in(act, brand_id=LUNE):
        with app.app_context(), writing(), brand_scope(brand_id):
            act()
            db.session.commit()

    return change_in


def atom(client, address="/feed.atom"):
    response = client.get(address)
    assert response.status_code == 200
    parsed = feedparser.parse(
        response.data, response_headers={"content-type": response.content_type}
    )
    assert not parsed.bozo, parsed.get("bozo_exception")
    return parsed


@pytest.mark.parametrize("brand", ["lune", "velora"])
def test_the_feed_tells_the_threads_of_its_brand_alone(start, visit, brand):
    thread = start()
    parsed = atom(visit(brand=brand))
    assert parsed.version == "atom10"
    assert [entry.title for entry in parsed.entries] == [TITLE]
    assert parsed.entries[0].link.startswith(f"http://{brand}.localhost/t/")
    assert parsed.feed.title.endswith({"lune": "Maison Lune", "velora": "Velora"}[brand])
    assert "<strong>good</strong>" in parsed.entries[0].content[0].value
    assert thread


def test_the_json_feed_tells_the_same(start, visit):
    start()
    feed = json.loads(visit().get("/feed.json").data)
    parsed = atom(visit())
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert [item["id"] for item in feed["items"]] == [entry.id for entry in parsed.entries]
    assert feed["items"][0]["content_html"].strip() == parsed.entries[0].content[0].value


def test_an_entry_keeps_its_id_when_title_and_address_change(start, visit, change):
    thread = start()
    before = atom(visit()).entries[0]
    change(
        lambda: service.edit(
            who("mia"),
            db.session.scalars(select(Post).where(Post.thread_id == thread)).one(),
            body="Quite another text than before, long enough to count as an edit" * 3,
            title="Quite another title altogether",
        )
    )
    after = atom(visit()).entries[0]
    assert after.id == before.id
    assert after.link != before.link


@pytest.mark.parametrize("category", ["club", "office"])
@pytest.mark.parametrize("reader", [None, "ada", "oli"])
def test_what_strangers_may_not_read_is_nowhere_whoever_asks(start, visit, category, reader):
    start("general", title="An open thread for everyone")
    secret = start(category, title="Secret plans of the house")
    client = visit(reader)
    for address in EVERYTHING:
        response = client.get(address)
        body = response.get_data(as_text=True)
        assert response.status_code == 200
        assert "ecret" not in body
        assert f"/t/{secret}/" not in body
        assert f"/c/{category}" not in body


@pytest.mark.parametrize("act", [removal.hide, removal.delete])
def test_a_removed_thread_leaves_no_word_and_comes_back(start, visit, change, act):
    start("general", title="An open thread for everyone")
    thread = start("general", title="Regrettable words of mine")

    def post():
        return db.session.scalars(select(Post).where(Post.thread_id == thread)).one()

    def bodies(client):
        return [client.get(address).get_data(as_text=True) for address in EVERYTHING]

    before = bodies(visit())
    change(lambda: act(who("mod"), post(), reason="Not for this place at all"))
    for body in bodies(visit("mia")):
        assert "egrettable" not in body and f"/t/{thread}/" not in body
    change(lambda: removal.restore(who("mod"), post()))
    assert bodies(visit()) == before


def test_a_category_has_a_feed_of_its_own_with_its_parts(start, visit):
    start("general", title="In the section itself")
    start("corner", title="In a part of the section")
    start("news", title="Somewhere else entirely")
    titles = {entry.title for entry in atom(visit(), "/feed.atom?category=general").entries}
    assert titles == {"In the section itself", "In a part of the section"}
    assert len(atom(visit(), "/feed.atom?category=corner").entries) == 1


@pytest.mark.parametrize("kind", ["atom", "json"])
def test_a_closed_category_is_like_none(visit, kind):
    client = visit("oli")
    for slug in ("club", "office", "nowhere"):
        assert client.get(f"/feed.{kind}?category={slug}").status_code == 404


def test_our_own_addresses_are_complete_in_a_feed(start, visit):
    start(body="See [the rules](/rules) and ask @ben, or [elsewhere](https://example.org/)")
    html = atom(visit()).entries[0].content[0].value
    addresses = re.findall(r'href="([^"]*)"', html)
    assert "http://lune.localhost/rules" in addresses
    assert "https://example.org/" in addresses
    assert all(address.startswith("http") for address in addresses)


@pytest.mark.parametrize(
    "title", [']]> <b>bold</b> & co "quoted"', "Emoji 🌙 and اردو together", "{{ 7*7 }} %s {0} $x"]
)
def test_a_title_with_signs_comes_through(start, visit, title):
    start(title=title)
    assert atom(visit()).entries[0].title_detail.value == title
    assert json.loads(visit().get("/feed.json").data)["items"][0]["title"] == title


def test_what_xml_cannot_hold_is_left_out(start, visit, change):
    start()
    bad = "Bell \x07 and \x1b escape \ufffe end"
    change(lambda: db.session.execute(update(Thread).values(title=bad)))
    change(lambda: db.session.execute(update(Post).values(html=f"<p>{bad}</p>")))
    assert atom(visit()).entries[0].title == "Bell  and  escape  end"


def test_nothing_new_is_answered_without_a_body(start, visit):
    start()
    client = visit()
    tags = {}
    for address in [*EVERYTHING, "/robots.txt"]:
        first = client.get(address)
        tags[address] = {"If-None-Match": first.headers["ETag"]}
        again = client.get(address, headers=tags[address])
        assert again.status_code == 304 and again.data == b""
        assert first.headers["Cache-Control"] == "public, no-cache"
    start(title="Another thread to tell of")
    changed = [a for a, tag in tags.items() if client.get(a, headers=tag).status_code == 200]
    assert changed == ["/feed.atom", "/feed.json", "/sitemap-1.xml"]


def test_a_feed_is_the_same_for_whoever_asks(start, visit):
    start()
    assert visit().get("/feed.atom").data == visit("oli").get("/feed.atom").data


def test_an_empty_community_has_a_valid_empty_feed(visit):
    assert atom(visit()).entries == []


def test_the_newest_threads_come_first_and_old_ones_give_way(start, visit, change):
    for number in range(4):
        start(brands=[LUNE], title=f"Thread number {number} of four")
    thread = start(brands=[LUNE], title="Written long ago, found again")
    long_ago = now() - timedelta(days=900)
    change(
        lambda: db.session.execute(
            update(Thread).where(Thread.id == thread).values(created_at=long_ago)
        )
    )
    titles = [entry.title for entry in atom(visit()).entries]
    assert titles[0] == "Thread number 3 of four"
    assert titles[-1] == "Written long ago, found again"


# -- Sitemaps --------------------------------------------------------------


def locations(client, address) -> list[str]:
    response = client.get(address)
    assert response.status_code == 200
    return [found.text for found in ElementTree.fromstring(response.data).iter(f"{SITEMAP}loc")]


def test_the_sitemap_leads_to_every_public_page(start, visit):
    thread = start()
    client = visit()
    parts = locations(client, "/sitemap.xml")
    assert parts == [
        "http://lune.localhost/sitemap-pages.xml",
        "http://lune.localhost/sitemap-1.xml",
    ]
    pages = locations(client, "/sitemap-pages.xml")
    assert "http://lune.localhost/" in pages
    assert "http://lune.localhost/c/corner" in pages
    threads = locations(client, "/sitemap-1.xml")
    assert len(threads) == 1 and f"/t/{thread}/" in threads[0]


def test_a_long_sitemap_goes_on_in_further_parts(start, visit, monkeypatch):
    monkeypatch.setattr(queries, "PER_SITEMAP", 2)
    for number in range(5):
        start(brands=[LUNE], title=f"Thread number {number} of five")
    client = visit()
    parts = locations(client, "/sitemap.xml")[1:]
    found = [place for part in parts for place in locations(client, part)]
    assert len(parts) == 3 and len(set(found)) == 5
    assert client.get("/sitemap-4.xml").status_code == 404
    assert client.get("/sitemap-0.xml").status_code == 404


def test_the_sitemap_says_when_a_thread_was_last_written_in(start, visit):
    start()
    xml = ElementTree.fromstring(visit().get("/sitemap-1.xml").data)
    (moment,) = [found.text for found in xml.iter(f"{SITEMAP}lastmod")]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", moment)


# -- robots.txt, security.txt, and the switch ------------------------------


@pytest.mark.parametrize("brand", ["lune", "velora"])
def test_crawlers_are_kept_from_what_is_not_for_them(visit, brand):
    text = visit(brand=brand).get("/robots.txt").get_data(as_text=True)
    assert f"Sitemap: http://{brand}.localhost/sitemap.xml" in text
    for path in ("/admin/", "/settings", "/new", "/login", "/report/"):
        assert f"Disallow: {path}\n" in text


def test_nothing_is_told_when_strangers_may_not_read(start, visit, change):
    start()

    def close():
        the_brand().features = {"guest_reading": False}

    change(close)
    for reader in (None, "ada"):
        client = visit(reader)
        for address in EVERYTHING:
            response = client.get(address)
            assert response.status_code == 404
            assert b"erum" not in response.data
    assert visit().get("/robots.txt").get_data(as_text=True) == "User-agent: *\nDisallow: /\n"
    assert visit(brand="velora").get("/feed.atom").status_code == 200


def test_security_txt_names_the_contact_and_ends(visit, change):
    def give():
        the_brand().legal = {"contact": "security@lune.example"}

    assert visit().get("/.well-known/security.txt").status_code == 404
    change(give)
    text = visit().get("/.well-known/security.txt").get_data(as_text=True)
    assert "Contact: mailto:security@lune.example\n" in text
    assert re.search(r"^Expires: \d{4}-\d\d-\d\dT00:00:00Z$", text, re.MULTILINE)
    assert visit(brand="velora").get("/.well-known/security.txt").status_code == 404


def test_these_addresses_are_for_reading_only(visit):
    client = visit()
    for address in EVERYTHING:
        for method in (client.post, client.put, client.delete):
            assert method(address).status_code == 405
