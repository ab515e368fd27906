"""What ballots come to, by hand."""

import pytest

from community.polls.counting import abstentions, key_of, run_off, votes, with_ballot

pytestmark = pytest.mark.once

A, B, C, D = 1, 2, 3, 4


def tally(*ballots: tuple[str, int]) -> dict[str, int]:
    """A tally of ballots in letters: ("ACB", 3)."""
    letters = {"A": A, "B": B, "C": C, "D": D}
    return {" ".join(str(letters[one]) for one in said): count for said, count in ballots}


def test_a_ballot_of_several_answers_has_no_order_and_a_ranked_one_has():
    assert key_of([3, 1], ranked=False) == "1 3"
    assert key_of([3, 1], ranked=True) == "3 1"


def test_a_tally_is_in_an_order_that_tells_nothing_of_when():
    late_first = with_ballot(with_ballot({}, "9", 1), "1", 1)
    assert list(late_first) == list(with_ballot(with_ballot({}, "1", 1), "9", 1)) == ["1", "9"]


def test_a_ballot_taken_back_leaves_nothing_behind():
    assert with_ballot({"1": 1, "2": 2}, "1", -1) == {"2": 2}


def test_votes_count_each_answer_of_a_ballot_and_abstentions_apart():
    counted = {"": 2, "1": 3, "1 2": 4}
    assert votes(counted, [A, B, C]) == {A: 7, B: 4, C: 0}
    assert abstentions(counted) == 2


class TestRunOff:
    def test_more_than_half_wins_at_once(self):
        result = run_off(tally(("A", 3), ("B", 2)), [A, B, C])
        assert (result.winners, len(result.rounds)) == ([A], 1)

    def test_half_is_not_enough(self):
        result = run_off(tally(("A", 2), ("B", 1), ("CB", 1)), [A, B, C])
        assert len(result.rounds) > 1

    def test_whoever_has_the_fewest_goes_and_their_votes_move_on(self):
        result = run_off(tally(("A", 4), ("B", 3), ("CB", 2)), [A, B, C])
        assert [dict(one.votes) for one in result.rounds] == [{A: 4, B: 3, C: 2}, {A: 4, B: 5}]
        assert (result.rounds[0].out, result.winners) == (C, [B])

    def test_a_ballot_that_names_nobody_left_is_told_apart(self):
        result = run_off(tally(("A", 4), ("B", 3), ("C", 2)), [A, B, C])
        assert result.rounds[1].exhausted == 2
        assert result.winners == [A]

    def test_at_a_tie_the_round_before_decides(self):
        ballots = tally(("A", 5), ("B", 3), ("C", 2), ("DC", 1), ("DA", 0))
        result = run_off(ballots, [A, B, C, D])
        second = result.rounds[1]
        assert dict(second.votes) == {A: 5, B: 3, C: 3}
        assert (second.out, second.by_earlier, second.by_place) == (C, True, False)

    def test_without_a_difference_whoever_stands_last_in_the_list_goes(self):
        result = run_off(tally(("A", 3), ("B", 2), ("C", 2)), [A, B, C])
        assert (result.rounds[0].out, result.rounds[0].by_place) == (C, True)
        turned = run_off(tally(("A", 3), ("B", 2), ("C", 2)), [A, C, B])
        assert turned.rounds[0].out == B

    def test_what_nothing_tells_apart_wins_together(self):
        result = run_off(tally(("A", 2), ("B", 2)), [A, B])
        assert (sorted(result.winners), len(result.rounds)) == ([A, B], 1)

    def test_equal_in_the_last_round_but_not_before_is_no_tie(self):
        ballots = tally(("A", 3), ("B", 2), ("CB", 1))
        result = run_off(ballots, [A, B, C])
        assert dict(result.rounds[1].votes) == {A: 3, B: 3}
        assert (result.winners, result.rounds[1].out) == ([A], B)

    def test_nobody_wins_an_empty_poll_or_one_of_abstentions(self):
        for nothing in ({}, {"": 4}):
            result = run_off(nothing, [A, B])
            assert (list(result.winners), list(result.rounds)) == ([], [])

    def test_a_textbook_election(self):
        """Tennessee's capital, where the first in the first round does not win."""
        ballots = tally(("ABCD", 42), ("BCDA", 26), ("CDBA", 15), ("DCBA", 17))
        result = run_off(ballots, [A, B, C, D])
        assert [one.out for one in result.rounds] == [C, B, None]
        assert result.winners == [D]
        assert dict(result.rounds[-1].votes) == {A: 42, D: 58}
