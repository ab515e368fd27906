"""Who somebody is, as far as they show it."""

from flask import current_app, redirect, request, url_for

from community.kernel import web
from community.kernel.errors import Forbidden, Gone, Missing
from community.kernel.i18n import _
from community.kernel.policy import can
from community.members import queries
from community.members.views.blueprint import blueprint
from community.permissions import Can

AVATAR_WIDTH = 64


@blueprint.get("/m/<username>")
def profile(username):
    """A member's profile; other spellings and former names lead to it."""
    actor = web.actor()
    member, is_former = queries.by_username(username)
    if member is None:
        raise Missing(_("There is no member of this name."))
    if member.is_erased:
        raise Gone(_("This person has left."))
    if is_former or username != member.username:
        kept = request.args.to_dict(flat=False)
        return redirect(url_for(".profile", username=member.username, **kept), 301)
    is_open = can(actor, Can.SEE_PROFILE, member)
    panels = current_app.extensions["panels"]["profile"] if is_open else []
    return web.page(
        "members/profile.html",
        member=member,
        is_open=is_open,
        panels=[shown for panel in panels if (shown := panel(member, actor))],
    )


@blueprint.get("/m/suggest")
def suggest():
    """Members for completing a mention, as JSON, for members only."""
    if not web.actor().is_authenticated:
        raise Forbidden(_("Sign in to do this."))
    found = queries.suggest(request.args.get("q", ""))
    picture = current_app.jinja_env.globals["picture"]
    return [
        {
            "username": member.username,
            "name": member.name,
            "avatar": picture(member.avatar, AVATAR_WIDTH) if member.avatar else "",
        }
        for member in found
    ]
