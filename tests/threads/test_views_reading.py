"""What visitors, members and staff read."""

import re
from datetime import timedelta
from urllib.parse import unquote

import pytest
from sqlalchemy import event

from community.kernel.db import db, now
from community.kernel.tenancy import brand_scope
from community.threads import removal, service, standing
from community.threads.imported import ImportedId
from community.threads.models import Thread
from tests.conftest import who
from tests.factories import LUNE, VELORA
from tests.threads.saying import BODY, TITLE, a_reply, a_thread, opening

BRANDS = {"lune": LUNE, "velora": VELORA}


@pytest.fixture
def say(app):
    """`say("lune", f)` runs f in a brand, commits, and returns what it returns."""

    def run(brand, what):
        with app.app_context(), brand_scope(BRANDS[brand]):
            result = what()
            db.session.commit()
            return result

    return run


@pytest.fixture
def thread(say):
    """The same thread in both brands: (id, slug) by brand."""

    def start():
        started = a_thread("ada", tags=["rain"])
        a_reply(started, "ben")
        return started.id, started.slug

    say("velora", lambda: a_thread("cleo"))  # so that ids differ between brands
    return {brand: say(brand, start) for brand in BRANDS}


def words(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.text))


# -- Home and lists --------------------------------------------------------


def test_a_new_brand_offers_first_questions_instead_of_an_empty_list(visit):
    page = visit().get("/")
    assert page.status_code == 200
    assert "Be the first" in page.text
    assert page.text.count('href="/new?title=') == 3
    assert "To do before you invite people" not in page.text
    assert "To do before you invite people" in visit("mod").get("/").text


def test_the_home_page_shows_what_is_going_on_in_this_brand_only(visit, thread, say):
    say("lune", lambda: a_thread("ben", title="Only here in this house"))
    assert "Only here in this house" in visit().get("/").text
    velora = visit(brand="velora").get("/")
    assert TITLE in velora.text
    assert "Only here in this house" not in velora.text


def test_the_ask_box_leads_to_the_form_with_the_title_filled(visit):
    assert 'action="/new"' in visit().get("/").text
    form = visit("ada").get("/new?title=Does+it+float%3F+Really")
    assert 'value="Does it float? Really"' in form.text


@pytest.mark.parametrize("sort", ["activity", "popular", "unanswered", "nonsense"])
def test_every_way_to_sort_the_home_page_answers(visit, thread, sort):
    assert visit().get(f"/?sort={sort}").status_code == 200


def test_only_threads_without_a_reply_are_among_the_unanswered(visit, thread, say):
    say("lune", lambda: a_thread("ben", title="Still waiting for somebody"))
    page = visit().get("/?sort=unanswered")
    assert "Still waiting for somebody" in page.text
    assert TITLE not in page.text


@pytest.mark.parametrize("page", ["0", "-1", "2", "x", "1e3", "99999999999999999999", "²"])
@pytest.mark.parametrize("path", ["/", "/c/general", "/tag/rain", "{thread}"])
def test_a_page_that_does_not_exist_is_not_found(visit, thread, path, page):
    path = path.format(thread="/t/{}/{}".format(*thread["lune"]))
    assert visit().get(path).status_code == 200
    assert visit().get(path, query_string={"page": page}).status_code == 404


def test_categories_show_only_what_the_reader_may_enter(visit):
    def listed(client):
        return set(re.findall(r'href="/c/([a-z]+)"', client.get("/c/").text))

    assert listed(visit()) == {"general", "corner", "news"}
    assert listed(visit("ada")) == {"general", "corner", "news", "club"}
    assert listed(visit("mod")) == {"general", "corner", "news", "club", "office"}


def test_a_closed_category_looks_like_one_that_does_not_exist(visit):
    closed, unknown = visit().get("/c/office"), visit().get("/c/nowhere")
    assert closed.status_code == unknown.status_code == 404
    assert closed.text.replace("office", "") == unknown.text.replace("nowhere", "")
    assert visit("mod").get("/c/office").status_code == 200


def test_a_section_lists_the_threads_of_its_parts(visit, say):
    say("lune", lambda: a_thread("ada", "corner", title="Said in the corner"))
    assert "Said in the corner" in visit().get("/c/general").text
    assert "Said in the corner" in visit().get("/c/corner").text
    assert "Said in the corner" not in visit().get("/c/news").text


