"""Keeps standings in step with what happens; see each module for what it counts."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, select

from community import events
from community.kernel.bus import publish
from community.kernel.db import db
from community.members.models import Member
from community.scoring import badges, boards, influence, missions, ranks, seasons
from community.scoring.standing_models import (
    BadgeAward,
    MemberPeriodScore,
    MemberStanding,
    Mission,
    SeasonPlace,
)
from community.threads.models import Post, Thread

_LATELY = timedelta(hours=2)
PORTION = 200
OF_GIVING = ["votes-25"]


def held(member_id: int) -> MemberStanding:
    """A member's standing, made when there is none, held until the commit."""
    theirs = select(MemberStanding).where(MemberStanding.member_id == member_id)
    found = db.session.scalars(theirs.with_for_update()).one_or_none()
    if found is None:
        found = MemberStanding(
            member_id=member_id,
            wants_listing=True,
            counted_entry_id=0,
            influence=0,
            influence_parts=[],
        )
        db.session.add(found)
        db.session.flush()  # whoever comes second fails here and is delivered again
    return found


def of_member(member_id: int) -> MemberStanding | None:
    """A member's standing, to look at."""
    return db.session.get(MemberStanding, member_id)


def on_points(event: events.PointsCounted) -> None:
    """Points changed: places, rank, badges and influence follow, for each of them."""
    for member_id in _living(event.member_ids):
        standing = held(member_id)
        boards.count(standing)
        ranks.recompute(standing)
        badges.recompute(member_id)
        influence.recompute(standing)


def _living(member_ids: Sequence[int]) -> Sequence[int]:
    """Those who are not erased, always in the same order: two workers never wait for each other."""
    living = select(Member.id).where(Member.id.in_(member_ids), Member.erased_at.is_(None))
    return db.session.scalars(living.order_by(Member.id)).all()


def on_vote(event: events.HelpfulVoteGiven | events.HelpfulVoteWithdrawn) -> None:
    """A vote is a step of whoever gave it."""
    badges.recompute(event.voter_id, keys=OF_GIVING)
    missions.count(event.voter_id, ["thank-five"])


def on_post(event: events.PostAdded) -> None:
    """A reply may be the first to a question."""
    author_id = db.session.scalar(select(Post.author_id).where(Post.id == event.post_id))
    if author_id is not None:
        missions.count(author_id, ["answer-waiting"])


def on_accepted(event: events.AnswerAccepted | events.AnswerNoLongerAccepted) -> None:
    """Whoever asked said that a question is solved, or is not after all."""
    asker_id = db.session.scalar(select(Thread.author_id).where(Thread.id == event.thread_id))
    if asker_id is not None:
        missions.count(asker_id, ["accept-one"])
        badges.recompute(asker_id, keys=["first-solved"])


def on_role_or_suspension(
    event: events.MemberRoleChanged | events.MemberSuspended | events.MemberReinstated,
) -> None:
    """Staff and suspended members are on no board."""
    boards.list_again(held(event.member_id))


def on_standing_due(_event: events.StandingDue) -> None:
    """End missions and seasons whose time is over; list again whose suspension ran out."""
    missions.expire()
    seasons.begin()
    seasons.close_due()
    for member_id in boards.suspended_lately(_LATELY):
        boards.list_again(held(member_id))
    for standing in influence.due():
        influence.recompute(standing)


def on_day_began(_event: events.DayBegan) -> None:
    badges.one_year_here()


def on_ladder_changed(event: events.LadderChanged) -> None:
    """Give the next portion of members the rank that the new ladder has for them."""
    further = select(MemberStanding).where(MemberStanding.member_id > event.after_id)
    portion = further.order_by(MemberStanding.member_id).limit(PORTION).with_for_update()
    standings = db.session.scalars(portion).all()
    for standing in standings:
        ranks.recompute(standing, is_told=False)
    if len(standings) == PORTION:
        publish(events.LadderChanged(after_id=standings[-1].member_id))


def on_badges_asked(event: events.BadgesAsked) -> None:
    badges.backfill(event.after_id)


def forget_member(event: events.MemberErased) -> None:
    """Nothing says any more how an erased member stood; podiums keep a nameless place."""
    mine = event.member_id
    for model in (MemberPeriodScore, MemberStanding, Mission, BadgeAward):
        db.session.execute(delete(model).where(model.member_id == mine))
    member = db.session.get_one(Member, mine)
    member.rank = member.unlocks = ""


def export(member) -> list[dict]:
    """What "download my data" says about ranks, badges, missions, influence and podiums."""
    standing = of_member(member.id)
    lines = [{"rank": member.rank}] if member.rank else []
    if standing is not None:
        lines.append(
            {
                "influence": standing.influence,
                "made of": [part._asdict() for part in influence.shown(standing)],
                "appears on leaderboards": standing.wants_listing,
            }
        )
    for model, says in (
        (BadgeAward, ("key", "earned_at", "revoked_at", "revoked_reason")),
        (Mission, ("key", "period", "progress", "target", "state", "done_at")),
        (MemberPeriodScore, ("span", "period", "points")),
        (SeasonPlace, ("place", "points")),
    ):
        theirs = select(model).where(model.member_id == member.id)
        lines += [
            {"kind": model.__tablename__} | {name: getattr(row, name) for name in says}
            for row in db.session.scalars(theirs)
        ]
    return lines
