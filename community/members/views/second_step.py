"""Signing in, continued: with a passkey alone, or with a code after the password."""

from flask import redirect, request, session, url_for

from community.kernel import web
from community.kernel.errors import Invalid, TooMany
from community.kernel.i18n import _
from community.members import passkeys, second_factor, sessions
from community.members.forms import LoginForm
from community.members.models import SecondFactor
from community.members.security_forms import CodeForm, PasskeySignInForm, SecondPasskeyForm
from community.members.views import challenges
from community.members.views.blueprint import blueprint
from community.members.views.entry import enter, goal, here, waiting, with_next

TRIES_PER_NETWORK = "60/minute"
ASKS_PER_NETWORK = "120/minute"


# -- A passkey in place of the password ------------------------------------


@blueprint.post("/login/passkey/ask")
@web.limited("passkey-ask", per_network=ASKS_PER_NETWORK)
def passkey_to_sign_in():
    """What the browser asks a device for, as JSON: a key of this host, or of who waits."""
    waits = waiting()
    member = sessions.waiting_member(waits["token"]) if waits else None
    options, challenge = passkeys.ask_to_show(member if "second" in request.args else None)
    challenges.give(challenge)
    return options, {"Content-Type": "application/json"}


@blueprint.post("/login/passkey")
@web.limited("login", per_network=TRIES_PER_NETWORK)
def login_with_passkey():
    """Sign in with a passkey: a device and who unlocks it, so nothing more is asked."""
    form = with_next(PasskeySignInForm())
    try:
        if not form.validate():
            raise Invalid(form.credential.errors[0])
        answer = form.credential.data
        member = passkeys.show(answer, challenges.take(answer), network=here())
    except Invalid as refusal:
        return _login_page(form, str(refusal))
    enter(member, second_step=True)
    return redirect(goal(form), 303)


def _login_page(form, refusal: str):
    login = LoginForm(formdata=None)
    login.next.data = form.next.data
    login.form_errors.append(refusal)
    return web.page("members/login.html", status=422, form=login)


# -- After the password ----------------------------------------------------


@blueprint.route("/login/second-step", methods=["GET", "POST"])
@web.limited("second-step", per_network=TRIES_PER_NETWORK)
def second_step():
    """Ask for a code or a passkey of who has shown a password or a mailed link."""
    waits = waiting()
    member = sessions.waiting_member(waits["token"]) if waits else None
    if member is None:
        return _start_again(waits)
    form = SecondPasskeyForm() if "credential" in request.form else CodeForm()
    if not form.validate_on_submit():
        return _step_page(member, form, 422 if form.errors else 200)
    try:
        _show(member, form)
    except Invalid as refusal:
        form.refuse(refusal)
        return _step_page(member, form, 422)
    except TooMany as refusal:
        form.form_errors.append(str(refusal))
        answer = _step_page(member, form, 429)
        return (*answer, {"Retry-After": str(refusal.retry_after)})
    sessions.close_session(waits["token"])
    enter(member, stays=waits["stays"], second_step=True)
    return redirect(web.local_path(waits["next"], url_for("threads.home")), 303)


def _show(member, form) -> None:
    if isinstance(form, CodeForm):
        second_factor.show_code(member, form.code.data, network=here())
        return
    answer = form.credential.data
    passkeys.show(answer, challenges.take(answer), network=here(), member=member)


def _step_page(member, form, status: int):
    return web.page(
        "members/second_step.html",
        status=status,
        form=form if isinstance(form, CodeForm) else CodeForm(formdata=None),
        refusals=form.errors.get("credential", ()) if not isinstance(form, CodeForm) else (),
        takes_passkey=bool(passkeys.of_member(member)),
        has_app=member.second_factor == SecondFactor.APP,
        by_recovery="recovery" in request.args or member.second_factor != SecondFactor.APP,
    )


def _start_again(waits: dict | None):
    session.pop("second_step", None)
    if waits is None:
        return redirect(url_for(".login"), 303)
    wanted = web.local_path(waits["next"], "")
    return web.done(
        url_for(".login", next=wanted or None),
        _("The second step took more than ten minutes. Sign in once more."),
    )
