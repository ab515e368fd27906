"""What happens to accounts."""

from dataclasses import dataclass

from community.kernel.bus import Event


@dataclass(frozen=True)
class MemberJoined(Event):
    member_id: int


@dataclass(frozen=True)
class MemberConfirmed(Event):
    member_id: int


@dataclass(frozen=True)
class JoinedAgain(Event):
    """Someone tried to join with the address of this member, who is told by mail."""

    member_id: int


@dataclass(frozen=True)
class LinkRequested(Event):
    """A mailed link was asked for: to confirm, sign in, reset or change the address."""

    link_id: int


@dataclass(frozen=True)
class PasswordChanged(Event):
    member_id: int


@dataclass(frozen=True)
class SecondStepTurnedOn(Event):
    """From now on an app's code is asked for after the password."""

    member_id: int


@dataclass(frozen=True)
class SecondStepTurnedOff(Event):
    member_id: int
    turned_off_by_id: int | None


@dataclass(frozen=True)
class RecoveryCodesRenewed(Event):
    member_id: int


@dataclass(frozen=True)
class RecoveryCodeUsed(Event):
    """A code for the day the phone is lost has opened the account; it is spent."""

    member_id: int


@dataclass(frozen=True)
class PasskeyAdded(Event):
    member_id: int
    passkey_id: int


@dataclass(frozen=True)
class PasskeyRemoved(Event):
    member_id: int


@dataclass(frozen=True)
class EmailChanged(Event):
    """The address changed by way of this link; the old address is told."""

    member_id: int
    link_id: int


@dataclass(frozen=True)
class MemberRenamed(Event):
    member_id: int


@dataclass(frozen=True)
class MemberRoleChanged(Event):
    member_id: int
    changed_by_id: int | None


@dataclass(frozen=True)
class MemberSuspended(Event):
    member_id: int
    suspended_by_id: int


@dataclass(frozen=True)
class MemberReinstated(Event):
    member_id: int
    reinstated_by_id: int


@dataclass(frozen=True)
class MemberErased(Event):
    """Who it was is gone. `removes_posts`: the member wanted what was written to go too."""

    member_id: int
    removes_posts: bool = False


@dataclass(frozen=True)
class ProfileEdited(Event):
    member_id: int
