"""What staff did to threads, kept so that it can be told and taken back.

An act holds what was there before it and what it left. `places` of posts that moved stay
for good, for their old addresses; what only undoing needs is forgotten with the time for it.
"""

import enum
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import JSON, Index, func, select, update
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from community.kernel.db import Timestamped, db, now
from community.kernel.errors import Conflict, Invalid, Missing
from community.kernel.i18n import _
from community.kernel.tenancy import BrandScoped, referable, same_brand
from community.kernel.text import clean_line
from community.members.models import Member
from community.threads.models import Thread

UNDOABLE = timedelta(days=7)
REASON_MAX = 300
AT_MOST = 50
"""Threads in one act."""
PER_PAGE = 30


class ActKind(enum.StrEnum):
    MOVE = "move"
    MERGE = "merge"
    SPLIT = "split"
    KIND = "kind"
    TAGS = "tags"
    LOCK = "lock"
    SLOW = "slow"


TOLD_IN_THREAD = {ActKind.MOVE, ActKind.MERGE, ActKind.SPLIT, ActKind.KIND, ActKind.LOCK}
"""Kinds of which a line stands in the thread."""


class Part(enum.StrEnum):
    """What a thread had to do with an act."""

    CHANGED = "changed"  # something about it is another now
    FROM = "from"  # posts left it
    INTO = "into"  # posts came to it


