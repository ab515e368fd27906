"""What rules ask about an actor and a subject; never about the database."""

from community.kernel.db import now

EVERYONE, MEMBERS, STAFF, GROUP = "everyone", "members", "staff", "group"
BRAND, PEOPLE, TO_BRAND = "brand", "people", "to-brand"
MODERATORS = {"moderator", "manager", "owner"}
MANAGERS = {"manager", "owner"}
CERTIFIERS = MODERATORS | {"expert"}


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


# An answer is a reply in a question; whoever asked accepts it, whoever knows certifies it.


def asked_it(actor, post):
    return author(actor, post.thread)


def a_question(_actor, thread):
    return thread.kind == "question"


def answers_question(_actor, post):
    return post.thread.kind == "question" and post.number > 1


def certifier(actor, subject):
    """An expert, or staff on duty."""
    return _on_duty(actor, subject) and actor.role in CERTIFIERS


def sees_answer(actor, certification):
    return sees_post(actor, certification.post)


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
