"""Taking one's data along, and being forgotten (Art. 15, 17 and 20 GDPR)."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import Enum

from sqlalchemy import delete, inspect, select

from community.brands.queries import the_brand
from community.events import MemberErased
from community.kernel.bus import publish
from community.kernel.db import db, now
from community.kernel.policy import require
from community.members import guard, links, names, notes, queries, second_factor
from community.members.access import prove
from community.members.factors import Authenticator, Passkey, RecoveryCode
from community.members.models import (
    FORMER,
    FormerUsername,
    KnownNetwork,
    MailedLink,
    Member,
    Mode,
    Purpose,
    Role,
    SecondFactor,
)
from community.members.roles import keep_an_owner
from community.members.sessions import close_all
from community.permissions import Can

Contribution = tuple[str, Callable[[Member], Sequence[dict]]]
"""A name in the file, and what a feature knows of a member, as rows."""

# What is a key or a secret rather than something about the person.
_LEFT_OUT = {
    "brand_id",
    "email_key",
    "id",
    "member_id",
    "password_hash",
    "token_hash",
    "username_key",
    "browser",
    "sealed_secret",
    "sealed_new",
    "last_step",
    "code_hash",
    "credential_id",
    "public_key",
    "sign_count",
    "challenged_at",
}


# -- Taking along ----------------------------------------------------------


def data_of(actor, member: Member, contributions: Sequence[Contribution]) -> dict:
    """Everything that is known of a member, ready for JSON: ours and what features add."""
    require(actor, Can.MANAGE_ACCOUNT, member)
    return {
        "brand": the_brand().name,
        "made_at": now().isoformat(),
        "profile": facts(member),
        "former_user_names": [facts(row) for row in queries.former_names(member)],
        "sessions": [facts(row) for row in queries.sessions_of(member)],
        "mailed_links": [facts(row) for row in _rows(MailedLink, member)],
        "staff_notes": notes.export(member),
        "known_networks": [facts(row) for row in _rows(KnownNetwork, member)],
        "apps_for_codes": [facts(row) for row in _rows(Authenticator, member)],
        "recovery_codes": [facts(row) for row in _rows(RecoveryCode, member)],
        "passkeys": [facts(row) for row in _rows(Passkey, member)],
        **{name: list(rows(member)) for name, rows in contributions},
    }


def facts(row) -> dict:
    """The columns of a row that say something about a person, ready for JSON."""
    columns = inspect(row).mapper.column_attrs
    return {
        column.columns[0].name: _plain(getattr(row, column.key))
        for column in columns
        if column.columns[0].name not in _LEFT_OUT
    }


def _plain(value):
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def _rows(model, member: Member):
    return db.session.scalars(select(model).where(model.member_id == member.id).order_by(model.id))


# -- Being forgotten -------------------------------------------------------


def leave(actor, *, password: str, removes_posts: bool, network: str) -> None:
    """Erase oneself, proven by the password."""
    require(actor, Can.ERASE_MEMBER, actor)
    keep_an_owner(actor)
    prove(actor, password, network=network, field="password")
    forget(actor, removes_posts=removes_posts)


def request_leaving(actor) -> None:
    """Mail a link that proves instead of a password who wants to leave."""
    require(actor, Can.ERASE_MEMBER, actor)
    keep_an_owner(actor)
    links.request_link(actor, Purpose.LEAVE)


def leave_by_link(token: str, *, removes_posts: bool) -> None:
    """Erase the member to whom the link was mailed."""
    link = links.find(token, Purpose.LEAVE)
    keep_an_owner(link.member)
    links.use(link)
    forget(link.member, removes_posts=removes_posts)


def erase(actor, member: Member, *, removes_posts: bool) -> None:
    """Erase a member for them."""
    require(actor, Can.ERASE_MEMBER, member)
    forget(member, removes_posts=removes_posts)


def forget(member: Member, *, removes_posts: bool = False, keeps_name: bool = True) -> None:
    """Take everything from a member that says who it is; an account without a person stays.

    What they wrote stays under "Former member 4f2a", unless `removes_posts`: features hear
    of it and do their part. The user names are nobody else's for a while (`keeps_name`).
    """
    keep_an_owner(member)
    close_all(member)
    guard.forget(member.email_key or "")
    for model in (MailedLink, KnownNetwork):
        db.session.execute(delete(model).where(model.member_id == member.id))
    notes.forget(member)
    second_factor.forget(member)
    _let_names_go(member, keeps_name=keeps_name)
    _make_nameless(member)
    publish(MemberErased(member_id=member.id, removes_posts=removes_posts))


def _let_names_go(member: Member, *, keeps_name: bool) -> None:
    keys = {member.username_key, *(row.username_key for row in queries.former_names(member))}
    db.session.execute(delete(FormerUsername).where(FormerUsername.member_id == member.id))
    if keeps_name:
        for key in keys:
            digest = names.digest_of(key)
            db.session.add(
                FormerUsername(username=digest, username_key=digest, member_id=member.id)
            )


def _make_nameless(member: Member) -> None:
    member.username = member.username_key = _free_code()
    member.name = member.title = member.bio = member.avatar = ""
    member.email = member.email_key = member.password_hash = None
    member.locale = member.time_zone = member.last_seen_at = None
    member.renamed_at = member.suspended_until = None
    member.suspended_reason = ""
    member.mode, member.role = Mode.AUTO, Role.MEMBER
    member.second_factor = SecondFactor.NONE
    member.is_profile_public = member.mails_mentions = member.mails_replies = False
    member.mails_messages = False
    member.erased_at = now()


def _free_code() -> str:
    """A name for nobody: "former-4f2a", longer when chance repeats itself."""
    for length in (2, 2, 2, 3, 4, 8):
        username = FORMER + secrets.token_hex(length)
        taken = select(Member.id).where(Member.username == username)
        if db.session.scalar(taken) is None:
            return username
    raise RuntimeError("chance repeats itself")
