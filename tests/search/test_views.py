"""The page of results and what script asks for, over HTTP."""

import re

import pytest
from sqlalchemy import select
from time_machine import travel

from community.events import DayBegan, SimilarAnswered
from community.kernel.db import db
from community.kernel.tenancy import brand_scope
from community.search import queries, service
from community.search.models import SearchMiss, SimilarAnswer
from tests.factories import LUNE, VELORA
from tests.threads.acting import published
from tests.threads.saying import a_reply, a_thread

SCRIPT = {"HX-Request": "true"}


@pytest.fixture
def shelf(library):
    with library.written():
        thread = a_thread("ada", title="Une crème pour l’été <doux>", tags=["soleil"])
        a_reply(thread, "ben", "The sun is strong in summer; take a hat and a parasol.")
        a_thread("cleo", title="Batteries in a cold winter", body="They lose their charge.")


class TestResults:
    def test_without_words_the_page_says_what_can_be_searched(self, visit):
        answer = visit().get("/search")
        assert answer.status_code == 200
        assert "What are you looking for?" in answer.text

    def test_a_result_shows_its_title_and_words_with_hits_marked_and_leads_to_the_post(
        self, visit, shelf
    ):
        page = visit().get("/search?q=ete").text
        assert "1 thread for “ete”" in page
        assert "Une crème pour <mark>l’été</mark> &lt;doux&gt;" in page
        page = visit().get("/search?q=parasol").text
        assert re.search(r'href="/t/\d+/[^"]*#post-2"', page)

    def test_nothing_found_offers_another_spelling_close_titles_and_asking(self, visit, shelf):
        page = visit().get("/search?q=baterries").text
        assert "Nothing found" in page and "Nothing for “baterries”" in page
        assert re.search(r'Did you mean <a class="link" href="/search\?q=batteries">', page)
        page = visit().get("/search?q=batteries+crumble").text
        assert "Close to your words" in page and "Batteries in a cold winter" in page
        assert "/new?title=batteries+crumble" in page

    def test_filters_work_without_script_and_are_kept_by_pages_and_kinds(self, visit, shelf):
        page = visit().get("/search?q=ete&tag=soleil&category=general&author=ada").text
        assert "1 thread" in page and 'value="soleil"' in page
        page = visit().get("/search?q=ete&tag=winter").text
        assert "Search without filters" in page and "Did you mean" not in page

    def test_a_wrong_filter_is_told_beside_its_field_and_kept(self, visit, shelf):
        for name, value, message in (
            ("since", "yesterday", "Write the date as year, month and day"),
            ("until", "2026-02-31", "Write the date as year, month and day"),
            ("until", "9999-12-31", "Write the date as year, month and day"),
            ("author", "nobody", "There is no member of this name."),
            ("category", "attic", "There is no such category."),
            ("category", "office", "There is no such category."),
        ):
            answer = visit("ada").get(f"/search?q=ete&{name}={value}")
            assert answer.status_code == 422, value
            assert f'id="{name}-error"' in answer.text and message in answer.text, value
            assert f'value="{value}"' in answer.text or name == "category"

    def test_what_an_address_cannot_mean_does_no_harm(self, visit, shelf):
        browser = visit()
        for given in (
            "page=0", "page=99", "page=x", "kind=none", "sort=none", "until=9998-12-31",
        ):  # fmt: skip
            answer = browser.get(f"/search?q=ete&{given}")
            assert answer.status_code == 200 and "1 thread for" in answer.text, given

    @pytest.mark.sqlite
    def test_while_there_is_no_index_the_page_says_so_and_shows_the_way_to_categories(self, visit):
        page = visit().get("/search?q=ete").text
        assert "Search is not ready yet" in page and 'href="/c/"' in page
        assert visit().get("/search/suggest?q=et").text.count("option") == 1
        assert visit().get("/search/similar?title=A+title+long+enough").text.strip() == ""

    def test_no_robot_is_asked_to_keep_the_page(self, visit, shelf):
        assert '<meta name="robots" content="noindex, follow">' in visit().get("/search?q=ete").text

    def test_the_header_has_a_search_box_on_every_page(self, visit):
        for path in ("/", "/c/", "/login"):
            assert 'action="/search"' in visit().get(path).text or path == "/login"


