"""A brand people have used: one of everything an address can lead to.

The loops over all addresses take their arguments from here. A new address with a new
kind of argument makes them fail until it has a value here.
"""

import io
from dataclasses import dataclass, field
from datetime import timedelta

from flask import Flask
from PIL import Image
from sqlalchemy import select
from werkzeug.routing import Rule

from community.brands.hosts import hosts
from community.groups import service as groups
from community.groups.models import Group
from community.kernel.bus import Delivery, EventRecord
from community.kernel.db import db, now
from community.kernel.tenancy import across_brands, brand_scope
from community.media import service as media
from community.members import links, notes, second_factor, sessions
from community.members.factors import Passkey, RecoveryCode
from community.members.models import MailedLink, MemberSession, Purpose
from community.messages import people, reports
from community.messages import service as messages
from community.messages.models import MessageReport, Wrong
from community.notifications import unsubscribing
from community.notifications.models import Notification, Reason
from community.polls import service as polling
from community.polls.models import Poll
from community.polls.rules import Rules
from community.qa import accepting, certifying, same_here, solving
from community.qa.help_models import QuestionWait, Referral
from community.qa.models import Certification, StaleVote
from community.scoring import badges, ledger, missions, ranks, standing
from community.scoring.counting import Line
from community.scoring.models import LedgerCursor
from community.scoring.standing_models import (
    BadgeAward,
    MemberPeriodScore,
    Mission,
    Season,
    SeasonPlace,
    Span,
)
from community.threads import bookmarks, drafts, field_setup, merging, reading
from community.threads import private as publishing
from community.threads import service as threads
from community.threads.bookmarks import Bookmark
from community.threads.fields import Field
from community.threads.imported import ImportedId
from community.threads.models import Access, Category, Kind, Post, PostRevision, Tag
from community.threads.readership import ThreadReader
from tests.conftest import who

IDS = {
    "thread_id",
    "act_id",
    "category_id",
    "field_id",
    "post_id",
    "notification_id",
    "delivery_id",
    "session_id",
    "passkey_id",
    "report_id",
    "poll_id",
    "option_id",
    "tag_id",
    "note_id",
    "host_id",
    "bookmark_id",
    "revision_id",
    "award_id",
    "certification_id",
    "referral_id",
}
"""Arguments that are ids of rows: in another brand they lead nowhere."""


@dataclass
class Lived:
    """What there is in one brand: `values` by argument, `of_endpoint` where it depends."""

    values: dict = field(default_factory=dict)
    of_endpoint: dict = field(default_factory=dict)

    def arguments(self, rule: Rule) -> dict:
        """What to build an address of this rule with; KeyError for an unknown argument."""
        known = self.values | self.of_endpoint.get(rule.endpoint, {})
        return {name: known[name] if name in known else _missing(rule, name)
                for name in rule.arguments}  # fmt: skip


def _missing(rule: Rule, name: str):
    raise KeyError(f"{rule} takes {name}, which tests/lived_in.py does not know yet")


