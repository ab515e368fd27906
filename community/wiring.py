"""What is mounted, and what follows from what. The composition root."""

import community.messages.models
import community.notifications.models
import community.polls.models
import community.threads.fields
import community.threads.private  # noqa: F401
from community.admin import log
from community.admin import queries as admin_queries
from community.admin import views as admin
from community.admin.pages import AdminPage, Section
from community.brands import views as brands
from community.events import (
    ActUndone,
    BrandChanged,
    CategoryAdded,
    CategoryChanged,
    CategoryRemoved,
    DayBegan,
    DeliveryDiscarded,
    EmailChanged,
    FiguresDue,
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
    PasskeyAdded,
    PasskeyRemoved,
    PasswordChanged,
    PictureDiscarded,
    PostAdded,
    PostDeleted,
    PostEdited,
    PostHidden,
    PostRestored,
    ProfileEdited,
    RecoveryCodesRenewed,
    RecoveryCodeUsed,
    SecondStepTurnedOff,
    SecondStepTurnedOn,
    StaffActTold,
    TagChanged,
    TagsChanged,
    TellingPaused,
    ThreadKindChanged,
    ThreadLocked,
    ThreadMoved,
    ThreadPinned,
    ThreadRetagged,
    ThreadSlowed,
    ThreadsMerged,
    ThreadSplit,
    ThreadsRefiled,
    ThreadStarted,
    ThreadUnlocked,
    ThreadUnpinned,
)
from community.feed import views as feed
from community.kernel.i18n import _l
from community.media import service as media
from community.media import upkeep as uploads
from community.media import views as pictures
from community.members import housekeeping
from community.members import views as members
from community.notifications import dev_views as dev_mail
from community.notifications import letters, mail, security_letters, tell
from community.notifications import service as notifications
from community.notifications import views as notices
from community.permissions import Can
from community.threads import acts as threads
from community.threads import (
    counts,
    departures,
    draft_places,
    draft_views,
    drafts,
    exports,
    figures,
    panels,
    readership,
    removal,
    staff_acts,
)

BLUEPRINTS = [
    brands.blueprint,
    members.blueprint,
    notices.blueprint,
    dev_mail.blueprint,
    feed.blueprint,
    admin.blueprint,
    pictures.blueprint,
    threads.blueprint,
    draft_views.blueprint,
]

CONTEXTS = [notices.unread_badge]
"""Functions () -> dict: what every template knows beside what `community` gives it."""

PANELS = {"profile": [panels.on_profile], "thread": []}
"""Functions (what the page is about, actor) -> HTML or None: fragments for a named place."""

PICTURES = media
"""What keeps, attaches and discards a picture for features below media: the avatar."""

EXPORTS = [
    ("posts", exports.posts_of_member),
    ("earlier versions of posts", exports.revisions_of_member),
    ("drafts", drafts.export),
    ("helpful votes", exports.votes_of_member),
    ("followed threads", exports.follows_of_member),
    ("what you did to threads as staff", staff_acts.export),
    ("pictures", media.export),
    ("notifications", notifications.export),
    ("changes by and about you as staff made them", log.export),
]
"""(name, function (member) -> list of dicts): what "download my data" holds, by feature."""

DRAFT_PLACES = {
    "new": draft_places.new_threads,
    "thread": draft_places.replies,
    "edit": draft_places.edits,
}
"""Word of a place: function (member, what places are about) -> `draft_places.Place` by that."""

ADMIN_PAGES = [
    AdminPage(_l("Today"), "admin.home", Can.ENTER_BACK_OFFICE, "chart"),
    AdminPage(
        _l("Removed posts"),
        "admin.removed",
        Can.ENTER_BACK_OFFICE,
        "trash",
        count=admin_queries.removed_lately,
        waiting=_l("Posts removed this week"),
    ),
    AdminPage(_l("Categories"), "admin.categories", Can.EDIT_CATEGORIES, "grid"),
    AdminPage(_l("Tags"), "admin.tags", Can.EDIT_TAGS, "tag"),
    AdminPage(_l("Members"), "admin.members", Can.FIND_MEMBERS, "users", section=Section.PEOPLE),
    AdminPage(
        _l("Appearance"), "admin.appearance", Can.EDIT_BRAND, "palette", section=Section.BRAND
    ),
    AdminPage(_l("Settings"), "admin.identity", Can.EDIT_BRAND, "gear", section=Section.BRAND),
    AdminPage(
        _l("What was changed"), "admin.changes", Can.EDIT_BRAND, "history", section=Section.SYSTEM
    ),
    AdminPage(
        _l("Deliveries"),
        "admin.deliveries",
        Can.ENTER_BACK_OFFICE,
        "inbox",
        count=admin_queries.parked_count,
        is_late=True,
        section=Section.SYSTEM,
    ),
]
"""Entries of the back office's menu, as `admin.pages.AdminPage`, in order."""

SUBSCRIPTIONS = {
    MemberJoined: [],
    MemberConfirmed: [],
    JoinedAgain: [letters.mail_joined_again],
    LinkRequested: [letters.mail_link],
    PasswordChanged: [letters.mail_password_changed],
    SecondStepTurnedOn: [security_letters.mail_security_changed],
    SecondStepTurnedOff: [security_letters.mail_security_changed],
    RecoveryCodesRenewed: [security_letters.mail_security_changed],
    RecoveryCodeUsed: [security_letters.mail_security_changed],
    PasskeyAdded: [security_letters.mail_security_changed],
    PasskeyRemoved: [security_letters.mail_security_changed],
    EmailChanged: [letters.mail_email_changed],
    MemberRenamed: [],
    ProfileEdited: [],
    MemberRoleChanged: [log.record],
    MemberSuspended: [letters.mail_suspended, log.record],
    MemberReinstated: [letters.mail_reinstated, log.record],
    MemberErased: [notifications.forget_member, departures.on_member_erased],
    ThreadStarted: [tell.of_new_thread],
    ThreadLocked: [],
    ThreadUnlocked: [],
    ThreadPinned: [],
    ThreadUnpinned: [],
    PostAdded: [tell.of_reply],
    PostEdited: [tell.of_edit],
    PostHidden: [],
    PostDeleted: [],
    PostRestored: [tell.of_restored],
    HelpfulVoteGiven: [],
    HelpfulVoteWithdrawn: [],
    ThreadMoved: [],
    ThreadsMerged: [],
    ThreadSplit: [],
    ThreadRetagged: [],
    ThreadKindChanged: [],
    ThreadSlowed: [],
    StaffActTold: [],
    ActUndone: [],
    BrandChanged: [log.record],
    CategoryAdded: [log.record],
    CategoryChanged: [log.record],
    CategoryRemoved: [log.record],
    ThreadsRefiled: [],
    TagChanged: [log.record],
    TagsChanged: [],
    DeliveryDiscarded: [log.record],
    PictureDiscarded: [media.on_picture_discarded],
    TellingPaused: [tell.of_the_rest],
    MailQueued: [mail.send_mail],
    FiguresDue: [figures.count_again],
    DayBegan: [
        housekeeping.let_go,
        notifications.forget_old,
        removal.on_day_began,
        drafts.on_day_began,
        readership.on_day_began,
        staff_acts.on_day_began,
        media.on_day_began,
    ],
}

CHECKS = [counts.check, uploads.check]
"""Functions (mends) -> portions: what `community doctor` counts again in each brand."""

TICKS = {DayBegan: "30 3 * * *", FiguresDue: "*/15 * * * *"}
