"""What new members may not do yet, why, and until when."""

import io
import re
from datetime import timedelta

import pytest
import time_machine
from PIL import Image

from community.kernel.db import db, now
from community.kernel.errors import Forbidden, Invalid
from community.kernel.policy import can
from community.kernel.tenancy import brand_scope
from community.media import service as media
from community.members.models import FIRST_DAY, NEW_AT_MOST, Role
from community.permissions import Can, explain
from community.threads import service
from community.threads.models import Thread
from tests.conftest import who
from tests.factories import LUNE, VELORA, person
from tests.threads.acting import at_once
from tests.threads.saying import a_reply, a_thread, opening

BODY = "It creaks when it is cold."
HOUR = timedelta(hours=1)


@pytest.fixture
def zoe(in_lune):
    """Somebody who joined a moment ago."""
    return joins("zoe")


def joins(name: str, **values):
    db.session.add(person(name, created_at=now(), **values))
    db.session.flush()
    return who(name)


def picture_of(member) -> str:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(file, "PNG")
    return f"![]({media.url_of(media.store_picture(member, file.getvalue()).token)})"


class TestWhoIsNew:
    @pytest.mark.parametrize(
        ("age", "posts", "is_new"),
        [
            (timedelta(0), 0, True),
            (FIRST_DAY - HOUR, 50, True),
            (FIRST_DAY + HOUR, 2, True),
            (FIRST_DAY + HOUR, 3, False),
            (NEW_AT_MOST - HOUR, 2, True),
            (NEW_AT_MOST + HOUR, 0, False),
        ],
    )
    def test_a_day_and_three_posts_or_two_weeks(self, zoe, age, posts, is_new):
        zoe.created_at, zoe.posts_count = now() - age, posts
        assert zoe.is_new is is_new

    @pytest.mark.parametrize("role", [role for role in Role if role is not Role.MEMBER])
    def test_whoever_the_brand_knows_is_not_new(self, zoe, role):
        zoe.role = role
        assert not zoe.is_new


class TestTexts:
    @pytest.mark.parametrize(
        "body",
        [
            "See https://a.example and https://b.example.",
            "[Here](/t/1/x), [there](/t/2/y), [and](#post-3) http://lune.localhost/t/4 again.",
            "Thank you @ada and @ben.",
        ],
    )
    def test_within_the_limits_are_taken(self, zoe, body):
        assert a_thread("zoe", body=body)

    @pytest.mark.parametrize(
        ("body", "limit"),
        [
            ("https://a.example https://b.example https://c.example", "2 links"),
            ("[a](https://a.example) [b](mailto:b@b.example) [v](http://velora.localhost)", "2 l"),
            (
                "[a](https://a.example:x/) [b](https://b.example) https://c.example:99999/x",
                "2 links",
            ),
            ("@ada @ben @cleo", "2 people"),
        ],
    )
    def test_beyond_them_are_refused_in_words_that_say_until_when(self, zoe, body, limit):
        with pytest.raises(Invalid) as refusal:
            a_thread("zoe", body=body)
        assert refusal.value.field == "body"
        assert limit in str(refusal.value)
        assert "3 more posts" in str(refusal.value)
        assert "at the latest on" in str(refusal.value)

    def test_show_one_picture(self, zoe):
        one, another = picture_of(zoe), picture_of(zoe)
        assert a_thread("zoe", body=one)
        zoe.created_at = now() - FIRST_DAY * 2
        with pytest.raises(Invalid, match="1 picture"):
            a_reply(a_thread("ada"), "zoe", f"{one} {another}")

    def test_the_limits_hold_for_changes_too(self, zoe):
        post = opening(a_thread("zoe"))
        with pytest.raises(Invalid, match="2 people"):
            service.edit(zoe, post, body="@ada @ben @cleo")

    def test_staff_may_change_a_text_of_theirs_to_more(self, zoe):
        post = opening(a_thread("zoe"))
        assert service.edit(who("mod"), post, body="@ada @ben @cleo").body

    def test_of_a_quote_only_ones_own_words_count(self, zoe):
        post = opening(a_thread("ada", body="@ben @cleo @eve https://a.example"))
        link = f"> [@ada #1](/t/{post.thread_id}/x?post={post.id}#post-1):\n>\n"
        body = f"{link}> @ben @cleo @eve\n\nI think so too."
        assert a_reply(post.thread, "zoe", body)

    def test_of_whoever_is_new_no_more_are_free(self, in_lune):
        links = " ".join(f"https://{letter}.example" for letter in "abcdef")
        assert a_thread("ada", body=f"{links} @ben @cleo @eve @mod")


