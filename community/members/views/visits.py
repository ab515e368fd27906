"""Around every request: who may read, and noting that a member was here."""

from flask import g, redirect, request, session, url_for

from community.kernel import web
from community.kernel.db import expect_writes, keep, now, start_writing
from community.kernel.errors import Forbidden
from community.kernel.i18n import _
from community.members import sessions, step_up
from community.members.views.blueprint import blueprint

# What a closed community still shows: the way in, the brand's own pages, what mails lead to.
# Feeds and sitemaps close by themselves; robots.txt must be read to be obeyed.
_ALWAYS_OPEN = ("brands.", "observe.", "media.", "notifications.", "dev_mail.", "feed.")
_WAY_IN = frozenset(
    {
        "members.login",
        "members.login_by_mail",
        "members.login_with_passkey",
        "members.passkey_to_sign_in",
        "members.second_step",
        "members.forgotten",
        "members.join",
        "members.joined",
        "members.confirm",
        "members.enter_by_link",
        "members.reset",
        "members.change_email",
        "members.leave",
    }
)


@blueprint.before_app_request
def _keep_guests_out():
    """Where a brand does not let guests read, everything but the way in asks to sign in."""
    brand = g.get("brand")
    if brand is None or request.endpoint is None or web.actor().is_authenticated:
        return
    if brand.features["guest_reading"] or request.endpoint in _WAY_IN:
        return
    if not request.endpoint.startswith(_ALWAYS_OPEN):
        raise Forbidden(_("Sign in to read this community."))


@blueprint.before_app_request
def _lead_to_second_factor():
    """Staff whose brand asks for a second factor get no further without it than to set it up."""
    if not request.path.startswith("/admin") or request.method not in web.SAFE_METHODS:
        return None
    actor = web.actor()
    if not actor.lacks_second_factor:
        return None
    wanted = request.full_path.rstrip("?")
    if step_up.owes_second_step(actor):
        return redirect(url_for("members.confirm_it_is_you", next=wanted), 302)
    return redirect(url_for("members.security", next=wanted), 302)


@blueprint.before_app_request
def _note_visit():
    """Once an hour, while reading, remember that the session is in use and make it last."""
    if g.get("brand") is None or request.method not in web.SAFE_METHODS:
        return
    actor = web.actor()
    if not actor.is_authenticated or now() - actor.session_seen_at < sessions.SEEN_EVERY:
        return
    start_writing()
    sessions.touch(actor.session_token)
    keep("the visit counts whatever the page answers, and nothing is locked while it is made")
    expect_writes(False)
    session.modified = True  # the cookie lasts as long as the row
