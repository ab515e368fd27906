"""The second step of signing in: codes of an app (RFC 6238), and codes for a lost phone.

Secrets of apps are encrypted with a key made from the installation's secret key, so that
reading the database gives nobody a code. When that key changes the apps no longer fit;
recovery codes, which are hashed like passwords, go on working.
"""

import hmac
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256

import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken
from flask import current_app
from sqlalchemy import delete, func, select, update

from community.brands.queries import the_brand
from community.events import (
    RecoveryCodesRenewed,
    RecoveryCodeUsed,
    SecondStepTurnedOff,
    SecondStepTurnedOn,
)
from community.kernel.bus import publish
from community.kernel.db import db, nothing_held, now
from community.kernel.errors import Conflict, Invalid
from community.kernel.i18n import _
from community.kernel.policy import require
from community.members import guard, passwords
from community.members.factors import Authenticator, Passkey, RecoveryCode
from community.members.models import Member, SecondFactor
from community.members.sessions import close_all, note_proof
from community.permissions import Can

DIGITS, STEP_S = 6, 30
DRIFT = (0, -1, 1)
"""Time steps a phone's clock may be off, the likeliest first."""
CODES, CODE_LENGTH = 10, 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without what is read as something else
_QR_MODULE = 5  # pixels


# -- What there is ---------------------------------------------------------


def app_of(member: Member) -> Authenticator | None:
    """The member's app, set up or about to be."""
    return db.session.scalar(select(Authenticator).where(Authenticator.member_id == member.id))


def codes_left(member: Member) -> int:
    """How many recovery codes are unused."""
    return db.session.scalar(select(func.count()).select_from(_unused(member).subquery()))


def _unused(member: Member):
    theirs = select(RecoveryCode).where(
        RecoveryCode.member_id == member.id, RecoveryCode.used_at.is_(None)
    )
    return theirs.order_by(RecoveryCode.id)


def settle(member: Member) -> None:
    """Say in the member's own row which second factor there is, after one came or went."""
    db.session.flush()  # what came or went must be seen by the question
    app, passkey = app_of(member), select(Passkey.id).where(Passkey.member_id == member.id)
    if app is not None and app.sealed_secret:
        member.second_factor = SecondFactor.APP
    elif db.session.scalar(passkey.limit(1)) is not None:
        member.second_factor = SecondFactor.PASSKEY
    else:
        member.second_factor = SecondFactor.NONE
    if not member.has_second_step:
        db.session.execute(delete(RecoveryCode).where(RecoveryCode.member_id == member.id))


def must_be_confirmed(member: Member) -> None:
    """Raise Conflict while the address is not: whoever joined may not be its owner."""
    if not member.is_confirmed:
        raise Conflict(_("Confirm your e-mail address first. We sent you a link."))


# -- Setting up ------------------------------------------------------------


def begin(actor) -> None:
    """Make a new secret for an app; it counts once `confirm` has seen a code of it."""
    require(actor, Can.MANAGE_ACCOUNT, actor)
    must_be_confirmed(actor)
    app = app_of(actor)
    if app is None:
        app = Authenticator(member_id=actor.id)
        db.session.add(app)
    app.sealed_new = _sealer().encrypt(pyotp.random_base32().encode()).decode()


def secret_to_enter(member: Member) -> str | None:
    """The secret that waits to be entered in an app; None when none was begun."""
    app = app_of(member)
    return _opened(app.sealed_new) if app is not None else None


