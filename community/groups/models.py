import enum

from sqlalchemy import UniqueConstraint
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
    """Some members of a brand under one name; categories may be open to a group alone."""

    __tablename__ = "member_group"
    __table_args__ = (referable(), UniqueConstraint("brand_id", "slug"))
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str]
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    joining: Mapped[Joining] = mapped_column(default=Joining.ON_REQUEST)

    memberships: Mapped[list["GroupMember"]] = relationship(back_populates="group")


class GroupMember(BrandScoped, Timestamped, db.Model):
    """A member of a group, or one who asked to be."""

    __table_args__ = (same_brand("group_id", "member_group"), same_brand("member_id", "member"))
    group_id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(primary_key=True, index=True)
    is_in: Mapped[bool] = mapped_column(default=True)  # False: asked, not answered yet
    is_owner: Mapped[bool] = mapped_column(default=False)

    group: Mapped[Group] = relationship(
        back_populates="memberships", foreign_keys=[group_id], overlaps="memberships"
    )
    member: Mapped[Member] = relationship(foreign_keys=[member_id])
