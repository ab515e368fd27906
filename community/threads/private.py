"""Threads for their author and the brand alone, and how one becomes public: by consent."""

from datetime import datetime

from sqlalchemy import JSON, Index, literal_column
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.kernel.db import Timestamped, db
from community.kernel.tenancy import BrandScoped, referable, same_brand
from community.members.models import Member
from community.threads.models import Thread


class Consent(BrandScoped, Timestamped, db.Model):
    """An author agreed that everybody may read a thread, as it stood at that moment.

    `versions` has for each post, by id, the `Post.version` that was shown and agreed to.
    """

    __table_args__ = (
        referable(),
        same_brand("member_id", "member"),
        same_brand("asked_by_id", "member"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(index=True)
    asked_by_id: Mapped[int | None] = mapped_column()  # None: the author offered
    versions: Mapped[dict] = mapped_column(JSON)


class PublicationRequest(BrandScoped, Timestamped, db.Model):
    """Staff asked an author to open a thread; at most one waits for an answer."""

    __table_args__ = (
        same_brand("thread_id", "thread"),
        same_brand("asked_by_id", "member"),
        Index(
            "uq_publication_request_waiting",
            "thread_id",
            unique=True,
            sqlite_where=literal_column("answered_at IS NULL"),
            postgresql_where=literal_column("answered_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    thread_id: Mapped[int] = mapped_column(index=True)
    asked_by_id: Mapped[int] = mapped_column()
    message: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime | None]
    is_agreed: Mapped[bool] = mapped_column(default=False)

    thread: Mapped[Thread] = relationship(foreign_keys=[thread_id])
    asked_by: Mapped[Member] = relationship(foreign_keys=[asked_by_id])
