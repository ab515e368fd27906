"""Reports of private messages: what staff reads through them, what it decides, who is told."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from community.brands.queries import the_brand
from community.events import DayBegan, MessageReported, PostHidden, ReportDecided
from community.kernel.db import db, now
from community.kernel.errors import Conflict, Forbidden, Invalid
from community.messages import queries, reports
from community.messages.models import MessageReport, Outcome, ReportReading, Wrong
from community.threads import service as threads
from community.threads.models import Kind
from tests.conftest import who
from tests.talking import a_conversation, a_message, a_report, first
from tests.threads.acting import published
from tests.threads.saying import a_thread

pytestmark = pytest.mark.usefixtures("in_lune")


@pytest.fixture
def thread(in_lune):
    """A conversation of Ada and Ben: five messages, the third of Ben's being advertising."""
    thread = a_conversation("ada", "ben", body="One")
    for name, body in (("ben", "Two"), ("ben", "Buy my bottles"), ("ada", "Four"), ("ben", "Five")):
        a_message(thread, name, body)
    return thread


@pytest.fixture
def report(thread):
    return a_report(thread.posts[2], "ada", words="He sells things.")


def decide(report, name="mod", outcome=Outcome.HIDDEN, reason="Members do not sell here."):
    reports.open_report(who(name), report)
    db.session.flush()
    reports.decide(who(name), report, outcome=outcome, reason=reason)


class TestReporting:
    def test_a_participant_shows_a_message_to_the_team(self, report):
        assert (report.body, report.words) == ("Buy my bottles", "He sells things.")
        assert published(MessageReported) == [{"report_id": report.id}]
        assert queries.reports_waiting() == 1

    def test_nobody_reports_twice_or_their_own_or_from_outside(self, thread, report):
        with pytest.raises(Conflict, match="already"):
            a_report(thread.posts[2], "ada")
        for name in ("ben", "cleo", "mod"):
            with pytest.raises(Forbidden):
                a_report(thread.posts[2], name)

    def test_another_reason_needs_words_and_words_have_an_end(self, thread):
        with pytest.raises(Invalid) as refused:
            a_report(thread.posts[1], "ada", Wrong.OTHER)
        assert refused.value.field == "words"
        with pytest.raises(Invalid):
            a_report(thread.posts[1], "ada", Wrong.SPAM, "x" * 1001)

    def test_a_public_post_is_not_reported_this_way(self, thread):
        public = a_thread("ada")
        with pytest.raises(Forbidden):
            a_report(public.posts[0], "ben")

    def test_whoever_is_suspended_may_report_what_bothers_them(self, thread):
        who("ada").suspended_until = now() + timedelta(days=1)
        assert a_report(thread.posts[1], "ada")


class TestReadingThem:
    def test_staff_reads_two_before_and_one_after_and_nothing_else(self, report):
        assert queries.around(who("mod"), report) is None
        reports.open_report(who("mod"), report)
        shown = [post.body for post in queries.around(who("mod"), report)]
        assert shown == ["One", "Two", "Buy my bottles", "Four"]

    def test_each_reading_is_written_down_and_lasts_an_hour(self, report):
        reports.open_report(who("mod"), report)
        reports.open_report(who("mia"), report)
        assert [one.reader.username for one in queries.readings_of(report)] == ["mia", "mod"]
        for reading in db.session.scalars(select(ReportReading)):
            reading.created_at = now() - timedelta(minutes=61)
        db.session.flush()
        assert queries.around(who("mod"), report) is None

    def test_what_its_author_took_back_is_left_out(self, thread, report):
        thread.posts[1].state = "deleted"
        reports.open_report(who("mod"), report)
        shown = [post.body for post in queries.around(who("mod"), report)]
        assert shown == ["One", "Buy my bottles", "Four"]

    def test_what_it_said_when_it_was_reported_is_kept(self, thread, report):
        threads.edit(who("ben"), thread.posts[2], body="A fine day to you, and many more of it")
        assert report.body == "Buy my bottles"

    def test_members_read_none_and_nobody_of_the_team_their_own_case(self, report):
        thread = a_conversation("mod", "ben")
        mine = a_report(first(thread), "ben")
        for name, one in (("ada", report), ("eve", report), ("mod", mine)):
            with pytest.raises(Forbidden):
                reports.open_report(who(name), one)
        reports.open_report(who("mia"), mine)


