"""Adding, leaving, having read, blocking, and what follows when somebody leaves the brand."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from community.events import ConversationRead, DayBegan, MemberErased, PersonAdded, PersonLeft
from community.kernel.db import db, now
from community.kernel.errors import Conflict, Forbidden, Invalid, Missing
from community.members.privacy import forget
from community.messages import exports, people, queries
from community.messages.models import Block, MessageReport
from community.threads import departures, removal, standing
from community.threads import exports as thread_exports
from community.threads.models import Follow, Post, ThreadMember
from tests.conftest import who
from tests.factories import person
from tests.talking import (
    BODY,
    SUBJECT,
    a_conversation,
    a_message,
    a_report,
    first,
    seen_by,
    to_the_brand,
)
from tests.threads.acting import published

pytestmark = pytest.mark.usefixtures("in_lune")


class TestAdding:
    def test_whoever_is_added_reads_everything_and_all_are_told_in_a_message(self):
        thread = a_conversation("ada", "ben")
        told = people.add(who("ada"), thread, who("cleo"))
        assert seen_by("cleo", thread) is thread
        assert (told.number, told.author.username) == (2, "ada")
        assert "@cleo" in told.body
        [added] = published(PersonAdded)
        assert added["added_by_id"] == who("ada").id

    def test_any_of_them_may_add_and_nobody_else(self):
        thread = a_conversation("ada", "ben")
        people.add(who("ben"), thread, who("cleo"))
        for name in ("eve", "mod"):
            with pytest.raises(Forbidden):
                people.add(who(name), thread, who("oli"))

    def test_nobody_is_added_twice(self):
        thread = a_conversation("ada", "ben")
        for name in ("ada", "ben"):
            with pytest.raises(Conflict, match="already"):
                people.add(who("ada"), thread, who(name))

    def test_whoever_left_cannot_be_brought_back(self):
        thread = a_conversation("ada", "ben", "cleo")
        people.leave(who("cleo"), thread)
        with pytest.raises(Invalid, match="has left"):
            people.add(who("ada"), thread, who("cleo"))

    def test_not_whoever_blocks_the_one_who_adds(self):
        thread = a_conversation("ada", "ben")
        people.block(who("cleo"), who("ada"))
        with pytest.raises(Invalid, match="takes no messages from you"):
            people.add(who("ada"), thread, who("cleo"))
        assert people.add(who("ben"), thread, who("cleo"))

    def test_not_beyond_thirty(self):
        thread = a_conversation("ada", "ben")
        crowd = [person(f"guest{number}") for number in range(28)]
        db.session.add_all(crowd)
        db.session.flush()
        db.session.add_all(ThreadMember(thread_id=thread.id, member_id=m.id) for m in crowd)
        db.session.flush()
        with pytest.raises(Invalid, match="30 people"):
            people.add(who("ada"), thread, who("cleo"))

    def test_a_colleague_added_to_a_conversation_with_the_brand_speaks_for_it(self):
        thread = to_the_brand("ada")
        people.add(who("mod"), thread, who("mia"))
        who("mia").role = "member"
        db.session.flush()
        with pytest.raises(Missing):
            seen_by("mia", thread)


class TestLeaving:
    def test_whoever_left_reads_nothing_of_it_any_more(self):
        thread = a_conversation("ada", "ben", "cleo")
        people.leave(who("ben"), thread)
        with pytest.raises(Missing):
            seen_by("ben", thread)
        assert queries.inbox(who("ben")).total == 0
        assert published(PersonLeft) == [{"thread_id": thread.id, "member_id": who("ben").id}]
        assert who("ben") not in queries.others_in(who("ada"), seen_by("ada", thread))

    def test_what_they_wrote_stays_with_the_others(self):
        thread = a_conversation("ada", "ben")
        post = a_message(thread, "ben")
        people.leave(who("ben"), thread)
        assert post in seen_by("ada", thread).posts

    def test_whoever_is_suspended_may_leave_all_the_same(self):
        thread = a_conversation("ada", "ben")
        who("ben").suspended_until = now() + timedelta(days=1)
        people.leave(who("ben"), thread)
        with pytest.raises(Missing):
            seen_by("ben", thread)

    def test_nobody_leaves_twice_or_where_they_never_were(self):
        thread = a_conversation("ada", "ben", "cleo")
        people.leave(who("ben"), thread)
        for name in ("ben", "mod"):
            with pytest.raises(Forbidden):
                people.leave(who(name), thread)


class TestReading:
    def test_having_read_is_noted_once(self):
        thread = a_conversation("ada", "ben")
        assert people.mark_read(who("ben"), thread, up_to=1)
        db.session.expire(thread, ["participants"])
        assert not people.mark_read(who("ben"), thread, up_to=1)
        assert len(published(ConversationRead)) == 1
        assert [line.unread for line in queries.inbox(who("ben")).items] == [0]

    def test_what_came_after_the_page_was_shown_stays_unread(self):
        thread = a_conversation("ada", "ben")
        a_message(thread, "ada", "And the zip?")
        people.mark_read(who("ben"), thread, up_to=1)
        assert [line.unread for line in queries.inbox(who("ben")).items] == [1]

    def test_nobody_has_read_what_is_not_written_yet(self):
        thread = a_conversation("ada", "ben")
        people.mark_read(who("ben"), thread, up_to=99)
        a_message(thread, "ada", "And the zip?")
        assert [line.unread for line in queries.inbox(who("ben")).items] == [1]

    def test_strangers_to_it_mark_nothing(self):
        thread = a_conversation("ada", "ben")
        with pytest.raises(Forbidden):
            people.mark_read(who("mod"), thread, up_to=1)


class TestMuting:
    def test_whoever_mutes_it_is_not_made_to_hear_again_by_writing(self):
        thread = a_conversation("ada", "ben")
        assert standing.unfollow(who("ben"), thread)
        a_message(thread, "ben")
        theirs = select(func.count()).where(Follow.member_id == who("ben").id)
        assert db.session.scalar(theirs) == 0
        assert standing.follow(who("ben"), thread)


class TestBlocking:
    def test_a_blocked_member_begins_no_conversation_with_them(self):
        people.block(who("ada"), who("ben"))
        with pytest.raises(Invalid, match="Ada takes no messages from you") as refused:
            a_conversation("ben", "ada", "cleo")
        assert refused.value.field == "people"
        with pytest.raises(Invalid, match="You have blocked Ben"):
            a_conversation("ada", "ben")

    def test_nor_goes_on_in_one_of_the_two(self):
        thread = a_conversation("ada", "ben")
        people.block(who("ada"), who("ben"))
        with pytest.raises(Conflict, match="takes no messages from you"):
            a_message(thread, "ben")

    def test_among_several_each_may_still_write(self):
        thread = a_conversation("ada", "ben", "cleo")
        people.block(who("ada"), who("ben"))
        assert a_message(thread, "ben")

    def test_the_brand_cannot_be_blocked(self):
        thread = to_the_brand("ada")
        people.block(who("ada"), who("mod"))
        assert a_message(thread, "mod", "It is on its way.")
        with pytest.raises(Invalid):
            a_conversation("mod", "ada")

    def test_taking_it_back_lets_them_write_again(self):
        people.block(who("ada"), who("ben"))
        assert not people.block(who("ada"), who("ben"))
        assert people.unblock(who("ada"), who("ben"))
        assert not people.unblock(who("ada"), who("ben"))
        assert a_conversation("ben", "ada")

    def test_nobody_blocks_oneself(self):
        with pytest.raises(Forbidden):
            people.block(who("ada"), who("ada"))


class TestTakingBack:
    def test_the_first_message_may_go_and_the_conversation_stays(self):
        thread = a_conversation("ada", "ben")
        answer = a_message(thread, "ben")
        removal.delete(who("ada"), first(thread))
        assert seen_by("ben", thread).state == "visible"
        assert answer.is_visible
        assert a_message(thread, "ben", "What was it?")

    def test_nobody_else_in_it_reads_what_was_taken_back_not_even_staff(self):
        thread = a_conversation("ada", "mod")
        post = first(thread)
        removal.delete(who("ada"), post)
        with pytest.raises(Forbidden):
            removal.restore(who("mod"), post)
        removal.restore(who("ada"), post)
        assert post.is_visible

    @pytest.mark.parametrize("act", [removal.delete, removal.hide])
    def test_staff_in_it_has_no_powers_over_what_others_wrote(self, act):
        thread = a_conversation("ada", "mod")
        with pytest.raises(Forbidden):
            act(who("mod"), first(thread), **({"reason": "x"} if act is removal.hide else {}))


def erase(username: str, *, removes_posts: bool) -> int:
    """Erase a member as the worker does after the event."""
    member = who(username)
    member_id = member.id
    forget(member, removes_posts=removes_posts)
    event = MemberErased(member_id=member_id, removes_posts=removes_posts)
    departures.on_member_erased(event)
    people.on_member_erased(event)
    db.session.flush()
    db.session.expire_all()
    return member_id


class TestErasure:
    def test_whoever_leaves_the_brand_leaves_every_conversation_and_the_words_stay_nameless(self):
        thread = a_conversation("ada", "ben")
        post = a_message(thread, "ben", "Yes, please.")
        erase("ben", removes_posts=False)
        assert queries.others_in(who("ada"), seen_by("ada", thread)) == []
        assert (post.body, post.author.is_erased) == ("Yes, please.", True)

    def test_or_they_go_and_the_others_keep_theirs(self):
        thread = a_conversation("ada", "ben")
        answer = a_message(thread, "ben", "Yes, please.")
        opening = first(thread)
        erase("ada", removes_posts=True)
        assert opening.is_purged
        assert SUBJECT not in seen_by("ben", thread).title
        assert (answer.body, answer.is_visible) == ("Yes, please.", True)

    def test_blocks_and_what_was_said_in_reports_go_too(self):
        thread = a_conversation("ada", "ben")
        people.block(who("ben"), who("ada"))
        report = a_report(first(thread), "ben", words="He knows where I live.")
        erase("ben", removes_posts=True)
        assert db.session.scalar(select(func.count()).select_from(Block)) == 0
        assert db.session.get_one(MessageReport, report.id).words == ""
        assert db.session.get_one(MessageReport, report.id).body == BODY
        erase("ada", removes_posts=True)
        assert db.session.get_one(MessageReport, report.id).body == ""

    def test_what_everybody_left_is_forgotten_after_a_month(self):
        thread = a_conversation("ada", "ben")
        kept = to_the_brand("cleo")
        for name in ("ada", "ben"):
            people.leave(who(name), thread)
        people.leave(who("cleo"), kept)
        people.on_day_began(DayBegan())
        assert first(thread).body == BODY
        for place in db.session.scalars(select(ThreadMember)):
            place.left_at = now() - timedelta(days=31)
        db.session.flush()
        people.on_day_began(DayBegan())
        texts = dict(db.session.execute(select(Post.thread_id, Post.body)).all())
        assert texts[thread.id] == ""
        assert texts[kept.id] != ""


class TestTakingAlong:
    def test_a_member_takes_their_own_words_and_no_others(self):
        thread = a_conversation("ada", "ben")
        a_message(thread, "ben", "A secret of Ben's.")
        people.block(who("ada"), who("cleo"))
        a_report(thread.posts[1], "ada", words="Too much.")
        taken = [
            thread_exports.posts_of_member(who("ada")),
            exports.conversations_of_member(who("ada")),
            exports.blocks_of_member(who("ada")),
            exports.reports_of_member(who("ada")),
        ]
        assert [len(rows) for rows in taken] == [1, 1, 1, 1]
        assert BODY in str(taken)
        assert "A secret of Ben's." not in str(taken)
        assert taken[2][0]["member"] == "cleo"
        assert taken[3][0]["words"] == "Too much."
