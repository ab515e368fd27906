"""What was passed to support, for the back office."""

import math

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from community.kernel.db import db
from community.kernel.errors import Missing
from community.kernel.i18n import _
from community.qa.help_models import Referral, Stage
from community.threads.queries import Page

PER_PAGE = 20


def referrals_page(*, waiting: bool, page: int = 1) -> Page:
    """Return one page of what was passed on: the oldest that waits first, or the last handled."""
    if waiting:
        listing = select(Referral).where(Referral.stage == Stage.WAITING)
        order = (Referral.created_at, Referral.id)
    else:
        listing = select(Referral).where(Referral.stage != Stage.WAITING)
        order = (Referral.handled_at.desc(), Referral.id.desc())
    total = db.session.scalar(listing.with_only_columns(func.count(Referral.id)))
    pages = max(1, math.ceil(total / PER_PAGE))
    if not 1 <= page <= pages:
        raise Missing(_("There is no such page."))
    found = listing.options(*_whole()).order_by(*order)
    items = db.session.scalars(found.limit(PER_PAGE).offset((page - 1) * PER_PAGE)).all()
    return Page(items, page, pages, total)


def referral_or_missing(referral_id: int) -> Referral:
    """One of them; Missing when there is none of that id."""
    found = select(Referral).where(Referral.id == referral_id).options(*_whole())
    referral = db.session.scalar(found)
    if referral is None:
        raise Missing(_("Nothing was passed to support under this address."))
    return referral


def waiting_count() -> int:
    """How many wait for the team."""
    waiting = select(func.count(Referral.id)).where(Referral.stage == Stage.WAITING)
    return db.session.scalar(waiting) or 0


def _whole():
    people = (joinedload(Referral.member), joinedload(Referral.handled_by))
    return joinedload(Referral.thread), *people
