"""Conversations over HTTP."""

import re

from flask import Blueprint, request, url_for

from community.kernel import web
from community.kernel.errors import Invalid, Missing
from community.kernel.i18n import _
from community.kernel.policy import can, require
from community.members import queries as members
from community.messages import people, queries, reports, service
from community.messages.forms import (
    ConversationForm,
    MessageForm,
    PersonForm,
    ReportForm,
    TeamForm,
)
from community.messages.models import Wrong
from community.permissions import Can
from community.predicates import PEOPLE
from community.threads import drafts, reach, standing
from community.threads.acts import POSTS_PER_MEMBER, POSTS_PER_NETWORK
from community.threads.composer_views import Again
from community.threads.queries import PER_PAGE, is_following, posts_page
from community.threads.views import address_of, page_number, quote_of, with_quote

blueprint = Blueprint("messages", __name__)

ACTS_PER_MEMBER = "60/minute"
REPORTS_PER_MEMBER = "20/day"
_NAMES = re.compile(r"[\s,;@]+")


@blueprint.before_request
def _switched_on():
    service.check_on()


# -- Reading ---------------------------------------------------------------


@blueprint.get("/messages/")
def index():
    """The conversations the member is in; for staff on duty, those with the brand too."""
    actor = web.actor()
    require(actor, Can.READ_NOTIFICATIONS)
    box = request.args.get("box", "mine")
    if box not in {"mine", "brand", "waiting"}:
        raise Missing(_("There is nothing at this address."))
    number = page_number()
    if box == "mine":
        found = queries.inbox(actor, number)
    else:
        found = queries.brand_inbox(actor, number, only_waiting=box == "waiting")
    return web.page(
        "messages/index.html",
        found=found,
        box=box,
        waiting=queries.waiting_count() if can(actor, Can.WRITE_FOR_BRAND) else 0,
    )


@blueprint.get("/messages/<int:thread_id>")
def show(thread_id):
    """A conversation, where it ends; `?page=` leads further back, `?post=<id>` to a message."""
    actor = web.actor()
    thread = _conversation(actor, thread_id)
    if wanted := request.args.get("post", type=int):
        return web.done(_address_of(actor, thread, wanted))
    return _page(actor, thread, PersonForm())


def _conversation(actor, thread_id):
    require(actor, Can.READ_NOTIFICATIONS)  # a stranger is asked to sign in
    return queries.conversation_or_missing(actor, thread_id)


def _page(actor, thread, person: PersonForm):
    """The page of a conversation; `person` is the form that brings somebody in."""
    status = 422 if person.errors else 200
    form, shown = _begun_form(actor, thread), _shown(actor, thread)
    return web.page(
        "messages/show.html", status=status, form=form, person=person, preview=None, **shown
    )


def _again(actor, thread, form: MessageForm) -> Again:
    """The page of a conversation around a message that was sent."""
    place, shown = f"message:{thread.id}", _shown(actor, thread)
    return Again("messages/show.html", form, place=place, person=PersonForm(), **shown)


def _shown(actor, thread) -> dict:
    """What the page of a conversation needs beside its forms."""
    last = (thread.next_number - 2) // PER_PAGE + 1
    posts = posts_page(actor, thread, page=page_number() if "page" in request.args else last)
    return {
        "thread": thread,
        "posts": posts,
        "seat": service.place_of(thread, actor),
        "others": queries.others_in(actor, thread),
        "newest": max((post.number for post in posts.items), default=0),
        "is_told": is_following(actor, thread),
    }


def _begun_form(actor, thread) -> MessageForm | None:
    """An empty composer, or one with the draft of its place, and the quote asked for below it."""
    if not can(actor, Can.REPLY, thread):
        return None
    form = MessageForm()
    if draft := drafts.at(actor, f"message:{thread.id}"):
        form.take_up(draft)
    if quoted := request.args.get("quote", type=int):
        post = reach.post_or_missing(actor, quoted)
        if post.thread_id == thread.id and post.is_visible:
            form.body.data = with_quote(form.body.data or "", quote_of(post))
    return form


def _address_of(actor, thread, post_id):
    try:
        post = reach.post_or_missing(actor, post_id)
    except Missing:
        post = None
    if post is None or post.thread_id != thread.id:
        return url_for(".show", thread_id=thread.id)
    return address_of(post)


# -- Writing ---------------------------------------------------------------


@blueprint.route("/messages/new", methods=["GET", "POST"])
def new():
    """Start a conversation: `?to=` names with whom, `?brand=1` makes it one with the brand."""
    actor = web.actor()
    require(actor, Can.START_CONVERSATION)
    is_to_brand = "brand" in request.args
    named = request.args.get("to", "")
    form = TeamForm() if is_to_brand else ConversationForm(people=named)
    place = "message:brand" if is_to_brand else "message:new"
    again = Again("messages/new.html", form, place=place, is_to_brand=is_to_brand)
    if request.method == "GET":
        return again.begin(actor, is_given=bool(named))
    again.take_pictures(actor)
    if again.wants_preview():
        return again.preview()
    if again.wants_draft():
        return again.keep_draft(actor)
    if form.validate_on_submit():
        _count_message()
        try:
            thread = _started(actor, form)
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            again.sent(actor)
            return web.done(url_for(".show", thread_id=thread.id), _("Your message is sent."))
    return again.page()


def _started(actor, form):
    said = {
        "subject": form.subject.data,
        "body": form.body.data,
        "submission": form.submission.data,
    }
    if isinstance(form, TeamForm):
        return service.write_to_brand(actor, **said)
    named = _people_named(form.people.data)
    if form.for_brand.data and can(actor, Can.WRITE_FOR_BRAND):
        return service.write_for_brand(actor, named, **said)
    return service.start(actor, named, **said)


