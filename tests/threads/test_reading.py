"""How far members have read, what is new to them, and catching up."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from community.kernel.db import db, now
from community.kernel.errors import Forbidden
from community.kernel.tenancy import brand_scope
from community.members.models import Anonymous
from community.threads import categories, lists, private, queries, reading, removal, splitting
from community.threads.models import Access, Category, Thread
from community.threads.reading import CaughtUp, ReadMark
from tests.conftest import who
from tests.factories import LUNE, VELORA
from tests.threads.acting import at_once, questions
from tests.threads.saying import TITLE, a_reply, a_thread

ANONYMOUS = Anonymous()


def busy(replies: int = 5, category: str = "general", author: str = "ada", **said) -> Thread:
    """A thread with answers of Eve, which nobody else has read."""
    thread = a_thread(author, category, **said)
    for number in range(replies):
        a_reply(thread, "eve", f"Answer {number}")
    db.session.flush()
    return thread


def page_for(username: str, thread: Thread, number: int = 1):
    posts = queries.posts_page(who(username), thread, page=number)
    return reading.reader_of(who(username), thread, posts.items), posts


def new_to(username: str, *threads: Thread) -> dict[int, int]:
    db.session.flush()
    return dict(reading.unread_in(who(username), threads))


def rooms(username: str):
    return lists.rooms_of(queries.category_tree(who(username)))


def unread_for(username: str) -> list[Thread]:
    db.session.flush()
    return list(reading.unread_threads(who(username)).items)


# -- Marks -----------------------------------------------------------------


def test_a_mark_is_the_highest_post_seen_and_never_goes_back(in_lune):
    thread, ben = busy(), who("ben")
    assert reading.mark_read(ben, thread, 4) == 4
    assert reading.mark_read(ben, thread, 2) == 4
    assert reading.mark_read(ben, thread, -3) == 4
    assert reading.mark_read(ben, thread, 999) == 6


def test_reading_on_shows_the_line_above_the_first_new_post(in_lune):
    thread, ben = busy(), who("ben")
    reading.mark_read(ben, thread, 4)
    reader, posts = page_for("ben", thread)
    assert reader.last_read == 4
    assert reader.first_unread(thread) == 5
    assert reader.new_from(thread, posts) == 5


@pytest.mark.parametrize("read", [0, 6])
def test_there_is_no_line_for_who_read_nothing_or_all(in_lune, read):
    thread, ben = busy(), who("ben")
    reading.mark_read(ben, thread, read)
    reader, posts = page_for("ben", thread)
    assert reader.first_unread(thread) is None
    assert reader.new_from(thread, posts) is None


def test_the_line_is_on_the_page_where_the_new_posts_begin(in_lune):
    thread, ben = busy(24), who("ben")
    reading.mark_read(ben, thread, 20)
    assert [reader.new_from(thread, posts) for reader, posts in (
        page_for("ben", thread, number) for number in (1, 2)
    )] == [None, 21]  # fmt: skip
    assert reading.first_unread(ben, thread) == 21


def test_the_first_unread_post_is_the_first_for_strangers_and_the_last_when_all_is_read(in_lune):
    thread = busy()
    assert reading.first_unread(ANONYMOUS, thread) == 1
    assert reading.first_unread(who("ben"), thread) == 1
    reading.mark_read(who("ben"), thread, 6)
    assert reading.first_unread(who("ben"), thread) == 6


def test_unread_from_here_takes_the_mark_back(in_lune):
    thread, ben = busy(), who("ben")
    reading.mark_read(ben, thread, 6)
    reading.mark_unread(ben, thread.posts[2])
    assert new_to("ben", thread) == {thread.id: 4}
    reader, posts = page_for("ben", thread)
    assert reader.new_from(thread, posts) == 3


def test_what_one_writes_is_no_news_to_oneself(in_lune):
    thread = a_thread("ada")
    assert new_to("ada", thread) == {}
    a_reply(thread, "ben")
    assert new_to("ben", thread) == {}
    assert new_to("ada", thread) == {thread.id: 1}
    a_reply(thread, "ada", "Written without having seen the answer.")
    assert new_to("ada", thread) == {thread.id: 2}


def test_two_tabs_at_once_leave_the_higher_mark(app, in_lune):
    thread = busy()
    db.session.commit()

    def tab(number):
        def act(ready):
            here = db.session.get_one(Thread, thread.id)
            ready()
            return reading.mark_read(who("ben"), here, number)

        return act

    outcome = at_once(app, tab(3), tab(6), tab(5))
    assert outcome.refused == []
    marks = select(ReadMark.last_read).where(ReadMark.member_id == who("ben").id)
    assert db.session.scalars(marks).all() == [6]


def test_catching_up_twice_at_once_is_catching_up_once(app, in_lune):
    busy()
    db.session.commit()

    def act(ready):
        ready()
        reading.catch_up(who("ben"))

    assert at_once(app, act, act).refused == []
    assert unread_for("ben") == []


def test_numbers_that_went_to_another_thread_are_read_along(in_lune):
    thread, ben = busy(), who("ben")
    reading.mark_read(ben, thread, 4)
    gone = [post.id for post in thread.posts if post.number > 4]
    splitting.split_off(who("mod"), thread, gone, title="What came of it in the end")
    db.session.flush()
    reader, posts = page_for("ben", thread)
    assert reader.new_from(thread, posts) is None
    assert reader.told(thread, posts) == 3  # so the last post is reported once more
    assert reading.mark_read(ben, thread, 4) == 6
    reader, posts = page_for("ben", thread)
    assert reader.told(thread, posts) == 6
    assert thread.id not in new_to("ben", thread)


def test_strangers_have_no_marks_and_nobody_marks_what_he_may_not_see(in_lune):
    open_one, closed = busy(), a_thread("mod", "office")
    for actor, thread in [(ANONYMOUS, open_one), (who("ben"), closed)]:
        with pytest.raises(Forbidden):
            reading.mark_read(actor, thread, 1)
        with pytest.raises(Forbidden):
            reading.mark_unread(actor, thread.posts[0])
    with pytest.raises(Forbidden):
        reading.catch_up(ANONYMOUS)


def test_a_page_asks_once_for_its_reader(in_lune):
    thread, ben = busy(), who("ben")
    posts = queries.posts_page(ben, thread).items
    with questions() as sent:
        reading.reader_of(ben, thread, posts)
    assert len(sent) == 1
    with questions() as sent:
        assert reading.reader_of(ANONYMOUS, thread, posts) == reading.Reader()
    assert sent == []


def test_who_follows_is_known_on_a_page_whose_posts_all_went(in_lune):
    thread = busy()
    assert reading.reader_of(who("ada"), thread, []).is_following
    assert reading.reader_of(who("ada"), thread, []).last_read == 1


# -- Lists -----------------------------------------------------------------


def test_lists_tell_never_opened_threads_from_those_with_new_posts(in_lune):
    opened, unopened, read = busy(title=TITLE), busy(title=f"{TITLE} 2"), busy(title=f"{TITLE} 3")
    reading.mark_read(who("ben"), opened, 4)
    reading.mark_read(who("ben"), read, 6)
    assert new_to("ben", opened, unopened, read) == {opened.id: 2, unopened.id: 0}


def test_a_list_asks_once_for_members_and_never_for_strangers(in_lune):
    threads, ben = [busy(1, title=f"{TITLE} {n}") for n in range(3)], who("ben")
    with questions() as sent:
        reading.unread_in(ben, threads)
    assert len(sent) == 1
    with questions() as sent:
        assert reading.unread_in(ANONYMOUS, threads) == {}
        assert reading.unread_by_category(ANONYMOUS, {}) == {}
    assert sent == []


def test_what_is_old_or_was_there_before_the_member_is_no_news(in_lune):
    old, before = busy(title=f"{TITLE} 1"), busy(title=f"{TITLE} 2")
    old.last_post_at = now() - reading.NEWS_FOR - timedelta(hours=1)
    before.last_post_at = now() - timedelta(hours=1)
    assert new_to("ben", old, before) == {before.id: 0}
    who("ben").created_at = now() - timedelta(minutes=30)
    assert new_to("ben", old, before) == {}


def test_the_unread_are_the_latest_first_and_only_what_one_may_see(in_lune):
    first, second = busy(title=f"{TITLE} 1"), busy(1, title=f"{TITLE} 2")
    office = a_thread("mod", "office", title=f"{TITLE} 3")
    alone = a_thread("cleo", title=f"{TITLE} 4", access=Access.BRAND)
    hidden = busy(1, title=f"{TITLE} 5")
    removal.hide(who("mod"), hidden.posts[0], reason="Unkind")
    assert unread_for("ben") == [second, first]
    assert {alone, office, hidden} <= set(unread_for("mia"))
    counts = reading.unread_by_category(who("ben"), rooms("ben"))
    assert sum(counts.values()) == 2


def test_another_brand_has_its_own_marks(app):
    with app.app_context(), brand_scope(LUNE):
        reading.mark_read(who("ben"), busy(), 6)
        assert unread_for("ben") == []
        db.session.commit()
    with app.app_context(), brand_scope(VELORA):
        there = busy()
        assert new_to("ben", there) == {there.id: 0}
        assert unread_for("ben") == [there]
        reading.catch_up(who("ben"))
        db.session.commit()
    with app.app_context(), brand_scope(LUNE):
        again = busy(title=f"{TITLE} 2")
        assert unread_for("ben") == [again]


def test_a_section_counts_what_its_parts_hold_too(in_lune):
    busy(1, title=f"{TITLE} 1")
    busy(1, "corner", title=f"{TITLE} 2")
    busy(1, "club", title=f"{TITLE} 3")
    counts = reading.unread_by_category(who("ben"), rooms("ben"))
    named = {rooms("ben")[id_].slug: count for id_, count in counts.items()}
    assert named == {"general": 2, "corner": 1, "club": 1}


# -- Catching up -----------------------------------------------------------


def test_catching_up_with_a_category_leaves_the_others(in_lune):
    here, part, other = (
        busy(1, slug, title=f"{TITLE} {slug}") for slug in ("general", "corner", "club")
    )
    general = db.session.scalars(select(Category).where(Category.slug == "general")).one()
    reading.catch_up(who("ben"), general)
    assert unread_for("ben") == [other]
    reading.catch_up(who("ben"))
    assert unread_for("ben") == []
    assert set(new_to("cleo", here, part, other)) == {here.id, part.id, other.id}


def test_after_catching_up_only_what_comes_is_new(in_lune):
    begun, unopened = busy(title=f"{TITLE} 1"), busy(title=f"{TITLE} 2")
    reading.mark_read(who("ben"), begun, 2)
    reading.catch_up(who("ben"))
    for thread in (begun, unopened):
        a_reply(thread, "eve", "One more.")
    assert new_to("ben", begun, unopened) == {begun.id: 1, unopened.id: 0}


def test_unread_from_here_counts_after_catching_up_too(in_lune):
    thread = busy()
    reading.catch_up(who("ben"))
    reading.mark_unread(who("ben"), thread.posts[3])
    assert new_to("ben", thread) == {thread.id: 3}


def test_a_category_somebody_caught_up_with_can_be_removed(in_lune):
    reading.catch_up(who("ben"))
    club = db.session.scalars(select(Category).where(Category.slug == "club")).one()
    categories.remove_category(who("oli"), club)
    left = select(CaughtUp).where(CaughtUp.category_id == club.id)
    assert db.session.scalars(left).all() == []


# -- Keeping ---------------------------------------------------------------


def test_marks_of_half_a_year_ago_are_forgotten_in_portions(in_lune, monkeypatch):
    monkeypatch.setattr(reading, "_AT_ONCE", 2)
    threads = [a_thread("ada", title=f"{TITLE} {n}") for n in range(5)]
    for thread in threads:
        reading.mark_read(who("ben"), thread, 1)
    marks = select(ReadMark).where(ReadMark.member_id == who("ben").id)
    for mark in db.session.scalars(marks.order_by(ReadMark.thread_id)).all()[1:]:
        mark.read_at = now() - timedelta(days=181)
    db.session.flush()
    reading.on_day_began(None)
    assert [mark.thread_id for mark in db.session.scalars(marks)] == [threads[0].id]


def test_what_was_read_is_in_the_copy_of_ones_data_and_goes_with_the_member(in_lune):
    thread, ben = busy(), who("ben")
    reading.mark_read(ben, thread, 3)
    reading.catch_up(ben)
    [told] = reading.export(ben)
    assert told["thread"] == TITLE
    assert told["up_to_post"] == 6
    reading.forget(ben)
    assert reading.export(ben) == []
    mine = select(CaughtUp).where(CaughtUp.member_id == ben.id)
    assert db.session.scalars(mine).all() == []
    assert reading.export(who("ada")) != []


# -- Pages -----------------------------------------------------------------


@pytest.fixture
def talk(app):
    """(id, slug) of a thread in Lune with five answers."""
    with app.app_context(), brand_scope(LUNE):
        thread = busy()
        db.session.commit()
        return thread.id, thread.slug


def test_the_page_of_a_thread_has_the_line_and_a_way_to_it(visit, talk):
    path = "/t/{}/{}".format(*talk)
    ben = visit("ben")
    assert 'id="new"' not in ben.get(path).text
    answer = ben.post(f"/t/{talk[0]}/read", data={"number": "4", "beacon": "1"})
    assert (answer.status_code, answer.data) == (204, b"")
    page = ben.get(path).text
    assert page.index('id="post-4"') < page.index('id="new"') < page.index('id="post-5"')
    assert "Jump to the first unread post" in page
    assert ben.get(f"/t/{talk[0]}/unread").location == f"{path}#post-5"
    assert 'id="new"' not in visit().get(path).text


def test_by_helpfulness_nothing_is_reported_as_read(visit, talk):
    path = "/t/{}/{}".format(*talk)
    assert "data-read-url" in visit("ben").get(path).text
    assert "data-read-url" not in visit("ben").get(f"{path}?sort=helpful").text
    assert "data-read-url" not in visit().get(path).text


def test_without_script_a_button_marks_the_page_as_read(visit, talk):
    path, ben = "/t/{}/{}".format(*talk), visit("ben")
    assert "Mark as read up to here" in ben.get(path).text
    answer = ben.post(f"/t/{talk[0]}/read", data={"number": "6"})
    assert answer.location == f"{path}#post-6"
    assert "Mark as read up to here" not in ben.get(path).text


@pytest.mark.parametrize("number", ["", "x", "-1", str(10**30)])
def test_odd_numbers_mark_nothing_beyond_the_last_post(visit, talk, number):
    data = {"number": number, "beacon": "1"}
    assert visit("ben").post(f"/t/{talk[0]}/read", data=data).status_code == 204


def test_unread_from_here_leads_to_the_list_which_says_so(app, visit, talk):
    ben = visit("ben")
    ben.post(f"/t/{talk[0]}/read", data={"number": "6"})
    with app.app_context(), brand_scope(LUNE):
        post_id = db.session.get_one(Thread, talk[0]).posts[3].id
    answer = ben.post(f"/posts/{post_id}/unread", follow_redirects=True)
    assert answer.request.path == "/c/general"
    assert "3 new" in answer.text
    assert "1 unread thread" in ben.get("/c/").text
    assert TITLE in ben.get("/unread").text


def test_a_category_is_marked_as_read_from_its_page(visit, talk):
    ben = visit("ben")
    assert "Mark category as read" in ben.get("/c/general").text
    assert "Mark category as read" not in visit().get("/c/general").text
    answer = ben.post("/unread", data={"category": "general"}, follow_redirects=True)
    assert answer.request.path == "/c/general"
    assert "Mark category as read" not in answer.text
    assert "You are up to date" in ben.get("/unread").text
    assert "unread thread" not in ben.get("/c/").text


def test_nobody_catches_up_with_a_category_he_may_not_see(visit):
    assert visit("ben").post("/unread", data={"category": "office"}).status_code == 404


def test_a_private_discussion_with_the_brand_is_unread_for_staff_alone(app, visit):
    with app.app_context(), brand_scope(LUNE):
        assert private.are_offered()
        a_thread("ada", title="My order came without its lid", access=Access.BRAND)
        db.session.commit()
    assert "without its lid" in visit("mod").get("/unread").text
    assert "without its lid" not in visit("ben").get("/unread").text


@pytest.mark.parametrize(("username", "asked"), [(None, 0), ("ben", 1)])
@pytest.mark.parametrize("path", ["/", "/c/", "/c/general", "/tag/rain", "{thread}"])
def test_a_page_asks_once_what_a_member_has_read_and_never_for_visitors(
    app, visit, path, username, asked
):
    with app.app_context(), brand_scope(LUNE):
        thread = busy(tags=["rain"])
        db.session.commit()
        path = path.format(thread=f"/t/{thread.id}/{thread.slug}")
    browser = visit(username)
    with app.app_context(), questions() as sent:
        assert browser.get(path).status_code == 200
    of_reading = [one for one in sent if "read_mark" in one or "bookmark" in one]
    assert len(of_reading) == asked, "\n".join(of_reading)
