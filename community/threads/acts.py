"""Acting: starting threads, replying, editing, voting, and what moderators do.

The routes join the blueprint of `views`. Text that is refused comes back in its
form; a form sent twice posts once.
"""

from flask import current_app, request, url_for

from community.kernel import web
from community.kernel.errors import Conflict, Forbidden, Invalid
from community.kernel.i18n import _
from community.kernel.policy import can, require
from community.permissions import Can, explain
from community.predicates import PEOPLE
from community.threads import (
    drafts,
    fields,
    private,
    queries,
    reach,
    removal,
    service,
    standing,
    votes,
)
from community.threads.composer_views import Again
from community.threads.field_forms import asking, given_in
from community.threads.forms import (
    DeletionForm,
    HidingForm,
    OpeningForm,
    PostForm,
    ReplyForm,
    ThreadForm,
    tags_of,
)
from community.threads.models import Access, Kind
from community.threads.views import address_of, blueprint

POSTS_PER_MEMBER = ("3/30 seconds", "15/10 minutes", "50/hour")
TRIES_PER_MEMBER = "30/minute"  # script sends what is refused twice, to show the answer
POSTS_PER_NETWORK = "60/10 minutes"
VOTES_PER_MEMBER = "60/minute"


# -- Writing ---------------------------------------------------------------


@blueprint.route("/new", methods=["GET", "POST"])
def new():
    """Start a thread; `?title=` and `?category=` begin the form, `?preview=1` shows it.

    `?fields=1` shows what the category chosen asks: alone for script, in the form without.
    """
    actor = web.actor()
    groups, kind = _open_categories(actor), _kind()
    place = f"new:{kind}"
    asked = _asked(actor, groups, place)
    given = {"title": request.args.get("title"), "category": request.args.get("category")}
    form = asking(ThreadForm, asked)(data={**given, "kind": kind.value})
    form.offer(groups)
    if not private.are_offered():
        del form.access
    parts = [part() for part in current_app.extensions["composer_parts"]]
    again = Again(
        "threads/new.html", form, place=place, groups=groups, asked=asked, kind=kind, parts=parts
    )
    if request.method == "GET":
        return again.begin(actor, is_given="title" in request.args)
    again.take_pictures(actor)
    if "fields" in request.args:
        return _with_fields(again, form, asked)
    if again.wants_preview():
        return again.preview()
    if again.wants_draft():
        return again.keep_draft(actor)
    are_right = [part.is_right() for part in parts]
    if form.validate_on_submit() and all(are_right):
        web.count("post-try", per_member=TRIES_PER_MEMBER)
        category = reach.category_or_missing(actor, form.category.data)
        try:
            thread = service.start_thread(
                actor,
                category,
                title=form.title.data,
                body=form.body.data,
                tags=tags_of(form.tags.data),
                kind=Kind(form.kind.data),
                access=Access(form.access.data) if form.access else Access.OPEN,
                facts=given_in(form, asked),
                submission=form.submission.data,
            )
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            for part in parts:
                part.add_to(actor, thread)
            _count_post()
            again.sent(actor)
            url = url_for(".show", thread_id=thread.id, slug=thread.slug)
            return web.done(url, _("Your thread is online."))
    return again.page(is_refused=not all(are_right))


def _kind() -> Kind:
    """What the address says is begun; a discussion unless it is a question."""
    return Kind.QUESTION if request.args.get("kind") == Kind.QUESTION else Kind.DISCUSSION


def _asked(actor, groups, place):
    """The fields of the category chosen: in the form, in the address, or in the draft."""
    slug = request.form.get("category") or request.args.get("category")
    if not slug and request.method == "GET" and (draft := drafts.at(actor, place)):
        slug = draft.values.get("category")
    chosen = [c for _name, group in groups for c in group if c.slug == slug]
    return fields.asked_in(chosen[0]) if chosen else []


def _with_fields(again, form, asked):
    if web.is_fragment():
        return web.page("threads/_asked_fields.html", form=form, asked=asked)
    return again.page()


def _open_categories(actor):
    """Where the actor may start a thread, by section; Forbidden when nowhere."""
    groups = []
    for section in queries.category_tree(actor):
        here = (section, *section.children)
        if allowed := [c for c in here if can(actor, Can.START_THREAD, c)]:
            groups.append((section.name, allowed))
    if not groups:
        raise Forbidden(explain(actor, Can.START_THREAD))
    return groups


@blueprint.post("/t/<int:thread_id>/reply")
def reply(thread_id):
    """Add a reply. A refused one comes back on a page of its own."""
    actor = web.actor()
    thread = reach.thread_or_missing(actor, thread_id)
    form = ReplyForm()
    again = Again("threads/reply.html", form, place=f"thread:{thread.id}", thread=thread)
    if not can(actor, Can.BEGIN_REPLY, thread):  # who may begin keeps a draft, and no pictures yet
        require(actor, Can.REPLY, thread)
        again.take_pictures(actor)
    if again.wants_preview():
        return again.preview()
    if again.wants_draft():
        return again.keep_draft(actor)
    if form.validate_on_submit():
        web.count("post-try", per_member=TRIES_PER_MEMBER)
        try:
            post = service.reply(
                actor, thread, body=form.body.data, submission=form.submission.data
            )
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            _count_post()
            again.sent(actor)
            return web.done(address_of(post), _("Your reply is online."))
    return again.page()


