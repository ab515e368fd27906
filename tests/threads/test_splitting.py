"""Posts leave a thread, for a new one or another, and come back."""

import pytest
from sqlalchemy import select

from community.events import ThreadSplit
from community.kernel.db import db
from community.kernel.errors import Conflict, Forbidden, Invalid
from community.threads import places, reach, reading, removal, splitting, undoing, votes
from community.threads.merging import Keep, merge
from community.threads.models import Access, Follow, State, Thread
from community.threads.splitting import move_posts, split_off
from tests.conftest import who
from tests.threads.acting import published
from tests.threads.saying import a_reply, opening
from tests.threads.tidying import a_talk, follow, place, post_at, posts_in, rows

TITLE = "And what about the snow then?"


@pytest.fixture
def talk(in_lune):
    """A talk of Ada's with replies of Ben, Cleo, Ben and Eve."""
    thread = a_talk("ada", "ben", "cleo", "ben", "eve", tags=["rain"])
    db.session.commit()
    return thread


def ids(thread, *numbers):
    return [post_at(thread, number).id for number in numbers]


def new_thread(act) -> Thread:
    return db.session.get_one(
        Thread, next(one.thread_id for one in act.threads if one.part == "into")
    )


def test_the_earliest_post_opens_the_new_thread_and_owns_it(talk):
    act = split_off(who("mod"), talk, ids(talk, 5, 3, 4), title=TITLE, tags=["snow"])
    new = new_thread(act)
    assert posts_in(new) == [(1, "cleo"), (2, "ben"), (3, "eve")]
    assert posts_in(talk) == [(1, "ada"), (2, "ben")]
    assert (new.title, new.author.username, new.tag_slugs) == (TITLE, "cleo", ["snow"])
    assert (new.category_id, new.kind, new.next_number) == (talk.category_id, talk.kind, 4)
    assert new.created_at == opening(new).created_at
    assert new.excerpt == "What cleo knows."
    assert talk.next_number == 6  # numbers are not used again
    assert published(ThreadSplit)[0]["is_new"]
    rows()


def test_the_new_thread_may_be_elsewhere_if_that_is_meant(talk):
    with pytest.raises(Invalid) as refusal:
        split_off(who("mod"), talk, ids(talk, 3), title=TITLE, category=place("club"))
    assert refusal.value.field == "accept_readers"
    act = split_off(
        who("mod"), talk, ids(talk, 3), title=TITLE, category=place("club"), accept_readers=True
    )
    assert new_thread(act).category.slug == "club"
    rows()


def test_authors_who_follow_the_old_thread_follow_the_new_one(talk):
    follow("oli", talk)
    new = new_thread(split_off(who("mod"), talk, ids(talk, 3), title=TITLE))
    theirs = set(db.session.scalars(select(Follow.member_id).where(Follow.thread_id == new.id)))
    assert theirs == {who("cleo").id}


def test_what_was_read_stays_read_in_the_new_thread(talk):
    reading.mark_read(who("oli"), talk, 4)
    new = new_thread(split_off(who("mod"), talk, ids(talk, 3, 4, 5), title=TITLE))
    assert reading.reader_of(who("oli"), new, [opening(new)]).last_read == 2
    assert reading.reader_of(who("mia"), new, [opening(new)]).last_read == 0


def test_old_places_lead_to_where_the_posts_are(talk):
    moved = ids(talk, 3)[0]
    split_off(who("mod"), talk, [moved], title=TITLE)
    assert places.post_now(who("ada"), talk.id, 3).id == moved
    assert reach.post_or_missing(who("ada"), moved).thread.title == TITLE


def test_undoing_puts_every_post_back_in_its_place(talk):
    before = rows()
    act = split_off(who("mod"), talk, ids(talk, 3, 5), title=TITLE, reason="Off topic")
    new = new_thread(act)
    undoing.undo(who("mod"), act)
    after = rows()
    for name in ("post", "member", "category", "helpful_vote", "thread_tag"):
        assert after[name] == before[name], name
    assert before["thread"][0] in after["thread"]
    assert (new.state, new.merged_into_id, posts_in(new)) == (State.DELETED, talk.id, [])
    assert places.thread_now(who("ada"), new.id) is talk
    assert places.post_now(who("ada"), new.id, 2).number == 5


