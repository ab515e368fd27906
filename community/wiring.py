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
    PictureDiscarded,
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

CONTEXTS = []
"""Functions () -> dict: what every template knows beside what `community` gives it."""

PANELS = {"profile": []}
"""Functions (member, actor) -> HTML or None: fragments for a named place of a page."""

EXPORTS = []
"""(name, function (member) -> list of dicts): what "download my data" holds, by feature."""

ADMIN_PAGES = []
"""Entries of the back office's menu, as `admin.pages.AdminPage`, in order."""

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
    PictureDiscarded: [],
    MailQueued: [],
    DayBegan: [],
}

TICKS = {DayBegan: "30 3 * * *"}
