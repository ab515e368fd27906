"""From events to lines of the ledger. Knows no database: the same lines come out anywhere.

What it needs to know of earlier lines it asks a `Lines`, and of threads a `Threads`; it decides
by the event, its moment and those alone, so counting a log again gives the same ledger.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Protocol

from community.scoring.rules import (
    ACCEPTING,
    ANSWER_ACCEPTED,
    ANSWER_CERTIFIED,
    HELPFUL_VOTE,
    MISSION_DONE,
    PAIR_SHARES,
    PAIR_STEP,
    PAIR_WINDOW,
    REPLY,
    THREAD_STARTED,
    Rules,
)


class Reason(StrEnum):
    """Why a line is what it is."""

    EARNED = "earned"
    OFTEN = "often"  # the rule has earned enough today
    DAY = "day"  # the day's points are reached
    PAIR = "pair"  # the same person gave enough today
    FADED = "faded"  # the same person gave much lately, so it weighs less
    WITHDRAWN = "withdrawn"  # a vote or a mark was taken back
    REMOVED = "removed"  # the post is gone
    RESTORED = "restored"  # the post is back


GIVING = frozenset(
    {Reason.EARNED, Reason.OFTEN, Reason.DAY, Reason.PAIR, Reason.FADED, Reason.RESTORED}
)
"""Reasons of lines that say that something was done, however little it earned."""
FROM_SOMEBODY = frozenset({HELPFUL_VOTE, ANSWER_ACCEPTED, ANSWER_CERTIFIED})


@dataclass(frozen=True)
class Happened:
    """An event of the log."""

    position: int
    name: str
    payload: dict
    moment: datetime


@dataclass(frozen=True)
class Line:
    """A line of the ledger, `id` 0 until it is kept."""

    id: int
    member_id: int
    position: int
    rule: str
    rules_version: int
    points: int
    giver_id: int | None
    thread_id: int | None
    post_id: int | None
    reason: str
    reverses_id: int | None
    happened_at: datetime


class Lines(Protocol):
    """The ledger as far as it is written."""

    def add(self, line: Line) -> Line:
        """Keep a line and return it with its id."""

    def of_post(self, post_id: int, rule: str | None, giver_id: int | None) -> Collection[Line]:
        """Lines about a post; of one rule and giver if they are named."""

    def of_thread(self, thread_id: int, rule: str) -> Collection[Line]:
        """Lines of one rule in a thread."""

    def of_member(self, member_id: int, since: datetime, giver_id: int | None) -> Collection[Line]:
        """A member's lines since a moment; from one giver if named."""


@dataclass(frozen=True)
class ThreadFacts:
    """What never changes about a thread: who started it, and whether it began in private."""

    author_id: int
    is_private: bool


Threads = Callable[[int], ThreadFacts | None]


