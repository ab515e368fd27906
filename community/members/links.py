"""Mailed links: one purpose, one use, void in another brand.

The token is the signed id of a row, so a mail can be written later by a worker while
nothing that is stored opens anything. Opening the address changes nothing, because mail
scanners open it too; the button on its page acts.
"""

from datetime import timedelta

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import func, select, update

from community.events import LinkRequested
from community.kernel.bus import publish
from community.kernel.db import db, now
from community.kernel.errors import Gone
from community.kernel.i18n import _
from community.kernel.tenancy import brand_id_in_scope
from community.members.models import MailedLink, Member, Purpose

LASTS = {
    Purpose.CONFIRM: timedelta(days=3),
    Purpose.SIGN_IN: timedelta(hours=1),
    Purpose.RESET: timedelta(hours=1),
    Purpose.CHANGE_EMAIL: timedelta(days=1),
    Purpose.LEAVE: timedelta(hours=1),
}
_ENDPOINTS = {
    Purpose.CONFIRM: "members.confirm",
    Purpose.SIGN_IN: "members.enter_by_link",
    Purpose.RESET: "members.reset",
    Purpose.CHANGE_EMAIL: "members.change_email",
    Purpose.LEAVE: "members.leave",
}
AT_MOST, WITHIN = 5, timedelta(minutes=30)
"""More mails for one purpose than this are not sent: the last one still works."""


def endpoint_of(purpose: Purpose) -> str:
    """The page a link of this purpose leads to; it takes `token`."""
    return _ENDPOINTS[purpose]


def token_of(link: MailedLink) -> str:
    """What the address of a link ends in."""
    return _signer(link.purpose).dumps(link.id)


def request_link(
    member: Member,
    purpose: Purpose,
    *,
    email: str | None = None,
    old_email: str | None = None,
    next_path: str = "",
    browser: str = "",
) -> None:
    """Have a link mailed to the member, or to `email`; older ones of its purpose die.

    `browser` is the digest of a secret of the browser that joined: see `access.confirm`.
    """
    if _sent_lately(member, purpose) >= AT_MOST:
        return
    void(member, purpose)
    link = MailedLink(
        member_id=member.id,
        purpose=purpose,
        email=email or member.email,
        old_email=old_email,
        next_path=next_path,
        browser=browser,
        expires_at=now() + LASTS[purpose],
    )
    db.session.add(link)
    db.session.flush()  # the event needs link.id
    publish(LinkRequested(link_id=link.id))


def find(token: str, purpose: Purpose) -> MailedLink:
    """The live link of a token; Gone when it was used, replaced, is too old or was made up."""
    try:
        link_id = _signer(purpose).loads(token)
    except BadSignature:
        raise Gone(_over()) from None
    link = db.session.scalar(select(MailedLink).where(MailedLink.id == link_id))
    if (
        link is None
        or link.used_at is not None
        or link.expires_at <= now()
        or link.member.is_erased
    ):
        raise Gone(_over())
    return link


def use(link: MailedLink) -> None:
    """Spend a link; Gone when another request was quicker."""
    mine = update(MailedLink).where(MailedLink.id == link.id, MailedLink.used_at.is_(None))
    if db.session.execute(mine.values(used_at=now())).rowcount != 1:
        raise Gone(_over())


def void(member: Member, *purposes: Purpose) -> None:
    """Let the member's unused links of these purposes open nothing any more."""
    theirs = update(MailedLink).where(
        MailedLink.member_id == member.id,
        MailedLink.purpose.in_(purposes),
        MailedLink.used_at.is_(None),
    )
    db.session.execute(theirs.values(used_at=now()))


def _sent_lately(member: Member, purpose: Purpose) -> int:
    lately = (
        MailedLink.member_id == member.id,
        MailedLink.purpose == purpose,
        MailedLink.created_at > now() - WITHIN,
    )
    return db.session.scalar(select(func.count()).select_from(MailedLink).where(*lately))


def _signer(purpose: Purpose) -> URLSafeSerializer:
    salt = f"mailed link of brand {brand_id_in_scope()} to {purpose.value}"
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=salt)


def _over() -> str:
    return _("This link was used already, was replaced by a newer one, or is too old.")
