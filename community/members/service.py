"""Joining, and what members say about themselves."""

import hashlib
from datetime import timedelta

from community.brands.queries import the_brand
from community.events import JoinedAgain, MemberJoined, MemberRenamed, ProfileEdited
from community.kernel import i18n, text
from community.kernel.bus import publish
from community.kernel.db import db, nothing_held, now
from community.kernel.errors import Conflict, Invalid
from community.kernel.i18n import _, ngettext
from community.kernel.policy import require
from community.members import links, names, passwords, queries
from community.members.models import FormerUsername, Member, Mode, Purpose, Role
from community.members.sessions import close_all
from community.permissions import Can

RENAMES_EVERY = timedelta(days=30)


# -- Joining ---------------------------------------------------------------


def join(
    actor,
    *,
    email: str,
    password: str,
    name: str,
    username: str = "",
    locale: str | None = None,
    browser: str = "",
    next_path: str = "",
) -> None:
    """Make an account and mail a link to confirm it; tell nobody whether the address was known.

    An empty `username` is made from the name. Who joins again before confirming replaces what
    was given before; a confirmed member is told by mail that someone tried.
    """
    require(actor, Can.JOIN)
    if the_brand().features["invitation_only"]:
        raise Conflict(_("This community is open to invited members only."))
    key = names.email_key(email)
    name = names.checked_name(name)
    known = queries.by_email(key)
    username = _username_for(username, name, known)
    passwords.check_strength(password, own_words(key, username, name))
    with nothing_held():
        password_hash = passwords.hash_password(password)
    known = queries.by_email(key)
    if known is not None and known.is_confirmed:
        publish(JoinedAgain(member_id=known.id))
        return
    if known is None:
        known = _new_member(username=username, email=email, name=name)
        known.locale = locale
        db.session.add(known)
        db.session.flush()  # the event needs the member's id
        publish(MemberJoined(member_id=known.id))
    else:
        close_all(known)
        known.name, known.username = name, username
        known.username_key = names.username_key(username)
    known.password_hash = password_hash
    links.request_link(known, Purpose.CONFIRM, next_path=next_path, browser=browser)


def _username_for(username: str, name: str, known: Member | None) -> str:
    """What was asked for, or something free made of the name; it tells nothing of `known`."""
    if not username.strip():
        return names.free_username(name)
    waiting = known if known is not None and not known.is_confirmed else None
    return names.checked_username(username, member=waiting)


def add_member(
    *,
    username: str,
    email: str | None,
    name: str,
    role: Role | str = Role.MEMBER,
    password: str | None = None,
    confirmed: bool = True,
) -> Member:
    """Add a member without asking them: for commands, the demo and imports; returns it stored.

    Nothing is mailed. Invalid when the name, the address or the password cannot be.
    """
    role = _role(role)
    member = _new_member(username=username, email=email, name=name)
    member.role = role
    is_staff = member.is_staff
    member.name = names.checked_name(name, is_staff=is_staff)
    member.username = names.checked_username(username, member=member)
    member.username_key = names.username_key(member.username)
    if member.email and queries.by_email(member.email) is not None:
        raise Invalid(_("A member has this address already."), field="email")
    if password is not None:
        words = own_words(member.email or "", member.username, member.name)
        passwords.check_strength(password, words)
        member.password_hash = passwords.hash_password(password)
    if confirmed:
        member.confirmed_at = now()
    db.session.add(member)
    db.session.flush()  # the event needs member.id
    publish(MemberJoined(member_id=member.id))
    return member


def _role(role: Role | str) -> Role:
    try:
        return Role(role)
    except ValueError:
        known = ", ".join(Role)
        raise Invalid(_("There is no such role. Known are: %(known)s.", known=known)) from None


def _new_member(*, username: str, email: str | None, name: str) -> Member:
    return Member(
        username=username,
        username_key=names.username_key(username),
        name=name,
        email=email.strip() if email else None,
        email_key=names.email_key(email) if email else None,
        role=Role.MEMBER,
    )


