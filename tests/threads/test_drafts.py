"""Drafts: one for each member and place, never written over, gone when they are sent."""

import io
import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from PIL import Image
from sqlalchemy import select

from community.events import DayBegan
from community.kernel.db import db, now
from community.kernel.errors import Conflict, Forbidden, Invalid, Missing
from community.kernel.tenancy import brand_scope
from community.media import service as media
from community.media.models import Upload
from community.members.models import Anonymous
from community.threads import drafts, removal, standing
from community.threads.draft_places import places
from community.threads.drafts import DRAFTS_MAX, Draft, Newer, SentAlready
from community.threads.models import Post, Thread
from tests.conftest import who
from tests.factories import LUNE, VELORA
from tests.threads.acting import at_once
from tests.threads.saying import a_reply, a_thread, opening

NEW = "new:discussion"
TEXT = "It creaks when it is cold."


def keep(name="ada", place=NEW, body=TEXT, began_from=0, **values) -> Draft | None:
    return drafts.save(who(name), place, {"body": body, **values}, began_from=began_from)


def bodies(name="ada") -> list[str]:
    return [draft.body for draft in drafts.of(who(name))]


def opening_of(thread_id: int) -> Post:
    return opening(db.session.get_one(Thread, thread_id))


def typed_in(page: str) -> dict:
    """What the composer of a page holds, as its form would send it."""
    body = re.search(r"<textarea[^>]*>\r?\n(.*?)</textarea>", page, re.DOTALL)[1]
    draft = re.search(r'name="draft"[^>]* value="(\d*)"', page)[1]
    return {"body": unescape(body), "draft": draft}


class TestKeeping:
    def test_a_draft_holds_everything_that_was_typed(self, in_lune):
        keep(title="Cold and noise", tags="cold", category="general", serial="A7", sizes=["s", "m"])
        draft = drafts.at(who("ada"), NEW)
        assert draft.values == {
            "title": "Cold and noise",
            "body": TEXT,
            "tags": "cold",
            "category": "general",
            "serial": "A7",
            "sizes": ["s", "m"],
        }

    def test_each_save_goes_on_from_the_one_before(self, in_lune):
        first = keep().sequence
        second = keep(body="More of it.", began_from=first)
        assert second.sequence > first
        assert bodies() == ["More of it."]

    def test_what_another_window_saved_is_not_written_over(self, in_lune):
        first = keep().sequence
        keep(body="From the second window.", began_from=first)
        with pytest.raises(Newer) as refusal:
            keep(body="From the first.", began_from=first)
        assert refusal.value.draft.body == "From the second window."
        assert bodies() == ["From the second window."]

    def test_two_windows_that_begin_are_told_of_each_other(self, in_lune):
        keep()
        with pytest.raises(Newer):
            keep(body="Begun without knowing of it.")

    def test_the_same_text_from_another_window_is_no_conflict(self, in_lune):
        draft = keep()
        assert keep().sequence == draft.sequence

    def test_a_draft_that_went_does_not_come_back_by_itself(self, in_lune):
        first = keep().sequence
        drafts.discard(who("ada"), NEW)
        with pytest.raises(Newer) as refusal:
            keep(began_from=first)
        assert refusal.value.draft is None
        assert bodies() == []

    def test_a_number_of_an_earlier_draft_never_fits_a_later_one(self, in_lune):
        first = keep().sequence
        drafts.discard(who("ada"), NEW)
        with time_machine.travel(now() + timedelta(seconds=1), tick=False):
            assert keep(body="Another thing.").sequence != first
        with pytest.raises(Newer):
            keep(body="From the old window.", began_from=first)

    def test_an_emptied_draft_is_none(self, in_lune):
        first = keep().sequence
        assert keep(body=" \n ", began_from=first) is None
        assert bodies() == []

    def test_a_choice_without_a_text_is_no_draft(self, in_lune):
        assert keep(body="", category="general", tags="cold") is None

    @pytest.mark.parametrize(
        "values", [{"body": "x" * 32_001}, {"title": "x" * 301}, {"serial": "x" * 2_001}]
    )
    def test_what_is_too_long_is_refused_and_what_is_there_stays(self, in_lune, values):
        first = keep().sequence
        with pytest.raises(Invalid):
            keep(began_from=first, **values)
        assert bodies() == [TEXT]

    def test_a_member_has_a_hundred_drafts_at_most(self, in_lune):
        thread = a_thread("ben")
        mine = who("ada").id
        for n in range(DRAFTS_MAX):
            db.session.add(Draft(member_id=mine, place=f"thread:{1000 + n}", sequence=n, body="x"))
        with pytest.raises(Conflict):
            keep(place=f"thread:{thread.id}")
        assert keep("ben", place=f"thread:{thread.id}")

    def test_two_windows_at_the_same_moment_make_one_draft(self, app):
        def save(text):
            def act(wait):
                wait()
                return keep(body=text).body

            return act

        outcome = at_once(app, save("one"), save("two"))
        assert len(outcome.returned) == 1
        [refused] = outcome.refused
        assert isinstance(refused, Newer)
        with app.app_context(), brand_scope(LUNE):
            assert bodies() == outcome.returned


