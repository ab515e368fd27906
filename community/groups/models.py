import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.kernel.db import Timestamped, db
from community.kernel.tenancy import BrandScoped, referable, same_brand
from community.members.models import Member


class Joining(enum.StrEnum):
    """How members come into a group."""

    OPEN = "open"
    ON_REQUEST = "on-request"
    CLOSED = "closed"  # owners and staff add them


class Group(BrandScoped, Timestamped, db.Model):
    """Some members of a brand under one name; categories may be open to a group alone.

    A removed one stays as a name for what was told of it; nobody is in it and its slug is free.
    """

    __tablename__ = "member_group"
    __table_args__ = (
        referable(),
        UniqueConstraint("brand_id", "slug"),
        CheckConstraint("NOT is_hidden OR joining = 'closed'", name="hidden_is_closed"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str]
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    joining: Mapped[Joining] = mapped_column(default=Joining.ON_REQUEST)
    is_hidden: Mapped[bool] = mapped_column(default=False)  # from whoever is not in it
    removed_at: Mapped[datetime | None]

    memberships: Mapped[list["GroupMember"]] = relationship(back_populates="group")
    categories: Mapped[list["Category"]] = relationship(  # noqa: F821 - of a room above
        primaryjoin="Group.id == foreign(Category.group_id)",
        order_by="Category.position, Category.id",
        viewonly=True,
    )


class GroupMember(BrandScoped, Timestamped, db.Model):
    """A member of a group, or one who asked to be and perhaps heard no.

    `message` is what was said with the request, `answer` why it was declined.
    """

    __table_args__ = (same_brand("group_id", "member_group"), same_brand("member_id", "member"))
    group_id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(primary_key=True, index=True)
    is_in: Mapped[bool] = mapped_column(default=True)  # False: asked, not answered yet
    is_owner: Mapped[bool] = mapped_column(default=False)
    message: Mapped[str] = mapped_column(default="")
    declined_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(default="")

    @property
    def is_waiting(self) -> bool:
        """Asked, and nobody has answered yet."""
        return not self.is_in and self.declined_at is None

    group: Mapped[Group] = relationship(
        back_populates="memberships", foreign_keys=[group_id], overlaps="memberships"
    )
    member: Mapped[Member] = relationship(foreign_keys=[member_id])
