"""What is mounted, and what follows from what. The composition root."""

import community.notifications.models
import community.polls.models  # noqa: F401
from community import events
from community.admin import log
from community.admin import queries as admin_queries
from community.admin import views as admin
from community.admin.pages import AdminPage, Section
from community.brands import views as brands
from community.feed import views as feed
from community.groups import queries as group_queries
from community.groups import service as groups
from community.groups import views as group_pages
from community.kernel.i18n import _l
from community.media import service as media
from community.media import upkeep as uploads
from community.media import views as pictures
from community.members import housekeeping
from community.members import views as members
from community.messages import draft_places as message_places
from community.messages import exports as message_exports
from community.messages import people as conversations
from community.messages import queries as message_queries
from community.messages import report_views, reports
from community.messages import views as messages
from community.notifications import dev_views as dev_mail
from community.notifications import (
    letters,
    mail,
    of_answers,
    of_groups,
    of_publishing,
    pwa_views,
    reminding,
    security_letters,
    tell,
    tidied,
)
from community.notifications import service as notifications
from community.notifications import views as notices
from community.permissions import Can
from community.polls import composer_forms as poll_forms
from community.polls import exports as poll_exports
from community.polls import moving as poll_moving
from community.polls import panels as poll_panels
from community.polls import service as polling
from community.polls import upkeep as poll_counts
from community.polls import views as polls
from community.qa import (
    certifying,
    help_panels,
    help_views,
    leaving,
    referrals,
    same_here,
    waiting,
)
from community.qa import panels as answers
from community.qa import views as qa
from community.scoring import follower as points_follower
from community.scoring import ledger, points_views, standing, standing_admin_views, standing_views
from community.search import indexer as search_index
from community.search import service as searching
from community.search import views as search
from community.threads import acts as threads
from community.threads import (
    bookmarks,
    copies,
    counted,
    counts,
    departures,
    draft_places,
    draft_views,
    drafts,
    exports,
    field_setup,
    field_views,
    fields,
    panels,
    private,
    private_views,
    readership,
    reading,
    reading_views,
    removal,
    staff_acts,
    staff_views,
)
from community.threads import pictures as seen_pictures

BLUEPRINTS = [
    brands.blueprint,
    members.blueprint,
    group_pages.blueprint,
    notices.blueprint,
    pwa_views.blueprint,
    dev_mail.blueprint,
    feed.blueprint,
    admin.blueprint,
    pictures.blueprint,
    threads.blueprint,
    reading_views.blueprint,
    staff_views.blueprint,
    draft_views.blueprint,
    field_views.blueprint,
    private_views.blueprint,
    search.blueprint,
    messages.blueprint,
    report_views.blueprint,
    polls.blueprint,
    qa.blueprint,
    help_views.blueprint,
    standing_admin_views.blueprint,
    points_views.blueprint,
]

WHEN_READ = [reminding.on_read]
"""Functions (member, thread, number): called when a member has read a thread up to a number."""

CONTEXTS = [notices.unread_badge]
"""Functions () -> dict: what every template knows beside what `community` gives it."""

PANELS = {
    "profile": [standing_views.on_profile, panels.on_profile],
    "thread": [poll_panels.on_thread],
    "question": [answers.on_question, help_panels.on_question],
    "answers": [answers.on_answers],
}
"""Functions (what the page is about, actor) -> HTML or None: fragments for a named place.

Those of a question are also given the posts of the page; "answers" gives HTML by post id.
"""

COMPOSER_PARTS = [poll_forms.PollPart]
"""What else the form of a new thread asks: made anew for each request, see `threads.acts.new`."""

PICTURES = media
"""What keeps, attaches and discards a picture for features below media: the avatar."""

SIGHT_OF_PICTURE = seen_pictures.sight_of
"""Function (upload, actor) -> "public", "private" or "none": who sees a picture."""

EXPORTS = [
    ("posts", exports.posts_of_member),
    ("earlier versions of posts", exports.revisions_of_member),
    ("drafts", drafts.export),
    ("helpful votes", exports.votes_of_member),
    ("followed threads", exports.follows_of_member),
    ("bookmarks", bookmarks.export),
    ("threads read", reading.export),
    ("details of threads", fields.export),
    ("consents to make threads public", private.export),
    ("groups", groups.export),
    ("what you did to threads as staff", staff_acts.export),
    ("pictures", media.export),
    ("notifications", notifications.export),
    ("changes by and about you as staff made them", log.export),
    ("conversations", message_exports.conversations_of_member),
    ("blocked members", message_exports.blocks_of_member),
    ("reported messages", message_exports.reports_of_member),
    ("votes in polls", poll_exports.ballots_of_member),
    ("rank, badges, missions and influence", standing.export),
    ("points", ledger.export),
    ("certified answers", certifying.export),
    ("questions you have too, and what you passed to support", leaving.export),
]
"""(name, function (member) -> list of dicts): what "download my data" holds, by feature."""

