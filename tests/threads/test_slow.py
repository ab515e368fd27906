"""Slow mode: members wait between two posts, staff does not."""

from datetime import timedelta

import pytest

from community.events import ThreadSlowed
from community.kernel.db import db, now
from community.kernel.errors import Conflict, Forbidden, Invalid, TooMany
from community.kernel.tenancy import brand_scope
from community.threads import removal, service, slow, undoing
from community.threads.models import Thread
from community.threads.slow import slow_down
from tests.conftest import who
from tests.factories import LUNE
from tests.threads.acting import at_once, published
from tests.threads.saying import a_reply, a_thread


@pytest.fixture
def thread(in_lune):
    """A thread of Ada's in which everybody waits five minutes, for an hour."""
    thread = a_thread("ada")
    slow_down(who("mod"), thread, seconds=300, lasting=3600, reason="Calm down")
    db.session.commit()
    return thread


def test_a_member_waits_and_is_told_for_how_long(thread):
    first = a_reply(thread, "ben")
    with pytest.raises(TooMany, match="again in 5 minutes") as refusal:
        a_reply(thread, "ben")
    assert 295 < refusal.value.retry_after <= 300
    a_reply(thread, "cleo")
    first.created_at = now() - timedelta(seconds=301)
    db.session.flush()
    a_reply(thread, "ben")


def test_the_opening_post_is_nothing_to_wait_for(thread):
    a_reply(thread, "ada")


def test_staff_does_not_wait(thread):
    a_reply(thread, "mod")
    a_reply(thread, "mod")
    assert slow.free_at(who("mod"), thread) is None


def test_a_removed_post_of_ones_own_still_counts(thread):
    removal.delete(who("ben"), a_reply(thread, "ben"))
    with pytest.raises(TooMany):
        a_reply(thread, "ben")


def test_an_older_post_is_not_changed_while_its_author_waits(thread):
    old = a_reply(thread, "ben")
    old.created_at = now() - timedelta(minutes=20)
    db.session.flush()
    fresh = a_reply(thread, "ben")
    service.edit(who("ben"), fresh, body="A slip of the pen is put right.")
    with pytest.raises(TooMany):
        service.edit(who("ben"), old, body="And another thing.")
    service.edit(who("mod"), old, body="Staff may.")
    assert old.body == "Staff may."


def test_it_ends_by_itself_and_by_hand(thread):
    a_reply(thread, "ben")
    thread.slow_until = now() - timedelta(seconds=1)
    db.session.flush()
    a_reply(thread, "ben")
    with pytest.raises(Conflict, match="not in slow mode"):
        slow_down(who("mod"), thread, seconds=0)
    act = slow_down(who("mod"), thread, seconds=30)
    assert (thread.slow_until, thread.is_slow) == (None, True)
    slow_down(who("mod"), thread, seconds=0)
    assert not thread.is_slow
    with pytest.raises(Conflict, match="changed again"):
        undoing.undo(who("mod"), act)
    assert [event["seconds"] for event in published(ThreadSlowed)] == [300, 30, 0]


def test_undoing_takes_the_earlier_wait_up_again(thread):
    until = thread.slow_until
    undoing.undo(who("mod"), slow_down(who("mod"), thread, seconds=30))
    assert (thread.slow_seconds, thread.slow_until) == (300, until)


def test_members_may_not_and_odd_numbers_are_refused(thread):
    with pytest.raises(Forbidden):
        slow_down(who("ada"), thread, seconds=300)
    for values, field in (({"seconds": 7}, "seconds"), ({"seconds": 30, "lasting": 5}, "lasting")):
        with pytest.raises(Invalid) as refusal:
            slow_down(who("mod"), thread, **values)
        assert refusal.value.field == field


def test_two_replies_at_once_do_not_slip_through_together(app):
    with app.app_context(), brand_scope(LUNE):
        thread = a_thread("ada")
        slow_down(who("mod"), thread, seconds=300)
        thread_id = thread.id
        db.session.commit()

    def reply(ready):
        thread, author = db.session.get_one(Thread, thread_id), who("ben")
        assert thread.category
        ready()
        return service.reply(author, thread, body="At once.").number

    outcome = at_once(app, *[reply] * 3)
    assert outcome.returned == [2]
    assert [type(error) for error in outcome.refused] == [TooMany] * 2


@pytest.mark.once
@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (30, "30 seconds"),
        (61, "61 seconds"),
        (300, "5 minutes"),
        (3599, "1 hour"),
        (3601, "61 minutes"),
        (14400, "4 hours"),
        (86400, "1 day"),
        (604800, "7 days"),
    ],
)
def test_waits_are_said_in_their_own_unit(in_lune, seconds, said):
    assert slow.words(seconds) == said


def test_what_was_typed_too_early_is_not_lost(app, visit):
    with app.app_context(), brand_scope(LUNE):
        thread = a_thread("ada")
        slow_down(who("mod"), thread, seconds=900)
        thread_id = thread.id
        db.session.commit()
    ben = visit("ben")
    assert "This thread is in slow mode" in ben.get(f"/t/{thread_id}", follow_redirects=True).text
    ben.post(f"/t/{thread_id}/reply", data={"body": "My first word."})
    page = ben.get(f"/t/{thread_id}", follow_redirects=True).text
    assert "You can post again at" in page
    answer = ben.post(f"/t/{thread_id}/reply", data={"body": "My second word."})
    assert (answer.status_code, "My second word." in answer.text) == (429, True)
    assert int(answer.headers["Retry-After"]) > 800
