import enum
from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.kernel.db import Timestamped, db
from community.kernel.tenancy import BrandScoped, referable, same_brand
from community.members.models import Member
from community.threads.models import Post


class Block(BrandScoped, Timestamped, db.Model):
    """A member takes no messages from another."""

    __table_args__ = (same_brand("member_id", "member"), same_brand("blocked_id", "member"))
    member_id: Mapped[int] = mapped_column(primary_key=True)
    blocked_id: Mapped[int] = mapped_column(primary_key=True, index=True)

    blocked: Mapped[Member] = relationship(foreign_keys=[blocked_id])


class Wrong(enum.StrEnum):
    """What is wrong with a message, as its reader sees it."""

    HARASSMENT = "harassment"
    SPAM = "spam"
    PERSONAL = "personal"  # shows personal details of somebody
    ILLEGAL = "illegal"
    OTHER = "other"


class Outcome(enum.StrEnum):
    KEPT = "kept"
    HIDDEN = "hidden"


class MessageReport(BrandScoped, Timestamped, db.Model):
    """A participant showed a private message to the brand's team.

    `body` is what the message said at that moment, for it may be edited afterwards.
    """

    __table_args__ = (
        referable(),
        UniqueConstraint("post_id", "reporter_id"),
        same_brand("post_id", "post"),
        same_brand("reporter_id", "member"),
        same_brand("decided_by_id", "member"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column()
    reporter_id: Mapped[int] = mapped_column(index=True)
    wrong: Mapped[Wrong]
    words: Mapped[str] = mapped_column(default="")
    body: Mapped[str]
    outcome: Mapped[Outcome | None]
    decided_at: Mapped[datetime | None] = mapped_column(index=True)
    decided_by_id: Mapped[int | None] = mapped_column()
    reason: Mapped[str] = mapped_column(default="")  # of the decision, for both sides

    post: Mapped[Post] = relationship(foreign_keys=[post_id])
    reporter: Mapped[Member] = relationship(foreign_keys=[reporter_id])
    decided_by: Mapped[Member | None] = relationship(foreign_keys=[decided_by_id])

    @property
    def author_id(self) -> int:
        return self.post.author_id


class ReportReading(BrandScoped, Timestamped, db.Model):
    """Somebody of the team opened the messages around a reported one, at this moment."""

    __table_args__ = (same_brand("report_id", "message_report"), same_brand("reader_id", "member"))
    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(index=True)
    reader_id: Mapped[int] = mapped_column()

    reader: Mapped[Member] = relationship(foreign_keys=[reader_id])