def test_later_replies_come_back_with_the_posts_behind_the_last(talk):
    act = split_off(who("mod"), talk, ids(talk, 3), title=TITLE)
    new = new_thread(act)
    late = a_reply(new, "oli", "About the snow.")
    votes.vote_helpful(who("eve"), late)
    a_reply(talk, "mia", "About the rain.")
    undoing.undo(who("mod"), act)
    assert posts_in(talk) == [
        (1, "ada"), (2, "ben"), (3, "cleo"), (4, "ben"), (5, "eve"), (6, "mia"), (7, "oli"),
    ]  # fmt: skip
    assert late.helpful_count == 1
    following = select(Follow.member_id).where(Follow.thread_id == talk.id)
    assert who("oli").id in set(db.session.scalars(following))
    rows()


def test_posts_go_to_another_thread_and_come_back_to_the_letter(talk):
    other = a_talk("eve", "mia")
    before = rows()
    act = move_posts(who("mod"), talk, ids(talk, 4, 2), other)
    assert posts_in(other) == [(1, "eve"), (2, "mia"), (3, "ben"), (4, "ben")]
    assert not published(ThreadSplit)[0]["is_new"]
    rows()
    undoing.undo(who("mod"), act)
    assert rows() == before


def test_a_hidden_post_moves_hidden_and_cannot_open_a_thread(talk):
    removal.hide(who("mod"), post_at(talk, 2), reason="spam")
    with pytest.raises(Invalid, match="cannot open"):
        split_off(who("mod"), talk, ids(talk, 2, 3), title=TITLE)
    other = a_talk("eve")
    move_posts(who("mod"), talk, ids(talk, 2), other)
    assert not post_at(other, 2).is_visible
    assert other.posts_count == 1
    rows()


class TestRefusals:
    @pytest.mark.parametrize(
        ("numbers", "message"), [((), "at least one"), ((1, 2), "opens the thread")]
    )
    def test_nothing_and_the_first_post(self, talk, numbers, message):
        with pytest.raises(Invalid, match=message):
            split_off(who("mod"), talk, ids(talk, *numbers), title=TITLE)

    def test_posts_of_another_thread_do_not_come_along(self, talk):
        other = a_talk("eve", "mia")
        new = new_thread(split_off(who("mod"), talk, ids(talk, 2) + ids(other, 2), title=TITLE))
        assert (posts_in(new), len(posts_in(other))) == ([(1, "ben")], 2)

    def test_a_title_that_cannot_be(self, talk):
        with pytest.raises(Invalid) as refusal:
            split_off(who("mod"), talk, ids(talk, 2), title="Short")
        assert refusal.value.field == "title"

    def test_members(self, talk):
        with pytest.raises(Forbidden):
            split_off(who("ada"), talk, ids(talk, 2), title=TITLE)

    def test_the_same_thread_and_threads_for_the_brand_alone(self, talk):
        with pytest.raises(Invalid, match="in this thread already"):
            move_posts(who("mod"), talk, ids(talk, 2), talk)
        other = a_talk("eve")
        other.access, other.was_private = Access.BRAND, True
        db.session.flush()
        with pytest.raises(Conflict, match="stay together"):
            move_posts(who("mod"), talk, ids(talk, 2), other)

    def test_a_preview_that_is_not_true_any_more(self, talk):
        chosen = ids(talk, 2, 3)
        seen = splitting.plan_split(who("mod"), talk, chosen).version
        removal.hide(who("mod"), post_at(talk, 3), reason="spam")
        with pytest.raises(Conflict, match="Have another look"):
            split_off(who("mod"), talk, chosen, title=TITLE, seen=seen)

    def test_two_accepted_answers_force_a_choice(self, talk):
        other = a_talk("eve", "mia")
        mine, theirs = post_at(talk, 2), post_at(other, 2)
        mine.is_accepted = theirs.is_accepted = True
        db.session.flush()
        with pytest.raises(Invalid) as refusal:
            move_posts(who("mod"), talk, [mine.id], other)
        assert refusal.value.field == "accepted"
        act = move_posts(who("mod"), talk, [mine.id], other, accepted=Keep.OTHERS)
        assert (mine.is_accepted, theirs.is_accepted) == (True, False)
        undoing.undo(who("mod"), act)
        assert (mine.is_accepted, theirs.is_accepted) == (True, True)

    def test_undoing_when_the_new_thread_was_merged_away_or_the_old_one(self, talk):
        act = split_off(who("mod"), talk, ids(talk, 3), title=TITLE)
        later = merge(who("mod"), a_talk("eve"), [new_thread(act)])
        with pytest.raises(Conflict, match="later change first"):
            undoing.undo(who("mod"), act)
        undoing.undo(who("mod"), later)
        later = merge(who("mod"), a_talk("eve"), [talk])
        with pytest.raises(Conflict, match="Undo that first"):
            undoing.undo(who("mod"), act)
        undoing.undo(who("mod"), later)
        undoing.undo(who("mod"), act)
        rows()
