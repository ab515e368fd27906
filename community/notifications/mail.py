"""Writing mail: composed in the brand's look and the reader's language, queued, sent, forgotten.

`queue` writes the whole message down in the transaction at hand; `send_mail` sends it
afterwards with no transaction open, and asks once more whether it is still wanted.
"""

import json
import re
from collections.abc import Mapping
from contextlib import contextmanager
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import lru_cache

import idna
from flask import current_app
from flask_babel import force_locale

from community.brands.colour import mail_palette
from community.brands.models import Brand
from community.brands.queries import canonical_host, the_brand
from community.events import MailQueued
from community.kernel.addresses import external
from community.kernel.bus import publish
from community.kernel.db import db, nothing_held, now
from community.kernel.i18n import LOCALES, Locale
from community.kernel.policy import can
from community.kernel.text import clean_line
from community.kernel.unicode import cut
from community.members.models import Member
from community.notifications import post
from community.notifications.models import Mail, Reason
from community.permissions import Can
from community.threads.models import Post, State

MAX_SUBJECT = 150
PREFERENCES = {
    Reason.MENTION: "mails_mentions",
    Reason.QUOTE: "mails_mentions",
    Reason.REPLY: "mails_replies",
    Reason.FOLLOW: "mails_replies",
    Reason.MESSAGE: "mails_messages",
    Reason.POLL_CLOSED: "mails_replies",
    Reason.REMINDER: "mails_mentions",
    Reason.ASKED_PUBLIC: "mails_replies",
    Reason.MADE_PUBLIC: "mails_replies",
    Reason.KEPT_PRIVATE: "mails_replies",
    Reason.GROUP_ASKED: "mails_replies",
    Reason.GROUP_ACCEPTED: "mails_replies",
    Reason.GROUP_DECLINED: "mails_replies",
    Reason.GROUP_ADDED: "mails_replies",
}
"""Which of a member's switches each kind of news obeys."""

_WORD_JOINER = "\u2060"
_LINK_LIKE = re.compile(r"://|[@\w-]\.[^\W\d_]{2,}|\w@\w")


def language_of(member: Member) -> str:
    """The language a member is written to: their own, or the brand's."""
    return member.locale if member.locale in LOCALES else the_brand().locale


@contextmanager
def speaking_to(member: Member):
    """Every text made in here is in the member's language."""
    with force_locale(language_of(member)):
        yield


def unlinked(name: str) -> str:
    """A name in one line that no mail program takes for a link, and that looks the same.

    Names are chosen by strangers, and a mail of ours must not carry their addresses.
    """
    name = clean_line(name)
    if not _LINK_LIKE.search(name):
        return name
    return re.sub(r"(?<=\S)([.:/@])(?=\S)", rf"\1{_WORD_JOINER}", name)


def address(endpoint: str, **values) -> str:
    """The absolute address of an endpoint on the brand's own host."""
    known = db.session().info  # the session lives as long as the brand is served
    if "canonical_host" not in known:
        known["canonical_host"] = canonical_host()
    return external(known["canonical_host"], endpoint, **values)


def queue(
    member: Member,
    kind: str,
    template: str,
    *,
    subject: str,
    reason: str,
    to: str | None = None,
    about: Post | None = None,
    headers: Mapping[str, str] | None = None,
    **context,
) -> Mail:
    """Compose a mail for a member and put it on its way.

    `template` names the pair `notifications/mail/<template>.txt` and `.html`; `reason` is the
    sentence that says why it was received. It goes to the member's address unless `to` says
    otherwise, and is not sent once the post it is `about` is hidden from them. Call it inside
    `speaking_to`.
    """
    subject = cut(clean_line(subject), MAX_SUBJECT)
    context |= {"subject": subject, "reason": reason}
    text, html = _composed(template, language_of(member), context)
    mail = Mail(
        member_id=member.id,
        kind=kind,
        to=to or member.email,
        subject=subject,
        text=text,
        html=html,
        headers=dict(headers or {}),
        post_id=about.id if about else None,
    )
    db.session.add(mail)
    db.session.flush()  # the event needs mail.id
    publish(MailQueued(mail_id=mail.id))
    return mail