class TestPace:
    def test_two_minutes_between_threads(self, zoe):
        a_thread("zoe")
        with pytest.raises(Invalid, match="in 120 seconds") as refusal:
            a_thread("zoe")
        assert refusal.value.field == "body"
        with time_machine.travel(now() + timedelta(seconds=121), tick=False):
            assert a_thread("zoe")

    def test_half_a_minute_between_replies_and_a_thread_is_none(self, zoe):
        thread = a_thread("zoe")
        a_reply(thread, "zoe")
        with pytest.raises(Invalid, match=r"in (29|30) seconds"):
            a_reply(thread, "zoe")
        with time_machine.travel(now() + timedelta(seconds=31), tick=False):
            assert a_reply(thread, "zoe")

    @pytest.mark.parametrize(("limit", "begins"), [(3, True), (10, False)])
    def test_so_many_on_the_first_day(self, zoe, limit, begins):
        thread, joined = a_thread("ada"), zoe.created_at

        def says():
            return a_thread("zoe") if begins else a_reply(thread, "zoe")

        for n in range(1, limit + 1):
            with time_machine.travel(joined + n * HOUR, tick=False):
                says()
        with time_machine.travel(joined + 23 * HOUR, tick=False):
            with pytest.raises(Invalid, match=rf"{limit} \w+ on your first day") as refusal:
                says()
            assert re.search(r"from .* \d\d:\d\d .* on\.$", str(refusal.value))
        with time_machine.travel(joined + 25 * HOUR, tick=False):
            assert says()

    def test_the_same_form_sent_twice_is_no_haste(self, zoe):
        first = a_thread("zoe", submission="key-1")
        assert a_thread("zoe", submission="key-1") is first

    @pytest.mark.parametrize("begins", [True, False])
    def test_what_is_sent_at_once_is_counted_one_after_the_other(self, app, begins):
        with app.app_context(), brand_scope(LUNE):
            joins("zoe")
            threads = [a_thread("ada").id, a_thread("ada").id]
            db.session.commit()

        def act(thread_id):
            def say(wait):
                thread = db.session.get(Thread, thread_id)
                assert who("zoe").is_new
                wait()
                a_thread("zoe") if begins else a_reply(thread, "zoe")

            return say

        outcome = at_once(app, *map(act, threads))
        assert len(outcome.returned) == 1
        assert [type(one) for one in outcome.refused] == [Invalid]

    def test_what_is_written_in_one_brand_does_not_count_in_the_other(self, app):
        with app.app_context():
            for brand in (LUNE, VELORA):
                with brand_scope(brand):
                    joins("zoe")
                    assert a_thread("zoe")
                    db.session.commit()


class TestPage:
    def test_the_refusal_stands_beside_the_text_which_is_kept(self, app, visit):
        with app.app_context(), brand_scope(LUNE):
            joins("zoe")
            thread = a_thread("ada").id
            db.session.commit()
        body = "https://a.example https://b.example https://c.example"
        answer = visit("zoe").post(f"/t/{thread}/reply", data={"body": body})
        assert answer.status_code == 422
        assert 'id="body-error"' in answer.text
        assert "2 links in a post" in answer.text
        assert body in answer.text


class TestChanging:
    def age(self, post, age: timedelta):
        post.created_at = now() - age
        return post

    def test_new_members_change_a_post_for_a_day(self, zoe):
        post = opening(a_thread("zoe"))
        assert can(zoe, Can.EDIT_POST, self.age(post, timedelta(hours=23)))
        assert not can(zoe, Can.EDIT_POST, self.age(post, timedelta(hours=25)))
        assert "24 hours" in explain(zoe, Can.EDIT_POST, post)
        with pytest.raises(Forbidden, match="until"):
            service.edit(zoe, post, body="Too late.")

    def test_others_for_thirty_days_and_staff_for_good(self, in_lune):
        post = opening(a_thread("ada"))
        assert can(who("ada"), Can.EDIT_POST, self.age(post, timedelta(days=29)))
        assert not can(who("ada"), Can.EDIT_POST, self.age(post, timedelta(days=31)))
        assert "30 days" in explain(who("ada"), Can.EDIT_POST, post)
        assert can(who("mod"), Can.EDIT_POST, post)

    def test_the_page_says_until_when(self, app, visit):
        with app.app_context(), brand_scope(LUNE):
            post = opening(a_thread("ada")).id
            db.session.commit()
        assert "You can change this until" in visit("ada").get(f"/posts/{post}/edit").text
        assert "You can change this until" not in visit("mod").get(f"/posts/{post}/edit").text

    def test_a_text_that_comes_too_late_is_shown_again(self, app, visit):
        with app.app_context(), brand_scope(LUNE):
            post = self.age(opening(a_thread("ada")), timedelta(days=31)).id
            db.session.commit()
        sent = {"body": "Half an hour of work.", "title": "A title that is long enough"}
        answer = visit("ada").post(f"/posts/{post}/edit", data=sent)
        assert answer.status_code == 403
        assert "Half an hour of work." in answer.text


class TestOldThreads:
    def page(self, app, visit, days: int, reader: str | None = "ben") -> str:
        with app.app_context(), brand_scope(LUNE):
            thread = a_thread("ada")
            thread.last_post_at = now() - timedelta(days=days)
            db.session.commit()
            path = f"/t/{thread.id}/{thread.slug}"
        return visit(reader).get(path).text

    def test_say_so_to_whoever_is_about_to_reply(self, app, visit):
        page = self.page(app, visit, 181)
        assert "This is an old thread" in page
        assert 'href="/new?category=general"' in page
        assert 'action="/t/1/reply"' in page

    def test_younger_ones_and_strangers_hear_nothing(self, app, visit):
        assert "This is an old thread" not in self.page(app, visit, 179)
        assert "This is an old thread" not in self.page(app, visit, 181, None)
