"""Sections and their parts: two levels, and a part is never more open than its section."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from community.events import CategoryAdded, CategoryChanged, CategoryRemoved, ThreadsRefiled
from community.groups.models import Group
from community.kernel.bus import publish
from community.kernel.db import db
from community.kernel.errors import Conflict, Invalid
from community.kernel.i18n import _, force_locale
from community.kernel.policy import require
from community.kernel.text import clean_line, slugify
from community.members.models import Member
from community.permissions import Can
from community.threads.field_setup import hand_over
from community.threads.models import Access, Audience, Category, FormerCategory, State, Thread
from community.threads.reading import forget_category

NAME_MAX, DESCRIPTION_MAX = 60, 200
AT_ONCE = 500
"""How many threads one event tells of."""
HOURS_MAX = 360  # staff hears after twice as long, within the month in which anybody does
_AUDIENCES = ("visible_to", "who_may_start", "who_may_reply")
_OPENNESS = (Audience.STAFF, Audience.GROUP, Audience.MEMBERS, Audience.EVERYONE)


def create_category(actor: Member, **values) -> Category:
    """Add a category, with the values `add_category` takes and its refusals."""
    require(actor, Can.EDIT_CATEGORIES)
    category = add_category(**values)
    db.session.flush()  # the event needs category.id
    publish(CategoryAdded(category_id=category.id, added_by_id=actor.id))
    return category


def add_category(
    *,
    name: str,
    slug: str = "",
    description: str = "",
    icon: str = "chat",
    picture: str = "",
    parent: Category | None = None,
    visible_to: Audience | None = None,
    who_may_start: Audience = Audience.MEMBERS,
    who_may_reply: Audience = Audience.MEMBERS,
    group: Group | None = None,
    unanswered_hours: int | None = None,
) -> Category:
    """Add a section, or a part of `parent`, after its siblings: for the CLI, demo and imports.

    The slug comes from the name when none is given, and never changes: addresses stay
    true. A part is as open as its section unless `visible_to` says less. `group` is whom
    Audience.GROUP means. Raises Invalid, naming the field, for a taken slug, a part of a
    part, a part more open than its section, or a group that is meant and not named.
    """
    _check_parent(parent)
    if visible_to is None and parent is not None:
        visible_to, group = parent.visible_to, group or parent.group
    audiences = {
        "visible_to": Audience(visible_to or Audience.EVERYONE),
        "who_may_start": _those_signed_in(who_may_start),
        "who_may_reply": _those_signed_in(who_may_reply),
    }
    door = _door(audiences, group)
    _check_openness(door, parent)
    category = Category(
        name=_checked_name(name),
        slug=_free_slug(slug, name),
        description=_checked_description(description),
        icon=icon or "chat",
        picture=picture,
        parent_id=parent.id if parent else None,
        position=_next_position(parent),
        group_id=door.group_id,
        unanswered_hours=_checked_hours(unanswered_hours),
        **audiences,
    )
    db.session.execute(delete(FormerCategory).where(FormerCategory.slug == category.slug))
    try:
        with db.session.begin_nested():
            db.session.add(category)
    except IntegrityError:  # taken at the same moment
        raise _slug_taken() from None
    if parent is not None:
        db.session.expire(parent, ["children"])
    return category


def update_category(actor: Member, category: Category, **changes) -> Category:
    """Change what a category is called, shows, belongs to and is open to; its slug stays.

    Takes name, description, icon, picture, parent, visible_to, who_may_start,
    who_may_reply, group, unanswered_hours. Closing a section closes its parts as far. Raises
    Invalid as `add_category` does, and when a part names another group than its section would.
    """
    require(actor, Can.EDIT_CATEGORIES)
    checks = {
        "name": _checked_name,
        "description": _checked_description,
        "icon": str,
        "picture": str,
        "visible_to": Audience,
        "who_may_start": _those_signed_in,
        "who_may_reply": _those_signed_in,
        "unanswered_hours": _checked_hours,
    }
    moves = "parent" in changes and changes["parent"] is not category.parent
    parent = changes.pop("parent", category.parent)
    group = changes.pop("group", category.group)
    checked = {field: checks[field](value) for field, value in changes.items()}
    if moves:
        _check_parent(parent, of=category)
        _place_threads(category, parent)
    _hold_family(category)
    audiences = {name: checked.get(name, getattr(category, name)) for name in _AUDIENCES}
    door = _door(audiences, group)
    _check_openness(door, parent)
    parts = [(part, _as_far(part, door)) for part in category.children]
    # Whatever may be refused has been: nothing is half changed.
    if moves:
        category.position = _next_position(parent)
        category.parent = parent
    for field, value in checked.items():
        setattr(category, field, value)
    category.group_id = door.group_id
    for part, narrower in parts:
        part.visible_to, part.group_id = narrower.audience, narrower.group_id
    db.session.flush()  # its group is read again by id
    db.session.expire(category, ["group"])
    publish(CategoryChanged(category_id=category.id, changed_by_id=actor.id))
    return category


def move(actor: Member, category: Category, *, up: bool) -> bool:
    """Move a category before or after its neighbour; False at the end of the row."""
    require(actor, Can.EDIT_CATEGORIES)
    row = db.session.scalars(
        select(Category)
        .where(Category.parent_id == category.parent_id)
        .order_by(Category.position, Category.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    here = row.index(category)
    there = here - 1 if up else here + 1
    if not 0 <= there < len(row):
        return False
    row[here], row[there] = row[there], row[here]
    for position, neighbour in enumerate(row, start=1):
        neighbour.position = position
    publish(CategoryChanged(category_id=category.id, changed_by_id=actor.id))
    return True


# -- Removing --------------------------------------------------------------


def remove_category(actor: Member, category: Category, *, into: Category | None = None) -> int:
    """Remove a category without parts; what was written in it goes `into` another.

    Its address leads there from now on. Returns how many threads went along, removed ones
    among them. Raises Conflict when it has parts, or holds threads and `into` is None.
    """
    require(actor, Can.EDIT_CATEGORIES)
    if category.children:
        raise Conflict(_("This category has parts. Remove them first."))
    if into is category:
        raise Invalid(_("Choose another category."), field="into")
    written = select(Thread.id).where(Thread.category_id == category.id).limit(1)
    if into is None and db.session.scalar(written) is not None:
        raise Conflict(_("This category holds discussions, so it cannot be removed."))
    hand_over(category, into)
    refiled = _refile(actor, category, into) if into else 0
    _leave_an_address(category, into)
    forget_category(category)
    publish(
        CategoryRemoved(
            category_id=category.id, into_id=into.id if into else None, removed_by_id=actor.id
        )
    )
    db.session.delete(category)
    db.session.flush()  # what still belongs to the category refuses here
    return refiled


def _refile(actor: Member, category: Category, into: Category) -> int:
    """Put every thread into another category; threads are locked before categories."""
    counts = (Thread.state == State.VISIBLE) & (Thread.access == Access.OPEN)
    held = select(Thread.id, counts).where(Thread.category_id == category.id)
    rows = db.session.execute(held.order_by(Thread.id).with_for_update()).all()
    for ids in _portions([id_ for id_, _counts in rows]):
        moved = (
            update(Thread)
            .where(Thread.id.in_(ids))
            .values(category_id=into.id, section_id=into.parent_id or into.id)
        )
        db.session.execute(moved.execution_options(synchronize_session=False))
        publish(ThreadsRefiled(thread_ids=ids, category_id=into.id, refiled_by_id=actor.id))
    shown = sum(bool(is_counted) for _id, is_counted in rows)
    more = update(Category).where(Category.id == into.id)
    db.session.execute(more.values(threads_count=Category.threads_count + shown))
    db.session.expire_all()  # threads and counts at hand are as they were
    return len(rows)


def _portions(ids: list[int]) -> Iterator[list[int]]:
    return (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))


def _leave_an_address(category: Category, into: Category | None) -> None:
    former = FormerCategory.category_id == category.id
    if into is None:
        db.session.execute(delete(FormerCategory).where(former))
        return
    db.session.execute(update(FormerCategory).where(former).values(category_id=into.id))
    db.session.add(FormerCategory(slug=category.slug, category_id=into.id))


def former_category(slug: str) -> Category | None:
    """The category an address of one that is gone leads to, whoever may see it."""
    led = select(Category).join(FormerCategory, FormerCategory.category_id == Category.id)
    return db.session.scalar(led.where(FormerCategory.slug == slug))


# -- To begin with ---------------------------------------------------------


def add_starter_categories(locale: str) -> list[Category]:
    """Add four sections a new brand can begin with, in its language; none if it has any."""
    if db.session.scalar(select(Category.id).limit(1)) is not None:
        return []
    with force_locale(locale):
        return [add_category(**values) for values in _starters()]


def _starters() -> list[dict]:
    return [
        {
            "name": _("Announcements"),
            "description": _("News from the team, for everyone to read and discuss."),
            "icon": "bell",
            "who_may_start": Audience.STAFF,
        },
        {
            "name": _("Questions and help"),
            "description": _("Ask about anything. Members and the team answer."),
            "icon": "ask",
        },
        {
            "name": _("Tips and experiences"),
            "description": _("What works for you, with pictures if you like."),
            "icon": "spark",
        },
        {
            "name": _("Meeting place"),
            "description": _("Say hello, and talk about the rest of life."),
            "icon": "chat",
        },
    ]


# -- Rules -----------------------------------------------------------------


def _checked_name(name: str) -> str:
    name = clean_line(name)
    if not 2 <= len(name) <= NAME_MAX:
        message = _("A name has between %(min)d and %(max)d characters.", min=2, max=NAME_MAX)
        raise Invalid(message, field="name")
    return name


def _checked_hours(hours: int | None) -> int | None:
    if hours is not None and not 1 <= hours <= HOURS_MAX:
        message = _("Write a number of hours from 1 to %(max)d, or nothing.", max=HOURS_MAX)
        raise Invalid(message, field="unanswered_hours")
    return hours


def _checked_description(description: str) -> str:
    description = clean_line(description)
    if len(description) > DESCRIPTION_MAX:
        message = _("Use %(limit)s characters at most.", limit=DESCRIPTION_MAX)
        raise Invalid(message, field="description")
    return description


def _free_slug(slug: str, name: str) -> str:
    chosen = slugify(slug or name, fallback="")
    if not chosen or (slug and chosen != slug):
        message = _("Use small letters, figures and hyphens, for example skin-care.")
        raise Invalid(message, field="slug")
    if db.session.scalar(select(Category.id).where(Category.slug == chosen)) is not None:
        raise _slug_taken()
    return chosen


def _slug_taken() -> Invalid:
    return Invalid(_("Another category has this address."), field="slug")


def _place_threads(category: Category, parent: Category | None) -> None:
    """Let threads know their section; they are locked before their category is."""
    of = update(Thread).where(Thread.category_id == category.id)
    section_id = parent.id if parent else category.id
    placed = of.values(section_id=section_id).execution_options(synchronize_session=False)
    db.session.execute(placed)


def _check_parent(parent: Category | None, *, of: Category | None = None) -> None:
    if parent is None:
        return
    if parent.parent_id is not None or parent is of:
        raise Invalid(_("A part cannot have parts of its own."), field="parent")
    if of is not None and of.children:
        message = _("This category has parts, so it cannot become a part itself.")
        raise Invalid(message, field="parent")
    # Nobody closes the section while a part is added to it.
    db.session.refresh(parent, with_for_update={"read": True, "of": Category})


class _Door(NamedTuple):
    """Who reads a category, and the group its audiences mean."""

    audience: Audience
    group_id: int | None

    def is_within(self, other: "_Door") -> bool:
        """Whether everyone who comes in here comes in there."""
        if self.audience is Audience.GROUP and other.audience is Audience.GROUP:
            return self.group_id == other.group_id
        return _OPENNESS.index(self.audience) <= _OPENNESS.index(other.audience)


def _door(audiences: Mapping[str, Audience], group: Group | None) -> _Door:
    """Keep the group when an audience means it; Invalid when one does and none is named."""
    if Audience.GROUP not in audiences.values():
        group = None
    elif group is None:
        raise Invalid(_("Choose which group is meant."), field="group")
    return _Door(audiences["visible_to"], group.id if group else None)


def _door_of(category: Category) -> _Door:
    return _Door(category.visible_to, category.group_id)


def is_within(part: Category, section: Category) -> bool:
    """Whether everyone who sees the part sees the section."""
    return _door_of(part).is_within(_door_of(section))


def _check_openness(door: _Door, parent: Category | None) -> None:
    if parent is not None and not door.is_within(_door_of(parent)):
        message = _("A part cannot be open to more people than its section.")
        raise Invalid(message, field="visible_to")


def _as_far(part: Category, section: _Door) -> _Door:
    """What a part is open to when its section closes."""
    own = _door_of(part)
    if own.is_within(section):
        return own
    if section.audience is not Audience.GROUP:
        return own._replace(audience=section.audience)
    if own.group_id not in {None, section.group_id}:
        message = _("Its part “%(name)s” names another group. Change that first.", name=part.name)
        raise Invalid(message, field="visible_to")
    return section


def _those_signed_in(audience: Audience) -> Audience:
    """Nobody writes without signing in, so "everyone" means every member."""
    audience = Audience(audience)
    return Audience.MEMBERS if audience is Audience.EVERYONE else audience


def _next_position(parent: Category | None) -> int:
    of = Category.parent_id == (parent.id if parent else None)
    return (db.session.scalar(select(func.max(Category.position)).where(of)) or 0) + 1


def _hold_family(category: Category) -> None:
    """Keep a section and its parts until the commit, the section first."""
    if category.parent is not None:
        db.session.refresh(category.parent, with_for_update={"read": True, "of": Category})
    db.session.refresh(category, with_for_update={"key_share": True, "of": Category})
    parts = (
        select(Category)
        .where(Category.parent_id == category.id)
        .order_by(Category.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    db.session.scalars(parts).all()
    db.session.expire(category, ["children"])
