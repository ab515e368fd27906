"""What can happen in a community. One page, ids only, past tense.

This is the vocabulary in which features speak to each other and to CRMs:
webhook payloads are these classes as JSON. Add fields; never rename them.
"""

from dataclasses import dataclass

from community.kernel.bus import Event

# -- Members ---------------------------------------------------------------


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


# -- Threads ---------------------------------------------------------------


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


# -- What staff does to threads --------------------------------------------


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


# -- What staff arranges ---------------------------------------------------


@dataclass(frozen=True)
class BrandChanged(Event):
    """`facts` names what changed, parted by spaces, as `brands.service.set_facts` takes it."""

    facts: str
    changed_by_id: int | None


@dataclass(frozen=True)
class CategoryAdded(Event):
    category_id: int
    added_by_id: int


@dataclass(frozen=True)
class CategoryChanged(Event):
    """Its name, place, look or audiences are others now."""

    category_id: int
    changed_by_id: int


@dataclass(frozen=True)
class CategoryRemoved(Event):
    """It is gone; what was written there is in `into_id`, told by ThreadsRefiled."""

    category_id: int
    into_id: int | None
    removed_by_id: int


@dataclass(frozen=True)
class ThreadsRefiled(Event):
    """These threads, 500 at most, are in another category, for theirs was removed."""

    thread_ids: list[int]
    category_id: int
    refiled_by_id: int


@dataclass(frozen=True)
class TagChanged(Event):
    """A tag, or the other words for it, changed: a name, a union of two, or its end."""

    tag_id: int
    changed_by_id: int


@dataclass(frozen=True)
class TagsChanged(Event):
    """These threads, 500 at most, carry other words than before, for staff changed a tag."""

    thread_ids: list[int]
    changed_by_id: int


@dataclass(frozen=True)
class FieldChanged(Event):
    """A question of a category, or its end. Threads up to `after_thread_id` know of it."""

    field_id: int
    after_thread_id: int = 0


@dataclass(frozen=True)
class DeliveryDiscarded(Event):
    """A delivery that was given up will not be tried again."""

    delivery_id: int
    discarded_by_id: int


# -- Pictures --------------------------------------------------------------


@dataclass(frozen=True)
class PictureDiscarded(Event):
    """The row of an upload is gone; its files, one per width in pixels, are to follow."""

    token: str
    widths: list[int]


# -- Mail and the clock ----------------------------------------------------


@dataclass(frozen=True)
class MailQueued(Event):
    mail_id: int


@dataclass(frozen=True)
class TellingPaused(Event):
    """A post concerns more members than one delivery tells; the next tells more of them.

    `about_poll`: it is the poll below the post that they are told of.
    """

    post_id: int
    about_poll: bool = False


@dataclass(frozen=True)
class FiguresDue(Event):
    """Every quarter of an hour: what the home page counts is counted again."""


@dataclass(frozen=True)
class DayBegan(Event):
    """Once a day, in the brand's own night: housekeeping and retention."""


@dataclass(frozen=True)
class PollsDue(Event):
    """Every few minutes: polls whose time is over are closed."""
