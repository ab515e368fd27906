"""Accepted and certified answers: who marks them, what takes a mark away, what is due."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from community.events import (
    AnswerAccepted,
    AnswerCertified,
    AnswerNoLongerAccepted,
    AnswersDue,
    CertificationDue,
    CertificationLifted,
    CertificationRenewed,
    MemberErased,
    PostEdited,
    PostHidden,
)
from community.kernel.db import db, now
from community.kernel.errors import Conflict, Forbidden, Invalid
from community.kernel.tenancy import brand_scope
from community.members.models import Member, Role
from community.qa import accepting, certifying, queries
from community.qa.models import Certification, StaleVote
from community.threads import counts, removal
from community.threads.models import Kind, Post, Thread
from tests.conftest import who
from tests.factories import LUNE
from tests.threads.acting import at_once, published
from tests.threads.saying import a_reply, a_thread


def an_expert() -> Member:
    eve = who("eve")
    eve.role = Role.EXPERT
    return eve


def a_question(*helpers: str) -> tuple[Thread, list[Post]]:
    thread = a_thread("ada", kind=Kind.QUESTION)
    return thread, [a_reply(thread, name, f"Try it twice, says {name}.") for name in helpers]


def certified(post: Post, actor: Member | None = None, **said) -> Certification:
    said.setdefault("review_by", certifying.today() + certifying.USUAL)
    return certifying.certify(actor or an_expert(), post, **said)


class TestAccepting:
    def test_the_asker_accepts_several_and_the_first_is_shown(self, in_lune):
        thread, (ben, cleo) = a_question("ben", "cleo")
        assert accepting.accept(who("ada"), cleo) is True
        assert (thread.is_solved, thread.answer_id, thread.answer_mark) == (
            True,
            cleo.id,
            "accepted",
        )
        accepting.accept(who("ada"), ben)
        assert thread.answer_id == ben.id
        assert thread.answer_excerpt == "Try it twice, says ben."
        assert [told["author_id"] for told in published(AnswerAccepted)] == [
            who("cleo").id,
            who("ben").id,
        ]

    def test_twice_is_once_and_it_can_be_taken_back(self, in_lune):
        thread, (ben,) = a_question("ben")
        accepting.accept(who("ada"), ben)
        assert accepting.accept(who("ada"), ben) is False
        assert accepting.withdraw(who("ada"), ben) is True
        assert accepting.withdraw(who("ada"), ben) is False
        assert (thread.is_solved, thread.answer_id, thread.answer_excerpt) == (False, None, "")
        assert len(published(AnswerNoLongerAccepted)) == 1

    def test_nobody_else_does_and_not_in_a_discussion(self, in_lune):
        _thread, (ben,) = a_question("ben")
        for name in ("ben", "cleo", "mod"):
            with pytest.raises(Forbidden):
                accepting.accept(who(name), ben)
        reply = a_reply(a_thread("ada"), "ben")
        with pytest.raises(Forbidden):
            accepting.accept(who("ada"), reply)

    def test_a_removed_answer_solves_nothing_until_it_is_back(self, in_lune):
        thread, (ben,) = a_question("ben")
        accepting.accept(who("ada"), ben)
        removal.hide(who("mod"), ben, reason="Advertising")
        assert (thread.is_solved, thread.answer_id) == (False, None)
        removal.restore(who("mod"), ben)
        assert (thread.is_solved, thread.answer_id) == (True, ben.id)


class TestCertifying:
    def test_it_is_shown_before_what_was_accepted(self, in_lune):
        thread, (ben, cleo) = a_question("ben", "cleo")
        accepting.accept(who("ada"), ben)
        made = certified(cleo, product="Night serum", source_url="https://example.com/manual")
        assert (thread.answer_id, thread.answer_mark) == (cleo.id, "certified")
        assert (made.product, made.owner_id) == ("Night serum", who("eve").id)
        assert published(AnswerCertified)[0]["certification_id"] == made.id

    def test_experts_and_staff_do_it_and_nobody_for_an_own_answer(self, in_lune):
        thread, (ben,) = a_question("ben")
        with pytest.raises(Forbidden):
            certified(ben, who("cleo"))
        with pytest.raises(Forbidden):
            certified(a_reply(thread, "mod"), who("mod"))
        certified(ben, who("mod"))

    def test_a_question_has_one_certified_answer(self, in_lune):
        thread, (ben, cleo) = a_question("ben", "cleo")
        certified(ben)
        certified(cleo)
        assert [post.is_certified for post in (ben, cleo)] == [False, True]
        assert [told["cause"] for told in published(CertificationLifted)] == ["replaced"]
        with pytest.raises(Conflict):
            certified(cleo)
        assert len(certifying.holding_in(thread)) == 1

    def test_two_experts_at_the_same_moment_leave_one_certified_answer(self, app):
        with app.app_context(), brand_scope(LUNE):
            _thread, posts = a_question("ben", "cleo")
            an_expert()
            ids = [post.id for post in posts]
            db.session.commit()

        def act(name, post_id):
            def certify(ready):
                actor, post = who(name), db.session.get_one(Post, post_id)
                ready()
                return certified(post, actor).id

            return certify

        outcome = at_once(app, act("eve", ids[0]), act("mod", ids[1]))
        with app.app_context(), brand_scope(LUNE):
            marked = db.session.scalars(select(Post.id).where(Post.is_certified)).all()
            held = select(Certification.post_id).where(Certification.lifted_at.is_(None))
            assert db.session.scalars(held).all() == marked
            assert (len(marked), len(outcome.refused)) == (1, 0)

    @pytest.mark.parametrize("days", [0, -1, 731])
    def test_its_date_is_within_two_years(self, in_lune, days):
        _thread, (ben,) = a_question("ben")
        with pytest.raises(Invalid) as refusal:
            certified(ben, review_by=certifying.today() + timedelta(days=days))
        assert refusal.value.field == "review_by"

    @pytest.mark.parametrize(
        "address", ["manual", "javascript:alert(1)", "ftp://example.com/x", "http://[x"]
    )
    def test_its_source_is_an_address_of_the_web(self, in_lune, address):
        _thread, (ben,) = a_question("ben")
        with pytest.raises(Invalid) as refusal:
            certified(ben, source_url=address)
        assert refusal.value.field == "source_url"

    def test_its_owner_is_an_expert_or_of_the_team(self, in_lune):
        _thread, (ben,) = a_question("ben")
        with pytest.raises(Invalid) as refusal:
            certified(ben, owner=who("cleo"))
        assert refusal.value.field == "owner"

    def test_it_can_be_taken_away(self, in_lune):
        thread, (ben,) = a_question("ben")
        made = certified(ben)
        with pytest.raises(Forbidden):
            certifying.lift(who("ada"), made)
        certifying.lift(who("mod"), made)
        assert (ben.is_certified, thread.is_solved, made.cause) == (False, False, "withdrawn")
        with pytest.raises(Conflict):
            certifying.lift(who("mod"), made)


class TestWhatTakesItAway:
    def test_an_edit_does_and_it_waits_to_be_certified_again(self, in_lune):
        thread, (ben,) = a_question("ben")
        made = certified(ben)
        certifying.on_post_edited(PostEdited(post_id=ben.id, editor_id=who("ben").id))
        assert (ben.is_certified, thread.answer_mark, made.cause) == (False, "", "edited")
        assert certifying.to_look_at() == [made]
        certified(ben)
        assert certifying.to_look_at() == []

    def test_another_certified_answer_of_the_question_settles_it(self, in_lune):
        _thread, (ben, cleo) = a_question("ben", "cleo")
        certified(ben)
        certifying.on_post_edited(PostEdited(post_id=ben.id, editor_id=who("ben").id))
        certified(cleo)
        assert certifying.to_look_at() == []

    def test_removing_it_does_and_restoring_does_not_bring_it_back(self, in_lune):
        thread, (ben,) = a_question("ben")
        certified(ben)
        removal.hide(who("mod"), ben, reason="Wrong")
        certifying.on_post_removed(PostHidden(post_id=ben.id, hidden_by_id=who("mod").id))
        assert certifying.to_look_at() == []
        removal.restore(who("mod"), ben)
        assert (ben.is_certified, thread.answer_mark) == (False, "")
        assert [one.post for one in certifying.to_look_at()] == [ben]

    def test_an_edit_of_what_is_not_certified_changes_nothing(self, in_lune):
        _thread, (ben,) = a_question("ben")
        certifying.on_post_edited(PostEdited(post_id=ben.id, editor_id=who("ben").id))
        assert published(CertificationLifted) == []


class TestBeingDue:
    def test_its_day_puts_it_on_the_list_once(self, in_lune):
        _thread, (ben,) = a_question("ben")
        made = certified(ben, review_by=certifying.today() + timedelta(days=30))
        certifying.on_due(AnswersDue())
        assert certifying.to_look_at() == []
        with time_machine.travel(now() + timedelta(days=30), tick=False):
            certifying.on_due(AnswersDue())
            certifying.on_due(AnswersDue())
            assert certifying.to_look_at() == [made]
            assert certifying.due_count() == 1
            assert len(published(CertificationDue)) == 1

    def test_three_members_who_doubt_it_do_too_and_a_renewal_takes_it_off(self, in_lune):
        _thread, (ben,) = a_question("ben")
        made = certified(ben)
        assert certifying.no_longer_works(who("ada"), made) is True
        assert certifying.no_longer_works(who("ada"), made) is False
        certifying.no_longer_works(who("cleo"), made)
        assert certifying.works_after_all(who("cleo"), made) is True
        assert certifying.works_after_all(who("cleo"), made) is False
        certifying.no_longer_works(who("mod"), made)
        assert certifying.to_look_at() == []
        certifying.no_longer_works(who("cleo"), made)
        assert certifying.to_look_at() == [made]
        certifying.works_after_all(who("cleo"), made)
        assert certifying.to_look_at() == []
        certifying.no_longer_works(who("cleo"), made)
        later = certifying.today() + timedelta(days=90)
        certifying.renew(who("mod"), made, review_by=later)
        assert (certifying.to_look_at(), certifying.doubts(made)) == ([], 0)
        assert made.review_by == later
        assert len(published(CertificationRenewed)) == 1

    def test_its_author_does_not_doubt_it(self, in_lune):
        _thread, (ben,) = a_question("ben")
        with pytest.raises(Forbidden):
            certifying.no_longer_works(who("ben"), certified(ben))

    def test_it_is_due_when_its_owner_leaves_and_doubts_of_the_erased_go(self, in_lune):
        _thread, (ben,) = a_question("ben")
        made = certified(ben)
        certifying.no_longer_works(who("cleo"), made)
        assert certifying.export(who("cleo"))[0]["doubted certification"] == made.id
        assert certifying.export(who("eve"))[0]["certified post"] == ben.id
        certifying.forget_member(MemberErased(member_id=who("cleo").id))
        assert db.session.scalars(select(StaleVote)).all() == []
        certifying.forget_member(MemberErased(member_id=who("eve").id))
        assert certifying.to_look_at() == [made]


class TestLists:
    def test_questions_by_what_they_wait_for(self, in_lune):
        a_thread("ben")
        waiting, _ = a_question()
        replied, _ = a_question("ben")
        solved, (answer,) = a_question("ben")
        sealed, (best,) = a_question("cleo")
        accepting.accept(who("ada"), answer)
        certified(best)

        def ids(only):
            return {thread.id for thread in queries.page(who("ben"), only=only).items}

        assert ids("all") == {waiting.id, replied.id, solved.id, sealed.id}
        assert ids("unanswered") == {waiting.id}
        assert ids("unsolved") == {waiting.id, replied.id}
        assert ids("solved") == {solved.id, sealed.id}
        assert ids("certified") == {sealed.id}

    def test_the_doctor_shows_the_answer_again(self, in_lune):
        thread, (ben,) = a_question("ben")
        accepting.accept(who("ada"), ben)
        db.session.execute(update(Thread).values(answer_id=None, answer_mark=""))
        db.session.commit()
        assert sum(tally.wrong_count for tally in counts.check(True)) == 1
        db.session.refresh(thread)
        assert (thread.answer_id, thread.answer_mark) == (ben.id, "accepted")
