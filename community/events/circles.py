"""What happens in groups, private conversations and polls."""

from dataclasses import dataclass

from community.kernel.bus import Event

# -- Groups ----------------------------------------------------------------


@dataclass(frozen=True)
class GroupAdded(Event):
    group_id: int
    added_by_id: int


@dataclass(frozen=True)
class GroupChanged(Event):
    group_id: int
    changed_by_id: int


@dataclass(frozen=True)
class GroupRemoved(Event):
    """It is gone, and nobody is in it any more."""

    group_id: int
    removed_by_id: int


@dataclass(frozen=True)
class GroupAsked(Event):
    """A member asks to be let in."""

    group_id: int
    member_id: int


@dataclass(frozen=True)
class GroupDeclined(Event):
    group_id: int
    member_id: int
    declined_by_id: int


@dataclass(frozen=True)
class GroupJoined(Event):
    """A member is in now: by themselves, or let in by someone, perhaps because they asked."""

    group_id: int
    member_id: int
    let_in_by_id: int
    was_asked: bool


@dataclass(frozen=True)
class GroupLeft(Event):
    """A member is out again: by themselves, or taken out by someone."""

    group_id: int
    member_id: int
    removed_by_id: int


@dataclass(frozen=True)
class GroupOwnersChanged(Event):
    """This member looks after the group now, or does no more."""

    group_id: int
    member_id: int
    changed_by_id: int


# -- In private ------------------------------------------------------------


# What is written there is told by ThreadStarted and PostAdded, as everywhere.


@dataclass(frozen=True)
class PersonAdded(Event):
    """Somebody was brought into a private conversation."""

    thread_id: int
    member_id: int
    added_by_id: int


@dataclass(frozen=True)
class PersonLeft(Event):
    thread_id: int
    member_id: int


@dataclass(frozen=True)
class ConversationRead(Event):
    """A member has seen the messages of a conversation up to this number."""

    thread_id: int
    member_id: int
    number: int


@dataclass(frozen=True)
class MessageReported(Event):
    report_id: int


@dataclass(frozen=True)
class ReportDecided(Event):
    report_id: int
    decided_by_id: int


@dataclass(frozen=True)
class ThreadsImported(Event):
    """These threads, 100 at most, or replies in them, were brought in from another system."""

    thread_ids: list[int]


@dataclass(frozen=True)
class SimilarAnswered(Event):
    """Somebody was about to ask, and this thread answered it. Who is not known."""

    thread_id: int


# -- Polls -----------------------------------------------------------------


@dataclass(frozen=True)
class PollOpened(Event):
    poll_id: int
    thread_id: int
    opened_by_id: int


@dataclass(frozen=True)
class PollChanged(Event):
    """It asks otherwise, or an answer has better words."""

    poll_id: int
    thread_id: int
    changed_by_id: int


@dataclass(frozen=True)
class PollVoted(Event):
    """Somebody voted, voted otherwise, or took the vote back. Nobody is named in a secret poll."""

    poll_id: int
    thread_id: int
    voter_id: int | None


@dataclass(frozen=True)
class PollClosed(Event):
    poll_id: int
    thread_id: int


@dataclass(frozen=True)
class PollRemoved(Event):
    poll_id: int
    thread_id: int
    removed_by_id: int
