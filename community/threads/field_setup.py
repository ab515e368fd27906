"""What managers configure: the fields of each category, in the order they are asked."""

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, func, select, update

from community.events import FieldChanged
from community.kernel import text
from community.kernel.bus import publish
from community.kernel.db import db, now
from community.kernel.errors import Invalid, Missing
from community.kernel.i18n import _
from community.kernel.policy import require
from community.members.models import Member
from community.permissions import Can
from community.threads.fields import OPTION_MAX, Field, FieldKind, FieldValue, copy_facts
from community.threads.models import Category, Thread

LABEL_MAX, HELP_MAX = 60, 200
FIELDS_MAX, OPTIONS_MAX = 12, 60  # of a category; of a field
PORTION = 500  # threads one delivery copies answers of


def fields_of(actor: Member, category: Category) -> Sequence[Field]:
    """Return every field of a category, those asked no more among them, in order."""
    require(actor, Can.EDIT_CATEGORIES)
    return _of(category)


def _of(category: Category) -> Sequence[Field]:
    own = select(Field).where(Field.category_id == category.id, Field.removed_at.is_(None))
    return db.session.scalars(own.order_by(Field.position, Field.id)).all()


def category_or_missing(actor: Member, category_id: int) -> Category:
    """Return a category by its id; Missing when there is none."""
    require(actor, Can.EDIT_CATEGORIES)
    category = db.session.get(Category, category_id)
    if category is None:
        raise Missing(_("There is no such category."))
    return category


def field_or_missing(actor: Member, field_id: int) -> Field:
    """Return a field by its id; Missing when there is none."""
    require(actor, Can.EDIT_CATEGORIES)
    field = db.session.get(Field, field_id)
    if field is None or field.removed_at is not None:
        raise Missing(_("There is no such field."))
    return field


def answers_count(field: Field) -> int:
    """How many threads answer a field."""
    rows = select(func.count()).select_from(FieldValue)
    return db.session.scalar(rows.where(FieldValue.field_id == field.id)) or 0


def add_field(
    actor: Member, category: Category, *, kind: FieldKind | str, label: str, **values
) -> Field:
    """Ask one thing more of threads in a category, and in its parts.

    Takes help, options, is_required, is_staff_only, is_asked. Raises Invalid, naming the
    field of the form, for an empty label, a choice between fewer than two, or too many.
    """
    require(actor, Can.EDIT_CATEGORIES)
    db.session.refresh(category, with_for_update={"key_share": True, "of": Category})
    own = _of(category)
    if len(own) >= FIELDS_MAX:
        message = _("A category has %(limit)s fields at most.", limit=FIELDS_MAX)
        raise Invalid(message, field="label")
    field = Field(category_id=category.id, kind=FieldKind(kind), options=[])
    field.position = max((one.position for one in own), default=0) + 1
    for name, value in _checked_question(field, {"label": label, **values}).items():
        setattr(field, name, value)
    db.session.add(field)
    db.session.flush()  # the event needs its id
    publish(FieldChanged(field_id=field.id))
    return field


def update_field(actor: Member, field: Field, **changes) -> Field:
    """Change a field, except what kind it is; raises Invalid as `add_field` does.

    What was answered for staff only stays so: Invalid when such a field with answers is to
    be opened to everyone.
    """
    require(actor, Can.EDIT_CATEGORIES)
    checked_changes = _checked_question(field, changes)
    opens = field.is_staff_only and checked_changes.get("is_staff_only") is False
    if opens and answers_count(field):
        message = _("People answered for the team alone, so this cannot be opened. Add another.")
        raise Invalid(message, field="is_staff_only")
    for name, value in checked_changes.items():
        setattr(field, name, value)
    publish(FieldChanged(field_id=field.id))
    return field