DRAFT_PLACES = {
    "new": draft_places.new_threads,
    "thread": draft_places.replies,
    "edit": draft_places.edits,
    "message": message_places.messages,
}
"""Word of a place: function (member, what places are about) -> `draft_places.Place` by that."""

ONE_PER_THREAD = [poll_moving.SINGLE]
"""What a thread has one of, as `threads.single.Single`: how it goes along in a merge."""

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
    AdminPage(
        _l("Certified answers"),
        "qa.admin_certifications",
        Can.ENTER_BACK_OFFICE,
        "seal",
        count=certifying.due_count,
        waiting=_l("Certified answers to look at again"),
    ),
    AdminPage(
        _l("Passed to support"),
        "help.admin_referrals",
        Can.HANDLE_REFERRALS,
        "inbox",
        count=referrals.waiting_count,
        waiting=_l("Questions passed to support"),
    ),
    AdminPage(_l("Changes to threads"), "staff.admin_acts", Can.TIDY_THREADS, "sort"),
    AdminPage(_l("Categories"), "admin.categories", Can.EDIT_CATEGORIES, "grid"),
    AdminPage(_l("Content gaps"), "admin.gaps", Can.ENTER_BACK_OFFICE, "search"),
    AdminPage(_l("Tags"), "admin.tags", Can.EDIT_TAGS, "tag"),
    AdminPage(_l("Members"), "admin.members", Can.FIND_MEMBERS, "users", section=Section.PEOPLE),
    AdminPage(
        _l("Groups"),
        "groups.admin_index",
        Can.EDIT_GROUPS,
        "crown",
        count=group_queries.waiting_count,
        section=Section.PEOPLE,
        waiting=_l("Requests to join groups"),
    ),
    AdminPage(
        _l("Ranks"), "standing.admin_ranks", Can.EDIT_STANDING, "crown", section=Section.PEOPLE
    ),
    AdminPage(
        _l("Badges and missions"),
        "standing.admin_badges",
        Can.EDIT_STANDING,
        "trophy",
        section=Section.PEOPLE,
    ),
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
    AdminPage(
        _l("Reported messages"),
        "reports.admin_reports",
        Can.ENTER_BACK_OFFICE,
        "flag",
        count=message_queries.reports_waiting,
    ),
    AdminPage(
        _l("Messages to the brand"),
        "reports.admin_inbox",
        Can.WRITE_FOR_BRAND,
        "mail",
        count=message_queries.waiting_count,
    ),
]
"""Entries of the back office's menu, as `admin.pages.AdminPage`, in order."""

