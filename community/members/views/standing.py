"""What staff does about a member: shut out for a while, let in again, another role."""

from flask import redirect, request, url_for
from werkzeug.exceptions import BadRequest

from community.kernel import web
from community.kernel.errors import Forbidden, Gone, Invalid, Missing
from community.kernel.i18n import _
from community.kernel.policy import can, require
from community.members import queries, roles, second_factor
from community.members.forms import RoleForm, SuspensionForm
from community.members.views.blueprint import blueprint
from community.members.views.proof import fresh
from community.permissions import Can, explain

ACTS_PER_MEMBER = "60/hour"


@blueprint.route("/m/<username>/standing", methods=["GET", "POST"])
@web.limited("standing", per_member=ACTS_PER_MEMBER)
def standing(username):
    """The forms staff may use about a member; the field `act` says which one was sent."""
    actor = web.actor()
    require(actor, Can.ENTER_BACK_OFFICE)
    member = _member(username)
    if not (can(actor, Can.SUSPEND_MEMBER, member) or can(actor, Can.CHANGE_ROLE, member)):
        raise Forbidden(explain(actor, Can.SUSPEND_MEMBER))
    if request.method == "GET" and username != member.username:
        return redirect(url_for(".standing", username=member.username), 301)
    if request.method == "GET":
        return _standing_page(member, _suspension_of(member), _role_of(member))
    act = _ACTS.get(request.form.get("act"))
    if act is None:
        raise BadRequest
    return act(actor, member)


def _member(username: str):
    member, _is_former = queries.by_username(username)
    if member is None:
        raise Missing(_("There is no member of this name."))
    if member.is_erased:
        raise Gone(_("This person has left."))
    return member


def _standing_page(member, form, role_form):
    return web.page(
        "members/standing.html",
        status=422 if form.errors or role_form.errors else 200,
        member=member,
        form=form,
        role_form=role_form,
        longest=roles.MAX_REASON,
    )


def _suspension_of(member) -> SuspensionForm:
    """The form as it stands before anything is sent; the reason of one that runs can be kept."""
    kept = member.suspended_reason if member.is_suspended else ""
    return SuspensionForm(formdata=None, data={"reason": kept})


def _role_of(member) -> RoleForm:
    return RoleForm(formdata=None, data={"role": member.role.value})


# -- Acts ------------------------------------------------------------------


def _suspend(actor, member):
    form = SuspensionForm()
    if form.validate_on_submit():
        try:
            roles.suspend(actor, member, days=form.days_chosen, reason=form.reason.data)
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return _done(member, _("%(name)s is suspended.", name=member.name))
    return _standing_page(member, form, _role_of(member))


def _reinstate(actor, member):
    roles.reinstate(actor, member)
    return _done(member, _("%(name)s may take part again.", name=member.name))


@fresh
def _change_role(actor, member):
    form = RoleForm()
    if not form.validate_on_submit():
        return _standing_page(member, _suspension_of(member), form)
    roles.change_role(actor, member, form.role.data)
    return _done(member, _("The role of %(name)s is saved.", name=member.name))


@fresh
def _reset_second_factor(actor, member):
    second_factor.reset(actor, member)
    return _done(member, _("%(name)s can sign in with the password alone.", name=member.name))


_ACTS = {
    "suspend": _suspend,
    "reinstate": _reinstate,
    "role": _change_role,
    "second-factor": _reset_second_factor,
}


def _done(member, message: str):
    profile = url_for(".profile", username=member.username)
    return web.done(web.local_path(request.args.get("next"), profile), message)