class Counter:
    """Counts one brand's log, event by event in the order of positions."""

    def __init__(self, rules: Rules, lines: Lines, threads: Threads, zone: tzinfo):
        self._rules, self._lines, self._threads, self._zone = rules, lines, threads, zone

    def count(self, event: Happened) -> list[Line]:
        """Keep what an event earns or takes back; return those lines."""
        found = _BY_EVENT.get(event.name)
        return [self._lines.add(line) for line in found(self, event)] if found else []

    # -- Earning -----------------------------------------------------------

    def _thread_started(self, event: Happened) -> Iterator[Line]:
        yield from self._of_writing(event, THREAD_STARTED)

    def _post_added(self, event: Happened) -> Iterator[Line]:
        thread = self._threads(event.payload["thread_id"])
        if thread is not None and thread.author_id != event.payload["author_id"]:
            yield from self._of_writing(event, REPLY)

    def _of_writing(self, event: Happened, rule: str) -> Iterator[Line]:
        thread = self._threads(event.payload["thread_id"])
        if thread is not None and not thread.is_private:
            yield self._earned(event, rule, event.payload["author_id"])

    def _vote_given(self, event: Happened) -> Iterator[Line]:
        author_id, voter_id = event.payload["author_id"], event.payload["voter_id"]
        if author_id != voter_id:
            yield self._earned(event, HELPFUL_VOTE, author_id, giver_id=voter_id)

    def _accepted(self, event: Happened) -> Iterator[Line]:
        author_id, asker_id = event.payload["author_id"], event.payload["accepted_by_id"]
        if author_id == asker_id:
            return
        yield self._earned(event, ANSWER_ACCEPTED, author_id, giver_id=asker_id)
        before = self._lines.of_thread(event.payload["thread_id"], ACCEPTING)
        if not _standing(before):
            yield self._earned(event, ACCEPTING, asker_id)

    def _certified(self, event: Happened) -> Iterator[Line]:
        author_id, by_id = event.payload["author_id"], event.payload["certified_by_id"]
        if author_id != by_id:
            yield self._earned(event, ANSWER_CERTIFIED, author_id, giver_id=by_id)

    def _mission_done(self, event: Happened) -> Iterator[Line]:
        yield self._earned(event, MISSION_DONE, event.payload["member_id"])

    def _earned(
        self, event: Happened, rule: str, member_id: int, giver_id: int | None = None
    ) -> Line:
        points, reason = self._worth(event.moment, rule, member_id, giver_id)
        return Line(
            id=0,
            member_id=member_id,
            position=event.position,
            rule=rule,
            rules_version=self._rules.version,
            points=points,
            giver_id=giver_id,
            thread_id=event.payload.get("thread_id"),
            post_id=event.payload.get("post_id"),
            reason=reason,
            reverses_id=None,
            happened_at=event.moment,
        )

    def _worth(
        self, moment: datetime, rule: str, member_id: int, giver_id: int | None
    ) -> tuple[int, Reason]:
        """Points for doing this now, and which limit is in the way.

        Limits count what was given, taken back or not: giving and taking back in turns earns
        nothing.
        """
        about = self._rules.by_name[rule]
        today = [
            line
            for line in self._lines.of_member(member_id, self._midnight(moment), None)
            if line.reason in GIVING and line.reason != Reason.RESTORED
        ]
        if sum(line.rule == rule for line in today) >= about.per_day:
            return 0, Reason.OFTEN
        points, reason = about.points, Reason.EARNED
        if giver_id is not None:
            if sum(line.giver_id == giver_id for line in today) >= self._rules.pair:
                return 0, Reason.PAIR
            if rule == HELPFUL_VOTE:
                share = self._share(moment, member_id, giver_id)
                points, reason = int(points * share), Reason.FADED if share < 1 else reason
        if about.is_capped:
            counted = (self._rules.by_name.get(line.rule) for line in today)
            so_far = sum(
                line.points
                for line, of in zip(today, counted, strict=True)
                if of is not None and of.is_capped
            )
            if so_far + points > self._rules.daily:
                return max(0, self._rules.daily - so_far), Reason.DAY
        return points, reason

    def _share(self, moment: datetime, member_id: int, giver_id: int) -> float:
        lately = self._lines.of_member(member_id, moment - PAIR_WINDOW, giver_id)
        votes = sum(
            line.rule == HELPFUL_VOTE and line.reason in GIVING - {Reason.RESTORED}
            for line in lately
        )
        step = votes // PAIR_STEP
        return PAIR_SHARES[step] if step < len(PAIR_SHARES) else 0.0

    def _midnight(self, moment: datetime) -> datetime:
        day = moment.astimezone(self._zone).date()
        return datetime.combine(day, time.min, self._zone)

    # -- Taking back and giving back ---------------------------------------

    def _vote_withdrawn(self, event: Happened) -> Iterator[Line]:
        yield from self._taken_back(event, HELPFUL_VOTE, event.payload["voter_id"])

    def _no_longer_accepted(self, event: Happened) -> Iterator[Line]:
        yield from self._taken_back(event, ANSWER_ACCEPTED, None)
        thread_id, post_id = event.payload["thread_id"], event.payload["post_id"]
        accepted = _standing(self._lines.of_thread(thread_id, ANSWER_ACCEPTED))
        if all(line.post_id == post_id for line in accepted):  # no other answer is accepted
            for line in _standing(self._lines.of_thread(thread_id, ACCEPTING)):
                yield self._against(event, line, -line.points, Reason.WITHDRAWN)

    def _lifted(self, event: Happened) -> Iterator[Line]:
        yield from self._taken_back(event, ANSWER_CERTIFIED, None)

    def _taken_back(self, event: Happened, rule: str, giver_id: int | None) -> Iterator[Line]:
        about = self._lines.of_post(event.payload["post_id"], rule, giver_id)
        for line in _standing(about):
            yield self._against(event, line, -line.points, Reason.WITHDRAWN)
        for line in _removed(about):  # a post that comes back does not bring this back
            yield self._against(event, line, 0, Reason.WITHDRAWN)

    def _post_removed(self, event: Happened) -> Iterator[Line]:
        for line in _standing(self._lines.of_post(event.payload["post_id"], None, None)):
            yield self._against(event, line, -line.points, Reason.REMOVED)

    def _post_restored(self, event: Happened) -> Iterator[Line]:
        for line in _removed(self._lines.of_post(event.payload["post_id"], None, None)):
            yield self._against(event, line, -line.points, Reason.RESTORED)

    def _against(self, event: Happened, line: Line, points: int, reason: Reason) -> Line:
        return Line(
            id=0,
            member_id=line.member_id,
            position=event.position,
            rule=line.rule,
            rules_version=line.rules_version,
            points=points,
            giver_id=line.giver_id,
            thread_id=line.thread_id,
            post_id=line.post_id,
            reason=reason,
            reverses_id=line.id,
            happened_at=event.moment,
        )


