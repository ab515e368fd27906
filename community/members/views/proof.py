"""Asking once more who somebody is, without losing what they were about to do.

Put `@fresh` under the route of a view that does something dangerous. Who has shown who they
are within ten minutes passes. Everyone else is led to `confirm_it_is_you` and back: to the
page with its address, or to the act with the form that was sent, word for word.
"""

import functools
from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import make_response, redirect, request, url_for

from community.kernel import web
from community.kernel.errors import Invalid, TooMany
from community.kernel.i18n import _
from community.kernel.policy import require
from community.members import access, passkeys, step_up
from community.members.models import Purpose, SecondFactor
from community.members.security_forms import PROOF, ProofForm
from community.members.views import challenges
from community.members.views.blueprint import blueprint
from community.members.views.entry import here
from community.permissions import Can

PROOFS_PER_MEMBER = "60/hour"
_NOT_HELD = ("csrf_token", PROOF)
_AGAIN = 307  # the browser sends the same form once more, to another address


def fresh(view):
    """Let a view be used only by who has lately shown who they are; see the module."""

    @functools.wraps(view)
    def asked(*args, **kwargs):
        actor = web.actor()
        if not actor.is_authenticated or step_up.is_fresh(actor):
            return view(*args, **kwargs)
        return _ask_first()

    return asked


def _ask_first():
    if web.is_fragment():
        page = urlsplit(request.headers.get("HX-Current-URL", "")).path
        answer = make_response("", 204)
        answer.headers["HX-Redirect"] = url_for(
            "members.confirm_it_is_you", next=web.local_path(page, "") or None
        )
        return answer
    if request.method in web.SAFE_METHODS:
        wanted = request.full_path.rstrip("?")
        return redirect(url_for("members.confirm_it_is_you", next=wanted), 302)
    form = ProofForm()
    form.action.data = request.full_path.rstrip("?")
    return _proof_page(form, status=403)


@blueprint.route("/confirm-it-is-you", methods=["GET", "POST"])
@web.limited("proof", per_member=PROOFS_PER_MEMBER)
def confirm_it_is_you():
    """Ask for a password, a passkey or a code; then go on to where one was going."""
    actor, form = web.actor(), ProofForm()
    require(actor, Can.MANAGE_ACCOUNT, actor)
    if request.method == "GET":
        form.next.data = web.local_path(request.args.get("next"), "")
        return _proof_page(form)
    try:
        _prove(actor, form)
    except Invalid as refusal:
        form.refuse(refusal)
        return _proof_page(form, status=422)
    except TooMany as refusal:
        form.form_errors.append(str(refusal))
        answer = _proof_page(form, status=429)
        return (*answer, {"Retry-After": str(refusal.retry_after)})
    action = web.local_path(form.action.data, "")
    if action:
        return redirect(action, _AGAIN)
    return redirect(web.local_path(form.next.data, url_for("members.security")), 303)


def _prove(actor, form: ProofForm) -> None:
    way, network = form.way.data, here()
    if not form.validate():
        raise Invalid(_("This is too long."))
    if way == "passkey":
        answer = form.credential.data or ""
        step_up.by_passkey(actor, answer, challenges.take(answer), network=network)
    elif way == "code":
        if not form.code.data:
            raise Invalid(_("Enter the code."), field="code")
        step_up.by_code(actor, form.code.data, network=network)
    else:
        if not form.password.data:
            raise Invalid(_("Enter your password."), field="password")
        step_up.by_password(actor, form.password.data, network=network)


def _proof_page(form: ProofForm, status: int = 200):
    actor = web.actor()
    has_app = actor.second_factor == SecondFactor.APP
    return web.page(
        "members/confirm_it_is_you.html",
        status=status,
        form=form,
        held=_held(),
        had_files=any(file.filename for file in request.files.values()),
        takes_password=bool(actor.password_hash) and not step_up.owes_second_step(actor),
        takes_code=has_app or actor.has_second_step,
        takes_passkey=bool(passkeys.of_member(actor)),
    )


def _held() -> Sequence[tuple[str, str]]:
    """The form that was sent, as it was sent; but no password stands in a page."""
    sent = request.form.items(multi=True)
    return [
        (name, value)
        for name, value in sent
        if not name.startswith(_NOT_HELD) and "password" not in name
    ]


@blueprint.post("/confirm-it-is-you/link")
@web.limited("link", per_member="10/hour")
def mail_proof():
    """Have a link to sign in mailed, for who has nothing else to show."""
    actor = web.actor()
    require(actor, Can.MANAGE_ACCOUNT, actor)
    wanted = web.local_path(request.form.get(f"{PROOF}next"), "")
    access.request_link(actor.email or "", Purpose.SIGN_IN, next_path=wanted)
    return web.done(
        url_for(".confirm_it_is_you", next=wanted or None),
        _("We have sent you a link. Use it in this browser, then go on here."),
    )
