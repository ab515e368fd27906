"""Numbers for the home of the back office."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from community.kernel.bus import Delivery
from community.kernel.db import db, now
from community.kernel.errors import Missing
from community.kernel.i18n import _
from community.members.models import Member
from community.threads.models import Post, State, Thread

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Week:
    """One number, for the last seven days and the seven before."""

    this: int
    before: int

    @property
    def change(self) -> int:
        return self.this - self.before


def new_members() -> Week:
    return _week(select(func.count(Member.id)).where(Member.erased_at.is_(None)), Member)


def new_threads() -> Week:
    return _week(select(func.count(Thread.id)).where(Thread.state == State.VISIBLE), Thread)


def new_replies() -> Week:
    visible = select(func.count(Post.id)).where(Post.state == State.VISIBLE, Post.number > 1)
    return _week(visible, Post)


def _week(counting, model) -> Week:
    start, middle = now() - 2 * WEEK, now() - WEEK
    this = counting.where(model.created_at >= middle)
    before = counting.where(model.created_at >= start, model.created_at < middle)
    return Week(db.session.scalar(this), db.session.scalar(before))


def parked_count() -> int:
    """How many deliveries were given up."""
    return db.session.scalar(select(func.count(Delivery.id)).where(Delivery.parked_at.is_not(None)))


def delivery_or_missing(delivery_id: int) -> Delivery:
    delivery = db.session.get(Delivery, delivery_id)
    if delivery is None:
        raise Missing(_("There is no such delivery."))
    return delivery
