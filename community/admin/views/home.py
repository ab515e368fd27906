"""What waits, what happened, and what was removed."""

from flask import request

from community.admin import log, queries
from community.admin.views.blueprint import blueprint
from community.kernel import web
from community.kernel.errors import Missing
from community.kernel.i18n import _
from community.kernel.policy import can, require
from community.permissions import Can
from community.threads import lists
from community.threads import queries as threads

PER_PAGE = 50


@blueprint.get("/")
def home():
    """What needs somebody today, first what is late."""
    actor = web.actor()
    return web.page(
        "admin/home.html",
        members=queries.new_members(),
        threads=queries.new_threads(),
        replies=queries.new_replies(),
        parked=queries.parked_count() if can(actor, Can.REPLAY_DELIVERY) else 0,
        unanswered=lists.unanswered(actor, 5),
        newest=queries.newest_members(5),
        changes=log.changes(5) if can(actor, Can.EDIT_BRAND) else [],
    )


@blueprint.get("/removed")
def removed():
    """Hidden and deleted posts that can be put back."""
    page = request.args.get("page", 1, type=int)
    return web.page("admin/removed.html", page=threads.removed_posts(web.actor(), page))


@blueprint.get("/changes")
def changes():
    """The log of what staff changed, page by page."""
    require(web.actor(), Can.EDIT_BRAND)
    number = request.args.get("page", 1, type=int)
    if number < 1:
        raise Missing(_("There is no such page."))
    found = log.changes(PER_PAGE + 1, (number - 1) * PER_PAGE)
    if not found and number > 1:
        raise Missing(_("There is no such page."))
    return web.page(
        "admin/changes.html",
        changes=found[:PER_PAGE],
        number=number,
        is_last=len(found) <= PER_PAGE,
    )
