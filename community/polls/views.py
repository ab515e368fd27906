"""Polls over HTTP."""

from flask import Blueprint, g, request, url_for

from community.kernel import web
from community.kernel.errors import Conflict, Invalid
from community.kernel.i18n import _
from community.kernel.policy import require
from community.permissions import Can
from community.polls import queries, service
from community.polls.forms import OptionForm, PollForm
from community.threads import reach

blueprint = Blueprint("polls", __name__)

ACTS_PER_MEMBER = "30/minute"


def _place(poll) -> str:
    thread = poll.thread
    return url_for("threads.show", thread_id=thread.id, slug=thread.slug, _anchor="poll")


# -- Making ----------------------------------------------------------------


@blueprint.route("/t/<int:thread_id>/poll", methods=["GET", "POST"])
@web.limited("poll", per_member=ACTS_PER_MEMBER)
def new(thread_id):
    """Give a thread that is there its poll."""
    actor = web.actor()
    thread = reach.thread_or_missing(actor, thread_id)
    require(actor, Can.OPEN_POLL, thread)
    if thread.has_poll:
        raise Conflict(_("This thread has a poll already."))
    form = PollForm()
    if form.validate_on_submit():
        try:
            poll = service.open_poll(actor, thread, form.rules(g.brand.time_zone))
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return web.done(_place(poll), _("The poll is open."))
    return web.form_page("polls/new.html", form, thread=thread)


@blueprint.route("/polls/<int:poll_id>/edit", methods=["GET", "POST"])
@web.limited("poll", per_member=ACTS_PER_MEMBER)
def edit(poll_id):
    """Ask otherwise while nobody has voted; afterwards staff mends the wording of answers."""
    actor = web.actor()
    poll = queries.poll_or_missing(actor, poll_id)
    require(actor, Can.MANAGE_POLL, poll)
    form = PollForm()
    if request.method == "GET":
        form.fill(poll, g.brand.time_zone)
    if form.validate_on_submit():
        try:
            service.change(actor, poll, form.rules(g.brand.time_zone))
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return web.done(_place(poll), _("Your changes are saved."))
    return _edit_page(poll, form)


def _edit_page(poll, form, mended=None):
    """The page of a poll's rules; `mended` is (option, form) when a wording was refused."""
    refused = bool(form.errors or mended)
    return web.page(
        "polls/edit.html", status=422 if refused else 200, form=form, poll=poll, mended=mended
    )


@blueprint.post("/polls/<int:poll_id>/options/<int:option_id>")
@web.limited("poll", per_member=ACTS_PER_MEMBER)
def correct(poll_id, option_id):
    """Mend the wording of an answer."""
    actor = web.actor()
    poll = queries.poll_or_missing(actor, poll_id)
    require(actor, Can.CORRECT_POLL, poll)
    option, form = queries.option_or_missing(poll, option_id), OptionForm()
    if form.validate_on_submit():
        try:
            service.correct(actor, option, form.label.data)
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return web.done(_place(poll), _("The answer is corrected."))
    rules = PollForm(formdata=None)
    rules.fill(poll, g.brand.time_zone)
    return _edit_page(poll, rules, mended=(option, form))


@blueprint.route("/polls/<int:poll_id>/remove", methods=["GET", "POST"])
@web.limited("poll", per_member=ACTS_PER_MEMBER)
def remove(poll_id):
    """Ask whether it is meant, then take a poll from its thread."""
    actor = web.actor()
    poll = queries.poll_or_missing(actor, poll_id)
    require(actor, Can.MANAGE_POLL, poll)
    if request.method == "GET":
        return web.page("polls/remove.html", poll=poll)
    place = _place(poll)
    service.remove(actor, poll)
    return web.done(place, _("The poll is removed."))


# -- Voting ----------------------------------------------------------------


@blueprint.post("/polls/<int:poll_id>/vote")
@web.limited("poll", per_member=ACTS_PER_MEMBER)
def vote(poll_id):
    """Vote, or vote otherwise. A refused vote comes back with what was chosen."""
    actor = web.actor()
    poll = queries.poll_or_missing(actor, poll_id)
    try:
        given = _ranked(poll) if poll.is_ranked else _chosen()
        service.vote(actor, poll, given)
    except Invalid as refusal:
        return _refused(actor, poll, str(refusal))
    return _answer(actor, poll, _("Your vote is counted."))


def _chosen() -> list[int]:
    """The answers ticked; Invalid for what can be none."""
    try:
        chosen = [int(value) for value in request.form.getlist("choice")]
    except ValueError:
        raise Invalid(_("This answer is not there. Have another look."), "choice") from None
    return chosen


def _ranked(poll) -> list[int]:
    """The answers by the place given to each; those without a place are left out."""
    places = {}
    for option in poll.options:
        given = request.form.get(f"rank-{option.id}", "").strip()
        if not given:
            continue
        if not given.isascii() or not given.isdigit():
            raise Invalid(_("Places are numbers: 1 is your first choice."), "choice")
        if int(given) in places:
            raise Invalid(_("Give each place to one answer only."), "choice")
        places[int(given)] = option.id
    return [places[place] for place in sorted(places)]


def _refused(actor, poll, message: str):
    given = set(request.form.getlist("choice")) | {
        f"{name.removeprefix('rank-')}:{value}" for name, value in request.form.items()
    }
    shown = queries.standing_of(actor, poll)
    template = "polls/_voted.html" if web.is_fragment() else "polls/vote.html"
    return web.page(
        template, status=422, shown=shown, thread=poll.thread, error=message, given=given
    )


def _answer(actor, poll, message: str):
    return web.answer(
        _place(poll),
        "polls/_voted.html",
        message=message,
        shown=queries.standing_of(actor, poll),
        thread=poll.thread,
        error="",
        given=None,
    )


@blueprint.post("/polls/<int:poll_id>/<any(abstain, withdraw, close):act>")
@web.limited("poll", per_member=ACTS_PER_MEMBER)
def do(poll_id, act):
    """Abstain, take one's vote back, or close the poll."""
    actor = web.actor()
    poll = queries.poll_or_missing(actor, poll_id)
    getattr(service, act)(actor, poll)
    said = {
        "abstain": _("You are counted as abstaining."),
        "withdraw": _("Your vote is taken back."),
        "close": _("The poll is closed."),
    }
    return _answer(actor, poll, said[act])


@blueprint.get("/polls/<int:poll_id>/voters")
def voters(poll_id):
    """Who voted for what, where that is known."""
    actor = web.actor()
    poll = queries.poll_or_missing(actor, poll_id)
    chosen = queries.voters_by_option(actor, poll)
    return web.page("polls/voters.html", poll=poll, chosen=chosen, most=queries.VOTERS_SHOWN)
