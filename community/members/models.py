import enum
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, synonym

from community.brands.models import Brand
from community.kernel.db import Timestamped, db, now
from community.kernel.i18n import _
from community.kernel.tenancy import BrandScoped, referable, same_brand
from community.kernel.unicode import unaccented

FOR_GOOD = datetime(9999, 1, 1, tzinfo=UTC)
"""The end of a suspension that has none."""
FIRST_DAY, NEW_AT_MOST = timedelta(days=1), timedelta(days=14)
EDITS_FOR_NEW, EDITS_FOR = timedelta(hours=24), timedelta(days=30)
EDITS_FOR_RANKED = timedelta(days=90)
TRUST, LONG_EDIT = "trust", "long-edit"
"""What a rank may open, as `Member.unlocks` says it."""
TRUSTED_POSTS = 3
FORMER = "former-"
"""How the user names of erased members begin; nobody else's may."""


class Role(enum.StrEnum):
    MEMBER = "member"
    EXPERT = "expert"
    MODERATOR = "moderator"
    MANAGER = "manager"
    OWNER = "owner"


STAFF = frozenset({Role.MODERATOR, Role.MANAGER, Role.OWNER})


class SecondFactor(enum.StrEnum):
    """What a member can show beside a password or a mailed link, the strongest of it."""

    NONE = "none"
    PASSKEY = "passkey"  # signs in by itself; asked for after a password of staff only
    APP = "app"  # an app's codes, asked for after every password; perhaps passkeys too


class Mode(enum.StrEnum):
    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


