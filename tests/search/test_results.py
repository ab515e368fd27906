"""Who finds what by which words, on both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from community.kernel.db import db, now
from community.search import queries
from community.search.engines import engine
from community.search.questions import Question
from community.search.words import stems
from community.threads import removal, service
from community.threads.models import Category, Kind, Post, Thread
from tests.conftest import who
from tests.factories import LUNE, VELORA
from tests.threads.acting import questions
from tests.threads.saying import a_reply, a_thread, opening

HOSTILE = ["", "   ", "'", "' | '", "a:* & !b", "\\", "(((", '"', "%", "_", "\x00", "é" * 500,
           "1 OR 1=1", "~~", "#tag", "=saddle", "^saddl", "<script>", "🚲",
           "https://x.example/?a=b"]  # fmt: skip


def category(slug: str) -> Category:
    return db.session.scalars(select(Category).where(Category.slug == slug)).one()


class TestWords:
    def test_accents_elisions_capitals_and_endings_do_not_matter(self, library):
        with library.written():
            a_thread("ada", title="Des crèmes pour l’été", body="Hydratante, pour le visage.")
        for query in ("ete", "L'ÉTÉ", "crème été", "creme", "hydrater", "hydratées", "visages"):
            assert library.titles("ben", query) == ["Des crèmes pour l’été"], query
        for query in ("hiver", "creme hiver"):
            assert library.titles("ben", query) == [], query

    def test_english_is_found_in_its_forms_in_a_french_brand(self, library):
        with library.written():
            a_thread("ada", title="The batteries of my bike", body="They are charged and it stops.")
        for query in ("battery", "charging", "bikes stopped"):
            assert library.titles("ben", query) == ["The batteries of my bike"], query

    def test_all_words_count_and_those_of_the_title_count_for_a_reply_too(self, library):
        with library.written():
            thread = a_thread("ada", title="A squeaking saddle", body="What can be done about it?")
            a_reply(thread, "ben", "Try some graphite powder.")
        assert library.titles("ada", "saddle graphite") == ["A squeaking saddle"]
        assert library.titles("ada", "saddle candle") == []

    def test_a_tag_is_a_word_too(self, library):
        with library.written():
            a_thread("ada", tags=["night-cream"])
        assert library.find(None, "night cream").total == 1

    def test_what_is_quoted_belongs_to_whoever_wrote_it(self, library):
        with library.written():
            thread = a_thread("ada", title="About a long journey", body="I mean zanzibar.")
            a_reply(thread, "ben", "> I mean zanzibar.\n\nSo do many.")
        [result] = library.find("ada", "zanzibar").items
        assert result.post.number == 1
        with library.reading("ada") as actor:
            assert len(engine().find(Question([stems("zanzibar")], queries._reach(actor)))) == 1

    def test_any_question_is_answered_and_none_is_more_than_words(self, library):
        with library.written():
            a_thread("ada")
        with library.reading("ada") as actor:
            for query in HOSTILE:
                assert queries.results(actor, query).total == 0, query
                assert list(queries.suggest(actor, query)) == [], query
                queries.similar(actor, query)
                queries.corrected(actor, query)


class TestReach:
    @pytest.fixture
    def everywhere(self, library):
        """In both brands a thread of the same title in each category, one hidden, one removed."""
        for brand in (LUNE, VELORA):
            with library.written(brand):
                for place in ("general", "corner", "club", "office", "news"):
                    author = "oli" if place in ("office", "news") else "ada"
                    a_thread(author, place, title=f"Marmalade in the {place}")
                hidden = a_thread("ben", title="Marmalade that is hidden")
                removal.hide(who("mod"), opening(hidden), reason="Advertising")
                deleted = a_thread("ben", title="Marmalade that is gone")
                removal.delete(who("ben"), opening(deleted))

    def test_everybody_finds_and_counts_what_they_may_read(self, library, everywhere):
        for username, total in ((None, 3), ("ada", 4), ("ben", 4), ("mod", 5), ("oli", 5)):
            found = library.find(username, "marmalade")
            assert found.total == len(found.items) == sum(found.kinds.values()) == total, username
            with library.reading(username) as actor:
                assert len(queries.suggest(actor, "marm", limit=9)) == total, username
                assert len(queries.similar(actor, "marmalade", limit=9)) == total, username

    def test_spelling_tells_nothing_of_what_one_may_not_read(self, library):
        with library.written():
            a_thread("oli", "office", title="The chrysanthemum project", body="Until spring.")
        with library.reading("mod") as staff:
            assert queries.corrected(staff, "chrysantemum") == "chrysanthemum"
        with library.reading("ada") as member:
            assert queries.corrected(member, "chrysantemum") is None

    def test_a_thread_for_the_brand_is_found_by_its_author_and_staff(self, library):
        with library.written():
            thread = a_thread("ada", title="Where is my parcel, please")
            thread.access, thread.was_private = "brand", True
        assert library.titles("ada", "parcel") == library.titles("mod", "parcel") != []
        assert library.titles("ben", "parcel") == library.titles(None, "parcel") == []
        with library.reading("ben") as other:
            assert queries.similar(other, "Where is my parcel") == []

    def test_nothing_of_another_brand_is_found(self, library):
        with library.written(VELORA):
            a_thread("ada", title="Pumpernickel for breakfast")
        with library.written(LUNE):
            a_thread("ada", title="Something else entirely")
        assert library.find("oli", "pumpernickel").total == 0
        assert library.find("oli", "pumpernickel", brand=VELORA).total == 1
        with library.reading("oli") as actor:
            assert queries.corrected(actor, "pumpernikel") is None
            assert list(queries.suggest(actor, "pump")) == []


class TestChanges:
    def test_what_is_edited_is_found_as_it_is_now(self, library):
        with library.written():
            thread = a_thread("ada", title="Words about apples here", body="Nothing about pears.")
            a_reply(thread, "ben", "Quinces are better.")
        with library.written():
            post = db.session.scalars(select(Post).where(Post.number == 1)).one()
            service.edit(who("ada"), post, title="Words about cherries", body="Nothing at all.")
        assert library.titles("ben", "apples") == library.titles("ben", "pears") == []
        assert library.titles("ben", "cherries quinces") == ["Words about cherries"]

    def test_what_is_removed_is_not_found_and_what_comes_back_is(self, library):
        with library.written():
            thread = a_thread("ada", title="A story of a lighthouse")
            a_reply(thread, "ben", "I was its keeper.")
        with library.written():
            removal.hide(who("mod"), db.session.get(Post, 1), reason="Not now")
        assert library.titles("ben", "lighthouse") == library.titles("ben", "keeper") == []
        with library.written():
            removal.restore(who("mod"), db.session.get(Post, 1))
        assert library.titles("ben", "lighthouse keeper") == ["A story of a lighthouse"]
        with library.written():
            removal.delete(who("ben"), db.session.get(Post, 2))
        assert library.titles("ada", "lighthouse keeper") == []


class TestFilters:
    @pytest.fixture
    def shelf(self, library):
        with library.written():
            a_thread("ada", "corner", title="First honey of the year", tags=["spring"])
            second = a_thread("ben", "club", title="Second honey of the year")
            a_reply(second, "cleo", "Honey is never too much.")
            second.is_solved, second.kind = True, Kind.QUESTION
            for number, post in enumerate(db.session.scalars(select(Post).order_by(Post.id))):
                post.created_at = now() - timedelta(days=10 - number)

    def test_each_narrows_and_the_kinds_are_counted_whatever_kind_is_asked_for(
        self, library, shelf
    ):
        first, second = "First honey of the year", "Second honey of the year"
        with library.reading("ada"):
            general, cleo = category("general"), who("cleo")
        assert library.titles("ada", "honey", category=general) == [first]
        assert library.titles("ada", "honey", tag="spring") == [first]
        assert library.titles("ada", "honey", is_solved=True) == [second]
        assert library.titles("ada", "honey", author=cleo) == [second]
        assert library.titles("ada", "honey", kind=Kind.QUESTION) == [second]
        assert library.titles("ada", "honey", since=now() - timedelta(days=9.5)) == [second]
        assert library.titles("ada", "honey", until=now() - timedelta(days=9.5)) == [first]
        assert library.titles("ada", "honey", newest_first=True) == [second, first]
        found = library.find("ada", "honey", kind=Kind.QUESTION)
        assert found.kinds == {"discussion": 1, "question": 1} and found.total == 1

    def test_several_posts_of_a_thread_are_one_result(self, library, shelf):
        [result] = library.find("ada", "honey", kind=Kind.QUESTION).items
        assert result.post.is_opening
        [result] = library.find("ada", "spring").items
        assert list(result.tags) == ["spring"]

    def test_pages_hold_each_thread_once_and_a_page_beyond_the_last_is_the_last(self, library):
        with library.written():
            for number in range(queries.PER_PAGE + 2):
                a_thread("oli", "news", title=f"Bulletin about number {number}")
        pages = [library.find(None, "bulletin", page=n) for n in (1, 2, 3)]
        assert [page.number for page in pages] == [1, 2, 2]
        shown = [result.post.id for page in pages[:2] for result in page.items]
        assert len(shown) == len(set(shown)) == queries.PER_PAGE + 2


class TestOrder:
    def test_a_word_in_the_title_counts_more_than_in_the_text(self, library):
        with library.written():
            a_thread("ada", title="Something about gardens", body="There is a fountain in it.")
            a_thread("ben", title="A fountain in the garden", body="It stands in the middle.")
            a_thread("cleo", title="Another thing in gardens", body="Behind the fountain there.")
        assert library.titles("ada", "fountain")[0] == "A fountain in the garden"

    def test_titles_and_texts_come_in_pieces_with_their_hits(self, library):
        with library.written():
            a_thread("ada", title="L’été arrive <bientôt>", body="Cet **été** est chaud & sec.")
        [result] = library.find("ben", "ete").items
        assert list(result.title) == [("L’été", True), (" arrive <bientôt>", False)]
        assert ("été", True) in result.excerpt

    def test_a_page_costs_the_same_number_of_questions_whatever_it_holds(self, library):
        with library.written():
            for number in range(3):
                a_thread("ada", title=f"Carousel number {number} turns")
        with library.reading("ben") as actor, questions() as few:
            queries.results(actor, "carousel")
        with library.written():
            for number in range(9):
                a_thread("eve", title=f"Carousel number {number} turns again")
        with library.reading("ben") as actor, questions() as more:
            queries.results(actor, "carousel")
        assert len(more) == len(few) <= 6


class TestSuggestions:
    def test_they_begin_as_what_is_typed_and_those_with_more_posts_come_first(self, library):
        with library.written():
            a_thread("ada", title="Retinol in the summer sun")
            busy = a_thread("ada", title="Retinol and vitamins together")
            a_reply(busy, "ben")
            a_thread("ada", title="The sun and my retinoid")
        with library.reading("ben") as actor:
            assert [t.title for t in queries.suggest(actor, "reti")] == [
                "Retinol and vitamins together",
                "Retinol in the summer sun",
                "The sun and my retinoid",
            ]
            assert [t.title for t in queries.suggest(actor, "Rétinol sum")] == [
                "Retinol in the summer sun"
            ]
            assert list(queries.suggest(actor, "r")) == []

    def test_a_title_like_others_is_told_them_best_first(self, library):
        with library.written():
            a_thread("ada", title="Error E-17 after washing the bike")
            a_thread("ada", title="Which lock for the bike is best")
            a_thread("ada", title="A recipe for apple pie please")
        with library.reading("ben") as actor:
            alike = queries.similar(actor, "Bike shows error E-17 after rain")
            assert alike[0].title == "Error E-17 after washing the bike"
            assert "A recipe for apple pie please" not in [thread.title for thread in alike]
            assert list(queries.similar(actor, "Error")) == []

    def test_a_misspelt_question_is_put_right_and_keeps_the_rest(self, library):
        with library.written():
            a_thread("ada", title="Retinol in the summer sun", body="For a sensitive skin.")
        with library.reading("ben") as actor:
            assert queries.corrected(actor, "Retniol, sensitve skin?") == "retinol, sensitive skin?"
            assert queries.corrected(actor, "retinol") is None
            assert queries.corrected(actor, "xyzzyplugh") is None

    def test_a_thread_is_found_among_those_with_its_title_in_the_other_language(self, library):
        with library.written():
            thread = a_thread("ada", title="Piles ou batterie", body="The one for my bike is flat.")
        with library.reading("ben") as actor:
            assert [t.id for t in queries.suggest(actor, "batt")] == [thread.id]
            assert db.session.get(Thread, thread.id).title == "Piles ou batterie"
