"""Help for whoever has a question, over HTTP."""

from flask import Blueprint, request, url_for

from community.kernel import web
from community.kernel.errors import Invalid, Missing
from community.kernel.i18n import _
from community.kernel.policy import require
from community.permissions import Can
from community.qa import help_panels, referrals, same_here, solving
from community.qa.help_forms import STAGES, ReferralForm, SolvedForm, SupportForm
from community.qa.help_models import Stage
from community.threads import reach
from community.threads.reader_views import reader_key
from community.threads.views import page_number

blueprint = Blueprint("help", __name__)

ACTS_PER_MEMBER = "30/minute"
ACTS_PER_NETWORK = "60/hour"


def _place(thread) -> str:
    return url_for("threads.show", thread_id=thread.id, slug=thread.slug, _anchor="help")


def _answer(thread, message: str):
    shown = help_panels.shown(thread, web.actor())
    return web.answer(_place(thread), "qa/_helped.html", message=message, shown=shown)


@blueprint.post("/t/<int:thread_id>/same-here")
@web.limited("same-here", per_member=ACTS_PER_MEMBER)
def say_same(thread_id):
    """Have the same question."""
    thread = reach.thread_or_missing(web.actor(), thread_id)
    same_here.say(web.actor(), thread)
    return _answer(thread, _("You are counted, and follow this question now."))


@blueprint.post("/t/<int:thread_id>/not-same-here")
@web.limited("same-here", per_member=ACTS_PER_MEMBER)
def withdraw_same(thread_id):
    """Have it no more."""
    thread = reach.thread_or_missing(web.actor(), thread_id)
    same_here.withdraw(web.actor(), thread)
    return _answer(thread, _("You are counted no more."))


@blueprint.route("/t/<int:thread_id>/solved", methods=["GET", "POST"])
@web.limited("solved", per_member=ACTS_PER_MEMBER, per_network=ACTS_PER_NETWORK)
def solved(thread_id):
    """Say whether it solved it; after a no, two ways to go on.

    The page of a thread is kept for visitors and holds no form of theirs, so they come here.
    """
    actor = web.actor()
    thread = reach.thread_or_missing(actor, thread_id)
    require(actor, Can.RATE_SOLUTION, thread)
    form = SolvedForm()
    if not form.validate_on_submit():
        return web.form_page("qa/solved.html", form, thread=thread)
    is_solved = form.solved.data == "yes"
    solving.rate(actor, thread, is_solved=is_solved, reader=reader_key())
    if is_solved:
        return web.done(_place(thread), _("Thank you. That helps others to trust the answer."))
    return web.done(url_for(".support", thread_id=thread.id))


@blueprint.route("/t/<int:thread_id>/support", methods=["GET", "POST"])
@web.limited("support", per_member=ACTS_PER_MEMBER)
def support(thread_id):
    """Ask a further question, or pass this one to support."""
    actor = web.actor()
    thread = reach.thread_or_missing(actor, thread_id)
    if thread.kind != "question":
        raise Missing(_("There is nothing at this address."))
    form = SupportForm()
    passed = solving.referral_of(actor, thread) if actor.is_authenticated else None
    if request.method == "POST":
        require(actor, Can.PASS_TO_SUPPORT, thread)
    if form.validate_on_submit():
        try:
            solving.pass_to_support(actor, thread, form.words.data)
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return web.done(_place(thread), _("Passed to support. The answer will be here."))
    return web.form_page("qa/support.html", form, thread=thread, passed=passed)


# -- The back office -------------------------------------------------------


@blueprint.get("/admin/referrals")
def admin_referrals():
    """What waits for support, or what was handled."""
    require(web.actor(), Can.HANDLE_REFERRALS)
    box = request.args.get("box", "waiting")
    if box not in {"waiting", "handled"}:
        raise Missing(_("There is nothing at this address."))
    page = referrals.referrals_page(waiting=box == "waiting", page=page_number())
    return web.page("qa/admin_referrals.html", page=page, box=box, stages=STAGES)


@blueprint.route("/admin/referrals/<int:referral_id>", methods=["GET", "POST"])
def admin_referral(referral_id):
    """One of them, and what became of it."""
    actor = web.actor()
    require(actor, Can.HANDLE_REFERRALS)
    referral = referrals.referral_or_missing(referral_id)
    is_open = referral.stage is Stage.WAITING
    form = ReferralForm(data={} if is_open else {"stage": referral.stage, "note": referral.note})
    if form.validate_on_submit():
        try:
            solving.handle(actor, referral, stage=Stage(form.stage.data), note=form.note.data)
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return web.done(url_for(".admin_referrals"), _("The member reads your note."))
    return web.form_page("qa/admin_referral.html", form, referral=referral)
