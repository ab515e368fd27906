"""Ranks, badges and missions in the back office."""

from flask import request, url_for

from community.kernel import web
from community.kernel.errors import Invalid
from community.kernel.i18n import _
from community.kernel.policy import require
from community.permissions import Can
from community.scoring import badges as badge_rules
from community.scoring import missions as mission_rules
from community.scoring import ranks
from community.scoring.standing_forms import ICONS, PlainForm, lines_of, typed_lines
from community.scoring.standing_views import ACTS_PER_MEMBER, blueprint


@blueprint.route("/admin/ranks", methods=["GET", "POST"])
@web.limited("standing", per_member=ACTS_PER_MEMBER)
def admin_ranks():
    """The ladder of ranks; a line left empty is no rank."""
    actor = web.actor()
    require(actor, Can.EDIT_STANDING)
    form = PlainForm()
    lines = typed_lines(request.form) if form.is_submitted() else lines_of(list(ranks.ladder()))
    if form.validate_on_submit():
        given = [line.given() for line in lines if not line.is_empty]
        if not any(line.error for line in lines):
            try:
                ranks.change_ladder(actor, given)
            except Invalid as refusal:
                form.refuse(refusal)
            else:
                return web.done(
                    url_for(".admin_ranks"),
                    _("The ranks are saved. Members are given theirs in the next minutes."),
                )
    wrong = [line.error for line in lines if line.error]
    return web.page(
        "scoring/admin_ranks.html",
        status=422 if form.errors or wrong else 200,
        form=form,
        lines=lines,
        icons=ICONS,
        counts=ranks.members_per_rank(),
    )


@blueprint.route("/admin/badges", methods=["GET", "POST"])
@web.limited("standing", per_member=ACTS_PER_MEMBER)
def admin_badges():
    """Which badges and missions there are, and what badges are called."""
    actor = web.actor()
    require(actor, Can.EDIT_STANDING)
    form = PlainForm()
    wrong: dict[str, str] = {}
    if form.validate_on_submit():
        wrong = _save(actor)
        if not wrong:
            return web.done(url_for(".admin_badges"), _("Badges and missions are saved."))
    known, rules = badge_rules.settings(), mission_rules.settings()
    typed = request.form if wrong else {}
    return web.page(
        "scoring/admin_badges.html",
        status=422 if wrong else 200,
        form=form,
        wrong=wrong,
        typed=typed,
        badges=[
            (key, condition, badge_rules.name_of(key, known), badge_rules.is_on(key, known))
            for key, condition in badge_rules.CONDITIONS.items()
        ],
        missions=[
            (
                key,
                task,
                rules[key].target if key in rules else task.target,
                key not in rules or rules[key].is_on,
            )
            for key, task in mission_rules.MISSIONS.items()
        ],
        counts=badge_rules.held_counts(),
    )


def _save(actor) -> dict[str, str]:
    """Save every line; return what is wrong by the key of the line. Nothing is kept then."""
    wrong = {}
    for key in badge_rules.CONDITIONS:
        try:
            name, is_on = request.form.get(f"name-{key}", ""), f"on-{key}" in request.form
            badge_rules.change(actor, key, name=name, is_on=is_on)
        except Invalid as refusal:
            wrong[key] = str(refusal)
    for key in mission_rules.MISSIONS:
        typed = request.form.get(f"target-{key}", "").strip()
        target = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 else 0
        try:
            mission_rules.change(actor, key, target=target, is_on=f"on-{key}" in request.form)
        except Invalid as refusal:
            wrong[key] = str(refusal)
    return wrong


@blueprint.post("/admin/badges/backfill")
@web.limited("standing", per_member="5/hour")
def admin_backfill():
    """Give badges for what was done before, to everybody, silently."""
    badge_rules.ask_backfill(web.actor())
    return web.done(
        url_for(".admin_badges"), _("Badges are being given, and nobody is told about old ones.")
    )
