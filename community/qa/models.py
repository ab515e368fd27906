"""What the brand says of answers, and what readers say of that."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, literal_column
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.kernel.db import Timestamped, db
from community.kernel.tenancy import BrandScoped, referable, same_brand
from community.members.models import Member
from community.threads.models import Post


class Certification(BrandScoped, Timestamped, db.Model):
    """An expert or staff stands behind one answer, for what it names and until it is looked at.

    A lifted one stays, with who lifted it and why; a post has at most one that holds.
    """

    __table_args__ = (
        referable(),
        same_brand("post_id", "post"),
        same_brand("certified_by_id", "member"),
        same_brand("owner_id", "member"),
        same_brand("lifted_by_id", "member"),
        Index(
            "uq_certification_holding",
            "post_id",
            unique=True,
            postgresql_where=literal_column("lifted_at IS NULL"),
            sqlite_where=literal_column("lifted_at IS NULL"),
        ),
        Index(None, "brand_id", "review_by"),
        CheckConstraint("(lifted_at IS NULL) = (cause = '')", name="lifted_for_a_cause"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(index=True)
    certified_by_id: Mapped[int] = mapped_column()
    owner_id: Mapped[int] = mapped_column()
    product: Mapped[str] = mapped_column(default="")
    version: Mapped[str] = mapped_column(default="")
    source_url: Mapped[str] = mapped_column(default="")
    review_by: Mapped[date]
    checked_at: Mapped[datetime]
    due_at: Mapped[datetime | None]  # since when it is on the list of those to look at again
    lifted_at: Mapped[datetime | None]
    lifted_by_id: Mapped[int | None] = mapped_column()
    cause: Mapped[str] = mapped_column(default="")  # withdrawn, edited, replaced or removed

    post: Mapped[Post] = relationship(foreign_keys=[post_id])
    certified_by: Mapped[Member] = relationship(foreign_keys=[certified_by_id])
    owner: Mapped[Member] = relationship(foreign_keys=[owner_id])

    @property
    def author_id(self) -> int:
        return self.post.author_id

    @property
    def thread(self):
        return self.post.thread


class StaleVote(BrandScoped, Timestamped, db.Model):
    """A member says that a certified answer no longer works; gone when it is looked at again."""

    __table_args__ = (
        same_brand("certification_id", "certification"),
        same_brand("member_id", "member"),
    )
    certification_id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(primary_key=True, index=True)
