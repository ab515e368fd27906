"""Passkeys (WebAuthn level 2): a device's own key in place of a password.

Every one is discoverable and verifies its user by a finger, a face or a number, so it is
two factors in one. Keys belong to the brand's canonical host: another brand's page cannot
ask for them, and a brand that moves to another host leaves them behind.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from urllib.parse import urlsplit

from sqlalchemy import func, select, update
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from community.brands.queries import canonical_host, the_brand
from community.events import PasskeyAdded, PasskeyRemoved
from community.kernel import text
from community.kernel.addresses import external
from community.kernel.bus import publish
from community.kernel.db import db, now
from community.kernel.errors import Conflict, Invalid, Missing
from community.kernel.i18n import _
from community.kernel.policy import require
from community.members import guard, second_factor
from community.members.factors import Passkey
from community.members.models import Member, SecondFactor
from community.members.sessions import note_proof
from community.permissions import Can

AT_MOST = 20
NAME_LENGTH = 60
ASKED_FOR_MS = 300_000
_VERIFIED = UserVerificationRequirement.REQUIRED
_MALFORMED = (WebAuthnException, ValueError, KeyError, TypeError)
"""What the library raises at answers that no browser makes, besides its own errors."""


@dataclass(frozen=True)
class Challenge:
    """What a device is asked to sign, and when the question was made."""

    value: str  # base64url
    made_at: datetime


def _host() -> tuple[str, str]:
    """The host keys are bound to, and the origin of the pages that ask for them."""
    parts = urlsplit(external(canonical_host(), "members.login"))
    return parts.hostname, f"{parts.scheme}://{parts.netloc}"


def _handle(member: Member) -> bytes:
    """What devices keep to know whose key it is; it says nothing about the person."""
    return sha256(f"member {member.id} of brand {member.brand_id}".encode()).digest()


def of_member(member: Member) -> list[Passkey]:
    """A member's passkeys, oldest first."""
    theirs = select(Passkey).where(Passkey.member_id == member.id)
    return list(db.session.scalars(theirs.order_by(Passkey.id)))


def one_of(member: Member, passkey_id: int) -> Passkey:
    """One passkey of a member; Missing when it is nobody's or another member's."""
    found = db.session.scalar(
        select(Passkey).where(Passkey.id == passkey_id, Passkey.member_id == member.id)
    )
    if found is None:
        raise Missing(_("There is no such passkey."))
    return found


def _descriptors(member: Member) -> list[PublicKeyCredentialDescriptor]:
    ids = (base64url_to_bytes(passkey.credential_id) for passkey in of_member(member))
    return [PublicKeyCredentialDescriptor(id=one) for one in ids]


# -- Adding ----------------------------------------------------------------


def ask_to_add(actor) -> tuple[str, Challenge]:
    """What the browser gives the device to make a key, as JSON, and the challenge in it."""
    require(actor, Can.MANAGE_ACCOUNT, actor)
    second_factor.must_be_confirmed(actor)
    host, _origin = _host()
    options = generate_registration_options(
        rp_id=host,
        rp_name=the_brand().name,
        user_id=_handle(actor),
        user_name=actor.email or actor.username,
        user_display_name=actor.name,
        timeout=ASKED_FOR_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_VERIFIED
        ),
        exclude_credentials=_descriptors(actor),
    )
    return options_to_json(options), _asked(options.challenge)


def add(actor, answer: str, challenge: Challenge, *, name: str) -> Passkey:
    """Keep the public half of the key a device has made.

    `answer` is what the browser returned, as JSON. Invalid names `name` or `credential`.
    """
    require(actor, Can.MANAGE_ACCOUNT, actor)
    second_factor.must_be_confirmed(actor)
    name = _checked_name(name)
    theirs = select(func.count()).select_from(Passkey).where(Passkey.member_id == actor.id)
    if db.session.scalar(theirs) >= AT_MOST:
        raise Conflict(_("You have %(most)d passkeys. Remove one first.", most=AT_MOST))
    made = _registered(answer, challenge)
    credential_id = bytes_to_base64url(made.credential_id)
    known = select(Passkey.id).where(Passkey.credential_id == credential_id)
    if db.session.scalar(known) is not None:
        raise Invalid(_("This passkey is known already."), field="credential")
    passkey = Passkey(
        member_id=actor.id,
        name=name,
        credential_id=credential_id,
        public_key=bytes_to_base64url(made.credential_public_key),
        sign_count=made.sign_count,
        is_synced=made.credential_device_type == CredentialDeviceType.MULTI_DEVICE,
        challenged_at=challenge.made_at,
    )
    db.session.add(passkey)
    second_factor.settle(actor)
    note_proof(actor, second_step=True)
    publish(PasskeyAdded(member_id=actor.id, passkey_id=passkey.id))
    return passkey


