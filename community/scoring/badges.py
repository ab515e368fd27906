"""Badges: what earns each, giving them, taking them back.

A badge is earned the moment its threshold was crossed, whenever that is noticed. One whose
cause goes is revoked by itself; staff revokes with a reason, and then only what is done after
that earns it again.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from community.events import BadgeEarned, BadgeRevoked, BadgesAsked
from community.kernel.bus import publish
from community.kernel.db import db, now
from community.kernel.errors import Conflict, Invalid, Missing
from community.kernel.i18n import _, _l
from community.kernel.policy import require
from community.members.models import Member
from community.permissions import Can
from community.scoring import deeds
from community.scoring.standing_models import Badge, BadgeAward

NEWS_FOR = timedelta(days=2)
"""A badge earned longer ago is given silently: nobody wants a flood of old news."""
PORTION = 100
LONGEST_NAME = 40
LONGEST_REASON = 500
_YEAR = timedelta(days=365)


def _years(member_id: int) -> list[datetime]:
    """When the member had been here for one year, two years and so on."""
    joined = db.session.get_one(Member, member_id).created_at
    return [joined + _YEAR * year for year in range(1, (now() - joined) // _YEAR + 1)]


def _moments(done: Callable[[int], Sequence[deeds.Deed]]) -> Callable[[int], list[datetime]]:
    return lambda member_id: [deed.at for deed in done(member_id)]


@dataclass(frozen=True)
class Condition:
    """What earns a badge: the `threshold`-th of the moments that `moments` finds."""

    name: str
    text: str
    icon: str
    tone: int
    threshold: int
    moments: Callable[[int], list[datetime]]


_accepted, _certified = _moments(deeds.accepted), _moments(deeds.certified)
_received, _given = _moments(deeds.votes_received), _moments(deeds.votes_given)
_solved = _moments(deeds.solved_questions)

CONDITIONS: dict[str, Condition] = {
    "first-solved": Condition(
        _l("Solved"), _l("Mark an answer to your own question"), "check-c", 3, 1, _solved
    ),
    "first-accepted": Condition(
        _l("First answer"), _l("Have an answer accepted"), "chat", 1, 1, _accepted
    ),
    "accepted-10": Condition(
        _l("Problem solver"), _l("Have ten answers accepted"), "wrench", 1, 10, _accepted
    ),
    "helpful-10": Condition(
        _l("Good advice"), _l("Receive ten helpful votes"), "heart", 2, 10, _received
    ),
    "helpful-100": Condition(
        _l("Everyone’s friend"), _l("Receive a hundred helpful votes"), "spark", 2, 100, _received
    ),
    "certified-1": Condition(
        _l("Word of trust"), _l("Have an answer certified"), "seal", 0, 1, _certified
    ),
    "certified-5": Condition(
        _l("Gold standard"), _l("Have five answers certified"), "crown", 0, 5, _certified
    ),
    "votes-25": Condition(
        _l("Good reader"), _l("Find 25 posts of others helpful"), "eye", 4, 25, _given
    ),
    "one-year": Condition(_l("One year here"), _l("Be a member for a year"), "leaf", 5, 1, _years),
}


@dataclass(frozen=True)
class Held:
    """A badge as a profile shows it."""

    key: str
    name: str
    text: str
    icon: str
    tone: int
    award: BadgeAward


def settings() -> dict[str, Badge]:
    """What the brand decided about badges, by key; a badge it says nothing of is given."""
    return {badge.key: badge for badge in db.session.scalars(select(Badge))}


def name_of(key: str, known: dict[str, Badge] | None = None) -> str:
    """The brand's name for a badge, or the one it has by itself."""
    badge = (settings() if known is None else known).get(key)
    return (badge.name if badge else "") or str(CONDITIONS[key].name)


def is_on(key: str, known: dict[str, Badge]) -> bool:
    return key not in known or known[key].is_on


def held_by(member_id: int) -> list[Held]:
    """A member's badges, the held ones first, of each the latest; revoked ones stay, grey."""
    theirs = select(BadgeAward).where(BadgeAward.member_id == member_id)
    awards = db.session.scalars(theirs.order_by(BadgeAward.earned_at, BadgeAward.id)).all()
    latest = {award.key: award for award in awards if award.key in CONDITIONS}
    known = settings() if latest else {}
    shown = [_held(award, known) for award in latest.values() if is_on(award.key, known)]
    return sorted(shown, key=lambda one: not one.award.is_held)


def _held(award: BadgeAward, known: dict[str, Badge]) -> Held:
    of = CONDITIONS[award.key]
    return Held(award.key, name_of(award.key, known), of.text, of.icon, of.tone, award)


def held_counts() -> dict[str, int]:
    """How many members hold each badge."""
    counted = select(BadgeAward.key, func.count()).where(BadgeAward.revoked_at.is_(None))
    rows = db.session.execute(counted.group_by(BadgeAward.key)).all()
    return {key: count for key, count in rows}


