"""The ledger follows the log in the database, exactly once, and can be read and counted again."""

import threading

import pytest
from sqlalchemy import select, update

from community.events import MemberErased, PointsCounted
from community.kernel import bus
from community.kernel.db import db
from community.kernel.errors import Forbidden, Missing
from community.kernel.policy import require
from community.kernel.tenancy import brand_scope
from community.permissions import Can
from community.scoring import follower, ledger
from community.scoring.models import LedgerCursor, MemberScore, PointsEntry
from community.threads import removal, votes
from tests.conftest import who
from tests.factories import LUNE, VELORA
from tests.threads.acting import published
from tests.threads.saying import a_reply, a_thread


@pytest.fixture
def follow(app):
    """Number the log and count it, as a worker does."""

    def run():
        with app.app_context():
            while bus.assign_positions():
                pass
            follower.Follower()()

    return run


@pytest.fixture
def lived(app, follow):
    """Ada asked, Ben answered and Cleo found it helpful, in one of the brands."""
    with app.app_context(), brand_scope(LUNE):
        thread = a_thread("ada")
        reply = a_reply(thread, "ben")
        votes.vote_helpful(who("cleo"), reply)
        db.session.commit()
        ids = thread.id, reply.id
    follow()
    return ids


def points(app, name, brand=LUNE) -> int:
    with app.app_context(), brand_scope(brand):
        return ledger.points_of(who(name).id)


def test_what_happened_is_counted_in_its_brand_alone(app, lived):
    assert [points(app, name) for name in ("ada", "ben", "cleo")] == [5, 7, 0]
    assert points(app, "ben", VELORA) == 0
    with app.app_context(), brand_scope(LUNE):
        told = published(PointsCounted)
        assert told[-1] == {"member_ids": sorted({who("ada").id, who("ben").id})}
        lines = db.session.scalars(select(PointsEntry).order_by(PointsEntry.id)).all()
        assert {line.thread_id for line in lines} == {lived[0]}
        assert all(line.section_id for line in lines)


def test_following_again_counts_nothing_twice(app, lived, follow):
    follow()
    follow()
    assert points(app, "ben") == 7


def test_a_removed_post_takes_its_points_along(app, lived, follow):
    with app.app_context(), brand_scope(LUNE):
        post = db.session.get_one(ledger.Post, lived[1])
        removal.hide(who("mod"), post, reason="Advertising")
        db.session.commit()
    follow()
    assert points(app, "ben") == 0
    with app.app_context(), brand_scope(LUNE):
        removal.restore(who("mod"), db.session.get_one(ledger.Post, lived[1]))
        db.session.commit()
    follow()
    assert points(app, "ben") == 7


def test_two_workers_at_once_count_each_event_once(app, lived):
    with app.app_context(), brand_scope(LUNE):
        for name in ("ada", "ben", "cleo"):
            for _ in range(3):
                a_thread(name)
        db.session.commit()
    with app.app_context():
        while bus.assign_positions():
            pass

    def count():
        with app.app_context():
            follower.Follower()()

    workers = [threading.Thread(target=count) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    count()
    assert [points(app, name) for name in ("ada", "ben", "cleo")] == [5 + 15, 7 + 15, 15]


def test_counting_the_log_again_gives_the_same_ledger(app, lived):
    with app.app_context(), brand_scope(LUNE):
        again = [
            (line.member_id, line.rule, line.points, line.reason) for line in follower.recounted()
        ]
        kept = db.session.scalars(select(PointsEntry).order_by(PointsEntry.id))
        assert again == [(line.member_id, line.rule, line.points, line.reason) for line in kept]
        assert len(again) == 3


def test_the_doctor_finds_a_sum_that_is_wrong_and_mends_it(app, lived):
    with app.app_context(), brand_scope(LUNE):
        assert [tally.wrong for tally in ledger.check(False)] == [[]]
        db.session.execute(update(MemberScore).values(points=1_000))
        db.session.commit()
        assert sum(tally.wrong_count for tally in ledger.check(True)) == 2
        db.session.commit()
        assert [tally.wrong for tally in ledger.check(False)] == [[]]
    assert points(app, "ben") == 7


def test_a_brand_has_one_cursor(app, lived):
    with app.app_context(), brand_scope(LUNE):
        cursor = db.session.scalars(select(LedgerCursor)).one()
        assert cursor.position >= 3


class TestThePage:
    def test_a_member_sees_every_line(self, app, lived, visit):
        page = visit("ben").get("/m/ben/points")
        assert page.status_code == 200
        text = page.text
        assert "helpful vote received" in text
        assert "+5" in text
        with app.app_context(), brand_scope(LUNE):
            assert db.session.get_one(ledger.Thread, lived[0]).title in text

    def test_of_others_the_lines_are_the_teams_alone(self, lived, visit):
        assert visit("ada").get("/m/ben/points").status_code == 403
        assert visit("mod").get("/m/ben/points").status_code == 200
        assert visit().get("/m/ben/points").status_code == 302  # to sign in

    def test_a_page_that_is_not_there(self, lived, visit):
        assert visit("ben").get("/m/ben/points?page=9").status_code == 404
        assert visit("ben").get("/m/nobody/points").status_code == 404

    def test_whoever_has_no_points_is_told_how_to_get_some(self, visit):
        assert "No points yet" in visit("eve").get("/m/eve/points").text


def test_permission_and_pages_beyond_the_end(in_lune):
    a_thread("ada")
    with pytest.raises(Forbidden):
        require(who("ben"), Can.SEE_POINTS, who("ada"))
    with pytest.raises(Missing):
        ledger.entries_of(who("ada").id, 2)


def test_the_sum_goes_with_the_member_and_the_lines_stay(app, lived):
    with app.app_context(), brand_scope(LUNE):
        ben = who("ben")
        assert [line["rule"] for line in ledger.export(ben)] == ["reply", "helpful_vote"]
        ledger.forget_member(MemberErased(member_id=ben.id))
        db.session.commit()
        assert db.session.get(MemberScore, ben.id) is None
        assert ledger.entries_of(ben.id).total == 2