class Member(BrandScoped, Timestamped, db.Model):
    """A person in one brand. An erased one stays as a nameless author.

    `email_key` and `username_key` are what must be unique: the address folded to
    one spelling, the name folded so that look-alikes meet (see `members.names`).
    `name` is what pages show: the name given, or of an erased member what stands for it;
    `name_key` is the name given as it is looked up, in small letters without accents.
    """

    __table_args__ = (
        referable(),
        UniqueConstraint("brand_id", "email_key"),
        UniqueConstraint("brand_id", "username"),
        UniqueConstraint("brand_id", "username_key"),
        CheckConstraint("erased_at IS NULL OR email IS NULL", name="erased_has_no_email"),
        Index(None, "brand_id", "name_key"),
        Index(None, "brand_id", "created_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str]
    username_key: Mapped[str]
    given_name: Mapped[str] = mapped_column("name")
    name_key: Mapped[str] = mapped_column(default="")
    email: Mapped[str | None]
    email_key: Mapped[str | None]
    password_hash: Mapped[str | None]
    second_factor: Mapped[SecondFactor] = mapped_column(default=SecondFactor.NONE)
    role: Mapped[Role] = mapped_column(default=Role.MEMBER)
    title: Mapped[str] = mapped_column(default="")
    rank: Mapped[str] = mapped_column(default="")  # a copy of its name: see `scoring.ranks`
    unlocks: Mapped[str] = mapped_column(default="")  # a copy of what that rank opens
    bio: Mapped[str] = mapped_column(default="")
    avatar: Mapped[str] = mapped_column(default="")  # token of an upload
    is_profile_public: Mapped[bool] = mapped_column(default=True)
    locale: Mapped[str | None]
    time_zone: Mapped[str | None]
    mode: Mapped[Mode] = mapped_column(default=Mode.AUTO)
    mails_mentions: Mapped[bool] = mapped_column(default=True)
    mails_replies: Mapped[bool] = mapped_column(default=True)
    mails_messages: Mapped[bool] = mapped_column(default=True)
    confirmed_at: Mapped[datetime | None]
    suspended_until: Mapped[datetime | None]
    suspended_reason: Mapped[str] = mapped_column(default="")
    erased_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]
    renamed_at: Mapped[datetime | None]
    posts_count: Mapped[int] = mapped_column(default=0)
    helpful_count: Mapped[int] = mapped_column(default=0)

    is_authenticated = True
    is_anonymous = False
    avatar_url = ""  # people shown from elsewhere have one; ours have a token
    session_token = ""  # these are set by members.sessions for the session at hand, never stored
    session_seen_at: ClassVar[datetime | None] = None
    session_proven_at: ClassVar[datetime | None] = None
    session_has_second_step = True  # outside a session the question is about the person alone

    brand: Mapped[Brand] = relationship(viewonly=True)

    memberships: Mapped[list["GroupMember"]] = relationship(  # noqa: F821 - of a room above
        primaryjoin="Member.id == foreign(GroupMember.member_id)", viewonly=True
    )

    def _shown_name(self) -> str:
        if self.is_erased:
            return _("Former member %(code)s", code=self.username.removeprefix(FORMER))
        return self.given_name

    def _give_name(self, name: str) -> None:
        self.given_name, self.name_key = name, unaccented(name)

    name: Mapped[str] = synonym("given_name", descriptor=property(_shown_name, _give_name))

    @property
    def is_new(self) -> bool:
        """Joined less than a day ago; or less than two weeks ago and has yet to have three
        posts up. Staff and experts are known to the brand, and so is whose rank is trusted.
        """
        if self.role is not Role.MEMBER or self._has_unlocked(TRUST):
            return False
        age = now() - self.created_at
        return age < FIRST_DAY or (age < NEW_AT_MOST and self.posts_before_trusted > 0)

    @property
    def posts_before_trusted(self) -> int:
        """How many posts are wanting to the three a new member is known by."""
        return max(0, TRUSTED_POSTS - self.posts_count)

    @property
    def edit_window(self) -> timedelta:
        """How long the member's own posts can be changed."""
        if self.is_new:
            return EDITS_FOR_NEW
        return EDITS_FOR_RANKED if self._has_unlocked(LONG_EDIT) else EDITS_FOR

    def _has_unlocked(self, what: str) -> bool:
        return what in (self.unlocks or "").split()

    @property
    def is_active(self) -> bool:
        """Flask-Login's word for: may have a session at all."""
        return self.erased_at is None

    @property
    def is_suspended(self) -> bool:
        return self.suspended_until is not None and self.suspended_until > now()

    @property
    def is_suspended_for_good(self) -> bool:
        return self.suspended_until == FOR_GOOD

    @property
    def is_confirmed(self) -> bool:
        return self.confirmed_at is not None

    @property
    def is_erased(self) -> bool:
        return self.erased_at is not None

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF

    @property
    def must_have_second_factor(self) -> bool:
        """Belongs to staff, and the brand asks staff for a second factor."""
        if not self.is_staff or self.brand is None:
            return False
        return self.brand.features["staff_second_factor"]

    @property
    def lacks_second_factor(self) -> bool:
        """Must have a second factor, and has none or has not shown it in this session."""
        has_one = self.second_factor in {SecondFactor.PASSKEY, SecondFactor.APP}
        return self.must_have_second_factor and not (has_one and self.session_has_second_step)

    @property
    def has_second_step(self) -> bool:
        """A password or a mailed link does not let this member in without a second factor."""
        if self.second_factor == SecondFactor.PASSKEY:
            return self.must_have_second_factor
        return self.second_factor == SecondFactor.APP

    @property
    def group_ids(self) -> frozenset[int]:
        """The groups the member is in; nobody is before confirming the address."""
        if not self.is_confirmed:
            return frozenset()
        return frozenset(one.group_id for one in self.memberships if one.is_in)

    @property
    def owned_group_ids(self) -> frozenset[int]:
        """Those of the groups that the member looks after."""
        return frozenset(
            one.group_id for one in self.memberships if one.is_owner and self.is_confirmed
        )

    @property
    def asked_group_ids(self) -> frozenset[int]:
        """The groups the member asked to join and waits to hear from."""
        return frozenset(one.group_id for one in self.memberships if one.is_waiting)

    @property
    def is_on_duty(self) -> bool:
        """Has the sight and the powers of staff: a suspended moderator has neither.

        Nor has one without the second factor the brand asks for.
        """
        able = self.is_staff and self.is_confirmed and not self.is_suspended
        return able and not self.lacks_second_factor

    def get_id(self) -> str:
        """Flask-Login's name of a session: ours is its token, not the member."""
        return self.session_token


class Anonymous:
    """Whoever has not signed in."""

    id = None
    is_authenticated = False
    is_anonymous = True
    is_active = False
    is_staff = False
    is_on_duty = False
    is_new = False
    lacks_second_factor = False
    is_suspended = False
    is_confirmed = False
    is_erased = False
    role = None
    group_ids: ClassVar[frozenset[int]] = frozenset()
    owned_group_ids: ClassVar[frozenset[int]] = frozenset()
    asked_group_ids: ClassVar[frozenset[int]] = frozenset()
    locale = None
    time_zone = None
    mode = Mode.AUTO


class FormerUsername(BrandScoped, Timestamped, db.Model):
    """A name given up: it leads to its member and is nobody else's to take.

    When its member is erased, only a digest of it stays (see `members.names`).
    """

    __table_args__ = (
        UniqueConstraint("brand_id", "username"),
        UniqueConstraint("brand_id", "username_key"),
        same_brand("member_id", "member"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str]
    username_key: Mapped[str]
    member_id: Mapped[int] = mapped_column(index=True)

    member: Mapped[Member] = relationship(foreign_keys=[member_id])


class MemberSession(BrandScoped, Timestamped, db.Model):
    """One signed-in browser. Only a hash of its token is kept; revoking is deleting.

    One that `awaits_second_step` has shown a password or a mailed link and opens nothing yet.
    `proven_at` is when its member last showed who they are: see `members.step_up`.
    """

    __table_args__ = (same_brand("member_id", "member"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    proven_at: Mapped[datetime] = mapped_column(default=now)
    awaits_second_step: Mapped[bool] = mapped_column(default=False)
    has_second_step: Mapped[bool] = mapped_column(default=False)
    ip: Mapped[str] = mapped_column(default="")
    user_agent: Mapped[str] = mapped_column(default="")

    member: Mapped[Member] = relationship(foreign_keys=[member_id])


class Purpose(enum.StrEnum):
    CONFIRM = "confirm"
    SIGN_IN = "sign-in"
    RESET = "reset"
    CHANGE_EMAIL = "change-email"
    LEAVE = "leave"


class MailedLink(BrandScoped, Timestamped, db.Model):
    """A link sent by mail: one purpose, one use, dead after `expires_at`.

    Its token is the signed id of this row, so the mail can be written by a worker
    while nothing stored here opens anything.
    """

    __table_args__ = (referable(), same_brand("member_id", "member"))
    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(index=True)
    purpose: Mapped[Purpose]
    email: Mapped[str]  # where it goes; for a change of address, the new one
    old_email: Mapped[str | None]  # for a change of address: told too
    next_path: Mapped[str] = mapped_column(default="")  # where to go on after it
    browser: Mapped[str] = mapped_column(default="")  # digest of the one that joined
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    member: Mapped[Member] = relationship(foreign_keys=[member_id])


class FailedSignIn(BrandScoped, Timestamped, db.Model):
    """One refused password, by account and by network, whether the account exists or not.

    `account` is a digest of the address given: people type other things there too.
    """

    __table_args__ = (
        Index(None, "brand_id", "account", "created_at"),
        Index(None, "brand_id", "network", "created_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str]
    network: Mapped[str]


class KnownNetwork(BrandScoped, Timestamped, db.Model):
    """Where a member has signed in from: strangers' failures do not count against it."""

    __table_args__ = (
        UniqueConstraint("member_id", "network"),
        same_brand("member_id", "member"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column()
    network: Mapped[str]
    seen_at: Mapped[datetime] = mapped_column(default=now)

    member: Mapped[Member] = relationship(foreign_keys=[member_id])


class StaffNote(BrandScoped, Timestamped, db.Model):
    """What staff wrote down about a member for each other.

    It is the member's data all the same: it is in the copy they may ask for, and goes when
    they are erased (Art. 15 and 17 GDPR).
    """

    __table_args__ = (
        same_brand("member_id", "member"),
        same_brand("author_id", "member"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(index=True)
    author_id: Mapped[int] = mapped_column()
    text: Mapped[str]

    member: Mapped[Member] = relationship(foreign_keys=[member_id])
    author: Mapped[Member] = relationship(foreign_keys=[author_id])
