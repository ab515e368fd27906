"""What happens in threads and posts."""

from dataclasses import dataclass

from community.kernel.bus import Event


@dataclass(frozen=True)
class ThreadStarted(Event):
    thread_id: int
    post_id: int
    author_id: int


@dataclass(frozen=True)
class ThreadLocked(Event):
    thread_id: int
    locked_by_id: int


@dataclass(frozen=True)
class ThreadUnlocked(Event):
    thread_id: int
    unlocked_by_id: int


@dataclass(frozen=True)
class ThreadPinned(Event):
    thread_id: int
    pinned_by_id: int


@dataclass(frozen=True)
class ThreadUnpinned(Event):
    thread_id: int
    unpinned_by_id: int


@dataclass(frozen=True)
class PostAdded(Event):
    """A reply. The first post of a thread is told by ThreadStarted."""

    post_id: int
    thread_id: int
    author_id: int


@dataclass(frozen=True)
class PostEdited(Event):
    post_id: int
    editor_id: int


@dataclass(frozen=True)
class PostHidden(Event):
    post_id: int
    hidden_by_id: int


@dataclass(frozen=True)
class PostDeleted(Event):
    post_id: int
    deleted_by_id: int


@dataclass(frozen=True)
class PostRestored(Event):
    post_id: int
    restored_by_id: int


@dataclass(frozen=True)
class RevisionHidden(Event):
    """Staff removed what an earlier version of a post said."""

    revision_id: int
    post_id: int
    hidden_by_id: int


@dataclass(frozen=True)
class ReminderSet(Event):
    """A member wants to be reminded of a bookmark; told when the moment has come."""

    bookmark_id: int


@dataclass(frozen=True)
class HelpfulVoteGiven(Event):
    post_id: int
    author_id: int
    voter_id: int


@dataclass(frozen=True)
class HelpfulVoteWithdrawn(Event):
    post_id: int
    author_id: int
    voter_id: int
