from datetime import datetime

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.kernel.db import Timestamped, db
from community.kernel.tenancy import BrandScoped, referable, same_brand
from community.members.models import Member


class Upload(BrandScoped, Timestamped, db.Model):
    """One picture, kept in several widths under an unguessable token.

    `variants` lists the widths in pixels, ascending; the file of each is
    `<brand id>/<token>-<width>.webp` in the storage. An upload nothing refers to
    is an orphan (`attached_at` is None) and goes after 48 hours, or when the time is over
    for which something unfinished keeps it (`kept_until`).
    """

    __table_args__ = (referable(), same_brand("owner_id", "member"))
    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(unique=True)
    owner_id: Mapped[int | None] = mapped_column(index=True)
    width: Mapped[int]
    height: Mapped[int]
    bytes: Mapped[int]
    variants: Mapped[list] = mapped_column(JSON, default=list)
    alt: Mapped[str] = mapped_column(default="")
    attached_at: Mapped[datetime | None] = mapped_column(index=True)
    kept_until: Mapped[datetime | None]
    hidden_at: Mapped[datetime | None]  # its post was removed: the file answers 404

    owner: Mapped[Member | None] = relationship(foreign_keys=[owner_id])
