"""Reported messages in the back office. The routes stand apart from the switch of messages."""

from flask import Blueprint, redirect, request, url_for

from community.kernel import web
from community.kernel.errors import Invalid, Missing
from community.kernel.i18n import _
from community.kernel.policy import require
from community.messages import queries, reports
from community.messages.forms import WRONGS, DecisionForm
from community.messages.models import Outcome
from community.permissions import Can
from community.threads.views import page_number

blueprint = Blueprint("reports", __name__, url_prefix="/admin/reported-messages")


@blueprint.before_request
def _staff_only():
    require(web.actor(), Can.ENTER_BACK_OFFICE)


@blueprint.get("/")
def admin_reports():
    """What members reported: waiting first, or what was decided."""
    box = request.args.get("box", "waiting")
    if box not in {"waiting", "decided"}:
        raise Missing(_("There is nothing at this address."))
    page = queries.reports_page(decided=box == "decided", page=page_number())
    return web.page("messages/admin_reports.html", page=page, box=box, wrongs=WRONGS)


@blueprint.get("/inbox")
def admin_inbox():
    """The messages to the brand that wait for an answer, among the conversations."""
    return redirect(url_for("messages.index", box="waiting"))


@blueprint.route("/<int:report_id>", methods=["GET", "POST"])
def admin_report(report_id):
    """One report; the messages show after they were opened, which is written down."""
    actor = web.actor()
    report = queries.report_or_missing(report_id)
    require(actor, Can.READ_REPORT, report)
    form = DecisionForm()
    if form.validate_on_submit():
        try:
            outcome = Outcome(form.outcome.data)
            reports.decide(actor, report, outcome=outcome, reason=form.reason.data)
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return web.done(url_for(".admin_reports"), _("It is decided, and they are told."))
    return web.form_page(
        "messages/admin_report.html",
        form,
        report=report,
        around=queries.around(actor, report),
        readings=queries.readings_of(report),
        wrongs=WRONGS,
    )


@blueprint.post("/<int:report_id>/open")
def open_messages(report_id):
    """Write down that the member reads the messages now, and show them."""
    actor = web.actor()
    report = queries.report_or_missing(report_id)
    reports.open_report(actor, report)
    return web.done(url_for(".admin_report", report_id=report.id, _anchor="messages"))
