"""What is mounted, and what follows from what. The composition root."""

import community.media.models
import community.notifications.models  # noqa: F401
from community.events import (
    DayBegan,
    EmailChanged,
    HelpfulVoteGiven,
    HelpfulVoteWithdrawn,
    JoinedAgain,
    LinkRequested,
    MailQueued,
    MemberConfirmed,
    MemberErased,
    MemberJoined,
    MemberReinstated,
    MemberRenamed,
    MemberRoleChanged,
    MemberSuspended,
    PasswordChanged,
    PostAdded,
    PostDeleted,
    PostEdited,
    PostHidden,
    PostRestored,
    ProfileEdited,
    ThreadLocked,
    ThreadPinned,
    ThreadStarted,
    ThreadUnlocked,
    ThreadUnpinned,
)

BLUEPRINTS = []

SUBSCRIPTIONS = {
    MemberJoined: [],
    MemberConfirmed: [],
    JoinedAgain: [],
    LinkRequested: [],
    PasswordChanged: [],
    EmailChanged: [],
    MemberRenamed: [],
    ProfileEdited: [],
    MemberRoleChanged: [],
    MemberSuspended: [],
    MemberReinstated: [],
    MemberErased: [],
    ThreadStarted: [],
    ThreadLocked: [],
    ThreadUnlocked: [],
    ThreadPinned: [],
    ThreadUnpinned: [],
    PostAdded: [],
    PostEdited: [],
    PostHidden: [],
    PostDeleted: [],
    PostRestored: [],
    HelpfulVoteGiven: [],
    HelpfulVoteWithdrawn: [],
    MailQueued: [],
    DayBegan: [],
}

TICKS = {DayBegan: "30 3 * * *"}