class TestWho:
    def test_a_stranger_keeps_nothing(self, in_lune):
        with pytest.raises(Forbidden):
            drafts.save(Anonymous(), NEW, {"body": TEXT})

    def test_whoever_has_not_confirmed_yet_keeps_drafts(self, in_lune):
        who("ada").confirmed_at = None
        assert keep().body == TEXT

    def test_nobody_sees_anothers(self, in_lune):
        keep()
        assert drafts.of(who("ben")) == []
        assert drafts.at(who("ben"), NEW) is None

    def test_the_same_person_in_the_other_brand_has_none(self, app):
        with app.app_context():
            with brand_scope(LUNE):
                keep()
                db.session.commit()
            with brand_scope(VELORA):
                assert drafts.of(who("ada")) == []
                keep(body="Hers.")
                db.session.commit()
            with brand_scope(LUNE):
                assert bodies() == [TEXT]


class TestPlaces:
    @pytest.mark.parametrize(
        "where", ["", "new", "new:message", "new:nothing", "thread:0", "thread:x", "thread:999",
                  "thread:01", "thread:99999999999", "edit:999", "other:1", "thread:1:2"]
    )  # fmt: skip
    def test_there_is_nothing_to_write_in_a_place_that_is_none(self, in_lune, where):
        a_thread("ben")
        with pytest.raises(Missing):
            keep(place=where)

    def test_a_thread_hidden_from_the_writer_is_no_place(self, in_lune):
        thread = a_thread("mod", category="office")
        with pytest.raises(Missing):
            keep(place=f"thread:{thread.id}")
        assert keep("mod", place=f"thread:{thread.id}")

    def test_a_thread_of_the_other_brand_is_no_place(self, app):
        with app.app_context():
            with brand_scope(VELORA):
                a_thread("ben")
                there = a_thread("ben").id
                db.session.commit()
            with brand_scope(LUNE), pytest.raises(Missing):
                keep(place=f"thread:{there}")

    def test_a_place_says_what_is_written_there_and_where_to_go_on(self, in_lune):
        thread = a_thread("ada")
        names = [NEW, f"thread:{thread.id}", f"edit:{opening(thread).id}"]
        found = places(who("ada"), names)
        assert [found[name].path for name in names] == [
            "/new",
            f"/t/{thread.id}/{thread.slug}#reply",
            f"/posts/{opening(thread).id}/edit",
        ]
        assert all(found[name].is_open for name in names)

    def test_a_closed_thread_is_a_place_nothing_can_be_sent_from(self, in_lune):
        thread = a_thread("ben")
        standing.lock(who("mod"), thread)
        name = f"thread:{thread.id}"
        assert places(who("ada"), [name])[name].is_open is False


