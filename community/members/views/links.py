"""Where mailed links lead: a page with a button, which acts."""

from flask import url_for

from community.kernel import web
from community.kernel.errors import Gone, Invalid
from community.kernel.i18n import _
from community.members import access, links, privacy
from community.members.forms import ButtonForm, ConfirmForm, LeaveForm, ResetForm
from community.members.models import Purpose
from community.members.views.blueprint import blueprint
from community.members.views.entry import admit, browser_secret, here, leave_browser

USES_PER_NETWORK = "60/hour"


def _live(token: str, purpose: Purpose):
    """The link, or None when it opens nothing any more."""
    try:
        return links.find(token, purpose)
    except Gone:
        return None


def _over(template: str, **context):
    """The page of a link that opens nothing any more: how to get another one."""
    return web.page(template, status=410, link=None, **context)


def _goal(path: str) -> str:
    return web.local_path(path, url_for("threads.home"))


@blueprint.route("/confirm/<token>", methods=["GET", "POST"])
@web.limited("use-link", per_network=USES_PER_NETWORK)
def confirm(token):
    """Confirm an address."""
    template, form, actor = "members/confirm.html", ConfirmForm(), web.actor()
    link = _live(token, Purpose.CONFIRM)
    if link is None:
        return _over(template)
    goes_on = _goal(link.next_path)
    knows = access.is_joiner(actor, link, browser_secret())
    if form.validate_on_submit():
        try:
            member = access.confirm(
                actor,
                token,
                browser=browser_secret(),
                password=form.password.data or "",
                network=here(),
            )
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            welcome = _("Your address is confirmed. Welcome, %(name)s.", name=member.name)
            if actor.id == member.id:
                return web.done(goes_on, welcome)
            return admit(member, goes_on, message=welcome)
    return web.form_page(template, form, link=link, knows=knows)


@blueprint.route("/enter/<token>", methods=["GET", "POST"])
@web.limited("use-link", per_network=USES_PER_NETWORK)
def enter_by_link(token):
    """Sign in by a mailed link."""
    template, form = "members/enter_by_link.html", ButtonForm()
    link = _live(token, Purpose.SIGN_IN)
    if link is None:
        return _over(template)
    goes_on = _goal(link.next_path)
    if form.validate_on_submit():
        return admit(access.enter_by_link(token, network=here()), goes_on)
    return web.form_page(template, form, link=link)


@blueprint.route("/reset/<token>", methods=["GET", "POST"])
@web.limited("use-link", per_network=USES_PER_NETWORK)
def reset(token):
    """Choose a new password by a mailed link."""
    template, form = "members/reset.html", ResetForm()
    link = _live(token, Purpose.RESET)
    if link is None:
        return _over(template)
    if form.validate_on_submit():
        try:
            member = access.reset(token, form.password.data, network=here())
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            message = _("Your new password counts from now on. Other devices are signed out.")
            return admit(member, url_for("threads.home"), message=message)
    return web.form_page(template, form, link=link)


@blueprint.route("/email/<token>", methods=["GET", "POST"])
@web.limited("use-link", per_network=USES_PER_NETWORK)
def change_email(token):
    """Make the address the link was mailed to one's own."""
    template, form = "members/change_email.html", ButtonForm()
    link = _live(token, Purpose.CHANGE_EMAIL)
    if link is None:
        return _over(template)
    if form.validate_on_submit():
        member = access.change_email(token)
        own = web.actor().id == member.id
        goes_on = url_for(".account") if own else url_for(".login")
        return web.done(goes_on, _("Your new address counts from now on."))
    return web.form_page(template, form, link=link)


@blueprint.route("/leave/<token>", methods=["GET", "POST"])
@web.limited("use-link", per_network=USES_PER_NETWORK)
def leave(token):
    """Leave for good, by a mailed link."""
    template, form = "members/leave.html", LeaveForm()
    link = _live(token, Purpose.LEAVE)
    if link is None:
        return _over(template)
    if form.validate_on_submit():
        own = web.actor().id == link.member_id
        privacy.leave_by_link(token, removes_posts=form.posts.data == "remove")
        return gone(own)
    return web.form_page(template, form, link=link)


def gone(own: bool):
    """After leaving: nothing of the member stays in this browser, if it was theirs."""
    if own:
        leave_browser()
    return web.done(url_for("threads.home"), _("You have left. What we knew about you is erased."))
