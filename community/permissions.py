"""Who may do what. The whole answer is this page.

An action is allowed when every predicate of any one of its clauses holds.
Predicates ask about the actor and the subject, never about the database.
"""

from enum import StrEnum

from community.kernel.db import now
from community.kernel.formats import full
from community.kernel.i18n import _

EVERYONE, MEMBERS, STAFF, GROUP = "everyone", "members", "staff", "group"
BRAND, PEOPLE, TO_BRAND = "brand", "people", "to-brand"
MODERATORS = {"moderator", "manager", "owner"}
MANAGERS = {"manager", "owner"}


def visitor(actor, _subject):
    return not actor.is_authenticated


def signed_in(actor, _subject):
    return actor.is_authenticated


def member(actor, _subject):
    """Signed in, address confirmed, not suspended: may take part."""
    return actor.is_authenticated and actor.is_confirmed and not actor.is_suspended


def moderator(actor, subject):
    return _on_duty(actor, subject) and actor.role in MODERATORS


def manager(actor, subject):
    return _on_duty(actor, subject) and actor.role in MANAGERS


def owner(actor, subject):
    return _on_duty(actor, subject) and actor.role == "owner"


def _on_duty(actor, subject):
    return member(actor, subject) and not actor.lacks_second_factor


def oneself(actor, subject):
    return actor.is_authenticated and subject is not None and subject.id == actor.id


def someone_else(actor, subject):
    return not oneself(actor, subject)


def author(actor, subject):
    return actor.is_authenticated and subject.author_id == actor.id


def not_author(actor, subject):
    return not author(actor, subject)


def not_erased(_actor, subject):
    return not subject.is_erased


def below_manager(_actor, subject):
    return subject.role not in MANAGERS


def plain_member(_actor, subject):
    return subject.role not in MODERATORS


def public_profile(_actor, subject):
    return subject.is_profile_public


def recipient(actor, subject):
    return actor.is_authenticated and subject.member_id == actor.id


# A category opens to an audience; a thread or post is as open as its category, or less.


def _audience_holds(actor, audience, category):
    if audience == EVERYONE:
        return True
    if audience == MEMBERS:
        return actor.is_authenticated and actor.is_confirmed
    if audience == GROUP and category.group_id in actor.group_ids:
        return True
    return actor.is_on_duty


def sees_category(actor, category):
    return _audience_holds(actor, category.visible_to, category)


def may_start_there(actor, category):
    return sees_category(actor, category) and _audience_holds(
        actor, category.who_may_start, category
    )


def sees_thread(actor, thread):
    if thread.access == PEOPLE:
        return in_conversation(actor, thread)
    if thread.access == BRAND and not (actor.is_on_duty or author(actor, thread)):
        return False
    return sees_category(actor, thread.category) and (
        thread.state == "visible" or actor.is_on_duty or author(actor, thread)
    )


def among(actor, thread):
    return actor.is_authenticated and thread.is_among(actor.id)


def in_conversation(actor, thread):
    """Takes part, or is of the team with which a conversation with the brand is."""
    return among(actor, thread) or (thread.kind == TO_BRAND and actor.is_on_duty)


def in_private(_actor, thread):
    return thread.access == PEOPLE


def for_the_brand_alone(_actor, thread):
    return thread.access == BRAND


def of_forum(_actor, thread):
    return thread.access != PEOPLE


def shown_thread(_actor, thread):
    return thread.state == "visible"


def may_reply_there(actor, thread):
    if thread.access == PEOPLE:
        return in_conversation(actor, thread)
    if thread.access == BRAND:
        return True  # whoever sees it takes part in it
    return _audience_holds(actor, thread.category.who_may_reply, thread.category)


def newly_joined(actor, _subject):
    """Signed in and still to confirm the address: may write, and send it afterwards."""
    return actor.is_authenticated and not actor.is_confirmed and not actor.is_suspended


def members_reply_there(_actor, thread):
    return thread.access == "open" and thread.category.who_may_reply in {EVERYONE, MEMBERS}


def open_thread(_actor, thread):
    return not thread.is_locked


def sees_post(actor, post):
    """Staff on duty sees removed posts, except what somebody took back in private."""
    return sees_thread(actor, post.thread) and (
        post.state == "visible"
        or author(actor, post)
        or (actor.is_on_duty and of_forum(actor, post.thread))
    )


