"""Feeds: RSS, Atom and JSON tell the same, to everyone, and only what strangers may read."""

import json
import re
from datetime import timedelta
from itertools import product
from time import struct_time

import feedparser
import pytest
from sqlalchemy import update

from community.brands.queries import the_brand
from community.kernel.db import db, now
from community.members import privacy
from community.threads import removal, service
from community.threads.models import Post, Thread
from tests.conftest import who
from tests.factories import LUNE
from tests.feed.conftest import SECRET, TITLE, opening

KINDS = ["rss", "atom", "json"]


def parsed(client, address="/feed.atom"):
    response = client.get(address)
    assert response.status_code == 200
    found = feedparser.parse(
        response.data, response_headers={"content-type": response.content_type}
    )
    assert not found.bozo, found.get("bozo_exception")
    return found


def titles(client, kind="atom", **narrowed) -> list[str]:
    """What a feed tells, newest first."""
    address = f"/feed.{kind}?" + "&".join(f"{name}={value}" for name, value in narrowed.items())
    if kind == "json":
        return [item["title"] for item in client.get(address).json["items"]]
    return [entry.title for entry in parsed(client, address).entries]


# -- What they tell --------------------------------------------------------


@pytest.mark.parametrize("brand", ["lune", "velora"])
@pytest.mark.parametrize(("kind", "version"), [("atom", "atom10"), ("rss", "rss20")])
def test_a_feed_tells_the_threads_of_its_brand_alone(start, visit, brand, kind, version):
    start()
    feed = parsed(visit(brand=brand), f"/feed.{kind}")
    (entry,) = feed.entries
    name = {"lune": "Maison Lune", "velora": "Velora"}[brand]
    assert feed.version == version
    assert entry.title == TITLE
    assert entry.author == "Mia"
    assert entry.tags[0].term.lower() == "general"
    assert entry.link.startswith(f"http://{brand}.localhost/t/")
    assert feed.feed.title.endswith(name)
    html = entry.content[0].value if kind == "atom" else entry.summary
    assert "<strong>good</strong>" in html
    (own,) = [link.href for link in feed.feed.links if link.rel == "self"]
    assert own == f"http://{brand}.localhost/feed.{kind}"


@pytest.mark.parametrize("narrowed", ["", "?category=general", "?tag=night", "?member=mia"])
def test_the_three_formats_tell_the_same(start, answer, visit, narrowed):
    answer(start(tags=["night"]))
    client = visit()
    atom, rss = (parsed(client, f"/feed.{kind}{narrowed}") for kind in ("atom", "rss"))
    feed = json.loads(client.get(f"/feed.json{narrowed}").data)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == f"http://lune.localhost/feed.json{narrowed}"
    assert feed["home_page_url"] == atom.feed.link == rss.feed.link
    assert feed["title"] == atom.feed.title == rss.feed.title
    told = [(item["id"], item["url"], item["title"]) for item in feed["items"]]
    assert told == [(e.id, e.link, e.title) for e in atom.entries]
    assert told == [(e.id, e.link, e.title) for e in rss.entries]
    assert [e.published_parsed for e in atom.entries] == [e.published_parsed for e in rss.entries]
    assert isinstance(rss.entries[0].published_parsed, struct_time)
    html = [item["content_html"].strip() for item in feed["items"]]
    assert html == [e.content[0].value for e in atom.entries] == [e.summary for e in rss.entries]
    assert feed["items"][0]["authors"] == [{"name": "Mia", "url": "http://lune.localhost/m/mia"}]


def test_a_category_has_a_feed_of_its_own_with_its_parts(start, visit):
    start("general", title="In the section itself")
    start("corner", title="In a part of the section")
    start("news", title="Somewhere else entirely")
    assert titles(visit(), category="general") == [
        "In a part of the section",
        "In the section itself",
    ]
    assert titles(visit(), category="corner") == ["In a part of the section"]


def test_a_tag_has_a_feed_of_its_own(start, visit):
    start(title="About the night", tags=["night"])
    start(title="About the day", tags=["day"])
    assert titles(visit(), tag="night") == ["About the night"]


def test_the_feed_of_a_thread_tells_its_posts(start, answer, visit):
    thread = start()
    start(title="Another thread besides")
    answer(thread, "First answer")
    answer(thread, "Second answer", author="ada")
    feed = parsed(visit(), f"/feed.atom?thread={thread}")
    assert [entry.author for entry in feed.entries] == ["Ada", "Ben", "Mia"]
    *replies, opens = [entry.title for entry in feed.entries]
    assert opens == TITLE
    assert all(title.endswith(TITLE) and title != TITLE for title in replies)
    assert feed.entries[0].link == f"{feed.feed.link}#post-3"
    assert feed.entries[2].link == feed.feed.link


