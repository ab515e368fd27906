"""Leaderboards, seasons, badges and missions over HTTP, and the standing on a profile."""

from dataclasses import dataclass

from flask import Blueprint, get_template_attribute, request, url_for

from community.kernel import web
from community.kernel.errors import Invalid
from community.kernel.formats import date
from community.kernel.i18n import _
from community.kernel.policy import can, require
from community.members.models import Member
from community.permissions import Can
from community.scoring import badges as badge_rules
from community.scoring import boards, influence, ranks, standing
from community.scoring import missions as mission_rules
from community.scoring import seasons as season_rules
from community.scoring.periods import Period, period_of
from community.scoring.standing_forms import ListingForm, RevokeForm
from community.scoring.standing_models import Season, Span
from community.threads import queries as thread_queries

blueprint = Blueprint("standing", __name__)

ACTS_PER_MEMBER = "30/minute"


# -- Boards ----------------------------------------------------------------


@blueprint.get("/leaderboard")
def leaderboard():
    """Who has most points in a week, a month, a season or altogether; everywhere or in a section.

    A period or section nobody knows is the month, everywhere.
    """
    actor = web.actor()
    span = next((one for one in Span if one == request.args.get("period")), Span.MONTH)
    sections = thread_queries.category_tree(actor)
    section = next((one for one in sections if one.slug == request.args.get("section")), None)
    period = None if span is Span.ALL else period_of(span)
    board = boards.board(
        actor,
        span,
        section_id=section.id if section else boards.EVERYWHERE,
        period=period.name if period else None,
    )
    mine = standing.of_member(actor.id) if actor.is_authenticated else None
    return web.page(
        "scoring/leaderboard.html",
        board=board,
        heading=_heading(span, period),
        spans=[(name, _place(one, section), one is span) for one, name in _spans().items()],
        sections_shown=[
            (_("Everywhere"), _place(span, None), section is None),
            *((one.name, _place(span, one), one is section) for one in sections),
        ],
        ranks=ranks.ladder(),
        my_rank=mine.rank_id if mine else None,
        is_listed=mine.wants_listing if mine else True,
    )


def _spans() -> dict[Span, str]:
    return {
        Span.WEEK: _("Week"),
        Span.MONTH: _("Month"),
        Span.SEASON: _("Season"),
        Span.ALL: _("All time"),
    }


def _place(span: Span, section) -> str:
    asked = {} if span is Span.MONTH else {"period": span.value}
    return url_for(".leaderboard", **asked, **({"section": section.slug} if section else {}))


def _heading(span: Span, period: Period | None) -> str:
    if period is None:
        return _("Since the beginning")
    days = {"first": date(period.first_day), "last": date(period.last_day)}
    return {
        Span.WEEK: _("This week, %(first)s to %(last)s", **days),
        Span.MONTH: _("This month, %(first)s to %(last)s", **days),
        Span.SEASON: _("This season, %(first)s to %(last)s", **days),
    }[span]


@blueprint.route("/leaderboard/me", methods=["GET", "POST"])
@web.limited("standing", per_member=ACTS_PER_MEMBER)
def listing():
    """Appear on leaderboards, or not."""
    actor = web.actor()
    require(actor, Can.CATCH_UP)
    mine = standing.of_member(actor.id)
    form = ListingForm(data={"is_listed": mine.wants_listing if mine else True})
    if form.validate_on_submit():
        boards.choose_listing(
            actor, standing.held(actor.id), wants_listing=bool(form.is_listed.data)
        )
        return web.done(url_for(".leaderboard"), _("Your choice is saved."))
    return web.form_page("scoring/listing.html", form)


@blueprint.get("/leaderboard/seasons")
def seasons():
    """The podiums of the seasons that are over."""
    found = season_rules.past()
    names = {season.id: _season_name(season) for season in found}
    return web.page("scoring/seasons.html", seasons=found, names=names)


def _season_name(season: Season) -> str:
    period = period_of(Span.SEASON, season.starts_at)
    return _("%(first)s to %(last)s", first=date(period.first_day), last=date(period.last_day))


# -- Missions and badges ---------------------------------------------------


@blueprint.get("/missions")
def missions():
    """What there is to do this week and month, how far the reader is, and what was before."""
    actor = web.actor()
    past = mission_rules.past(actor.id) if actor.is_authenticated else []
    return web.page(
        "scoring/missions.html",
        offers=mission_rules.on_offer(actor.id),
        past=[(mission, mission_rules.name_of(mission)) for mission in past],
    )


@dataclass(frozen=True)
class _Shown:
    name: str
    condition: badge_rules.Condition
    count: int
    is_mine: bool


@blueprint.get("/badges")
def badges():
    """Every badge there is, what it takes and how many have it."""
    actor = web.actor()
    known, counts = badge_rules.settings(), badge_rules.held_counts()
    held = badge_rules.held_by(actor.id) if actor.is_authenticated else []
    mine = {one.key for one in held if one.award.is_held}
    shown = [
        _Shown(badge_rules.name_of(key, known), condition, counts.get(key, 0), key in mine)
        for key, condition in badge_rules.CONDITIONS.items()
        if badge_rules.is_on(key, known)
    ]
    return web.page("scoring/badges.html", badges=shown)


@blueprint.route("/badges/<int:award_id>/revoke", methods=["GET", "POST"])
@web.limited("standing", per_member=ACTS_PER_MEMBER)
def revoke_badge(award_id):
    """Take a badge back from a member and say why."""
    actor = web.actor()
    award = badge_rules.award_or_missing(award_id)
    require(actor, Can.REVOKE_BADGE, award)
    form, name = RevokeForm(), badge_rules.name_of(award.key)
    if form.validate_on_submit():
        try:
            badge_rules.revoke(actor, award, reason=form.reason.data)
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            profile = url_for("members.profile", username=award.member.username)
            return web.done(profile, _("The badge is taken back."))
    return web.form_page("scoring/revoke_badge.html", form, award=award, name=name)


# -- On the profile --------------------------------------------------------


@dataclass(frozen=True)
class _OfMember:
    step: ranks.Step
    influence: int
    parts: list[influence.Part]
    badges: list[badge_rules.Held]
    offers: list[mission_rules.Offer]


def on_profile(member: Member, actor) -> str | None:
    """Rank, influence and badges of a member, as HTML; missions too on one's own profile.

    None for the team: it helps without points.
    """
    if member.is_staff or member.is_erased:
        return None
    is_me = actor.id == member.id
    mine = standing.of_member(member.id)
    shown = _OfMember(
        ranks.step_of(member.id),
        mine.influence if mine else 0,
        influence.shown(mine) if is_me else [],
        badge_rules.held_by(member.id),
        mission_rules.on_offer(member.id) if is_me else [],
    )
    panel = get_template_attribute("scoring/_profile.html", "panel")
    return panel(shown, member, is_me, can(actor, Can.REVOKE_BADGE, member))
