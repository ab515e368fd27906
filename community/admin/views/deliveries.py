"""Deliveries that were given up: try them again, or let them go and say why."""

from flask import url_for

from community.admin import queries, service
from community.admin.forms import DiscardForm
from community.admin.views.blueprint import blueprint
from community.kernel import bus, web
from community.kernel.errors import Invalid
from community.kernel.i18n import _, ngettext
from community.kernel.policy import require
from community.permissions import Can


@blueprint.get("/deliveries")
def deliveries():
    """What was given up, and what was let go of before."""
    return web.page("admin/deliveries.html", parked=bus.parked(), discarded=bus.discarded())


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


@blueprint.route("/deliveries/<int:delivery_id>/discard", methods=["GET", "POST"])
def discard(delivery_id: int):
    """Let one go for good, with the reason."""
    actor = web.actor()
    require(actor, Can.REPLAY_DELIVERY)
    delivery, form = queries.delivery_or_missing(delivery_id), DiscardForm()
    if form.validate_on_submit():
        try:
            service.discard_delivery(actor, delivery, reason=form.reason.data)
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return web.done(url_for(".deliveries"), _("It will not be tried again."))
    return web.form_page("admin/discard.html", form, delivery=delivery)
