from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.kernel.db import Timestamped, db
from community.kernel.tenancy import BrandScoped, same_brand
from community.members.models import Member


class StaffChange(BrandScoped, Timestamped, db.Model):
    """One act of staff on the brand or on people: what, by whom, about whom. Never changed.

    `by_id` is None for a command on the server. `facts` names what changed, never its value.
    """

    __table_args__ = (same_brand("by_id", "member"), same_brand("member_id", "member"))
    id: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str]  # the name of the event
    by_id: Mapped[int | None] = mapped_column(index=True)
    member_id: Mapped[int | None] = mapped_column(index=True)
    facts: Mapped[str] = mapped_column(default="")

    by: Mapped[Member | None] = relationship(foreign_keys=[by_id])
    member: Mapped[Member | None] = relationship(foreign_keys=[member_id])