class TestSuggestions:
    def test_they_are_options_with_what_was_typed_marked(self, visit, shelf):
        page = visit().get("/search/suggest?q=batteries+win", headers=SCRIPT).text
        assert "<mark>Batteries</mark> in a cold <mark>winter</mark>" in page
        assert page.count('role="option"') == 2
        assert 'href="/search?q=batteries+win"' in page

    def test_similar_threads_can_be_said_to_answer_and_that_is_counted(self, app, visit, shelf):
        page = visit("ben").get("/search/similar?title=Battery+in+winter", headers=SCRIPT).text
        assert "1 thread is close to yours" in page
        [path] = re.findall(r'formaction="([^"]+)"', page)
        answer = visit("ben").post(path)
        assert answer.status_code == 303
        assert answer.location == "/t/2/batteries-in-a-cold-winter"
        with app.app_context(), brand_scope(LUNE):
            assert db.session.scalars(select(SimilarAnswer.thread_id)).all() == [2]
            assert published(SimilarAnswered) == [{"thread_id": 2}]
            assert queries.questions_spared() == 1
        with app.app_context(), brand_scope(VELORA):
            assert queries.questions_spared() == 0

    def test_a_short_title_has_none(self, visit, shelf):
        assert visit("ben").get("/search/similar?title=Batt").text.strip() == ""


class TestMisses:
    def misses(self, app, brand=LUNE):
        with app.app_context(), brand_scope(brand):
            return [(gap.question, gap.count, gap.days) for gap in queries.gaps()]

    def test_they_are_counted_by_day_without_who(self, app, visit, shelf):
        for query in ("Un parapluie", "parapluies", "PARAPLUIE"):
            assert 'hx-post="/search/missed"' in visit().get(f"/search?q={query}").text
        for query in ("Un parapluie", "PARAPLUIE", "  parapluie "):
            assert visit("ada").post("/search/missed", data={"q": query}).status_code == 204
        assert self.misses(app) == [("parapluie", 3, 1)]
        assert self.misses(app, VELORA) == []
        assert set(SearchMiss.__mapper__.columns.keys()) == {
            "id", "brand_id", "day", "question", "count",
        }  # fmt: skip

    def test_what_is_found_or_names_somebody_is_not_kept(self, app, visit, shelf):
        browser = visit()
        for query in (
            "batteries", "", "ada@example.com", "06 12 34 56 78", "https://x.example", "x" * 90,
        ):  # fmt: skip
            assert browser.post("/search/missed", data={"q": query}).status_code == 204
        assert self.misses(app) == []

    def test_they_are_forgotten_after_a_year(self, app, visit, shelf):
        with travel("2025-01-01 12:00", tick=False), app.app_context(), brand_scope(LUNE):
            service.note_miss("parapluie")
            db.session.commit()
        with travel("2025-12-31 12:00", tick=False), app.app_context(), brand_scope(LUNE):
            service.on_day_began(DayBegan())
            assert len(db.session.scalars(select(SearchMiss)).all()) == 1
        with travel("2026-01-01 12:00", tick=False), app.app_context(), brand_scope(LUNE):
            service.on_day_began(DayBegan())
            assert db.session.scalars(select(SearchMiss)).all() == []

    def test_staff_sees_the_most_asked_first_and_members_do_not(self, app, visit, shelf):
        with app.app_context(), brand_scope(LUNE):
            for query in ("parapluie", "marmalade", "marmalade"):
                service.note_miss(query)
            db.session.commit()
        page = visit("mod").get("/admin/gaps").text
        assert page.index("marmalade") < page.index("parapluie")
        assert visit("ada").get("/admin/gaps").status_code == 403
        elsewhere = visit("mod", brand="velora").get("/admin/gaps").text
        assert "Whatever was looked for was found" in elsewhere
