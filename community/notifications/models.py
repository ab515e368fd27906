import enum
from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.groups.models import Group
from community.kernel.db import Timestamped, db
from community.kernel.tenancy import BrandScoped, referable, same_brand
from community.members.models import Member
from community.threads.models import Post


class Reason(enum.StrEnum):
    """Why someone is told of a post or a group; of a post, the first that applies wins."""

    MENTION = "mention"
    QUOTE = "quote"
    REPLY = "reply"
    FOLLOW = "follow"
    MESSAGE = "message"
    POLL_CLOSED = "poll-closed"
    REMINDER = "reminder"  # the member asked to be told of it again
    ASKED_PUBLIC = "asked-public"  # the team asks the author to open a thread
    MADE_PUBLIC = "made-public"  # the author did
    KEPT_PRIVATE = "kept-private"  # the author would rather not
    GROUP_ASKED = "group-asked"
    GROUP_ACCEPTED = "group-accepted"
    GROUP_DECLINED = "group-declined"
    GROUP_ADDED = "group-added"
    ACCEPTED = "accepted"  # these are about what became of an answer
    CERTIFIED = "certified"
    LIFTED = "lifted"
    DUE = "due"
    WAITING = "waiting"  # nobody has answered a question yet
    ACCEPT = "accept"  # which reply answered it?
    MOVED = "moved"  # these are about what staff did to a thread
    MERGED = "merged"
    SPLIT = "split"
    TURNED = "turned"
    RETAGGED = "retagged"
    CLOSED = "closed"


OF_ANSWERS = {
    Reason.ACCEPTED,
    Reason.CERTIFIED,
    Reason.LIFTED,
    Reason.DUE,
    Reason.WAITING,
    Reason.ACCEPT,
}
"""What became of an answer."""
OF_ACTS = {
    Reason.MOVED,
    Reason.MERGED,
    Reason.SPLIT,
    Reason.TURNED,
    Reason.RETAGGED,
    Reason.CLOSED,
}
"""What staff did to a thread, rather than what somebody wrote in it."""


class Notification(BrandScoped, Timestamped, db.Model):
    """One member is told of one post, once; or of a group, by whom something was done there."""

    __table_args__ = (
        UniqueConstraint("member_id", "post_id"),
        same_brand("member_id", "member"),
        same_brand("post_id", "post"),
        same_brand("group_id", "member_group"),
        same_brand("by_id", "member"),
        Index(None, "member_id", "read_at"),
        CheckConstraint("(post_id IS NULL) <> (group_id IS NULL)", name="about_one_thing"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column()
    post_id: Mapped[int | None] = mapped_column(index=True)
    group_id: Mapped[int | None] = mapped_column()
    by_id: Mapped[int | None] = mapped_column()  # of a post, when it was not its author
    reason: Mapped[Reason]
    read_at: Mapped[datetime | None]

    member: Mapped[Member] = relationship(foreign_keys=[member_id])
    post: Mapped[Post | None] = relationship(foreign_keys=[post_id])
    group: Mapped[Group | None] = relationship(foreign_keys=[group_id])
    by: Mapped[Member | None] = relationship(foreign_keys=[by_id])


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