def test_a_reply_on_a_further_page_is_found_there(start, answer, visit):
    thread = start()
    for number in range(20):
        answer(thread, f"Answer number {number}")
    last = parsed(visit(), f"/feed.rss?thread={thread}").entries[0]
    assert last.link.endswith("?page=2#post-21")
    page = visit().get(last.link.replace("http://lune.localhost", ""))
    assert 'id="post-21"' in page.text


def test_the_feed_of_a_member_tells_threads_and_replies(start, answer, visit):
    thread = start(title="Begun by Mia here", author="mia")
    start(title="Begun by Ben himself", author="ben")
    answer(thread, "Ben answers", author="ben")
    feed = parsed(visit(), "/feed.atom?member=ben")
    assert {entry.author for entry in feed.entries} == {"Ben"}
    assert feed.entries[0].link.endswith("#post-2")
    assert feed.entries[1].title == "Begun by Ben himself"
    assert feed.feed.link == "http://lune.localhost/m/ben"


NOT_THERE = [
    "category=nowhere",
    "category=club",
    "category=office",
    "tag=nothing",
    "member=nobody",
    "thread=999999",
    "thread=99999999999999999999",
    "thread=abc",
    "thread=²",
    "category=general&tag=night",
]


@pytest.mark.parametrize("kind", KINDS)
def test_of_what_is_not_there_or_closed_there_is_no_feed(start, visit, kind):
    start(tags=["night"])
    client = visit("oli")
    answers = {n: client.get(f"/feed.{kind}?{n}").status_code for n in NOT_THERE}
    assert answers == dict.fromkeys(NOT_THERE, 404)


# -- What they keep to themselves ------------------------------------------


def test_what_strangers_may_not_read_is_in_no_feed_whoever_asks(start, visit, secret):
    start("general", title="An open thread for everyone", tags=["night"])
    for client, kind in product((visit(), visit("ada"), visit("oli")), KINDS):
        for narrowed in ("", "?category=general", "?tag=night", "?member=mia"):
            response = client.get(f"/feed.{kind}{narrowed}")
            assert response.status_code == 200
            assert "open thread" in response.text
            assert "ecret" not in response.text
            assert f"/t/{secret}" not in response.text
        for narrowed in (f"thread={secret}", "tag=secret-tag", "category=lab"):
            response = client.get(f"/feed.{kind}?{narrowed}")
            assert response.status_code in (404, 410)
            assert SECRET not in response.text


@pytest.mark.parametrize("act", [removal.hide, removal.delete])
def test_a_removed_reply_leaves_no_word_and_comes_back(start, answer, visit, change, act):
    thread = start()
    reply = answer(thread, "Regrettable words of mine")
    addresses = [f"/feed.{k}?{n}" for k in KINDS for n in (f"thread={thread}", "member=ben")]

    def bodies():
        return [visit("mod").get(address).text for address in addresses]

    before = bodies()
    assert all("egrettable" in body for body in before)
    change(lambda: act(who("mod"), db.session.get(Post, reply), reason="Not for this place"))
    assert not any("egrettable" in body or f"p/{reply}" in body for body in bodies())
    change(lambda: removal.restore(who("mod"), db.session.get(Post, reply)))
    assert bodies() == before


def test_who_keeps_the_profile_private_has_no_feed_and_no_address_in_others(start, visit, change):
    start(author="ben")

    def keep_private():
        who("ben").is_profile_public = False

    change(keep_private)
    for client, kind in product((visit(), visit("ben"), visit("oli")), KINDS):
        assert client.get(f"/feed.{kind}?member=ben").status_code == 404
        assert "/m/ben" not in client.get(f"/feed.{kind}").text
    assert "/m/ben" in visit(brand="velora").get("/feed.json").text


def test_who_has_left_is_named_as_the_brand_names_those_who_left(start, visit, change):
    start(author="ben")
    change(lambda: privacy.forget(who("ben")))
    english, french = visit(), visit()
    french.environ_base["HTTP_ACCEPT_LANGUAGE"] = "fr"
    assert english.get("/feed.rss").data == french.get("/feed.rss").data
    (entry,) = parsed(english).entries
    assert "Ben" not in str(entry) and "/m/" not in str(entry)


def test_nothing_is_told_when_strangers_may_not_read(start, visit, change):
    start()

    def close():
        the_brand().features = {"guest_reading": False}

    change(close)
    for reader in (None, "ada"):
        for kind in KINDS:
            for narrowed in ("", "?category=general", "?member=mia"):
                response = visit(reader).get(f"/feed.{kind}{narrowed}")
                assert response.status_code == 404
                assert b"erum" not in response.data
    assert visit(brand="velora").get("/feed.atom").status_code == 200


# -- How they are written --------------------------------------------------


def test_an_entry_keeps_its_id_when_title_and_address_change(start, visit, change):
    thread = start()
    before = parsed(visit()).entries[0]
    change(
        lambda: service.edit(
            who("mia"),
            opening(thread),
            body="Quite another text than before, long enough to count as an edit" * 3,
            title="Quite another title altogether",
        )
    )
    after = parsed(visit()).entries[0]
    assert after.id == before.id
    assert after.link != before.link