def shown_post(_actor, post):
    return post.state == "visible" and post.thread.state == "visible"


def post_of_forum(actor, post):
    return of_forum(actor, post.thread)


def private_post(actor, post):
    return in_private(actor, post.thread)


def in_open_thread(actor, post):
    return open_thread(actor, post.thread)


def within_edit_window(actor, post):
    return now() - post.created_at < actor.edit_window


def removed_by_author(_actor, post):
    return post.state == "deleted" and post.removed_by_id == post.author_id


def reply_or_unanswered(_actor, post):
    """The author may withdraw a reply always, an opening post only while nobody answered.

    In private what was written first stands for itself: the others keep what they wrote.
    """
    return post.number > 1 or post.thread.posts_count <= 1 or post.thread.access == PEOPLE


# A poll hangs on a thread; a report is about a private message.


def sees_poll(actor, poll):
    return sees_thread(actor, poll.thread) and shown_thread(actor, poll.thread)


def in_open_poll(actor, poll):
    return open_thread(actor, poll.thread)


def known_voters(_actor, poll):
    return not poll.is_secret


def impartial(actor, report):
    """Neither wrote the message nor reported it."""
    return actor.id not in {report.author_id, report.reporter_id}


# A group is known to members, a hidden one to those in it; owners and staff look after it.


def sees_group(actor, group):
    if not actor.is_authenticated:
        return False
    return not group.is_hidden or actor.is_on_duty or group.id in actor.group_ids


def in_group(actor, group):
    return group.id in actor.group_ids


def outside_group(actor, group):
    return group.id not in actor.group_ids


def asked_to_join(actor, group):
    return group.id in actor.asked_group_ids


def waits_for_nothing(actor, group):
    return group.id not in actor.asked_group_ids


def owns_group(actor, group):
    return group.id in actor.owned_group_ids


def open_group(_actor, group):
    return group.joining == "open"


def group_on_request(_actor, group):
    return group.joining == "on-request"


class Can(StrEnum):
    JOIN = "member:join"
    SEE_PROFILE = "member:see"
    EDIT_PROFILE = "member:edit"
    MANAGE_ACCOUNT = "member:account"
    RENAME_MEMBER = "member:rename"
    ERASE_MEMBER = "member:erase"
    SUSPEND_MEMBER = "member:suspend"
    CHANGE_ROLE = "member:role"
    RESET_SECOND_FACTOR = "member:second-factor"
    UPLOAD = "media:upload"
    SEE_CATEGORY = "category:see"
    START_THREAD = "thread:start"
    SEE_THREAD = "thread:see"
    REPLY = "thread:reply"
    BEGIN_REPLY = "thread:begin-reply"
    KEEP_DRAFTS = "member:drafts"
    FOLLOW_THREAD = "thread:follow"
    MARK_READ = "thread:read"
    CATCH_UP = "threads:read"
    START_CONVERSATION = "conversation:start"
    WRITE_FOR_BRAND = "conversation:for-brand"
    ADD_TO_CONVERSATION = "thread:add"
    LEAVE_CONVERSATION = "thread:leave"
    BLOCK_MEMBER = "member:block"
    REPORT_MESSAGE = "post:report"
    READ_REPORT = "report:read"
    DECIDE_REPORT = "report:decide"
    OPEN_POLL = "thread:poll"
    VOTE_IN_POLL = "poll:vote"
    SEE_VOTERS = "poll:read"
    MANAGE_POLL = "poll:manage"
    CORRECT_POLL = "poll:correct"
    LOCK_THREAD = "thread:lock"
    PIN_THREAD = "thread:pin"
    TIDY_THREAD = "thread:tidy"
    TIDY_THREADS = "threads:tidy"
    SEE_PRIVATE_FACTS = "thread:private-facts:see"
    EDIT_FACTS = "thread:facts"
    ASK_TO_PUBLISH = "thread:ask-to-publish"
    PUBLISH_THREAD = "thread:publish"
    SEE_POST = "post:see"
    EDIT_POST = "post:edit"
    SEE_REVISIONS = "post:revisions"
    BOOKMARK_POST = "post:bookmark"
    EDIT_BOOKMARK = "bookmark:edit"
    DELETE_POST = "post:delete"
    HIDE_POST = "post:hide"
    RESTORE_POST = "post:restore"
    VOTE_HELPFUL = "post:helpful"
    READ_NOTIFICATION = "notification:read"
    READ_NOTIFICATIONS = "notifications:read"
    SEE_GROUP = "group:see"
    JOIN_GROUP = "group:join"
    ASK_GROUP = "group:ask"
    LEAVE_GROUP = "group:leave"
    MANAGE_GROUP = "group:manage"
    ENTER_BACK_OFFICE = "admin:enter"
    REPLAY_DELIVERY = "admin:replay"
    EDIT_GROUPS = "admin:groups"
    EDIT_CATEGORIES = "admin:categories"
    EDIT_TAGS = "admin:tags"
    FIND_MEMBERS = "admin:members"
    WRITE_NOTE = "member:note"
    REMOVE_NOTE = "note:remove"
    EDIT_BRAND = "admin:brand"


