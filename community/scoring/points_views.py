"""Every line of a member's points, for the member and the team."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, url_for

from community.kernel import web
from community.kernel.errors import Missing
from community.kernel.i18n import _
from community.kernel.policy import can, require
from community.members import queries
from community.permissions import Can
from community.scoring import ledger, rules
from community.scoring.counting import Reason
from community.scoring.models import PointsEntry
from community.threads.views import page_number

blueprint = Blueprint("points", __name__)

_RULES = {
    rules.THREAD_STARTED: lambda: _("thread started"),
    rules.REPLY: lambda: _("reply"),
    rules.HELPFUL_VOTE: lambda: _("helpful vote received"),
    rules.ANSWER_ACCEPTED: lambda: _("accepted answer"),
    rules.ACCEPTING: lambda: _("answer accepted as the one who asked"),
    rules.ANSWER_CERTIFIED: lambda: _("certified answer"),
    rules.MISSION_DONE: lambda: _("mission done"),
}
_REASONS = {
    Reason.OFTEN: lambda: _("This has earned enough for one day."),
    Reason.DAY: lambda: _("The points of one day were reached."),
    Reason.PAIR: lambda: _("The same member gave you enough for one day."),
    Reason.FADED: lambda: _("The same member gave you much lately, so it weighs less."),
    Reason.WITHDRAWN: lambda: _("It was taken back."),
    Reason.REMOVED: lambda: _("The post was removed."),
    Reason.RESTORED: lambda: _("The post is back."),
}


@dataclass(frozen=True)
class Shown:
    """A line as it is read. `title` and `url` are empty where the reader may not go."""

    points: int
    rule: str
    why: str
    title: str
    url: str
    moment: datetime


@blueprint.get("/m/<username>/points")
def points(username):
    """The ledger of a member, newest first: what each thing earned, and why it earned less."""
    actor = web.actor()
    member, _is_former = queries.by_username(username)
    if member is None or member.is_erased:
        raise Missing(_("There is no member of this name."))
    require(actor, Can.SEE_POINTS, member)
    found = ledger.entries_of(member.id, page_number())
    return web.page(
        "scoring/points.html",
        member=member,
        total=ledger.points_of(member.id),
        found=found,
        lines=[_shown(actor, entry) for entry in found.items],
        limits=rules.DEFAULT,
        worth=[(_RULES[name](), rule) for name, rule in rules.DEFAULT.by_name.items()],
    )


def _shown(actor, entry: PointsEntry) -> Shown:
    thread = entry.thread
    is_open = thread is not None and can(actor, Can.SEE_THREAD, thread)
    return Shown(
        entry.points,
        _RULES[entry.rule](),
        _REASONS[entry.reason]() if entry.reason in _REASONS else "",
        thread.title if is_open else "",
        url_for("threads.show", thread_id=thread.id, slug=thread.slug, post=entry.post_id)
        if is_open
        else "",
        entry.happened_at,
    )
