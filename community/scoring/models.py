"""The ledger of points, and what is kept beside it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.kernel.db import db
from community.kernel.tenancy import BrandScoped, referable, same_brand
from community.members.models import Member
from community.threads.models import Thread


class PointsEntry(BrandScoped, db.Model):
    """One line of the ledger: written once, never changed.

    `points` may be negative, or 0 where a cap or the length of a friendship left nothing.
    `reason` is one of `counting.Reason`; a line that takes another back, or gives it back,
    names it in `reverses_id`. `position` is that of the event in the log.
    """

    __table_args__ = (
        referable(),
        same_brand("member_id", "member"),
        same_brand("giver_id", "member"),
        same_brand("thread_id", "thread"),
        same_brand("post_id", "post"),
        same_brand("section_id", "category"),
        same_brand("reverses_id", "points_entry"),
        UniqueConstraint("reverses_id"),
        Index(None, "member_id", "happened_at"),
        Index(None, "post_id", "rule", "giver_id"),
        Index(None, "thread_id", "rule"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column()
    position: Mapped[int]
    rule: Mapped[str]
    rules_version: Mapped[int]
    points: Mapped[int]
    giver_id: Mapped[int | None] = mapped_column()
    thread_id: Mapped[int | None] = mapped_column()
    post_id: Mapped[int | None] = mapped_column()
    section_id: Mapped[int | None] = mapped_column()
    reason: Mapped[str]
    reverses_id: Mapped[int | None] = mapped_column()
    happened_at: Mapped[datetime]

    thread: Mapped[Thread | None] = relationship(foreign_keys=[thread_id])


class MemberScore(BrandScoped, db.Model):
    """The sum of a member's lines: a copy, kept in the transaction that writes them."""

    __table_args__ = (same_brand("member_id", "member"),)
    member_id: Mapped[int] = mapped_column(primary_key=True)
    points: Mapped[int] = mapped_column(default=0)

    member: Mapped[Member] = relationship(foreign_keys=[member_id])


class LedgerCursor(BrandScoped, db.Model):
    """How far the ledger has followed a brand's log."""

    __table_args__ = (
        UniqueConstraint("brand_id"),
        CheckConstraint("position >= 0", name="position_is_not_negative"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(default=0)