def move_field(actor: Member, field: Field, *, up: bool) -> bool:
    """Move a field before or after its neighbour; False at the end of the row."""
    require(actor, Can.EDIT_CATEGORIES)
    row = list(_of(field.category))
    here = row.index(field)
    there = here - 1 if up else here + 1
    if not 0 <= there < len(row):
        return False
    row[here], row[there] = row[there], row[here]
    for position, neighbour in enumerate(row, start=1):
        neighbour.position = position
    publish(FieldChanged(field_id=field.id))
    return True


def remove_field(actor: Member, field: Field) -> None:
    """Take a field and every answer to it away, for good."""
    require(actor, Can.EDIT_CATEGORIES)
    field.removed_at = now()
    publish(FieldChanged(field_id=field.id))


def hand_over(category: Category, into: Category | None) -> None:
    """Before a category goes: its answers stay with the threads, asked no more."""
    own = select(Field.id).where(Field.category_id == category.id)
    if into is None:  # nothing was ever written here
        db.session.execute(delete(FieldValue).where(FieldValue.field_id.in_(own)))
        db.session.execute(delete(Field).where(Field.category_id == category.id))
        return
    moved = update(Field).where(Field.category_id == category.id)
    db.session.execute(moved.values(category_id=into.id, is_asked=False))


def _checked_question(field: Field, given: dict) -> dict:
    """What was given for a field, as it is stored."""
    checks = {
        "label": lambda words: _checked_words(words, LABEL_MAX, "label", shortest=2),
        "help": lambda words: _checked_words(words, HELP_MAX, "help"),
        "options": lambda options: _checked_options(field.kind, options),
        "is_required": bool,
        "is_staff_only": lambda wanted: bool(wanted) or field.kind is FieldKind.ORDER_NUMBER,
        "is_asked": bool,
    }
    if field.id is None:
        given = {"options": (), "is_staff_only": False} | given
    return {name: checks[name](value) for name, value in given.items()}


def _checked_words(words: str, limit: int, field: str, *, shortest: int = 0) -> str:
    words = text.clean_line(words)
    if len(words) < shortest:
        message = _("Use %(limit)s characters at least.", limit=shortest)
        raise Invalid(message, field=field)
    if len(words) > limit:
        raise Invalid(_("Use %(limit)s characters at most.", limit=limit), field=field)
    return words


def _checked_options(kind: FieldKind, options: Iterable[str]) -> list[str]:
    if kind not in {FieldKind.CHOICE, FieldKind.PRODUCT}:
        return []
    lines = [text.clean_line(option) for option in options]
    found = list(dict.fromkeys(line for line in lines if line))
    if kind is FieldKind.CHOICE and len(found) < 2:
        raise Invalid(_("Give at least two answers to choose from."), field="options")
    if len(found) > OPTIONS_MAX:
        message = _("Give %(limit)s answers at most.", limit=OPTIONS_MAX)
        raise Invalid(message, field="options")
    if any(len(line) > OPTION_MAX for line in found):
        message = _("An answer has %(limit)s characters at most.", limit=OPTION_MAX)
        raise Invalid(message, field="options")
    return found


# -- What follows ----------------------------------------------------------


def on_field_changed(event: FieldChanged) -> None:
    """Copy answers again for the threads that have one; of a removed field, delete them."""
    field = db.session.get(Field, event.field_id)
    if field is None:
        return
    answering = select(FieldValue.thread_id).where(
        FieldValue.field_id == field.id, FieldValue.thread_id > event.after_thread_id
    )
    some = answering.order_by(FieldValue.thread_id).limit(PORTION)
    ids = db.session.scalars(some).all()
    if field.removed_at is not None:
        gone = delete(FieldValue).where(
            FieldValue.field_id == field.id, FieldValue.thread_id.in_(ids)
        )
        db.session.execute(gone)
    copy_facts(db.session.scalars(select(Thread).where(Thread.id.in_(ids))).all())
    if len(ids) == PORTION:
        publish(FieldChanged(field_id=field.id, after_thread_id=ids[-1]))
    elif field.removed_at is not None:
        db.session.delete(field)
