"""The groups there are, one of them, and coming and going."""

import re

from flask import request, url_for

from community.groups import queries, service
from community.groups.forms import AskForm
from community.groups.views.blueprint import blueprint
from community.kernel import web
from community.kernel.errors import Forbidden, Invalid, Missing
from community.kernel.i18n import _
from community.kernel.policy import can, require
from community.permissions import Can

ACTS_PER_MEMBER = "30/hour"


@blueprint.get("/groups")
def index():
    """Every group the member may know of."""
    actor = web.actor()
    _signed_in(actor)
    return web.page("groups/index.html", lines=queries.group_lines(actor))


@blueprint.get("/groups/<slug>")
def show(slug):
    """A group: what it is for, its categories, and for those in it, who else is."""
    actor = web.actor()
    _signed_in(actor)
    group = queries.group_or_missing(actor, slug)
    number = page_number()
    sees_members = group.id in actor.group_ids or can(actor, Can.MANAGE_GROUP, group)
    return web.page(
        "groups/show.html",
        group=group,
        size=queries.size_of(group),
        sees_members=sees_members,
        people=queries.members_page(group, number) if sees_members else None,
        owners=[] if sees_members else queries.owners_of(group),
        own=queries.membership(group, actor),
        waiting=len(queries.requests(actor, group)) if can(actor, Can.MANAGE_GROUP, group) else 0,
    )


@blueprint.post("/groups/<slug>/join")
@web.limited("group", per_member=ACTS_PER_MEMBER)
def join(slug):
    """Enter an open group."""
    actor, group = _at(slug)
    service.join(actor, group)
    return web.done(_page_of(group), _("You are in the group “%(name)s”.", name=group.name))


@blueprint.route("/groups/<slug>/ask", methods=["GET", "POST"])
@web.limited("group", per_member=ACTS_PER_MEMBER)
def ask(slug):
    """Ask to be let in, with a word to the owners."""
    actor, group = _at(slug)
    require(actor, Can.ASK_GROUP, group)
    form = AskForm()
    if form.validate_on_submit():
        try:
            service.ask(actor, group, message=form.message.data or "")
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return web.done(_page_of(group), _("Your request is sent. You will hear from us."))
    return web.form_page("groups/ask.html", form, group=group)


@blueprint.post("/groups/<slug>/leave")
@web.limited("group", per_member=ACTS_PER_MEMBER)
def leave(slug):
    """Leave a group, or take a request back."""
    actor, group = _at(slug)
    was_in = group.id in actor.group_ids
    service.leave(actor, group)
    if not was_in:
        return web.done(_page_of(group), _("You have taken your request back."))
    url = url_for(".index") if group.is_hidden else _page_of(group)
    return web.done(url, _("You have left the group “%(name)s”.", name=group.name))


def _at(slug: str):
    actor = web.actor()
    _signed_in(actor)
    return actor, queries.group_or_missing(actor, slug)


def _signed_in(actor) -> None:
    if not actor.is_authenticated:
        raise Forbidden(_("Sign in to do this."))


def _page_of(group) -> str:
    return url_for("groups.show", slug=group.slug)


def page_number() -> int:
    """The page asked for; Missing when it cannot be one."""
    asked = request.args.get("page", "1")
    if not re.fullmatch("[1-9][0-9]{0,5}", asked):
        raise Missing(_("There is no such page."))
    return int(asked)