def _composed(template: str, language: str, context: Mapping) -> tuple[str, str]:
    brand = the_brand()
    locale = Locale.parse(language)
    shared = {
        "brand": brand,
        "palette": _palette(json.dumps(brand.theme_inputs)),
        "locale": language.replace("_", "-"),
        "text_dir": locale.text_direction,
        "home_url": address("threads.home"),
        "settings_url": None,
        "unfollow_url": None,
        **context,
    }
    # Not flask's render_template: what every page knows belongs to a request, and there is none.
    environment = current_app.jinja_env
    text, html = (
        environment.get_template(f"notifications/mail/{template}.{kind}").render(shared)
        for kind in ("txt", "html")
    )
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n", html


@lru_cache(maxsize=64)
def _palette(theme_inputs: str) -> dict:
    """A brand's colours, worked out once for its many mails."""
    return mail_palette(json.loads(theme_inputs))


# -- Sending ---------------------------------------------------------------


def send_mail(event: MailQueued) -> None:
    """Send one queued mail, unless nobody may read it any more.

    Raises what the mail server does, so that the delivery is tried again. A mail is sent twice
    only if the process dies between the server's yes and our note of it; both then carry the
    same Message-ID.
    """
    mail = db.session.get(Mail, event.mail_id)
    if mail is None or mail.sent_at is not None:
        return
    if not _is_still_wanted(mail):
        db.session.delete(mail)
        return
    brand = the_brand()
    message, folder = message_of(mail, brand), brand.slug
    refused = ""
    with nothing_held():
        try:
            post.send(message, current_app.config["COMMUNITY"].mail_url, folder=folder)
        except post.NeverAccepted as refusal:
            refused = str(refusal)
    mail = db.session.get(Mail, event.mail_id)
    if mail is not None:  # its member may have left meanwhile
        mail.sent_at = None if refused else now()
        mail.refused = refused
        mail.text = mail.html = ""
        mail.headers = {}


def _is_still_wanted(mail: Mail) -> bool:
    if mail.refused:
        return False
    member = db.session.get(Member, mail.member_id) if mail.member_id else None
    if member is not None and member.is_erased:
        return False
    if mail.post_id is None:
        return True
    about = db.session.get(Post, mail.post_id)
    return (
        member is not None
        and about is not None
        and is_shown(about)
        and can(member, Can.SEE_POST, about)
        and getattr(member, PREFERENCES[Reason(mail.kind)])
    )


def is_shown(about: Post) -> bool:
    """Whether a post stands in its thread for everyone who may read there."""
    return about.state is State.VISIBLE and about.thread.state is State.VISIBLE


def message_of(mail: Mail, brand: Brand) -> EmailMessage:
    """The mail as it travels."""
    sender = sender_of(brand)
    message = EmailMessage(post.POLICY)
    message["From"] = Address(clean_line(brand.mail_name or brand.name), addr_spec=sender)
    message["To"] = Address(addr_spec=_with_ascii_domain(mail.to))
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = message_id(f"{mail.kind}-{mail.id}", brand)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"  # RFC 3834 is not known to Exchange
    for name, value in mail.headers.items():
        message[name] = value
    if "List-Unsubscribe" in mail.headers:
        message["List-Id"] = f"<{brand.slug}.{sender.rpartition('@')[2]}>"  # RFC 2919
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    return message


def sender_of(brand: Brand) -> str:
    """The address a brand's mail comes from; without one of its own, one nobody reads."""
    return _with_ascii_domain(brand.mail_address or f"no-reply@{canonical_host()}")


def message_id(name: str, brand: Brand) -> str:
    """An id on the brand's mail domain, the same whenever the same thing is named."""
    domain = sender_of(brand).rpartition("@")[2]
    return f"<{name}.{brand.slug}@{domain}>"


def _with_ascii_domain(address: str) -> str:
    name, _at, domain = address.rpartition("@")
    if domain.isascii():
        return address
    return f"{name}@{idna.encode(domain, uts46=True).decode()}"
