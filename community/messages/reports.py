"""Private messages shown to the team by who received them, and what is decided about them.

Staff reads nothing else of members' conversations, and each such reading is written down.
"""

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from community.brands.queries import the_brand
from community.events import DayBegan, MessageReported, ReportDecided
from community.kernel.bus import publish
from community.kernel.db import db, now
from community.kernel.errors import Conflict, Invalid
from community.kernel.formats import full
from community.kernel.i18n import LOCALES, _, force_locale, zone
from community.kernel.policy import require
from community.kernel.text import clean_body, clean_line
from community.members.models import Member
from community.messages import service
from community.messages.models import MessageReport, Outcome, ReportReading, Wrong
from community.messages.queries import has_open
from community.permissions import Can
from community.threads import counts, removal
from community.threads.models import Post

WORDS_MAX, REASON_MAX = 1_000, 300
KEPT = timedelta(days=180)
"""A report is forgotten so long after it was decided."""


def report(actor: Member, post: Post, *, wrong: Wrong, words: str = "") -> MessageReport:
    """Show a private message to the brand's team, with what is wrong with it.

    Staff then reads it with the two messages before and the one after. Conflict when the
    actor has reported it already; Invalid for too many words, or none for another reason.
    """
    require(actor, Can.REPORT_MESSAGE, post)
    words = clean_body(words).strip()
    if len(words) > WORDS_MAX:
        raise Invalid(_("Say it in %(max)d characters at most.", max=WORDS_MAX), field="words")
    if wrong is Wrong.OTHER and not words:
        raise Invalid(_("Say what is wrong with it."), field="words")
    made = MessageReport(
        post_id=post.id, reporter_id=actor.id, wrong=wrong, words=words, body=post.body
    )
    try:
        with db.session.begin_nested():
            db.session.add(made)
    except IntegrityError:
        raise Conflict(_("You have reported this message already.")) from None
    publish(MessageReported(report_id=made.id))
    return made


def open_report(actor: Member, report: MessageReport) -> None:
    """Note that the actor reads the reported message now; the page shows it then for an hour."""
    require(actor, Can.READ_REPORT, report)
    db.session.add(ReportReading(report_id=report.id, reader_id=actor.id))


def decide(actor: Member, report: MessageReport, *, outcome: Outcome, reason: str) -> None:
    """Keep a reported message or hide it; whoever reported it is told, and its author of a
    hiding, with the reason. What was decided may be decided otherwise later.

    Other reports of the same message that wait are settled with it. Raises Invalid without a
    reason, and Conflict when it is decided so already or the actor has not read the message.
    """
    require(actor, Can.DECIDE_REPORT, report)
    reason = clean_line(reason)
    if not reason:
        raise Invalid(_("Say why. Both sides read it."), field="reason")
    if len(reason) > REASON_MAX:
        raise Invalid(_("Say it in %(max)d characters at most.", max=REASON_MAX), field="reason")
    if not has_open(actor, report):
        raise Conflict(_("Read the message before you decide about it."))
    post = report.post
    counts.hold(post.thread)  # of two who decide at the same moment, the second sees the first
    db.session.refresh(report)
    if report.outcome is outcome:
        raise Conflict(_("Already decided by %(name)s.", name=report.decided_by.name))
    was_hidden = report.outcome is Outcome.HIDDEN
    for one in {report, *_waiting_about(post)}:
        one.outcome, one.reason = outcome, reason
        one.decided_at, one.decided_by = now(), actor
        publish(ReportDecided(report_id=one.id, decided_by_id=actor.id))
        _tell_reporter(actor, one)
    if outcome is Outcome.HIDDEN:
        removal.put_aside(post, actor, reason)
        _tell_author(actor, post, reason, is_hidden=True)
    elif was_hidden:
        removal.put_back(post, actor)
        _tell_author(actor, post, reason, is_hidden=False)


def _waiting_about(post: Post) -> list[MessageReport]:
    waiting = select(MessageReport).where(
        MessageReport.post_id == post.id, MessageReport.decided_at.is_(None)
    )
    return list(db.session.scalars(waiting.order_by(MessageReport.id)))


def _tell_reporter(actor: Member, report: MessageReport) -> None:
    with _speaking_to(report.reporter):
        said = _(
            "On %(moment)s you reported a message from %(name)s.",
            moment=_moment(report.created_at, report.reporter),
            name=report.post.author.name,
        )
        found = (
            _("We have read it and hidden it.")
            if report.outcome is Outcome.HIDDEN
            else _("We have read it and left it as it is.")
        )
        _tell(actor, report.reporter, _("What became of your report"), said, found, report.reason)


def _tell_author(actor: Member, post: Post, reason: str, *, is_hidden: bool) -> None:
    with _speaking_to(post.author):
        said = _(
            "It is about your message of %(moment)s in “%(subject)s”.",
            moment=_moment(post.created_at, post.author),
            subject=post.thread.title,
        )
        subject = _("We have hidden a message of yours") if is_hidden else _("Your message is back")
        done = (
            _("We have hidden it from the others. If you think that is wrong, tell us here.")
            if is_hidden
            else _("We had hidden it, and have changed our mind: the others can read it again.")
        )
        _tell(actor, post.author, subject, said, done, reason)


def _tell(actor: Member, member: Member, subject: str, *words: str) -> None:
    """Write to somebody who is there as the brand; they may answer."""
    *said, reason = words
    body = "\n\n".join([*said, _("Reason: %(reason)s", reason=reason)])
    if not member.is_erased and member.is_confirmed and member.id != actor.id:
        service.write_for_brand(actor, [member], subject=subject, body=body)


def _speaking_to(member: Member):
    return force_locale(member.locale if member.locale in LOCALES else the_brand().locale)


def _moment(moment, member: Member) -> str:
    return full(moment, zone(member.time_zone, the_brand().time_zone))


def on_day_began(_event: DayBegan) -> None:
    """Forget reports that were decided half a year ago, and who read them."""
    old = select(MessageReport.id).where(MessageReport.decided_at < now() - KEPT)
    db.session.execute(delete(ReportReading).where(ReportReading.report_id.in_(old)))
    db.session.execute(delete(MessageReport).where(MessageReport.decided_at < now() - KEPT))