class TestDeciding:
    def test_a_hidden_message_is_gone_for_the_others_and_its_author_reads_why(self, thread, report):
        decide(report)
        post = thread.posts[2]
        assert (post.state, post.removed_reason) == ("hidden", "Members do not sell here.")
        assert published(PostHidden)[0]["hidden_by_id"] == who("mod").id
        assert published(ReportDecided) == [
            {"report_id": report.id, "decided_by_id": who("mod").id}
        ]
        assert queries.reports_waiting() == 0

    def test_whoever_reported_it_and_its_author_are_told_by_the_brand(self, report):
        decide(report)
        told = {
            name: [line.thread for line in queries.inbox(who(name)).items if _of_brand(line)]
            for name in ("ada", "ben", "cleo")
        }
        assert [len(threads) for threads in told.values()] == [1, 1, 0]
        for name in ("ada", "ben"):
            assert "Members do not sell here." in first(told[name][0]).body
        assert "Ada" not in first(told["ben"][0]).body

    def test_a_message_left_as_it_is_is_told_to_whoever_reported_it_alone(self, thread, report):
        decide(report, outcome=Outcome.KEPT, reason="We see nothing wrong in it.")
        assert thread.posts[2].is_visible
        assert [_of_brand(line) for line in queries.inbox(who("ben")).items] == [False]
        assert any(_of_brand(line) for line in queries.inbox(who("ada")).items)

    def test_they_are_told_in_their_own_language(self, report):
        who("ada").locale, the_brand().locale = "en", "fr"
        decide(report)
        [told] = [line.thread for line in queries.inbox(who("ada")).items if _of_brand(line)]
        assert told.title == "What became of your report"

    def test_other_reports_of_the_same_message_are_settled_with_it(self):
        group = a_conversation("ada", "ben", "cleo")
        post = a_message(group, "ben", "Buy")
        one, other = a_report(post, "ada"), a_report(post, "cleo")
        decide(one)
        assert other.outcome is Outcome.HIDDEN
        assert any(_of_brand(line) for line in queries.inbox(who("cleo")).items)

    def test_a_decision_may_be_turned(self, thread, report):
        decide(report)
        decide(report, "mia", Outcome.KEPT, "It was a joke between the two.")
        assert thread.posts[2].is_visible
        assert report.decided_by is who("mia")
        with pytest.raises(Conflict, match="Already decided by Mia"):
            decide(report, "mod", Outcome.KEPT, "The same again.")

    def test_it_needs_a_reason_and_a_reading(self, report):
        with pytest.raises(Conflict, match="Read the message"):
            reports.decide(who("mod"), report, outcome=Outcome.KEPT, reason="Because.")
        reports.open_report(who("mod"), report)
        for reason in (" ", "x" * 301):
            with pytest.raises(Invalid) as refused:
                reports.decide(who("mod"), report, outcome=Outcome.KEPT, reason=reason)
            assert refused.value.field == "reason"

    def test_it_is_told_even_while_messages_are_switched_off(self, report):
        the_brand().features = {"messages": False}
        decide(report)
        assert report.outcome is Outcome.HIDDEN

    def test_reports_are_forgotten_half_a_year_after_the_decision(self, report):
        decide(report)
        report.decided_at = now() - timedelta(days=181)
        db.session.flush()
        reports.on_day_began(DayBegan())
        assert db.session.scalar(select(func.count()).select_from(MessageReport)) == 0


def _of_brand(line) -> bool:
    return line.thread.kind is Kind.TO_BRAND