def test_a_pinned_thread_stands_once_and_on_top(visit, say):
    def build():
        standing.pin(who("mod"), a_thread("ada", title="Read this before anything"))
        for n in range(3):
            a_thread("ben", title=f"Something newer, number {n}")

    say("lune", build)
    page = visit().get("/c/general").text
    assert page.count("Read this before anything</a>") == 1
    assert page.index("Read this before anything") < page.index("Something newer")


def test_a_tag_leads_to_its_threads_and_filters_a_category(visit, thread, say):
    say("lune", lambda: a_thread("ben", title="Nothing of it here"))
    for path in ("/tag/rain", "/c/general?tag=rain"):
        page = visit().get(path).text
        assert TITLE in page
        assert "Nothing of it here" not in page
    assert visit().get("/tag/never-used").status_code == 404
    assert "No thread here carries this tag" in visit().get("/c/general?tag=never-used").text


def test_an_empty_category_offers_to_start_one_only_to_whoever_may(visit):
    assert 'href="/new?category=news"' not in visit("ada").get("/c/news").text
    assert 'href="/new?category=news"' in visit("mod").get("/c/news").text
    assert "Nobody has started a thread here" in visit("ada").get("/c/news").text


# -- A thread --------------------------------------------------------------


@pytest.mark.parametrize("brand", BRANDS)
def test_a_thread_shows_its_posts(visit, thread, brand):
    number, slug = thread[brand]
    page = visit(brand=brand).get(f"/t/{number}/{slug}")
    assert page.status_code == 200
    assert TITLE in page.text
    assert BODY in page.text
    assert 'id="post-1"' in page.text
    assert 'id="post-2"' in page.text


@pytest.mark.parametrize("wrong", ["", "/", "/other-words", "/Does-Rain"])
def test_any_other_slug_leads_to_the_right_one(visit, thread, wrong):
    number, slug = thread["lune"]
    moved = visit().get(f"/t/{number}{wrong.rstrip('/')}?sort=helpful")
    assert moved.status_code == 301
    assert moved.location == f"/t/{number}/{slug}?sort=helpful"


def test_a_private_thread_and_an_unknown_one_answer_the_same(visit, say):
    number = say("lune", lambda: a_thread("mod", "office").id)
    private, unknown = visit("ada").get(f"/t/{number}/x"), visit("ada").get("/t/999999/x")
    assert private.status_code == unknown.status_code == 404
    assert words(private) == words(unknown)


def test_a_thread_of_the_other_brand_does_not_exist(visit, thread):
    number, slug = thread["velora"]
    assert visit("oli").get(f"/t/{number + 1}/{slug}").status_code == 404


def test_what_search_engines_and_other_sites_read_is_in_the_page(visit, thread):
    number, slug = thread["lune"]
    page = visit().get(f"/t/{number}/{slug}?sort=helpful").text
    assert f'<link rel="canonical" href="http://lune.localhost/t/{number}/{slug}">' in page
    assert f'<meta property="og:title" content="{TITLE}">' in page
    assert f'<meta name="description" content="{BODY}">' in page


def test_a_long_thread_has_pages_that_know_their_neighbours(visit, thread, say):
    number, slug = thread["lune"]

    def fill():
        for n in range(45):
            a_reply(_thread(number), "ben" if n % 2 else "cleo", f"Reply number {n}")

    say("lune", fill)
    page = visit().get(f"/t/{number}/{slug}?page=2").text
    assert 'id="post-21"' in page
    assert 'id="post-20"' not in page
    assert f'rel="prev" href="http://lune.localhost/t/{number}/{slug}"' in page
    assert f'rel="next" href="http://lune.localhost/t/{number}/{slug}?page=3"' in page


def _thread(number):
    return db.session.get_one(Thread, number)


def test_a_permalink_leads_to_the_page_of_its_post(visit, thread, say):
    number, slug = thread["lune"]
    last = say("lune", lambda: [a_reply(_thread(number), "ben", f"No. {n}").id for n in range(25)])[
        -1
    ]
    moved = visit().get(f"/t/{number}/{slug}?post={last}")
    assert moved.status_code == 302
    assert moved.location == f"/t/{number}/{slug}?page=2#post-27"


def test_a_permalink_to_nothing_leads_to_the_thread(visit, thread):
    number, slug = thread["lune"]
    assert visit().get(f"/t/{number}/{slug}?post=999999").location == f"/t/{number}/{slug}"


