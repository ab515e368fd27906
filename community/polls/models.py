import enum
from datetime import datetime

from sqlalchemy import JSON, CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.kernel.db import Timestamped, db, now
from community.kernel.tenancy import BrandScoped, referable, same_brand
from community.members.models import Member
from community.threads.models import Thread


class Voting(enum.StrEnum):
    """What a voter chooses."""

    ONE = "one"
    SEVERAL = "several"  # up to `max_choices`
    RANKED = "ranked"  # in an order of preference, as far as the voter likes


class Results(enum.StrEnum):
    """From when on the results are shown, to everyone alike."""

    ALWAYS = "always"
    VOTED = "voted"  # to whoever voted, and to all once it is closed
    CLOSED = "closed"


class Poll(BrandScoped, Timestamped, db.Model):
    """A question with options, shown under the opening post of its thread.

    Its rules may change until the first ballot. `tally` counts equal ballots: a ballot is
    written as the ids of its options with spaces between them, in the voter's order when they
    are ranked, else in ascending order; "" is an abstention. In a poll with known voters it is
    a copy of what the ballots say. In a secret one it is all there is: it has no order and no
    time, so that no ballot leads to what was chosen.
    """

    __table_args__ = (
        referable(),
        same_brand("thread_id", "thread"),
        same_brand("author_id", "member"),
        same_brand("closed_by_id", "member"),
        CheckConstraint("NOT (is_secret AND may_change)", name="secret_votes_stay"),
        CheckConstraint("max_choices >= 1", name="something_is_chosen"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    thread_id: Mapped[int] = mapped_column(unique=True)
    author_id: Mapped[int] = mapped_column()
    question: Mapped[str]
    voting: Mapped[Voting] = mapped_column(default=Voting.ONE)
    max_choices: Mapped[int] = mapped_column(default=1)
    is_secret: Mapped[bool] = mapped_column(default=False)
    may_change: Mapped[bool] = mapped_column(default=True)
    results: Mapped[Results] = mapped_column(default=Results.ALWAYS)
    closes_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]  # set by whoever closes it, or by the clock
    closed_by_id: Mapped[int | None] = mapped_column()
    ballots_count: Mapped[int] = mapped_column(default=0)
    tally: Mapped[dict] = mapped_column(JSON, default=dict)

    thread: Mapped[Thread] = relationship(foreign_keys=[thread_id])
    author: Mapped[Member] = relationship(foreign_keys=[author_id])
    options: Mapped[list["PollOption"]] = relationship(
        back_populates="poll",
        foreign_keys="PollOption.poll_id",
        order_by="PollOption.position, PollOption.id",
        cascade="all, delete-orphan",
    )

    @property
    def is_closed(self) -> bool:
        """Takes no more ballots: it was closed, or its time is over."""
        return self.closed_at is not None or (
            self.closes_at is not None and self.closes_at <= now()
        )

    @property
    def is_frozen(self) -> bool:
        """Somebody has voted, so the rules and options stay as they are."""
        return self.ballots_count > 0

    @property
    def is_ranked(self) -> bool:
        return self.voting is Voting.RANKED


class PollOption(BrandScoped, db.Model):
    """One answer. `former_label` is what it said before staff corrected it after votes."""

    __table_args__ = (referable(), same_brand("poll_id", "poll"))
    id: Mapped[int] = mapped_column(primary_key=True)
    poll_id: Mapped[int] = mapped_column(index=True)
    position: Mapped[int]
    label: Mapped[str]
    former_label: Mapped[str] = mapped_column(default="")

    poll: Mapped[Poll] = relationship(back_populates="options", foreign_keys=[poll_id])


class Ballot(BrandScoped, db.Model):
    """A member has voted in a poll, once. `choices` is None in a secret poll.

    It says nothing of when: beside the tally of a secret poll, a moment could tell what.
    """

    __table_args__ = (
        same_brand("poll_id", "poll"),
        same_brand("member_id", "member"),
    )
    poll_id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(primary_key=True, index=True)
    choices: Mapped[list | None] = mapped_column(JSON(none_as_null=True))  # ids of options

    poll: Mapped[Poll] = relationship(foreign_keys=[poll_id])
    member: Mapped[Member] = relationship(foreign_keys=[member_id])
