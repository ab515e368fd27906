"""Posts that members want to find again."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from community.kernel.bus import Delivery
from community.kernel.db import db, now
from community.kernel.errors import Conflict, Forbidden, Invalid, Missing
from community.kernel.tenancy import brand_scope
from community.threads import bookmarks, reading_views, removal
from community.threads.bookmarks import Bookmark
from tests.conftest import who
from tests.factories import LUNE, VELORA
from tests.threads.acting import at_once, questions
from tests.threads.saying import BODY, TITLE, a_reply, a_thread, opening

TOMORROW = timedelta(days=1)


def listed(username: str, **how):
    return bookmarks.all_of(who(username), **how)[0]


def test_marking_a_post_twice_is_marking_it_once(in_lune):
    post = opening(a_thread("ada"))
    assert bookmarks.bookmark(who("ben"), post) is bookmarks.bookmark(who("ben"), post)
    assert [one.post for one in listed("ben")] == [post]
    assert listed("ada") == []


def test_two_taps_at_once_make_one_bookmark(app, in_lune):
    post_id = opening(a_thread("ada")).id
    db.session.commit()

    def tap(ready):
        post = db.session.get_one(bookmarks.Post, post_id)
        ready()
        bookmarks.bookmark(who("ben"), post)

    assert at_once(app, tap, tap).refused == []
    assert len(listed("ben")) == 1


def test_a_bookmark_is_taken_away_at_the_post_or_in_the_list(in_lune):
    post = opening(a_thread("ada"))
    bookmarks.bookmark(who("ben"), post)
    bookmarks.remove(who("ben"), post)
    bookmarks.remove(who("ben"), post)
    assert listed("ben") == []
    bookmarks.drop(who("ben"), bookmarks.bookmark(who("ben"), post))
    db.session.flush()
    assert listed("ben") == []


def test_nobody_marks_what_he_may_not_see_or_touches_anothers_bookmark(in_lune):
    with pytest.raises(Forbidden):
        bookmarks.bookmark(who("ben"), opening(a_thread("mod", "office")))
    marked = bookmarks.bookmark(who("ben"), opening(a_thread("ada")))
    for act in (
        lambda: bookmarks.drop(who("ada"), marked),
        lambda: bookmarks.change(who("oli"), marked, note="Mine", remind_at=None),
    ):
        with pytest.raises(Forbidden):
            act()
    with pytest.raises(Missing):
        bookmarks.own_or_missing(who("oli"), marked.id)


def test_there_is_an_end_to_bookmarks(in_lune, monkeypatch):
    monkeypatch.setattr(bookmarks, "MOST", 2)
    posts = [opening(a_thread("ada", title=f"{TITLE} {n}")) for n in range(3)]
    for post in posts[:2]:
        bookmarks.bookmark(who("ben"), post)
    with pytest.raises(Conflict):
        bookmarks.bookmark(who("ben"), posts[2])
    bookmarks.bookmark(who("ben"), posts[0])


@pytest.mark.parametrize("away", [timedelta(0), timedelta(minutes=-1), timedelta(days=367)])
def test_a_reminder_is_in_the_coming_year(in_lune, away):
    marked = bookmarks.bookmark(who("ben"), opening(a_thread("ada")))
    with pytest.raises(Invalid) as refusal:
        bookmarks.change(who("ben"), marked, note="", remind_at=now() + away)
    assert refusal.value.field == "remind_at"


def test_a_note_is_one_short_line(in_lune):
    marked = bookmarks.bookmark(who("ben"), opening(a_thread("ada")))
    bookmarks.change(who("ben"), marked, note="  Buy \n this ", remind_at=None)
    assert marked.note == "Buy this"
    with pytest.raises(Invalid) as refusal:
        bookmarks.change(who("ben"), marked, note="x" * 201, remind_at=None)
    assert refusal.value.field == "note"


def test_reminders_to_come_stand_in_their_order(in_lune):
    posts = [opening(a_thread("ada", title=f"{TITLE} {n}")) for n in range(3)]
    for post, days in zip(posts, (3, 1, None), strict=True):
        marked = bookmarks.bookmark(who("ben"), post)
        moment = now() + timedelta(days=days) if days else None
        bookmarks.change(who("ben"), marked, note="", remind_at=moment)
    db.session.flush()
    assert [one.post for one in listed("ben")] == posts[::-1]
    assert [one.post for one in listed("ben", reminders=True)] == [posts[1], posts[0]]


def test_the_list_takes_as_many_questions_for_many_as_for_one(in_lune):
    def count():
        db.session.flush()
        db.session.expire_all()
        me = who("ben")
        with questions() as sent:
            for one in bookmarks.all_of(me)[0]:
                assert one.post.thread.title and one.post.author.name
        return len(sent)

    few = None
    for number in range(6):
        post = opening(a_thread("ada", title=f"{TITLE} {number}"))
        bookmarks.bookmark(who("ben"), post)
        few = few or count()
    assert count() <= few


def test_a_post_one_may_no_longer_read_shows_nothing_of_it(app, visit):
    with app.app_context(), brand_scope(LUNE):
        thread = a_thread("ada")
        post = a_reply(thread, "cleo", "A word that was taken back")
        marked = bookmarks.bookmark(who("ben"), post)
        bookmarks.change(who("ben"), marked, note="My own note", remind_at=now() + TOMORROW)
        db.session.commit()
        bookmark_id, post_id = marked.id, post.id
    ben = visit("ben")
    assert "taken back" in ben.get("/bookmarks").text
    with app.app_context(), brand_scope(LUNE):
        removal.hide(who("mod"), db.session.get_one(bookmarks.Post, post_id), reason="Unkind")
        db.session.commit()
    page = ben.get("/bookmarks").text
    assert "not there any more" in page
    assert "My own note" in page
    for told in ("taken back", TITLE, "Cleo", "Unkind"):
        assert told not in page
        assert told not in ben.get(f"/bookmarks/{bookmark_id}").text
    assert ben.post(f"/bookmarks/{bookmark_id}/remove").status_code == 303
    assert "No bookmark yet" in ben.get("/bookmarks").text


def test_the_text_of_a_purged_post_is_gone_for_its_author_too(in_lune):
    post = a_reply(a_thread("ada"), "ben", "To be forgotten")
    bookmarks.bookmark(who("ben"), post)
    removal.delete(who("ben"), post)
    removal.purge(now() + TOMORROW)
    assert [one.post for one in listed("ben")] == [None]


def test_the_button_answers_with_and_without_script(app, visit):
    with app.app_context(), brand_scope(LUNE):
        post = opening(a_thread("ada"))
        db.session.commit()
        post_id = post.id
    ben = visit("ben")
    answer = ben.post(f"/posts/{post_id}/bookmark", headers={"HX-Request": "true"})
    assert 'aria-pressed="true"' in answer.text
    assert f'action="/posts/{post_id}/unbookmark"' in answer.text
    page = ben.post(f"/posts/{post_id}/unbookmark", follow_redirects=True)
    assert f'action="/posts/{post_id}/bookmark"' in page.text
    assert visit().post(f"/posts/{post_id}/bookmark").status_code in {302, 303, 401, 403}


class TestForm:
    @pytest.fixture
    def path(self, app):
        with app.app_context(), brand_scope(LUNE):
            marked = bookmarks.bookmark(who("ben"), opening(a_thread("ada")))
            who("ben").time_zone = "Europe/Paris"
            db.session.commit()
            return f"/bookmarks/{marked.id}"

    def kept(self, app) -> Bookmark:
        with app.app_context(), brand_scope(LUNE):
            return db.session.scalars(select(Bookmark)).one()

    def test_a_moment_of_ones_own_is_on_ones_own_clock(self, app, visit, path):
        there = (now() + timedelta(days=3)).replace(hour=6, minute=30)
        data = {"note": "Try it", "when": "own", "remind_at": f"{there:%Y-%m-%dT08:30}"}
        assert visit("ben").post(path, data=data).status_code == 303
        here = self.kept(app).remind_at.astimezone(ZoneInfo("Europe/Paris"))
        assert f"{here:%Y-%m-%d %H:%M}" == f"{there:%Y-%m-%d} 08:30"
        page = visit("ben").get(path).text
        assert f'value="{there:%Y-%m-%d}T08:30"' in page
        assert visit("ben").post(path, data={"note": "", "when": "never"}).status_code == 303
        assert self.kept(app).remind_at is None

    @pytest.mark.parametrize(("choice", "days"), [("tomorrow", 1), ("week", 7)])
    def test_a_preset_is_nine_in_the_morning_there(self, app, visit, path, choice, days):
        visit("ben").post(path, data={"note": "", "when": choice})
        paris = ZoneInfo("Europe/Paris")
        here = self.kept(app).remind_at.astimezone(paris)
        assert here.date() == (now().astimezone(paris) + timedelta(days=days)).date()
        assert (here.hour, here.minute) == (9, 0)

    @pytest.mark.parametrize(("hour", "is_offered"), [(19, True), (20, False)])
    def test_tonight_is_offered_until_it_comes(self, visit, path, monkeypatch, hour, is_offered):
        evening = now().astimezone(ZoneInfo("Europe/Paris")).replace(hour=hour, minute=1)
        monkeypatch.setattr(reading_views, "now", lambda: evening)
        assert ("Tonight at 8" in visit("ben").get(path).text) is is_offered

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            ({"when": "own", "remind_at": ""}, "Choose a day and a time."),
            ({"when": "own", "remind_at": "2001-01-01T10:00"}, "Choose a moment to come"),
            ({"when": "own", "remind_at": "soon"}, "Not a valid"),
            ({"when": "tonight", "note": "x" * 201}, "Use 200 characters at most."),
        ],
    )
    def test_what_cannot_be_is_said_beside_it_and_nothing_typed_is_lost(
        self, app, visit, path, data, said
    ):
        answer = visit("ben").post(path, data={"note": "Keep this"} | data)
        assert answer.status_code == 422
        assert said in answer.text
        assert data.get("note", "Keep this") in answer.text
        assert self.kept(app).remind_at is None

    def test_it_is_nobody_elses(self, visit, path):
        assert visit("ada").get(path).status_code == 404
        assert visit("ben", brand="velora").get(path).status_code == 404
        assert visit("oli").post(f"{path}/remove").status_code == 404


def test_bookmarks_are_in_the_copy_of_ones_data_and_go_with_the_member(in_lune):
    marked = bookmarks.bookmark(who("ben"), opening(a_thread("ada")))
    bookmarks.change(who("ben"), marked, note="For later", remind_at=now() + TOMORROW)
    db.session.flush()
    [told] = bookmarks.export(who("ben"))
    assert told["note"] == "For later"
    assert told["remind_at"]
    bookmarks.forget(who("ben"))
    assert bookmarks.export(who("ben")) == []


def test_a_reminder_waits_in_the_queue_until_its_moment(in_lune):
    marked = bookmarks.bookmark(who("ben"), opening(a_thread("ada", body=BODY)))
    moment = now() + TOMORROW
    for _twice in range(2):
        bookmarks.change(who("ben"), marked, note="", remind_at=moment)
    db.session.flush()
    waiting = select(Delivery.due_at).where(Delivery.handler.contains("of_reminder"))
    assert db.session.scalars(waiting).all() == [moment]


def test_another_brand_has_its_own_bookmarks(app):
    with app.app_context(), brand_scope(LUNE):
        bookmarks.bookmark(who("ben"), opening(a_thread("ada")))
        db.session.commit()
    with app.app_context(), brand_scope(VELORA):
        assert listed("ben") == []