def own_words(email: str, username: str, name: str) -> list[str]:
    """What anyone would try first as this member's password."""
    brand = the_brand()
    local, _at, domain = email.partition("@")
    parts = [email, local, domain, username, name, brand.name, brand.slug, *name.split()]
    return [*parts, brand.name.replace(" ", ""), name.replace(" ", "")]


def digest_of_browser(secret: str) -> str:
    """What a mailed link keeps of the browser that asked for it."""
    return hashlib.sha256(secret.encode()).hexdigest() if secret else ""


# -- What members say about themselves -------------------------------------


def edit_profile(actor, member: Member, *, name: str, bio: str, is_public: bool) -> None:
    """Change what the profile shows."""
    require(actor, Can.EDIT_PROFILE, member)
    bio = text.clean_body(bio).strip()
    if len(bio) > names.BIO_LENGTH:
        raise Invalid(
            _("This is too long: %(limit)s characters at most.", limit=names.BIO_LENGTH),
            field="bio",
        )
    if name != member.name:
        member.name = names.checked_name(name, is_staff=member.is_staff)
    member.bio, member.is_profile_public = bio, is_public
    publish(ProfileEdited(member_id=member.id))


def set_avatar(actor, member: Member, token: str) -> None:
    """Show the picture of an upload, or none when `token` is empty."""
    require(actor, Can.EDIT_PROFILE, member)
    member.avatar = token
    publish(ProfileEdited(member_id=member.id))


def rename(actor, member: Member, username: str) -> None:
    """Give a member another user name; the old one goes on leading to them.

    Members may do it every 30 days; moderators may do it to members at any time.
    """
    require(actor, Can.RENAME_MEMBER, member)
    if username.strip().lower() == member.username:
        return
    username = names.checked_username(username, member=member)
    by_oneself = actor.id == member.id and not actor.is_staff
    if by_oneself and member.renamed_at and now() - member.renamed_at < RENAMES_EVERY:
        days = (member.renamed_at + RENAMES_EVERY - now()).days + 1
        raise Invalid(
            ngettext(
                "You can change your user name again in %(num)d day.",
                "You can change your user name again in %(num)d days.",
                days,
            ),
            field="username",
        )
    _keep_former(member, username)
    member.username, member.username_key = username, names.username_key(username)
    member.renamed_at = now()
    publish(MemberRenamed(member_id=member.id))


def _keep_former(member: Member, new: str) -> None:
    """Remember the present name as a former one; the new one no longer is."""
    former = {row.username_key: row for row in queries.former_names(member)}
    taken_back = former.pop(names.username_key(new), None)
    if taken_back is not None:
        db.session.delete(taken_back)
        db.session.flush()  # before a row with the same key may be added
    key = names.username_key(member.username)
    if key in former:
        former[key].username = member.username
    elif key != names.username_key(new):
        db.session.add(
            FormerUsername(username=member.username, username_key=key, member_id=member.id)
        )


def set_preferences(
    actor, member: Member, *, locale: str | None, time_zone: str | None, mode: Mode | str
) -> None:
    """Choose language, zone (None: the browser's and the brand's) and appearance."""
    require(actor, Can.MANAGE_ACCOUNT, member)
    if locale is not None and locale not in i18n.LOCALES:
        raise Invalid(_("We do not speak this language yet."), field="locale")
    if time_zone is not None and i18n.zone(time_zone).key != time_zone:
        raise Invalid(_("There is no such time zone."), field="time_zone")
    member.locale, member.time_zone, member.mode = locale, time_zone, Mode(mode)


def set_mails(actor, member: Member, *, mentions: bool, replies: bool, messages: bool) -> None:
    """Choose which notices also come by mail."""
    require(actor, Can.MANAGE_ACCOUNT, member)
    member.mails_mentions, member.mails_replies = mentions, replies
    member.mails_messages = messages
