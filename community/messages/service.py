"""Writing in private: starting a conversation, and going on with it."""

from collections.abc import Collection, Sequence

from sqlalchemy import or_, select

from community.brands.queries import the_brand
from community.kernel.db import db
from community.kernel.errors import Conflict, Invalid, Missing
from community.kernel.i18n import _
from community.kernel.policy import require
from community.kernel.text import clean_line
from community.members.models import Member
from community.messages.models import Block
from community.messages.pace import check_pace
from community.permissions import Can
from community.threads import counts
from community.threads import service as threads
from community.threads.models import Follow, Kind, Post, Thread, ThreadMember

SUBJECT_MIN, SUBJECT_MAX = 3, 120
PEOPLE_MAX = 30
"""In one conversation, whoever started it included."""


def check_on() -> None:
    """Missing while the brand has private messages switched off."""
    if not the_brand().features["messages"]:
        raise Missing(_("There is nothing at this address."))


# -- Starting --------------------------------------------------------------


def start(
    actor: Member,
    people: Collection[Member],
    *,
    subject: str,
    body: str,
    submission: str | None = None,
) -> Thread:
    """Start a conversation with other members; all of them read it from the beginning.

    `submission` as in `threads.service.start_thread`. Raises Invalid for people who cannot be
    written to, a subject outside 3 to 120 characters and an odd text; TooMany, with the moment
    from which on it works again, beyond what a member may begin.
    """
    require(actor, Can.START_CONVERSATION)
    check_on()
    people = _others(actor, people)
    check_welcome(actor, people)
    return _start(actor, Kind.MESSAGE, people, subject=subject, body=body, submission=submission)


def write_to_brand(
    actor: Member, *, subject: str, body: str, submission: str | None = None
) -> Thread:
    """Write to the brand's team: whoever of it is on duty reads and answers. Raises as `start`."""
    require(actor, Can.START_CONVERSATION)
    check_on()
    return _start(actor, Kind.TO_BRAND, [], subject=subject, body=body, submission=submission)


def write_for_brand(
    actor: Member,
    people: Collection[Member],
    *,
    subject: str,
    body: str,
    submission: str | None = None,
) -> Thread:
    """Write to members in the name of the brand: the team on duty reads along and answers.

    Nobody can block the brand. It has the last word on what was reported even while messages
    are switched off, so that is not asked here. Raises Invalid as `start` does.
    """
    require(actor, Can.WRITE_FOR_BRAND)
    people = _others(actor, people)
    return _start(actor, Kind.TO_BRAND, people, subject=subject, body=body, submission=submission)


def _start(
    actor: Member, kind: Kind, people: Sequence[Member], *, subject: str, body: str, submission
) -> Thread:
    subject = _checked_subject(subject)
    counts.hold_members(actor.id)  # two at once are counted one after the other
    thread, is_new = threads.start_conversation(
        actor, kind=kind, title=subject, body=body, submission=submission
    )
    if not is_new:
        return thread
    check_pace(actor, thread)
    is_for_brand = kind is Kind.TO_BRAND and bool(people)
    seat(thread, actor, speaks_for_brand=is_for_brand, read_number=1)
    for member in people:
        seat(thread, member)
    return thread


def _checked_subject(subject: str) -> str:
    subject = clean_line(subject)
    if not SUBJECT_MIN <= len(subject) <= SUBJECT_MAX:
        message = _(
            "Write between %(min)d and %(max)d characters.", min=SUBJECT_MIN, max=SUBJECT_MAX
        )
        raise Invalid(message, field="subject")
    return subject


def seat(
    thread: Thread,
    member: Member,
    *,
    by: Member | None = None,
    speaks_for_brand: bool = False,
    read_number: int = 0,
) -> ThreadMember:
    """Put somebody into a conversation, who hears of what is written there from now on."""
    place = ThreadMember(
        thread_id=thread.id,
        member_id=member.id,
        added_by_id=by and by.id,
        speaks_for_brand=speaks_for_brand,
        read_number=read_number,
    )
    db.session.add_all([place, Follow(thread_id=thread.id, member_id=member.id)])
    db.session.flush()  # who is in it is asked of the database
    db.session.expire(thread, ["participants"])
    return place


# -- Who can be written to -------------------------------------------------


def _others(actor: Member, people: Collection[Member]) -> list[Member]:
    """The people, each once and without the actor; Invalid when that is nobody, or too many."""
    others = list({member.id: member for member in people if member.id != actor.id}.values())
    if not others:
        raise Invalid(_("Say who it is for: one user name or more."), field="people")
    if len(others) >= PEOPLE_MAX:
        message = _("A conversation has %(limit)s people at most.", limit=PEOPLE_MAX)
        raise Invalid(message, field="people")
    for member in others:
        if member.is_erased or not member.is_confirmed:
            raise Invalid(_("%(name)s cannot be written to.", name=member.name), field="people")
    return others


def check_welcome(writer: Member, people: Collection[Member]) -> None:
    """Refuse, as Invalid, people who take no messages from the writer or are blocked by them."""
    for member in people:
        if block := blocking(writer, member):
            raise Invalid(why_not(block, writer, member), field="people")


def blocking(one: Member, other: Member) -> Block | None:
    """The block between two members, whoever of them made it."""
    between = or_(
        (Block.member_id == one.id) & (Block.blocked_id == other.id),
        (Block.member_id == other.id) & (Block.blocked_id == one.id),
    )
    return db.session.scalar(select(Block).where(between).order_by(Block.member_id).limit(1))


def why_not(block: Block, actor: Member, other: Member) -> str:
    """Why the two do not write to each other, in words for the actor."""
    if block.member_id == actor.id:
        return _("You have blocked %(name)s. Take that back first.", name=other.name)
    return _("%(name)s takes no messages from you.", name=other.name)


# -- Going on --------------------------------------------------------------


def reply(actor: Member, thread: Thread, *, body: str, submission: str | None = None) -> Post:
    """Add a message to a conversation, which its writer has read up to there.

    Staff that answers in a conversation with the brand is told of what follows. Raises what
    `threads.service.reply` does, and Conflict between two of whom one has blocked the other,
    and when nobody else is left.
    """
    require(actor, Can.REPLY, thread)
    check_on()
    if thread.kind is Kind.MESSAGE:
        _check_heard(actor, thread)
    post = threads.reply(actor, thread, body=body, submission=submission)
    place = place_of(thread, actor)
    if place is None:
        place = seat(thread, actor, speaks_for_brand=True)
    place.read_number = max(place.read_number, post.number)
    return post


def _check_heard(actor: Member, thread: Thread) -> None:
    others = [one.member for one in thread.participants if one.is_in and one.member_id != actor.id]
    if not others:
        raise Conflict(_("Everybody else has left this conversation."))
    if len(others) == 1 and (block := blocking(actor, others[0])):
        raise Conflict(why_not(block, actor, others[0]))


def place_of(thread: Thread, member: Member) -> ThreadMember | None:
    """The row of somebody in a conversation, whether they are still in it or not."""
    return next((one for one in thread.participants if one.member_id == member.id), None)