class TestSending:
    def test_the_draft_goes_with_the_thread(self, visit, app):
        browser = visit("ada")
        with app.app_context(), brand_scope(LUNE):
            sequence = keep().sequence
            db.session.commit()
        sent = {"title": "Does it creak in winter?", "category": "general", "body": TEXT}
        answer = browser.post("/new", data={**sent, "draft": sequence})
        assert answer.status_code == 303
        with app.app_context(), brand_scope(LUNE):
            assert bodies() == []

    def test_a_draft_another_window_saved_meanwhile_stays(self, visit, app):
        with app.app_context(), brand_scope(LUNE):
            thread = a_thread("ben").id
            first = keep(place=f"thread:{thread}").sequence
            keep(place=f"thread:{thread}", body="Something else.", began_from=first)
            db.session.commit()
        answer = visit("ada").post(f"/t/{thread}/reply", data={"body": TEXT, "draft": first})
        assert answer.status_code == 303
        with app.app_context(), brand_scope(LUNE):
            assert bodies() == ["Something else."]

    def test_a_refused_text_leaves_its_draft(self, visit, app):
        with app.app_context(), brand_scope(LUNE):
            sequence = keep().sequence
            db.session.commit()
        assert visit("ada").post("/new", data={"body": TEXT, "draft": sequence}).status_code == 422
        with app.app_context(), brand_scope(LUNE):
            assert bodies() == [TEXT]

    def test_a_save_that_arrives_after_the_post_makes_no_draft(self, in_lune):
        thread = a_thread("ada", submission="key-1")
        with pytest.raises(SentAlready) as refusal:
            drafts.save(who("ada"), NEW, {"body": TEXT}, submission="key-1")
        assert refusal.value.post.thread is thread
        assert drafts.save(who("ben"), NEW, {"body": TEXT}, submission="key-1")

    def test_numbers_that_are_none_do_no_harm(self, visit, app):
        with app.app_context(), brand_scope(LUNE):
            thread = a_thread("ben").id
            keep(place=f"thread:{thread}")
            db.session.commit()
        for number in ("x", "٣", "9" * 18):
            data = {"body": f"A reply, {number}.", "draft": number}
            assert visit("ada").post(f"/t/{thread}/reply", data=data).status_code == 303


class TestPictures:
    def picture(self, name="ada") -> str:
        file = io.BytesIO()
        Image.new("RGB", (40, 30), "teal").save(file, "PNG")
        return media.store_picture(who(name), file.getvalue()).token

    def tokens(self) -> set[str]:
        return set(db.session.scalars(select(Upload.token)))

    def test_a_picture_in_a_draft_outlives_the_night(self, in_lune):
        shown, unused = self.picture(), self.picture()
        keep(body=f"![]({media.url_of(shown)})")
        db.session.flush()
        with time_machine.travel(now() + timedelta(days=3), tick=False):
            media.on_day_began(DayBegan())
            db.session.flush()
        assert self.tokens() == {shown}
        assert unused not in self.tokens()

    def test_it_goes_after_the_draft_unless_another_draft_shows_it(self, in_lune):
        shown, thread = self.picture(), a_thread("ben")
        body = f"![]({media.url_of(shown)})"
        first = keep(body=body).sequence
        keep(place=f"thread:{thread.id}", body=body)
        keep(body="Without it.", began_from=first)
        db.session.flush()
        assert db.session.scalar(select(Upload.kept_until)) is not None
        drafts.discard(who("ada"), f"thread:{thread.id}")
        db.session.flush()
        assert db.session.scalar(select(Upload.kept_until)) is None

    def test_nobody_keeps_anothers_picture(self, in_lune):
        theirs = self.picture("ben")
        keep(body=f"![]({media.url_of(theirs)})")
        db.session.flush()
        assert db.session.scalar(select(Upload.kept_until)) is None


class TestEnd:
    def test_what_nobody_touches_for_180_days_goes(self, in_lune):
        keep()
        keep("ben")
        with time_machine.travel(now() + timedelta(days=100), tick=False):
            keep("ben", body="Still at it.", began_from=drafts.at(who("ben"), NEW).sequence)
        with time_machine.travel(now() + timedelta(days=181), tick=False):
            drafts.on_day_began(DayBegan())
        assert (bodies("ada"), bodies("ben")) == ([], ["Still at it."])

    def test_a_copy_of_ones_data_holds_the_drafts(self, in_lune):
        keep(title="Cold and noise")
        [line] = drafts.export(who("ada"))
        assert line["place"] == NEW
        assert line["typed"] == {"title": "Cold and noise", "body": TEXT}
        assert drafts.export(who("ben")) == []

    def test_they_go_with_whoever_leaves(self, in_lune):
        keep()
        keep("ben")
        drafts.forget(who("ada"))
        assert (bodies("ada"), bodies("ben")) == ([], [TEXT])


