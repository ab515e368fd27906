"""Numbers and lists for the home of the back office."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from community.kernel.bus import Delivery
from community.kernel.db import db, now
from community.kernel.errors import Missing
from community.kernel.i18n import _
from community.members.models import Member
from community.threads.models import Access, Category, Post, State, Thread

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
    shown = select(func.count(Thread.id)).where(
        Thread.state == State.VISIBLE, Thread.access != Access.PEOPLE
    )
    return _week(shown, Thread)


def new_replies() -> Week:
    visible = select(func.count(Post.id)).where(Post.state == State.VISIBLE, Post.number > 1)
    in_public = visible.join(Post.thread).where(Thread.access != Access.PEOPLE)
    return _week(in_public, Post)


def _week(counting, model) -> Week:
    start, middle = now() - 2 * WEEK, now() - WEEK
    this = counting.where(model.created_at >= middle)
    before = counting.where(model.created_at >= start, model.created_at < middle)
    return Week(db.session.scalar(this), db.session.scalar(before))


def newest_members(limit: int) -> Sequence[Member]:
    """Who joined last and is still here."""
    here = select(Member).where(Member.erased_at.is_(None))
    return db.session.scalars(
        here.order_by(Member.created_at.desc(), Member.id.desc()).limit(limit)
    ).all()


# -- Waiting ---------------------------------------------------------------


def parked_count() -> int:
    """How many deliveries were given up."""
    return db.session.scalar(select(func.count(Delivery.id)).where(Delivery.parked_at.is_not(None)))


def removed_lately() -> int:
    """How many posts were hidden or removed within a week and can be put back."""
    removed = select(func.count(Post.id)).where(Post.removed_at >= now() - WEEK, Post.body != "")
    return db.session.scalar(removed)


def delivery_or_missing(delivery_id: int) -> Delivery:
    delivery = db.session.get(Delivery, delivery_id)
    if delivery is None:
        raise Missing(_("There is no such delivery."))
    return delivery


def threads_in(category: Category) -> int:
    """How many threads a category holds, removed ones among them."""
    held = select(func.count(Thread.id)).where(Thread.category_id == category.id)
    return db.session.scalar(held)
