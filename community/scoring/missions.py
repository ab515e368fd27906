"""Missions: small things to do within a week or a month of the brand's calendar.

A mission starts with the first step, is done when all steps are, and expires when its time is
over. Progress is counted from what is there, so a step taken back is a step less until done.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from community.events import MissionDone
from community.kernel.bus import publish
from community.kernel.db import db, now
from community.kernel.errors import Invalid, Missing
from community.kernel.i18n import _, _l
from community.kernel.policy import require
from community.permissions import Can
from community.scoring import deeds
from community.scoring.periods import Period, brand_zone, period_of
from community.scoring.standing_models import Mission, MissionRule, MissionState, Span
from community.threads.kinds import Kind, State
from community.threads.models import Post, Thread

MOST_STEPS = 50
PORTION = 500


def _answered(member_id: int, since: datetime, until: datetime) -> int:
    return len(deeds.first_answers(member_id, since, until))


def _thanked(member_id: int, since: datetime, until: datetime) -> int:
    given = deeds.votes_given(member_id, since)
    return len({deed.by_id for deed in given if deed.at < until})


def _accepted(member_id: int, since: datetime, until: datetime) -> int:
    """Questions of the member, with a reply of that time that is marked as accepted."""
    questions = (
        select(Thread.id)
        .join(Post, Post.thread_id == Thread.id)
        .where(
            Thread.author_id == member_id,
            Thread.kind == Kind.QUESTION,
            Thread.state == State.VISIBLE,
            Post.is_accepted,
            Post.author_id != member_id,
            Post.created_at >= since,
            Post.created_at < until,
        )
        .distinct()
    )
    return len(db.session.scalars(questions).all())


@dataclass(frozen=True)
class Task:
    """One of the missions there are: what to do, how often, within what."""

    name: str
    text: str
    icon: str
    span: Span
    target: int
    progress: Callable[[int, datetime, datetime], int]


MISSIONS: dict[str, Task] = {
    "answer-waiting": Task(
        _l("First to help"),
        _l("Answer questions nobody has answered yet"),
        "chat",
        Span.WEEK,
        3,
        _answered,
    ),
    "thank-five": Task(
        _l("Say thank you"),
        _l("Find posts of different people helpful"),
        "heart",
        Span.WEEK,
        5,
        _thanked,
    ),
    "accept-one": Task(
        _l("Close the loop"),
        _l("Mark an answer that solved your question"),
        "check-c",
        Span.MONTH,
        1,
        _accepted,
    ),
}


@dataclass(frozen=True)
class Offer:
    """A mission as its page shows it. `mission` is None before the first step."""

    key: str
    kind: Task
    target: int
    period: Period
    mission: Mission | None

    @property
    def progress(self) -> int:
        return min(self.target, self.mission.progress) if self.mission else 0

    @property
    def is_done(self) -> bool:
        return self.mission is not None and self.mission.state is MissionState.DONE


def settings() -> dict[str, MissionRule]:
    """What the brand decided about missions, by key."""
    return {rule.key: rule for rule in db.session.scalars(select(MissionRule))}


def on_offer(member_id: int) -> list[Offer]:
    """The missions of this week and month, with how far the member is."""
    rules, zone_name = settings(), brand_zone()
    periods = {span: period_of(span, zone_name=zone_name) for span in (Span.WEEK, Span.MONTH)}
    theirs = select(Mission).where(
        Mission.member_id == member_id, Mission.period.in_(p.name for p in periods.values())
    )
    begun = {mission.key: mission for mission in db.session.scalars(theirs)}
    offers = []
    for key, kind in MISSIONS.items():
        rule = rules.get(key)
        if rule is not None and not rule.is_on and key not in begun:
            continue
        mission = begun.get(key)
        target = mission.target if mission else rule.target if rule else kind.target
        offers.append(Offer(key, kind, target, periods[kind.span], mission))
    return offers


def past(member_id: int, limit: int = 20) -> Sequence[Mission]:
    """What the member did or did not finish before, the latest first."""
    over = select(Mission).where(
        Mission.member_id == member_id,
        Mission.state != MissionState.RUNNING,
        Mission.ends_at <= now(),
        Mission.key.in_(MISSIONS),
    )
    return db.session.scalars(over.order_by(Mission.ends_at.desc(), Mission.id).limit(limit)).all()


def count(member_id: int, keys: Sequence[str]) -> None:
    """Count again how far a member is with these missions; say so when one is done."""
    for offer in on_offer(member_id):
        if offer.key not in keys or offer.is_done:
            continue
        period = offer.period
        steps = offer.kind.progress(member_id, period.starts_at, period.ends_at)
        mission = offer.mission or (_start(member_id, offer) if steps else None)
        if mission is None or mission.state is not MissionState.RUNNING:
            continue
        mission.progress = steps
        if steps >= mission.target:
            mission.state, mission.done_at = MissionState.DONE, now()
            publish(MissionDone(member_id=member_id, mission_id=mission.id))


def _start(member_id: int, offer: Offer) -> Mission | None:
    mission = Mission(
        member_id=member_id,
        key=offer.key,
        period=offer.period.name,
        target=offer.target,
        ends_at=offer.period.ends_at,
    )
    try:
        with db.session.begin_nested():
            db.session.add(mission)
    except IntegrityError:  # two steps at the same moment: the other delivery counts both
        return None
    return mission


def expire() -> None:
    """End what was not done in its time."""
    over = select(Mission).where(Mission.state == MissionState.RUNNING, Mission.ends_at <= now())
    for mission in db.session.scalars(over.order_by(Mission.ends_at).limit(PORTION)):
        mission.state = MissionState.EXPIRED


def name_of(mission: Mission) -> str:
    """What a mission is called, for notices and for the page of past ones."""
    return str(MISSIONS[mission.key].name)


def change(actor, key: str, *, target: int, is_on: bool) -> None:
    """Say how much a mission takes and whether it is on offer; running ones stay as begun."""
    require(actor, Can.EDIT_STANDING)
    if key not in MISSIONS:
        raise Missing(_("There is no such mission."))
    if not 1 <= target <= MOST_STEPS:
        raise Invalid(_("Ask for between 1 and %(most)d steps.", most=MOST_STEPS), field=key)
    rule = settings().get(key)
    if rule is None:
        rule = MissionRule(key=key)
        db.session.add(rule)
    rule.target, rule.is_on = target, is_on
