"""The page of notices, the badge, and the links of mails."""

import re
from datetime import timedelta

from flask import Blueprint, g, request, url_for

from community.kernel import web
from community.kernel.db import now
from community.kernel.errors import Missing
from community.kernel.i18n import _, local, zone
from community.kernel.policy import can, require
from community.members.service import set_mails
from community.notifications import queries, service, unsubscribing
from community.notifications.forms import MailsForm
from community.notifications.models import Reason
from community.permissions import Can
from community.threads.models import Access, Thread

blueprint = Blueprint("notifications", __name__)


@blueprint.record_once
def _let_mail_programs_in(state):
    """One click in a mail program posts without our token; the signed link is its permission."""
    state.app.extensions["csrf"].exempt(unsubscribe)


def unread_badge() -> dict:
    """The number on the bell, counted once per page and never for a stranger."""
    return {"unread": _unread()}


def _unread() -> int:
    actor = web.actor()
    if g.get("brand") is None or not actor.is_authenticated or web.is_fragment():
        return 0
    if "unread" not in g:
        g.unread = queries.unread_count(actor)
    return g.unread


# -- Notices ---------------------------------------------------------------


@blueprint.get("/notifications")
def index():
    """What the member was told of, by day."""
    actor = web.actor()
    require(actor, Can.READ_NOTIFICATIONS)
    only = request.args.get("only", queries.FILTERS[0])
    number = request.args.get("page", "1")
    if only not in queries.FILTERS or not re.fullmatch("[1-9][0-9]{0,5}", number):
        raise Missing(_("There is no such page."))
    own_zone = zone(actor.time_zone, g.brand.time_zone).key
    found = queries.page(actor, only=only, number=int(number), zone=own_zone)
    g.unread = found.unread
    today = local(now(), own_zone).date()
    return web.page(
        "notifications/index.html",
        found=found,
        only=only,
        form=MailsForm(obj=actor),
        today=today,
        yesterday=today - timedelta(days=1),
    )


@blueprint.post("/notifications/<int:notification_id>")
def read(notification_id):
    """Mark a notice read, with the older ones it stands for, and go on to what it is about."""
    actor = web.actor()
    require(actor, Can.READ_NOTIFICATIONS)
    notice = queries.notice_or_missing(actor, notification_id)
    if notice.post is None:
        service.mark_thread_read(actor, notice)
        return web.done(url_for("groups.show", slug=notice.group.slug))
    post = queries.first_unread_post(notice)
    service.mark_thread_read(actor, notice)
    thread = post.thread
    if notice.reason is Reason.ASKED_PUBLIC:
        return web.done(url_for("private.publish", thread_id=thread.id))
    if thread.access is Access.PEOPLE:
        return web.done(url_for("messages.show", thread_id=thread.id, post=post.id))
    return web.done(url_for("threads.show", thread_id=thread.id, slug=thread.slug, post=post.id))


@blueprint.post("/notifications/read")
def read_all():
    """Mark everything read that stood on the page."""
    up_to = request.form.get("up_to", 0, type=int)
    service.mark_all_read(web.actor(), up_to=min(up_to, web.LARGEST_ID))
    return web.done(url_for(".index"), _("Everything is marked as read."))


@blueprint.post("/notifications/mails")
def choose():
    """Choose which notices also come by mail."""
    actor, form = web.actor(), MailsForm()
    set_mails(
        actor,
        actor,
        mentions=form.mails_mentions.data,
        replies=form.mails_replies.data,
        messages=form.mails_messages.data,
    )
    return web.done(url_for(".index"), _("Your choice is saved."))


# -- The links of mails ----------------------------------------------------


@blueprint.route("/unsubscribe/<token>", methods=["GET", "POST"])
def unsubscribe(token):
    """Stop what the link of a mail stops: by the button, or by a mail program's one click.

    That click expects no redirect (RFC 8058). A GET only asks, since programs follow links.
    """
    member, what = unsubscribing.read(token)
    is_thread = isinstance(what, Thread)
    if request.method == "POST" and is_thread:
        service.stop_following(member, what)
    elif request.method == "POST":
        service.stop_mails(member, what)
    return web.page(
        "notifications/unsubscribe.html",
        what="thread" if is_thread else what,
        title=what.title if is_thread and can(member, Can.SEE_THREAD, what) else "",
        is_done=request.method == "POST",
    )
