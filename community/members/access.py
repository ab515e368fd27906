"""Coming in: passwords, mailed links, and what proves who one is.

Nothing here tells whether an address belongs to a member: known and unknown ones get the
same answer after the same work.
"""

import hmac

from community.events import EmailChanged, MemberConfirmed, PasswordChanged
from community.kernel.bus import publish
from community.kernel.db import db, nothing_held, now
from community.kernel.errors import Conflict, Invalid
from community.kernel.i18n import _
from community.kernel.policy import require
from community.members import guard, links, names, passwords, queries
from community.members.models import MailedLink, Member, MemberSession, Purpose
from community.members.service import digest_of_browser, own_words
from community.members.sessions import close_all
from community.permissions import Can

# -- By password -----------------------------------------------------------


def sign_in(email: str, password: str, *, network: str) -> Member:
    """The member of an address and password; Invalid when they do not fit, TooMany after many.

    `network` is where the request comes from, as `kernel.limits.network` names it.
    """
    member = queries.by_email(email)
    if not _is_proven(member, password, email=email, network=network):
        raise Invalid(_("The address or the password is not right."))
    return member


def prove(actor, password: str, *, network: str, field: str = "current_password") -> None:
    """Ask for the password of whoever is signed in; Invalid, beside `field`, when it is wrong."""
    require(actor, Can.MANAGE_ACCOUNT, actor)
    if not _is_proven(actor, password, email=actor.email, network=network):
        raise Invalid(_("This is not your password."), field=field)


def _is_proven(member: Member | None, password: str, *, email: str, network: str) -> bool:
    attempt = guard.begin(email, member, network)
    stored = member.password_hash if member else None
    with nothing_held():
        right = passwords.is_right(stored, password)
        stronger = right and passwords.needs_rehash(stored)
        fresh = passwords.hash_password(password) if stronger else stored
    if not right or member.password_hash != stored:
        return False
    member.password_hash = fresh
    guard.succeed(attempt, member)
    return True


# -- By a mailed link ------------------------------------------------------


def request_link(email: str, purpose: Purpose, *, next_path: str = "") -> None:
    """Mail a link to sign in or to choose a new password, when the address is a member's."""
    member = queries.by_email(email)
    if member is not None:
        links.request_link(member, purpose, next_path=next_path)


def request_confirmation(actor) -> None:
    """Mail the link that confirms the address again."""
    require(actor, Can.MANAGE_ACCOUNT, actor)
    if actor.is_confirmed:
        raise Conflict(_("Your address is confirmed already."))
    links.request_link(actor, Purpose.CONFIRM)


def is_joiner(actor, link: MailedLink, browser: str) -> bool:
    """Whether this is the browser that joined, or one in which the member has signed in."""
    return actor.id == link.member_id or bool(
        link.browser and hmac.compare_digest(digest_of_browser(browser), link.browser)
    )


def confirm(
    actor, token: str, *, browser: str = "", password: str = "", network: str = ""
) -> Member:
    """Confirm an address by the link mailed to it; returns the member, who may be signed in.

    Anyone may join with somebody's address. So that its owner does not confirm a stranger's
    password, another browser than the one that joined (`browser` is its secret) asks for it.
    """
    link = links.find(token, Purpose.CONFIRM)
    member = link.member
    if not is_joiner(actor, link, browser) and not _is_proven(
        member, password, email=member.email, network=network
    ):
        raise Invalid(
            _("This is not the password chosen when joining. You can choose a new one below."),
            field="password",
        )
    links.use(link)
    _confirm(member)
    return member


def enter_by_link(token: str, *, network: str) -> Member:
    """The member whose link to sign in this is; the link is spent."""
    link = links.find(token, Purpose.SIGN_IN)
    member = link.member
    links.use(link)
    if not member.is_confirmed:
        # Whoever chose the password has not shown that the address is theirs.
        member.password_hash = None
        close_all(member)
    _confirm(member)
    guard.remember(member, network)
    return member


def reset(token: str, password: str, *, network: str) -> Member:
    """Set a new password by a mailed link; every session ends and failures are forgotten."""
    link = links.find(token, Purpose.RESET)
    _check(link.member, password, field="password")
    with nothing_held():
        hashed = passwords.hash_password(password)
    link = links.find(token, Purpose.RESET)
    member = link.member
    links.use(link)
    _confirm(member)
    _set_password(member, hashed)
    guard.forget(member.email_key)
    guard.remember(member, network)
    return member


def _confirm(member: Member) -> None:
    links.void(member, Purpose.CONFIRM)
    if not member.is_confirmed:
        member.confirmed_at = now()
        publish(MemberConfirmed(member_id=member.id))


# -- Changing them ---------------------------------------------------------


def change_password(actor, *, current: str, new: str, network: str) -> None:
    """Replace one's password; every other session ends."""
    require(actor, Can.MANAGE_ACCOUNT, actor)
    if actor.password_hash is None:
        raise Conflict(_("You have no password yet. Ask for a link to choose one."))
    _check(actor, new, field="new_password")
    with nothing_held():
        hashed = passwords.hash_password(new)
    prove(actor, current, network=network)
    _set_password(actor, hashed, but_token=actor.session_token)


def request_password(actor) -> None:
    """Mail a link to choose a password to whoever is signed in."""
    require(actor, Can.MANAGE_ACCOUNT, actor)
    links.request_link(actor, Purpose.RESET)


def _check(member: Member, password: str, *, field: str) -> None:
    words = own_words(member.email, member.username, member.name)
    passwords.check_strength(password, words, field=field)


def _set_password(member: Member, hashed: str, *, but_token: str | None = None) -> None:
    member.password_hash = hashed
    close_all(member, but_token=but_token)
    links.void(member, Purpose.RESET, Purpose.SIGN_IN)
    publish(PasswordChanged(member_id=member.id))


def request_email_change(actor, *, email: str, password: str, network: str) -> None:
    """Mail a link to a new address; nothing changes before it is used.

    An address of another member gets no link, and nobody is told so.
    """
    require(actor, Can.MANAGE_ACCOUNT, actor)
    key = names.email_key(email)
    if key == actor.email_key:
        raise Invalid(_("This is your address already."), field="email")
    if actor.password_hash is None:
        raise Conflict(_("Choose a password first, so that nobody else can change your address."))
    prove(actor, password, network=network)
    if queries.by_email(key) is None:
        links.request_link(actor, Purpose.CHANGE_EMAIL, email=email.strip(), old_email=actor.email)


def change_email(token: str) -> Member:
    """Make the address a link was mailed to the member's; the old one is told."""
    link = links.find(token, Purpose.CHANGE_EMAIL)
    member = link.member
    key = names.email_key(link.email)
    if queries.by_email(key) is not None:
        raise Conflict(_("A member has this address already."))
    links.use(link)
    member.email, member.email_key = link.email, key
    links.void(member, *Purpose)
    _confirm(member)
    publish(EmailChanged(member_id=member.id, link_id=link.id))
    return member


# -- Sessions --------------------------------------------------------------


def revoke(actor, session: MemberSession) -> None:
    """End one of one's sessions."""
    require(actor, Can.MANAGE_ACCOUNT, session.member)
    db.session.delete(session)


def sign_out_elsewhere(actor) -> None:
    """End every session but the one at hand."""
    require(actor, Can.MANAGE_ACCOUNT, actor)
    close_all(actor, but_token=actor.session_token)


def sign_out_everywhere(actor) -> None:
    """End every session, this one too."""
    require(actor, Can.MANAGE_ACCOUNT, actor)
    close_all(actor)
