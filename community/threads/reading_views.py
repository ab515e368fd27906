"""Reading on: marks, unread threads, bookmarks, and earlier versions taken back."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, redirect, request, url_for

from community.kernel import web
from community.kernel.db import now
from community.kernel.errors import Invalid, Missing
from community.kernel.i18n import _, get_timezone, ngettext, zone
from community.threads import bookmarks, queries, reach, reading, restoring
from community.threads.diffs import folded
from community.threads.reading_forms import TONIGHT, BookmarkForm
from community.threads.views import address_of, page_number

blueprint = Blueprint("reading", __name__)
blueprint.add_app_template_filter(folded)

MARKS_PER_MEMBER = "120/minute"


@blueprint.post("/t/<int:thread_id>/read")
@web.limited("read", per_member=MARKS_PER_MEMBER)
def mark_read(thread_id):
    """Note how far the reader came; sent by the page's script, and by a button without it."""
    actor = web.actor()
    thread = reach.thread_or_missing(actor, thread_id)
    number = request.form.get("number", type=int) or 0
    read = reading.mark_read(actor, thread, number)
    for tell in current_app.extensions["when_read"]:
        tell(actor, thread, read)
    if "beacon" in request.form:
        return "", 204
    return web.done(_address_of_number(thread, min(number, read)), _("Marked as read."))


@blueprint.post("/posts/<int:post_id>/unread")
def mark_unread(post_id):
    """Let the thread be unread from this post on."""
    post = reach.post_or_missing(web.actor(), post_id)
    reading.mark_unread(web.actor(), post)
    # On the page of the thread, the script would mark it read again at once.
    slug = post.thread.category.slug
    return web.done(url_for("threads.category", slug=slug), _("Unread from here on."))


@blueprint.get("/t/<int:thread_id>/unread")
def first_unread(thread_id):
    """Lead to the first post the reader has not seen; to the beginning when there is no mark."""
    actor = web.actor()
    thread = reach.thread_or_missing(actor, thread_id)
    return redirect(_address_of_number(thread, reading.first_unread(actor, thread)))


def _address_of_number(thread, number: int) -> str:
    page = reading.page_with(max(number, 1))
    return url_for(
        "threads.show",
        thread_id=thread.id,
        slug=thread.slug,
        page=page if page > 1 else None,
        _anchor=f"post-{number}" if number > 1 else None,
    )


@blueprint.get("/unread")
def unread():
    """Threads with posts new to the reader."""
    actor = web.actor()
    found = reading.unread_threads(actor, page_number())
    return web.page(
        "threads/unread.html",
        threads=found,
        fresh=reading.unread_in(actor, found.items),
        sort="activity",
    )


@blueprint.post("/unread")
def catch_up():
    """Mark everything read, or everything in a category."""
    actor = web.actor()
    slug = request.form.get("category")
    category = reach.category_or_missing(actor, slug) if slug else None
    reading.catch_up(actor, category)
    url = url_for("threads.category", slug=slug) if category else url_for(".unread")
    return web.done(url, _("You are up to date."))


# -- Bookmarks -------------------------------------------------------------


@blueprint.post("/posts/<int:post_id>/bookmark")
def bookmark(post_id):
    """Mark a post to find it again."""
    post = reach.post_or_missing(web.actor(), post_id)
    marked = bookmarks.bookmark(web.actor(), post)
    return _marked(post, marked, _("Bookmarked."))


@blueprint.post("/posts/<int:post_id>/unbookmark")
def unbookmark(post_id):
    """Take the mark away."""
    post = reach.post_or_missing(web.actor(), post_id)
    bookmarks.remove(web.actor(), post)
    return _marked(post, None, _("The bookmark is gone."))


def _marked(post, marked, message):
    return web.answer(
        address_of(post), "threads/_bookmark.html", message=message, post=post, is_marked=marked
    )


@blueprint.get("/bookmarks")
def marked_posts():
    """One's bookmarks; `?reminders=1` those with a reminder to come."""
    only = bool(request.args.get("reminders"))
    number = page_number()
    shown, has_more = bookmarks.all_of(web.actor(), page=number, reminders=only)
    if not shown and number > 1:
        raise Missing(_("There is no such page."))
    pages = number + has_more
    return web.page(
        "threads/marked_posts.html", marked=shown, only=only, number=number, pages=pages
    )


@blueprint.route("/bookmarks/<int:bookmark_id>", methods=["GET", "POST"])
def edit_bookmark(bookmark_id):
    """The note and the reminder of a bookmark."""
    actor = web.actor()
    marked = bookmarks.own_or_missing(actor, bookmark_id)
    here = zone(str(get_timezone()))
    form = BookmarkForm(
        note=marked.note,
        remind_at=_there(marked.remind_at, here),
        is_late=now().astimezone(here).hour >= TONIGHT,
    )
    if form.validate_on_submit():
        moment = _moment(form, here)
        try:
            bookmarks.change(actor, marked, note=form.note.data or "", remind_at=moment)
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            said = _("Saved. We will remind you.") if moment else _("Saved.")
            return web.done(url_for(".marked_posts"), said)
    return web.form_page("threads/edit_bookmark.html", form, marked=marked)


def _there(moment: datetime | None, here: ZoneInfo) -> datetime | None:
    return moment and moment.astimezone(here).replace(tzinfo=None)


def _moment(form: BookmarkForm, here: ZoneInfo) -> datetime | None:
    """The moment chosen, on the clock of whoever chose it."""
    today = now().astimezone(here)
    tonight = today.replace(hour=TONIGHT, minute=0, second=0, microsecond=0)
    morning = today.replace(hour=9, minute=0, second=0, microsecond=0)
    presets = {
        "tonight": tonight,
        "tomorrow": morning + timedelta(days=1),
        "week": morning + timedelta(days=7),
    }
    if form.when.data == "own":
        return form.remind_at.data and form.remind_at.data.replace(tzinfo=here)
    return presets.get(form.when.data)


@blueprint.post("/bookmarks/<int:bookmark_id>/remove")
def remove_bookmark(bookmark_id):
    """Take a bookmark out of the list, its post may be gone."""
    actor = web.actor()
    bookmarks.drop(actor, bookmarks.own_or_missing(actor, bookmark_id))
    return web.done(url_for(".marked_posts"), _("The bookmark is gone."))


# -- Earlier versions ------------------------------------------------------


@blueprint.post("/posts/<int:post_id>/revisions/<int:revision_id>/restore")
def restore_revision(post_id, revision_id):
    """Let a post say again what it said before."""
    actor = web.actor()
    post = reach.post_or_missing(actor, post_id)
    restoring.restore(actor, queries.revision_or_missing(actor, post, revision_id))
    return web.done(address_of(post), _("The earlier version is back."))


@blueprint.post("/posts/<int:post_id>/revisions/<int:revision_id>/hide")
def hide_revision(post_id, revision_id):
    """Remove the text of an earlier version for good."""
    actor = web.actor()
    post = reach.post_or_missing(actor, post_id)
    restoring.hide_text(actor, queries.revision_or_missing(actor, post, revision_id))
    return web.done(
        url_for("threads.revisions", post_id=post.id), _("The text of that version is gone.")
    )


@blueprint.app_template_global("fresh_words")
def fresh_words(count: int) -> str:
    """How many posts of a thread are new, in words; 0 for a thread never opened."""
    if not count:
        return _("New")
    return ngettext("%(num)d new", "%(num)d new", count)
