"""Imports: every row accounted for, twice the same as once."""

import io
import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from community.kernel.db import db, now
from community.kernel.tenancy import brand_scope
from community.members.models import Member
from community.threads.models import Category, Post, State, Thread
from community.transfer.service import import_jsonl
from tests.factories import VELORA


def row(id="t1", **changes) -> dict:
    """A thread of three posts; the ids of its replies follow from its own."""
    return {
        "id": id,
        "title": "Brakes squeal when it rains",
        "category": "brakes",
        "tags": ["brakes", "rain"],
        "author": "old_rider",
        "created": "2023-10-27 08:13:13 +0000",
        "text": "Only downhill.\nAnd only when wet.\n\nAny ideas?",
        "replies": [
            {
                "id": f"{id}-r1",
                "author": "wrench",
                "created": "2023-10-27T12:44:07",
                "text": "Sand the pads.",
                "helpful": 3,
            },
            {
                "id": f"{id}-r2",
                "author": "seller",
                "created": "2023-10-28T12:44:07",
                "text": "Buy followers here",
                "is_spam": True,
            },
        ],
    } | changes


def file_of(*rows) -> io.StringIO:
    return io.StringIO("\n".join(r if isinstance(r, str) else json.dumps(r) for r in rows))


def run(*rows, **options):
    return import_jsonl(file_of(*rows), source="old", **options)


def count(column) -> int:
    return db.session.scalar(select(func.count(column)))


@pytest.mark.usefixtures("in_velora")
class TestImport:
    def test_threads_posts_people_and_sections_come_in_with_their_dates(self):
        report = run(row())
        assert (report.threads, report.posts, report.members, report.categories) == (1, 3, 3, 1)
        thread = db.session.scalars(select(Thread)).one()
        assert thread.created_at.isoformat() == "2023-10-27T08:13:13+00:00"
        assert thread.category.name == "Brakes"
        assert [tag.slug for tag in thread.tags] == ["brakes", "rain"]
        assert [post.number for post in thread.posts] == [1, 2, 3]
        assert thread.posts[1].author.name == "wrench"

    def test_line_breaks_of_plain_text_are_kept(self):
        run(row())
        opening = db.session.scalars(select(Post).where(Post.number == 1)).one()
        assert "<br" in opening.html
        assert opening.html.count("<p>") == 2

    def test_html_becomes_markdown_and_loses_its_scripts(self):
        run(row(html="<p>Use <b>oil</b><script>alert(1)</script> and <a href='/x'>this</a></p>"))
        opening = db.session.scalars(select(Post).where(Post.number == 1)).one()
        assert "**oil**" in opening.body
        assert "script" not in opening.html

    def test_votes_are_kept_as_counts_without_voters(self):
        run(row())
        reply = db.session.scalars(select(Post).where(Post.number == 2)).one()
        assert (reply.helpful_count, reply.imported_helpful) == (3, 3)

    def test_a_balance_below_zero_counts_as_no_vote_and_is_reported(self):
        bad = row(replies=[row()["replies"][0] | {"helpful": 0, "score": -2}])
        report = run(bad)
        assert report.votes_against == 2
        assert db.session.scalar(select(Post.helpful_count).where(Post.number == 2)) == 0

    def test_what_was_spam_there_is_hidden_here(self):
        report = run(row())
        spam = db.session.scalars(select(Post).where(Post.number == 3)).one()
        assert report.spam == 1
        assert spam.state is State.HIDDEN
        assert db.session.scalar(select(Thread.posts_count)) == 2

    def test_an_accepted_answer_stays_accepted(self):
        report = run(row(accepted_id="t1-r1"))
        assert report.accepted == 1
        assert db.session.scalar(select(Thread.is_solved)) is True
        assert db.session.scalars(select(Post.number).where(Post.is_accepted)).all() == [2]

    def test_the_source_is_kept_for_attribution(self):
        run(row(source_url="https://example.org/q/1", licence="CC-BY-SA-3.0"))
        thread = db.session.scalars(select(Thread)).one()
        assert (thread.source_url, thread.source_licence) == (
            "https://example.org/q/1",
            "CC-BY-SA-3.0",
        )

    def test_a_second_run_adds_nothing(self):
        run(row())
        again = run(row())
        assert (again.threads, again.posts, again.members, again.known) == (0, 0, 0, 1)
        assert (count(Thread.id), count(Post.id)) == (1, 3)

    def test_a_second_run_adds_the_replies_that_came_since(self):
        run(row())
        later = row()
        later["replies"].append(
            {"id": "r3", "author": "wrench", "created": "2024-01-01T00:00:00", "text": "Well?"}
        )
        report = run(later)
        assert (report.threads, report.posts, report.known_posts) == (0, 1, 3)
        assert db.session.scalar(select(Thread.next_number)) == 5

    def test_one_id_twice_in_a_file_is_one_thread(self):
        report = run(row(), row())
        assert (report.threads, report.known) == (1, 1)

    def test_nothing_of_it_reaches_the_other_brand(self):
        run(row())
        db.session.commit()
        brand = db.session.scalars(select(Thread.brand_id)).one()
        assert brand == VELORA


@pytest.mark.usefixtures("in_velora")
class TestBadRows:
    @pytest.mark.parametrize(
        ("bad", "why"),
        [
            ("{not json", "not JSON"),
            ("[1, 2]", "not a JSON object"),
            (row(title=""), "title"),
            (row(title=7), "title"),
            (row(title="x" * 300), "title"),
            (row(created="yesterday"), "created"),
            (row(created=(now() + timedelta(days=3)).isoformat()), "in the future"),
            (row(text="  \n "), "no text"),
            (row(text="x" * 40_000), "characters"),
            (row(views="many"), "views"),
            ({k: v for k, v in row().items() if k != "author"}, "author"),
        ],
    )
    def test_a_bad_row_is_reported_by_line_and_the_others_come_in(self, bad, why):
        report = run(row(id="a"), bad, row(id="b"))
        assert report.threads == 2
        [(line, reason)] = report.bad_rows
        assert line == 2
        assert why in reason
        assert report.rows == report.threads + report.known + len(report.bad_rows)

    def test_a_bad_reply_does_not_take_its_thread_along(self):
        bad = row()
        bad["replies"].append({"id": "r9", "author": "", "created": "2023-11-01", "text": "x"})
        bad["replies"].append("not even an object")
        report = run(bad)
        assert (report.threads, report.posts) == (1, 3)
        assert [line for line, _reason in report.bad_replies] == [1, 1]

    def test_a_reply_whose_id_another_message_has_is_reported(self):
        report = run(row(id="a"), row(id="b", replies=row(id="a")["replies"]))
        assert (report.threads, report.posts) == (2, 4)
        assert [line for line, _reason in report.bad_replies] == [2, 2]


@pytest.mark.usefixtures("in_velora")
class TestDryRun:
    def test_a_dry_run_writes_nothing(self):
        before = (count(Thread.id), count(Member.id), count(Category.id))
        run(row(), dry_run=True)
        assert (count(Thread.id), count(Member.id), count(Category.id)) == before

    def test_a_dry_run_tells_what_the_run_will_do(self):
        rows = [row(), row(id="t2", accepted_id="t2-r1"), row(id="t2"), "nonsense"]
        assert run(*rows, dry_run=True) == run(*rows)
        assert run(*rows, dry_run=True) == run(*rows)


def test_a_brand_imports_what_another_has_without_meeting_it(app):
    for brand_id in (1, 2):
        with app.app_context(), brand_scope(brand_id):
            assert run(row()).threads == 1
            assert count(Thread.id) == 1
