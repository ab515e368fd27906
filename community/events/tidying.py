"""What staff does to threads."""

from dataclasses import dataclass

from community.kernel.bus import Event


@dataclass(frozen=True)
class ThreadMoved(Event):
    """It is in another category, which may be open to other people."""

    thread_id: int
    category_id: int
    act_id: int
    moved_by_id: int


@dataclass(frozen=True)
class ThreadsMerged(Event):
    """Every post of `merged_ids` is in `thread_id` now; those threads only lead there."""

    thread_id: int
    merged_ids: list[int]
    act_id: int
    merged_by_id: int


@dataclass(frozen=True)
class ThreadSplit(Event):
    """Some posts went from one thread into another, which is new or was there."""

    thread_id: int
    into_id: int
    is_new: bool
    act_id: int
    split_by_id: int


@dataclass(frozen=True)
class ThreadRetagged(Event):
    thread_id: int
    act_id: int
    retagged_by_id: int


@dataclass(frozen=True)
class ThreadKindChanged(Event):
    thread_id: int
    kind: str
    act_id: int
    changed_by_id: int


@dataclass(frozen=True)
class ThreadSlowed(Event):
    """Members wait longer, or shorter, between two posts in it."""

    thread_id: int
    seconds: int
    act_id: int
    slowed_by_id: int


@dataclass(frozen=True)
class StaffActTold(Event):
    """The people whom this act of staff concerns are to be told."""

    act_id: int


@dataclass(frozen=True)
class ActUndone(Event):
    """An act of staff was taken back: these threads, and where their posts are, changed again."""

    act_id: int
    thread_ids: list[int]
    undone_by_id: int


@dataclass(frozen=True)
class FactsChanged(Event):
    """What a thread says of itself in the fields of its category is another now."""

    thread_id: int
    changed_by_id: int


@dataclass(frozen=True)
class PublicationAsked(Event):
    """Staff asks an author whether a thread for the brand alone may become public."""

    request_id: int
    thread_id: int
    asked_by_id: int


@dataclass(frozen=True)
class PublicationRefused(Event):
    request_id: int
    thread_id: int
    asked_by_id: int


@dataclass(frozen=True)
class ThreadMadePublic(Event):
    """Its author consented: what was for the brand alone is as open as its category now."""

    thread_id: int
    consent_id: int
    author_id: int
    asked_by_id: int | None
