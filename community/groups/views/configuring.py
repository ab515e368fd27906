"""Groups in the back office: made, changed, removed."""

from flask import request, url_for

from community.groups import queries, service
from community.groups.forms import GroupForm, NewGroupForm
from community.groups.views.blueprint import blueprint
from community.kernel import web
from community.kernel.errors import Invalid
from community.kernel.i18n import _
from community.kernel.policy import require
from community.permissions import Can


@blueprint.get("/admin/groups")
def admin_index():
    """Every group, with how many are in it and who waits."""
    actor = web.actor()
    require(actor, Can.EDIT_GROUPS)
    return web.page("groups/admin_index.html", lines=queries.group_lines(actor))


@blueprint.route("/admin/groups/new", methods=["GET", "POST"])
def admin_new():
    """Make a group."""
    actor = web.actor()
    require(actor, Can.EDIT_GROUPS)
    form = NewGroupForm()
    if form.validate_on_submit():
        try:
            group = service.create_group(actor, slug=form.slug.data or "", **form.values())
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            url = url_for(".manage", slug=group.slug)
            return web.done(url, _("The group is there. Now add its members."))
    return web.form_page("groups/admin_new.html", form)


@blueprint.route("/admin/groups/<slug>", methods=["GET", "POST"])
def admin_edit(slug):
    """Change a group."""
    actor = web.actor()
    require(actor, Can.EDIT_GROUPS)
    group = queries.group_or_missing(actor, slug)
    form = GroupForm(data={**_facts(group)})
    if form.validate_on_submit():
        try:
            service.update_group(actor, group, **form.values())
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return web.done(url_for(".admin_index"), _("The group is saved."))
    return web.form_page(
        "groups/admin_edit.html",
        form,
        group=group,
        size=queries.size_of(group),
        categories=group.categories,
    )


def _facts(group) -> dict:
    return {
        "name": group.name,
        "description": group.description,
        "joining": group.joining.value,
        "is_hidden": group.is_hidden,
    }


@blueprint.route("/admin/groups/<slug>/remove", methods=["GET", "POST"])
def admin_remove(slug):
    """Ask whether it is meant, then end a group; Conflict while a category is for it."""
    actor = web.actor()
    require(actor, Can.EDIT_GROUPS)
    group = queries.group_or_missing(actor, slug)
    if request.method == "GET":
        return web.page("groups/admin_remove.html", group=group, size=queries.size_of(group))
    service.remove_group(actor, group)
    return web.done(url_for(".admin_index"), _("The group “%(name)s” is gone.", name=group.name))