RULES = {
    Can.JOIN: [[visitor]],
    Can.SEE_PROFILE: [[not_erased, public_profile], [not_erased, oneself], [moderator]],
    Can.EDIT_PROFILE: [[member, oneself, not_erased]],
    Can.MANAGE_ACCOUNT: [[oneself, not_erased]],
    Can.RENAME_MEMBER: [[member, oneself, not_erased], [moderator, not_erased, plain_member]],
    Can.ERASE_MEMBER: [[oneself, not_erased], [owner, not_erased, below_manager]],
    Can.SUSPEND_MEMBER: [
        [moderator, someone_else, plain_member],
        [owner, someone_else, below_manager],
    ],
    Can.CHANGE_ROLE: [[owner, someone_else, not_erased]],
    Can.RESET_SECOND_FACTOR: [[owner, someone_else, not_erased]],
    Can.UPLOAD: [[member]],
    Can.SEE_CATEGORY: [[sees_category]],
    Can.START_THREAD: [[member, may_start_there]],
    Can.SEE_THREAD: [[sees_thread]],
    Can.REPLY: [
        [member, sees_thread, shown_thread, may_reply_there, open_thread],
        [moderator, sees_thread, shown_thread],
    ],
    Can.BEGIN_REPLY: [
        [newly_joined, sees_thread, shown_thread, members_reply_there, open_thread],
    ],
    Can.KEEP_DRAFTS: [[oneself]],
    Can.FOLLOW_THREAD: [[signed_in, sees_thread]],
    Can.MARK_READ: [[signed_in, sees_thread, of_forum]],
    Can.CATCH_UP: [[signed_in]],
    Can.START_CONVERSATION: [[member]],
    Can.WRITE_FOR_BRAND: [[moderator]],
    Can.ADD_TO_CONVERSATION: [[member, in_private, in_conversation, open_thread]],
    Can.LEAVE_CONVERSATION: [[among]],
    Can.BLOCK_MEMBER: [[signed_in, someone_else, not_erased]],
    Can.REPORT_MESSAGE: [[signed_in, private_post, sees_post, shown_post, not_author]],
    Can.READ_REPORT: [[moderator, impartial]],
    Can.DECIDE_REPORT: [[moderator, impartial]],
    Can.OPEN_POLL: [
        [member, author, sees_thread, shown_thread, of_forum, open_thread],
        [moderator, sees_thread, shown_thread, of_forum],
    ],
    Can.VOTE_IN_POLL: [[member, sees_poll, in_open_poll]],
    Can.SEE_VOTERS: [[signed_in, sees_poll, known_voters]],
    Can.MANAGE_POLL: [[member, author, sees_poll], [moderator, sees_poll]],
    Can.CORRECT_POLL: [[moderator, sees_poll]],
    Can.LOCK_THREAD: [[moderator, sees_thread, of_forum]],
    Can.PIN_THREAD: [[moderator, sees_thread, of_forum]],
    Can.TIDY_THREAD: [[moderator, sees_thread, of_forum]],
    Can.TIDY_THREADS: [[moderator]],
    Can.SEE_PRIVATE_FACTS: [[author, sees_thread], [moderator, sees_thread]],
    Can.EDIT_FACTS: [
        [member, author, sees_thread, shown_thread, open_thread, of_forum],
        [moderator, sees_thread, of_forum],
    ],
    Can.ASK_TO_PUBLISH: [
        [moderator, sees_thread, for_the_brand_alone, shown_thread, not_author],
    ],
    Can.PUBLISH_THREAD: [[member, author, sees_thread, for_the_brand_alone, shown_thread]],
    Can.SEE_POST: [[sees_post]],
    Can.EDIT_POST: [
        [member, author, sees_post, shown_post, in_open_thread, within_edit_window],
        [moderator, sees_post, post_of_forum],
    ],
    Can.BOOKMARK_POST: [[signed_in, sees_post]],
    Can.EDIT_BOOKMARK: [[recipient]],
    Can.SEE_REVISIONS: [[sees_post, shown_post], [moderator, sees_post, post_of_forum]],
    Can.DELETE_POST: [
        [member, author, sees_post, shown_post, reply_or_unanswered],
        [moderator, sees_post, post_of_forum],
    ],
    Can.HIDE_POST: [[moderator, sees_post, post_of_forum]],
    Can.RESTORE_POST: [
        [moderator, sees_post, post_of_forum],
        [member, author, sees_post, removed_by_author],
    ],
    Can.VOTE_HELPFUL: [[member, sees_post, shown_post, not_author, post_of_forum]],
    Can.READ_NOTIFICATION: [[recipient]],
    Can.READ_NOTIFICATIONS: [[signed_in]],
    Can.SEE_GROUP: [[sees_group]],
    Can.JOIN_GROUP: [[member, sees_group, outside_group, open_group]],
    Can.ASK_GROUP: [[member, sees_group, outside_group, waits_for_nothing, group_on_request]],
    Can.LEAVE_GROUP: [[signed_in, in_group], [signed_in, asked_to_join]],
    Can.MANAGE_GROUP: [[member, owns_group], [moderator]],
    Can.ENTER_BACK_OFFICE: [[moderator]],
    Can.REPLAY_DELIVERY: [[manager]],
    Can.EDIT_GROUPS: [[manager]],
    Can.EDIT_CATEGORIES: [[manager]],
    Can.EDIT_TAGS: [[moderator]],
    Can.FIND_MEMBERS: [[moderator]],
    Can.WRITE_NOTE: [[moderator, not_erased, someone_else]],
    Can.REMOVE_NOTE: [[moderator, author], [manager]],
    Can.EDIT_BRAND: [[manager]],
}