@blueprint.route("/posts/<int:post_id>/edit", methods=["GET", "POST"])
def edit(post_id):
    """Change a post; of an opening post, the title and the tags too."""
    actor = web.actor()
    post = reach.post_or_missing(actor, post_id)
    require(actor, Can.EDIT_POST, post)
    form, about = _edit_form(post), {"post": post, "newer": None, "until": _until(actor, post)}
    again = Again("threads/edit.html", form, place=f"edit:{post.id}", **about)
    if request.method == "GET":
        return again.begin(actor)
    again.take_pictures(actor)
    if again.wants_preview():
        return again.preview()
    if again.wants_draft():
        return again.keep_draft(actor)
    if form.validate_on_submit():
        try:
            service.edit(actor, post, seen=form.seen.data or None, **_changed(form))
        except Invalid as refusal:
            form.refuse(refusal)
        except Conflict as conflict:
            form.seen.data = post.version
            about["newer"] = str(conflict)
            return web.page("threads/edit.html", status=409, form=form, **about)
        else:
            again.sent(actor)
            return web.done(address_of(post), _("Your changes are saved."))
    return again.page()


def _until(actor, post):
    """When the author's time for changes ends; None for staff."""
    return None if actor.is_on_duty else post.created_at + actor.edit_window


def _edit_form(post) -> PostForm:
    thread = post.thread
    given = {"body": post.body, "seen": post.version}
    if not post.is_opening or thread.access == PEOPLE:
        return PostForm(**given)
    return OpeningForm(title=thread.title, tags=", ".join(t.slug for t in thread.tags), **given)


def _changed(form: PostForm) -> dict:
    changed = {"body": form.body.data}
    if isinstance(form, OpeningForm):
        changed |= {"title": form.title.data, "tags": tags_of(form.tags.data)}
    return changed


def _count_post():
    """Count what was posted: beyond the rates it is taken back, and its text is shown again."""
    for rate in POSTS_PER_MEMBER:
        web.count("post", per_member=rate)
    web.count("post", per_network=POSTS_PER_NETWORK)


# -- Votes and follows -----------------------------------------------------


@blueprint.post("/posts/<int:post_id>/helpful")
@web.limited("vote", per_member=VOTES_PER_MEMBER)
def helpful(post_id):
    """Find a post helpful."""
    post = reach.post_or_missing(web.actor(), post_id)
    votes.vote_helpful(web.actor(), post)
    return _voted(post, is_pressed=True)


@blueprint.post("/posts/<int:post_id>/unhelpful")
@web.limited("vote", per_member=VOTES_PER_MEMBER)
def unhelpful(post_id):
    """Take the vote back."""
    post = reach.post_or_missing(web.actor(), post_id)
    votes.withdraw_helpful(web.actor(), post)
    return _voted(post, is_pressed=False)


def _voted(post, *, is_pressed):
    return web.answer(address_of(post), "threads/_helpful.html", post=post, is_pressed=is_pressed)


@blueprint.post("/t/<int:thread_id>/follow")
@web.limited("follow", per_member=VOTES_PER_MEMBER)
def follow(thread_id):
    """Be told of replies."""
    thread = reach.thread_or_missing(web.actor(), thread_id)
    standing.follow(web.actor(), thread)
    return _following(thread, True, _("We will tell you about new replies."))


@blueprint.post("/t/<int:thread_id>/unfollow")
@web.limited("follow", per_member=VOTES_PER_MEMBER)
def unfollow(thread_id):
    """Be told no more."""
    thread = reach.thread_or_missing(web.actor(), thread_id)
    standing.unfollow(web.actor(), thread)
    return _following(thread, False, _("You will hear no more of this thread."))


def _following(thread, is_following, message):
    return web.answer(
        url_for(".show", thread_id=thread.id, slug=thread.slug),
        "threads/_follow.html",
        message=message,
        thread=thread,
        is_following=is_following,
    )


# -- Moderating ------------------------------------------------------------


@blueprint.post("/t/<int:thread_id>/<any(lock, unlock, pin, unpin):act>")
def stand(thread_id, act):
    """Close or open a thread, keep it on top or let it go."""
    thread = reach.thread_or_missing(web.actor(), thread_id)
    getattr(standing, act)(web.actor(), thread)
    said = {
        "lock": _("The thread is closed to new replies."),
        "unlock": _("The thread is open again."),
        "pin": _("The thread stays on top of its category."),
        "unpin": _("The thread takes its turn again."),
    }
    return web.done(url_for(".show", thread_id=thread.id, slug=thread.slug), said[act])


@blueprint.route("/posts/<int:post_id>/hide", methods=["GET", "POST"])
def hide(post_id):
    """Ask for the reason, then hide a post from members."""
    actor = web.actor()
    post = reach.post_or_missing(actor, post_id)
    require(actor, Can.HIDE_POST, post)
    form = HidingForm()
    if form.validate_on_submit():
        try:
            removal.hide(actor, post, reason=form.reason.data)
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return web.done(address_of(post), _("The post is hidden."))
    return web.form_page("threads/hide.html", form, post=post)


@blueprint.route("/posts/<int:post_id>/delete", methods=["GET", "POST"])
def delete(post_id):
    """Ask whether it is meant, then remove a post."""
    actor = web.actor()
    post = reach.post_or_missing(actor, post_id)
    require(actor, Can.DELETE_POST, post)
    form = DeletionForm()
    if form.validate_on_submit():
        try:
            removal.delete(actor, post, reason=form.reason.data or "")
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return web.done(address_of(post), _("The post is removed."))
    return web.form_page("threads/delete.html", form, post=post)


@blueprint.post("/posts/<int:post_id>/restore")
def restore(post_id):
    """Bring a removed post back."""
    post = reach.post_or_missing(web.actor(), post_id)
    removal.restore(web.actor(), post)
    return web.done(address_of(post), _("The post is back."))