def _standing(lines: Collection[Line]) -> Sequence[Line]:
    """Those that say something was done and that nothing has taken back."""
    undone = {line.reverses_id for line in lines}
    return [line for line in lines if line.reason in GIVING and line.id not in undone]


def _removed(lines: Collection[Line]) -> Sequence[Line]:
    """Those that took something back with a post, which may bring it back."""
    undone = {line.reverses_id for line in lines}
    return [line for line in lines if line.reason == Reason.REMOVED and line.id not in undone]


_BY_EVENT = {
    "ThreadStarted": Counter._thread_started,
    "PostAdded": Counter._post_added,
    "HelpfulVoteGiven": Counter._vote_given,
    "HelpfulVoteWithdrawn": Counter._vote_withdrawn,
    "AnswerAccepted": Counter._accepted,
    "AnswerNoLongerAccepted": Counter._no_longer_accepted,
    "AnswerCertified": Counter._certified,
    "CertificationLifted": Counter._lifted,
    "MissionDone": Counter._mission_done,
    "PostHidden": Counter._post_removed,
    "PostDeleted": Counter._post_removed,
    "PostRestored": Counter._post_restored,
}
COUNTED = frozenset(_BY_EVENT)
"""Names of the events that may earn points or take them back."""


class InMemory:
    """A ledger that is thrown away: for counting a log again, and for trying rules."""

    def __init__(self):
        self.all: list[Line] = []
        self._by_post: dict[int, list[Line]] = {}
        self._by_member: dict[int, list[Line]] = {}
        self._by_thread: dict[tuple[int, str], list[Line]] = {}

    def add(self, line: Line) -> Line:
        kept = Line(**{**line.__dict__, "id": len(self.all) + 1})
        self.all.append(kept)
        self._by_member.setdefault(kept.member_id, []).append(kept)
        if kept.post_id is not None:
            self._by_post.setdefault(kept.post_id, []).append(kept)
        if kept.thread_id is not None:
            self._by_thread.setdefault((kept.thread_id, kept.rule), []).append(kept)
        return kept

    def of_post(self, post_id: int, rule: str | None, giver_id: int | None) -> list[Line]:
        return [
            line
            for line in self._by_post.get(post_id, ())
            if (rule is None or line.rule == rule)
            and (giver_id is None or line.giver_id == giver_id)
        ]

    def of_thread(self, thread_id: int, rule: str) -> list[Line]:
        return self._by_thread.get((thread_id, rule), [])

    def of_member(self, member_id: int, since: datetime, giver_id: int | None) -> list[Line]:
        found = []
        for line in reversed(self._by_member.get(member_id, ())):
            if line.happened_at < since - _SLACK:
                break
            if line.happened_at >= since and (giver_id is None or line.giver_id == giver_id):
                found.append(line)
        return found


_SLACK = timedelta(hours=1)
"""Positions are given after the commit, so moments are in order only to about this."""
