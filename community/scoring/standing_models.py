"""What a member's points amount to: ranks, badges, missions, seasons and places on boards."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, literal_column
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.kernel.db import Timestamped, db, now
from community.kernel.tenancy import BrandScoped, referable, same_brand
from community.members.models import LONG_EDIT, TRUST, Member


class Unlock(StrEnum):
    """What a rank opens. `Member.unlocks` holds a copy of what the member's rank does."""

    TRUST = TRUST  # the limits of new members are over
    LONG_EDIT = LONG_EDIT  # own posts can be changed for longer


class Span(StrEnum):
    """What a board counts."""

    WEEK = "week"
    MONTH = "month"
    SEASON = "season"
    ALL = "all"


class Rank(BrandScoped, db.Model):
    """A step of the ladder: reached with so many points and so many accepted answers."""

    __table_args__ = (
        referable(),
        CheckConstraint("threshold >= 0", name="threshold_is_not_negative"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    icon: Mapped[str] = mapped_column(default="seal")
    threshold: Mapped[int]
    accepted_needed: Mapped[int] = mapped_column(default=0)
    unlocks: Mapped[str] = mapped_column(default="")  # `Unlock`s, with spaces between them

    def has(self, unlock: Unlock) -> bool:
        return unlock in self.unlocks.split()


class MemberStanding(BrandScoped, db.Model):
    """Where a member stands. `counted_entry_id` is the last line of the ledger on the boards.

    `influence_parts` is what the score is made of, as `influence.Part` writes it.
    """

    __table_args__ = (
        same_brand("member_id", "member"),
        same_brand("rank_id", "rank"),
        Index(None, "brand_id", "influence_at"),
    )
    member_id: Mapped[int] = mapped_column(primary_key=True)
    rank_id: Mapped[int | None] = mapped_column()
    wants_listing: Mapped[bool] = mapped_column(default=True)
    counted_entry_id: Mapped[int] = mapped_column(default=0)
    influence: Mapped[int] = mapped_column(default=0)
    influence_parts: Mapped[list] = mapped_column(JSON, default=list)
    influence_at: Mapped[datetime | None]

    rank: Mapped[Rank | None] = relationship(foreign_keys=[rank_id])


class MemberPeriodScore(BrandScoped, db.Model):
    """Points of a member in one period, in one section or, with `section_id` 0, everywhere.

    A copy of the ledger that a board is read from without adding up lines. `reached_at` is
    when the points became what they are: of two with as many, the first stands first.
    """

    __table_args__ = (
        same_brand("member_id", "member"),
        Index(
            "ix_member_period_score_board",
            "brand_id",
            "span",
            "period",
            "section_id",
            "is_listed",
            "points",
            "reached_at",
            "member_id",
        ),
    )
    member_id: Mapped[int] = mapped_column(primary_key=True)
    span: Mapped[Span] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    section_id: Mapped[int] = mapped_column(primary_key=True)
    points: Mapped[int] = mapped_column(default=0)
    reached_at: Mapped[datetime] = mapped_column(default=now)
    is_listed: Mapped[bool] = mapped_column(default=True)

    member: Mapped[Member] = relationship(foreign_keys=[member_id])


class Season(BrandScoped, db.Model):
    """A quarter on the brand's calendar, from the first moment of it until the next begins."""

    __table_args__ = (referable(), UniqueConstraint("brand_id", "period"))
    id: Mapped[int] = mapped_column(primary_key=True)
    period: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    places: Mapped[list["SeasonPlace"]] = relationship(
        back_populates="season", order_by="SeasonPlace.place, SeasonPlace.id"
    )


class SeasonPlace(BrandScoped, db.Model):
    """Who stood on the podium when a season closed, with how many points."""

    __table_args__ = (
        same_brand("season_id", "season"),
        same_brand("member_id", "member"),
        UniqueConstraint("season_id", "member_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    season_id: Mapped[int] = mapped_column()
    member_id: Mapped[int] = mapped_column(index=True)
    place: Mapped[int]
    points: Mapped[int]

    season: Mapped[Season] = relationship(back_populates="places", foreign_keys=[season_id])
    member: Mapped[Member] = relationship(foreign_keys=[member_id])


class Badge(BrandScoped, db.Model):
    """How a brand has one of the badges: its own name for it, and whether it gives it."""

    __table_args__ = (UniqueConstraint("brand_id", "key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    name: Mapped[str] = mapped_column(default="")  # empty: the one it has by itself
    is_on: Mapped[bool] = mapped_column(default=True)


class BadgeAward(BrandScoped, Timestamped, db.Model):
    """One badge of one member. `earned_at` is when its threshold was crossed.

    A revoked one stays, grey; earned again it is another row. At most one is not revoked.
    """

    __table_args__ = (
        referable(),
        same_brand("member_id", "member"),
        same_brand("revoked_by_id", "member"),
        Index(
            "uq_badge_award_held",
            "member_id",
            "key",
            unique=True,
            postgresql_where=literal_column("revoked_at IS NULL"),
            sqlite_where=literal_column("revoked_at IS NULL"),
        ),
        Index(None, "member_id", "key"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column()
    key: Mapped[str]
    earned_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_by_id: Mapped[int | None] = mapped_column()  # None: its cause went
    revoked_reason: Mapped[str] = mapped_column(default="")

    member: Mapped[Member] = relationship(foreign_keys=[member_id])

    @property
    def is_held(self) -> bool:
        return self.revoked_at is None


class MissionRule(BrandScoped, db.Model):
    """How a brand has one of the missions: how much it takes, and whether it is on offer."""

    __table_args__ = (UniqueConstraint("brand_id", "key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    target: Mapped[int]
    is_on: Mapped[bool] = mapped_column(default=True)


class MissionState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    EXPIRED = "expired"


class Mission(BrandScoped, Timestamped, db.Model):
    """One member on one mission, from the first step until it is done or its time is over."""

    __table_args__ = (
        referable(),
        same_brand("member_id", "member"),
        UniqueConstraint("member_id", "key", "period"),
        CheckConstraint("progress >= 0", name="progress_is_not_negative"),
        Index(None, "brand_id", "state", "ends_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column()
    key: Mapped[str]
    period: Mapped[str]
    target: Mapped[int]
    progress: Mapped[int] = mapped_column(default=0)
    state: Mapped[MissionState] = mapped_column(default=MissionState.RUNNING)
    ends_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
