"""Mails about the account: to confirm, to sign in, and what the owner must hear of."""

from datetime import timedelta

from babel.dates import format_timedelta

from community.brands.queries import the_brand
from community.events import (
    EmailChanged,
    JoinedAgain,
    LinkRequested,
    MemberReinstated,
    MemberSuspended,
    PasswordChanged,
)
from community.kernel.db import db, now
from community.kernel.formats import full
from community.kernel.i18n import _, get_locale, zone
from community.members import links
from community.members.models import MailedLink, Member, Purpose
from community.notifications.mail import address, queue, speaking_to

_SUBJECTS = {
    Purpose.CONFIRM: lambda name: _("Confirm your address for %(brand)s", brand=name),
    Purpose.SIGN_IN: lambda name: _("Your link to sign in to %(brand)s", brand=name),
    Purpose.RESET: lambda name: _("A new password for %(brand)s", brand=name),
    Purpose.CHANGE_EMAIL: lambda name: _("Your new address for %(brand)s", brand=name),
    Purpose.LEAVE: lambda name: _("Leaving the community of %(brand)s", brand=name),
}


def mail_link(event: LinkRequested) -> None:
    """Send the link that was asked for, unless it has been used or has run out meanwhile."""
    link = db.session.get(MailedLink, event.link_id)
    if link is None or link.used_at is not None or link.expires_at <= now():
        return
    if link.member.is_erased:
        return
    with speaking_to(link.member):
        queue(
            link.member,
            link.purpose.value,
            link.purpose.value,
            to=link.email,
            subject=_SUBJECTS[link.purpose](the_brand().name),
            reason=for_account(),
            preheader=_("The link works for %(time)s.", time=_lasts(link)),
            url=address(links.endpoint_of(link.purpose), token=links.token_of(link)),
            lasts=_lasts(link),
        )


def mail_joined_again(event: JoinedAgain) -> None:
    """Tell the owner of an address that someone tried to join with it."""
    member = reachable(event.member_id)
    if member is None:
        return
    with speaking_to(member):
        queue(
            member,
            "joined-again",
            "joined-again",
            subject=_("You already have an account with %(brand)s", brand=the_brand().name),
            reason=for_account(),
            preheader=_("There is nothing to do if it was not you."),
            url=address("members.login"),
        )


def mail_password_changed(event: PasswordChanged) -> None:
    """Tell a member that the password changed, and what to do if they did not do it."""
    member = reachable(event.member_id)
    if member is None:
        return
    with speaking_to(member):
        queue(
            member,
            "password-changed",
            "password-changed",
            subject=_("Your password for %(brand)s was changed", brand=the_brand().name),
            reason=for_account(),
            preheader=_("There is nothing to do if it was you."),
            moment=moment_for(member),
            url=address("members.forgotten"),
        )


def mail_email_changed(event: EmailChanged) -> None:
    """Tell the old address of a member that it is the old one now."""
    member = reachable(event.member_id)
    link = db.session.get(MailedLink, event.link_id)
    if member is None or link is None or not link.old_email:
        return
    with speaking_to(member):
        queue(
            member,
            "email-changed",
            "email-changed",
            to=link.old_email,
            subject=_("Your address for %(brand)s was changed", brand=the_brand().name),
            reason=for_account(),
            preheader=_("There is nothing to do if it was you."),
            new_address=_partly(link.email),
            url=address("brands.legal"),
        )


def mail_suspended(event: MemberSuspended) -> None:
    """Tell a member why and until when they may not take part, unless that is over."""
    member = reachable(event.member_id)
    if member is None or not member.is_suspended:
        return
    with speaking_to(member):
        zone_ = zone(member.time_zone, the_brand().time_zone)
        for_good = member.is_suspended_for_good
        queue(
            member,
            "suspended",
            "suspended",
            subject=_("Your account at %(brand)s is suspended", brand=the_brand().name),
            reason=for_account(),
            preheader=_("You can still sign in, read, and download your data."),
            until=None if for_good else full(member.suspended_until, zone_),
            why=member.suspended_reason,
            url=address("brands.rules"),
            contact=the_brand().legal["dsa_contact"] or the_brand().legal["contact"],
        )


def mail_reinstated(event: MemberReinstated) -> None:
    """Tell a member that they may take part again."""
    member = reachable(event.member_id)
    if member is None or member.is_suspended:
        return
    with speaking_to(member):
        queue(
            member,
            "reinstated",
            "reinstated",
            subject=_("You can take part again at %(brand)s", brand=the_brand().name),
            reason=for_account(),
            preheader=_("The suspension of your account has ended."),
            url=address("threads.home"),
        )


def reachable(member_id: int) -> Member | None:
    """The member to write to; None when there is nobody any more."""
    member = db.session.get(Member, member_id)
    return None if member is None or member.is_erased else member


def for_account() -> str:
    """Why a mail about the account was received."""
    return _(
        "You get this because this address was given for an account in the community of %(brand)s.",
        brand=the_brand().name,
    )


def _lasts(link: MailedLink) -> str:
    minutes = round((link.expires_at - link.created_at).total_seconds() / 60)
    return format_timedelta(timedelta(minutes=minutes), threshold=1, locale=get_locale())


def moment_for(member: Member) -> str:
    """The present moment in words, where the member is."""
    return full(now(), zone(member.time_zone, the_brand().time_zone))


def _partly(address: str) -> str:
    """Enough of an address to know one's own, too little to learn another's."""
    name, _at, domain = address.rpartition("@")
    return f"{name[:1]}…@{domain}"
