"""Joining, signing in and out."""

import secrets

import flask_login
from flask import current_app, flash, redirect, request, session, url_for

from community.kernel import web
from community.kernel.errors import Invalid, TooMany
from community.kernel.i18n import _, get_locale
from community.kernel.limits import network
from community.members import access, guard, service, sessions
from community.members.forms import AddressForm, JoinForm, LoginForm
from community.members.models import Purpose
from community.members.views.blueprint import blueprint

JOINS_PER_NETWORK = "20/hour"
JOINS_PER_ADDRESS = "5/hour"
LINKS_PER_NETWORK = "30/hour"
LOGINS_PER_NETWORK = "60/minute"
_WAITS = "second_step"
_BROWSER = "joining"  # in the cookie: the secret by which the browser that joined is known


def here() -> str:
    """The network the request comes from."""
    return network(request.remote_addr)


def browser_secret() -> str:
    return session.get(_BROWSER, "")


def enter(member, *, stays: bool = True, second_step: bool = False) -> None:
    """Sign a member in, in a new session; whoever was signed in here before is signed out.

    Only for who owes nothing more: `admit` asks for the second step where there is one.
    """
    if web.actor().is_authenticated:
        sessions.close_session(web.actor().session_token)
    # The token of open forms stays good, so that a text typed before signing in can be sent.
    csrf = session.get("csrf_token")
    session.clear()
    if csrf:
        session["csrf_token"] = csrf
    sessions.open_session(
        member,
        ip=request.remote_addr or "",
        user_agent=request.user_agent.string,
        second_step=second_step,
    )
    session.permanent = stays
    flask_login.login_user(member)


def admit(member, goes_on: str, *, stays: bool = True, message: str | None = None):
    """Sign in who has shown a password or a mailed link, after the second step if there is one.

    The answer leads to `goes_on`, with `message` about what else was done.
    """
    if not member.has_second_step:
        enter(member, stays=stays)
        return web.done(goes_on, message)
    session[_WAITS] = {
        "token": sessions.await_second_step(member),
        "stays": stays,
        "next": goes_on,
    }
    return web.done(url_for("members.second_step"), message)


def waiting() -> dict | None:
    """What `admit` has left in this browser for the second step."""
    return session.get(_WAITS)


def goal(form) -> str:
    """Where the person was going."""
    return web.local_path(form.next.data, url_for("threads.home"))


def with_next(form):
    """The form with the place to go on to, from the address at first, then from itself."""
    form.next.data = web.local_path(form.next.data or request.args.get("next"), "")
    return form


# -- Joining ---------------------------------------------------------------


@blueprint.route("/join", methods=["GET", "POST"])
@web.limited("join", per_network=JOINS_PER_NETWORK)
def join():
    """Make an account. The answer is the same whether or not the address is known."""
    form = with_next(JoinForm())
    if web.actor().is_authenticated:
        return redirect(goal(form))
    if form.validate_on_submit():
        try:
            _join(form)
            return redirect(url_for(".joined"), 303)
        except Invalid as refusal:
            form.refuse(refusal)
    return web.form_page("members/join.html", form)


def _join(form) -> None:
    limiter = current_app.extensions["limiter"]
    limiter.hit("join-address", guard.account_of(form.email.data), JOINS_PER_ADDRESS)
    secret = secrets.token_urlsafe(16)
    service.join(
        web.actor(),
        email=form.email.data,
        password=form.password.data,
        name=form.name.data,
        username=form.username.data,
        locale=str(get_locale()),
        browser=service.digest_of_browser(secret),
        next_path=form.next.data,
    )
    session[_BROWSER] = secret


@blueprint.get("/join/sent")
def joined():
    """Look into your mail."""
    return web.page("members/joined.html")


@blueprint.post("/confirm")
@web.limited("confirm", per_member="6/hour")
def send_confirmation():
    """Mail the link that confirms the address again."""
    access.request_confirmation(web.actor())
    return web.done(_back(), _("We have sent you the link again. Look into your mail."))


def _back() -> str:
    return web.local_path(request.form.get("next"), url_for("threads.home"))


# -- Signing in and out ----------------------------------------------------


@blueprint.route("/login", methods=["GET", "POST"])
@web.limited("login", per_network=LOGINS_PER_NETWORK)
def login():
    """Sign in with address and password."""
    form = with_next(LoginForm())
    if web.actor().is_authenticated and request.method == "GET":
        return redirect(goal(form))
    if form.validate_on_submit():
        try:
            member = access.sign_in(form.email.data, form.password.data, network=here())
        except Invalid as refusal:
            form.refuse(refusal)
        except TooMany as refusal:
            form.form_errors.append(str(refusal))
            answer = web.page("members/login.html", status=429, form=form)
            return (*answer, {"Retry-After": str(refusal.retry_after)})
        else:
            return admit(member, goal(form), stays=form.stays.data)
    return web.form_page("members/login.html", form)


@blueprint.route("/login/link", methods=["GET", "POST"])
@web.limited("link", per_network=LINKS_PER_NETWORK)
def login_by_mail():
    """Ask for a link that signs in."""
    return _ask_for_link(Purpose.SIGN_IN, "members/login_by_mail.html")


@blueprint.route("/forgotten", methods=["GET", "POST"])
@web.limited("link", per_network=LINKS_PER_NETWORK)
def forgotten():
    """Ask for a link to choose a new password."""
    return _ask_for_link(Purpose.RESET, "members/forgotten.html")


def _ask_for_link(purpose: Purpose, template: str):
    """Send a link when the address is a member's; the answer is the same when it is not."""
    form = with_next(AddressForm())
    if form.validate_on_submit():
        access.request_link(form.email.data, purpose, next_path=form.next.data)
        return redirect(url_for(request.endpoint, sent=1), 303)
    return web.form_page(template, form, sent="sent" in request.args and not form.errors)


@blueprint.post("/logout")
def logout():
    """End this session."""
    leave_browser()
    flash(_("You are signed out."))
    return redirect(url_for("threads.home"), 303)


def leave_browser() -> None:
    """Forget in this browser who was signed in."""
    if web.actor().is_authenticated:
        sessions.close_session(web.actor().session_token)
    flask_login.logout_user()
    session.clear()
