"""The brand's mark: an expert or staff stands behind an answer until it is looked at again."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import Select, delete, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased, joinedload

from community.brands.queries import the_brand
from community.events import (
    AnswerCertified,
    AnswersDue,
    CertificationDue,
    CertificationLifted,
    CertificationRenewed,
    PostDeleted,
    PostEdited,
    PostHidden,
)
from community.kernel.addresses import is_web
from community.kernel.bus import publish
from community.kernel.db import db, now
from community.kernel.errors import Conflict, Invalid
from community.kernel.i18n import _, local
from community.kernel.policy import require
from community.kernel.text import clean_line
from community.members.models import Member
from community.permissions import Can
from community.predicates import CERTIFIERS
from community.qa.models import Certification, StaleVote
from community.threads import counts
from community.threads.models import Post, State, Thread

LONGEST = timedelta(days=730)
USUAL = timedelta(days=365)
LISTED_FOR = timedelta(days=90)
"""How long an answer that lost the mark waits on the list to be certified again."""
STALE_VOTES = 3
"""So many members who say that an answer no longer works put it on the list."""


def today() -> date:
    """The date on the brand's calendar."""
    return local(now(), the_brand().time_zone).date()


def of_post(post: Post) -> Certification | None:
    """The certification of an answer that holds, with who gave it."""
    found = _holding().where(Certification.post_id == post.id)
    return db.session.scalar(found.options(joinedload(Certification.certified_by)))


def _holding():
    return select(Certification).where(Certification.lifted_at.is_(None))


def owners() -> Sequence[Member]:
    """Who may answer for a certified answer."""
    able = select(Member).where(Member.role.in_(CERTIFIERS), Member.erased_at.is_(None))
    return db.session.scalars(able.order_by(Member.name_key, Member.id)).all()


def certify(
    actor: Member,
    post: Post,
    *,
    review_by: date,
    owner: Member | None = None,
    product: str = "",
    version: str = "",
    source_url: str = "",
) -> Certification:
    """Stand behind an answer, in the place of any other of the question.

    Raises Invalid for a date that is over or more than two years away and for an address that
    is none, Conflict when the answer is certified already.
    """
    require(actor, Can.CERTIFY_ANSWER, post)
    _check_date(review_by)
    _check_owner(owner or actor)
    counts.hold(post.thread)
    if of_post(post) is not None:
        raise Conflict(_("This answer is certified already."))
    for other in holding_in(post.thread):
        _lift(other, cause="replaced", by_id=actor.id)
    made = Certification(
        post_id=post.id,
        certified_by_id=actor.id,
        owner_id=(owner or actor).id,
        product=clean_line(product),
        version=clean_line(version),
        source_url=_address(source_url),
        review_by=review_by,
        checked_at=now(),
    )
    try:
        with db.session.begin_nested():  # two experts press the button at the same moment
            db.session.add(made)
    except IntegrityError:
        raise Conflict(_("This answer is certified already.")) from None
    post.is_certified = True
    counts.settle(post.thread)
    publish(
        AnswerCertified(
            thread_id=post.thread_id,
            post_id=post.id,
            author_id=post.author_id,
            certified_by_id=actor.id,
            certification_id=made.id,
        )
    )
    return made


def _check_date(review_by: date) -> None:
    if not today() < review_by <= today() + LONGEST:
        raise Invalid(_("Choose a day within the next two years."), field="review_by")


def _check_owner(owner: Member) -> None:
    if owner.role not in CERTIFIERS or owner.is_erased:
        raise Invalid(_("Choose an expert or somebody of the team."), field="owner")


def _address(given: str) -> str:
    given = clean_line(given)
    if not given:
        return ""
    if not is_web(given):
        message = _("Write the whole address, for example https://example.com/manual.")
        raise Invalid(message, field="source_url")
    return given


def holding_in(thread: Thread) -> Sequence[Certification]:
    """The certifications of a thread that hold: one, or more after threads were merged."""
    of_thread = _holding().join(Post, Post.id == Certification.post_id)
    return db.session.scalars(of_thread.where(Post.thread_id == thread.id)).all()


def lift(actor: Member, certification: Certification) -> None:
    """Stand behind an answer no more; Conflict when that is so already."""
    require(actor, Can.LIFT_CERTIFICATION, certification)
    counts.hold(certification.thread)
    db.session.refresh(certification)  # as it is now that nobody else can change it
    if certification.lifted_at is not None:
        raise Conflict(_("The mark was taken away already."))
    _lift(certification, cause="withdrawn", by_id=actor.id)
    counts.settle(certification.thread)


def _lift(certification: Certification, *, cause: str, by_id: int | None) -> None:
    certification.lifted_at, certification.cause = now(), cause
    certification.lifted_by_id = by_id
    certification.post.is_certified = False
    db.session.flush()  # a post has one that holds
    publish(
        CertificationLifted(
            thread_id=certification.post.thread_id,
            post_id=certification.post_id,
            author_id=certification.post.author_id,
            certification_id=certification.id,
            cause=cause,
            lifted_by_id=by_id,
        )
    )


def renew(actor: Member, certification: Certification, *, review_by: date) -> None:
    """Say that the answer was looked at again and holds, until its next date."""
    require(actor, Can.LIFT_CERTIFICATION, certification)
    _check_date(review_by)
    counts.hold(certification.thread)
    db.session.refresh(certification)  # as it is now that nobody else can change it
    if certification.lifted_at is not None:
        raise Conflict(_("The mark was taken away already."))
    certification.review_by, certification.checked_at = review_by, now()
    certification.due_at = None
    votes = delete(StaleVote).where(StaleVote.certification_id == certification.id)
    db.session.execute(votes)
    publish(CertificationRenewed(certification_id=certification.id, renewed_by_id=actor.id))


