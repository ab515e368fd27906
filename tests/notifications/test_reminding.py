"""Reminders of bookmarks: told once, at their moment, of what may still be read."""

from datetime import timedelta

import pytest

from community.events import ReminderSet
from community.kernel import bus
from community.kernel.db import db, now
from community.notifications import reminding
from community.notifications.models import Notification
from community.threads import bookmarks, removal
from community.threads.bookmarks import Bookmark
from community.threads.models import Post
from tests.conftest import who

SOON = timedelta(hours=1)


class Clock:
    """The time of the queue and of reminders, to be moved on."""

    def __init__(self, monkeypatch):
        self._on = timedelta(0)
        for module in (bus, reminding, bookmarks):
            monkeypatch.setattr(module, "now", lambda: now() + self._on)

    def go_on(self, by: timedelta) -> None:
        self._on += by


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


@pytest.fixture
def post(lune):
    """The id of an opening post that Ben wants to be reminded of in an hour."""
    post_id = lune.opening(lune.start("ada"))
    remind(lune, post_id, SOON)
    lune.settle()
    return post_id


def remind(here, post_id: int, ahead: timedelta | None, username: str = "ben") -> None:
    with here.open():
        marked = bookmarks.bookmark(who(username), db.session.get_one(Post, post_id))
        moment = bookmarks.now() + ahead if ahead else None
        bookmarks.change(who(username), marked, note="Try it", remind_at=moment)


def test_a_reminder_is_told_and_mailed_once_at_its_moment(lune, velora, postbox, post, clock):
    lune.settle()
    assert lune.told() == []
    clock.go_on(SOON - timedelta(minutes=1))
    lune.settle()
    assert lune.told() == []
    clock.go_on(timedelta(minutes=2))
    lune.settle()
    assert lune.told() == [("ben", "reminder", post)]
    assert [to for _from, everyone in postbox.envelopes for to in everyone] == ["ben@example.com"]
    with lune.open():
        marked = db.session.scalars(db.select(Bookmark)).one()
        assert (marked.remind_at, marked.note) == (None, "Try it")
        for _again in range(2):
            reminding.of_reminder(ReminderSet(bookmark_id=marked.id))
    lune.settle()
    assert lune.told() == [("ben", "reminder", post)]
    assert len(postbox.envelopes) == 1
    assert velora.told() == []


def test_a_reminder_that_moved_is_told_at_its_new_moment_alone(lune, post, clock):
    remind(lune, post, 3 * SOON)
    clock.go_on(2 * SOON)
    lune.settle()
    assert lune.told() == []
    clock.go_on(2 * SOON)
    lune.settle()
    assert lune.told() == [("ben", "reminder", post)]


def test_a_reminder_that_came_forward_is_told_once(lune, postbox, post, clock):
    remind(lune, post, timedelta(minutes=10))
    clock.go_on(timedelta(minutes=11))
    lune.settle()
    assert lune.told() == [("ben", "reminder", post)]
    clock.go_on(SOON)
    lune.settle()
    assert len(postbox.envelopes) == 1


def test_nobody_is_reminded_of_what_was_unmarked(lune, postbox, post, clock):
    with lune.open():
        bookmarks.remove(who("ben"), db.session.get_one(Post, post))
    clock.go_on(2 * SOON)
    lune.settle()
    assert (lune.told(), postbox.envelopes) == ([], [])


def test_nobody_is_reminded_who_wishes_no_reminder_any_more(lune, post, clock):
    remind(lune, post, None)
    clock.go_on(2 * SOON)
    lune.settle()
    assert lune.told() == []


def test_nobody_is_reminded_of_what_may_not_be_read_any_more(lune, postbox, post, clock):
    lune.act(removal.hide, "mod", post, reason="Unkind")
    clock.go_on(2 * SOON)
    lune.settle()
    assert [told for told in lune.told() if told[1] == "reminder"] == []
    assert "ben@example.com" not in [to for _from, all_ in postbox.envelopes for to in all_]
    lune.act(removal.restore, "mod", post)
    clock.go_on(2 * SOON)
    lune.settle()
    assert [told for told in lune.told() if told[1] == "reminder"] == []


def test_a_notice_that_was_read_is_unread_again(lune, clock):
    post_id = lune.opening(lune.start("ada", body="Hello @ben"))
    lune.settle()
    with lune.open():
        db.session.scalars(db.select(Notification)).one().read_at = now()
    remind(lune, post_id, SOON)
    clock.go_on(2 * SOON)
    lune.settle()
    assert lune.told() == [("ben", "reminder", post_id)]
    with lune.open():
        assert db.session.scalars(db.select(Notification)).one().read_at is None


def test_who_wishes_no_such_mail_is_told_in_the_community_only(lune, postbox, post, clock):
    lune.change("ben", mails_mentions=False)
    clock.go_on(2 * SOON)
    lune.settle()
    assert lune.told() == [("ben", "reminder", post)]
    assert postbox.envelopes == []


def test_the_page_of_notifications_and_the_mail_say_why(lune, visit, postbox, post, clock):
    clock.go_on(2 * SOON)
    lune.settle()
    page = visit("ben").get("/notifications").text
    assert "Night serum in summer" in page
    [mail] = lune.mails()
    assert "because you asked Maison Lune to remind you" in mail.text or mail.sent_at


def test_reading_a_thread_reads_its_notices_as_far_as_one_came(lune, velora, visit):
    threads = []
    for here in (lune, velora):
        threads.append(here.start("ada"))
        here.reply("ben", threads[-1], "Hello @cleo")
        here.reply("ben", threads[-1], "And once more, @cleo")
        here.settle()
    visit("cleo").post(f"/t/{threads[0]}/read", data={"number": "2", "beacon": "1"})

    def unread(here):
        with here.open():
            notices = db.session.scalars(
                db.select(Notification).where(Notification.member_id == who("cleo").id)
            )
            return sorted(notice.post.number for notice in notices if notice.read_at is None)

    assert unread(lune) == [3]
    assert unread(velora) == [2, 3]
