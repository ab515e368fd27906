"""The back office over HTTP."""

from flask import Blueprint, request, url_for

from community.admin import pages, queries, service
from community.kernel import bus, web
from community.kernel.i18n import _, ngettext
from community.kernel.policy import require
from community.permissions import Can
from community.threads import queries as threads

blueprint = Blueprint("admin", __name__, url_prefix="/admin")


@blueprint.before_request
def staff_only():
    require(web.actor(), Can.ENTER_BACK_OFFICE)


@blueprint.context_processor
def menu():
    return {"admin_menu": pages.menu(web.actor())}


@blueprint.get("/")
def home():
    return web.page(
        "admin/home.html",
        members=queries.new_members(),
        threads=queries.new_threads(),
        replies=queries.new_replies(),
        parked=queries.parked_count(),
        unanswered=threads.unanswered(web.actor(), 5),
    )


@blueprint.get("/deliveries")
def deliveries():
    return web.page("admin/deliveries.html", parked=bus.parked())


@blueprint.post("/deliveries/<int:delivery_id>/replay")
def replay(delivery_id: int):
    service.replay_delivery(web.actor(), queries.delivery_or_missing(delivery_id))
    return web.done(url_for(".deliveries"), _("It will be tried again within a second."))


@blueprint.post("/deliveries/replay")
def replay_all():
    count = service.replay_all(web.actor())
    words = ngettext(
        "%(num)d delivery is tried again.", "%(num)d deliveries are tried again.", count
    )
    return web.done(url_for(".deliveries"), words)


@blueprint.get("/removed")
def removed():
    page = request.args.get("page", 1, type=int)
    return web.page("admin/removed.html", page=threads.removed_posts(web.actor(), page))
