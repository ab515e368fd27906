"""Who may do what. The whole answer is this page.

An action is allowed when every predicate of any one of its clauses holds. What each asks
is said in `community.predicates`.
"""

from enum import StrEnum

from community.kernel.formats import full
from community.kernel.i18n import _
from community.predicates import (
    a_question,
    among,
    answers_question,
    asked_it,
    asked_to_join,
    author,
    below_manager,
    certifier,
    for_the_brand_alone,
    group_on_request,
    impartial,
    in_conversation,
    in_group,
    in_open_poll,
    in_open_thread,
    in_private,
    known_voters,
    manager,
    may_reply_there,
    may_start_there,
    member,
    members_reply_there,
    moderator,
    newly_joined,
    not_author,
    not_erased,
    of_forum,
    oneself,
    open_group,
    open_thread,
    outside_group,
    owner,
    owns_group,
    plain_member,
    post_of_forum,
    private_post,
    public_profile,
    recipient,
    removed_by_author,
    reply_or_unanswered,
    sees_answer,
    sees_category,
    sees_group,
    sees_poll,
    sees_post,
    sees_thread,
    shown_post,
    shown_thread,
    signed_in,
    someone_else,
    visitor,
    waits_for_nothing,
    within_edit_window,
)


class Can(StrEnum):
    JOIN = "member:join"
    SEE_PROFILE = "member:see"
    SEE_POINTS = "member:points"
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
    SAY_SAME_HERE = "thread:same-here"
    RATE_SOLUTION = "thread:solved"
    PASS_TO_SUPPORT = "thread:support"
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
    ACCEPT_ANSWER = "answer:accept"
    CERTIFY_ANSWER = "answer:certify"
    LIFT_CERTIFICATION = "certification:lift"
    DOUBT_CERTIFICATION = "certification:doubt"
    READ_NOTIFICATION = "notification:read"
    READ_NOTIFICATIONS = "notifications:read"
    SEE_GROUP = "group:see"
    JOIN_GROUP = "group:join"
    ASK_GROUP = "group:ask"
    LEAVE_GROUP = "group:leave"
    MANAGE_GROUP = "group:manage"
    HANDLE_REFERRALS = "admin:referrals"
    ENTER_BACK_OFFICE = "admin:enter"
    REPLAY_DELIVERY = "admin:replay"
    EDIT_GROUPS = "admin:groups"
    EDIT_CATEGORIES = "admin:categories"
    EDIT_TAGS = "admin:tags"
    FIND_MEMBERS = "admin:members"
    WRITE_NOTE = "member:note"
    REMOVE_NOTE = "note:remove"
    EDIT_BRAND = "admin:brand"
    EDIT_STANDING = "admin:standing"
    REVOKE_BADGE = "badge:revoke"
    CHOOSE_LISTING = "standing:listing"


RULES = {
    Can.JOIN: [[visitor]],
    Can.SEE_PROFILE: [[not_erased, public_profile], [not_erased, oneself], [moderator]],
    Can.SEE_POINTS: [[oneself, not_erased], [moderator, not_erased]],
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
    Can.SAY_SAME_HERE: [[member, a_question, sees_thread, shown_thread, not_author]],
    Can.RATE_SOLUTION: [[a_question, sees_thread, shown_thread, not_author]],
    Can.PASS_TO_SUPPORT: [[member, a_question, sees_thread, shown_thread]],
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
    Can.ACCEPT_ANSWER: [[member, asked_it, sees_post, shown_post, answers_question]],
    Can.CERTIFY_ANSWER: [[certifier, sees_post, shown_post, answers_question, not_author]],
    Can.LIFT_CERTIFICATION: [[certifier, sees_answer]],
    Can.DOUBT_CERTIFICATION: [[member, sees_answer, not_author]],
    Can.READ_NOTIFICATION: [[recipient]],
    Can.READ_NOTIFICATIONS: [[signed_in]],
    Can.SEE_GROUP: [[sees_group]],
    Can.JOIN_GROUP: [[member, sees_group, outside_group, open_group]],
    Can.ASK_GROUP: [[member, sees_group, outside_group, waits_for_nothing, group_on_request]],
    Can.LEAVE_GROUP: [[signed_in, in_group], [signed_in, asked_to_join]],
    Can.MANAGE_GROUP: [[member, owns_group], [moderator]],
    Can.HANDLE_REFERRALS: [[moderator]],
    Can.ENTER_BACK_OFFICE: [[moderator]],
    Can.REPLAY_DELIVERY: [[manager]],
    Can.EDIT_GROUPS: [[manager]],
    Can.EDIT_CATEGORIES: [[manager]],
    Can.EDIT_TAGS: [[moderator]],
    Can.FIND_MEMBERS: [[moderator]],
    Can.WRITE_NOTE: [[moderator, not_erased, someone_else]],
    Can.REMOVE_NOTE: [[moderator, author], [manager]],
    Can.EDIT_BRAND: [[manager]],
    Can.EDIT_STANDING: [[manager]],
    Can.REVOKE_BADGE: [[moderator]],
    Can.CHOOSE_LISTING: [[recipient]],
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
    if actor.edit_window.days > 30:  # a rank opens it
        return _("You can change a post for 90 days: this one until %(end)s.", end=ended)
    return _("A post can be changed for 30 days: this one until %(end)s.", end=ended)


def _is_of_staff(action):
    return any(role in clause for clause in RULES[action] for role in (moderator, manager, owner))


def _default_reason():
    return _("You may not do this.")


_REASONS = {
    Can.VOTE_IN_POLL: lambda: _("This discussion is closed, and its poll with it."),
    Can.READ_REPORT: lambda: _("This report is about you or by you, so somebody else decides."),
    Can.DECIDE_REPORT: lambda: _("This report is about you or by you, so somebody else decides."),
    Can.ACCEPT_ANSWER: lambda: _("Only whoever asked says which reply answered the question."),
    Can.CERTIFY_ANSWER: lambda: _("Experts and the team certify answers of others."),
    Can.SAY_SAME_HERE: lambda: _("This is your own question, or it is closed to readers."),
    Can.REPLY: lambda: _("This discussion is closed to new replies."),
    Can.START_THREAD: lambda: _("You may not start a discussion in this category."),
    Can.VOTE_HELPFUL: lambda: _("You cannot vote for your own post."),
    Can.EDIT_POST: lambda: _("This post can no longer be edited."),
    Can.JOIN_GROUP: lambda: _("You are in this group already, or it is not an open one."),
    Can.ASK_GROUP: lambda: _("You have asked to join this group, or it takes no requests."),
    Can.PUBLISH_THREAD: lambda: _("Only its author can make this discussion public."),
    Can.DELETE_POST: lambda: _("This post has replies, so only moderators can remove it."),
}
