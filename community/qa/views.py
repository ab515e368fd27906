"""Marking answers, the page of questions, and what is to be looked at again."""

from flask import Blueprint, request, url_for

from community.kernel import web
from community.kernel.db import db
from community.kernel.errors import Invalid, Missing
from community.kernel.i18n import _
from community.kernel.pages import kept_for_visitors
from community.kernel.policy import require
from community.members.models import Member
from community.permissions import Can
from community.qa import accepting, certifying, queries
from community.qa.forms import CertifyForm, RenewForm
from community.qa.models import Certification
from community.threads import reach, reading
from community.threads.views import address_of, page_number

blueprint = Blueprint("qa", __name__)

MARKS_PER_MEMBER = "60/hour"


@blueprint.get("/questions")
@kept_for_visitors
def index():
    """Questions, the newest first: all, or those without a reply, an answer, or with one."""
    actor = web.actor()
    asked = request.args.get("only")
    only = asked if asked in queries.FILTERS else queries.FILTERS[0]
    found = queries.page(actor, only=only, number=page_number())
    labels = {
        "all": _("All"),
        "unanswered": _("Without a reply"),
        "unsolved": _("Not solved yet"),
        "solved": _("Solved"),
        "certified": _("Certified"),
    }
    return web.page(
        "qa/index.html",
        found=found,
        only=only,
        filters=[
            (labels[one], url_for(".index", only=None if one == "all" else one), one == only)
            for one in queries.FILTERS
        ],
        fresh=reading.unread_in(actor, found.items),
    )


# -- The asker's mark ------------------------------------------------------


@blueprint.post("/posts/<int:post_id>/accept")
@web.limited("marks", per_member=MARKS_PER_MEMBER)
def accept(post_id):
    """This answered my question."""
    post = reach.post_or_missing(web.actor(), post_id)
    accepting.accept(web.actor(), post)
    return web.done(address_of(post), _("Marked as your answer."))


@blueprint.post("/posts/<int:post_id>/not-accepted")
@web.limited("marks", per_member=MARKS_PER_MEMBER)
def withdraw(post_id):
    """It did not, after all."""
    post = reach.post_or_missing(web.actor(), post_id)
    accepting.withdraw(web.actor(), post)
    return web.done(address_of(post), _("No longer marked as your answer."))


# -- The brand's mark ------------------------------------------------------


@blueprint.route("/posts/<int:post_id>/certify", methods=["GET", "POST"])
@web.limited("marks", per_member=MARKS_PER_MEMBER)
def certify(post_id):
    """Ask for what the answer holds and until when, then stand behind it."""
    actor = web.actor()
    post = reach.post_or_missing(actor, post_id)
    require(actor, Can.CERTIFY_ANSWER, post)
    form = CertifyForm(owner=actor.id, review_by=certifying.today() + certifying.USUAL)
    form.owner.choices = [(owner.id, owner.name) for owner in certifying.owners()]
    if form.validate_on_submit():
        try:
            certifying.certify(
                actor,
                post,
                review_by=form.review_by.data,
                owner=db.session.get_one(Member, form.owner.data),
                product=form.product.data or "",
                version=form.version.data or "",
                source_url=form.source_url.data or "",
            )
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return web.done(address_of(post), _("The answer is certified."))
    return web.form_page("qa/certify.html", form, post=post)


@blueprint.post("/certifications/<int:certification_id>/lift")
def lift(certification_id):
    """Stand behind it no more."""
    certification = _certification(certification_id)
    certifying.lift(web.actor(), certification)
    return web.done(address_of(certification.post), _("The answer is no longer certified."))


@blueprint.post("/certifications/<int:certification_id>/doubt")
@web.limited("marks", per_member=MARKS_PER_MEMBER)
def doubt(certification_id):
    """This does not work any more."""
    certification = _certification(certification_id)
    certifying.no_longer_works(web.actor(), certification)
    return web.done(address_of(certification.post), _("Thank you. Somebody looks at it again."))


@blueprint.post("/certifications/<int:certification_id>/no-doubt")
@web.limited("marks", per_member=MARKS_PER_MEMBER)
def trust(certification_id):
    """It does work, after all."""
    certification = _certification(certification_id)
    certifying.works_after_all(web.actor(), certification)
    return web.done(address_of(certification.post), _("You took that back."))


def _certification(certification_id: int) -> Certification:
    found = db.session.get(Certification, certification_id)
    if found is None:
        raise Missing(_("There is no such answer."))
    reach.post_or_missing(web.actor(), found.post_id)
    return found


# -- The back office -------------------------------------------------------


@blueprint.get("/admin/certifications")
def admin_certifications():
    """Certified answers past their day, doubted, or edited since."""
    require(web.actor(), Can.ENTER_BACK_OFFICE)
    waiting = certifying.to_look_at()
    return web.page(
        "qa/admin_certifications.html",
        waiting=[(one, certifying.doubts(one)) for one in waiting],
        today=certifying.today(),
    )


@blueprint.route("/certifications/<int:certification_id>/renew", methods=["GET", "POST"])
def renew(certification_id):
    """Ask for the next date."""
    actor = web.actor()
    certification = _certification(certification_id)
    require(actor, Can.LIFT_CERTIFICATION, certification)
    form = RenewForm(review_by=certifying.today() + certifying.USUAL)
    if form.validate_on_submit():
        try:
            certifying.renew(actor, certification, review_by=form.review_by.data)
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return web.done(address_of(certification.post), _("The answer holds on."))
    return web.form_page("qa/renew.html", form, certification=certification)
