"""What polls count, compared with their ballots."""

from collections.abc import Iterator

from sqlalchemy import select

from community.kernel.db import db
from community.kernel.upkeep import Tally, portions
from community.polls.counting import key_of, with_ballot
from community.polls.models import Ballot, Poll


def check(mends: bool) -> Iterator[Tally]:
    """Find polls whose counts are not what their ballots say.

    Of a secret poll only the number of ballots can be told again.
    """
    for first, last, size in portions(Poll):
        tally = Tally("counts of polls", size)
        polls = select(Poll).where(Poll.id.between(first, last)).order_by(Poll.id)
        if mends:
            polls = polls.with_for_update()
        for poll in db.session.scalars(polls).all():
            count, right = _by_ballots(poll)
            if (poll.ballots_count, poll.tally) == (count, right):
                continue
            tally.note(f"poll {poll.id}: {count} ballots, it says {poll.ballots_count}")
            if mends:
                poll.ballots_count, poll.tally = count, right
                db.session.flush()  # sees the next portion as it is
        yield tally


def _by_ballots(poll: Poll) -> tuple[int, dict]:
    cast = select(Ballot).where(Ballot.poll_id == poll.id)
    ballots = db.session.scalars(cast.execution_options(populate_existing=True)).all()
    if poll.is_secret:
        return len(ballots), poll.tally
    tally: dict = {}
    for ballot in ballots:
        tally = with_ballot(tally, key_of(ballot.choices, ranked=poll.is_ranked), 1)
    return len(ballots), tally
