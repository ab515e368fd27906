"""The numbers of a brand's home page as they were counted last, by the worker."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import JSON, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from community.kernel.db import db, now
from community.kernel.tenancy import BrandScoped
from community.members.models import Anonymous
from community.threads import figures


class CountedFigures(BrandScoped, db.Model):
    """One row for each brand."""

    __table_args__ = (UniqueConstraint("brand_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    counted_at: Mapped[datetime] = mapped_column(default=now)
    numbers: Mapped[dict] = mapped_column(JSON)  # the fields of figures.CommunityNumbers
    tags: Mapped[list] = mapped_column(JSON)  # [slug, number of threads], most used first
    helpers: Mapped[list] = mapped_column(JSON)  # [member id, votes], most first


def latest() -> figures.Figures:
    """Return what was counted last; who helped is looked up now, for people may have left.

    A brand the worker has not come to yet is counted on the spot.
    """
    counted = db.session.scalar(select(CountedFigures))
    if counted is None:
        return figures.Figures(
            figures.community_numbers(), figures.popular_tags(Anonymous()), figures.top_helpers()
        )
    return figures.Figures(
        figures.CommunityNumbers(**counted.numbers),
        [figures.TagUse(*use) for use in counted.tags],
        figures.still_here(dict(counted.helpers)),
    )


def latest_tags() -> list[figures.TagUse]:
    """Return the tags used most, as they were counted last."""
    counted = db.session.scalar(select(CountedFigures.tags))
    if counted is None:
        return figures.popular_tags(Anonymous())
    return [figures.TagUse(*use) for use in counted]


def count_again(_event) -> None:
    """Count the figures of the brand in scope and keep them."""
    counted = {
        "counted_at": now(),
        "numbers": asdict(figures.community_numbers()),
        "tags": [[use.slug, use.count] for use in figures.popular_tags(Anonymous())],
        "helpers": [[helper.member.id, helper.votes] for helper in figures.top_helpers()],
    }
    kept = db.session.scalar(select(CountedFigures).with_for_update())
    if kept is None:
        db.session.add(CountedFigures(**counted))
        return
    for name, value in counted.items():
        setattr(kept, name, value)
