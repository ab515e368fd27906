"""Several people at the same moment, in private."""

import pytest
from sqlalchemy import func, select

from community.kernel.db import db
from community.kernel.errors import Conflict, Forbidden, TooMany
from community.kernel.tenancy import brand_scope
from community.messages import people, reports, service
from community.messages.models import Block, MessageReport, Outcome, Wrong
from community.threads.models import Post, Thread, ThreadMember
from tests.conftest import who
from tests.factories import LUNE
from tests.talking import SUBJECT, a_conversation, a_message, a_report
from tests.threads.acting import at_once


@pytest.fixture
def ids(app):
    """A conversation of Ada, Ben and Cleo with a message of Ben's, which Ada reported."""
    with app.app_context(), brand_scope(LUNE):
        thread = a_conversation("ada", "ben", "cleo")
        post = a_message(thread, "ben")
        report = a_report(post, "ada")
        for name in ("mod", "mia"):
            reports.open_report(who(name), report)
        db.session.commit()
        return thread.id, post.id, report.id


@pytest.fixture
def afterwards(app):
    def look(question):
        with app.app_context(), brand_scope(LUNE):
            return question()

    return look


def count(model, *where):
    return db.session.scalar(select(func.count()).select_from(model).where(*where))


def test_one_form_arriving_five_times_at_once_makes_one_conversation(app, afterwards):
    def start(ready):
        ada, ben = who("ada"), who("ben")
        ready()
        said = {"subject": SUBJECT, "body": "Once.", "submission": "key"}
        return service.start(ada, [ben], **said).id

    outcome = at_once(app, *[start] * 5)
    assert outcome.refused == []
    assert len(set(outcome.returned)) == 1
    assert afterwards(lambda: (count(Thread), count(ThreadMember))) == (1, 2)


def test_of_two_conversations_begun_at_once_one_is_too_many(app, afterwards):
    def start(name):
        def act(ready):
            ada, other = who("ada"), who(name)
            ready()
            return service.start(ada, [other], subject=SUBJECT, body="Hello").id

        return act

    outcome = at_once(app, start("ben"), start("cleo"))
    assert [type(refusal) for refusal in outcome.refused] == [TooMany]
    assert afterwards(lambda: count(Thread)) == 1


def test_of_two_who_add_the_same_person_at_once_one_is_told_so(app, ids, afterwards):
    def add(name):
        def act(ready):
            thread = db.session.get_one(Thread, ids[0])
            actor, eve = who(name), who("eve")
            assert thread.is_among(actor.id)
            ready()
            return people.add(actor, thread, eve).number

        return act

    outcome = at_once(app, add("ada"), add("ben"))
    assert [type(refusal) for refusal in outcome.refused] == [Conflict]
    assert afterwards(lambda: count(ThreadMember, ThreadMember.thread_id == ids[0])) == 4


def test_whoever_leaves_while_writing_has_written_or_left_but_not_after_leaving(
    app, ids, afterwards
):
    def write(ready):
        thread, ben = db.session.get_one(Thread, ids[0]), who("ben")
        assert len(thread.participants) == 3
        ready()
        return service.reply(ben, thread, body="One more.").number

    def leave(ready):
        thread, ben = db.session.get_one(Thread, ids[0]), who("ben")
        assert len(thread.participants) == 3
        ready()
        people.leave(ben, thread)
        return "left"

    outcome = at_once(app, write, leave)
    assert "left" in outcome.returned
    assert all(isinstance(refusal, Conflict | Forbidden) for refusal in outcome.refused)
    has_written = len(outcome.returned) == 2
    assert afterwards(lambda: count(Post, Post.number == 3)) == has_written


def test_a_double_click_blocks_and_reports_once(app, ids, afterwards):
    def block(ready):
        ada, ben = who("ada"), who("ben")
        ready()
        return people.block(ada, ben)

    def report(ready):
        cleo, post = who("cleo"), db.session.get_one(Post, ids[1])
        assert post.thread.is_among(cleo.id)
        ready()
        return reports.report(cleo, post, wrong=Wrong.SPAM).id

    assert sorted(at_once(app, block, block).returned) == [False, True]
    outcome = at_once(app, report, report)
    assert (len(outcome.returned), [type(r) for r in outcome.refused]) == (1, [Conflict])
    assert afterwards(lambda: (count(Block), count(MessageReport))) == (1, 2)


def test_of_two_who_decide_at_once_the_second_is_told_who_did(app, ids, afterwards):
    def decide(name):
        def act(ready):
            actor, report = who(name), db.session.get_one(MessageReport, ids[2])
            assert report.post.thread
            ready()
            reports.decide(actor, report, outcome=Outcome.HIDDEN, reason="Advertising.")
            return name

        return act

    outcome = at_once(app, decide("mod"), decide("mia"))
    assert len(outcome.returned) == 1
    [refusal] = outcome.refused
    assert isinstance(refusal, Conflict)
    assert outcome.returned[0] in str(refusal).lower()
