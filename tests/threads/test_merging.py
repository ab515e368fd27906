"""Several threads become one, and several again."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from community.events import ActUndone, StaffActTold, ThreadsMerged
from community.kernel.db import db, now
from community.kernel.errors import Conflict, Forbidden, Invalid
from community.kernel.tenancy import brand_scope
from community.threads import (
    counts,
    merging,
    moves,
    places,
    reach,
    reading,
    removal,
    service,
    standing,
    undoing,
    votes,
)
from community.threads.merging import Keep, merge
from community.threads.models import Access, Follow, HelpfulVote, Post, PostQuote, State, Thread
from community.threads.staff_acts import act_or_missing
from tests.conftest import who
from tests.factories import LUNE
from tests.threads.acting import at_once, published
from tests.threads.saying import a_reply, a_thread, opening
from tests.threads.tidying import a_talk, follow, place, post_at, posts_in, rows


@pytest.fixture
def pair(in_lune):
    """A talk of Ada's with two replies and, later, one of Cleo's about the same with two."""
    target = a_talk("ada", "ben", "eve", tags=["rain"])
    other = a_talk("cleo", "ben", "ada", category="club", title="Rain again, what to do?")
    other.put_in(place("general"))
    counts.recount()
    db.session.commit()
    return target, other


def followers(thread):
    return set(db.session.scalars(select(Follow.member_id).where(Follow.thread_id == thread.id)))


def test_the_posts_of_the_other_come_behind_by_their_time(pair):
    target, other = pair
    act = merge(who("mod"), target, [other])
    assert posts_in(target) == [
        (1, "ada"), (2, "ben"), (3, "eve"), (4, "cleo"), (5, "ben"), (6, "ada"),
    ]  # fmt: skip
    assert (target.title, target.author.username) == ("Does rain harm it in the long run?", "ada")
    assert (target.posts_count, target.next_number, posts_in(other)) == (6, 7, [])
    assert published(ThreadsMerged) == [
        {
            "thread_id": target.id,
            "merged_ids": [other.id],
            "act_id": act.id,
            "merged_by_id": who("mod").id,
        }
    ]
    rows()


def test_several_threads_are_ordered_by_time_among_each_other(in_lune):
    target = a_talk("ada")
    first = a_talk("ben")
    second = a_talk("cleo")
    a_reply(first, "eve")
    a_reply(second, "mia")
    merge(who("mod"), target, [second, first])
    assert [name for _number, name in posts_in(target)] == ["ada", "ben", "cleo", "eve", "mia"]
    rows()


def test_the_newest_post_leads_the_list_although_older_ones_stand_behind_it(in_lune):
    old = a_talk("ben", "eve")
    target = a_talk("ada", "cleo")
    last = target.last_post_at
    merge(who("mod"), target, [old])
    assert posts_in(target)[-1] == (4, "eve")
    assert (target.last_post_at, target.last_author.username) == (last, "cleo")


def test_votes_quotes_and_followers_come_along(pair):
    target, other = pair
    follow("eve", other)
    quoted = post_at(other, 2)
    quoting = a_reply(target, "eve", f"> [@ben #2](/t/{other.id}/x?post={quoted.id}#post-2)\n\nYes")
    merge(who("mod"), target, [other])
    db.session.commit()
    assert db.session.scalars(select(PostQuote.post_id)).all() == [quoting.id]
    assert votes.vote_helpful(who("cleo"), db.session.get_one(Post, quoted.id))
    assert {who(name).id for name in ("ada", "ben", "cleo", "eve")} <= followers(target)
    rows()


def test_undoing_brings_back_every_row_to_the_letter(pair):
    target, other = pair
    follow("mia", other)
    follow("mia", target)
    follow("oli", other)
    removal.hide(who("mod"), post_at(other, 3), reason="off topic")
    post_at(other, 2).is_accepted = post_at(target, 2).is_accepted = True
    counts.settle(target), counts.settle(other)
    before = rows()
    act = merge(who("mod"), target, [other], accepted=Keep.OTHERS, reason="The same question")
    between = rows()
    assert between["post"] != before["post"]
    assert between["follow"] != before["follow"]
    assert len(between["former_place"]) == 3
    undoing.undo(who("mia"), act)
    assert rows() == before
    assert (act.undone_by.username, act.reason) == ("mia", "The same question")
    assert published(ActUndone)[0]["thread_ids"] == sorted([target.id, other.id])


def test_what_was_read_stays_read(pair):
    target, other = pair
    for name, here, there in (("mia", 3, 3), ("eve", 3, 2), ("oli", 2, 3), ("mod", 0, 3)):
        for thread, number in ((target, here), (other, there)):
            if number:
                reading.mark_read(who(name), thread, number)
    before = rows()
    act = merge(who("mod"), target, [other])
    marks = {
        name: reading.reader_of(who(name), target, [opening(target)]).last_read
        for name in ("mia", "eve", "oli", "mod")
    }
    assert marks == {"mia": 6, "eve": 5, "oli": 2, "mod": 0}
    undoing.undo(who("mod"), act)
    assert rows() == before


def test_no_mark_is_left_beyond_the_last_post(pair):
    target, other = pair
    act = merge(who("mod"), target, [other])
    reading.mark_read(who("mia"), target, 6)
    undoing.undo(who("mod"), act)
    assert reading.reader_of(who("mia"), target, [opening(target)]).last_read == 3


def test_what_happens_meanwhile_stays_when_it_is_undone(pair):
    target, other = pair
    act = merge(who("mod"), target, [other])
    moved = post_at(target, 5)
    votes.vote_helpful(who("cleo"), moved)
    service.edit(who("mod"), moved, body="Said better.")
    late = a_reply(target, "oli", "I come late.")
    standing.unfollow(who("cleo"), target)
    removal.hide(who("mod"), post_at(target, 6), reason="off topic")
    undoing.undo(who("mod"), act)
    assert posts_in(target) == [(1, "ada"), (2, "ben"), (3, "eve"), (7, "oli")]
    assert posts_in(other) == [(1, "cleo"), (2, "ben"), (3, "ada")]
    assert (late.number, target.next_number, moved.thread_id) == (7, 8, other.id)
    assert (moved.body, moved.helpful_count) == ("Said better.", 2)
    assert (other.posts_count, target.posts_count, other.state) == (2, 4, State.VISIBLE)
    rows()


def test_a_thread_whose_opening_was_hidden_meanwhile_comes_back_hidden(pair):
    target, other = pair
    act = merge(who("mod"), target, [other])
    removal.hide(who("mod"), post_at(target, 4), reason="spam")
    undoing.undo(who("mod"), act)
    assert (other.state, opening(other).state) == (State.HIDDEN, State.HIDDEN)
    rows()


def test_one_act_is_undone_before_an_earlier_one_of_the_same_posts(pair):
    target, other = pair
    first = merge(who("mod"), target, [other])
    end = a_talk("eve")
    second = merge(who("mod"), end, [target])
    with pytest.raises(Conflict, match="later change first"):
        undoing.undo(who("mod"), first)
    undoing.undo(who("mod"), second)
    undoing.undo(who("mod"), first)
    assert len(posts_in(other)) == 3
    rows()


def test_it_can_be_done_and_undone_again(pair):
    target, other = pair
    before = rows()
    for _ in range(2):
        undoing.undo(who("mod"), merge(who("mod"), target, [other]))
    assert rows() == before


def test_undoing_twice_or_after_a_week_is_refused(pair):
    target, other = pair
    act = merge(who("mod"), target, [other])
    act.created_at = now() - timedelta(days=8)
    db.session.flush()
    with pytest.raises(Conflict, match="7 days"):
        undoing.undo(who("mod"), act)
    act.created_at = now()
    undoing.undo(who("mod"), act)
    with pytest.raises(Conflict, match="Already undone by Mod"):
        undoing.undo(who("mia"), act)


def test_a_merged_thread_leads_to_where_its_posts_are(pair):
    target, other = pair
    a_talk("eve")
    merge(who("mod"), target, [other])
    end = a_talk("eve")
    merge(who("mod"), end, [target])
    db.session.commit()
    ada = who("ada")
    assert places.thread_now(ada, other.id) is end
    assert places.post_now(ada, other.id, 2).author.username == "ben"
    assert places.post_now(ada, other.id, 2).thread_id == end.id
    assert places.post_now(ada, other.id, 99) is None
    for name in ("cleo", "mod"):
        with pytest.raises(Exception, match="no such discussion"):
            reach.thread_or_missing(who(name), other.id)


class TestRefusals:
    def test_members_may_not(self, pair):
        with pytest.raises(Forbidden):
            merge(who("ada"), pair[0], [pair[1]])
        with pytest.raises(Forbidden):
            undoing.undo(who("ada"), merge(who("mod"), pair[0], [pair[1]]))

    def test_a_thread_with_itself_or_with_nothing(self, pair):
        with pytest.raises(Invalid):
            merge(who("mod"), pair[0], [pair[0]])
        with pytest.raises(Invalid):
            merge(who("mod"), pair[0], [])

    def test_a_thread_that_is_removed_or_merged_already(self, pair):
        target, other = pair
        removal.hide(who("mod"), opening(other), reason="spam")
        with pytest.raises(Conflict, match="hidden or removed"):
            merge(who("mod"), target, [other])
        removal.restore(who("mod"), opening(other))
        merge(who("mod"), target, [other])
        with pytest.raises(Conflict, match="was merged"):
            merge(who("mod"), a_talk("eve"), [other])

    def test_two_accepted_answers_force_a_choice(self, pair):
        target, other = pair
        mine, theirs = post_at(target, 2), post_at(other, 2)
        mine.is_accepted = theirs.is_accepted = True
        db.session.flush()
        with pytest.raises(Invalid) as refusal:
            merge(who("mod"), target, [other])
        assert refusal.value.field == "accepted"
        act = merge(who("mod"), target, [other], accepted=Keep.TARGET)
        assert (mine.is_accepted, theirs.is_accepted, target.is_solved) == (True, False, True)
        undoing.undo(who("mod"), act)
        assert (mine.is_accepted, theirs.is_accepted) == (True, True)
        assert (target.is_solved, other.is_solved) == (True, True)

    def test_other_readers_have_to_be_meant(self, in_lune):
        target, other = a_talk("ada"), a_talk("ben", category="club")
        with pytest.raises(Invalid) as refusal:
            merge(who("mod"), target, [other])
        assert refusal.value.field == "accept_readers"
        merge(who("mod"), target, [other], accept_readers=True)
        rows()

    def test_what_is_between_a_member_and_the_brand_never_opens_this_way(self, in_lune):
        target, other = a_talk("ada"), a_talk("ben")
        other.access, other.was_private = Access.BRAND, True
        counts.recount()
        with pytest.raises(Conflict, match="between its author"):
            merge(who("mod"), target, [other], accept_readers=True)
        with pytest.raises(Conflict, match="between its author"):
            merge(who("mod"), other, [target], accept_readers=True)

    def test_a_preview_that_is_not_true_any_more(self, pair):
        target, other = pair
        seen = merging.plan_merge(who("mod"), target, [other]).version
        a_reply(other, "eve")
        with pytest.raises(Conflict, match="Have another look"):
            merge(who("mod"), target, [other], seen=seen)
        seen = merging.plan_merge(who("mod"), target, [other]).version
        merge(who("mod"), target, [other], seen=seen)

    def test_an_opening_removed_for_good_cannot_come_back(self, pair):
        target, other = pair
        act = merge(who("mod"), target, [other])
        removal.remove_for_good(post_at(target, 4), who("cleo"))
        assert other.title == f"#{other.id}"
        with pytest.raises(Conflict, match="for good"):
            undoing.undo(who("mod"), act)


class TestWhoIsTold:
    def test_authors_and_followers_once_and_never_whoever_does_it(self, pair):
        target, other = pair
        follow("oli", other)
        follow("mod", other)
        follow("eve", target)  # follows what stays as it is
        act = merge(who("mod"), target, [other])
        names = {"ada", "ben", "cleo", "oli"}
        voters = {who("mia").id} & set(map(int, act.told))
        assert (set(map(int, act.told)), voters) == ({who(name).id for name in names}, set())
        assert act.told[str(who("ben").id)] == post_at(target, 5).id
        assert published(StaffActTold) == [{"act_id": act.id}]

    def test_nobody_when_staff_says_so(self, pair):
        act = merge(who("mod"), *[pair[0], [pair[1]]], notify=False)
        assert (act.told, published(StaffActTold)) == ({}, [])


def test_of_two_at_once_one_is_done_and_one_refused(app):
    with app.app_context(), brand_scope(LUNE):
        target, other, third = (a_thread(name).id for name in ("ada", "ben", "cleo"))
        db.session.commit()

    def into(target_id):
        def act(ready):
            one, two = db.session.get_one(Thread, target_id), db.session.get_one(Thread, other)
            assert one.category and two.category
            moderator = who("mod")
            ready()
            return merge(moderator, one, [two]).id

        return act

    outcome = at_once(app, into(target), into(third))
    assert (len(outcome.returned), [type(e) for e in outcome.refused]) == (1, [Conflict])
    with app.app_context(), brand_scope(LUNE):
        rows()
        act = act_or_missing(outcome.returned[0])
        assert [one.thread_id for one in act.threads if one.part == "from"] == [other]


def test_of_two_who_undo_at_once_one_is_refused(app):
    with app.app_context(), brand_scope(LUNE):
        act_id = merge(who("mod"), a_talk("ada", "ben"), [a_talk("cleo", "eve")]).id
        before = rows()
        assert before["former_place"]

    def undo(name):
        def act(ready):
            found, moderator = act_or_missing(act_id), who(name)
            ready()
            undoing.undo(moderator, found)

        return act

    outcome = at_once(app, undo("mod"), undo("mia"))
    assert (len(outcome.returned), [type(e) for e in outcome.refused]) == (1, [Conflict])
    with app.app_context(), brand_scope(LUNE):
        assert rows()["former_place"] == []


def test_votes_cast_while_it_is_merged_are_counted(app):
    with app.app_context(), brand_scope(LUNE):
        target, other = a_thread("ada"), a_thread("ben")
        ids, post_id = (target.id, other.id), a_reply(other, "cleo").id
        db.session.commit()

    def vote(ready):
        post, voter = db.session.get_one(Post, post_id), who("eve")
        assert post.thread.category
        ready()
        return votes.vote_helpful(voter, post)

    def do(ready):
        one, two = (db.session.get_one(Thread, id_) for id_ in ids)
        assert one.category and two.category
        moderator = who("mod")
        ready()
        merge(moderator, one, [two])

    outcome = at_once(app, vote, do)
    assert not outcome.refused or isinstance(outcome.refused[0], Conflict)
    with app.app_context(), brand_scope(LUNE):
        rows()
        cast = db.session.scalars(select(HelpfulVote)).all()
        assert len(cast) == sum(value is True for value in outcome.returned)


def test_the_other_brand_is_as_it_was(app):
    with app.app_context():
        with brand_scope(2):
            theirs = a_talk("ada", "ben").id
            db.session.commit()
        with brand_scope(LUNE):
            act = merge(who("mod"), a_talk("ada", "ben"), [a_talk("cleo")])
            db.session.commit()
            act_id = act.id
            with pytest.raises(Exception, match="no such discussion"):
                places.thread_now(who("mod"), theirs)
        with brand_scope(2):
            assert len(posts_in(db.session.get_one(Thread, theirs))) == 2
            with pytest.raises(Exception, match="no such entry"):
                act_or_missing(act_id)


def test_a_move_after_a_merge_is_no_reason_not_to_undo_it(pair):
    target, other = pair
    act = merge(who("mod"), target, [other])
    moves.move(who("mod"), [target], place("club"), accept_readers=True)
    undoing.undo(who("mod"), act)
    assert (target.category.slug, other.category.slug) == ("club", "general")
    rows()
