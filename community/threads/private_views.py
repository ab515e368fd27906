"""Making a thread public that was for the brand alone: staff asks, the author decides."""

import re

from flask import Blueprint, request, url_for
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from community.kernel import web
from community.kernel.errors import Conflict, Invalid
from community.kernel.i18n import _, _l
from community.kernel.policy import can, require
from community.kernel.text import MAX_BODY
from community.permissions import Can
from community.threads import private, reach, service

blueprint = Blueprint("private", __name__)

ACTS_PER_MEMBER = "60/hour"
_POST = re.compile(r"post_([0-9]{1,9})")


class AskForm(web.Form):
    """What staff says to the author."""

    message = TextAreaField(
        _l("A word to the author"),
        [Length(max=private.MESSAGE_MAX, message=_l("Use %(max)d characters at most."))],
    )


class PublishForm(web.Form):
    """The title as it will be read; the author's posts are added to each thread's own form."""

    seen = HiddenField(validators=[Length(max=64)])
    title = StringField(_l("Title, in one sentence"), [DataRequired(_l("Give it a title."))])

    def texts(self) -> dict[int, str]:
        """What is typed for each post of the author's, by id."""
        return {int(n[5:]): f.data for n, f in self._fields.items() if _POST.fullmatch(n)}


def _form_for(thread, said: private.Shown) -> PublishForm:
    """The form of a thread, with a text area for each post its author may still change."""
    own = {f"post_{p.id}": p for p in said.posts if p.author_id == thread.author_id}
    checks = [
        DataRequired(_l("Write something first.")),
        Length(max=MAX_BODY, message=_l("This text is too long: %(max)d characters at most.")),
    ]
    areas = {
        name: TextAreaField(_("Your post %(number)s", number=post.number), checks)
        for name, post in own.items()
    }
    form_class = type("PublishFormOfThread", (PublishForm,), areas)
    texts = {name: post.body for name, post in own.items()}
    return form_class(data={"title": thread.title, "seen": said.version} | texts)


@blueprint.route("/t/<int:thread_id>/publish", methods=["GET", "POST"])
@web.limited("publish", per_member=ACTS_PER_MEMBER)
def publish(thread_id):
    """The whole thread for its author, to take personal details out and decide.

    The button says what is meant: save changes and stay private, or make it public too.
    """
    actor = web.actor()
    thread = reach.thread_or_missing(actor, thread_id)
    if not thread.was_private or thread.consent_id:
        return web.done(_page_of(thread))
    require(actor, Can.PUBLISH_THREAD, thread)
    said = private.shown(thread)
    form = _form_for(thread, said)
    if request.method == "GET" or not form.validate_on_submit():
        return _page(form, thread, said)
    try:
        return _decide(actor, thread, said, form)
    except Invalid as refusal:
        form.refuse(refusal)
    except Conflict as conflict:
        form.seen.data = said.version
        return _page(form, thread, said, newer=str(conflict), status=409)
    return _page(form, thread, said)


def _decide(actor, thread, said, form):
    if form.seen.data != said.version:
        message = _("Something was written or changed meanwhile. Read it, then decide.")
        raise Conflict(message)
    texts = form.texts()
    for post in said.posts:
        if post.id in texts:
            title = form.title.data if post.is_opening else None
            _save(actor, post, texts[post.id], title)
    if "publish" not in request.form:
        return web.done(url_for(".publish", thread_id=thread.id), _("Your changes are saved."))
    private.publish_thread(actor, thread, seen=private.shown(thread).version)
    return web.done(_page_of(thread), _("The discussion is public now. Thank you."))


def _save(actor, post, body, title) -> None:
    if post.body == body and title in {None, post.thread.title}:
        return
    try:
        service.edit(actor, post, body=body, title=title)
    except Invalid as refusal:
        field = f"post_{post.id}" if refusal.field == "body" else refusal.field
        raise Invalid(str(refusal), field=field) from None


def _page(form, thread, said, *, newer=None, status=None):
    return web.page(
        "threads/publish.html",
        status=status or (422 if form.errors else 200),
        form=form,
        thread=thread,
        posts=said.posts,
        newer=newer,
        waiting=private.waiting_request(thread),
    )


@blueprint.post("/t/<int:thread_id>/keep-private")
@web.limited("publish", per_member=ACTS_PER_MEMBER)
def refuse(thread_id):
    """Say no to staff that asked."""
    actor = web.actor()
    thread = reach.thread_or_missing(actor, thread_id)
    private.refuse_to_publish(actor, thread)
    return web.done(_page_of(thread), _("The discussion stays private. We have told the team."))


@blueprint.route("/t/<int:thread_id>/ask-to-publish", methods=["GET", "POST"])
@web.limited("publish", per_member=ACTS_PER_MEMBER)
def ask_to_publish(thread_id):
    """Ask the author, with a word why."""
    actor = web.actor()
    thread = reach.thread_or_missing(actor, thread_id)
    require(actor, Can.ASK_TO_PUBLISH, thread)
    form = AskForm()
    if form.validate_on_submit():
        try:
            private.ask_to_publish(actor, thread, message=form.message.data or "")
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return web.done(_page_of(thread), _("We have asked the author."))
    before = private.latest_request(thread)
    return web.form_page("threads/ask_to_publish.html", form, thread=thread, before=before)


@blueprint.app_template_global("publication_of")
def publication_of(thread, actor):
    """What stands about a private thread for its author or staff; None for everyone else."""
    if thread.access != "brand" or not (
        can(actor, Can.PUBLISH_THREAD, thread) or can(actor, Can.ASK_TO_PUBLISH, thread)
    ):
        return None
    return {"latest": private.latest_request(thread)}


def _page_of(thread) -> str:
    return url_for("threads.show", thread_id=thread.id, slug=thread.slug)
