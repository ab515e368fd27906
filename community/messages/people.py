"""Who is in a conversation: adding, leaving, having read, and who blocks whom."""

from datetime import timedelta

from sqlalchemy import delete, exists, select, update
from sqlalchemy.exc import IntegrityError

from community.brands.queries import the_brand
from community.events import (
    ConversationRead,
    DayBegan,
    MemberErased,
    PersonAdded,
    PersonLeft,
)
from community.kernel.bus import publish
from community.kernel.db import db, now
from community.kernel.errors import Conflict, Invalid
from community.kernel.i18n import _, force_locale
from community.kernel.policy import require
from community.members.models import Member
from community.messages.models import Block, MessageReport
from community.messages.service import (
    PEOPLE_MAX,
    check_on,
    check_welcome,
    place_of,
    reply,
    seat,
)
from community.permissions import Can
from community.threads import counts
from community.threads.models import Access, Follow, Kind, Post, Thread, ThreadMember
from community.threads.removal import remove_for_good

KEPT_ALONE = timedelta(days=30)
"""What everybody has left is forgotten after this time."""
AT_ONCE = 500  # messages forgotten in one night


def add(actor: Member, thread: Thread, member: Member) -> Post:
    """Bring somebody in, who then reads everything from the beginning; all are told.

    They are told by a message of the actor's, which is returned. Raises Invalid for whoever
    cannot be written to, has left before, or would be one too many, and Conflict for whoever
    is in it already.
    """
    require(actor, Can.ADD_TO_CONVERSATION, thread)
    check_on()
    counts.hold(thread)
    _check_can_come(actor, thread, member)
    is_of_team = thread.kind is Kind.TO_BRAND and member.is_staff
    seat(thread, member, by=actor, speaks_for_brand=is_of_team)
    with force_locale(the_brand().locale):
        words = _(
            "*I have added @%(name)s. This conversation can be read from the beginning.*",
            name=member.username,
        )
    told = reply(actor, thread, body=words)
    publish(PersonAdded(thread_id=thread.id, member_id=member.id, added_by_id=actor.id))
    return told


def _check_can_come(actor: Member, thread: Thread, member: Member) -> None:
    if place := place_of(thread, member):
        if place.left_at is None:
            raise Conflict(_("%(name)s is in this conversation already.", name=member.name))
        message = _("%(name)s has left this conversation.", name=member.name)
        raise Invalid(message, field="people")
    if member.is_erased or not member.is_confirmed:
        raise Invalid(_("%(name)s cannot be written to.", name=member.name), field="people")
    if thread.kind is Kind.MESSAGE:
        check_welcome(actor, [member])
    if sum(one.left_at is None for one in thread.participants) >= PEOPLE_MAX:
        message = _("A conversation has %(limit)s people at most.", limit=PEOPLE_MAX)
        raise Invalid(message, field="people")


def leave(actor: Member, thread: Thread) -> None:
    """Read a conversation no more, and hear nothing of it. There is no way back in."""
    require(actor, Can.LEAVE_CONVERSATION, thread)
    counts.hold(thread)
    place = place_of(thread, actor)
    if place is None or not place.is_in:
        raise Conflict(_("You have left this conversation already."))
    place.left_at = now()
    db.session.execute(
        delete(Follow).where(Follow.thread_id == thread.id, Follow.member_id == actor.id)
    )
    publish(PersonLeft(thread_id=thread.id, member_id=actor.id))


def mark_read(actor: Member, thread: Thread, *, up_to: int) -> bool:
    """Note that the actor has seen the messages up to this number; False when that was known."""
    require(actor, Can.SEE_THREAD, thread)
    place = place_of(thread, actor)
    number = min(up_to, thread.next_number - 1)
    if place is None or number <= place.read_number:
        return False
    further = update(ThreadMember).where(
        ThreadMember.thread_id == thread.id,
        ThreadMember.member_id == actor.id,
        ThreadMember.read_number < number,
    )
    db.session.execute(further.values(read_number=number))  # two windows at once: the further
    publish(ConversationRead(thread_id=thread.id, member_id=actor.id, number=number))
    return True


# -- Blocking --------------------------------------------------------------


def block(actor: Member, member: Member) -> bool:
    """Take no more messages from somebody; False when it is so already.

    They cannot begin or bring the actor into a conversation, nor go on in one of the two.
    The brand's team, writing as the brand, is not affected.
    """
    require(actor, Can.BLOCK_MEMBER, member)
    if _block_of(actor, member) is not None:
        return False
    try:
        with db.session.begin_nested():  # a double click arrives twice at the same moment
            db.session.add(Block(member_id=actor.id, blocked_id=member.id))
    except IntegrityError:
        return False
    return True


def unblock(actor: Member, member: Member) -> bool:
    """Take messages from somebody again; False when nothing was in the way."""
    require(actor, Can.BLOCK_MEMBER, member)
    made = _block_of(actor, member)
    if made is None:
        return False
    db.session.delete(made)
    return True


def _block_of(actor: Member, member: Member) -> Block | None:
    return db.session.get(Block, (actor.id, member.id))


# -- Time and leaving the brand --------------------------------------------


def on_member_erased(event: MemberErased) -> None:
    """Take a former member out of every conversation, and what they said in reports with them."""
    member_id, moment = event.member_id, now()
    there = update(ThreadMember).where(
        ThreadMember.member_id == member_id, ThreadMember.left_at.is_(None)
    )
    db.session.execute(there.values(left_at=moment))
    for column in (Block.member_id, Block.blocked_id):
        db.session.execute(delete(Block).where(column == member_id))
    theirs = update(MessageReport).where(MessageReport.reporter_id == member_id)
    db.session.execute(theirs.values(words=""))
    if event.removes_posts:
        posts = select(Post.id).where(Post.author_id == member_id)
        about = update(MessageReport).where(MessageReport.post_id.in_(posts))
        db.session.execute(about.values(body=""))


def on_day_began(_event: DayBegan) -> None:
    """Forget conversations between members that nobody has been in for a month."""
    forget_abandoned(now() - KEPT_ALONE)


def forget_abandoned(before) -> int:
    """Blank what was written in conversations that everybody left before `before`.

    Some at a time; returns how many messages. What is reported and not decided stays.
    """
    still = exists().where(
        ThreadMember.thread_id == Thread.id,
        (ThreadMember.left_at.is_(None)) | (ThreadMember.left_at >= before),
    )
    waiting = exists().where(MessageReport.post_id == Post.id, MessageReport.decided_at.is_(None))
    left = (
        select(Post)
        .join(Post.thread)
        .where(
            Thread.access == Access.PEOPLE,
            Thread.kind == Kind.MESSAGE,
            Post.body != "",
            ~still,
            ~waiting,
        )
    )
    found = db.session.scalars(left.order_by(Post.thread_id, Post.number).limit(AT_ONCE))
    posts = found.all()
    for post in posts:
        remove_for_good(post, post.author)
    return len(posts)
