"""What an imported thread says of itself: its answer, its source, how much it was read."""

import io
import json
import re

import pytest
from sqlalchemy import select

from community.kernel.db import db
from community.kernel.tenancy import brand_scope
from community.threads import removal
from community.threads.models import Post, Thread
from community.threads.sources import source_of, terms_of
from community.transfer.service import import_jsonl
from tests.conftest import who
from tests.factories import LUNE, VELORA

BRANDS = {"lune": LUNE, "velora": VELORA}
ROW = {
    "id": "t1",
    "title": "Brakes squeal when it rains",
    "category": "Brakes",
    "author": "rider",
    "created": "2023-10-27T08:13:13",
    "text": "Only downhill.",
    "views": 12345,
    "accepted_id": "r2",
    "source_url": "https://www.rides.example/q/1?a=1&b=2",
    "licence": "CC-BY-SA-3.0",
    "replies": [
        {"id": "r1", "author": "wrench", "created": "2023-10-28T08:00:00", "text": "Oil."},
        {"id": "r2", "author": "seller", "created": "2023-10-29T08:00:00", "text": "Sand."},
    ],
}
SOLVED = r'<span class="tag" data-s="solved"><svg.*?</svg>Solved</span>'
ACCEPTED = r'<span class="tag" data-s="solved"><svg.*?</svg>Accepted answer</span>'


@pytest.fixture
def bring_in(app):
    """Import the thread, changed as said, and return its address."""

    def run(brand="lune", **changes) -> str:
        with app.app_context(), brand_scope(BRANDS[brand]):
            import_jsonl(io.StringIO(json.dumps(ROW | changes)), source="old")
            db.session.commit()
            thread = db.session.scalars(select(Thread)).one()
            return f"/t/{thread.id}/{thread.slug}"

    return run


def posts(page: str) -> list[str]:
    return re.findall(r'<article class="post.*?</article>', page, re.DOTALL)


# -- The answer ------------------------------------------------------------


@pytest.mark.parametrize("brand", BRANDS)
def test_a_solved_thread_says_so_in_lists_and_on_its_page(visit, bring_in, brand):
    path = bring_in(brand)
    browser = visit(brand=brand)
    for page in ("/", "/c/brakes", "/m/rider", path):
        assert len(re.findall(SOLVED, browser.get(page).text)) == 1, page


def test_the_accepted_answer_is_marked_and_nothing_else(visit, bring_in):
    opening, first, second = posts(visit().get(bring_in()).text)
    assert re.search(ACCEPTED, second)
    assert "Accepted answer" not in opening + first


def test_a_thread_without_an_accepted_answer_says_nothing_of_it(visit, bring_in):
    path = bring_in(accepted_id=None)
    for page in ("/", path):
        text = visit().get(page).text
        assert "Solved" not in text
        assert "Accepted answer" not in text


def test_a_thread_is_solved_while_its_accepted_answer_is_there(app, visit, bring_in):
    path = bring_in()

    def act(what, **how):
        with app.app_context(), brand_scope(LUNE):
            post = db.session.scalars(select(Post).where(Post.is_accepted)).one()
            what(who("mod"), post, **how)
            db.session.commit()

    act(removal.hide, reason="Wrong and dangerous")
    assert "Solved" not in visit().get("/").text
    assert "Accepted answer" not in visit("mod").get(path).text
    act(removal.restore)
    assert re.search(SOLVED, visit().get("/").text)
    assert re.search(ACCEPTED, visit().get(path).text)


def test_spam_solves_nothing(visit, bring_in):
    replies = [ROW["replies"][0], ROW["replies"][1] | {"is_spam": True}]
    assert "Solved" not in visit().get(bring_in(replies=replies)).text


# -- The source ------------------------------------------------------------


@pytest.mark.parametrize("brand", BRANDS)
def test_the_opening_post_says_where_it_was_first_published(visit, bring_in, brand):
    opening, *replies = posts(visit(brand=brand).get(bring_in(brand)).text)
    [source] = re.findall(r'<p class="hint source">.*?</p>', opening, re.DOTALL)
    assert 'href="https://www.rides.example/q/1?a=1&amp;b=2" rel="nofollow noopener"' in source
    assert ">rides.example</a>" in source
    assert 'href="https://creativecommons.org/licenses/by-sa/3.0/" rel="license nofollow' in source
    assert ">CC-BY-SA-3.0</a>" in source
    assert 'class="hint source"' not in "".join(replies)


def test_a_licence_we_know_no_address_of_is_named(visit, bring_in):
    page = visit().get(bring_in(licence="<Ask us>")).text
    assert "under the licence &lt;Ask us&gt;." in page


def test_a_source_without_a_licence_is_named_alone(visit, bring_in):
    page = visit().get(bring_in(licence="")).text
    assert ">rides.example</a>." in page
    assert "under the licence" not in page


@pytest.mark.parametrize(
    "url", ["", "javascript:alert(1)", "rides.example/q/1", "https://", "https://[", "ftp://a.b/"]
)
def test_what_is_no_page_is_no_source(url):
    assert source_of(Thread(source_url=url, source_licence="CC0-1.0")) is None


@pytest.mark.parametrize(
    ("licence", "path"),
    [
        ("CC BY 4.0", "licenses/by/4.0/"),
        ("cc-by-nc-nd-2.5", "licenses/by-nc-nd/2.5/"),
        ("CC0-1.0", "publicdomain/zero/1.0/"),
        ("CC-BY-SA-NC-4.0", None),
        ("MIT", None),
        ("", None),
    ],
)
def test_a_creative_commons_licence_has_an_address(licence, path):
    assert terms_of(licence) == (f"https://creativecommons.org/{path}" if path else "")


# -- How much it was read --------------------------------------------------


@pytest.mark.parametrize(
    ("language", "short", "full"),
    [("en", "12.3k", "12,345 views"), ("fr", "12,3\xa0k", "12\u202f345 vues")],
)
def test_many_readers_are_said_in_short_and_in_full_on_asking(
    visit, bring_in, language, short, full
):
    path, asked = bring_in(), {"Accept-Language": language, "User-Agent": "a robot"}
    for page in ("/", path):
        text = visit().get(page, headers=asked).text
        [title, shown] = re.search(r'<span title="([^"]+)">(?:<span[^>]*>)?([^<]+)<', text).groups()
        assert title.casefold() == full
        assert shown.startswith(short)
