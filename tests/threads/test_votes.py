"""Helpful votes: once, counted, limited, never for oneself."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from community.events import HelpfulVoteGiven, HelpfulVoteWithdrawn
from community.kernel.db import db, now
from community.kernel.errors import Forbidden, TooMany
from community.kernel.tenancy import brand_scope
from community.members.models import Anonymous
from community.threads import queries, removal, votes
from community.threads.models import HelpfulVote, Post
from tests.conftest import who
from tests.factories import LUNE, VELORA, person
from tests.threads.acting import published
from tests.threads.saying import a_reply, a_thread, opening


def posts_of(username: str, count: int, thread=None) -> list[Post]:
    thread = thread or a_thread("cleo")
    return [a_reply(thread, username) for _ in range(count)]


def test_a_vote_counts_for_the_post_and_its_author(in_lune):
    post = opening(a_thread("ada"))
    assert votes.vote_helpful(who("ben"), post) is True
    assert (post.helpful_count, who("ada").helpful_count, who("ben").helpful_count) == (1, 1, 0)
    ids = {"post_id": post.id, "author_id": who("ada").id, "voter_id": who("ben").id}
    assert published(HelpfulVoteGiven) == [ids]
    assert queries.my_votes(who("ben"), [post]) == {post.id}
    assert queries.my_votes(who("cleo"), [post]) == queries.my_votes(Anonymous(), [post]) == set()


def test_voting_twice_is_one_vote(in_lune):
    post = opening(a_thread("ada"))
    votes.vote_helpful(who("ben"), post)
    assert votes.vote_helpful(who("ben"), post) is False
    assert post.helpful_count == len(published(HelpfulVoteGiven)) == 1


def test_a_vote_taken_back_counts_no_more_and_gives_its_budget_back(in_lune):
    post = opening(a_thread("ada"))
    for _ in range(votes.PER_AUTHOR_AND_DAY + 1):
        assert votes.vote_helpful(who("ben"), post) is True
        assert votes.withdraw_helpful(who("ben"), post) is True
    assert votes.withdraw_helpful(who("ben"), post) is False
    assert (post.helpful_count, who("ada").helpful_count) == (0, 0)
    assert len(published(HelpfulVoteWithdrawn)) == votes.PER_AUTHOR_AND_DAY + 1


def test_nobody_votes_for_an_own_post_nor_without_being_a_member(in_lune):
    post = opening(a_thread("ada"))
    who("ben").suspended_until = now() + timedelta(days=1)
    for actor in (who("ada"), who("ben"), Anonymous()):
        with pytest.raises(Forbidden):
            votes.vote_helpful(actor, post)
    assert post.helpful_count == 0


def test_a_removed_post_takes_no_vote(in_lune):
    thread = a_thread("ada")
    post = a_reply(thread, "ben")
    removal.hide(who("mod"), post, reason="spam")
    for name in ("cleo", "mod"):
        with pytest.raises(Forbidden):
            votes.vote_helpful(who(name), post)
    removal.restore(who("mod"), post)
    removal.hide(who("mod"), opening(thread), reason="spam")
    with pytest.raises(Forbidden):
        votes.vote_helpful(who("mod"), post)


def test_one_author_gets_six_votes_a_day_from_one_member(in_lune):
    posts = posts_of("ada", 7)
    for post in posts[:6]:
        votes.vote_helpful(who("ben"), post)
    with pytest.raises(TooMany) as refusal:
        votes.vote_helpful(who("ben"), posts[6])
    assert 60 <= refusal.value.retry_after <= 86_400
    assert votes.vote_helpful(who("eve"), posts[6])
    assert posts[6].helpful_count == 1


def test_a_member_has_fifty_votes_a_day(in_lune):
    ben, thread = who("ben"), a_thread("cleo")
    crowd = []
    for n in range(9):
        db.session.add(person(f"p{n}x"))
        crowd.append(f"p{n}x")
    db.session.flush()
    posts = [post for name in crowd for post in posts_of(name, 6, thread)]
    for post in posts[:50]:
        assert votes.vote_helpful(ben, post)
    with pytest.raises(TooMany):
        votes.vote_helpful(ben, posts[50])


@pytest.mark.parametrize(
    ("brand", "midnight"),
    [
        (LUNE, datetime(2026, 7, 1, 22, 0, tzinfo=UTC)),  # Paris in summer
        (VELORA, datetime(2026, 7, 1, 23, 0, tzinfo=UTC)),  # London in summer
    ],
)
def test_the_day_is_the_brands(app, brand, midnight):
    with app.app_context(), brand_scope(brand):
        who("ada").created_at = midnight - timedelta(days=30)
        with time_machine.travel(midnight - timedelta(minutes=5), tick=False):
            posts = posts_of("ada", 7)
            for post in posts[:6]:
                votes.vote_helpful(who("ben"), post)
        with time_machine.travel(midnight - timedelta(seconds=1), tick=False):
            with pytest.raises(TooMany) as refusal:
                votes.vote_helpful(who("ben"), posts[6])
            assert refusal.value.retry_after == 60
        with time_machine.travel(midnight, tick=False):
            assert votes.vote_helpful(who("ben"), posts[6])


def test_a_vote_in_one_brand_is_none_in_the_other(app):
    with app.app_context():
        for brand in (LUNE, VELORA):
            with brand_scope(brand):
                post = opening(a_thread("ada"))
                if brand == LUNE:
                    votes.vote_helpful(who("ben"), post)
                db.session.commit()
        with brand_scope(VELORA):
            assert db.session.scalars(select(HelpfulVote)).all() == []
            assert who("ada").helpful_count == 0