# -- What makes it due -----------------------------------------------------


def no_longer_works(actor: Member, certification: Certification) -> bool:
    """Say that a certified answer does not work any more; False when that is said already."""
    require(actor, Can.DOUBT_CERTIFICATION, certification)
    if db.session.get(StaleVote, (certification.id, actor.id)) is not None:
        return False
    try:
        with db.session.begin_nested():  # a double click arrives twice at the same moment
            vote = StaleVote(certification_id=certification.id, member_id=actor.id)
            db.session.add(vote)
    except IntegrityError:
        return False
    _look(certification)
    return True


def works_after_all(actor: Member, certification: Certification) -> bool:
    """Take that back; False when it was not said."""
    require(actor, Can.DOUBT_CERTIFICATION, certification)
    vote = db.session.get(StaleVote, (certification.id, actor.id))
    if vote is None:
        return False
    db.session.delete(vote)
    db.session.flush()  # the counting is the database's
    if not _is_due(certification):
        certification.due_at = None
    return True


def doubts(certification: Certification) -> int:
    """How many members say that it no longer works."""
    votes = select(func.count()).where(StaleVote.certification_id == certification.id)
    return db.session.scalar(votes) or 0


def has_doubted(member_id: int, certification: Certification) -> bool:
    """Whether a member says that it no longer works."""
    return db.session.get(StaleVote, (certification.id, member_id)) is not None


def _look(certification: Certification) -> None:
    """Put it on the list, once, when its day has come or enough doubt it."""
    if certification.due_at is None and _is_due(certification):
        certification.due_at = now()
        publish(CertificationDue(certification_id=certification.id))


def _is_due(certification: Certification) -> bool:
    return certification.review_by <= today() or doubts(certification) >= STALE_VOTES


def on_due(_event: AnswersDue) -> None:
    """Find certified answers past their day."""
    over = _holding().where(Certification.due_at.is_(None), Certification.review_by <= today())
    for certification in db.session.scalars(over.limit(200)):
        _look(certification)


def to_look_at() -> Sequence[Certification]:
    """Certified answers that are due, and those that lost the mark lately, while their question
    has no other certified answer: by an edit, or by a removal that was taken back.
    """
    wanted = _to_look_at().options(
        joinedload(Certification.post).joinedload(Post.thread), joinedload(Certification.owner)
    )
    return db.session.scalars(wanted.order_by(Certification.review_by, Certification.id)).all()


def due_count() -> int:
    """How many are on that list."""
    return db.session.scalar(_to_look_at().with_only_columns(func.count())) or 0


def _to_look_at() -> Select:
    later = aliased(Certification)
    is_latest = ~(
        select(later.id)
        .where(later.post_id == Certification.post_id, later.id > Certification.id)
        .exists()
    )
    lost = (
        Certification.cause.in_(["edited", "removed"])
        & (Certification.lifted_at > now() - LISTED_FOR)
        & (Thread.answer_mark != "certified")
        & is_latest
    )
    is_due = Certification.lifted_at.is_(None) & Certification.due_at.is_not(None)
    return (
        select(Certification)
        .join(Post, Post.id == Certification.post_id)
        .join(Thread, Thread.id == Post.thread_id)
        .where(or_(is_due, lost), Post.state == State.VISIBLE, Thread.state == State.VISIBLE)
    )


# -- What happens to the post ----------------------------------------------


def on_post_edited(event: PostEdited) -> None:
    """An edited answer is another one: nobody stands behind it yet."""
    _lift_of(event.post_id, cause="edited", by_id=event.editor_id)


def on_post_removed(event: PostHidden | PostDeleted) -> None:
    """What is removed is certified no more, also when it comes back."""
    by_id = event.hidden_by_id if isinstance(event, PostHidden) else event.deleted_by_id
    _lift_of(event.post_id, cause="removed", by_id=by_id)


def _lift_of(post_id: int, *, cause: str, by_id: int) -> None:
    post = db.session.get(Post, post_id)
    certification = of_post(post) if post else None
    if certification is None:
        return
    counts.hold(post.thread)
    _lift(certification, cause=cause, by_id=by_id)
    counts.settle(post.thread)


def export(member: Member) -> list[dict]:
    """What a member certified, answers for or doubts, for their download."""
    theirs = select(Certification).where(
        or_(Certification.certified_by_id == member.id, Certification.owner_id == member.id)
    )
    doubted = select(StaleVote).where(StaleVote.member_id == member.id)
    return [
        {
            "certified post": one.post_id,
            "by you": one.certified_by_id == member.id,
            "product": one.product,
            "version": one.version,
            "review by": one.review_by.isoformat(),
        }
        for one in db.session.scalars(theirs.order_by(Certification.id))
    ] + [
        {"doubted certification": vote.certification_id, "at": vote.created_at.isoformat()}
        for vote in db.session.scalars(doubted.order_by(StaleVote.certification_id))
    ]


def forget_member(event) -> None:
    """Their doubts go; what they certified stays under their pseudonym and becomes due."""
    mine = event.member_id
    db.session.execute(delete(StaleVote).where(StaleVote.member_id == mine))
    owned = _holding().where(Certification.owner_id == mine, Certification.due_at.is_(None))
    for certification in db.session.scalars(owned):
        certification.due_at = now()
        publish(CertificationDue(certification_id=certification.id))
