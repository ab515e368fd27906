"""Questions nobody answers, and askers who accept nothing: who is told of it, and when."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import aliased, joinedload

from community.events import AnswerReminded, AnswersDue, QuestionWaiting
from community.kernel.bus import publish
from community.kernel.db import db, now
from community.qa.help_models import QuestionWait
from community.threads.models import Access, Category, Kind, Post, State, Thread

USUAL_HOURS = 24
REMINDED_AFTER = (3, 7, 21)  # days since the first reply of somebody else
STARTED_WITHIN = timedelta(days=30)
AT_ONCE = 500  # questions in one round; the next comes ten minutes later


def on_answers_due(_event: AnswersDue) -> None:
    """Tell experts, then staff, of questions that wait; remind askers that they may accept."""
    _tell("experts", times=1)
    _tell("staff", times=2)
    for days in reversed(REMINDED_AFTER):  # after an outage one reminder is enough
        _remind(days)


def hours_of(category: Category) -> int:
    """Hours a question may wait here until experts are told: its own, its section's, or 24."""
    of_section = category.parent.unanswered_hours if category.parent else None
    return category.unanswered_hours or of_section or USUAL_HOURS


def _tell(told: str, *, times: int) -> None:
    for thread in db.session.scalars(_due(told, ~_answered())).all():
        if now() - thread.created_at < timedelta(hours=times * hours_of(thread.category)):
            continue
        db.session.add(QuestionWait(thread_id=thread.id, told=told))
        publish(QuestionWaiting(thread_id=thread.id, told=told))


def _remind(days: int) -> None:
    """The first reply decides, in a thread of any age: an answer may come late."""
    began = _first_reply()
    at_least = now() - timedelta(days=days)
    told = f"day-{days}"
    due = _due(told, began <= at_least, began > now() - STARTED_WITHIN, is_new=False)
    later = [f"day-{other}" for other in REMINDED_AFTER if other > days]
    for thread in db.session.scalars(due.where(~Thread.is_solved, ~_was_told(later))).all():
        db.session.add(QuestionWait(thread_id=thread.id, told=told))
        db.session.flush()
        publish(AnswerReminded(thread_id=thread.id, days=days))


def _due(told: str, *conditions: ColumnElement[bool], is_new: bool = True) -> Select:
    age: tuple = (Thread.created_at > now() - STARTED_WITHIN,) if is_new else ()
    return (
        select(Thread)
        .where(
            Thread.kind == Kind.QUESTION,
            Thread.state == State.VISIBLE,
            Thread.access != Access.PEOPLE,
            Thread.merged_into_id.is_(None),
            ~Thread.is_locked,
            ~_was_told([told]),
            *conditions,
            *age,
        )
        .options(joinedload(Thread.category).joinedload(Category.parent))
        .order_by(Thread.id)
        .limit(AT_ONCE)
    )


def _was_told(told: list[str]) -> ColumnElement[bool]:
    return (
        select(QuestionWait.thread_id)
        .where(QuestionWait.thread_id == Thread.id, QuestionWait.told.in_(told))
        .correlate(Thread)
        .exists()
    )


def _of_others():
    """Shown replies of anybody but whoever asked."""
    reply = aliased(Post)
    return reply, (
        reply.thread_id == Thread.id,
        reply.number > 1,
        reply.state == State.VISIBLE,
        reply.author_id != Thread.author_id,
    )


def _answered() -> ColumnElement[bool]:
    reply, there = _of_others()
    return select(reply.id).where(*there).correlate(Thread).exists()


def _first_reply() -> ColumnElement[datetime]:
    reply, there = _of_others()
    return select(func.min(reply.created_at)).where(*there).correlate(Thread).scalar_subquery()
