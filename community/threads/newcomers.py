"""What new members may not do yet: many links, pictures and mentions, and many posts at once.

Who is new, `Member.is_new` says. The numbers are those that large communities start from:
two links, a picture and two mentions in a post, three threads and ten replies on the first
day, two minutes between threads and half a minute between replies. What is imported and
what staff and experts write goes through none of this.
"""

from collections.abc import Iterable
from datetime import timedelta
from itertools import islice
from urllib.parse import urlsplit

from sqlalchemy import func, select

from community.brands.queries import brand_of_host
from community.kernel import text
from community.kernel.db import db, now
from community.kernel.errors import Invalid
from community.kernel.formats import full
from community.kernel.i18n import _, ngettext
from community.kernel.tenancy import brand_id_in_scope
from community.members.models import FIRST_DAY, NEW_AT_MOST, Member
from community.threads.models import Access, Post, Thread

LINKS, PICTURES, MENTIONS = 2, 1, 2
THREADS_ON_FIRST_DAY, REPLIES_ON_FIRST_DAY = 3, 10
BETWEEN_THREADS, BETWEEN_REPLIES = timedelta(seconds=120), timedelta(seconds=30)


def check_text(member: Member, body: str, people: Iterable[Member]) -> None:
    """Invalid when a new member's text links elsewhere, shows or mentions more than it may.

    Links within the community do not count, and quotes are such links.
    """
    if not member.is_new:
        return
    elsewhere = filter(_leads_elsewhere, text.links(body))
    if len(list(islice(elsewhere, LINKS + 1))) > LINKS:  # no host is looked up beyond that
        raise _refusal(
            member,
            ngettext(
                "As a new member you can put %(num)d link in a post.",
                "As a new member you can put %(num)d links in a post.",
                LINKS,
            ),
        )
    if len(text.pictures(body)) > PICTURES:
        raise _refusal(
            member,
            ngettext(
                "As a new member you can show %(num)d picture in a post.",
                "As a new member you can show %(num)d pictures in a post.",
                PICTURES,
            ),
        )
    if len({one.id for one in people}) > MENTIONS:
        raise _refusal(
            member,
            ngettext(
                "As a new member you can mention %(num)d person in a post.",
                "As a new member you can mention %(num)d people in a post.",
                MENTIONS,
            ),
        )


def _leads_elsewhere(address: str) -> bool:
    if address.startswith(("/", "#")) and not address.startswith("//"):
        return False
    try:
        host = urlsplit(address).hostname
    except ValueError:
        return True
    found = brand_of_host(host) if host else None
    return found is None or found.brand_id != brand_id_in_scope()


def _refusal(member: Member, limit: str) -> Invalid:
    """The limit, and until when it holds."""
    if member.posts_before_trusted:
        until = ngettext(
            "That changes with %(num)d more post of yours, at the latest on %(moment)s.",
            "That changes with %(num)d more posts of yours, at the latest on %(moment)s.",
            member.posts_before_trusted,
            moment=full(member.created_at + NEW_AT_MOST),
        )
    else:
        until = _("That changes on %(moment)s.", moment=full(member.created_at + FIRST_DAY))
    return Invalid(f"{limit} {until}", field="body")


def check_pace(member: Member, *, is_opening: bool) -> None:
    """Invalid when a new member starts threads, or replies, too often.

    Whoever sends two at once is counted one after the other: the member's row must be held.
    """
    if not member.is_new:
        return
    is_kind = Post.number == 1 if is_opening else Post.number > 1
    mine = (
        select(func.max(Post.created_at), func.count(Post.id))
        .join(Post.thread)
        .where(Post.author_id == member.id, is_kind, Thread.access != Access.PEOPLE)
    )
    last, number = db.session.execute(mine).one()
    first_day_ends = member.created_at + FIRST_DAY
    if now() < first_day_ends:
        _check_first_day(number, is_opening, full(first_day_ends))
    gap = BETWEEN_THREADS if is_opening else BETWEEN_REPLIES
    if last is not None and now() - last < gap:
        wait = max(1, round((last + gap - now()).total_seconds()))
        message = ngettext(
            "New members leave a little time between two posts. Send it again in %(num)d second.",
            "New members leave a little time between two posts. Send it again in %(num)d seconds.",
            wait,
        )
        raise Invalid(message, field="body")


def _check_first_day(number: int, is_opening: bool, ends: str) -> None:
    if is_opening and number >= THREADS_ON_FIRST_DAY:
        message = _(
            "You can start %(limit)s threads on your first day. You can send this one from"
            " %(moment)s on.",
            limit=THREADS_ON_FIRST_DAY,
            moment=ends,
        )
        raise Invalid(message, field="body")
    if not is_opening and number >= REPLIES_ON_FIRST_DAY:
        message = _(
            "You can write %(limit)s replies on your first day. You can send this one from"
            " %(moment)s on.",
            limit=REPLIES_ON_FIRST_DAY,
            moment=ends,
        )
        raise Invalid(message, field="body")
