"""Polls, who voted in them, and what came of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload

from community.kernel.db import db
from community.kernel.errors import Missing
from community.kernel.i18n import _
from community.kernel.policy import can, require
from community.members.models import Member
from community.permissions import Can
from community.polls import counting
from community.polls.models import Ballot, Poll, PollOption, Results
from community.threads.models import Thread
from community.threads.reach import is_id, visible_threads

VOTERS_SHOWN = 200
"""Of each answer; a poll with more voters is not read name by name."""


def of_thread(thread_ids: Collection[int]) -> dict[int, Poll]:
    """Return the polls of these threads by thread, with their options, in one statement."""
    theirs = select(Poll).where(Poll.thread_id.in_(thread_ids)).options(joinedload(Poll.options))
    return {poll.thread_id: poll for poll in db.session.scalars(theirs).unique()}


def poll_or_missing(actor, poll_id: int) -> Poll:
    """Return a poll with its thread; Missing when there is none the actor may see."""
    found = None
    if is_id(poll_id):
        seen = visible_threads(actor).with_only_columns(Thread.id).order_by(None)
        one = (
            select(Poll)
            .join(Poll.thread)
            .outerjoin(Thread.category)
            .where(Poll.id == poll_id, Poll.thread_id.in_(seen.where(Thread.has_poll)))
            .options(contains_eager(Poll.thread).contains_eager(Thread.category))
        )
        found = db.session.scalar(one)
    if found is None:
        raise Missing(_("There is no such poll."))
    return found


def option_or_missing(poll: Poll, option_id: int) -> PollOption:
    found = next((option for option in poll.options if option.id == option_id), None)
    if found is None:
        raise Missing(_("There is no such answer."))
    return found


def ballot_of(actor, poll: Poll) -> Ballot | None:
    """Return the actor's ballot; of a secret poll it says only that there is one."""
    if not actor.is_authenticated:
        return None
    return db.session.get(Ballot, (poll.id, actor.id))


@dataclass(frozen=True)
class Bar:
    """An option with what it has: `percent` of those who chose anything, whole numbers."""

    option: PollOption
    votes: int
    percent: int
    is_chosen: bool
    is_ahead: bool


@dataclass(frozen=True)
class Standing:
    """A poll as somebody sees it. Made without asking the database again."""

    poll: Poll
    ballot: Ballot | None
    may_vote: bool
    may_manage: bool
    may_correct: bool
    may_see_voters: bool

    @property
    def has_voted(self) -> bool:
        return self.ballot is not None

    @property
    def chosen(self) -> list[int]:
        return list(self.ballot.choices or []) if self.ballot else []

    @property
    def takes_vote(self) -> bool:
        """The form to vote is of use."""
        return (
            self.may_vote
            and not self.poll.is_closed
            and (not self.has_voted or self.poll.may_change)
        )

    @property
    def shows_results(self) -> bool:
        """From when the rules say, and for everyone alike: staff sees no sooner."""
        poll = self.poll
        if poll.is_closed or poll.results is Results.ALWAYS:
            return True
        return poll.results is Results.VOTED and self.has_voted

    @property
    def voters(self) -> int:
        """Who chose something."""
        return self.poll.ballots_count - self.abstained

    @property
    def abstained(self) -> int:
        return counting.abstentions(self.poll.tally)

    @cached_property
    def run_off(self) -> counting.RunOff:
        return counting.run_off(self.poll.tally, [option.id for option in self.poll.options])

    @cached_property
    def bars(self) -> Sequence[Bar]:
        """Each option with its votes; of a ranked poll, the first choices."""
        ids = [option.id for option in self.poll.options]
        if self.poll.is_ranked:
            rounds = self.run_off.rounds
            votes = dict(rounds[0].votes) if rounds else dict.fromkeys(ids, 0)
        else:
            votes = counting.votes(self.poll.tally, ids)
        best, total = max(votes.values(), default=0), self.voters
        return [
            Bar(
                option,
                votes[option.id],
                round(votes[option.id] * 100 / total) if total else 0,
                option.id in self.chosen,
                bool(best) and votes[option.id] == best,
            )
            for option in self.poll.options
        ]


def standing_of(actor, poll: Poll) -> Standing:
    """Return a poll as the actor sees it; one statement, none for strangers."""
    return Standing(
        poll=poll,
        ballot=ballot_of(actor, poll),
        may_vote=can(actor, Can.VOTE_IN_POLL, poll),
        may_manage=can(actor, Can.MANAGE_POLL, poll),
        may_correct=can(actor, Can.CORRECT_POLL, poll),
        may_see_voters=can(actor, Can.SEE_VOTERS, poll),
    )


def voters_by_option(actor, poll: Poll) -> dict[int, list[Member]]:
    """Return who chose each option of a poll with known voters, the names in order.

    Nobody reads it before the results may be read.
    """
    require(actor, Can.SEE_VOTERS, poll)
    if not standing_of(actor, poll).shows_results:
        raise Missing(_("Who voted for what shows with the results."))
    ballots = select(Ballot).where(Ballot.poll_id == poll.id).options(joinedload(Ballot.member))
    chosen: dict[int, list[Member]] = {option.id: [] for option in poll.options}
    for ballot in db.session.scalars(ballots):
        for id_ in ballot.choices or []:
            chosen[id_].append(ballot.member)
    for people in chosen.values():
        people.sort(key=lambda member: (member.is_erased, member.name.casefold(), member.id))
    return chosen
