"""What a category asks of every thread beside its text: a product, a version, an order number."""

import enum
from datetime import datetime

from sqlalchemy import JSON, CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.kernel.db import db
from community.kernel.tenancy import BrandScoped, referable, same_brand
from community.threads.models import Category


class FieldKind(enum.StrEnum):
    TEXT = "text"
    CHOICE = "choice"
    PRODUCT = "product"
    VERSION = "version"
    ORDER_NUMBER = "order-number"
    DATE = "date"


class Field(BrandScoped, db.Model):
    """One question of a category. `options` are what may be chosen, of a choice or a product.

    What is answered to one for staff only is seen by the thread's author and staff.
    """

    __table_args__ = (
        referable(),
        same_brand("category_id", "category"),
        CheckConstraint(
            "is_staff_only OR kind <> 'order-number'", name="order_numbers_are_for_staff"
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    category_id: Mapped[int] = mapped_column(index=True)
    label: Mapped[str]
    kind: Mapped[FieldKind]
    help: Mapped[str] = mapped_column(default="")
    options: Mapped[list] = mapped_column(JSON, default=list)
    is_required: Mapped[bool] = mapped_column(default=False)
    is_staff_only: Mapped[bool] = mapped_column(default=False)
    is_asked: Mapped[bool] = mapped_column(default=True)  # False: its answers stay, no more come
    position: Mapped[int] = mapped_column(default=0)
    removed_at: Mapped[datetime | None]  # it and its answers go, as fast as the worker can

    category: Mapped[Category] = relationship(foreign_keys=[category_id])


class FieldValue(BrandScoped, db.Model):
    """What was answered for one thread. A date is written as ISO 8601 has it."""

    __table_args__ = (same_brand("thread_id", "thread"), same_brand("field_id", "field"))
    thread_id: Mapped[int] = mapped_column(primary_key=True)
    field_id: Mapped[int] = mapped_column(primary_key=True, index=True)
    value: Mapped[str]

    field: Mapped[Field] = relationship(foreign_keys=[field_id])
