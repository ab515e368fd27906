"""Data for search engines: what the page shows, no more and no less, and safe to embed."""

import json
import re
from html import unescape

import pytest
from sqlalchemy import event

from community.kernel.db import db
from community.kernel.tenancy import brand_scope
from community.members import privacy
from community.threads import removal, votes
from community.threads.models import Thread
from tests.conftest import who
from tests.factories import LUNE, VELORA
from tests.threads.saying import a_reply, a_thread, opening

DATA = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
HOME = "http://lune.localhost"


@pytest.fixture
def talk(app):
    """`talk(f)` runs f in both brands and returns what it returned in Maison Lune."""

    def run(act):
        made = []
        for brand_id in (VELORA, LUNE):
            with app.app_context(), brand_scope(brand_id):
                made.append(act())
                db.session.commit()
        return made[-1]

    return run


def address_of(thread: Thread) -> str:
    return f"/t/{thread.id}/{thread.slug}"


def data(client, address) -> tuple[dict, dict]:
    """The posting and the trail of a page."""
    page = client.get(address)
    assert page.status_code == 200
    (found,) = DATA.findall(page.text)
    posting, trail = json.loads(found)
    assert {one["@context"] for one in (posting, trail)} == {"https://schema.org"}
    return posting, trail


def test_a_thread_is_a_posting_with_its_comments(talk, visit):
    def build():
        thread = a_thread("ada", title="Night serum in summer", body="A **good** question & more")
        answer = a_reply(thread, "ben", "It works.\n\n> quoted\n\nFor me < 3.")
        a_reply(thread, "cleo", "Not for me.")
        votes.vote_helpful(who("cleo"), answer)
        votes.vote_helpful(who("eve"), answer)
        votes.vote_helpful(who("ben"), opening(thread))
        return address_of(thread)

    address = talk(build)
    posting, _trail = data(visit(), address)
    assert posting["@type"] == "DiscussionForumPosting"
    assert posting["url"] == f"{HOME}{address}"
    assert posting["headline"] == "Night serum in summer"
    assert posting["text"] == "A good question & more"
    assert posting["author"] == {"@type": "Person", "name": "Ada", "url": f"{HOME}/m/ada"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", posting["datePublished"])
    assert posting["commentCount"] == 2
    counts = {
        c["interactionType"]: c["userInteractionCount"] for c in posting["interactionStatistic"]
    }
    assert counts == {"https://schema.org/CommentAction": 2, "https://schema.org/LikeAction": 1}
    first, second = posting["comment"]
    assert first["@type"] == "Comment"
    assert first["author"]["name"] == "Ben"
    assert first["upvoteCount"] == 2
    assert first["interactionStatistic"]["userInteractionCount"] == 2
    assert first["url"] == f"{HOME}{address}#post-2"
    assert "For me < 3." in first["text"]
    assert "upvoteCount" not in second


def test_the_data_says_what_the_page_shows(talk, visit):
    def build():
        thread = a_thread(
            "ada", body="One\n\n- two\n- three `four`\n\n| a | b |\n|---|---|\n| c | d |"
        )
        a_reply(thread, "ben", "Five [six](https://example.org) @ada")
        return address_of(thread)

    page = visit().get(talk(build)).text
    posting, _trail = json.loads(DATA.findall(page)[0])
    shown = " ".join(unescape(re.sub(r"<[^>]+>", " ", DATA.sub("", page))).split())
    for one in (posting, *posting["comment"]):
        assert set(one["text"].split()) <= set(shown.split())
        assert one["author"]["name"] in shown
    for word in ("One", "two", "three", "four", "a", "b", "c", "d"):
        assert word in posting["text"].split()
    assert re.search(r'id="post-2"', page)


def test_a_further_page_repeats_the_opening_with_the_address_of_the_first(talk, visit):
    def build():
        thread = a_thread("ada", body="The opening words of this.")
        for number in range(25):
            a_reply(thread, "ben", f"Answer number {number}")
        return address_of(thread)

    address = talk(build)
    first, _trail = data(visit(), address)
    second, _trail = data(visit(), f"{address}?page=2")
    for name in ("@id", "url", "headline", "author", "datePublished", "commentCount", "text"):
        assert second[name] == first[name]
    assert first["url"] == f"{HOME}{address}"
    assert len(first["comment"]) == 19
    assert [comment["url"] for comment in second["comment"]] == [
        f"{HOME}{address}?page=2#post-{number}" for number in range(21, 27)
    ]


def test_the_trail_is_the_way_shown_at_the_top(talk, visit):
    address = talk(lambda: address_of(a_thread("ada", "corner")))
    page = visit().get(address).text
    _posting, trail = json.loads(DATA.findall(page)[0])
    assert trail["@type"] == "BreadcrumbList"
    told = [(one["position"], one["name"], one["item"]) for one in trail["itemListElement"]]
    assert told == [
        (1, "Home", f"{HOME}/"),
        (2, "General", f"{HOME}/c/general"),
        (3, "Corner", f"{HOME}/c/corner"),
    ]
    (nav,) = re.findall(r'<nav class="crumbs".*?</nav>', page, re.DOTALL)
    links = re.findall(r'<a[^>]* href="([^"]+)"[^>]*>([^<]+)</a>', nav)
    assert links == [(item.removeprefix(HOME), name) for _n, name, item in told]


def test_removed_posts_and_people_who_left_are_not_in_the_data(talk, visit):
    def build():
        thread = a_thread("ada")
        answer = a_reply(thread, "ben", "Regrettable words of mine")
        a_reply(thread, "cleo", "Words that stay")
        removal.hide(who("mod"), answer, reason="Not for this place")
        who("eve").is_profile_public = False
        a_reply(thread, "eve", "From somebody private")
        privacy.forget(who("cleo"))
        return address_of(thread)

    posting, _trail = data(visit(), talk(build))
    assert posting["commentCount"] == 2
    left, private = posting["comment"]
    assert left["text"] == "Words that stay"
    assert left["author"]["name"].startswith("Former member") and "url" not in left["author"]
    assert private["author"] == {"@type": "Person", "name": "Eve"}


@pytest.mark.parametrize("category", ["club", "office"])
def test_what_is_not_for_strangers_has_no_data(talk, visit, category):
    address = talk(lambda: address_of(a_thread("oli", category)))
    page = visit("oli").get(address)
    assert page.status_code == 200
    assert not DATA.search(page.text)


def test_other_orders_and_members_get_no_data(talk, visit):
    address = talk(lambda: address_of(a_thread("ada")))
    for client, wanted in ((visit(), f"{address}?sort=helpful"), (visit("ben"), address)):
        page = client.get(wanted)
        assert page.status_code == 200
        assert not DATA.search(page.text)


@pytest.mark.once
@pytest.mark.parametrize(
    "nasty",
    ["</script><script>alert(1)</script>", "<!-- <script>", "]]> & \" ' \\ \u2028", "{{ 7*7 }}"],
)
def test_nothing_written_gets_out_of_the_data(talk, visit, nasty):
    def build():
        thread = a_thread("ada", title=f"Title {nasty} end", body=f"Body `{nasty}` end")
        a_reply(thread, "ben", f"Reply `{nasty}` end")
        return address_of(thread)

    page = visit().get(talk(build))
    (found,) = DATA.findall(page.text)
    assert not set("<>&'") & set(found)
    posting, _trail = json.loads(found)
    assert posting["text"].startswith("Body ") and posting["text"].endswith(" end")
    assert "alert(1)</script>" not in page.text


def test_the_data_costs_no_statement(app, talk, visit, monkeypatch):
    def build():
        thread = a_thread("ada", "corner")
        a_reply(thread, "ben")
        return address_of(thread)

    address, client, counts = talk(build), visit(), []

    def count(*_args):
        counts[-1] += 1

    client.get(address)
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", count)
        counts.append(0)
        assert DATA.search(client.get(address).text)
        monkeypatch.setattr("community.threads.head_views.data_of", lambda *_args: None)
        counts.append(0)
        assert not DATA.search(client.get(address).text)
        event.remove(db.engine, "before_cursor_execute", count)
    assert counts[0] == counts[1]
