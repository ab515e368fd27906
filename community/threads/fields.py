"""What a category asks of every thread beside its text: a product, a version, an order number.

Answers are rows; those everyone may read are copied into `Thread.facts`, so that a page
shows them without another question to the database.
"""

import enum
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, delete, select, update
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from community.events import FactsChanged, MemberErased
from community.kernel import text
from community.kernel.bus import publish
from community.kernel.db import db
from community.kernel.errors import Conflict, Invalid
from community.kernel.i18n import _
from community.kernel.policy import can, require
from community.kernel.tenancy import BrandScoped, referable, same_brand
from community.members.models import Member
from community.permissions import Can
from community.threads import counts
from community.threads.models import Category, Thread

OPTION_MAX = 80
LENGTHS = {"text": 200, "choice": OPTION_MAX, "product": 80, "version": 40, "order-number": 40}
_VERSION = re.compile(r"(?=.*\d)[\w.+ /()-]+")
_ORDER_NUMBER = re.compile(r"(?=.*\d)[\w#/.-]+( [\w#/.-]+)*")


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


@dataclass(frozen=True)
class Fact:
    """One answer as it is shown."""

    label: str
    kind: str
    value: str


# -- Asking ----------------------------------------------------------------


def asked_in(category: Category) -> Sequence[Field]:
    """Return what a thread in this category is asked: by its section first, then by itself."""
    places = [id_ for id_ in (category.parent_id, category.id) if id_]
    asked = select(Field).where(
        Field.category_id.in_(places), Field.is_asked, Field.removed_at.is_(None)
    )
    own = Field.category_id == category.id
    return db.session.scalars(asked.order_by(own, Field.position, Field.id)).all()


def name_of(field: Field) -> str:
    """Return the name of a field in forms and drafts."""
    return f"field_{field.id}"


def checked_value(field: Field, given: str | None) -> str:
    """Return an answer as it is stored, "" for none; Invalid, naming the field, when odd."""
    value = text.clean_line(given or "")
    refusal = _refusal(field, value)
    if refusal:
        raise Invalid(refusal, field=name_of(field))
    return value


def _refusal(field: Field, value: str) -> str | None:
    if not value:
        return _("Please fill this in.") if field.is_required and field.is_asked else None
    longest = LENGTHS.get(field.kind, OPTION_MAX)
    if len(value) > longest:
        return _("Use %(limit)s characters at most.", limit=longest)
    if field.options and value not in field.options:
        return _("Choose one of the answers.")
    is_odd, words = _ODD.get(field.kind, (None, None))
    return words() if is_odd and is_odd(value) else None


def _is_date(value: str) -> bool:
    try:
        return 1900 <= date.fromisoformat(value).year <= 2200 and len(value) == 10
    except ValueError:
        return False


_ODD = {
    FieldKind.VERSION: (
        lambda value: not _VERSION.fullmatch(value),
        lambda: _("Write the version as you see it, for example 4.2.1."),
    ),
    FieldKind.ORDER_NUMBER: (
        lambda value: not _ORDER_NUMBER.fullmatch(value),
        lambda: _("Write the number as it stands on your order, for example LN-20418."),
    ),
    FieldKind.DATE: (
        lambda value: not _is_date(value),
        lambda: _("Write the date as year, month and day, for example 2026-03-28."),
    ),
}


def checked(category: Category, given: Mapping[int, str]) -> dict[Field, str]:
    """Return the answers to what a category asks, from values by field id; Invalid as above."""
    return {field: checked_value(field, given.get(field.id)) for field in asked_in(category)}


# -- Answers ---------------------------------------------------------------


def answered(thread: Thread) -> dict[Field, str]:
    """Return a thread's answers, those for staff only among them, in order."""
    rows = _rows([thread.id])
    return {row.field: row.value for row in rows}


def private_facts(actor, thread: Thread) -> list[Fact]:
    """Return what a thread answers for its author and staff only, for one of them."""
    require(actor, Can.SEE_PRIVATE_FACTS, thread)
    if not thread.has_private_facts:
        return []
    return [
        Fact(field.label, field.kind.value, value)
        for field, value in answered(thread).items()
        if field.is_staff_only
    ]


