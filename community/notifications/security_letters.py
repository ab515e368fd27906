"""Mails about how somebody signs in: what its owner must hear of when it was not they.

No detail is told that would help a stranger who reads the mail.
"""

from collections.abc import Callable
from dataclasses import dataclass

from community.brands.queries import the_brand
from community.events import (
    PasskeyAdded,
    PasskeyRemoved,
    RecoveryCodesRenewed,
    RecoveryCodeUsed,
    SecondStepTurnedOff,
    SecondStepTurnedOn,
)
from community.kernel.bus import Event
from community.kernel.i18n import _
from community.notifications.letters import for_account, moment_for, reachable
from community.notifications.mail import address, queue, speaking_to


@dataclass(frozen=True)
class _Words:
    """What a mail says of one event, made when its reader's language is known."""

    subject: Callable[[str], str]  # of the brand's name
    happened: Callable[[str, str], str]  # of the brand's name and the moment


_ABOUT: dict[type[Event], _Words] = {
    SecondStepTurnedOn: _Words(
        lambda brand: _("The second step is on for %(brand)s", brand=brand),
        lambda brand, moment: _(
            "Since %(moment)s a code of your app is asked for when you sign in to the community"
            " of %(brand)s.",
            brand=brand,
            moment=moment,
        ),
    ),
    SecondStepTurnedOff: _Words(
        lambda brand: _("The second step is off for %(brand)s", brand=brand),
        lambda brand, moment: _(
            "Since %(moment)s no code is asked for any more when you sign in to the community"
            " of %(brand)s.",
            brand=brand,
            moment=moment,
        ),
    ),
    RecoveryCodesRenewed: _Words(
        lambda brand: _("New recovery codes for %(brand)s", brand=brand),
        lambda brand, moment: _(
            "New recovery codes for your account in the community of %(brand)s were made on"
            " %(moment)s. The ones before are good for nothing.",
            brand=brand,
            moment=moment,
        ),
    ),
    RecoveryCodeUsed: _Words(
        lambda brand: _("A recovery code for %(brand)s was used", brand=brand),
        lambda brand, moment: _(
            "A recovery code for your account in the community of %(brand)s was used on"
            " %(moment)s. It does not work again.",
            brand=brand,
            moment=moment,
        ),
    ),
    PasskeyAdded: _Words(
        lambda brand: _("A new passkey for %(brand)s", brand=brand),
        lambda brand, moment: _(
            "A passkey was added on %(moment)s to your account in the community of %(brand)s."
            " It signs in without the password.",
            brand=brand,
            moment=moment,
        ),
    ),
    PasskeyRemoved: _Words(
        lambda brand: _("A passkey for %(brand)s was removed", brand=brand),
        lambda brand, moment: _(
            "A passkey of your account in the community of %(brand)s was removed on %(moment)s.",
            brand=brand,
            moment=moment,
        ),
    ),
}


def mail_security_changed(event: Event) -> None:
    """Tell a member what changed about signing in, and what to do if they did not do it."""
    member, words = reachable(event.member_id), _ABOUT[type(event)]
    if member is None or not member.email:
        return
    with speaking_to(member):
        brand = the_brand().name
        queue(
            member,
            "security-changed",
            "security-changed",
            subject=words.subject(brand),
            reason=for_account(),
            preheader=_("There is nothing to do if it was you."),
            happened=words.happened(brand, moment_for(member)),
            url=address("members.forgotten"),
            security_url=address("members.security"),
        )