def _registered(answer: str, challenge: Challenge):
    host, origin = _host()
    try:
        return verify_registration_response(
            credential=parse_registration_credential_json(answer),
            expected_challenge=base64url_to_bytes(challenge.value),
            expected_rp_id=host,
            expected_origin=origin,
            require_user_verification=True,
        )
    except _MALFORMED as error:
        raise Invalid(_("This passkey could not be added. Try again."), "credential") from error


def _checked_name(name: str) -> str:
    name = text.clean_line(name)
    if not 1 <= len(name) <= NAME_LENGTH:
        raise Invalid(
            _("A name has %(least)d to %(most)d characters.", least=1, most=NAME_LENGTH),
            field="name",
        )
    return name


def _asked(challenge: bytes) -> Challenge:
    return Challenge(urlsafe_b64encode(challenge).rstrip(b"=").decode(), now())


# -- Showing ---------------------------------------------------------------


def ask_to_show(member: Member | None = None) -> tuple[str, Challenge]:
    """What the browser gives the device to sign, as JSON: any key of this host, or a member's."""
    host, _origin = _host()
    options = generate_authentication_options(
        rp_id=host,
        timeout=ASKED_FOR_MS,
        allow_credentials=_descriptors(member) if member is not None else None,
        user_verification=_VERIFIED,
    )
    return options_to_json(options), _asked(options.challenge)


def show(
    answer: str, challenge: Challenge, *, network: str, member: Member | None = None
) -> Member:
    """The member whose passkey signed the challenge; Invalid when it is nobody's or another's.

    An answer is good once: its key takes none to an older challenge.
    """
    try:
        given = parse_authentication_credential_json(answer)
    except _MALFORMED as error:
        raise Invalid(_unknown(), field="credential") from error
    passkey = db.session.scalar(select(Passkey).where(Passkey.credential_id == given.id))
    if passkey is None or (member is not None and passkey.member_id != member.id):
        raise Invalid(_unknown(), field="credential")
    handle = given.response.user_handle
    if passkey.member.is_erased or (handle and handle != _handle(passkey.member)):
        raise Invalid(_unknown(), field="credential")
    _use(passkey, _verified(given, challenge, passkey), challenge)
    guard.remember(passkey.member, network)
    return passkey.member


def _verified(given, challenge: Challenge, passkey: Passkey):
    host, origin = _host()
    try:
        return verify_authentication_response(
            credential=given,
            expected_challenge=base64url_to_bytes(challenge.value),
            expected_rp_id=host,
            expected_origin=origin,
            credential_public_key=base64url_to_bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except _MALFORMED as error:
        raise Invalid(_unknown(), field="credential") from error


def _use(passkey: Passkey, verified, challenge: Challenge) -> None:
    newer = update(Passkey).where(
        Passkey.id == passkey.id, Passkey.challenged_at < challenge.made_at
    )
    values = {
        "challenged_at": challenge.made_at,
        "sign_count": verified.new_sign_count,
        "is_synced": verified.credential_device_type == CredentialDeviceType.MULTI_DEVICE,
        "used_at": now(),
    }
    if db.session.execute(newer.values(values)).rowcount != 1:
        raise Invalid(_unknown(), field="credential")


def _unknown() -> str:
    return _("This passkey does not open an account here. Try again, or sign in another way.")


def challenge_in(answer: str) -> str:
    """Which challenge an answer of either kind says it answers; empty when it cannot be read."""
    try:
        given = parse_authentication_credential_json(answer)
    except _MALFORMED:
        try:
            given = parse_registration_credential_json(answer)
        except _MALFORMED:
            return ""
    try:
        said = parse_client_data_json(given.response.client_data_json).challenge
    except _MALFORMED:
        return ""
    return bytes_to_base64url(said)


# -- Keeping ---------------------------------------------------------------


def rename(actor, passkey: Passkey, name: str) -> None:
    """Call a passkey something else; only its owner sees it."""
    require(actor, Can.MANAGE_ACCOUNT, passkey.member)
    passkey.name = _checked_name(name)


def remove(actor, passkey: Passkey) -> None:
    """Let a passkey open nothing any more; Conflict when it is the last way in."""
    require(actor, Can.MANAGE_ACCOUNT, passkey.member)
    if len(of_member(actor)) == 1:
        _keep_a_way_in(actor)
    db.session.delete(passkey)
    second_factor.settle(actor)
    publish(PasskeyRemoved(member_id=actor.id))


def _keep_a_way_in(actor) -> None:
    if actor.second_factor == SecondFactor.PASSKEY and actor.must_have_second_factor:
        raise Conflict(_("Your role asks for a second step. Set up an app first, then remove it."))
    if actor.password_hash is None and not actor.email:
        raise Conflict(_("This passkey is your only way in. Add another one first."))