class TestPage:
    @pytest.fixture
    def kept(self, app):
        """A draft of Ada's in each kind of place, and one whose place is gone."""
        with app.app_context(), brand_scope(LUNE):
            thread, gone = a_thread("ben"), a_thread("ben", title="A thread about to go away")
            locked = a_thread("ben", title="A thread about to be closed")
            keep(title="Cold and noise")
            keep(place=f"thread:{thread.id}", body="An answer, half of it.")
            keep(place=f"thread:{gone.id}", body="What nobody will read.")
            keep(place=f"thread:{locked.id}", body="Too late for this.")
            post = a_reply(thread, "ada", "Said by Ada.")
            keep(place=f"edit:{post.id}", body="Said better by Ada.")
            removal.hide(who("mod"), opening(gone), reason="Advertising")
            standing.lock(who("mod"), locked)
            db.session.commit()
            return {"thread": thread.id, "gone": gone.id, "post": post.id}

    def test_lists_what_was_begun_with_the_way_on(self, visit, kept):
        page = visit("ada").get("/drafts").text
        for text in ("Cold and noise", "An answer, half of it.", "Said better by Ada."):
            assert text in page
        assert 'href="/new"' in page
        assert f'href="/posts/{kept["post"]}/edit"' in page
        assert page.count("Go on writing") == 3

    def test_keeps_the_text_of_a_place_that_is_gone_or_closed(self, visit, kept):
        page = visit("ada").get("/drafts").text
        assert "What nobody will read." in page
        assert "is not there any more" in page
        assert "Too late for this." in page
        assert "cannot be sent from there" in page

    def test_a_draft_is_thrown_away_even_when_its_place_is_gone(self, visit, kept):
        browser = visit("ada")
        path = f"/drafts/thread:{kept['gone']}/discard"
        answer = browser.post(path, data={"next": "/drafts"})
        assert (answer.status_code, answer.location) == (303, "/drafts")
        assert "What nobody will read." not in browser.get("/drafts").text

    def test_without_drafts_says_what_it_is_for(self, visit):
        assert "No drafts" in visit("ben").get("/drafts").text

    def test_a_stranger_is_asked_to_sign_in(self, visit):
        assert visit().get("/drafts").status_code == 302
        assert visit().post(f"/drafts/{NEW}", data={"body": TEXT}).status_code == 401


