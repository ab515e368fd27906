"""Who reads what, in which order, on which page, in how many questions."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from community.kernel.db import db, now
from community.kernel.errors import Forbidden, Missing
from community.kernel.policy import can
from community.kernel.tenancy import brand_scope
from community.members.models import Anonymous
from community.permissions import Can
from community.threads import lists, queries, reach, removal, service, standing, votes
from community.threads.imported import ImportedId
from community.threads.models import Category, Post, Thread
from tests.conftest import who
from tests.factories import LUNE, PEOPLE, VELORA
from tests.threads.acting import questions
from tests.threads.saying import a_reply, a_thread, opening

EVERYONE = [None, *PEOPLE]
PLACES = ("general", "corner", "club", "office", "news")


def reader(name: str | None):
    return who(name) if name else Anonymous()


def a_long_thread(replies: int) -> Thread:
    thread = a_thread("ada")
    for n in range(replies):
        a_reply(thread, ("ben", "cleo", "eve")[n % 3], f"Reply {n}")
    return thread


def titles(page) -> list[str]:
    return [thread.title for thread in page.items]


@pytest.fixture
def everything(app):
    """In both brands: in each category a thread of every state with replies of every state."""
    with app.app_context():
        for brand in (LUNE, VELORA):
            with brand_scope(brand):
                for place in PLACES:
                    for state in ("visible", "hidden", "deleted"):
                        _a_thread_with_everything(place, state)
                db.session.commit()
        with brand_scope(LUNE):
            yield


def _a_thread_with_everything(place: str, state: str) -> None:
    author = "mod" if place in {"office", "news"} else "ben"
    thread = a_thread(author, place)
    replier = "mia" if place == "office" else "cleo"
    shown, hidden, deleted = (a_reply(thread, replier) for _ in range(3))
    removal.hide(who("mod"), hidden, reason="spam")
    removal.delete(who("mod"), deleted)
    if state == "hidden":
        removal.hide(who("mod"), opening(thread), reason="spam")
    elif state == "deleted":
        removal.delete(who("mod"), opening(thread))
    assert shown.is_visible


class TestVisibility:
    def test_the_query_and_the_permission_agree_for_everyone(self, everything):
        for name in EVERYONE:
            actor = reader(name)
            for model, may, visible in (
                (Category, Can.SEE_CATEGORY, reach.visible_categories),
                (Thread, Can.SEE_THREAD, reach.visible_threads),
                (Post, Can.SEE_POST, reach.visible_posts),
            ):
                allowed = {
                    row.id for row in db.session.scalars(select(model)) if can(actor, may, row)
                }
                found = [row.id for row in db.session.scalars(visible(actor)).unique()]
                assert sorted(found) == sorted(allowed), f"{name} and {model.__name__}"
                assert found

    def test_an_unconfirmed_member_reads_what_a_stranger_reads(self, everything):
        who("ada").confirmed_at = None
        slugs = {c.slug for c in db.session.scalars(reach.visible_categories(who("ada")))}
        assert slugs == {"general", "corner", "news"}

    def test_a_strangers_numbers_are_exact(self, everything):
        assert lists.threads_page(Anonymous()).total == 3
        assert len(db.session.scalars(reach.visible_posts(Anonymous())).all()) == 6

    def test_lists_hold_hidden_threads_for_who_may_see_them_and_deleted_ones_for_nobody(
        self, everything
    ):
        by_state = [thread.state.value for thread in lists.threads_page(who("mod")).items]
        assert sorted(by_state) == ["hidden"] * 5 + ["visible"] * 5
        own = [thread.state.value for thread in lists.threads_page(who("ben")).items]
        assert sorted(own) == ["hidden"] * 3 + ["visible"] * 4

    def test_private_and_unknown_are_missing_in_the_same_words(self, everything):
        office = db.session.scalars(
            select(Thread).join(Thread.category).where(Category.slug == "office")
        ).first()
        said = []
        for thread_id in (office.id, 10**6):
            with pytest.raises(Missing) as refusal:
                reach.thread_or_missing(Anonymous(), thread_id)
            said.append(str(refusal.value))
        assert len(set(said)) == 1
        with pytest.raises(Missing):
            reach.category_or_missing(Anonymous(), "office")
        with pytest.raises(Missing):
            reach.post_or_missing(Anonymous(), opening(office).id)

    @pytest.mark.parametrize("number", [0, -1, 2**31, 10**30])
    def test_a_number_that_can_be_no_id_is_missing(self, in_lune, number):
        thread = a_thread("ada")
        with pytest.raises(Missing):
            reach.thread_or_missing(Anonymous(), number)
        with pytest.raises(Missing):
            reach.post_or_missing(Anonymous(), number)
        assert queries.post_numbered(Anonymous(), thread, number) is None

    def test_an_id_of_the_other_brand_is_missing_even_for_its_owner(self, app):
        with app.app_context():
            with brand_scope(VELORA):
                thread = a_thread("ada")
                post = opening(thread)
                db.session.commit()
            with brand_scope(LUNE):
                with pytest.raises(Missing):
                    reach.thread_or_missing(who("oli"), thread.id)
                with pytest.raises(Missing):
                    reach.post_or_missing(who("oli"), post.id)


class TestCategories:
    def test_the_tree_has_sections_with_their_parts_in_order(self, in_lune):
        tree = queries.category_tree(who("mod"))
        assert [c.slug for c in tree] == ["general", "club", "office", "news"]
        assert [part.slug for part in tree[0].children] == ["corner"]
        assert [c.slug for c in queries.category_tree(Anonymous())] == ["general", "news"]

    def test_a_sections_total_counts_its_parts_as_far_as_they_are_seen(self, in_lune):
        a_thread("ada")
        corner = a_thread("ada", "corner").category
        assert queries.category_tree(Anonymous())[0].threads_total == 2
        corner.visible_to = "staff"
        db.session.flush()
        assert queries.category_tree(Anonymous())[0].threads_total == 1
        assert queries.category_tree(who("mod"))[0].threads_total == 2

    def test_it_takes_one_question_however_many_there_are(self, in_lune):
        for n in range(15):
            db.session.add(Category(slug=f"more-{n}", name="More", position=n))
        db.session.commit()
        with questions() as sent:
            for section in queries.category_tree(Anonymous()):
                assert section.threads_total == 0
        assert len(sent) == 1


class TestLists:
    def test_by_activity_the_last_reply_leads(self, in_lune):
        old = a_thread("ada", title="The older thread")
        a_thread("ada", title="The newer thread")
        assert titles(lists.threads_page(Anonymous())) == ["The newer thread", "The older thread"]
        a_reply(old, "ben")
        assert titles(lists.threads_page(Anonymous()))[0] == "The older thread"
        assert titles(lists.threads_page(Anonymous(), sort="new"))[0] == "The newer thread"

    def test_a_removed_reply_moves_its_thread_back(self, in_lune):
        old = a_thread("ada", title="The older thread")
        a_thread("ada", title="The newer thread")
        removal.delete(who("mod"), a_reply(old, "ben"))
        assert titles(lists.threads_page(Anonymous()))[0] == "The newer thread"

    def test_popular_are_those_with_most_replies_and_lately_alive(self, in_lune):
        busy, quiet, asleep = (a_thread("ada", title=f"A thread, {n}") for n in range(3))
        a_reply(busy, "ben")
        for _ in range(3):
            a_reply(asleep, "ben")
        asleep.last_post_at = now() - timedelta(days=31)
        db.session.flush()
        found = lists.threads_page(Anonymous(), sort="popular").items
        assert list(found) == [busy, quiet, asleep]

    def test_unanswered_leaves_out_answered_closed_and_announced(self, in_lune):
        waiting, answered, closed = (a_thread("ada", title=f"A thread, {n}") for n in range(3))
        removed = a_thread("ben", title="Its only reply is gone")
        a_reply(answered, "ben")
        standing.lock(who("mod"), closed)
        a_thread("mod", "news")
        removal.delete(who("ada"), a_reply(removed, "ada"))
        assert list(lists.unanswered(Anonymous())) == [removed, waiting]
        assert list(lists.threads_page(Anonymous(), sort="unanswered").items) == [removed, waiting]

    def test_equal_moments_never_put_one_thread_on_two_pages(self, in_lune):
        moment = now()
        for n in range(45):
            a_thread("ada", title=f"Thread number {n:02}").last_post_at = moment
        db.session.flush()
        for sort in ("activity", "popular"):
            pages = [lists.threads_page(Anonymous(), sort=sort, page=n) for n in (1, 2, 3)]
            assert [len(page.items) for page in pages] == [20, 20, 5]
            assert {page.pages for page in pages} == {3}
            assert len({t.id for page in pages for t in page.items}) == 45

    @pytest.mark.parametrize("number", [0, -1, 2])
    def test_a_page_that_is_not_there_is_missing(self, in_lune, number):
        a_thread("ada")
        with pytest.raises(Missing):
            lists.threads_page(Anonymous(), page=number)
        with pytest.raises(Missing):
            queries.removed_posts(who("mod"), page=number)

    def test_an_empty_list_has_one_empty_page(self, in_lune):
        page = lists.threads_page(Anonymous())
        assert (list(page.items), page.number, page.pages, page.total) == ([], 1, 1, 0)

    def test_a_section_holds_the_threads_of_its_parts_and_a_part_its_own(self, in_lune):
        a_thread("ada", "general")
        a_thread("ada", "corner")
        general = reach.category_or_missing(Anonymous(), "general")
        corner = reach.category_or_missing(Anonymous(), "corner")
        assert lists.threads_page(Anonymous(), category=general).total == 2
        assert lists.threads_page(Anonymous(), category=corner).total == 1

    def test_a_section_holds_nothing_of_a_part_the_reader_may_not_see(self, in_lune):
        a_thread("ada", "corner").category.visible_to = "members"
        db.session.flush()
        general = reach.category_or_missing(Anonymous(), "general")
        assert lists.threads_page(Anonymous(), category=general).total == 0
        assert lists.threads_page(who("ben"), category=general).total == 1

    def test_pinned_threads_stand_apart_on_the_first_page_of_their_category(self, in_lune):
        pinned = a_thread("ada", title="The pinned thread")
        standing.pin(who("mod"), pinned)
        for n in range(21):
            a_thread("ada", title=f"Thread number {n:02}")
        general = pinned.category
        first, second = (lists.threads_page(Anonymous(), category=general, page=n) for n in (1, 2))
        assert list(first.pinned) == [pinned]
        assert pinned not in [*first.items, *second.items, *second.pinned]
        assert (len(first.items), len(second.items), first.total) == (20, 1, 22)
        assert second.total == 22
        everywhere = lists.threads_page(Anonymous(), sort="activity", page=2)
        assert (list(everywhere.pinned), everywhere.items[-1]) == ([], pinned)

    def test_a_tag_finds_its_threads(self, in_lune):
        a_thread("ada", tags=["rain"])
        a_thread("ada", "club", tags=["rain", "snow"])
        found = {
            (name, tag): len(lists.threads_page(reader(name), tag=tag).items)
            for name, tag in ((None, "rain"), ("ben", "rain"), ("ben", "snow"), ("ben", "nothing"))
        }
        assert list(found.values()) == [1, 2, 1, 0]

    def test_latest_is_of_one_category_when_asked(self, in_lune):
        a_thread("ada")
        news = a_thread("mod", "news")
        assert list(lists.latest(Anonymous(), 5, category=news.category)) == [news]
        assert len(lists.latest(Anonymous(), 1)) == 1

    def test_a_profile_shows_what_its_reader_may_read(self, in_lune):
        public, club = a_thread("ada"), a_thread("ada", "club")
        hidden = a_thread("ada", title="This one is hidden")
        removal.hide(who("mod"), opening(hidden), reason="spam")
        reply = a_reply(a_thread("ben"), "ada")
        assert list(lists.threads_by(Anonymous(), who("ada"))) == [public]
        assert list(lists.threads_by(who("mod"), who("ada"))) == [club, public]
        assert list(queries.posts_by(Anonymous(), who("ada"))) == [reply]
        removal.delete(who("ada"), reply)
        assert list(queries.posts_by(who("ada"), who("ada"))) == []

    def test_a_list_takes_as_many_questions_for_twenty_threads_as_for_one(self, in_lune):
        def count() -> int:
            db.session.commit()
            db.session.expire_all()
            actor = Anonymous()
            with questions() as sent:
                page = lists.threads_page(actor)
                for thread in page.items:
                    assert thread.category.name
                    assert thread.author.name
                    assert thread.tag_slugs
            return len(sent)

        a_thread("ada", tags=["one"])
        few = count()
        for n in range(20):
            thread = a_thread("ben", ("general", "corner")[n % 2], tags=["one", f"tag-{n}"])
            a_reply(thread, "cleo")
        assert count() == few <= 2


class TestPosts:
    def test_a_page_is_twenty_numbers_and_stays_so_when_posts_go(self, in_lune):
        thread = a_long_thread(40)
        late = db.session.scalars(select(Post).where(Post.number == 21)).one()
        for post in db.session.scalars(select(Post).where(Post.number.between(2, 10))).all():
            removal.delete(who("mod"), post)
        pages = [queries.posts_page(Anonymous(), thread, page=n) for n in (1, 2, 3)]
        assert [[p.number for p in page.items] for page in pages] == [
            list(range(1, 21)),
            list(range(21, 41)),
            [41],
        ]
        assert queries.page_of(late) == 2
        assert {(page.pages, page.total) for page in pages} == {(3, 32)}
        with pytest.raises(Missing):
            queries.posts_page(Anonymous(), thread, page=4)

    def test_twenty_posts_are_one_page(self, in_lune):
        assert queries.posts_page(Anonymous(), a_long_thread(19)).pages == 1

    def test_by_helpfulness_the_first_post_leads_and_removed_ones_are_left_out(self, in_lune):
        thread = a_thread("ada")
        one, two, gone = (a_reply(thread, "ben", f"Reply {n}") for n in range(3))
        for name in ("cleo", "eve"):
            votes.vote_helpful(who(name), two)
        votes.vote_helpful(who("cleo"), gone)
        removal.hide(who("mod"), gone, reason="spam")
        numbers = {
            name: [p.number for p in queries.posts_page(reader(name), thread, sort="helpful").items]
            for name in (None, "mod")
        }
        assert numbers == {None: [1, two.number, one.number], "mod": [1, 3, 4, 2]}

    def test_one_post_is_found_by_its_number_if_it_may_be_seen(self, in_lune):
        thread = a_thread("ada")
        post = a_reply(thread, "ben")
        assert queries.post_numbered(Anonymous(), thread, 2) is post
        removal.hide(who("mod"), post, reason="spam")
        assert queries.post_numbered(Anonymous(), thread, 2) is None
        assert queries.post_numbered(Anonymous(), thread, 9) is None

    def test_a_page_takes_as_many_questions_for_twenty_posts_as_for_one(self, in_lune):
        def count(thread) -> int:
            db.session.commit()
            db.session.expire_all()
            mod, here = who("mod"), reach.thread_or_missing(who("mod"), thread.id)
            with questions() as sent:
                for post in queries.posts_page(mod, here).items:
                    assert post.author.name
                    assert post.thread is here
                    can(mod, Can.SEE_POST, post)
            return len(sent)

        short, long = a_thread("ada"), a_long_thread(19)
        removal.delete(who("mod"), db.session.scalars(select(Post).where(Post.number == 7)).one())
        assert count(short) == count(long) == 1

    def test_people_in_a_thread_are_those_whose_posts_are_seen(self, in_lune):
        thread = a_thread("ada")
        for name in ("ben", "ben", "cleo"):
            post = a_reply(thread, name)
        removal.delete(who("cleo"), post)
        shown = queries.posts_page(who("mod"), thread).items
        assert [m.username for m in queries.people_in(shown)] == ["ben", "ada"]

    def test_other_threads_of_the_category_are_offered(self, in_lune):
        thread, other = a_thread("ada"), a_thread("ben")
        a_thread("ada", "corner")
        assert [link.id for link in lists.others_like(Anonymous(), thread)] == [other.id]


class TestRecords:
    def test_earlier_versions_of_a_removed_post_are_for_moderators(self, in_lune):
        thread = a_thread("ada")
        post = a_reply(thread, "ben", "Something rude.")
        service.edit(who("mod"), post, body="Something mild.")
        assert [r.body for r in queries.revisions(Anonymous(), post)] == ["Something rude."]
        removal.hide(who("mod"), post, reason="spam")
        for actor in (Anonymous(), who("cleo"), who("ben")):
            with pytest.raises(Forbidden):
                queries.revisions(actor, post)
        assert len(queries.revisions(who("mod"), post)) == 1

    def test_removed_posts_are_listed_for_staff_the_last_first(self, in_lune):
        thread = a_thread("ada")
        one, two = a_reply(thread, "ben"), a_reply(thread, "cleo")
        removal.hide(who("mod"), one, reason="spam")
        removal.delete(who("cleo"), two)
        assert list(queries.removed_posts(who("mod")).items) == [two, one]
        assert list(queries.removed_posts(who("ben")).items) == [one]
        assert list(queries.removed_posts(who("ada")).items) == []
        assert list(queries.removed_posts(Anonymous()).items) == []
        removal.purge(now() + timedelta(days=1))
        assert queries.removed_posts(who("mod")).total == 0

    def test_an_old_address_leads_to_where_a_thread_or_post_is_now(self, app):
        with app.app_context():
            with brand_scope(LUNE):
                post = opening(a_thread("ada"))
                rows = [("77", None), ("78", post.id)]
                for old_id, post_id in rows:
                    row = ImportedId(source="forum", old_id=old_id, thread_id=post.thread_id)
                    row.post_id = post_id
                    db.session.add(row)
                db.session.commit()
                for old_id, post_id in rows:
                    assert reach.imported("forum", old_id) == (post.thread_id, post_id)
                with pytest.raises(Missing):
                    reach.imported("elsewhere", "77")
            with brand_scope(VELORA), pytest.raises(Missing):
                reach.imported("forum", "77")
