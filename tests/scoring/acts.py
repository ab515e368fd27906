"""What tests of standing do again and again: lines of the ledger, and what follows from them."""

from itertools import count

from sqlalchemy import select

from community import events
from community.kernel.bus import EventRecord
from community.kernel.db import db, now
from community.scoring import standing
from community.scoring.models import MemberScore, PointsEntry
from community.threads import service as threads
from community.threads.models import Category, Kind
from tests.conftest import who

_numbers = count(1)


def give(name, points, *, rule="helpful_vote", at=None, giver=None, section_id=None):
    """A line of the ledger, with the total beside it, as the ledger itself writes them."""
    member = who(name)
    number = next(_numbers)
    line = PointsEntry(
        member_id=member.id,
        position=number,
        rule=rule,
        rules_version=1,
        points=points,
        giver_id=who(giver).id if giver else None,
        section_id=section_id,
        reason="earned",
        happened_at=at or now(),
    )
    db.session.add(line)
    total = db.session.get(MemberScore, member.id)
    if total is None:
        total = MemberScore(member_id=member.id, points=0)
        db.session.add(total)
    total.points += points
    db.session.flush()
    return line


def take_back(line):
    """The line that undoes another."""
    back = give(
        db.session.get(type(who("ada")), line.member_id).username, -line.points, rule=line.rule
    )
    back.reverses_id = line.id
    db.session.flush()


def counted(*names):
    standing.on_points(events.PointsCounted(member_ids=[who(name).id for name in names]))
    db.session.flush()


def told(name):
    """What was published under a name, oldest first."""
    found = select(EventRecord).where(EventRecord.name == name).order_by(EventRecord.id)
    return [record.payload for record in db.session.scalars(found)]


def question(asker="ada", title="How many drops a day?"):
    general = db.session.scalars(select(Category).where(Category.slug == "general")).one()
    made = threads.start_thread(who(asker), general, title=title, body="Tell me.")
    made.kind = Kind.QUESTION
    db.session.flush()
    return made
