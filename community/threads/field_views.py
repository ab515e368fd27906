"""The details of a thread, and in the back office the fields that ask for them."""

from datetime import date

from flask import Blueprint, url_for

from community.kernel import formats, web
from community.kernel.errors import Invalid
from community.kernel.i18n import _
from community.kernel.policy import require
from community.permissions import Can
from community.threads import field_setup, fields, reach
from community.threads.field_forms import (
    FactsForm,
    FieldForm,
    NewFieldForm,
    asking,
    given_in,
    present,
)

blueprint = Blueprint("fields", __name__)

CHANGES_PER_MEMBER = "60/hour"


@blueprint.app_template_filter("day_of")
def day_of(value: str) -> str:
    """A stored date in words."""
    return formats.date(date.fromisoformat(value))


@blueprint.app_template_global("field_name")
def field_name(field) -> str:
    """The name of a field in forms."""
    return fields.name_of(field)


@blueprint.route("/t/<int:thread_id>/details", methods=["GET", "POST"])
@web.limited("details", per_member=CHANGES_PER_MEMBER)
def edit_facts(thread_id):
    """Change what a thread answers to the fields of its category."""
    actor = web.actor()
    thread = reach.thread_or_missing(actor, thread_id)
    require(actor, Can.EDIT_FACTS, thread)
    answers = fields.answered(thread)
    asked = list(dict.fromkeys([*fields.asked_in(thread.category), *answers]))
    form = asking(FactsForm, asked)(data=present(answers))
    if form.validate_on_submit():
        try:
            fields.set_facts(actor, thread, given_in(form, asked))
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            url = url_for("threads.show", thread_id=thread.id, slug=thread.slug)
            return web.done(url, _("The details are saved."))
    return web.form_page("threads/edit_facts.html", form, thread=thread, asked=asked)


# -- The back office -------------------------------------------------------


@blueprint.get("/admin/categories/<int:category_id>/fields")
def admin_fields(category_id):
    """What threads in a category are asked."""
    actor = web.actor()
    require(actor, Can.EDIT_CATEGORIES)
    category = field_setup.category_or_missing(actor, category_id)
    own = field_setup.fields_of(actor, category)
    inherited = fields.asked_in(category.parent) if category.parent else []
    return web.page("threads/admin_fields.html", category=category, fields=own, inherited=inherited)


@blueprint.route("/admin/categories/<int:category_id>/fields/new", methods=["GET", "POST"])
def admin_new_field(category_id):
    """Ask one thing more."""
    actor = web.actor()
    require(actor, Can.EDIT_CATEGORIES)
    category = field_setup.category_or_missing(actor, category_id)
    form = NewFieldForm()
    if form.validate_on_submit():
        try:
            field_setup.add_field(actor, category, kind=form.kind.data, **form.values())
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return _back(category, _("New threads are asked this from now on."))
    return web.form_page("threads/admin_new_field.html", form, category=category)


@blueprint.route("/admin/categories/fields/<int:field_id>", methods=["GET", "POST"])
def admin_field(field_id):
    """Change a field."""
    actor = web.actor()
    require(actor, Can.EDIT_CATEGORIES)
    field = field_setup.field_or_missing(actor, field_id)
    form = FieldForm(data={**_facts(field)})
    if form.validate_on_submit():
        try:
            field_setup.update_field(actor, field, **form.values())
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return _back(field.category, _("The field is saved."))
    return web.form_page("threads/admin_field.html", form, field=field, category=field.category)


@blueprint.post("/admin/categories/fields/<int:field_id>/<any(up, down):way>")
def admin_move_field(field_id, way):
    """Ask a field earlier or later."""
    actor = web.actor()
    require(actor, Can.EDIT_CATEGORIES)
    field = field_setup.field_or_missing(actor, field_id)
    field_setup.move_field(actor, field, up=way == "up")
    return _back(field.category, None)


@blueprint.route("/admin/categories/fields/<int:field_id>/remove", methods=["GET", "POST"])
def admin_remove_field(field_id):
    """Ask whether it is meant, then take a field and its answers away."""
    actor = web.actor()
    require(actor, Can.EDIT_CATEGORIES)
    field = field_setup.field_or_missing(actor, field_id)
    form = FactsForm()
    if form.validate_on_submit():
        field_setup.remove_field(actor, field)
        return _back(field.category, _("The field is gone; its answers follow in a moment."))
    return web.form_page(
        "threads/admin_remove_field.html",
        form,
        field=field,
        category=field.category,
        answers=field_setup.answers_count(field),
    )


def _facts(field) -> dict:
    names = ("label", "help", "is_required", "is_staff_only", "is_asked")
    return {name: getattr(field, name) for name in names} | {"options": "\n".join(field.options)}


def _back(category, message):
    return web.done(url_for(".admin_fields", category_id=category.id), message)