# -- Giving and taking -----------------------------------------------------


def recompute(member_id: int, *, keys: Collection[str] = (), is_told: bool = True) -> None:
    """Give a member what they have earned, and take what they have no more; by keys or all."""
    known = settings()
    theirs = select(BadgeAward).where(BadgeAward.member_id == member_id)
    awards = db.session.scalars(theirs.order_by(BadgeAward.id)).all()
    for key in keys or CONDITIONS:
        if is_on(key, known):
            _settle(member_id, key, [one for one in awards if one.key == key], is_told)


def _settle(member_id: int, key: str, awards: Sequence[BadgeAward], is_told: bool) -> None:
    held = next((award for award in awards if award.is_held), None)
    earned_at = _earned_at(member_id, key, awards)
    if held is None and earned_at is not None:
        give(member_id, key, earned_at, is_told=is_told)
    elif held is not None and earned_at is None:
        held.revoked_at = now()
        publish(BadgeRevoked(member_id=member_id, award_id=held.id))


def _earned_at(member_id: int, key: str, awards: Sequence[BadgeAward]) -> datetime | None:
    """When the threshold was crossed; what staff revoked is to be done again after that."""
    by_staff = [award.revoked_at for award in awards if award.revoked_by_id is not None]
    moments = CONDITIONS[key].moments(member_id)
    if by_staff:
        moments = [moment for moment in moments if moment > max(by_staff)]
    threshold = CONDITIONS[key].threshold
    return moments[threshold - 1] if len(moments) >= threshold else None


def give(member_id: int, key: str, earned_at: datetime, *, is_told: bool = True) -> bool:
    """Give a badge; False when the member has it. The database settles who gives it first."""
    award = BadgeAward(member_id=member_id, key=key, earned_at=earned_at)
    try:
        with db.session.begin_nested():
            db.session.add(award)
    except IntegrityError:
        return False
    is_news = is_told and now() - earned_at < NEWS_FOR
    publish(BadgeEarned(member_id=member_id, award_id=award.id, is_told=is_news))
    return True


def award_or_missing(award_id: int) -> BadgeAward:
    """An award of the brand. Raises Missing."""
    award = db.session.get(BadgeAward, award_id)
    if award is None or award.key not in CONDITIONS:
        raise Missing(_("There is no such badge."))
    return award


def revoke(actor, award: BadgeAward, *, reason: str) -> None:
    """Take a badge back and say why. Conflict when it is taken back already."""
    require(actor, Can.REVOKE_BADGE, award)
    if not reason.strip():
        raise Invalid(_("Say why, so that the member understands."), field="reason")
    if len(reason) > LONGEST_REASON:
        raise Invalid(_("Keep it under %(most)d letters.", most=LONGEST_REASON), field="reason")
    db.session.refresh(award, with_for_update=True)
    if not award.is_held:
        raise Conflict(_("This badge is taken back already."))
    award.revoked_at, award.revoked_by_id = now(), actor.id
    award.revoked_reason = reason.strip()
    publish(BadgeRevoked(member_id=award.member_id, award_id=award.id))


# -- The brand's choice ----------------------------------------------------


def change(actor, key: str, *, name: str, is_on: bool) -> None:
    """Name a badge or stop giving it; whoever has it keeps it, unseen while it is off."""
    require(actor, Can.EDIT_STANDING)
    if key not in CONDITIONS:
        raise Missing(_("There is no such badge."))
    name = name.strip()
    if len(name) > LONGEST_NAME:
        raise Invalid(_("A badge's name has at most %(most)d letters.", most=LONGEST_NAME), key)
    badge = settings().get(key)
    if badge is None:
        badge = Badge(key=key)
        db.session.add(badge)
    badge.name, badge.is_on = ("" if name == str(CONDITIONS[key].name) else name), is_on


def ask_backfill(actor) -> None:
    """Let everybody who earned a badge before have it, without a word to anybody."""
    require(actor, Can.EDIT_STANDING)
    publish(BadgesAsked(after_id=0))


def backfill(after_id: int) -> None:
    """Look at the next portion of members, and ask for the one after it."""
    members = select(Member.id).where(Member.id > after_id, Member.erased_at.is_(None))
    ids = db.session.scalars(members.order_by(Member.id).limit(PORTION)).all()
    for member_id in ids:
        recompute(member_id, is_told=False)
    if len(ids) == PORTION:
        publish(BadgesAsked(after_id=ids[-1]))


def one_year_here() -> None:
    """Look at whoever has been here for a year since a few days."""
    joined = Member.created_at.between(now() - _YEAR - NEWS_FOR, now() - _YEAR)
    members = select(Member.id).where(joined, Member.erased_at.is_(None))
    for member_id in db.session.scalars(members).all():
        recompute(member_id, keys=["one-year"])
