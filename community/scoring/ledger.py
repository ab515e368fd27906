"""The ledger in the database: writing it behind the log, and reading it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from community.events import MemberErased
from community.kernel.db import db
from community.kernel.errors import Missing
from community.kernel.i18n import _
from community.kernel.upkeep import Tally, portions
from community.members.models import Member
from community.scoring.counting import Line
from community.scoring.models import MemberScore, PointsEntry
from community.threads.models import Post, Thread

PER_PAGE = 30


class InDatabase:
    """The ledger of the brand in scope, for `Counter`."""

    def __init__(self):
        self.members: set[int] = set()

    def add(self, line: Line) -> Line:
        thread = _thread_of(line)
        entry = PointsEntry(
            member_id=line.member_id,
            position=line.position,
            rule=line.rule,
            rules_version=line.rules_version,
            points=line.points,
            giver_id=line.giver_id,
            thread_id=thread.id if thread else None,
            post_id=line.post_id,
            section_id=thread.section_id if thread else None,
            reason=str(line.reason),
            reverses_id=line.reverses_id,
            happened_at=line.happened_at,
        )
        db.session.add(entry)
        db.session.flush()  # further lines of the same event name it
        _score_of(line.member_id).points += line.points
        self.members.add(line.member_id)
        return _line(entry)

    def of_post(self, post_id: int, rule: str | None, giver_id: int | None) -> list[Line]:
        found = select(PointsEntry).where(PointsEntry.post_id == post_id)
        if rule is not None:
            found = found.where(PointsEntry.rule == rule)
        if giver_id is not None:
            found = found.where(PointsEntry.giver_id == giver_id)
        return _lines(found)

    def of_thread(self, thread_id: int, rule: str) -> list[Line]:
        return _lines(
            select(PointsEntry).where(PointsEntry.thread_id == thread_id, PointsEntry.rule == rule)
        )

    def of_member(self, member_id: int, since: datetime, giver_id: int | None) -> list[Line]:
        found = select(PointsEntry).where(
            PointsEntry.member_id == member_id, PointsEntry.happened_at >= since
        )
        if giver_id is not None:
            found = found.where(PointsEntry.giver_id == giver_id)
        return _lines(found)


def _thread_of(line: Line) -> Thread | None:
    """Where it happened; a vote names its post alone."""
    if line.thread_id is not None:
        return db.session.get(Thread, line.thread_id)
    post = db.session.get(Post, line.post_id) if line.post_id else None
    return post.thread if post else None


def _score_of(member_id: int) -> MemberScore:
    found = db.session.get(MemberScore, member_id)
    if found is None:
        found = MemberScore(member_id=member_id, points=0)
        db.session.add(found)
    return found


def _lines(found) -> list[Line]:
    return [_line(entry) for entry in db.session.scalars(found.order_by(PointsEntry.id))]


def _line(entry: PointsEntry) -> Line:
    return Line(
        entry.id,
        entry.member_id,
        entry.position,
        entry.rule,
        entry.rules_version,
        entry.points,
        entry.giver_id,
        entry.thread_id,
        entry.post_id,
        entry.reason,
        entry.reverses_id,
        entry.happened_at,
    )


# -- Reading ---------------------------------------------------------------


def points_of(member_id: int) -> int:
    """All the points a member has."""
    score = db.session.get(MemberScore, member_id)
    return score.points if score else 0


@dataclass(frozen=True)
class EntriesPage:
    """Lines of one member, newest first."""

    items: Sequence[PointsEntry]
    number: int
    pages: int
    total: int


def entries_of(member_id: int, page: int = 1) -> EntriesPage:
    """One page of a member's lines. Raises Missing beyond the last."""
    theirs = select(PointsEntry).where(PointsEntry.member_id == member_id)
    total = db.session.scalar(theirs.with_only_columns(func.count())) or 0
    pages = max(1, -(-total // PER_PAGE))
    if not 0 < page <= pages:
        raise Missing(_("There is no such page."))
    newest = theirs.order_by(PointsEntry.id.desc()).options(
        joinedload(PointsEntry.thread).joinedload(Thread.category)
    )
    found = db.session.scalars(newest.limit(PER_PAGE).offset((page - 1) * PER_PAGE)).all()
    return EntriesPage(found, page, pages, total)


# -- Upkeep, leaving, downloads --------------------------------------------


def check(mends: bool) -> Iterator[Tally]:
    """Find members whose points are not the sum of their lines."""
    for first, last, size in portions(Member):
        tally = Tally("points of members", size)
        sums = dict(
            db.session.execute(
                select(PointsEntry.member_id, func.sum(PointsEntry.points))
                .join(Member, Member.id == PointsEntry.member_id)
                .where(PointsEntry.member_id.between(first, last), Member.erased_at.is_(None))
                .group_by(PointsEntry.member_id)
            ).all()
        )
        kept = select(MemberScore).where(MemberScore.member_id.between(first, last))
        scores = {score.member_id: score for score in db.session.scalars(kept)}
        for member_id in sorted(sums.keys() | scores.keys()):
            right = sums.get(member_id, 0)
            said = scores[member_id].points if member_id in scores else 0
            if said == right:
                continue
            tally.note(f"member {member_id}: {right} points, it says {said}")
            if mends:
                _score_of(member_id).points = right
                db.session.flush()  # sees the next portion as it is
        yield tally


def forget_member(event: MemberErased) -> None:
    """The sum goes; the lines stay, under the pseudonym, for those who gave and were given."""
    score = db.session.get(MemberScore, event.member_id)
    if score is not None:
        db.session.delete(score)


def export(member: Member) -> list[dict]:
    """Every line of a member's ledger, for their download."""
    theirs = select(PointsEntry).where(PointsEntry.member_id == member.id)
    return [
        {
            "at": entry.happened_at.isoformat(),
            "rule": entry.rule,
            "points": entry.points,
            "reason": entry.reason,
            "thread": entry.thread_id,
        }
        for entry in db.session.scalars(theirs.order_by(PointsEntry.id))
    ]
