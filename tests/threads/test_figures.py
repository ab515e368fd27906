"""Numbers of the home page: counted, of one brand, without what nobody should learn."""

from datetime import timedelta

from community.kernel.db import db, now
from community.kernel.tenancy import brand_scope
from community.members.models import Anonymous
from community.threads import figures, removal, votes
from tests.conftest import who
from tests.factories import LUNE, VELORA
from tests.threads.saying import a_reply, a_thread, opening


def test_an_empty_brand_has_members_and_nothing_to_answer(in_lune):
    numbers = figures.community_numbers()
    assert (numbers.members, numbers.threads, numbers.posts) == (7, 0, 0)
    assert numbers.answered_percent is None


def test_numbers_leave_out_staff_rooms_removed_threads_and_who_is_not_confirmed(in_lune):
    a_reply(a_thread("ada"), "ben")
    a_thread("ada", "club")
    a_thread("ada", "corner")
    a_thread("mod", "news")
    a_reply(a_thread("mod", "office"), "mia")
    removal.delete(who("ada"), opening(a_thread("ada")))
    who("cleo").confirmed_at = None
    numbers = figures.community_numbers()
    assert (numbers.members, numbers.threads, numbers.posts) == (6, 4, 5)
    assert numbers.answered_percent == 33


def test_top_helpers_are_members_by_votes_of_the_week_on_visible_posts(in_lune):
    thread = a_thread("cleo")
    of = {name: [a_reply(thread, name) for _ in range(3)] for name in ("ada", "ben", "eve", "mod")}
    for post in of["ada"][:2]:
        votes.vote_helpful(who("cleo"), post)
    for post in (*of["ben"], *of["mod"]):
        votes.vote_helpful(who("cleo"), post)
    votes.vote_helpful(who("cleo"), of["eve"][0])
    votes.vote_helpful(who("mia"), of["eve"][1])
    db.session.commit()

    def helpers():
        return [(h.member.username, h.votes) for h in figures.top_helpers()]

    assert helpers() == [("ben", 3), ("ada", 2), ("eve", 2)]
    removal.hide(who("mod"), of["ben"][0], reason="spam")
    removal.hide(who("mod"), of["ben"][1], reason="spam")
    assert helpers() == [("ada", 2), ("eve", 2), ("ben", 1)]
    who("ada").is_profile_public = False
    assert helpers() == [("eve", 2), ("ben", 1)]
    assert [h.member.username for h in figures.top_helpers(limit=1)] == ["eve"]


def test_votes_of_last_week_help_no_more(in_lune):
    post = a_reply(a_thread("cleo"), "ada")
    votes.vote_helpful(who("cleo"), post)
    assert len(figures.top_helpers()) == 1
    assert figures.top_helpers(days=0) == []


def test_popular_tags_are_those_of_threads_the_reader_sees(in_lune):
    a_thread("ada", tags=["rain", "snow"])
    a_thread("ada", tags=["rain"])
    a_thread("ada", "club", tags=["snow", "hail"])
    a_thread("ada", "club", tags=["snow"])
    removal.delete(who("ada"), opening(a_thread("ada", tags=["fog"])))

    def tags(actor):
        return [(tag.slug, tag.count) for tag in figures.popular_tags(actor)]

    assert tags(Anonymous()) == [("rain", 2), ("snow", 1)]
    assert tags(who("ben")) == [("snow", 3), ("rain", 2), ("hail", 1)]
    assert len(figures.popular_tags(who("ben"), limit=2)) == 2


def test_each_brand_has_its_own_numbers(app):
    with app.app_context():
        with brand_scope(VELORA):
            post = a_reply(a_thread("ada", tags=["rain"]), "ben")
            votes.vote_helpful(who("cleo"), post)
            cleo = who("cleo")
            cleo.email = cleo.email_key = None
            cleo.erased_at = now() - timedelta(days=1)
            db.session.commit()
            assert figures.community_numbers().members == 6
        with brand_scope(LUNE):
            assert figures.top_helpers() == figures.popular_tags(Anonymous()) == []
            assert figures.community_numbers().members == 7
            assert figures.community_numbers().threads == 0
