"""How many conversations somebody may begin.

Flood limits as forums have found them to work: one in 30 seconds, and twenty a day; three a
day for new members, who may still write to the brand as others do. Answering is limited by
the pace of posts alone. The database is asked, so all machines count together and no restart
forgets.
"""

from datetime import datetime, timedelta

from sqlalchemy import select

from community.brands.queries import day_began, the_brand
from community.kernel.db import db
from community.kernel.errors import TooMany
from community.kernel.formats import full
from community.kernel.i18n import _, ngettext, zone
from community.members.models import Member
from community.threads.models import Access, Kind, Thread

APART = timedelta(seconds=30)
A_DAY, A_DAY_WHEN_NEW = 20, 3


def check_pace(writer: Member, started: Thread) -> None:
    """TooMany when the writer should not have started this conversation yet.

    Call it holding the writer's row: of two at the same moment the second sees the first.
    Staff on duty is free.
    """
    if writer.is_on_duty:
        return
    moment, today = started.created_at, day_began()
    earlier = select(Thread.created_at, Thread.kind).where(
        Thread.author_id == writer.id,
        Thread.access == Access.PEOPLE,
        Thread.id != started.id,
        Thread.created_at >= min(today, moment - APART),
    )
    begun = db.session.execute(earlier.order_by(Thread.created_at.desc())).all()
    if begun and moment - begun[0].created_at < APART:
        _refuse_for_now(APART - (moment - begun[0].created_at))
    limit = A_DAY
    if writer.is_new and started.kind is Kind.MESSAGE:
        limit, begun = A_DAY_WHEN_NEW, [one for one in begun if one.kind is Kind.MESSAGE]
    if sum(one.created_at >= today for one in begun) >= limit:
        _refuse_for_today(writer, limit, today + timedelta(days=1), moment)


def _refuse_for_now(wait: timedelta) -> None:
    seconds = max(1, round(wait.total_seconds()))
    message = ngettext(
        "Wait %(num)d second before you start another conversation.",
        "Wait %(num)d seconds before you start another conversation.",
        seconds,
    )
    raise TooMany(message, retry_after=seconds)


def _refuse_for_today(writer: Member, limit: int, until: datetime, moment: datetime) -> None:
    words = {"limit": limit, "moment": full(until, zone(writer.time_zone, the_brand().time_zone))}
    if limit == A_DAY_WHEN_NEW:
        message = _(
            "New members start %(limit)s conversations a day. The next one works from"
            " %(moment)s on; answering always does.",
            **words,
        )
    else:
        message = _(
            "You can start %(limit)s conversations a day. The next one works from %(moment)s on.",
            **words,
        )
    raise TooMany(message, retry_after=max(1, int((until - moment).total_seconds())))