def test_our_own_addresses_are_complete_in_a_feed(start, visit):
    start(body="See [the rules](/rules) and ask @ben, or [elsewhere](https://example.org/)")
    html = parsed(visit()).entries[0].content[0].value
    addresses = re.findall(r'href="([^"]*)"', html)
    assert "http://lune.localhost/rules" in addresses
    assert "https://example.org/" in addresses
    assert all(address.startswith("http") for address in addresses)


@pytest.mark.once
@pytest.mark.parametrize(
    "title", [']]> <b>bold</b> & co "quoted"', "Emoji 🌙 and اردو together", "{{ 7*7 }} %s {0} $x"]
)
def test_a_title_with_signs_comes_through(start, visit, title):
    start(title=title)
    for kind in ("rss", "atom"):
        assert parsed(visit(), f"/feed.{kind}").entries[0].title_detail.value == title
    assert visit().get("/feed.json").json["items"][0]["title"] == title


@pytest.mark.once
def test_what_xml_cannot_hold_is_left_out(start, visit, change):
    start()
    bad = "Bell \x07 and \x1b escape \ufffe end"
    change(lambda: db.session.execute(update(Thread).values(title=bad)))
    change(lambda: db.session.execute(update(Post).values(html=f"<p>{bad}</p>")))
    for kind in ("rss", "atom"):
        assert parsed(visit(), f"/feed.{kind}").entries[0].title == "Bell  and  escape  end"


def test_nothing_new_is_answered_without_a_body(start, visit):
    start()
    client, tags = visit(), {}
    for address in [f"/feed.{kind}{n}" for kind in KINDS for n in ("", "?category=news")]:
        first = client.get(address)
        tags[address] = {"If-None-Match": first.headers["ETag"]}
        again = client.get(address, headers=tags[address])
        assert again.status_code == 304 and again.data == b""
        assert first.headers["Cache-Control"] == "public, no-cache"
    start(title="Another thread to tell of")
    changed = [a for a, tag in tags.items() if client.get(a, headers=tag).status_code == 200]
    assert changed == [f"/feed.{kind}" for kind in KINDS]


def test_a_feed_is_the_same_for_whoever_asks(start, answer, visit):
    thread = start()
    answer(thread)
    for address in ("/feed.atom", f"/feed.rss?thread={thread}"):
        assert visit().get(address).data == visit("oli").get(address).data


@pytest.mark.parametrize("kind", ["rss", "atom"])
def test_an_empty_community_has_a_valid_empty_feed(visit, kind):
    assert parsed(visit(), f"/feed.{kind}").entries == []
    assert visit().get("/feed.json").json["items"] == []


def test_the_newest_threads_come_first_and_old_ones_give_way(start, visit, change, monkeypatch):
    monkeypatch.setattr("community.feed.queries.ENTRIES", 4)
    for number in range(4):
        start(brands=[LUNE], title=f"Thread number {number} of four")
    thread = start(brands=[LUNE], title="Written long ago, found again")
    long_ago = now() - timedelta(days=900)
    old = update(Thread).where(Thread.id == thread).values(created_at=long_ago)
    change(lambda: db.session.execute(old))
    assert titles(visit()) == [f"Thread number {number} of four" for number in (3, 2, 1, 0)]


def test_feeds_are_for_reading_only(visit):
    client = visit()
    for kind in KINDS:
        for method in (client.post, client.put, client.delete):
            assert method(f"/feed.{kind}").status_code == 405


# -- Pages say where they are ----------------------------------------------

ALTERNATE = re.compile(r'<link rel="alternate" type="([^"]+)" title="[^"]*" href="([^"]+)">')


def test_a_page_leads_to_the_feeds_of_what_it_shows(start, visit):
    thread, client = start(tags=["night"]), visit()
    for page, narrowed in (
        ("/", ""),
        ("/c/general", "?category=general"),
        ("/tag/night", "?tag=night"),
        ("/m/mia", "?member=mia"),
        (f"/t/{thread}/night-serum-in-summer", f"?thread={thread}"),
    ):
        found = ALTERNATE.findall(client.get(page).text)
        assert found == [
            ("application/atom+xml", f"/feed.atom{narrowed}"),
            ("application/rss+xml", f"/feed.rss{narrowed}"),
            ("application/feed+json", f"/feed.json{narrowed}"),
        ]
        for _type, address in found:
            assert TITLE in client.get(address).text


def test_a_page_that_is_not_for_strangers_leads_to_no_feed(start, visit, change):
    thread = start("club")

    def keep_private():
        who("ada").is_profile_public = False

    change(keep_private)
    for page in ("/c/club", f"/t/{thread}/night-serum-in-summer", "/m/ada"):
        response = visit("ada").get(page)
        assert response.status_code == 200
        assert ALTERNATE.findall(response.text) == []
