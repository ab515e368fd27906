"""Did this solve it? What readers say, and passing a question on to support."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from community.events import PassedToSupport, SolutionRated
from community.kernel.bus import publish
from community.kernel.db import db, now
from community.kernel.errors import Conflict, Invalid
from community.kernel.i18n import _
from community.kernel.policy import require
from community.kernel.unicode import clean_body
from community.members.models import Member
from community.permissions import Can
from community.qa.help_models import Referral, SameHere, SolutionRating, Stage
from community.threads import counts
from community.threads.models import Thread

ONCE_PER = timedelta(days=30)
WORDS_MAX = 2000


@dataclass(frozen=True)
class Mine:
    """What one member said about a question."""

    is_same: bool = False
    is_solved: bool | None = None
    referral: Referral | None = None


def is_asked(thread: Thread) -> bool:
    """Whether there is something yet that may have solved it."""
    return thread.is_solved or thread.posts_count > 1


def mine(member: Member, thread: Thread) -> Mine:
    """What a member said about a question, in one statement."""
    same = select(SameHere.member_id).where(
        SameHere.thread_id == thread.id, SameHere.member_id == member.id
    )
    rated = (
        select(SolutionRating.is_solved)
        .where(SolutionRating.thread_id == thread.id, SolutionRating.member_id == member.id)
        .order_by(SolutionRating.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    found = (
        select(same.exists(), rated, Referral)
        .select_from(Member)
        .outerjoin(Referral, (Referral.member_id == Member.id) & (Referral.thread_id == thread.id))
        .where(Member.id == member.id)
    )
    is_same, is_solved, referral = db.session.execute(found).one()
    return Mine(is_same, is_solved, referral)


def rate(actor, thread: Thread, *, is_solved: bool, reader: str) -> bool:
    """Keep whether a question solved it for a reader, named by a key of at most 64 characters.

    What a member says again replaces what they said within 30 days. A visitor is heard once in
    that time, because a key may stand for a whole household; then it returns False.
    """
    require(actor, Can.RATE_SOLUTION, thread)
    if not is_asked(thread):
        raise Conflict(_("Nobody has answered this question yet."))
    counts.hold(thread)  # two answers of one reader at once: the second sees the first
    lately = select(SolutionRating).where(
        SolutionRating.thread_id == thread.id,
        SolutionRating.reader == reader,
        SolutionRating.created_at > now() - ONCE_PER,
    )
    rating = db.session.scalar(lately.order_by(SolutionRating.id.desc()).limit(1))
    if rating is not None and (not actor.is_authenticated or rating.is_solved == is_solved):
        return False
    if rating is None:
        rating = SolutionRating(thread_id=thread.id, reader=reader)
        db.session.add(rating)
    rating.is_solved, rating.post_id = is_solved, thread.answer_id
    rating.member_id = actor.id if actor.is_authenticated else None
    db.session.flush()  # the event needs rating.id
    publish(SolutionRated(thread_id=thread.id, rating_id=rating.id, is_solved=is_solved))
    return True


def pass_to_support(actor: Member, thread: Thread, words: str) -> Referral:
    """Ask support to take over, in words that only the team reads; once for each question."""
    require(actor, Can.PASS_TO_SUPPORT, thread)
    words = _checked(words, "words", _("Say what is still wrong, so that support can help."))
    counts.hold(thread)
    if referral_of(actor, thread) is not None:
        raise Conflict(_("You passed this question to support already."))
    referral = Referral(thread_id=thread.id, member_id=actor.id, words=words)
    db.session.add(referral)
    db.session.flush()  # the event needs referral.id
    publish(PassedToSupport(thread_id=thread.id, referral_id=referral.id, member_id=actor.id))
    return referral


def referral_of(member: Member, thread: Thread) -> Referral | None:
    """What a member passed to support of this question."""
    theirs = (Referral.thread_id == thread.id, Referral.member_id == member.id)
    return db.session.scalar(select(Referral).where(*theirs))


def handle(actor: Member, referral: Referral, *, stage: Stage, note: str) -> None:
    """Say what became of a question passed to support; the member reads the note."""
    require(actor, Can.HANDLE_REFERRALS)
    if stage is Stage.WAITING:
        raise Invalid(_("Choose what became of it."), "stage")
    referral.note = _checked(note, "note", _("Write a word to the member."))
    referral.stage, referral.handled_by_id, referral.handled_at = stage, actor.id, now()


def _checked(words: str, field: str, if_empty: str) -> str:
    words = clean_body(words).strip()
    if not words:
        raise Invalid(if_empty, field)
    if len(words) > WORDS_MAX:
        raise Invalid(_("Write at most %(max)d characters.", max=WORDS_MAX), field)
    return words
