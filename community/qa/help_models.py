"""What is kept of readers whom a question concerns: those with the same trouble, those an
answer helped or not, and those who went on to support."""

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.kernel.db import Timestamped, db
from community.kernel.tenancy import BrandScoped, referable, same_brand
from community.members.models import Member
from community.threads.models import Thread


class Stage(enum.StrEnum):
    """How far support is with what was passed to it."""

    WAITING = "waiting"
    DONE = "done"  # somebody took it up outside the community
    ANSWERED = "answered"  # the note holds the answer


class SameHere(BrandScoped, Timestamped, db.Model):
    """A member has the same question. The row is the truth, `Thread.same_here_count` a copy."""

    __table_args__ = (same_brand("thread_id", "thread"), same_brand("member_id", "member"))
    thread_id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(primary_key=True, index=True)


class SolutionRating(BrandScoped, Timestamped, db.Model):
    """Whether a question solved it for one reader: the facts deflection is measured from.

    `reader` is a key that names nobody; `post_id` the answer that was marked then, if any.
    """

    __table_args__ = (
        same_brand("thread_id", "thread"),
        same_brand("post_id", "post"),
        same_brand("member_id", "member"),
        Index(None, "thread_id", "reader"),
        Index(None, "brand_id", "created_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    thread_id: Mapped[int] = mapped_column()
    post_id: Mapped[int | None] = mapped_column()
    member_id: Mapped[int | None] = mapped_column(index=True)
    reader: Mapped[str] = mapped_column(String(64))
    is_solved: Mapped[bool]


class Referral(BrandScoped, Timestamped, db.Model):
    """A member whom no answer helped asks support to take over, in words for the team alone."""

    __table_args__ = (
        referable(),
        same_brand("thread_id", "thread"),
        same_brand("member_id", "member"),
        same_brand("handled_by_id", "member"),
        UniqueConstraint("thread_id", "member_id"),
        Index(None, "brand_id", "stage", "created_at"),
        CheckConstraint("(stage = 'waiting') = (handled_at IS NULL)", name="handled_at_a_moment"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    thread_id: Mapped[int] = mapped_column()
    member_id: Mapped[int] = mapped_column(index=True)
    words: Mapped[str]
    stage: Mapped[Stage] = mapped_column(default=Stage.WAITING)
    note: Mapped[str] = mapped_column(default="")
    handled_by_id: Mapped[int | None] = mapped_column()
    handled_at: Mapped[datetime | None]

    thread: Mapped[Thread] = relationship(foreign_keys=[thread_id])
    member: Mapped[Member] = relationship(foreign_keys=[member_id])
    handled_by: Mapped[Member | None] = relationship(foreign_keys=[handled_by_id])


class QuestionWait(BrandScoped, Timestamped, db.Model):
    """What was told of a question, once each.

    `told`: experts or staff, that nobody answered; day-3, day-7 or day-21, that whoever asked
    was reminded to accept an answer.
    """

    __table_args__ = (same_brand("thread_id", "thread"),)
    thread_id: Mapped[int] = mapped_column(primary_key=True)
    told: Mapped[str] = mapped_column(String(10), primary_key=True)
