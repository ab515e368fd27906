"""What a member voted, for their copy of their data (Art. 15 and 20 GDPR)."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from community.kernel.db import db
from community.members.models import Member
from community.polls.models import Ballot, Poll


def ballots_of_member(member: Member) -> list[dict]:
    """Return in which polls the member voted, and what, where that is known."""
    theirs = select(Ballot).where(Ballot.member_id == member.id)
    polls = joinedload(Ballot.poll)
    ways = (polls.selectinload(Poll.options), polls.joinedload(Poll.thread))
    found = []
    for ballot in db.session.scalars(theirs.options(*ways).order_by(Ballot.poll_id)):
        labels = {option.id: option.label for option in ballot.poll.options}
        chosen = None
        if ballot.choices is not None:
            chosen = [labels[id_] for id_ in ballot.choices if id_ in labels]
        found.append(
            {
                "question": ballot.poll.question,
                "thread": f"/t/{ballot.poll.thread_id}",
                "is_secret": ballot.poll.is_secret,
                "choices": chosen,  # None: the vote was secret, so nobody knows
            }
        )
    return found