class TestForms:
    """Without script: a button keeps the draft, and the form begins with it."""

    @pytest.fixture
    def thread(self, app):
        with app.app_context(), brand_scope(LUNE):
            thread = a_thread("ben").id
            db.session.commit()
            return thread

    def test_a_form_begins_with_its_draft(self, visit, thread):
        browser = visit("ada")
        answer = browser.post(f"/t/{thread}/reply?draft=1", data={"body": TEXT})
        assert answer.status_code == 303
        assert answer.location.endswith("#reply")
        page = browser.get(answer.location).text
        assert TEXT in page
        assert "We kept what you had written here." in page
        assert TEXT not in visit("cleo").get(answer.location).text

    def test_a_new_thread_is_kept_whole(self, visit):
        browser = visit("ada")
        typed = {"title": "Cold", "category": "corner", "tags": "cold, ice", "body": TEXT}
        assert browser.post("/new?draft=1", data=typed).status_code == 303
        page = browser.get("/new").text
        for text in ('value="Cold"', '<option value="corner" selected', "cold, ice", TEXT):
            assert text in page

    def test_a_form_given_a_title_keeps_it_and_offers_the_draft(self, visit):
        browser = visit("ada")
        browser.post("/new?draft=1", data={"title": "Cold and noise", "body": TEXT})
        page = browser.get("/new?title=Asked+in+the+box").text
        assert 'value="Asked in the box"' in page
        assert "You have another text here" in page
        assert "Cold and noise" in page

    def test_a_quote_stands_below_the_draft_once(self, visit, thread, app):
        browser = visit("ada")
        browser.post(f"/t/{thread}/reply?draft=1", data={"body": TEXT})
        with app.app_context(), brand_scope(LUNE):
            post = opening_of(thread).id
        page = browser.get(f"/t/{thread}?quote={post}", follow_redirects=True).text
        quoted = f"?post={post}#post-1"
        body = typed_in(page)["body"]
        assert body.index(TEXT) < body.index(quoted)
        again = browser.post(f"/t/{thread}/reply?draft=1", data=typed_in(page))
        assert again.status_code == 303
        page = browser.get(f"/t/{thread}?quote={post}", follow_redirects=True).text
        assert typed_in(page)["body"].count(quoted) == 1

    def test_two_windows_are_shown_both_texts(self, visit, thread):
        browser = visit("ada")
        browser.post(f"/t/{thread}/reply?draft=1", data={"body": "From one window."})
        answer = browser.post(f"/t/{thread}/reply?draft=1", data={"body": "From the other."})
        assert answer.status_code == 409
        for text in ("From one window.", "From the other.", "in another window"):
            assert text in answer.text
        chosen = typed_in(answer.text)
        assert chosen["body"] == "From the other."
        assert browser.post(f"/t/{thread}/reply?draft=1", data=chosen).status_code == 303
        assert "From the other." in browser.get("/drafts").text

    def test_an_edit_goes_on_from_the_post_as_it_was_when_it_was_begun(self, visit, app, thread):
        with app.app_context(), brand_scope(LUNE):
            post = opening_of(thread)
            number, version = post.id, post.version
        browser = visit("ben")
        kept = {"body": "Changed.", "title": "A title that is long enough", "seen": version}
        assert browser.post(f"/posts/{number}/edit?draft=1", data=kept).status_code == 303
        other = {"body": "By a moderator.", "title": "A title that is long enough"}
        assert visit("mod").post(f"/posts/{number}/edit", data=other).status_code == 303
        page = browser.get(f"/posts/{number}/edit").text
        assert "Changed." in page
        assert version in page
        assert browser.post(f"/posts/{number}/edit", data=kept).status_code == 409

    def test_whoever_has_not_confirmed_writes_and_keeps_it(self, visit, app, thread):
        with app.app_context(), brand_scope(LUNE):
            who("cleo").confirmed_at = None
            db.session.commit()
        browser = visit("cleo")
        page = browser.get(f"/t/{thread}", follow_redirects=True).text
        assert "confirm your e-mail address first" in page
        assert f'action="/t/{thread}/reply?draft=1"' in page
        assert browser.post(f"/t/{thread}/reply?draft=1", data={"body": TEXT}).status_code == 303
        assert TEXT in browser.get(f"/t/{thread}", follow_redirects=True).text
        assert browser.post(f"/t/{thread}/reply", data={"body": TEXT}).status_code == 403


class TestScript:
    def test_is_told_the_number_to_go_on_from(self, visit):
        browser = visit("ada")
        first = browser.post(f"/drafts/{NEW}", data={"body": TEXT}).json["sequence"]
        more = browser.post(f"/drafts/{NEW}", data={"body": "More.", "draft": first})
        assert more.json["sequence"] > first
        there = browser.get(f"/drafts/{NEW}").json
        assert there["values"] == {"body": "More."}
        assert there["token"]

    def test_is_told_what_another_window_saved(self, visit):
        browser = visit("ada")
        browser.post(f"/drafts/{NEW}", data={"body": TEXT})
        answer = browser.post(f"/drafts/{NEW}", data={"body": "Other."})
        assert answer.status_code == 409
        assert answer.json["values"] == {"body": TEXT}
        assert answer.json["message"]

    def test_is_told_what_became_of_a_form_that_was_sent(self, visit):
        browser = visit("ada")
        sent = {"title": "Does it creak in winter?", "category": "general", "body": TEXT}
        browser.post("/new", data={**sent, "submission": "key-1"})
        answer = browser.post(f"/drafts/{NEW}", data={"body": TEXT, "submission": "key-1"})
        assert answer.status_code == 409
        assert answer.json["sent"].endswith("#post-1")

    def test_is_told_where_to_go_when_a_form_was_taken(self, visit):
        sent = {"title": "Does it creak in winter?", "category": "general", "body": TEXT}
        answer = visit("ada").post("/new", data=sent, headers={"X-Sent-By": "script"})
        assert answer.status_code == 204
        assert answer.headers["X-Location"].startswith("/t/")