def grouped(secret: str) -> str:
    """A secret as it is typed in by hand: in groups of four."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def qr_code(member: Member, secret: str) -> str:
    """What an app scans, as a picture in a data address (SVG)."""
    uri = pyotp.TOTP(secret).provisioning_uri(name=member.email, issuer_name=the_brand().name)
    return segno.make(uri, error="m", micro=False).svg_data_uri(
        scale=_QR_MODULE, dark="#000", light="#fff", border=3
    )


def confirm(actor, code: str) -> list[str]:
    """Turn the second step on by a first code; return the recovery codes, shown this once.

    Every other session of the member ends. Invalid, beside `code`, when it does not fit.
    """
    require(actor, Can.MANAGE_ACCOUNT, actor)
    _begun(actor, code)
    codes, hashes = _fresh_codes()
    app, step = _begun(actor, code)
    app.sealed_secret, app.sealed_new = app.sealed_new, None
    app.last_step, app.confirmed_at = step, now()
    settle(actor)
    _replace_codes(actor, hashes)
    close_all(actor, but_token=actor.session_token)
    note_proof(actor, second_step=True)
    publish(SecondStepTurnedOn(member_id=actor.id))
    return codes


def _begun(member: Member, code: str) -> tuple[Authenticator, int]:
    """The app about to be set up and the time step of its code."""
    app = app_of(member)
    secret = _opened(app.sealed_new) if app is not None else None
    if secret is None:
        raise Conflict(_("Begin setting up your app again."))
    step = _step_of(secret, code)
    if step is None:
        raise Invalid(_wrong_code(), field="code")
    return app, step


def renew_codes(actor) -> list[str]:
    """Make new recovery codes, shown this once; the ones before are good for nothing."""
    require(actor, Can.MANAGE_ACCOUNT, actor)
    if not actor.has_second_step:
        raise Conflict(_("Recovery codes stand in for a second step. Set one up first."))
    codes, hashes = _fresh_codes()
    _replace_codes(actor, hashes)
    publish(RecoveryCodesRenewed(member_id=actor.id))
    return codes


def _fresh_codes() -> tuple[list[str], list[str]]:
    """Codes and their hashes, made with nothing held because hashing is slow."""
    codes = [_fresh_code() for _number in range(CODES)]
    with nothing_held():
        return codes, [passwords.hash_password(_bare(code)) for code in codes]


def _fresh_code() -> str:
    drawn = "".join(secrets.choice(_LETTERS) for _letter in range(CODE_LENGTH))
    return f"{drawn[: CODE_LENGTH // 2]}-{drawn[CODE_LENGTH // 2 :]}"


def _replace_codes(member: Member, hashes: list[str]) -> None:
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.member_id == member.id))
    db.session.add_all(RecoveryCode(member_id=member.id, code_hash=hashed) for hashed in hashes)


# -- Turning off -----------------------------------------------------------


def turn_off(actor) -> None:
    """Ask for no codes any more; Conflict when the role asks for them and there is no passkey."""
    require(actor, Can.MANAGE_ACCOUNT, actor)
    if actor.second_factor != SecondFactor.APP:
        raise Conflict(_("The second step is off already."))
    passkeys = select(Passkey.id).where(Passkey.member_id == actor.id)
    if actor.must_have_second_factor and db.session.scalar(passkeys.limit(1)) is None:
        raise Conflict(_("Your role asks for a second step. Add a passkey before you turn it off."))
    _forget_app(actor)
    settle(actor)
    publish(SecondStepTurnedOff(member_id=actor.id, turned_off_by_id=actor.id))


def reset(actor, member: Member) -> None:
    """Let a member in by the password again who has lost the phone, passkeys and codes."""
    require(actor, Can.RESET_SECOND_FACTOR, member)
    take_away(member, turned_off_by_id=actor.id)


def take_away(member: Member, *, turned_off_by_id: int | None = None) -> None:
    """The same without asking who does it: for commands on the server. Every session ends."""
    if member.second_factor == SecondFactor.NONE:
        raise Conflict(_("%(name)s has no second factor.", name=member.name))
    forget(member)
    settle(member)
    close_all(member)
    publish(SecondStepTurnedOff(member_id=member.id, turned_off_by_id=turned_off_by_id))


def forget(member: Member) -> None:
    """Keep nothing of a member's app, codes and passkeys."""
    _forget_app(member)
    for model in (RecoveryCode, Passkey):
        db.session.execute(delete(model).where(model.member_id == member.id))


def _forget_app(member: Member) -> None:
    db.session.execute(delete(Authenticator).where(Authenticator.member_id == member.id))


# -- Showing a code --------------------------------------------------------


def show_code(member: Member, code: str, *, network: str) -> None:
    """Take a code of the app or a recovery code; Invalid, beside `code`, when it is neither.

    TooMany after five wrong ones in ten minutes. `network` as `kernel.limits.network` says.
    """
    attempt = guard.begin_code(member, network)
    if not (_is_of_app(member, code) or _is_for_recovery(member, code)):
        raise Invalid(_wrong_code(), field="code")
    guard.succeed_with_code(attempt, member)


def _is_of_app(member: Member, code: str) -> bool:
    app = app_of(member)
    secret = _opened(app.sealed_secret) if app is not None else None
    step = _step_of(secret, code) if secret else None
    if step is None:
        return False
    unseen = update(Authenticator).where(Authenticator.id == app.id, Authenticator.last_step < step)
    return db.session.execute(unseen.values(last_step=step)).rowcount == 1


def _step_of(secret: str, code: str) -> int | None:
    """The time step whose code this is, now or one step beside it; None when it is none's."""
    code = "".join(code.split())
    if len(code) != DIGITS or not (code.isascii() and code.isdigit()):
        return None
    present = int(now().timestamp()) // STEP_S
    hotp = pyotp.HOTP(secret, digits=DIGITS)
    fitting = [present + off for off in DRIFT if hmac.compare_digest(hotp.at(present + off), code)]
    return fitting[0] if fitting else None


def _is_for_recovery(member: Member, code: str) -> bool:
    bare = _bare(code)
    if len(bare) != CODE_LENGTH:
        return False
    hashes = {row.id: row.code_hash for row in db.session.scalars(_unused(member))}
    with nothing_held():
        found = [id_ for id_, hashed in hashes.items() if passwords.is_right(hashed, bare)]
    mine = update(RecoveryCode).where(RecoveryCode.id.in_(found), RecoveryCode.used_at.is_(None))
    if db.session.execute(mine.values(used_at=now())).rowcount != 1:
        return False
    publish(RecoveryCodeUsed(member_id=member.id))
    return True


def _bare(code: str) -> str:
    return "".join(c for c in code.lower() if c.isalnum())


def _wrong_code() -> str:
    return _("This code does not fit. Codes change every 30 seconds, and each works once.")


# -- Sealing ---------------------------------------------------------------


def _sealer() -> Fernet:
    secret = current_app.config["SECRET_KEY"]
    return Fernet(urlsafe_b64encode(sha256(f"secrets of apps: {secret}".encode()).digest()))


def _opened(sealed: str | None) -> str | None:
    """The secret, or None when there is none or it was sealed with another key."""
    if not sealed:
        return None
    try:
        return _sealer().decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None