def live_in(app: Flask, brand_id: int) -> Lived:
    """Fill a brand through its services; oli is who may see and do it all."""
    with app.app_context(), brand_scope(brand_id):
        lived = Lived()
        ada, oli = who("ada"), who("oli")
        upload = media.store_picture(ada, _picture())
        general = db.session.scalars(select(Category).where(Category.slug == "general")).one()
        thread = threads.start_thread(
            ada,
            general,
            title="A thread people answered",
            body=f"Hello @oli\n\n![]({media.url_of(upload.token)})",
            tags=["first"],
        )
        post = threads.reply(oli, thread, body="An anser.")
        answer = threads.reply(ada, thread, body="Thank you.")
        double = threads.start_thread(ada, general, title="The same once more", body="Hello.")
        act = merging.merge(oli, thread, [double])
        drafts.save(oli, f"thread:{thread.id}", {"body": "Half of an answer"})
        bookmark, revision = _read(oli, post)
        notification = Notification(member_id=oli.id, post_id=answer.id, reason=Reason.FOLLOW)
        db.session.add(notification)
        sessions.open_session(oli)
        passkey = _passkey(oli)
        db.session.add(ImportedId(source="discourse", old_id="7", thread_id=thread.id))
        db.session.add(ThreadReader(thread_id=thread.id, reader="somebody", counted_at=now()))
        group, field = _grouped(oli, ada, general)
        spoken, report = _spoken(ada, oli)
        poll, to_go = _asked(ada, general), _asked(ada, general)
        referral = _helped(ada, oli, general)
        award = _stands(ada, oli)
        certification = _certified(ada, oli, general)
        delivery = _parked()
        letters = _letters(oli)
        note = notes.write_note(oli, ada, "Asked for a refund.")
        db.session.flush()
        session = db.session.scalars(
            select(MemberSession).where(MemberSession.member_id == oli.id)
        ).first()
        lived.values = {
            "thread_id": thread.id,
            "post_id": post.id,
            "act_id": act.id,
            "notification_id": notification.id,
            "delivery_id": delivery.id,
            "session_id": session.id,
            "passkey_id": passkey.id,
            "note_id": note.id,
            "referral_id": referral.id,
            "award_id": award.id,
            "certification_id": certification.id,
            "bookmark_id": bookmark.id,
            "revision_id": revision.id,
            "tag_id": db.session.scalars(select(Tag.id)).first(),
            "host_id": hosts()[0].id,
            "place": f"thread:{thread.id}",
            "username": "ada",
            "slug": group.slug,
            "category_id": general.id,
            "field_id": field.id,
            "report_id": report.id,
            "poll_id": poll.id,
            "option_id": poll.options[0].id,
            "way": "up",
            "act": "pin",
            "number": 1,
            "after": 0,
            "version": "none",
            "width": 1600,
            "source": "discourse",
            "old_id": "7",
            "name": "none",
        }
        lived.of_endpoint = {
            "threads.show": {"slug": thread.slug},
            "threads.category": {"slug": "general"},
            "threads.tag": {"slug": "first"},
            "media.show": {"token": upload.token},
            **{
                f"messages.{view}": {
                    "thread_id": spoken.thread_id,
                    "post_id": spoken.id,
                    "act": act,
                }
                for view, act in _IN_PRIVATE.items()
            },
            **{
                f"help.{view}": {"thread_id": referral.thread_id}
                for view in ("say_same", "withdraw_same", "solved", "support")
            },
            "polls.do": {"act": "close"},
            "polls.remove": {"poll_id": to_go.id},
            "notifications.unsubscribe": {"token": _stop(oli)},
            **{links.endpoint_of(p): {"token": token} for p, token in letters.items()},
        }
        db.session.commit()
        return lived


def _picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(file, "PNG")
    return file.getvalue()


def _read(member, post) -> tuple[Bookmark, PostRevision]:
    """All is read, a post is to be read again tomorrow, and said something else before."""
    threads.edit(member, post, body="An answer.")
    marked = bookmarks.bookmark(member, post)
    bookmarks.change(member, marked, note="For later", remind_at=now() + timedelta(days=1))
    reading.catch_up(member)
    db.session.flush()
    of_post = select(PostRevision).where(PostRevision.post_id == post.id)
    return marked, db.session.scalars(of_post).one()


def _grouped(owner, member, category) -> tuple[Group, Field]:
    """A group with a member in it, and a field that somebody has answered."""
    group = groups.create_group(owner, name="Riders", joining="open")
    groups.join(member, group)
    field = field_setup.add_field(owner, category, kind="version", label="Which version")
    private = threads.start_thread(
        member,
        category,
        title="A thread for the brand alone",
        body="It says 4.2.1.",
        access=Access.BRAND,
        facts={field.id: "4.2.1"},
    )
    publishing.ask_to_publish(owner, private)
    return group, field


_IN_PRIVATE = {
    **dict.fromkeys(("show", "reply", "read", "add", "leave", "report"), ""),
    "tell": "mute",
    "stop": "block",
}
"""Views of conversations, with what they may do."""


def _spoken(member, staff) -> tuple[Post, MessageReport]:
    """A message to the brand, and one between members that was reported and read by staff."""
    to_brand = messages.write_to_brand(member, subject="My order", body="Where is it?")
    to_brand.created_at -= timedelta(hours=1)  # the next one would be too soon
    db.session.flush()
    private = messages.start(who("ben"), [member], subject="Cheap bottles", body="Write to me.")
    people.block(member, who("ben"))
    report = reports.report(member, private.posts[0], wrong=Wrong.SPAM)
    reports.open_report(staff, report)
    return to_brand.posts[0], report


def _asked(member, category) -> Poll:
    """A poll in a thread of its own, with a vote."""
    thread = threads.start_thread(member, category, title="A thread with a poll", body="Choose.")
    poll = polling.open_poll(member, thread, Rules("Which colour?", ["Red", "Green"]))
    polling.vote(member, poll, [poll.options[0].id])
    return poll


