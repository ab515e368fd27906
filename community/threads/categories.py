"""Sections and their parts: two levels, and a part is never more open than its section."""

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from community.kernel.db import db
from community.kernel.errors import Conflict, Invalid
from community.kernel.i18n import _, force_locale
from community.kernel.policy import require
from community.kernel.text import clean_line, slugify
from community.members.models import Member
from community.permissions import Can
from community.threads.models import Audience, Category, Thread

NAME_MAX, DESCRIPTION_MAX = 60, 200
_OPENNESS = (Audience.STAFF, Audience.MEMBERS, Audience.EVERYONE)


def create_category(actor: Member, **values) -> Category:
    """Add a category, with the values `add_category` takes and its refusals."""
    require(actor, Can.EDIT_CATEGORIES)
    return add_category(**values)


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
) -> Category:
    """Add a section, or a part of `parent`, after its siblings: for the CLI, demo and imports.

    The slug comes from the name when none is given, and never changes: addresses stay
    true. A part is as open as its section unless `visible_to` says less. Raises Invalid,
    naming the field, for a taken slug, a part of a part, or a part more open than its
    section.
    """
    _check_parent(parent)
    visible_to = visible_to or (parent.visible_to if parent else Audience.EVERYONE)
    _check_openness(visible_to, parent)
    category = Category(
        name=_checked_name(name),
        slug=_free_slug(slug, name),
        description=_checked_description(description),
        icon=icon or "chat",
        picture=picture,
        parent_id=parent.id if parent else None,
        position=_next_position(parent),
        visible_to=visible_to,
        who_may_start=_those_signed_in(who_may_start),
        who_may_reply=_those_signed_in(who_may_reply),
    )
    try:
        with db.session.begin_nested():
            db.session.add(category)
    except IntegrityError:  # taken at the same moment
        raise _slug_taken() from None
    if parent is not None:
        db.session.expire(parent, ["children"])
    return category


def update_category(actor: Member, category: Category, **changes) -> Category:
    """Change what a category is called, shows and is open to; its slug stays.

    Takes name, description, icon, picture, visible_to, who_may_start, who_may_reply.
    Closing a section closes its parts as far. Raises Invalid as `add_category` does.
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
    }
    checked = {field: checks[field](value) for field, value in changes.items()}
    _hold_family(category)
    if "visible_to" in checked:
        _check_openness(checked["visible_to"], category.parent)
    for field, value in checked.items():
        setattr(category, field, value)
    for part in category.children:
        part.visible_to = _narrower(part.visible_to, category.visible_to)
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
    return True


def remove_category(actor: Member, category: Category) -> None:
    """Remove a category nothing was ever written in; Conflict otherwise."""
    require(actor, Can.EDIT_CATEGORIES)
    if category.children:
        raise Conflict(_("This category has parts. Remove them first."))
    written = select(Thread.id).where(Thread.category_id == category.id).limit(1)
    if db.session.scalar(written) is not None:
        raise Conflict(_("This category holds discussions, so it cannot be removed."))
    db.session.delete(category)


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


def _check_parent(parent: Category | None) -> None:
    if parent is None:
        return
    if parent.parent_id is not None:
        raise Invalid(_("A part cannot have parts of its own."), field="parent")
    # Nobody closes the section while a part is added to it.
    db.session.refresh(parent, with_for_update={"read": True})


def _check_openness(visible_to: Audience, parent: Category | None) -> None:
    if parent is not None and _narrower(visible_to, parent.visible_to) is not visible_to:
        message = _("A part cannot be open to more people than its section.")
        raise Invalid(message, field="visible_to")


def _narrower(one: Audience, other: Audience) -> Audience:
    return min(one, other, key=_OPENNESS.index)


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
        db.session.refresh(category.parent, with_for_update={"read": True})
    db.session.refresh(category, with_for_update={"key_share": True})
    parts = (
        select(Category)
        .where(Category.parent_id == category.id)
        .order_by(Category.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    db.session.scalars(parts).all()
    db.session.expire(category, ["children"])
