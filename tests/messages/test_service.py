"""Starting conversations and going on with them: with whom, how often, and what is refused."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from community.brands.queries import the_brand
from community.events import PostAdded, ThreadStarted
from community.kernel.db import db, now
from community.kernel.errors import Conflict, Forbidden, Invalid, Missing, TooMany
from community.members.models import Member
from community.messages import people, queries, service
from community.threads import counts
from community.threads.models import Kind, Thread
from tests.conftest import who
from tests.factories import LUNE, VELORA, person
from tests.talking import (
    SUBJECT,
    a_conversation,
    a_message,
    new_here,
    seen_by,
    soon_after,
    to_the_brand,
)
from tests.threads.acting import published

pytestmark = pytest.mark.usefixtures("in_lune")


class TestStarting:
    def test_a_conversation_is_a_thread_of_its_people_in_no_category(self):
        thread = a_conversation("ada", "ben", "cleo")
        assert (thread.kind, thread.category_id, thread.title) == (Kind.MESSAGE, None, SUBJECT)
        assert {one.member.username for one in thread.participants} == {"ada", "ben", "cleo"}
        assert published(ThreadStarted)[0]["thread_id"] == thread.id

    def test_each_of_them_reads_it_and_nobody_else(self):
        thread = a_conversation("ada", "ben")
        assert seen_by("ada", thread) is seen_by("ben", thread)
        for other in ("cleo", "eve", "mod", "mia", "oli"):
            with pytest.raises(Missing):
                seen_by(other, thread)

    def test_the_same_form_sent_twice_makes_one(self):
        first = a_conversation("ada", "ben", submission="key")
        again = service.start(who("ada"), [who("ben")], subject=SUBJECT, body="x", submission="key")
        assert again is first
        assert len(first.participants) == 2

    @pytest.mark.parametrize("subject", ["", "ab", "x" * 121, "  \n "])
    def test_a_subject_is_short_and_there(self, subject):
        with pytest.raises(Invalid) as refused:
            a_conversation("ada", "ben", subject=subject)
        assert refused.value.field == "subject"

    @pytest.mark.parametrize("body", ["", " \n ", "x" * 32_001])
    def test_a_message_has_a_text_of_at_most_32000_characters(self, body):
        with pytest.raises(Invalid) as refused:
            a_conversation("ada", "ben", body=body)
        assert refused.value.field == "body"

    def test_it_is_for_somebody_else(self):
        for names in ((), ("ada",)):
            with pytest.raises(Invalid) as refused:
                a_conversation("ada", *names)
            assert refused.value.field == "people"

    def test_it_has_thirty_people_at_most(self):
        crowd = [person(f"guest{number}") for number in range(30)]
        db.session.add_all(crowd)
        db.session.flush()
        with pytest.raises(Invalid, match="30 people"):
            service.start(who("ada"), crowd, subject=SUBJECT, body="Hello")
        thread = service.start(who("ada"), crowd[:29], subject=SUBJECT, body="Hello")
        assert len(thread.participants) == 30

    def test_whoever_left_or_never_confirmed_cannot_be_written_to(self):
        db.session.add(person("gus", confirmed_at=None))
        gone = person("former-1", erased_at=now(), email=None, email_key=None)
        db.session.add(gone)
        db.session.flush()
        for name in ("gus", "former-1"):
            with pytest.raises(Invalid, match="cannot be written to"):
                a_conversation("ada", name)

    def test_whoever_is_suspended_or_unconfirmed_starts_none(self):
        who("ada").suspended_until = now() + timedelta(days=1)
        who("ben").confirmed_at = None
        for name in ("ada", "ben"):
            with pytest.raises(Forbidden):
                a_conversation(name, "cleo")

    def test_while_it_is_switched_off_nobody_starts_or_answers(self):
        thread = a_conversation("ada", "ben")
        the_brand().features = {"messages": False}
        for act in (
            lambda: a_conversation("cleo", "ben"),
            lambda: to_the_brand("cleo"),
            lambda: a_message(thread, "ben"),
            lambda: people.add(who("ada"), thread, who("cleo")),
        ):
            with pytest.raises(Missing):
                act()

    def test_what_is_written_in_private_counts_in_no_public_number(self):
        before = [(m.posts_count, m.helpful_count) for m in db.session.scalars(select(Member))]
        thread = a_conversation("ada", "ben")
        a_message(thread, "ben")
        db.session.flush()
        db.session.expire_all()
        assert before == [
            (m.posts_count, m.helpful_count) for m in db.session.scalars(select(Member))
        ]
        assert counts.recount() == 0


class TestPace:
    def test_the_next_conversation_comes_thirty_seconds_later(self):
        soon_after(a_conversation("ada", "ben"))
        with pytest.raises(TooMany, match="seconds") as refused:
            a_conversation("ada", "cleo")
        assert 1 <= refused.value.retry_after <= 30

    def test_another_member_is_not_held_up(self):
        soon_after(a_conversation("ada", "ben"))
        assert a_conversation("ben", "ada")

    def test_twenty_a_day_and_it_says_from_when_on(self):
        for _number in range(20):
            a_conversation("ada", "ben")
        with pytest.raises(TooMany, match="20 conversations a day") as refused:
            a_conversation("ada", "ben")
        assert 0 < refused.value.retry_after <= 24 * 3600 + 3600

    def test_new_members_start_three_a_day(self):
        new_here("ada")
        for name in ("ben", "cleo", "eve"):
            a_conversation("ada", name)
        with pytest.raises(TooMany, match="New members start 3"):
            a_conversation("ada", "ben")

    def test_new_members_write_to_the_brand_and_answer_all_the_same(self):
        thread = a_conversation("ben", "ada")
        new_here("ada")
        for name in ("ben", "cleo", "eve"):
            a_conversation("ada", name)
        assert to_the_brand("ada")
        assert a_message(thread, "ada")

    def test_yesterdays_do_not_count(self):
        new_here("ada")
        for name in ("ben", "cleo", "eve"):
            a_conversation("ada", name).created_at = now() - timedelta(days=2)
        assert a_conversation("ada", "ben")

    def test_staff_on_duty_writes_as_often_as_it_must(self):
        for _number in range(3):
            soon_after(a_conversation("mod", "ben"))
        assert service.write_for_brand(who("mod"), [who("ada")], subject=SUBJECT, body="Hello")


class TestTheBrand:
    def test_a_message_to_the_brand_is_read_by_whoever_of_staff_is_on_duty(self):
        thread = to_the_brand("ada")
        for name in ("ada", "mod", "mia", "oli"):
            assert seen_by(name, thread) is thread
        for name in ("ben", "eve"):
            with pytest.raises(Missing):
                seen_by(name, thread)

    def test_a_suspended_moderator_reads_it_no_more_even_after_answering(self):
        thread = to_the_brand("ada")
        a_message(thread, "mod", "It is on its way.")
        who("mod").suspended_until = now() + timedelta(days=1)
        with pytest.raises(Missing):
            seen_by("mod", thread)

    def test_whoever_is_staff_no_more_keeps_no_conversation_of_the_brand(self):
        thread = to_the_brand("ada")
        a_message(thread, "mod", "It is on its way.")
        who("mod").role = "member"
        db.session.flush()
        with pytest.raises(Missing):
            seen_by("mod", thread)
        assert queries.inbox(who("mod")).total == 0

    def test_it_waits_until_staff_answers(self):
        thread = to_the_brand("ada")
        assert queries.waiting_count() == 1
        a_message(thread, "mod", "It is on its way.")
        assert queries.waiting_count() == 0
        a_message(thread, "ada", "It is not.")
        waiting = queries.brand_inbox(who("mia"), only_waiting=True)
        assert [line.thread for line in waiting.items] == [thread]
        assert waiting.items[0].waits

    def test_only_staff_opens_the_inbox_of_the_brand(self):
        for name in ("ada", "eve"):
            with pytest.raises(Forbidden):
                queries.brand_inbox(who(name))

    def test_staff_writes_for_the_brand_and_colleagues_read_along(self):
        thread = service.write_for_brand(
            who("mod"), [who("ada")], subject="Your order", body="It left today."
        )
        for name in ("ada", "mod", "mia"):
            assert seen_by(name, thread) is thread
        assert [line.thread for line in queries.inbox(who("ada")).items] == [thread]
        assert queries.inbox(who("mod")).items == []
        with pytest.raises(Forbidden):
            service.write_for_brand(who("ada"), [who("ben")], subject="Hello", body="Hello")


class TestGoingOn:
    def test_everybody_in_it_answers_and_nobody_else(self):
        thread = a_conversation("ada", "ben")
        a_message(thread, "ben")
        assert thread.posts_count == 2
        assert published(PostAdded)[0]["author_id"] == who("ben").id
        for name in ("cleo", "mod"):
            with pytest.raises(Forbidden):
                a_message(thread, name)

    def test_whoever_writes_has_read_up_to_there(self):
        thread = a_conversation("ada", "ben")
        a_message(thread, "ada", "And the zip?")
        assert unread("ben") == [2]
        a_message(thread, "ben")
        assert (unread("ada"), unread("ben")) == ([1], [0])

    def test_messages_at_once_all_stand(self):
        thread = a_conversation("ada", "ben")
        for body in ("One", "Two", "Three"):
            a_message(thread, "ben", body)
        assert [post.number for post in thread.posts] == [1, 2, 3, 4]

    def test_when_everybody_else_has_left_there_is_nobody_to_write_to(self):
        thread = a_conversation("ada", "ben")
        people.leave(who("ben"), thread)
        with pytest.raises(Conflict, match="Everybody else"):
            a_message(thread, "ada")


def unread(username: str) -> list[int]:
    db.session.flush()
    db.session.expire_all()
    return [line.unread for line in queries.inbox(who(username)).items]


class TestInbox:
    def test_the_last_active_stands_first(self):
        old, new = a_conversation("ada", "ben"), a_conversation("cleo", "ada")
        assert [line.thread for line in queries.inbox(who("ada")).items] == [new, old]
        a_message(old, "ben")
        assert [line.thread for line in queries.inbox(who("ada")).items] == [old, new]

    def test_it_is_told_what_was_said_last(self):
        thread = a_conversation("ada", "ben")
        a_message(thread, "ben", "Send it **today**.")
        [line] = queries.inbox(who("ada")).items
        assert line.excerpt == "Send it today."

    def test_a_page_holds_twenty_and_there_is_none_beyond_the_last(self):
        for _number in range(21):
            thread = a_conversation("ada", "ben")
            thread.created_at -= timedelta(days=3)
            db.session.flush()
        assert len(queries.inbox(who("ben")).items) == 20
        assert len(queries.inbox(who("ben"), 2).items) == 1
        with pytest.raises(Missing):
            queries.inbox(who("ben"), 3)

    def test_a_message_taken_back_is_not_unread(self):
        thread = a_conversation("ada", "ben")
        taken = a_message(thread, "ada", "Never mind.")
        taken.state = "deleted"
        db.session.flush()
        assert unread("ben") == [1]


def test_a_brand_has_none_of_the_others_conversations(app, in_lune):
    thread = a_conversation("ada", "ben")
    assert db.session.scalar(select(func.count(Thread.id))) == 1
    assert thread.brand_id == LUNE != VELORA