SUBSCRIPTIONS = {
    events.MemberJoined: [],
    events.MemberConfirmed: [],
    events.JoinedAgain: [letters.mail_joined_again],
    events.LinkRequested: [letters.mail_link],
    events.PasswordChanged: [letters.mail_password_changed],
    events.SecondStepTurnedOn: [security_letters.mail_security_changed],
    events.SecondStepTurnedOff: [security_letters.mail_security_changed],
    events.RecoveryCodesRenewed: [security_letters.mail_security_changed],
    events.RecoveryCodeUsed: [security_letters.mail_security_changed],
    events.PasskeyAdded: [security_letters.mail_security_changed],
    events.PasskeyRemoved: [security_letters.mail_security_changed],
    events.EmailChanged: [letters.mail_email_changed],
    events.MemberRenamed: [],
    events.ProfileEdited: [],
    events.MemberRoleChanged: [log.record, standing.on_role_or_suspension],
    events.MemberSuspended: [letters.mail_suspended, log.record, standing.on_role_or_suspension],
    events.MemberReinstated: [letters.mail_reinstated, log.record, standing.on_role_or_suspension],
    events.MemberErased: [
        notifications.forget_member,
        departures.on_member_erased,
        conversations.on_member_erased,
        fields.forget_member,
        groups.forget_member,
        polling.on_member_erased,
        ledger.forget_member,
        certifying.forget_member,
        leaving.on_member_erased,
        standing.forget_member,
    ],
    events.ThreadStarted: [tell.of_new_thread],
    events.ThreadLocked: [],
    events.ThreadUnlocked: [],
    events.ThreadPinned: [],
    events.ThreadUnpinned: [],
    events.FactsChanged: [],
    events.PublicationAsked: [of_publishing.of_asking],
    events.PublicationRefused: [of_publishing.of_refusing],
    events.ThreadMadePublic: [of_publishing.of_publishing],
    events.PostAdded: [tell.of_reply, standing.on_post],
    events.PostEdited: [tell.of_edit, certifying.on_post_edited],
    events.PostHidden: [certifying.on_post_removed],
    events.PostDeleted: [certifying.on_post_removed],
    events.PostRestored: [tell.of_restored],
    events.RevisionHidden: [],
    events.ReminderSet: [reminding.of_reminder],
    events.HelpfulVoteGiven: [standing.on_vote],
    events.HelpfulVoteWithdrawn: [standing.on_vote],
    events.ThreadMoved: [],
    events.ThreadsMerged: [],
    events.ThreadSplit: [],
    events.ThreadRetagged: [],
    events.ThreadKindChanged: [],
    events.ThreadSlowed: [],
    events.StaffActTold: [tidied.of_act],
    events.ActUndone: [tidied.of_undone],
    events.PersonAdded: [],
    events.PersonLeft: [],
    events.ConversationRead: [notifications.on_conversation_read],
    events.MessageReported: [],
    events.ReportDecided: [],
    events.GroupAdded: [],
    events.GroupChanged: [],
    events.GroupRemoved: [],
    events.GroupAsked: [of_groups.of_asking],
    events.GroupDeclined: [of_groups.of_declining],
    events.GroupJoined: [of_groups.of_joining],
    events.GroupLeft: [],
    events.GroupOwnersChanged: [],
    events.FieldChanged: [field_setup.on_field_changed],
    events.PollOpened: [],
    events.PollChanged: [],
    events.PollVoted: [],
    events.PollClosed: [tell.of_poll_closed],
    events.PollRemoved: [],
    events.PollsDue: [polling.close_due],
    events.BrandChanged: [log.record],
    events.CategoryAdded: [log.record],
    events.CategoryChanged: [log.record],
    events.CategoryRemoved: [log.record],
    events.ThreadsImported: [],
    events.ThreadsRefiled: [],
    events.SimilarAnswered: [],
    events.TagChanged: [log.record],
    events.TagsChanged: [],
    events.DeliveryDiscarded: [log.record],
    events.PictureDiscarded: [media.on_picture_discarded],
    events.TellingPaused: [tell.of_the_rest],
    events.MailQueued: [mail.send_mail],
    events.AnswerAccepted: [of_answers.of_accepted, standing.on_accepted],
    events.AnswerNoLongerAccepted: [of_answers.of_no_longer_accepted, standing.on_accepted],
    events.AnswerCertified: [of_answers.of_certified],
    events.CertificationLifted: [of_answers.of_lifted],
    events.CertificationRenewed: [],
    events.CertificationDue: [of_answers.of_due],
    events.SameHereGiven: [],
    events.SameHereWithdrawn: [],
    events.SolutionRated: [],
    events.PassedToSupport: [],
    events.AnswerReminded: [of_answers.of_reminder],
    events.QuestionWaiting: [of_answers.of_waiting],
    events.AnswersDue: [certifying.on_due, waiting.on_answers_due],
    events.PointsCounted: [standing.on_points],
    events.RankReached: [],
    events.BadgeEarned: [],
    events.BadgeRevoked: [],
    events.BadgesAsked: [standing.on_badges_asked],
    events.LadderChanged: [standing.on_ladder_changed],
    events.MissionDone: [],
    events.SeasonClosed: [],
    events.StandingDue: [standing.on_standing_due],
    events.FiguresDue: [counted.count_again],
    events.DayBegan: [
        housekeeping.let_go,
        notifications.forget_old,
        removal.on_day_began,
        drafts.on_day_began,
        readership.on_day_began,
        reading.on_day_began,
        staff_acts.on_day_began,
        media.on_day_began,
        searching.on_day_began,
        conversations.on_day_began,
        reports.on_day_began,
        standing.on_day_began,
    ],
}

CHECKS = [
    counts.check,
    copies.check,
    poll_counts.check,
    ledger.check,
    uploads.check,
    same_here.check,
]
"""Functions (mends) -> portions: what `community doctor` counts again in each brand."""

TICKS = {
    events.DayBegan: "30 3 * * *",
    events.PollsDue: "*/5 * * * *",
    events.AnswersDue: "*/10 * * * *",
    events.StandingDue: "*/15 * * * *",
    events.FiguresDue: "*/15 * * * *",
}

FOLLOWERS = [search_index.Follower, points_follower.Follower]
"""What follows the log of events beside the worker: made once for each worker, then called
again and again, in a thread of its own; returns how much was done."""