class StaffAct(BrandScoped, Timestamped, db.Model):
    """One act. `before` is what undoing puts back and `after` what the act left, as each kind
    writes them; `told` is whom it concerns, as member id to the post that is about them.
    Nothing of it changes later, but that it is marked as undone, and that `before` and
    `told` are forgotten once it cannot be undone.
    """

    __table_args__ = (
        referable(),
        same_brand("actor_id", "member"),
        same_brand("undone_by_id", "member"),
        Index(None, "brand_id", "created_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ActKind]
    actor_id: Mapped[int] = mapped_column(index=True)
    reason: Mapped[str] = mapped_column(default="")
    before: Mapped[dict | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict] = mapped_column(JSON)
    told: Mapped[dict | None] = mapped_column(JSON(none_as_null=True))
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column()

    actor: Mapped[Member] = relationship(foreign_keys=[actor_id])
    undone_by: Mapped[Member | None] = relationship(foreign_keys=[undone_by_id])
    threads: Mapped[list["ActedThread"]] = relationship(
        back_populates="act", order_by="ActedThread.thread_id"
    )

    @property
    def is_undoable(self) -> bool:
        is_young = now() - self.created_at < UNDOABLE
        return is_young and self.undone_at is None and self.before is not None

    @property
    def undoable_until(self) -> datetime:
        return self.created_at + UNDOABLE

    def those(self, part: Part) -> list[Thread]:
        """The threads that had this part in it."""
        return [one.thread for one in self.threads if one.part is part]


class ActedThread(BrandScoped, db.Model):
    """A thread an act was about. `number` is where in it the act is told, None for its top."""

    __table_args__ = (same_brand("act_id", "staff_act"), same_brand("thread_id", "thread"))
    act_id: Mapped[int] = mapped_column(primary_key=True)
    thread_id: Mapped[int] = mapped_column(primary_key=True, index=True)
    part: Mapped[Part]
    number: Mapped[int | None]

    act: Mapped[StaffAct] = relationship(
        back_populates="threads", foreign_keys=[act_id], overlaps="threads"
    )
    thread: Mapped[Thread] = relationship(foreign_keys=[thread_id])


class FormerPlace(BrandScoped, db.Model):
    """Where a post stood before an act took it elsewhere: its old address leads to it."""

    __table_args__ = (
        same_brand("thread_id", "thread"),
        same_brand("post_id", "post"),
        same_brand("act_id", "staff_act"),
    )
    thread_id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(index=True)
    act_id: Mapped[int] = mapped_column(index=True)


# -- Writing one -----------------------------------------------------------


def checked_reason(reason: str) -> str:
    """Return a reason as it is stored, "" for none; Invalid when it is too long."""
    reason = clean_line(reason)
    if len(reason) > REASON_MAX:
        message = _("This reason is too long: %(limit)s characters at most.", limit=REASON_MAX)
        raise Invalid(message, field="reason")
    return reason


def record(
    by: Member,
    kind: ActKind,
    parts: Iterable[tuple[Thread, Part, int | None]],
    *,
    reason: str,
    before: Mapping,
    after: Mapping,
    told: Mapping[int, int],
) -> StaffAct:
    """Keep an act that was just done to threads, given as (thread, part, number)."""
    act = StaffAct(
        kind=kind,
        actor_id=by.id,
        reason=reason,
        before=dict(before),
        after=dict(after),
        told={str(member_id): post_id for member_id, post_id in told.items()},
    )
    db.session.add(act)
    db.session.flush()  # its threads need its id
    for thread, part, number in parts:
        db.session.add(ActedThread(act_id=act.id, thread_id=thread.id, part=part, number=number))
        thread.has_notices = thread.has_notices or kind in TOLD_IN_THREAD
    db.session.flush()  # whoever asks for the act's threads now reads these rows
    return act


def settle_notices(threads: Iterable[Thread]) -> None:
    """Say of each thread whether an act is still to be told in it."""
    db.session.flush()  # the acts just undone count no more
    threads = list(threads)
    told = (
        select(ActedThread.thread_id)
        .join(ActedThread.act)
        .where(
            ActedThread.thread_id.in_([thread.id for thread in threads]),
            StaffAct.undone_at.is_(None),
            StaffAct.kind.in_(TOLD_IN_THREAD),
        )
    )
    with_notices = set(db.session.scalars(told))
    for thread in threads:
        thread.has_notices = thread.id in with_notices


def hold(act: StaffAct) -> None:
    """Keep an act until the commit, as it is now; Conflict when it was undone meanwhile."""
    db.session.refresh(act, with_for_update={"of": StaffAct})
    if act.undone_at is not None:
        raise Conflict(_("Already undone by %(name)s.", name=act.undone_by.name))
    if not act.is_undoable:
        raise Conflict(_("This can be undone for %(days)s days. The time is over.", days=7))


# -- Looking ---------------------------------------------------------------


def act_or_missing(act_id: int) -> StaffAct:
    """Return an act with its threads and who did it; Missing when there is none."""
    with_all = (
        joinedload(StaffAct.actor),
        joinedload(StaffAct.undone_by),
        joinedload(StaffAct.threads).joinedload(ActedThread.thread).joinedload(Thread.category),
    )
    act = db.session.get(StaffAct, act_id, options=with_all) if 0 < act_id < 2**31 else None
    if act is None:
        raise Missing(_("There is no such entry."))
    return act


def log_page(number: int) -> tuple[Sequence[StaffAct], int]:
    """Return one page of what staff did to threads, newest first, and how many pages there are.

    Raises Missing beyond the last page.
    """
    total = db.session.scalar(select(func.count(StaffAct.id)))
    pages = max(1, -(-total // PER_PAGE))
    if not 1 <= number <= pages:
        raise Missing(_("There is no such page."))
    newest = select(StaffAct).order_by(StaffAct.created_at.desc(), StaffAct.id.desc())
    ways = (
        joinedload(StaffAct.actor),
        joinedload(StaffAct.undone_by),
        joinedload(StaffAct.threads).joinedload(ActedThread.thread).joinedload(Thread.category),
    )
    # Counted in acts, not in the rows of their threads.
    of_page = newest.limit(PER_PAGE).offset((number - 1) * PER_PAGE)
    return db.session.scalars(of_page.options(*ways)).unique().all(), pages


def export(member: Member) -> list[dict]:
    """What a member did to threads as staff, for the copy of their data."""
    theirs = select(StaffAct).where(StaffAct.actor_id == member.id).order_by(StaffAct.id)
    return [
        {
            "act": act.kind.value,
            "threads": sorted(one.thread_id for one in act.threads),
            "reason": act.reason,
            "done_at": act.created_at.isoformat(),
            "undone_at": act.undone_at and act.undone_at.isoformat(),
        }
        for act in db.session.scalars(theirs.options(joinedload(StaffAct.threads))).unique()
    ]


def on_day_began(_event) -> None:
    """Forget what undoing would need once it is too late: it names who followed what."""
    over = StaffAct.created_at < now() - UNDOABLE
    kept = update(StaffAct).where(over, StaffAct.before.is_not(None))
    db.session.execute(
        kept.values(before=None, told=None).execution_options(synchronize_session=False)
    )
