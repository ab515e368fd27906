"""How somebody signs in: the second step, recovery codes, passkeys."""

from flask import redirect, request, url_for

from community.kernel import web
from community.kernel.errors import Invalid
from community.kernel.i18n import _
from community.kernel.policy import require
from community.members import passkeys, second_factor
from community.members.devices import device_words
from community.members.models import SecondFactor
from community.members.security_forms import CodeForm, NewPasskeyForm, PasskeyForm
from community.members.views import challenges
from community.members.views.blueprint import blueprint
from community.members.views.proof import fresh
from community.permissions import Can

CHANGES_PER_MEMBER = "30/hour"


def _me():
    actor = web.actor()
    require(actor, Can.MANAGE_ACCOUNT, actor)
    return actor


@blueprint.get("/settings/security")
def security():
    """What stands between a stranger who knows the password and the account."""
    return _security_page(_me())


def _security_page(me, form: NewPasskeyForm | None = None):
    if form is None:
        form = NewPasskeyForm(formdata=None)
        form.name.data = device_words(request.user_agent.string)
    return web.page(
        "members/security.html",
        status=422 if form.errors else 200,
        form=form,
        passkeys=passkeys.of_member(me),
        has_app=me.second_factor == SecondFactor.APP,
        codes_left=second_factor.codes_left(me) if me.has_second_step else 0,
        goes_on=web.local_path(request.args.get("next"), ""),
    )


# -- The app ---------------------------------------------------------------


@blueprint.post("/settings/security/app/begin")
@web.limited("second-factor", per_member=CHANGES_PER_MEMBER)
@fresh
def begin_app():
    """Begin to set up an app, or another one in place of it."""
    second_factor.begin(_me())
    return redirect(url_for(".set_up_app"), 303)


@blueprint.route("/settings/security/app", methods=["GET", "POST"])
@web.limited("second-factor", per_member=CHANGES_PER_MEMBER)
@fresh
def set_up_app():
    """Scan, then enter a first code; the recovery codes follow and are shown this once."""
    me, form = _me(), CodeForm()
    if form.validate_on_submit():
        try:
            return _codes_page(second_factor.confirm(me, form.code.data), is_new=True)
        except Invalid as refusal:
            form.refuse(refusal)
    secret = second_factor.secret_to_enter(me)
    if secret is None:
        return redirect(url_for(".security"), 303)
    return web.form_page(
        "members/set_up_app.html",
        form,
        picture=second_factor.qr_code(me, secret),
        secret=second_factor.grouped(secret),
    )


def _codes_page(codes: list[str], *, is_new: bool):
    return web.page("members/recovery_codes.html", codes=codes, is_new=is_new)


@blueprint.post("/settings/security/app/off")
@web.limited("second-factor", per_member=CHANGES_PER_MEMBER)
@fresh
def turn_off_app():
    """Ask for no codes any more."""
    second_factor.turn_off(_me())
    return web.done(url_for(".security"), _("The second step is off."))


@blueprint.post("/settings/security/codes")
@web.limited("second-factor", per_member=CHANGES_PER_MEMBER)
@fresh
def recovery_codes():
    """New codes for the day the phone is lost, shown this once."""
    return _codes_page(second_factor.renew_codes(_me()), is_new=False)


# -- Passkeys --------------------------------------------------------------


@blueprint.post("/settings/security/passkeys/ask")
@web.limited("passkey-ask", per_member="60/hour")
def passkey_to_add():
    """What the browser asks a device for to make a key, as JSON."""
    options, challenge = passkeys.ask_to_add(_me())
    challenges.give(challenge)
    return options, {"Content-Type": "application/json"}


@blueprint.post("/settings/security/passkeys")
@web.limited("second-factor", per_member=CHANGES_PER_MEMBER)
@fresh
def add_passkey():
    """Keep the key a device has made."""
    me, form = _me(), NewPasskeyForm()
    try:
        if not form.validate():
            return _security_page(me, form)
        answer = form.credential.data
        passkeys.add(me, answer, challenges.take(answer), name=form.name.data)
    except Invalid as refusal:
        form.refuse(refusal)
        return _security_page(me, form)
    return web.done(url_for(".security"), _("Your passkey is saved. You can sign in with it now."))


@blueprint.post("/settings/security/passkeys/try")
@web.limited("passkey-ask", per_member="60/hour")
def passkey_to_show():
    """What the browser asks a device for to show one of one's own keys, as JSON."""
    options, challenge = passkeys.ask_to_show(_me())
    challenges.give(challenge)
    return options, {"Content-Type": "application/json"}


@blueprint.route("/settings/security/passkeys/<int:passkey_id>", methods=["GET", "POST"])
@web.limited("second-factor", per_member=CHANGES_PER_MEMBER)
def passkey(passkey_id):
    """Call a passkey something else, or remove it."""
    me = _me()
    found = passkeys.one_of(me, passkey_id)
    form = PasskeyForm(data={"name": found.name})
    if form.validate_on_submit():
        try:
            passkeys.rename(me, found, form.name.data)
            return web.done(url_for(".security"), _("The name is saved."))
        except Invalid as refusal:
            form.refuse(refusal)
    return web.form_page("members/passkey.html", form, passkey=found)


@blueprint.post("/settings/security/passkeys/<int:passkey_id>/remove")
@web.limited("second-factor", per_member=CHANGES_PER_MEMBER)
@fresh
def remove_passkey(passkey_id):
    """Let a passkey open nothing any more."""
    me = _me()
    passkeys.remove(me, passkeys.one_of(me, passkey_id))
    return web.done(url_for(".security"), _("The passkey is removed. Delete it on the device too."))