def explain(actor, action, subject=None):
    """Why not, in words for the actor."""
    if not actor.is_authenticated:
        return _("Sign in to do this.")
    if actor.is_suspended:
        return _("Your account is suspended, so you can read but not take part.")
    if not actor.is_confirmed:
        return _("Confirm your e-mail address first. We sent you a link.")
    if actor.lacks_second_factor and _is_of_staff(action):
        return _("Your role asks for a second step when signing in. Set it up in your settings.")
    if action == Can.EDIT_POST and subject is not None and author(actor, subject):
        return _why_no_edit(actor, subject)
    return _REASONS.get(action, _default_reason)()


def _why_no_edit(actor, post):
    if within_edit_window(actor, post):
        return _REASONS[Can.EDIT_POST]()
    ended = full(post.created_at + actor.edit_window)
    if actor.is_new:
        return _("New members change a post for 24 hours: this one until %(end)s.", end=ended)
    return _("A post can be changed for 30 days: this one until %(end)s.", end=ended)


def _is_of_staff(action):
    return any(role in clause for clause in RULES[action] for role in (moderator, manager, owner))


def _default_reason():
    return _("You may not do this.")


_REASONS = {
    Can.VOTE_IN_POLL: lambda: _("This discussion is closed, and its poll with it."),
    Can.READ_REPORT: lambda: _("This report is about you or by you, so somebody else decides."),
    Can.DECIDE_REPORT: lambda: _("This report is about you or by you, so somebody else decides."),
    Can.REPLY: lambda: _("This discussion is closed to new replies."),
    Can.START_THREAD: lambda: _("You may not start a discussion in this category."),
    Can.VOTE_HELPFUL: lambda: _("You cannot vote for your own post."),
    Can.EDIT_POST: lambda: _("This post can no longer be edited."),
    Can.JOIN_GROUP: lambda: _("You are in this group already, or it is not an open one."),
    Can.ASK_GROUP: lambda: _("You have asked to join this group, or it takes no requests."),
    Can.PUBLISH_THREAD: lambda: _("Only its author can make this discussion public."),
    Can.DELETE_POST: lambda: _("This post has replies, so only moderators can remove it."),
}