def fill_in(thread: Thread, answers: Mapping[Field, str]) -> None:
    """Keep the checked answers of a thread that is new or held; "" takes an answer back."""
    there = {row.field_id: row for row in _rows([thread.id])}
    for field, value in answers.items():
        row = there.get(field.id)
        if row is None and value:
            db.session.add(FieldValue(thread_id=thread.id, field_id=field.id, value=value))
        elif row is not None and value:
            row.value = value
        elif row is not None:
            db.session.delete(row)
    db.session.flush()  # the copies are made from the rows
    copy_facts([thread])


def set_facts(actor: Member, thread: Thread, given: Mapping[int, str]) -> bool:
    """Change what a thread answers, from values by field id; False when nothing changes.

    Fields not in `given` stay as they are. Raises Invalid, naming the field, when the answer
    is odd, or missing where one is required.
    """
    require(actor, Can.EDIT_FACTS, thread)
    counts.hold(thread)
    if not can(actor, Can.EDIT_FACTS, thread):
        raise Conflict(_("This discussion was closed or removed while you were writing."))
    before = answered(thread)
    open_to_change = {f.id: f for f in (*asked_in(thread.category), *before)}
    answers = {
        field: checked_value(field, given[id_])
        for id_, field in open_to_change.items()
        if id_ in given
    }
    if all(before.get(field, "") == value for field, value in answers.items()):
        return False
    fill_in(thread, answers)
    publish(FactsChanged(thread_id=thread.id, changed_by_id=actor.id))
    return True


def forget(thread: Thread) -> None:
    """Delete every answer of a thread whose text is gone."""
    db.session.execute(delete(FieldValue).where(FieldValue.thread_id == thread.id))
    thread.facts, thread.has_private_facts = [], False


def _rows(thread_ids: Collection[int]) -> Sequence[FieldValue]:
    found = (
        select(FieldValue)
        .join(FieldValue.field)
        .where(FieldValue.thread_id.in_(thread_ids), Field.removed_at.is_(None))
        .order_by(FieldValue.thread_id, Field.position, Field.id)
        .options(joinedload(FieldValue.field))
    )
    return db.session.scalars(found).all()


def copy_facts(threads: Iterable[Thread]) -> None:
    """Write on each thread what everyone may read of its answers."""
    by_id = {thread.id: thread for thread in threads}
    facts: dict[int, list] = {id_: [] for id_ in by_id}
    private = set()
    for row in _rows(by_id):
        if row.field.is_staff_only:
            private.add(row.thread_id)
        else:
            fact = {"label": row.field.label, "kind": row.field.kind.value, "value": row.value}
            facts[row.thread_id].append(fact)
    for id_, thread in by_id.items():
        thread.facts, thread.has_private_facts = facts[id_], id_ in private


# -- A member's own --------------------------------------------------------


def forget_member(event: MemberErased) -> None:
    """Delete what a former member answered for staff only: it says who somebody is."""
    theirs = select(Thread.id).where(Thread.author_id == event.member_id, Thread.has_private_facts)
    private = select(Field.id).where(Field.is_staff_only)
    of_theirs = delete(FieldValue).where(
        FieldValue.thread_id.in_(theirs), FieldValue.field_id.in_(private)
    )
    db.session.execute(of_theirs)
    threads = update(Thread).where(Thread.author_id == event.member_id, Thread.has_private_facts)
    db.session.execute(threads.values(has_private_facts=False))


def export(member: Member) -> list[dict]:
    """Return what a member answered for their threads, for their copy of their data."""
    theirs = (
        select(FieldValue, Field.label)
        .join(Field, Field.id == FieldValue.field_id)
        .join(Thread, Thread.id == FieldValue.thread_id)
        .where(Thread.author_id == member.id)
        .order_by(FieldValue.thread_id, Field.position)
    )
    return [
        {"thread": row.thread_id, "field": label, "answer": row.value}
        for row, label in db.session.execute(theirs)
    ]
