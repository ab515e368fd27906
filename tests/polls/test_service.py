"""Opening polls, voting, closing: the rules, and what is kept of a vote."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from community.events import MemberErased, PollClosed, PollOpened, PollRemoved, PollsDue, PollVoted
from community.kernel.db import db, now
from community.kernel.errors import Conflict, Forbidden, Invalid, Missing
from community.polls import exports, queries, service, upkeep
from community.polls.models import Ballot, Poll, Results, Voting
from community.polls.rules import Rules
from community.threads import removal, standing
from tests.asking import ANSWERS, QUESTION, a_poll, vote
from tests.conftest import who
from tests.talking import a_conversation
from tests.threads.acting import published, questions
from tests.threads.saying import a_thread, opening

pytestmark = pytest.mark.usefixtures("in_lune")


def shares(poll: Poll, voter: str = "mod") -> list[tuple[str, int, int]]:
    """(label, votes, percent) of each answer."""
    bars = queries.standing_of(who(voter), poll).bars
    return [(bar.option.label, bar.votes, bar.percent) for bar in bars]


class TestOpening:
    def test_an_author_gives_a_thread_its_poll_with_it_or_later(self):
        poll = a_poll()
        assert [option.label for option in poll.options] == ANSWERS
        assert poll.thread.has_poll
        assert published(PollOpened)[0]["thread_id"] == poll.thread_id
        assert queries.of_thread([poll.thread_id, 999]) == {poll.thread_id: poll}

    def test_a_new_thread_keeps_all_that_was_set_on_it(self):
        thread = a_thread("ada", tags=["colour"])
        service.open_poll(who("ada"), thread, Rules(QUESTION, ANSWERS))
        db.session.flush()
        db.session.expire_all()
        assert (thread.tag_line, bool(thread.excerpt), thread.has_poll) == ("colour", True, True)

    def test_staff_may_and_other_members_may_not(self):
        thread = a_thread("ada")
        with pytest.raises(Forbidden):
            service.open_poll(who("ben"), thread, Rules(QUESTION, ANSWERS))
        assert service.open_poll(who("mod"), thread, Rules(QUESTION, ANSWERS))

    def test_a_thread_has_one(self):
        poll = a_poll()
        with pytest.raises(Conflict):
            service.open_poll(who("ada"), poll.thread, Rules(QUESTION, ANSWERS))

    def test_not_where_it_is_closed_or_private_or_removed(self):
        closed, private, removed = a_thread("ada"), a_conversation("ada", "ben"), a_thread("ada")
        standing.lock(who("mod"), closed)
        removal.delete(who("ada"), opening(removed))
        for thread in (closed, private, removed):
            with pytest.raises(Forbidden):
                service.open_poll(who("ada"), thread, Rules(QUESTION, ANSWERS))

    @pytest.mark.parametrize(
        ("field", "rules"),
        [
            ("question", {"question": "?"}),
            ("question", {"question": "x" * 201}),
            ("options", {"options": ["Red"]}),
            ("options", {"options": ["Red", " "]}),
            ("options", {"options": ["Red", "red "]}),
            ("options", {"options": [str(number) for number in range(21)]}),
            ("options", {"options": ["Red", "x" * 121]}),
            ("max_choices", {"voting": Voting.SEVERAL, "max_choices": 1}),
            ("max_choices", {"voting": Voting.SEVERAL, "max_choices": 4}),
            ("may_change", {"is_secret": True, "may_change": True}),
            ("closes_at", {"closes_at": now() - timedelta(days=1)}),
            ("closes_at", {"closes_at": now() + timedelta(days=400)}),
        ],
    )
    def test_what_cannot_be_right_is_told_beside_its_field(self, field, rules):
        with pytest.raises(Invalid) as refused:
            service.open_poll(
                who("ada"),
                a_thread("ada"),
                Rules(**{"question": QUESTION, "options": ANSWERS} | rules),
            )
        assert refused.value.field == field

    def test_its_rules_change_until_the_first_vote_and_then_no_more(self):
        poll = a_poll()
        service.change(who("ada"), poll, Rules("Which size then?", ["S", "M"]))
        assert [option.label for option in poll.options] == ["S", "M"]
        vote(poll, "ben", "M")
        for actor in ("ada", "mod"):
            with pytest.raises(Conflict, match="stays as it is"):
                service.change(who(actor), poll, Rules(QUESTION, ANSWERS))

    def test_after_votes_staff_mends_a_wording_and_what_it_said_stays_visible(self):
        poll = a_poll()
        vote(poll, "ben", "Red")
        option = poll.options[0]
        with pytest.raises(Forbidden):
            service.correct(who("ada"), option, "Crimson")
        service.correct(who("mod"), option, "Crimson")
        service.correct(who("mod"), option, "Crimson red")
        assert (option.label, option.former_label) == ("Crimson red", "Red")
        assert shares(poll)[0] == ("Crimson red", 1, 100)
        with pytest.raises(Invalid):
            service.correct(who("mod"), option, "green")

    def test_its_author_removes_it_before_the_first_vote_and_staff_always(self):
        poll = a_poll()
        thread = poll.thread
        vote(poll, "ben", "Red")
        with pytest.raises(Conflict):
            service.remove(who("ada"), poll)
        service.remove(who("mod"), poll)
        db.session.flush()
        assert not thread.has_poll
        assert len(published(PollRemoved)) == 1
        again = service.open_poll(who("ada"), thread, Rules(QUESTION, ANSWERS))
        service.remove(who("ada"), again)
        db.session.flush()
        assert db.session.scalar(select(func.count()).select_from(Poll)) == 0


class TestVoting:
    def test_votes_one_after_the_other_in_one_transaction_all_count(self):
        poll = a_poll()
        for name in ("ada", "ben", "cleo"):
            service.vote(who(name), poll, [poll.options[0].id])
        assert (poll.ballots_count, sum(poll.tally.values())) == (3, 3)

    def test_each_vote_counts_once_and_may_be_changed(self):
        poll = a_poll()
        vote(poll, "ben", "Red")
        vote(poll, "cleo", "Red")
        vote(poll, "ben", "Blue")
        assert shares(poll) == [("Red", 1, 50), ("Green", 0, 0), ("Blue", 1, 50)]
        assert poll.ballots_count == 2

    def test_where_votes_stay_nobody_votes_twice(self):
        poll = a_poll(may_change=False)
        vote(poll, "ben", "Red")
        for act in (
            lambda: vote(poll, "ben", "Blue"),
            lambda: service.withdraw(who("ben"), poll),
            lambda: service.abstain(who("ben"), poll),
        ):
            with pytest.raises(Conflict, match="stay as they are"):
                act()
        assert shares(poll)[0] == ("Red", 1, 100)

    def test_several_answers_up_to_the_number_allowed(self):
        poll = a_poll(voting=Voting.SEVERAL, max_choices=2)
        vote(poll, "ben", "Red", "Blue")
        vote(poll, "cleo", "Blue")
        assert shares(poll) == [("Red", 1, 50), ("Green", 0, 0), ("Blue", 2, 100)]
        with pytest.raises(Invalid, match="2 answers at most"):
            vote(poll, "eve", *ANSWERS)

    def test_one_answer_is_one(self):
        poll, other = a_poll(), a_poll()
        with pytest.raises(Invalid, match="one answer"):
            vote(poll, "ben", "Red", "Blue")
        for wrong in ([], [other.options[0].id], [poll.options[0].id, poll.options[0].id]):
            with pytest.raises(Invalid) as refused:
                service.vote(who("ben"), poll, wrong)
            assert refused.value.field == "choice"

    def test_ranked_answers_are_counted_by_run_off(self):
        poll = a_poll(voting=Voting.RANKED)
        for voter, ranking in {
            "ada": ["Red"],
            "ben": ["Red", "Green"],
            "cleo": ["Green"],
            "eve": ["Green", "Red"],
            "mod": ["Blue", "Green"],
        }.items():
            vote(poll, voter, *ranking)
        shown = queries.standing_of(who("ada"), poll)
        names = {option.id: option.label for option in poll.options}
        assert [names[id_] for id_ in shown.run_off.winners] == ["Green"]
        assert [names.get(one.out) for one in shown.run_off.rounds] == ["Blue", None]

    def test_who_abstains_is_counted_apart_and_takes_it_back(self):
        poll = a_poll()
        vote(poll, "ben", "Red")
        service.abstain(who("cleo"), poll)
        shown = queries.standing_of(who("cleo"), poll)
        assert (shown.voters, shown.abstained, shown.has_voted) == (1, 1, True)
        assert shares(poll)[0] == ("Red", 1, 100)
        service.withdraw(who("cleo"), poll)
        service.withdraw(who("ben"), poll)
        db.session.flush()
        assert (poll.ballots_count, poll.tally) == (0, {})
        with pytest.raises(Conflict):
            service.withdraw(who("ben"), poll)

    def test_only_those_who_may_take_part_where_it_is_open(self):
        poll = a_poll()
        who("ben").suspended_until = now() + timedelta(days=1)
        who("cleo").confirmed_at = None
        for name in ("ben", "cleo"):
            with pytest.raises(Forbidden):
                vote(poll, name, "Red")
        standing.lock(who("mod"), poll.thread)
        with pytest.raises(Forbidden):
            vote(poll, "eve", "Red")

    def test_the_counts_are_what_the_ballots_say(self):
        poll = a_poll(voting=Voting.SEVERAL)
        vote(poll, "ben", "Red", "Blue")
        vote(poll, "ben", "Green")
        vote(poll, "cleo", "Green", "Red")
        assert [tally.wrong for tally in upkeep.check(False)] == [[]]
        poll.tally, poll.ballots_count = {"1": 7}, 7
        db.session.flush()
        said = [f"poll {poll.id}: 2 ballots, it says 7"]
        assert [tally.wrong for tally in upkeep.check(False)] == [said]
        assert [tally.wrong for tally in upkeep.check(True)] == [said]
        assert [votes for _label, votes, _percent in shares(poll)] == [1, 2, 0]


class TestSecrecy:
    def test_nothing_leads_from_a_voter_to_the_choice(self):
        poll = a_poll(is_secret=True, may_change=False)
        vote(poll, "ben", "Red")
        vote(poll, "cleo", "Blue")
        ballots = db.session.scalars(select(Ballot)).all()
        assert [ballot.choices for ballot in ballots] == [None, None]
        assert not hasattr(Ballot, "created_at")
        assert sum(poll.tally.values()) == 2
        assert [one["voter_id"] for one in published(PollVoted)] == [None, None]

    def test_the_tally_has_no_order_of_arrival(self):
        one, other = (a_poll(is_secret=True, may_change=False) for _ in range(2))
        vote(one, "ben", "Red")
        vote(one, "cleo", "Blue")
        vote(other, "ben", "Blue")
        vote(other, "cleo", "Red")
        positions = [
            [[option.id for option in poll.options].index(int(key)) for key in poll.tally]
            for poll in (one, other)
        ]
        assert positions[0] == positions[1]

    def test_nobody_votes_twice_all_the_same(self):
        poll = a_poll(is_secret=True, may_change=False)
        vote(poll, "ben", "Red")
        with pytest.raises(Conflict, match="You have voted"):
            vote(poll, "ben", "Blue")

    def test_nobody_reads_who_voted_for_what_not_even_the_owner(self):
        poll = a_poll(is_secret=True, may_change=False)
        vote(poll, "ben", "Red")
        for name in ("ada", "ben", "mod", "oli"):
            with pytest.raises(Forbidden):
                queries.voters_by_option(who(name), poll)

    def test_a_member_takes_along_that_they_voted_and_what_where_it_is_known(self):
        secret, known = a_poll(is_secret=True, may_change=False), a_poll()
        vote(secret, "ben", "Red")
        vote(known, "ben", "Blue")
        rows = exports.ballots_of_member(who("ben"))
        assert [row["choices"] for row in rows] == [None, ["Blue"]]


class TestResults:
    def test_they_show_from_when_the_rules_say_for_staff_too(self):
        always, voted, closed = (a_poll(results=results) for results in Results)
        for poll in (always, voted, closed):
            vote(poll, "ben", "Red")
        shown = {
            name: [queries.standing_of(who(name), p).shows_results for p in (always, voted, closed)]
            for name in ("ben", "cleo", "mod")
        }
        assert shown == {
            "ben": [True, True, False],
            "cleo": [True, False, False],
            "mod": [True, False, False],
        }
        service.close(who("ada"), closed)
        assert queries.standing_of(who("cleo"), closed).shows_results

    def test_who_voted_for_what_shows_with_the_results_and_not_before(self):
        poll = a_poll(results=Results.CLOSED)
        vote(poll, "ben", "Red")
        with pytest.raises(Missing):
            queries.voters_by_option(who("mod"), poll)
        service.close(who("ada"), poll)
        chosen = queries.voters_by_option(who("cleo"), poll)
        assert [[m.username for m in people] for people in chosen.values()] == [["ben"], [], []]

    def test_the_panel_costs_one_statement_for_a_stranger_and_two_for_a_member(self, app):
        poll = a_poll(voting=Voting.RANKED)
        vote(poll, "ben", "Red", "Blue")
        thread_id, actor = poll.thread_id, who("ben")
        db.session.flush()
        db.session.expire_all()
        assert actor.id
        with questions() as asked:
            found = queries.of_thread([thread_id])[thread_id]
            assert len(found.options) == 3
        assert len(asked) == 1


class TestClosing:
    def test_a_closed_poll_takes_no_vote(self):
        poll = a_poll()
        service.close(who("ada"), poll)
        with pytest.raises(Conflict, match="closed"):
            vote(poll, "ben", "Red")
        with pytest.raises(Conflict):
            service.close(who("ada"), poll)
        assert len(published(PollClosed)) == 1

    def test_only_its_author_and_staff_close_it(self):
        poll = a_poll()
        with pytest.raises(Forbidden):
            service.close(who("ben"), poll)
        service.close(who("mod"), poll)

    def test_when_its_time_is_over_it_takes_no_vote_whether_the_clock_came_by_or_not(self):
        poll = a_poll(closes_at=now() + timedelta(hours=1))
        vote(poll, "ben", "Red")
        poll.closes_at = now() - timedelta(seconds=1)
        db.session.flush()
        with pytest.raises(Conflict, match="closed"):
            vote(poll, "cleo", "Red")

    def test_the_clock_closes_it_once_at_the_moment_it_was_to_close(self):
        poll, later = a_poll(closes_at=now() + timedelta(hours=1)), a_poll()
        poll.closes_at = now() - timedelta(minutes=2)
        db.session.flush()
        for _tick in range(2):
            service.close_due(PollsDue())
        assert poll.closed_at == poll.closes_at
        assert later.closed_at is None
        assert published(PollClosed) == [{"poll_id": poll.id, "thread_id": poll.thread_id}]


class TestErasure:
    def test_known_votes_in_open_polls_go_with_whoever_wants_that(self):
        still_open, closed = a_poll(), a_poll()
        secret = a_poll(is_secret=True, may_change=False)
        for poll in (still_open, closed, secret):
            vote(poll, "ben", "Red")
        service.close(who("ada"), closed)
        service.on_member_erased(MemberErased(member_id=who("ben").id, removes_posts=False))
        assert still_open.ballots_count == 1
        service.on_member_erased(MemberErased(member_id=who("ben").id, removes_posts=True))
        db.session.flush()
        assert [p.ballots_count for p in (still_open, closed, secret)] == [0, 1, 1]
        assert still_open.tally == {}