def test_the_address_of_the_system_before_leads_here(visit, thread, say):
    number, slug = thread["lune"]
    say("lune", lambda: db.session.add(ImportedId(source="forum", old_id="77", thread_id=number)))
    moved = visit().get("/t/old/forum/77", follow_redirects=True)
    assert moved.request.path == f"/t/{number}/{slug}"
    assert visit(brand="velora").get("/t/old/forum/77").status_code == 404


def test_a_removed_reply_leaves_a_tombstone_for_others_and_its_text_for_staff(visit, say):
    def build():
        thread = a_thread("ada")
        removed = a_reply(thread, "ben", "What nobody shall read")
        a_reply(thread, "cleo", "I am still here")
        removal.hide(who("mod"), removed, reason="advertising")
        return f"/t/{thread.id}/{thread.slug}"

    path = say("lune", build)
    for reader in (None, "ada"):
        page = visit(reader).get(path).text
        assert "What nobody shall read" not in page
        assert "advertising" not in page
        assert "Removed by moderators" in page
        assert "I am still here" in page
    for reader in ("ben", "mod"):
        page = visit(reader).get(path).text
        assert "What nobody shall read" in page
        assert "Reason: advertising" in page


def test_a_reply_its_author_removed_says_so(visit, say):
    def build():
        thread = a_thread("ada")
        removal.delete(who("ben"), a_reply(thread, "ben", "On second thoughts"))
        return f"/t/{thread.id}/{thread.slug}"

    page = visit().get(say("lune", build)).text
    assert "Removed by its author" in page
    assert "On second thoughts" not in page


def test_a_hidden_thread_is_gone_for_others_and_marked_for_author_and_staff(visit, say):
    def build():
        thread = a_thread("ada")
        removal.hide(who("mod"), opening(thread), reason="off topic")
        return f"/t/{thread.id}/{thread.slug}"

    path = say("lune", build)
    assert visit().get(path).status_code == 404
    assert visit("ben").get(path).status_code == 404
    for reader in ("ada", "mod"):
        page = visit(reader).get(path)
        assert page.status_code == 200
        assert "Hidden" in page.text
        assert '<meta name="robots" content="noindex">' in page.text


def test_a_thread_removed_for_good_is_gone_and_its_author_finds_no_text(visit, say):
    def build():
        thread = a_thread("ada")
        removal.hide(who("mod"), opening(thread), reason="off topic")
        removal.purge(now() + timedelta(days=1))
        return f"/t/{thread.id}/{thread.slug}"

    path = say("lune", build)
    assert visit().get(path).status_code == 410
    page = visit("mod").get(path).text
    assert "Removed by moderators" in page
    assert "Restore" not in page


READER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101"}


def views_counted(app, say, number) -> int:
    with app.app_context():
        app.extensions["readership"].write()
    return say("lune", lambda: _thread(number).views_count)


def test_reading_counts_a_view_for_each_reader_and_writes_nothing_meanwhile(
    app, visit, thread, say
):
    number, slug = thread["lune"]
    for name in ("ben", "ben", "cleo", None, None):
        visit(name).get(f"/t/{number}/{slug}", headers=READER)
    visit().get(f"/t/{number}/{slug}", headers={"User-Agent": "Googlebot/2.1"})
    assert say("lune", lambda: _thread(number).views_count) == 0
    assert views_counted(app, say, number) == 3


@pytest.mark.parametrize(
    "early",
    [
        {"Sec-Purpose": "prefetch;prerender"},
        {"Purpose": "prefetch"},
        {"X-Purpose": "preview"},
        {"X-Moz": "prefetch"},
    ],
)
def test_what_a_browser_fetches_before_anybody_looks_is_no_view(app, visit, thread, say, early):
    number, slug = thread["lune"]
    client = visit("ben")
    assert client.get(f"/t/{number}/{slug}", headers=READER | early).status_code == 200
    assert client.head(f"/t/{number}/{slug}", headers=READER).status_code == 200
    assert views_counted(app, say, number) == 0
    client.get(f"/t/{number}/{slug}", headers=READER)
    assert views_counted(app, say, number) == 1


def test_a_page_that_is_not_shown_is_no_view(app, visit, thread, say):
    number, slug = thread["lune"]
    for address in (f"/t/{number}", f"/t/{number}/{slug}?page=9", f"/t/{number}/wrong"):
        visit("ben").get(address, headers=READER)
    assert views_counted(app, say, number) == 0


