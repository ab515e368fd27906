"""Help with questions: who has them too, whether they were solved, support, who is told."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from community.events import (
    AnswerReminded,
    AnswersDue,
    MemberErased,
    PassedToSupport,
    QuestionWaiting,
    SameHereGiven,
    SameHereWithdrawn,
    SolutionRated,
)
from community.kernel.db import db, now
from community.kernel.errors import Conflict, Forbidden, Invalid
from community.members.models import Anonymous
from community.qa import leaving, same_here, solving, waiting
from community.qa.help_models import Referral, SameHere, SolutionRating, Stage
from community.threads.kinds import Kind
from community.threads.models import Follow
from tests.conftest import who
from tests.threads.acting import published
from tests.threads.saying import a_reply, a_thread

pytestmark = pytest.mark.usefixtures("in_lune")


def a_question(author="ada"):
    thread = a_thread(author, kind=Kind.QUESTION)
    db.session.flush()
    return thread


class TestSameHere:
    def test_counts_a_member_once_and_makes_them_follow(self):
        thread = a_question()
        assert same_here.say(who("ben"), thread)
        assert not same_here.say(who("ben"), thread)
        assert thread.same_here_count == 1
        followers = select(Follow.member_id).where(Follow.thread_id == thread.id)
        assert who("ben").id in db.session.scalars(followers).all()
        assert len(published(SameHereGiven)) == 1

    def test_is_taken_back_once(self):
        thread = a_question()
        same_here.say(who("ben"), thread)
        assert same_here.withdraw(who("ben"), thread)
        assert not same_here.withdraw(who("ben"), thread)
        assert thread.same_here_count == 0
        assert len(published(SameHereWithdrawn)) == 1

    def test_is_refused_for_an_own_question_and_for_discussions(self):
        with pytest.raises(Forbidden):
            same_here.say(who("ada"), a_question())
        with pytest.raises(Forbidden):
            same_here.say(who("ben"), a_thread("ada"))

    def test_doctor_finds_and_mends_a_wrong_count(self):
        thread = a_question()
        same_here.say(who("ben"), thread)
        thread.same_here_count = 7
        db.session.flush()
        assert [tally.wrong_count for tally in same_here.check(False)] == [1]
        list(same_here.check(True))
        assert thread.same_here_count == 1


class TestSolved:
    def test_a_member_may_say_otherwise_and_a_visitor_is_heard_once(self, visitor):
        thread = a_question()
        a_reply(thread, "ben")
        assert solving.rate(who("cleo"), thread, is_solved=False, reader="c")
        assert solving.rate(who("cleo"), thread, is_solved=True, reader="c")
        assert solving.mine(who("cleo"), thread).is_solved is True
        assert solving.rate(visitor, thread, is_solved=True, reader="v")
        assert not solving.rate(visitor, thread, is_solved=False, reader="v")
        kept = db.session.scalars(select(SolutionRating).order_by(SolutionRating.id)).all()
        assert [(row.is_solved, row.member_id) for row in kept] == [
            (True, who("cleo").id),
            (True, None),
        ]
        assert [said["is_solved"] for said in published(SolutionRated)] == [False, True, True]

    def test_a_visitor_is_heard_again_after_thirty_days(self, visitor):
        thread = a_question()
        a_reply(thread, "ben")
        solving.rate(visitor, thread, is_solved=True, reader="v")
        db.session.scalars(select(SolutionRating)).one().created_at -= timedelta(days=31)
        assert solving.rate(visitor, thread, is_solved=False, reader="v")

    def test_nothing_solved_it_while_nobody_answered(self):
        with pytest.raises(Conflict):
            solving.rate(who("ben"), a_question(), is_solved=True, reader="b")


class TestSupport:
    def test_takes_a_question_over_once_and_answers_in_a_note(self):
        thread = a_question()
        referral = solving.pass_to_support(who("ben"), thread, " It still creaks. ")
        assert referral.words == "It still creaks."
        assert published(PassedToSupport)[0]["referral_id"] == referral.id
        with pytest.raises(Conflict):
            solving.pass_to_support(who("ben"), thread, "Again")
        solving.handle(who("mod"), referral, stage=Stage.ANSWERED, note="We sent you a new one.")
        assert solving.mine(who("ben"), thread).referral.note == "We sent you a new one."

    def test_wants_words_on_both_sides(self):
        thread = a_question()
        with pytest.raises(Invalid):
            solving.pass_to_support(who("ben"), thread, "  ")
        with pytest.raises(Invalid):
            solving.pass_to_support(who("ben"), thread, "x" * (solving.WORDS_MAX + 1))
        referral = solving.pass_to_support(who("ben"), thread, "It creaks.")
        with pytest.raises(Invalid):
            solving.handle(who("mod"), referral, stage=Stage.DONE, note=" ")
        with pytest.raises(Invalid):
            solving.handle(who("mod"), referral, stage=Stage.WAITING, note="Later")
        with pytest.raises(Forbidden):
            solving.handle(who("eve"), referral, stage=Stage.DONE, note="Done")


class TestWaiting:
    def test_experts_hear_of_it_then_staff_once_each(self):
        thread = a_question()
        due()
        assert told() == []
        older(thread, hours=25)
        due()
        due()
        assert told() == ["experts"]
        older(thread, hours=24)
        due()
        due()
        assert told() == ["experts", "staff"]

    def test_a_reply_of_somebody_else_ends_it_and_ones_own_does_not(self):
        mine, answered = a_question(), a_question()
        a_reply(mine, "ada")
        a_reply(answered, "ben")
        older(mine, hours=30)
        older(answered, hours=30)
        due()
        assert [row["thread_id"] for row in published(QuestionWaiting)] == [mine.id]

    def test_a_part_waits_as_long_as_its_section_unless_it_says_otherwise(self):
        part = a_thread("ada", "corner", kind=Kind.QUESTION).category
        assert waiting.hours_of(part) == 24
        part.parent.unanswered_hours = 4
        assert waiting.hours_of(part) == 4
        part.unanswered_hours = 2
        assert waiting.hours_of(part) == 2

    def test_nobody_hears_of_questions_older_than_a_month(self):
        older(a_question(), hours=31 * 24)
        due()
        assert told() == []

    def test_askers_are_reminded_after_three_seven_and_twentyone_days_then_never(self):
        thread = a_question()
        reply = a_reply(thread, "ben")
        for days in (2, 4, 8, 22, 29, 60):
            reply.created_at = now() - timedelta(days=days)
            db.session.flush()
            due()
            due()
        assert [row["days"] for row in published(AnswerReminded)] == [3, 7, 21]

    def test_nobody_is_reminded_of_a_solved_question(self):
        thread = a_question()
        a_reply(thread, "ben").created_at = now() - timedelta(days=4)
        thread.is_solved = True
        db.session.flush()
        due()
        assert published(AnswerReminded) == []


class TestLeaving:
    def test_forgets_who_said_it_and_keeps_what_answers_did(self):
        thread = a_question()
        a_reply(thread, "cleo")
        ben = who("ben")
        same_here.say(ben, thread)
        solving.rate(ben, thread, is_solved=False, reader="b")
        solving.pass_to_support(ben, thread, "It creaks.")
        db.session.flush()
        said = [(row["what"], row["thread"]) for row in leaving.export(ben)]
        place = f"/t/{thread.id}"
        assert said == [
            ("same here", place),
            ("did it solve it", place),
            ("passed to support", place),
        ]
        leaving.on_member_erased(MemberErased(member_id=ben.id, removes_posts=False))
        db.session.flush()
        assert thread.same_here_count == 0
        assert db.session.scalars(select(SameHere)).all() == []
        assert db.session.scalars(select(Referral)).all() == []
        rating = db.session.scalars(select(SolutionRating)).one()
        assert (rating.member_id, rating.is_solved) == (None, False)
        assert rating.reader != "b"


@pytest.fixture
def visitor():
    return Anonymous()


def due():
    waiting.on_answers_due(AnswersDue())
    db.session.flush()


def told():
    return [row["told"] for row in published(QuestionWaiting)]


def older(thread, *, hours):
    thread.created_at -= timedelta(hours=hours)
    db.session.flush()
