"""Several people at the same moment: nothing is lost, and each contest has one winner."""

import pytest
from sqlalchemy import func, select

from community.events import HelpfulVoteGiven, PostAdded, PostDeleted, PostHidden, ThreadStarted
from community.kernel.db import db
from community.kernel.errors import Conflict, Forbidden, TooMany
from community.kernel.tenancy import brand_scope
from community.threads import counts, removal, service, standing, votes
from community.threads.models import Category, Follow, HelpfulVote, Post, State, Tag, Thread
from tests.conftest import who
from tests.factories import LUNE
from tests.threads.acting import at_once, published
from tests.threads.saying import BODY, TITLE, a_reply, a_thread, opening


@pytest.fixture
def ids(app):
    """A thread of Ada's with a reply of Ben's: (thread id, id of the first post, of the reply)."""
    with app.app_context(), brand_scope(LUNE):
        thread = a_thread("ada")
        reply = a_reply(thread, "ben")
        db.session.commit()
        return thread.id, opening(thread).id, reply.id


@pytest.fixture
def afterwards(app, ids):
    """Look at what is there now, in a fresh session; counters must be right whatever came."""

    def look(question):
        with app.app_context(), brand_scope(LUNE):
            assert counts.recount() == 0
            return question()

    return look


def loaded(model, id_):
    row = db.session.get_one(model, id_)
    if isinstance(row, Post):
        assert row.thread.category
    return row


def test_replies_at_once_all_stand_under_different_numbers(app, ids, afterwards):
    def reply(name):
        def act(ready):
            thread, author = loaded(Thread, ids[0]), who(name)
            ready()
            return service.reply(author, thread, body="At once.").number

        return act

    outcome = at_once(app, *(reply(name) for name in ("ada", "ben", "cleo", "eve", "mod")))
    assert outcome.refused == []
    assert sorted(outcome.returned) == [3, 4, 5, 6, 7]
    state = afterwards(lambda: (loaded(Thread, ids[0]).posts_count, len(published(PostAdded))))
    assert state == (7, 6)


def test_one_form_arriving_five_times_at_once_posts_once(app, ids, afterwards):
    def reply(ready):
        thread, author = loaded(Thread, ids[0]), who("cleo")
        ready()
        return service.reply(author, thread, body="Once.", submission="key").id

    outcome = at_once(app, *[reply] * 5)
    assert outcome.refused == []
    assert len(set(outcome.returned)) == 1
    assert afterwards(lambda: len(published(PostAdded))) == 2


def test_one_thread_form_arriving_five_times_at_once_starts_one_thread(app, ids, afterwards):
    def start(ready):
        author = who("cleo")
        place = db.session.scalars(select(Category).where(Category.slug == "general")).one()
        ready()
        return service.start_thread(
            author, place, title=TITLE, body=BODY, tags=["brand-new"], submission="key"
        ).id

    outcome = at_once(app, *[start] * 5)
    assert outcome.refused == []
    assert len(set(outcome.returned)) == 1
    assert afterwards(lambda: len(published(ThreadStarted))) == 2


def test_a_new_tag_used_by_three_at_once_is_one_tag(app, ids, afterwards):
    def start(name):
        def act(ready):
            author = who(name)
            place = db.session.scalars(select(Category).where(Category.slug == "general")).one()
            ready()
            return service.start_thread(author, place, title=TITLE, body=BODY, tags=["rain"]).id

        return act

    outcome = at_once(app, *(start(name) for name in ("ada", "ben", "cleo")))
    assert (outcome.refused, len(outcome.returned)) == ([], 3)
    assert afterwards(lambda: db.session.scalar(select(func.count()).select_from(Tag))) == 1


def test_votes_at_once_are_all_counted_and_a_double_click_once(app, ids, afterwards):
    def vote(name):
        def act(ready):
            post, voter = loaded(Post, ids[2]), who(name)
            ready()
            return votes.vote_helpful(voter, post)

        return act

    voters = ("ada", "cleo", "eve", "mod", "cleo", "eve")
    outcome = at_once(app, *(vote(name) for name in voters))
    assert outcome.refused == []
    assert sorted(outcome.returned) == [False, False, True, True, True, True]

    def state():
        author = who("ben")
        return loaded(Post, ids[2]).helpful_count, author.helpful_count

    assert afterwards(state) == (4, 4)
    assert afterwards(lambda: len(published(HelpfulVoteGiven))) == 4


def test_the_daily_limit_holds_for_votes_cast_at_once(app, ids, afterwards):
    with app.app_context(), brand_scope(LUNE):
        thread = loaded(Thread, ids[0])
        posts = [a_reply(thread, "ada").id for _ in range(7)]
        for post_id in posts[:5]:
            votes.vote_helpful(who("cleo"), loaded(Post, post_id))
        db.session.commit()

    def vote(post_id):
        def act(ready):
            post, voter = loaded(Post, post_id), who("cleo")
            ready()
            return votes.vote_helpful(voter, post)

        return act

    outcome = at_once(app, *(vote(post_id) for post_id in posts[5:]))
    assert outcome.returned == [True]
    assert [type(error) for error in outcome.refused] == [TooMany]
    mine = select(func.count()).select_from(HelpfulVote)
    assert afterwards(lambda: db.session.scalar(mine)) == 6