def test_a_closed_thread_says_so_and_has_no_form(visit, thread, say):
    number, slug = thread["lune"]
    say("lune", lambda: standing.lock(who("mod"), _thread(number)))
    page = visit("ben").get(f"/t/{number}/{slug}").text
    assert "closed to new replies" in page
    assert f'action="/t/{number}/reply"' not in page
    assert f'action="/t/{number}/reply"' in visit("mod").get(f"/t/{number}/{slug}").text


def test_a_visitor_is_offered_to_sign_in_and_to_come_back_here(visit, thread):
    number, slug = thread["lune"]
    page = visit().get(f"/t/{number}/{slug}").text
    links = {unquote(link) for link in re.findall(r'href="(/(?:login|join)\?next=[^"]+)"', page)}
    assert f"/login?next=/t/{number}/{slug}#reply" in links
    assert f"/join?next=/t/{number}/{slug}#reply" in links


def test_an_unconfirmed_member_is_asked_to_confirm(visit, thread, say, app):
    def unconfirm():
        who("ben").confirmed_at = None

    say("lune", unconfirm)
    number, slug = thread["lune"]
    assert "confirm your e-mail address first" in visit("ben").get(f"/t/{number}/{slug}").text


def test_a_quote_begins_the_reply(visit, thread, say):
    number, slug = thread["lune"]
    quoted = say("lune", lambda: opening(_thread(number)).id)
    page = visit("ben").get(f"/t/{number}/{slug}?quote={quoted}").text
    assert f"&gt; {BODY}" in page
    assert f"?post={quoted}#post-1" in page


def test_what_was_said_before_is_shown_word_by_word(visit, say):
    def build():
        thread = a_thread("ada")
        first = opening(thread)
        a_reply(thread, "ben")
        service.edit(who("ada"), first, body=BODY.replace("creaks", "sings"))
        return first.id

    post = say("lune", build)
    page = visit().get(f"/posts/{post}/revisions")
    assert "<del>creaks</del>" in page.text
    assert "<ins>sings</ins>" in page.text


# -- Everything ------------------------------------------------------------


def _count(app, ask):
    statements = []

    def note(_conn, _cursor, statement, *_rest):
        # Which host is which brand is remembered for seconds: that transaction comes and goes.
        if not any(word in statement for word in ("BEGIN", "set_config", "FROM brand_host")):
            statements.append(statement)

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert ask().status_code == 200
    finally:
        with app.app_context():
            event.remove(db.engine, "before_cursor_execute", note)
    return statements


MOST_STATEMENTS = 20


@pytest.mark.parametrize("reader", [None, "ben", "mod"])
@pytest.mark.parametrize("path", ["/", "/c/", "/c/general", "/tag/rain", "{thread}"])
def test_a_page_takes_the_same_few_statements_however_long_it_is(
    app, visit, thread, say, path, reader
):
    number, slug = thread["lune"]
    path = path.format(thread=f"/t/{number}/{slug}")
    client = visit(reader)
    say("lune", lambda: a_thread("ben", title="Another one, so that no list is empty"))
    client.get(path)
    few = _count(app, lambda: client.get(path))

    def fill():
        for n in range(12):
            a_thread("cleo", title=f"One more of many, {n}", tags=["rain", f"tag-{n}"])
            a_reply(_thread(number), ["eve", "cleo", "mia"][n % 3], f"Reply {n} for @ben")

    say("lune", fill)
    many = _count(app, lambda: client.get(path))
    assert len(many) <= MOST_STATEMENTS, "\n".join(many)
    assert len(many) <= len(few), "\n".join(many)


@pytest.mark.parametrize("path", ["/", "/c/", "/c/general", "/tag/rain", "{thread}"])
def test_no_page_holds_a_style_or_a_script_of_its_own(visit, thread, path):
    path = path.format(thread="/t/{}/{}".format(*thread["lune"]))
    page = visit("mod").get(path).text
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|hx-on", page)


def test_names_of_the_erased_lead_nowhere(visit, thread, say):
    def erase():
        ben = who("ben")
        ben.erased_at, ben.email = now(), None

    say("lune", erase)
    number, slug = thread["lune"]
    page = visit().get(f"/t/{number}/{slug}")
    assert page.status_code == 200
    assert 'href="/m/ben"' not in page.text
