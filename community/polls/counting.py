"""What the ballots of a poll come to. Pure: a tally in, numbers out.

A tally counts equal ballots by what they say: ids of options with spaces between them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Tally = Mapping[str, int]


def key_of(choices: Iterable[int], *, ranked: bool) -> str:
    """How a ballot is written in a tally: in the voter's order, or in ascending order."""
    ids = list(choices)
    return " ".join(str(id_) for id_ in (ids if ranked else sorted(ids)))


def with_ballot(tally: Tally, key: str, change: int) -> dict[str, int]:
    """The tally with one ballot more or less, in an order that tells nothing of when."""
    counted = {**tally, key: tally.get(key, 0) + change}
    return {one: counted[one] for one in sorted(counted) if counted[one] > 0}


def _ballots(tally: Tally) -> list[tuple[list[int], int]]:
    return [([int(id_) for id_ in key.split()], count) for key, count in tally.items()]


def votes(tally: Tally, option_ids: Sequence[int]) -> dict[int, int]:
    """How many ballots chose each option; of ranked ones, how many put it first."""
    chosen = dict.fromkeys(option_ids, 0)
    for choices, count in _ballots(tally):
        for id_ in choices:
            if id_ in chosen:
                chosen[id_] += count
    return chosen


def abstentions(tally: Tally) -> int:
    return tally.get("", 0)


@dataclass(frozen=True)
class Round:
    """One round of a run-off: the votes of each option still in it, who goes out after it, and
    how many ballots name nobody any more.
    """

    votes: Mapping[int, int]
    out: int | None
    exhausted: int
    by_earlier: bool = False  # a tie, settled by the rounds before
    by_place: bool = False  # a tie in every round, settled by the place in the list


@dataclass(frozen=True)
class RunOff:
    """The rounds of an instant run-off and who won: nobody without votes, several at a tie."""

    rounds: Sequence[Round]
    winners: Sequence[int]


def run_off(tally: Tally, option_ids: Sequence[int]) -> RunOff:
    """Count ranked ballots by instant run-off (single transferable vote with one seat).

    Each ballot counts for the option it ranks highest among those still in. More than half of
    the ballots that still name one wins. Otherwise the option with the fewest votes goes out
    and the next round is counted. When several have the fewest, the latest earlier round in
    which they differ decides; when there is none, the one that stands last in the poll goes.
    Options equal in the last round and in all before it win together, for nothing in the
    ballots tells them apart. `option_ids` are in the order of the poll.
    """
    ballots = [(choices, count) for choices, count in _ballots(tally) if choices]
    left, rounds = list(option_ids), []
    while left:
        counted, exhausted = _count(ballots, left)
        named = sum(counted.values())
        if not named:
            return RunOff(rounds, [])
        best = max(counted.values())
        leading = [id_ for id_ in left if counted[id_] == best]
        is_equal = len(leading) == len(left) and not _differing(rounds, left)
        if best * 2 > named or is_equal:
            rounds.append(Round(counted, None, exhausted))
            return RunOff(rounds, leading)
        out, by_earlier, by_place = _lowest(counted, left, rounds)
        rounds.append(Round(counted, out, exhausted, by_earlier, by_place))
        left.remove(out)
    return RunOff(rounds, [])


def _count(ballots, left: Sequence[int]) -> tuple[dict[int, int], int]:
    counted, exhausted = dict.fromkeys(left, 0), 0
    for choices, count in ballots:
        first = next((id_ for id_ in choices if id_ in counted), None)
        if first is None:
            exhausted += count
        else:
            counted[first] += count
    return counted, exhausted


def _differing(rounds: Sequence[Round], among: Sequence[int]) -> Round | None:
    """The latest round in which these did not all have the same number of votes."""
    for one in reversed(rounds):
        if len({one.votes[id_] for id_ in among}) > 1:
            return one
    return None


def _lowest(counted, left: Sequence[int], rounds: Sequence[Round]) -> tuple[int, bool, bool]:
    """Who goes out, and whether earlier rounds or the place in the list had to decide."""
    fewest = min(counted.values())
    lowest = [id_ for id_ in left if counted[id_] == fewest]
    by_earlier = False
    while len(lowest) > 1 and (earlier := _differing(rounds, lowest)):
        by_earlier = True
        fewest = min(earlier.votes[id_] for id_ in lowest)
        lowest = [id_ for id_ in lowest if earlier.votes[id_] == fewest]
    return lowest[-1], by_earlier, len(lowest) > 1
