"""What owners and staff do for a group: requests, members, other owners."""

from flask import request, url_for
from werkzeug.exceptions import BadRequest

from community.groups import queries, service
from community.groups.forms import AddForm, DeclineForm
from community.groups.views.blueprint import blueprint
from community.groups.views.reading import page_number
from community.kernel import web
from community.kernel.errors import Invalid
from community.kernel.i18n import _
from community.kernel.policy import require
from community.permissions import Can

ACTS_PER_MEMBER = "200/hour"


@blueprint.route("/groups/<slug>/members", methods=["GET", "POST"])
@web.limited("group-members", per_member=ACTS_PER_MEMBER)
def manage(slug):
    """Answer requests, add members; the form on top is sent to this page."""
    actor, group = _at(slug)
    form = AddForm()
    if form.validate_on_submit():
        try:
            member = service.add_member(actor, group, form.username.data)
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return _done(group, _("%(name)s is in the group now.", name=member.name))
    return web.form_page(
        "groups/manage.html",
        form,
        group=group,
        requests=queries.requests(actor, group),
        people=queries.members_page(group, page_number()),
    )


@blueprint.post("/groups/<slug>/members/<username>")
@web.limited("group-members", per_member=ACTS_PER_MEMBER)
def change_member(slug, username):
    """Let somebody in, take somebody out, make or unmake an owner: the field `act` says."""
    actor, group = _at(slug)
    act = _ACTS.get(request.form.get("act"))
    member = queries.member_or_missing(group, username)
    if act is None:
        raise BadRequest
    return _done(group, act(actor, group, member))


@blueprint.route("/groups/<slug>/members/<username>/decline", methods=["GET", "POST"])
@web.limited("group-members", per_member=ACTS_PER_MEMBER)
def decline(slug, username):
    """Ask for the reason, then say no to a request."""
    actor, group = _at(slug)
    member = queries.member_or_missing(group, username)
    form = DeclineForm()
    if form.validate_on_submit():
        try:
            service.decline(actor, group, member, reason=form.reason.data or "")
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return _done(group, _("%(name)s has been told.", name=member.name))
    return web.form_page("groups/decline.html", form, group=group, member=member)


def _at(slug: str):
    actor = web.actor()
    group = queries.group_or_missing(actor, slug)
    require(actor, Can.MANAGE_GROUP, group)
    return actor, group


def _accept(actor, group, member):
    service.accept(actor, group, member)
    return _("%(name)s is in the group now.", name=member.name)


def _remove(actor, group, member):
    service.remove_member(actor, group, member)
    return _("%(name)s is out of the group.", name=member.name)


def _make_owner(actor, group, member):
    service.set_owner(actor, group, member, is_owner=True)
    return _("%(name)s looks after the group now.", name=member.name)


def _unmake_owner(actor, group, member):
    service.set_owner(actor, group, member, is_owner=False)
    return _("%(name)s does not look after the group any more.", name=member.name)


_ACTS = {
    "accept": _accept,
    "remove": _remove,
    "make-owner": _make_owner,
    "unmake-owner": _unmake_owner,
}


def _done(group, message: str):
    return web.done(url_for(".manage", slug=group.slug), message)
