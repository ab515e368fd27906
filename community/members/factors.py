"""What a member can show beside a password, as it is stored."""

from datetime import datetime

from sqlalchemy import BigInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.kernel.db import Timestamped, db
from community.kernel.tenancy import BrandScoped, same_brand
from community.members.models import Member


class Authenticator(BrandScoped, Timestamped, db.Model):
    """An app on a member's phone that shows a code every 30 seconds (RFC 6238).

    A secret is `sealed_new` until a first code has shown that the app knows it, while the
    one before still counts. `last_step` is the time step of the last code taken: no code is
    taken twice. Secrets are stored encrypted: see `members.second_factor`.
    """

    __table_args__ = (same_brand("member_id", "member"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(unique=True)
    sealed_secret: Mapped[str | None]
    sealed_new: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(default=0)

    member: Mapped[Member] = relationship(foreign_keys=[member_id])


class RecoveryCode(BrandScoped, Timestamped, db.Model):
    """One code for the day the phone is lost; hashed like a password, and good once."""

    __table_args__ = (same_brand("member_id", "member"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(index=True)
    code_hash: Mapped[str]
    used_at: Mapped[datetime | None]

    member: Mapped[Member] = relationship(foreign_keys=[member_id])


class Passkey(BrandScoped, Timestamped, db.Model):
    """A key pair of a device of a member (WebAuthn); here is its public half.

    `credential_id` and `public_key` are base64url. `challenged_at` is when the challenge it
    last answered was made: an answer to an older one is a replay.
    """

    __table_args__ = (
        UniqueConstraint("brand_id", "credential_id"),
        same_brand("member_id", "member"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(index=True)
    name: Mapped[str]
    credential_id: Mapped[str]
    public_key: Mapped[str]
    sign_count: Mapped[int] = mapped_column(BigInteger, default=0)
    is_synced: Mapped[bool] = mapped_column(default=False)  # between devices of its owner
    challenged_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    member: Mapped[Member] = relationship(foreign_keys=[member_id])
