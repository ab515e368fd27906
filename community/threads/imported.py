"""Where things of another system live here: imports repeat, and old links work."""

import enum

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from community.kernel.db import db
from community.kernel.tenancy import BrandScoped


class ImportedKind(enum.StrEnum):
    THREAD = "thread"
    POST = "post"
    MEMBER = "member"


class ImportedId(BrandScoped, db.Model):
    """Where something of another system lives here: imports repeat, and old links work."""

    __table_args__ = (UniqueConstraint("brand_id", "source", "kind", "old_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    kind: Mapped[ImportedKind] = mapped_column(default=ImportedKind.THREAD)
    old_id: Mapped[str]
    thread_id: Mapped[int | None] = mapped_column()
    post_id: Mapped[int | None] = mapped_column()
    member_id: Mapped[int | None]
