"""What members are told of answers: once, the latest, and only what they may still read."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from community.events import (
    AnswerAccepted,
    AnswerCertified,
    AnswerNoLongerAccepted,
    AnswerReminded,
    CertificationDue,
    CertificationLifted,
    PostEdited,
    QuestionWaiting,
)
from community.kernel.bus import EventRecord
from community.kernel.db import db, now
from community.kernel.tenancy import brand_scope
from community.notifications import of_answers
from community.notifications.models import Notification, Reason
from community.qa import accepting, certifying
from community.threads import removal
from community.threads.models import Kind
from tests.conftest import who
from tests.factories import LUNE
from tests.threads.saying import a_reply, a_thread

TOLD = {
    AnswerAccepted: of_answers.of_accepted,
    AnswerCertified: of_answers.of_certified,
    AnswerNoLongerAccepted: of_answers.of_no_longer_accepted,
    CertificationLifted: of_answers.of_lifted,
    CertificationDue: of_answers.of_due,
}


@pytest.fixture
def answer(in_lune):
    return a_reply(a_thread("ada", kind=Kind.QUESTION), "ben")


def deliver() -> None:
    """Hand every event about answers to what tells of it, as the worker does."""
    for kind, tell in TOLD.items():
        of_kind = select(EventRecord.payload).where(EventRecord.name == kind.__name__)
        for payload in db.session.scalars(of_kind.order_by(EventRecord.id)).all():
            tell(kind(**payload))


def news(name: str) -> list[Reason]:
    theirs = select(Notification.reason).where(Notification.member_id == who(name).id)
    return list(db.session.scalars(theirs.order_by(Notification.id)))


def certified(post):
    return certifying.certify(who("eve"), post, review_by=certifying.today() + certifying.USUAL)


def test_whoever_answered_hears_of_both_marks_in_one_notice(answer):
    accepting.accept(who("ada"), answer)
    deliver()
    assert news("ben") == [Reason.ACCEPTED]
    certified(answer)
    deliver()
    assert news("ben") == [Reason.CERTIFIED]
    assert news("ada") == news("eve") == []


def test_a_mark_that_is_gone_is_not_told(answer):
    accepting.accept(who("ada"), answer)
    accepting.withdraw(who("ada"), answer)
    deliver()
    assert news("ben") == []


def test_what_was_told_goes_with_the_mark(answer):
    accepting.accept(who("ada"), answer)
    deliver()
    accepting.withdraw(who("ada"), answer)
    deliver()
    assert news("ben") == []
    made = certified(answer)
    deliver()
    assert news("ben") == [Reason.CERTIFIED]
    certifying.lift(who("mod"), made)
    deliver()
    assert news("ben") == []


def test_the_same_news_is_told_once_however_often_it_is_delivered(answer):
    accepting.accept(who("ada"), answer)
    deliver()
    notice = db.session.scalars(select(Notification)).one()
    notice.read_at = now()
    deliver()
    assert notice.read_at is not None


def test_unread_news_of_another_kind_stays(answer):
    mention = Notification(member_id=who("ben").id, post_id=answer.id, reason=Reason.MENTION)
    db.session.add(mention)
    accepting.accept(who("ada"), answer)
    deliver()
    assert news("ben") == [Reason.MENTION]


def test_nobody_hears_of_a_removed_answer_or_of_an_own_act(answer):
    own = a_reply(answer.thread, "ada")
    accepting.accept(who("ada"), own)
    accepting.accept(who("ada"), answer)
    removal.hide(who("mod"), answer, reason="Advertising")
    deliver()
    assert news("ada") == news("ben") == []


def test_its_owner_hears_that_an_edit_took_the_mark_away(answer):
    certified(answer)
    certifying.on_post_edited(PostEdited(post_id=answer.id, editor_id=who("ben").id))
    deliver()
    assert news("eve") == [Reason.LIFTED]


def test_its_owner_hears_that_its_day_has_come(answer):
    made = certified(answer)
    made.due_at = now() - timedelta(hours=1)
    of_answers.of_due(CertificationDue(certification_id=made.id))
    assert news("eve") == [Reason.DUE]


def test_experts_then_staff_hear_of_a_question_nobody_answers(in_lune):
    thread = a_thread("ada", kind=Kind.QUESTION)
    of_answers.of_waiting(QuestionWaiting(thread_id=thread.id, told="experts"))
    assert (news("eve"), news("mod")) == ([Reason.WAITING], [])
    of_answers.of_waiting(QuestionWaiting(thread_id=thread.id, told="staff"))
    assert news("mod") == [Reason.WAITING]
    a_reply(thread, "ben")
    other = who("mia")
    db.session.execute(delete(Notification).where(Notification.member_id == other.id))
    of_answers.of_waiting(QuestionWaiting(thread_id=thread.id, told="staff"))
    assert news("mia") == []


def test_the_asker_is_reminded_until_something_is_accepted(answer):
    reminded = AnswerReminded(thread_id=answer.thread_id, days=3)
    of_answers.of_reminder(reminded)
    assert news("ada") == [Reason.ACCEPT]
    accepting.accept(who("ada"), answer)
    db.session.execute(delete(Notification))
    of_answers.of_reminder(reminded)
    assert news("ada") == []


def test_the_page_of_notices_says_it(app, visit):
    with app.app_context(), brand_scope(LUNE):
        answer = a_reply(a_thread("ada", kind=Kind.QUESTION), "ben")
        accepting.accept(who("ada"), answer)
        deliver()
        db.session.commit()
    assert "accepted your answer to" in visit("ben").get("/notifications").text
