"""What crawlers ask for: sitemaps, robots.txt, security.txt."""

import re
from datetime import UTC, datetime, timedelta
from itertools import product
from xml.etree import ElementTree

import pytest
from sqlalchemy import event, update

from community.brands.queries import the_brand
from community.feed import sitemaps
from community.kernel.db import db, now
from community.threads import removal
from community.threads.indexing import THIN_AFTER
from community.threads.models import Post, Thread
from tests.conftest import who
from tests.factories import LUNE
from tests.feed.conftest import opening

EVERYTHING = ["/sitemap.xml", "/sitemap-pages.xml", "/sitemap-0.xml"]
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
HOME = "http://lune.localhost"


def listed(client, address) -> dict[str, str | None]:
    """What a sitemap lists: when each changed, by address."""
    response = client.get(address)
    assert response.status_code == 200
    assert response.mimetype == "application/xml"
    return {
        one.find(f"{SITEMAP}loc").text: one.findtext(f"{SITEMAP}lastmod")
        for one in ElementTree.fromstring(response.data)
    }


def path(address: str) -> str:
    return address.removeprefix(HOME)


def set_thread(thread: int, **values):
    return lambda: db.session.execute(update(Thread).where(Thread.id == thread).values(values))


# -- Sitemaps --------------------------------------------------------------


def test_the_sitemap_leads_to_every_public_page(start, visit):
    thread = start()
    client = visit()
    assert list(listed(client, "/sitemap.xml")) == [f"{HOME}{a}" for a in EVERYTHING[1:]]
    pages = listed(client, "/sitemap-pages.xml")
    assert [path(page) for page in pages] == ["/", "/c/", "/c/general", "/c/corner", "/c/news"]
    assert list(listed(client, "/sitemap-0.xml")) == [f"{HOME}/t/{thread}/night-serum-in-summer"]


def test_every_address_of_the_sitemap_is_a_page_that_may_be_listed_under_it(start, visit):
    start()
    client = visit()
    for part in listed(client, "/sitemap.xml"):
        for address in listed(client, path(part)):
            page = client.get(path(address))
            assert page.status_code == 200
            assert f'<link rel="canonical" href="{address}">' in page.text
            assert "noindex" not in page.text


def test_a_long_sitemap_goes_on_in_further_parts(start, visit, monkeypatch):
    monkeypatch.setattr(sitemaps, "PER_PART", 2)
    threads = [start(brands=[LUNE], title=f"Thread number {n} of five") for n in range(5)]
    client = visit()
    parts = list(listed(client, "/sitemap.xml"))[1:]
    assert parts == [f"{HOME}/sitemap-{after}.xml" for after in (0, threads[1], threads[3])]
    found = [list(listed(client, path(part))) for part in parts]
    assert [len(part) for part in found] == [2, 2, 1]
    ids = [int(re.search(r"/t/(\d+)/", place)[1]) for part in found for place in part]
    assert ids == threads
    assert client.get(f"/sitemap-{threads[4]}.xml").status_code == 404


def test_a_part_costs_the_same_wherever_it_begins(start, visit, monkeypatch, app):
    monkeypatch.setattr(sitemaps, "PER_PART", 2)
    threads = [start(brands=[LUNE], title=f"Thread number {n} of six") for n in range(6)]
    counts, client = [], visit()

    def count(*_args):
        counts[-1] += 1

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", count)
        for after in (0, threads[1], threads[3]):
            counts.append(0)
            client.get(f"/sitemap-{after}.xml")
        event.remove(db.engine, "before_cursor_execute", count)
    assert counts[1] == counts[2] <= 5


def test_the_sitemap_says_when_a_page_changed_last(start, answer, visit, change):
    first, second = start(title="The first thread here"), start("news", title="The second thread")
    at = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    change(set_thread(first, last_post_at=at))
    change(set_thread(second, last_post_at=at - timedelta(days=3)))
    client = visit()

    def changes():
        parts = listed(client, "/sitemap.xml")
        pages = {
            path(page): moment for page, moment in listed(client, "/sitemap-pages.xml").items()
        }
        return [*listed(client, "/sitemap-0.xml").values(), parts[f"{HOME}/sitemap-0.xml"],
                pages["/"], pages["/c/general"], pages["/c/news"], pages["/c/"]]  # fmt: skip

    new, old = "2024-05-06T07:08:09+00:00", "2024-05-03T07:08:09+00:00"
    assert changes() == [new, old, new, new, new, old, None]
    edited = at + timedelta(hours=1)
    change(lambda: setattr(opening(second), "edited_at", edited))
    assert changes()[:3] == [new, "2024-05-06T08:08:09+00:00", "2024-05-06T08:08:09+00:00"]


def test_views_and_edits_nobody_sees_change_no_date(start, answer, visit, change):
    thread = start()
    reply = answer(thread)
    change(lambda: removal.hide(who("mod"), db.session.get(Post, reply), reason="Off the subject"))
    change(set_thread(thread, last_post_at=datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)))
    before = listed(visit(), "/sitemap-0.xml")
    change(set_thread(thread, views_count=99))
    change(lambda: setattr(db.session.get(Post, reply), "edited_at", now()))
    assert listed(visit(), "/sitemap-0.xml") == before


