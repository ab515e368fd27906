"""Sections and their parts: in order, changed, added, removed."""

from flask import request, url_for
from sqlalchemy import select

from community.admin import queries, service
from community.admin.forms import CategoryForm, NewCategoryForm, RemovalForm
from community.admin.views.blueprint import blueprint
from community.groups.models import Group
from community.kernel import web
from community.kernel.db import db
from community.kernel.errors import Conflict, Invalid, Missing
from community.kernel.i18n import _, ngettext
from community.kernel.policy import require
from community.permissions import Can
from community.threads import categories as service_of_categories
from community.threads.models import Audience, Category
from community.threads.queries import category_tree


@blueprint.get("/categories")
def categories():
    """All of them, the parts under their sections."""
    require(web.actor(), Can.EDIT_CATEGORIES)
    return web.page("admin/categories.html", tree=category_tree(web.actor()))


@blueprint.route("/categories/new", methods=["GET", "POST"])
def new_category():
    """Add a section, or a part of the one in `?parent=`."""
    actor = web.actor()
    require(actor, Can.EDIT_CATEGORIES)
    form = NewCategoryForm(data={
        "parent": request.args.get("parent", type=int),
        "icon": "chat",
        "visible_to": Audience.EVERYONE.value,
        "who_may_start": Audience.MEMBERS.value,
        "who_may_reply": Audience.MEMBERS.value,
    })  # fmt: skip
    _offer(form)
    if form.validate_on_submit():
        try:
            token = service.keep_category_picture(actor, _sent(form))
            made = service_of_categories.create_category(
                actor, slug=form.slug.data or "", picture=token, **_values(form)
            )
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return web.done(url_for(".categories"), _("%(name)s is there now.", name=made.name))
    return web.form_page("admin/new_category.html", form)


@blueprint.route("/categories/<int:category_id>", methods=["GET", "POST"])
def category(category_id: int):
    """Change one."""
    actor = web.actor()
    require(actor, Can.EDIT_CATEGORIES)
    found = _category(category_id)
    form = CategoryForm(data=_present(found))
    _offer(form, of=found)
    if form.validate_on_submit():
        try:
            _change(actor, found, form)
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return web.done(url_for(".categories"), _("%(name)s is changed.", name=found.name))
    return web.form_page("admin/category.html", form, category=found)


def _change(actor, found: Category, form: CategoryForm) -> None:
    """The picture first: it is kept while no change is at hand."""
    picture = _sent(form)
    if picture or (form.drops_picture.data and found.picture):
        service.set_category_picture(actor, found, picture)
    service_of_categories.update_category(actor, found, **_values(form))


def _sent(form: CategoryForm) -> bytes:
    return form.picture.data.read() if form.picture.data else b""


def _category(category_id: int) -> Category:
    found = db.session.get(Category, category_id)
    if found is None:
        raise Missing(_("There is no such category."))
    return found


def _present(found: Category) -> dict:
    """A category as its form shows it."""
    return {
        "name": found.name,
        "description": found.description,
        "icon": found.icon,
        "parent": found.parent_id,
        "group": found.group_id,
        "visible_to": found.visible_to.value,
        "who_may_start": found.who_may_start.value,
        "who_may_reply": found.who_may_reply.value,
        "unanswered_hours": found.unanswered_hours,
    }


def _offer(form: CategoryForm, of: Category | None = None) -> None:
    sections = [c for c in category_tree(web.actor()) if c is not of]
    groups = list(db.session.scalars(select(Group).order_by(Group.name)))
    form.offer(sections, groups)
    known = {choice.value for choice in form.icon.choices}
    if of is not None and of.icon not in known:
        form.offer_icon(of.icon)


def _values(form: CategoryForm) -> dict:
    parent, group = form.parent.data, form.group.data
    return {
        "name": form.name.data,
        "description": form.description.data or "",
        "icon": form.icon.data,
        "parent": db.session.get(Category, parent) if parent else None,
        "group": db.session.get(Group, group) if group else None,
        "visible_to": Audience(form.visible_to.data),
        "who_may_start": Audience(form.who_may_start.data),
        "who_may_reply": Audience(form.who_may_reply.data),
        "unanswered_hours": form.unanswered_hours.data,
    }


@blueprint.post("/categories/<int:category_id>/move")
def move_category(category_id: int):
    """One place up or down among its neighbours; the field `to` says which."""
    found = _category(category_id)
    service_of_categories.move(web.actor(), found, up=request.form.get("to") == "up")
    return web.answer(
        url_for(".categories", _anchor=f"category-{found.id}"),
        "admin/_categories.html",
        tree=category_tree(web.actor()),
    )


@blueprint.route("/categories/<int:category_id>/remove", methods=["GET", "POST"])
def remove_category(category_id: int):
    """Remove one, after saying what happens to what was written there."""
    actor = web.actor()
    require(actor, Can.EDIT_CATEGORIES)
    found = _category(category_id)
    held, form = queries.threads_in(found), RemovalForm()
    form.into.choices = _targets(found)
    if request.method == "POST" and (not held or form.validate_on_submit()):
        into = _category(form.into.data) if held else None
        try:
            moved = service_of_categories.remove_category(actor, found, into=into)
        except (Invalid, Conflict) as refusal:
            form.refuse(Invalid(str(refusal), field="into"))
        else:
            return web.done(url_for(".categories"), _gone(found, into, moved))
    return web.form_page("admin/remove_category.html", form, category=found, held=held)


def _targets(found: Category) -> list[tuple[int, str]]:
    """Where discussions may go: every other category, and who reads there."""
    others = []
    for section in category_tree(web.actor()):
        others += [section, *section.children]
    return [(one.id, _name(one)) for one in others if one.id != found.id]


def _name(one: Category) -> str:
    name = f"{one.parent.name} › {one.name}" if one.parent_id else one.name
    readers = {
        Audience.EVERYONE: _("everyone reads"),
        Audience.MEMBERS: _("members read"),
        Audience.GROUP: _("a group reads"),
        Audience.STAFF: _("staff reads"),
    }
    return f"{name} ({readers[one.visible_to]})"


def _gone(found: Category, into: Category | None, moved: int) -> str:
    if into is None:
        return _("%(name)s is removed.", name=found.name)
    return ngettext(
        "%(name)s is removed, and its discussion is in %(into)s.",
        "%(name)s is removed, and its %(num)d discussions are in %(into)s.",
        moved,
        name=found.name,
        into=into.name,
    )
