"""Several voters at the same moment: each is counted once."""

import pytest
from sqlalchemy import func, select

from community.kernel.db import db
from community.kernel.errors import Conflict, Invalid
from community.kernel.tenancy import brand_scope
from community.polls import service, upkeep
from community.polls.models import Ballot, Poll
from community.polls.rules import Rules
from community.threads.models import Thread
from tests.asking import ANSWERS, QUESTION, a_poll
from tests.conftest import who
from tests.factories import LUNE
from tests.threads.acting import at_once
from tests.threads.saying import a_thread


@pytest.fixture
def ids(app):
    """(id of a poll, of another that is secret, of a thread without)"""
    with app.app_context(), brand_scope(LUNE):
        made = a_poll().id, a_poll(is_secret=True, may_change=False).id, a_thread("ada").id
        db.session.commit()
        return made


@pytest.fixture
def afterwards(app):
    def look(question):
        with app.app_context(), brand_scope(LUNE):
            assert [tally.wrong for tally in upkeep.check(False)] == [[]]
            return question()

    return look


def voting(poll_id, name, place=0):
    def act(ready):
        poll, voter = db.session.get_one(Poll, poll_id), who(name)
        choices = [poll.options[place].id]
        assert poll.thread.category
        ready()
        service.vote(voter, poll, choices)
        return name

    return act


def counted(poll_id):
    poll = db.session.get_one(Poll, poll_id)
    ballots = select(func.count()).select_from(Ballot).where(Ballot.poll_id == poll_id)
    return poll.ballots_count, sum(poll.tally.values()), db.session.scalar(ballots)


def test_all_who_vote_at_once_are_counted(app, ids, afterwards):
    people = ("ada", "ben", "cleo", "eve", "mod")
    acts = [voting(ids[0], name, number % 3) for number, name in enumerate(people)]
    outcome = at_once(app, *acts)
    assert outcome.refused == []
    assert afterwards(lambda: counted(ids[0])) == (5, 5, 5)


def test_one_member_voting_five_times_at_once_is_counted_once(app, ids, afterwards):
    outcome = at_once(app, *[voting(ids[0], "ben", number % 3) for number in range(5)])
    assert outcome.refused == []
    assert afterwards(lambda: counted(ids[0])) == (1, 1, 1)


def test_in_a_secret_poll_the_first_of_them_stands(app, ids, afterwards):
    outcome = at_once(app, *[voting(ids[1], "ben", number % 3) for number in range(5)])
    assert len(outcome.returned) == 1
    assert {type(refusal) for refusal in outcome.refused} == {Conflict}
    assert afterwards(lambda: counted(ids[1])) == (1, 1, 1)


def test_rules_changed_while_somebody_votes_are_refused_or_come_first(app, ids, afterwards):
    def change(ready):
        poll, ada = db.session.get_one(Poll, ids[0]), who("ada")
        assert poll.thread.category and poll.options
        ready()
        service.change(ada, poll, Rules("Which size then?", ["S", "M"]))
        return "changed"

    outcome = at_once(app, change, voting(ids[0], "ben"))
    assert all(isinstance(refusal, Conflict | Invalid) for refusal in outcome.refused)
    assert outcome.returned != []
    votes = "ben" in outcome.returned
    if votes and "changed" in outcome.returned:  # then it was another poll he voted in
        labels = afterwards(lambda: [one.label for one in db.session.get_one(Poll, ids[0]).options])
        assert labels == ["S", "M"]
    assert afterwards(lambda: counted(ids[0])) == (votes, votes, votes)


def test_of_two_polls_opened_at_once_one_stands(app, ids, afterwards):
    def open_it(name):
        def act(ready):
            thread, actor = db.session.get_one(Thread, ids[2]), who(name)
            assert thread.category
            ready()
            return service.open_poll(actor, thread, Rules(QUESTION, ANSWERS)).id

        return act

    outcome = at_once(app, open_it("ada"), open_it("mod"))
    assert [type(refusal) for refusal in outcome.refused] == [Conflict]
