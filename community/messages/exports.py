"""What a member did in private, for their copy of their data (Art. 15 and 20 GDPR).

Their messages themselves are among their posts. What others wrote to them is the others'.
"""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from community.kernel.db import db
from community.members.models import Member
from community.messages.models import Block, MessageReport
from community.threads.models import Thread, ThreadMember


def conversations_of_member(member: Member) -> list[dict]:
    """Return which conversations the member is or was in."""
    theirs = (
        select(ThreadMember, Thread)
        .join(Thread, Thread.id == ThreadMember.thread_id)
        .where(ThreadMember.member_id == member.id)
        .order_by(Thread.id)
    )
    return [
        {
            "subject": thread.title,
            "with_the_brand": thread.kind.value == "to-brand",
            "address": f"/messages/{thread.id}",
            "since": place.created_at.isoformat(),
            "read_up_to": place.read_number,
            "left_at": place.left_at and place.left_at.isoformat(),
        }
        for place, thread in db.session.execute(theirs)
    ]


def blocks_of_member(member: Member) -> list[dict]:
    """Return whom the member has blocked."""
    made = select(Block).where(Block.member_id == member.id).options(joinedload(Block.blocked))
    return [
        {"member": one.blocked.username, "since": one.created_at.isoformat()}
        for one in db.session.scalars(made.order_by(Block.created_at, Block.blocked_id))
    ]


def reports_of_member(member: Member) -> list[dict]:
    """Return the messages the member reported, and what became of it."""
    made = select(MessageReport).where(MessageReport.reporter_id == member.id)
    return [
        {
            "reason": one.wrong.value,
            "words": one.words,
            "reported_at": one.created_at.isoformat(),
            "outcome": one.outcome and one.outcome.value,
            "answer": one.reason,
        }
        for one in db.session.scalars(made.order_by(MessageReport.id))
    ]
