"""Who is told of a post, why, and by mail or not."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from community.kernel import text
from community.kernel.bus import Delivery
from community.kernel.db import db, now
from community.members.models import Role
from community.notifications import tell
from community.notifications.models import Notification
from community.threads import removal, service, standing
from community.threads.models import Follow, Post, Thread
from tests.conftest import who
from tests.factories import LUNE, VELORA

BOTH = pytest.mark.parametrize("brand_id", [LUNE, VELORA])


def recipients(postbox):
    return sorted(to for _sender, everyone in postbox.envelopes for to in everyone)


@BOTH
def test_a_mention_in_an_opening_post_is_told_and_mailed_once(community, postbox, brand_id):
    here = community(brand_id)
    thread = here.start("ada", body="Hello @ben and @ben")
    here.settle()
    assert here.told() == [("ben", "mention", here.opening(thread))]
    assert recipients(postbox) == ["ben@example.com"]
    assert community(LUNE + VELORA - brand_id).told() == []


def test_a_reply_tells_the_starter_and_those_who_follow_by_their_reasons(lune):
    thread = lune.start("ada")
    first = lune.reply("ben", thread)
    second = lune.reply("cleo", thread)
    lune.settle()
    assert lune.told() == [
        ("ada", "reply", first),
        ("ada", "reply", second),
        ("ben", "follow", second),
    ]


def test_the_strongest_reason_wins_and_there_is_one_notice(lune, postbox):
    thread = lune.start("ada")
    lune.settle()
    post = lune.reply("ben", thread, body="@ada look")
    lune.settle()
    assert lune.told() == [("ada", "mention", post)]
    assert recipients(postbox) == ["ada@example.com"]


def test_a_quote_tells_who_is_quoted(lune):
    thread = lune.start("ada")
    quoted = lune.reply("ben", thread, body="Words worth quoting")
    with lune.open():
        of = db.session.get_one(Post, quoted)
        url = f"/t/{thread}/{of.thread.slug}#post-{of.number}"
        body = text.quote(of.body, name="Ben", url=url, post_id=quoted) + "Yes"
    post = lune.reply("cleo", thread, body=body)
    lune.settle()
    assert ("ben", "quote", post) in lune.told()
    assert [t for t in lune.told() if t[2] == post and t[0] == "ben"] == [("ben", "quote", post)]


def test_nobody_is_told_of_their_own_post(lune):
    thread = lune.start("ada", body="I, @ada, say so")
    lune.reply("ada", thread, body="and @ada again")
    lune.settle()
    assert lune.told() == []


def test_whoever_stopped_following_is_not_told_even_in_their_own_thread(lune):
    thread = lune.start("ada")
    with lune.open():
        standing.unfollow(who("ada"), db.session.get_one(Thread, thread))
    lune.reply("ben", thread)
    lune.settle()
    assert lune.told() == []


def test_a_mention_of_someone_who_may_not_read_there_tells_them_nothing(lune, postbox):
    lune.start("mod", category="office", body="About @ada, with @mia")
    lune.settle()
    assert [(name, why) for name, why, _post in lune.told()] == [("mia", "mention")]
    assert recipients(postbox) == ["mia@example.com"]


def test_a_follower_who_lost_access_is_told_nothing_more(lune, postbox):
    thread = lune.start("mod", category="office")
    with lune.open():
        db.session.add(Follow(thread_id=thread, member_id=who("mia").id))
    lune.change("mia", role=Role.MEMBER)
    lune.reply("oli", thread)
    lune.settle()
    assert [name for name, _why, _post in lune.told()] == ["mod"]


def test_a_post_hidden_before_its_delivery_tells_nobody_until_it_is_restored(lune, postbox):
    thread = lune.start("ada")
    post = lune.reply("ben", thread, body="@cleo see")
    lune.act(removal.hide, "mod", post, reason="Under review for a while")
    lune.settle()
    assert lune.told() == [] and postbox.messages == []
    lune.act(removal.restore, "mod", post)
    lune.settle()
    assert sorted(lune.told()) == [("ada", "reply", post), ("cleo", "mention", post)]
    assert recipients(postbox) == ["ada@example.com", "cleo@example.com"]


def test_an_edit_tells_only_whom_it_brings_in(lune):
    thread = lune.start("ada")
    post = lune.reply("ben", thread, body="Hello @cleo")
    lune.settle()
    before = lune.told()
    lune.act(service.edit, "ben", post, body="Hello @cleo and @eve")
    lune.settle()
    assert lune.told() == [*before, ("eve", "mention", post)]


def test_an_event_delivered_twice_tells_once(lune, postbox):
    lune.reply("ben", lune.start("ada"))
    lune.settle()
    told = lune.told()
    with lune.open():
        db.session.execute(update(Delivery).values(due_at=now(), done_at=None))
    lune.settle()
    assert lune.told() == told
    assert len(postbox.messages) == 1


def test_a_suspended_member_may_read_and_so_is_told(lune):
    thread = lune.start("ada")
    lune.change("ada", suspended_until=now() + timedelta(days=3))
    post = lune.reply("ben", thread)
    lune.settle()
    assert lune.told() == [("ada", "reply", post)]


def test_an_unconfirmed_address_gets_no_news(lune, postbox):
    lune.change("cleo", confirmed_at=None)
    lune.start("ada", body="Hello @cleo")
    lune.settle()
    assert [name for name, _why, _post in lune.told()] == ["cleo"]
    assert postbox.messages == []


@pytest.mark.parametrize(
    ("switch", "mailed"),
    [("mails_mentions", ["ada@example.com"]), ("mails_replies", ["cleo@example.com"])],
)
def test_a_member_chooses_what_is_mailed(lune, postbox, switch, mailed):
    thread = lune.start("ada")
    lune.change("ada", **{switch: False})
    lune.change("cleo", **{switch: False})
    lune.reply("ben", thread, body="Hello @cleo")
    lune.settle()
    assert recipients(postbox) == mailed
    assert len(lune.told()) == 2


def test_further_replies_are_not_mailed_while_news_of_the_thread_is_unread(lune, postbox):
    thread = lune.start("ada")
    for number in range(3):
        lune.reply("ben", thread, body=f"Reply {number}")
        lune.settle()
    assert recipients(postbox) == ["ada@example.com"]
    lune.reply("ben", thread, body="For @ada")
    lune.settle()
    assert recipients(postbox) == ["ada@example.com"] * 2
    with lune.open():
        db.session.execute(update(Notification).values(read_at=now()))
    lune.reply("ben", thread, body="Now it is mailed again")
    lune.settle()
    assert recipients(postbox) == ["ada@example.com"] * 3


def test_unread_news_older_than_a_day_does_not_hold_mail_back(lune, postbox):
    thread = lune.start("ada")
    lune.reply("ben", thread)
    lune.settle()
    with lune.open():
        yesterday = now() - timedelta(hours=25)
        db.session.execute(update(Notification).values(created_at=yesterday))
    lune.reply("ben", thread)
    lune.settle()
    assert len(postbox.messages) == 2


def test_an_old_post_that_comes_back_is_told_and_not_mailed(lune, postbox):
    thread = lune.start("ada")
    post = lune.reply("ben", thread, body="Hello @cleo")
    lune.act(removal.hide, "mod", post, reason="Under review for a while")
    lune.settle()
    with lune.open():
        long_ago = now() - timedelta(days=4)
        db.session.execute(update(Post).where(Post.id == post).values(created_at=long_ago))
        db.session.execute(update(Follow).values(created_at=long_ago))
    lune.act(removal.restore, "mod", post)
    lune.settle()
    assert len(lune.told()) == 2 and postbox.messages == []


def test_following_later_brings_no_older_posts(lune):
    thread = lune.start("ada")
    post = lune.reply("ben", thread)
    with lune.open():
        standing.follow(who("cleo"), db.session.get_one(Thread, thread))
    lune.settle()
    assert lune.told() == [("ada", "reply", post)]


def test_whoever_replies_has_read_what_came_before(lune, postbox):
    thread = lune.start("ada")
    lune.reply("ben", thread)
    elsewhere = lune.reply("ben", lune.start("ada", title="Another thread of mine"))
    lune.settle()
    lune.reply("ada", thread)
    lune.settle()
    with lune.open():
        waiting = select(Notification.post_id).where(Notification.read_at.is_(None))
        of_ada = waiting.where(Notification.member_id == who("ada").id)
        assert db.session.scalars(of_ada).all() == [elsewhere]
    lune.reply("ben", thread)
    lune.settle()
    assert recipients(postbox).count("ada@example.com") == 3


def test_a_post_that_concerns_many_is_told_in_portions_to_each_once(lune, postbox, monkeypatch):
    monkeypatch.setattr(tell, "PORTION", 2)
    thread = lune.start("ada")
    with lune.open():
        for name in ("cleo", "eve", "mod", "mia", "oli"):
            standing.follow(who(name), db.session.get_one(Thread, thread))
    lune.reply("ben", thread)
    lune.settle()
    names = ["ada", "cleo", "eve", "mia", "mod", "oli"]
    assert sorted(name for name, _why, _post in lune.told()) == names
    assert recipients(postbox) == [f"{name}@example.com" for name in names]


@BOTH
def test_mail_about_threads_names_the_community_as_its_list(community, postbox, brand_id):
    here = community(brand_id)
    here.start("ada", body="Hello @ben")
    here.settle()
    [message] = postbox.messages
    slug = {LUNE: "lune", VELORA: "velora"}[brand_id]
    domain = message["From"].addresses[0].domain
    assert message["List-Id"] == f"<{slug}.{domain}>"