def test_a_short_question_nobody_answers_is_listed_for_a_month(start, answer, visit, change):
    thread = start(body="Short.")
    change(set_thread(thread, created_at=now() - THIN_AFTER - timedelta(days=1)))
    page = f"/t/{thread}/night-serum-in-summer"
    assert visit().get("/sitemap-0.xml").status_code == 404
    assert listed(visit(), "/sitemap.xml").keys() == {f"{HOME}/sitemap-pages.xml"}
    assert '<meta name="robots" content="noindex">' in visit().get(page).text
    answer(thread)
    assert list(listed(visit(), "/sitemap-0.xml")) == [f"{HOME}{page}"]
    assert "noindex" not in visit().get(page).text


def test_what_strangers_may_not_read_is_in_no_sitemap_whoever_asks(start, visit, secret):
    start(title="An open thread for everyone")
    found = [
        place
        for client, address in product((visit(), visit("ada"), visit("oli")), EVERYTHING)
        for place in listed(client, address)
    ]
    assert not [place for place in found if "secret" in place or f"/t/{secret}/" in place]
    assert not {f"{HOME}/c/{slug}" for slug in ("club", "office", "lab")} & set(found)
    page = visit("oli").get(f"/t/{secret}/secret-plans-of-the-house")
    assert page.status_code != 200 or "noindex" in page.text


def test_a_private_edit_shows_in_no_date(start, visit, change, secret):
    thread = start(title="An open thread for everyone")
    change(set_thread(thread, last_post_at=now() - timedelta(days=9)))
    before = listed(visit(), "/sitemap.xml")
    change(lambda: setattr(opening(secret), "edited_at", now()))
    assert listed(visit(), "/sitemap.xml") == before


def test_nothing_new_is_answered_without_a_body(start, visit):
    start()
    client, tags = visit(), {}
    for address in [*EVERYTHING, "/robots.txt"]:
        first = client.get(address)
        tags[address] = {"If-None-Match": first.headers["ETag"]}
        again = client.get(address, headers=tags[address])
        assert again.status_code == 304 and again.data == b""
        assert first.headers["Cache-Control"] == "public, no-cache"
    start(title="Another thread to tell of")
    assert client.get("/sitemap-0.xml", headers=tags["/sitemap-0.xml"]).status_code == 200
    assert client.get("/robots.txt", headers=tags["/robots.txt"]).status_code == 304


# -- robots.txt, security.txt, and the switch ------------------------------


@pytest.mark.parametrize("brand", ["lune", "velora"])
def test_crawlers_are_kept_from_what_is_not_for_them(visit, brand):
    text = visit(brand=brand).get("/robots.txt").get_data(as_text=True)
    assert f"Sitemap: http://{brand}.localhost/sitemap.xml" in text
    for rule in ("/admin/", "/settings", "/new", "/login", "/report/"):
        assert f"Disallow: {rule}\n" in text


def test_nothing_is_listed_when_strangers_may_not_read(start, visit, change):
    start()

    def close():
        the_brand().features = {"guest_reading": False}

    change(close)
    for reader in (None, "ada"):
        for address in EVERYTHING:
            assert visit(reader).get(address).status_code == 404
    assert visit().get("/robots.txt").get_data(as_text=True) == "User-agent: *\nDisallow: /\n"
    assert visit(brand="velora").get("/sitemap.xml").status_code == 200


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


# -- One address for each page ---------------------------------------------


def canonical(client, address) -> str:
    page = client.get(address)
    assert page.status_code == 200
    (found,) = re.findall(r'<link rel="canonical" href="([^"]+)">', page.text)
    return path(found)


def test_every_page_names_its_own_address_and_a_further_page_is_itself(start, answer, visit):
    thread = start(tags=["night"])
    for number in range(20):
        answer(thread, f"Answer number {number}")
        start(brands=[LUNE], title=f"Thread number {number}", tags=["night"])
    page = f"/t/{thread}/night-serum-in-summer"
    client = visit()
    for address in ("/", "/c/general", "/tag/night", page):
        assert canonical(client, address) == address
        assert canonical(client, f"{address}?page=2") == f"{address}?page=2"
        assert canonical(client, f"{address}?utm_source=x") == address
    assert canonical(client, f"{page}?sort=helpful&page=2") == f"{page}?page=2"
    for address in ("/c/", "/rules", "/legal", "/m/mia", "/login", "/join"):
        assert canonical(client, f"{address}?next=%2Frules") == address


def test_other_orders_of_a_list_are_not_for_search_engines(start, answer, visit):
    thread = start()
    answer(thread)
    for address in ("/", "/c/general", f"/t/{thread}/night-serum-in-summer"):
        assert "noindex" not in visit().get(address).text
    for address in (
        "/?sort=popular",
        "/c/general?sort=new",
        f"/t/{thread}/night-serum-in-summer?sort=helpful",
        "/tag/none?sort=new",
    ):
        assert "noindex" in visit().get(address).text


@pytest.mark.parametrize("posts", [2, 3])
def test_a_profile_is_for_search_engines_once_there_is_something_on_it(start, visit, posts):
    for number in range(posts):
        start(brands=[LUNE], title=f"Thread number {number}", author="ben")
    assert ("noindex" in visit().get("/m/ben").text) is (posts < 3)
