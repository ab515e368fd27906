import enum
from datetime import datetime

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.kernel.db import Timestamped, db
from community.kernel.tenancy import BrandScoped, referable, same_brand
from community.members.models import Member
from community.threads.models import Post


class Reason(enum.StrEnum):
    """Why someone is told of a post; the first that applies wins."""

    MENTION = "mention"
    QUOTE = "quote"
    REPLY = "reply"
    FOLLOW = "follow"


class Notification(BrandScoped, Timestamped, db.Model):
    """One member is told of one post, once."""

    __table_args__ = (
        UniqueConstraint("member_id", "post_id"),
        same_brand("member_id", "member"),
        same_brand("post_id", "post"),
        Index(None, "member_id", "read_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column()
    post_id: Mapped[int] = mapped_column(index=True)
    reason: Mapped[Reason]
    read_at: Mapped[datetime | None]

    member: Mapped[Member] = relationship(foreign_keys=[member_id])
    post: Mapped[Post] = relationship(foreign_keys=[post_id])


class Mail(BrandScoped, Timestamped, db.Model):
    """One message on its way. Its text goes once it is sent or refused; the line stays 90 days."""

    __table_args__ = (referable(), same_brand("member_id", "member"))
    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int | None] = mapped_column(index=True)
    kind: Mapped[str]
    to: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    html: Mapped[str]
    headers: Mapped[dict] = mapped_column(JSON, default=dict)
    post_id: Mapped[int | None] = mapped_column(index=True)  # not sent once this is hidden
    sent_at: Mapped[datetime | None]
    refused: Mapped[str] = mapped_column(default="")  # what the server said, if it never will