def test_two_who_vote_for_each_other_at_once_do_not_block_each_other(app, ids, afterwards):
    def vote(name, post_id):
        def act(ready):
            post, voter = loaded(Post, post_id), who(name)
            ready()
            return votes.vote_helpful(voter, post)

        return act

    for _ in range(3):
        outcome = at_once(app, vote("ada", ids[2]), vote("ben", ids[1]))
        assert outcome.refused == []


def test_two_moderators_at_once_have_one_winner(app, ids, afterwards):
    def hide(name):
        def act(ready):
            post, moderator = loaded(Post, ids[2]), who(name)
            ready()
            removal.hide(moderator, post, reason="spam")
            return moderator.name

        return act

    outcome = at_once(app, hide("mod"), hide("mia"), hide("oli"))
    assert len(outcome.returned) == 1
    assert [type(error) for error in outcome.refused] == [Conflict, Conflict]
    assert all(outcome.returned[0] in str(error) for error in outcome.refused)
    assert afterwards(lambda: len(published(PostHidden))) == 1


def test_an_author_and_a_moderator_removing_at_once_count_it_once(app, ids, afterwards):
    def delete(name):
        def act(ready):
            post, actor = loaded(Post, ids[2]), who(name)
            ready()
            removal.delete(actor, post)

        return act

    outcome = at_once(app, delete("ben"), delete("mod"))
    assert len(outcome.returned) == 1
    # SQLite's second comes after the first is done: the permission says it already.
    assert isinstance(outcome.refused[0], Conflict | Forbidden)
    assert afterwards(lambda: (len(published(PostDeleted)), who("ben").posts_count)) == (1, 0)


def test_a_reply_sent_while_the_thread_is_closed_is_refused_or_stands(app, ids, afterwards):
    def reply(ready):
        thread, author = loaded(Thread, ids[0]), who("cleo")
        ready()
        return service.reply(author, thread, body="Still open?").id

    def close(ready):
        thread, moderator = loaded(Thread, ids[0]), who("mod")
        ready()
        standing.lock(moderator, thread)

    outcome = at_once(app, reply, close)
    stands = any(outcome.returned)
    assert all(isinstance(error, Conflict | Forbidden) for error in outcome.refused)
    assert afterwards(lambda: loaded(Thread, ids[0]).posts_count) == (3 if stands else 2)
    assert afterwards(lambda: loaded(Thread, ids[0]).is_locked)


def test_an_author_cannot_delete_a_thread_somebody_just_answered(app, ids, afterwards):
    with app.app_context(), brand_scope(LUNE):
        thread_id = a_thread("ada").id
        db.session.commit()

    def reply(ready):
        thread, author = loaded(Thread, thread_id), who("cleo")
        ready()
        return service.reply(author, thread, body="An answer.").id

    def delete(ready):
        post, author = opening(loaded(Thread, thread_id)), who("ada")
        ready()
        removal.delete(author, post)

    outcome = at_once(app, reply, delete)
    assert len(outcome.returned) == len(outcome.refused) == 1
    answered = outcome.returned[0] is not None
    state = afterwards(lambda: loaded(Thread, thread_id).state)
    assert state is (State.VISIBLE if answered else State.DELETED)


def test_votes_and_removals_of_a_thread_at_once_leave_right_counts(app, ids, afterwards):
    def vote(name):
        def act(ready):
            post, voter = loaded(Post, ids[2]), who(name)
            ready()
            return votes.vote_helpful(voter, post)

        return act

    def hide(ready):
        post, moderator = loaded(Post, ids[1]), who("mod")
        ready()
        removal.hide(moderator, post, reason="spam")

    def reply(ready):
        thread, author = loaded(Thread, ids[0]), who("eve")
        ready()
        return service.reply(author, thread, body="Me too.").id

    at_once(app, vote("ada"), vote("cleo"), hide, reply, vote("eve"))

    def state():
        author = who("ben")
        return author.posts_count, author.helpful_count

    assert afterwards(state) == (0, 0)


def test_two_edits_begun_from_one_version_have_one_winner(app, ids, afterwards):
    def edit(name):
        def act(ready):
            post, editor = loaded(Post, ids[2]), who(name)
            version = post.version
            ready()
            if db.engine.dialect.name == "sqlite":
                version = seen
            return service.edit(editor, post, body=f"What {name} wrote.", seen=version).body

        return act

    with app.app_context(), brand_scope(LUNE):
        seen = loaded(Post, ids[2]).version
    outcome = at_once(app, edit("ben"), edit("mod"))
    assert len(outcome.returned) == 1
    assert [type(error) for error in outcome.refused] == [Conflict]
    assert afterwards(lambda: loaded(Post, ids[2]).body) == outcome.returned[0]


def test_following_with_a_double_click_follows_once(app, ids, afterwards):
    def follow(ready):
        thread, actor = loaded(Thread, ids[0]), who("cleo")
        ready()
        return standing.follow(actor, thread)

    outcome = at_once(app, *[follow] * 3)
    assert outcome.refused == []
    assert sorted(outcome.returned) == [False, False, True]
    followers = select(func.count()).select_from(Follow).where(Follow.thread_id == ids[0])
    assert afterwards(lambda: db.session.scalar(followers)) == 3