def _people_named(line: str) -> list:
    """Whom a line of user names means; Invalid for a name nobody has."""
    names = [name for name in _NAMES.split(line) if name]
    if len(names) > service.PEOPLE_MAX:
        limit = service.PEOPLE_MAX
        raise Invalid(_("A conversation has %(limit)s people at most.", limit=limit), "people")
    found = []
    for name in names:
        member, _is_former = members.by_username(name)
        if member is None or member.is_erased:
            raise Invalid(_("There is no member called “%(name)s”.", name=name), "people")
        found.append(member)
    return found


@blueprint.post("/messages/<int:thread_id>/reply")
def reply(thread_id):
    """Add a message. A refused one comes back on the page of its conversation."""
    actor = web.actor()
    thread = _conversation(actor, thread_id)
    require(actor, Can.REPLY, thread)
    form = MessageForm()
    again = _again(actor, thread, form)
    again.take_pictures(actor)
    if again.wants_preview():
        return again.preview()
    if again.wants_draft():
        return again.keep_draft(actor)
    if form.validate_on_submit():
        _count_message()
        try:
            post = service.reply(
                actor, thread, body=form.body.data, submission=form.submission.data
            )
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            again.sent(actor)
            return web.done(address_of(post), _("Your message is sent."))
    return again.page()


def _count_message():
    for rate in POSTS_PER_MEMBER:
        web.count("post", per_member=rate)
    web.count("post", per_network=POSTS_PER_NETWORK)


# -- People ----------------------------------------------------------------


@blueprint.post("/messages/<int:thread_id>/read")
@web.limited("message", per_member=ACTS_PER_MEMBER)
def read(thread_id):
    """Note what the member has seen: sent by script at once, by a button without it."""
    actor = web.actor()
    thread = _conversation(actor, thread_id)
    up_to = min(request.form.get("up_to", 0, type=int), web.LARGEST_ID)
    people.mark_read(actor, thread, up_to=up_to)
    return web.answer(url_for(".index"), "messages/_read.html")


@blueprint.post("/messages/<int:thread_id>/add")
@web.limited("message", per_member=ACTS_PER_MEMBER)
def add(thread_id):
    """Bring somebody in."""
    actor = web.actor()
    thread = _conversation(actor, thread_id)
    require(actor, Can.ADD_TO_CONVERSATION, thread)
    form = PersonForm()
    if form.validate_on_submit():
        try:
            [member] = _people_named(form.people.data)[:1] or [None]
            if member is None:
                raise Invalid(_("Write the user name of somebody."), "people")
            told = people.add(actor, thread, member)
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return web.done(address_of(told), _("%(name)s is in now.", name=member.name))
    return _page(actor, thread, form)


@blueprint.route("/messages/<int:thread_id>/leave", methods=["GET", "POST"])
@web.limited("message", per_member=ACTS_PER_MEMBER)
def leave(thread_id):
    """Ask whether it is meant, then leave a conversation."""
    actor = web.actor()
    thread = _conversation(actor, thread_id)
    require(actor, Can.LEAVE_CONVERSATION, thread)
    if request.method == "GET":
        others = queries.others_in(actor, thread)
        return web.page("messages/leave.html", thread=thread, others=others)
    people.leave(actor, thread)
    return web.done(url_for(".index"), _("You have left the conversation."))


@blueprint.post("/messages/<int:thread_id>/<any(mute, unmute):act>")
@web.limited("message", per_member=ACTS_PER_MEMBER)
def tell(thread_id, act):
    """Be told of new messages, or no more."""
    actor = web.actor()
    thread = _conversation(actor, thread_id)
    if act == "mute":
        standing.unfollow(actor, thread)
        said = _("You will not be told of new messages here. They wait in your inbox.")
    else:
        standing.follow(actor, thread)
        said = _("We will tell you of new messages here.")
    return web.done(url_for(".show", thread_id=thread.id), said)


@blueprint.get("/messages/blocked")
def blocked():
    """Whom the member has blocked."""
    actor = web.actor()
    require(actor, Can.READ_NOTIFICATIONS)
    return web.page("messages/blocked.html", blocks=queries.blocked_by(actor))


@blueprint.post("/m/<username>/<any(block, unblock):act>")
@web.limited("message", per_member=ACTS_PER_MEMBER)
def stop(username, act):
    """Take no messages from a member any more, or take them again."""
    actor = web.actor()
    member, _is_former = members.by_username(username)
    if member is None or member.is_erased:
        raise Missing(_("There is no member of this name."))
    back = web.local_path(request.form.get("next"), url_for(".blocked"))
    if act == "block":
        people.block(actor, member)
        said = _("%(name)s cannot write to you any more.", name=member.name)
    else:
        people.unblock(actor, member)
        said = _("%(name)s can write to you again.", name=member.name)
    return web.done(back, said)


# -- Reporting -------------------------------------------------------------


@blueprint.route("/messages/report/<int:post_id>", methods=["GET", "POST"])
@web.limited("report", per_member=REPORTS_PER_MEMBER)
def report(post_id):
    """Show a message to the brand's team, with what is wrong with it."""
    actor = web.actor()
    require(actor, Can.READ_NOTIFICATIONS)
    post = reach.post_or_missing(actor, post_id)
    if post.thread.access != PEOPLE:
        raise Missing(_("There is no such post."))
    require(actor, Can.REPORT_MESSAGE, post)
    form = ReportForm()
    if form.validate_on_submit():
        try:
            wrong = Wrong(form.wrong.data)
            reports.report(actor, post, wrong=wrong, words=form.words.data or "")
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            said = _("Thank you. The team reads it, and tells you what it decides.")
            return web.done(address_of(post), said)
    return web.form_page("messages/report.html", form, post=post)