def _stands(member, staff) -> BadgeAward:
    """Points, a rank, a badge, missions and a season that is over, of a member."""
    badges.change(staff, "one-year", name="Old hand", is_on=True)
    missions.change(staff, "thank-five", target=4, is_on=True)
    award = BadgeAward(member_id=member.id, key="first-accepted", earned_at=now())
    season = Season(
        period="2020-Q1", starts_at=now() - timedelta(days=9), ends_at=now() - timedelta(days=1)
    )
    season.closed_at = now()
    season.places.append(SeasonPlace(member_id=member.id, place=1, points=60))
    mission = Mission(
        member_id=member.id, key="thank-five", period="2020-W01", target=4, ends_at=now()
    )
    score = MemberPeriodScore(
        member_id=member.id, span=Span.ALL, period="all", section_id=0, points=60
    )
    db.session.add_all([award, season, mission, score])
    ranks.recompute(standing.held(member.id))
    return award


def _helped(member, staff, category) -> Referral:
    """A question others have too, which did not solve it and went to support."""
    question = threads.start_thread(
        member, category, title="Why does it creak?", body="It does.", kind=Kind.QUESTION
    )
    threads.reply(staff, question, body="Oil it.")
    ben = who("ben")
    same_here.say(ben, question)
    solving.rate(ben, question, is_solved=False, reader="somebody")
    db.session.add(QuestionWait(thread_id=question.id, told="experts"))
    return solving.pass_to_support(ben, question, "It still creaks.")


def _parked() -> Delivery:
    event = EventRecord(name="DayBegan", payload={})
    delivery = Delivery(event=event, handler="x", due_at=None, parked_at=now(), attempts=10)
    db.session.add_all([event, delivery])
    return delivery


def _passkey(member) -> Passkey:
    """A key beside an app and codes, and another app about to be set up."""
    second_factor.begin(member)
    made = Passkey(
        member_id=member.id, name="Laptop", credential_id="AAAA", public_key="", challenged_at=now()
    )
    db.session.add_all([made, RecoveryCode(member_id=member.id, code_hash="")])
    second_factor.settle(member)
    return made


def _certified(asker, expert, category) -> Certification:
    """An answer the brand stands behind and a member doubts, and a line of points for it."""
    question = threads.start_thread(
        asker, category, title="How long does it last?", body="Ours is old.", kind=Kind.QUESTION
    )
    answer = threads.reply(asker, question, body="Ten years, it says inside.")
    accepting.accept(asker, answer)
    day = certifying.today() + certifying.USUAL
    made = certifying.certify(expert, answer, review_by=day)
    db.session.add(StaleVote(certification_id=made.id, member_id=expert.id))
    lines = ledger.InDatabase()
    lines.add(
        Line(0, asker.id, 1, "reply", 1, 2, None, question.id, answer.id, "earned", None, now())
    )
    db.session.add(LedgerCursor(position=0))
    return made


def _letters(member) -> dict[Purpose, str]:
    """A living link of every purpose."""
    made = [
        MailedLink(
            member_id=member.id,
            purpose=purpose,
            email=member.email,
            expires_at=now() + links.LASTS[purpose],
        )
        for purpose in Purpose
    ]
    db.session.add_all(made)
    db.session.flush()
    return {link.purpose: links.token_of(link) for link in made}


def _stop(member) -> str:
    return unsubscribing.address(member, "mails_replies").rpartition("/")[2]


# -- All addresses ---------------------------------------------------------


def rules(app: Flask, *methods: str) -> list[Rule]:
    """Every address that takes one of these methods, in a fixed order."""
    found = [rule for rule in app.url_map.iter_rules() if rule.methods & set(methods)]
    return sorted(found, key=lambda rule: (rule.rule, sorted(rule.methods)))


def address(rule: Rule, lived: Lived) -> str:
    """Where a rule leads with what there is in a brand."""
    _host, path = rule.build(lived.arguments(rule), append_unknown=False)
    return path


def every_row() -> dict[str, list]:
    """All rows of all tables and brands, to be compared with later."""
    with across_brands("the test compares every row") as session:
        return {
            table.name: sorted(map(repr, session.execute(select(table)).all()))
            for table in db.metadata.sorted_tables
        }


def changed(before: dict[str, list], after: dict[str, list]) -> list[str]:
    """Names of the tables that differ."""
    return [name for name in before if before[name] != after[name]]
