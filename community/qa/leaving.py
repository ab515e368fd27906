"""What is forgotten of somebody who leaves, and what they take along, of help with questions."""

from sqlalchemy import delete, select

from community.events import MemberErased
from community.kernel.db import db
from community.members.models import Member
from community.qa import same_here
from community.qa.help_models import Referral, SameHere, SolutionRating


def on_member_erased(event: MemberErased) -> None:
    """What they passed to support goes; whether answers helped stays and names nobody."""
    same_here.forget(event.member_id)
    db.session.execute(delete(Referral).where(Referral.member_id == event.member_id))
    theirs = select(SolutionRating).where(SolutionRating.member_id == event.member_id)
    for rating in db.session.scalars(theirs).all():
        rating.member_id, rating.reader = None, f"gone {rating.id}"


def export(member: Member) -> list[dict]:
    """What a member said about questions of others, for their copy of their data."""
    same = select(SameHere).where(SameHere.member_id == member.id).order_by(SameHere.thread_id)
    rated = select(SolutionRating).where(SolutionRating.member_id == member.id)
    passed = select(Referral).where(Referral.member_id == member.id).order_by(Referral.id)
    return [
        *(_line("same here", row) for row in db.session.scalars(same)),
        *(
            _line("did it solve it", row, is_solved=row.is_solved)
            for row in db.session.scalars(rated.order_by(SolutionRating.id))
        ),
        *(
            _line("passed to support", row, words=row.words, state=row.stage.value, note=row.note)
            for row in db.session.scalars(passed)
        ),
    ]


def _line(what: str, row, **more) -> dict:
    at = row.created_at.isoformat()
    return {"what": what, "thread": f"/t/{row.thread_id}", "at": at, **more}
