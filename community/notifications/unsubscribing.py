"""Links that stop mail: signed, good in one brand, and for as long as the member exists.

They hold the member and what to stop, never the address, so they outlive a change of it.
"""

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

from community.kernel.db import db
from community.kernel.errors import Missing
from community.kernel.i18n import _
from community.kernel.tenancy import brand_id_in_scope
from community.members.models import Member
from community.notifications import mail
from community.threads.models import Thread

SWITCHES = frozenset(mail.PREFERENCES.values())


def headers_for(member: Member, switch: str) -> dict[str, str]:
    """What lets a mail program stop this kind of mail with one click (RFC 8058)."""
    return {
        "List-Unsubscribe": f"<{address(member, switch)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def address(member: Member, what: str | Thread) -> str:
    """Where a member stops one kind of mail, or following one thread."""
    stopped = what.id if isinstance(what, Thread) else what
    token = _signer().dumps([member.id, stopped])
    return mail.address("notifications.unsubscribe", token=token)


def read(token: str) -> tuple[Member, str | Thread]:
    """Whom a link belongs to, and what it stops; Missing when it is not one of ours."""
    try:
        member_id, stopped = _signer().loads(token)
    except (BadData, ValueError, TypeError):
        raise Missing(_dead()) from None
    member = db.session.get(Member, member_id)
    what = stopped if stopped in SWITCHES else db.session.get(Thread, stopped)
    if member is None or member.is_erased or what is None:
        raise Missing(_dead())
    return member, what


def _dead() -> str:
    return _("This link does not lead anywhere. You can choose your mails in your settings.")


def _signer() -> URLSafeSerializer:
    salt = f"unsubscribe in brand {brand_id_in_scope()}"
    return URLSafeSerializer(current_app.config["COMMUNITY"].secret_key, salt=salt)
