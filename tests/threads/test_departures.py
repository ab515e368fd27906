"""When somebody leaves: the name goes out of every text, and the texts too if that was the wish."""

import pytest
from sqlalchemy import func, select

from community.events import MemberErased, PostDeleted
from community.kernel import text
from community.kernel.db import db, now
from community.kernel.errors import Conflict, Gone
from community.kernel.tenancy import brand_scope
from community.members.models import Anonymous, FormerUsername, Member
from community.threads import counts, departures, exports, reach, removal, service, votes
from community.threads.models import Follow, Post, PostMention, PostRevision
from tests.conftest import who
from tests.factories import LUNE, VELORA
from tests.threads.acting import published
from tests.threads.saying import a_reply, a_thread, opening
from tests.threads.test_service import a_picture, quoting, showing


def leave(username: str, *, removes_posts: bool = False) -> Member:
    """Erase a member as the members' service does, then what follows for threads."""
    member = who(username)
    db.session.add(FormerUsername(username=username, username_key=username, member_id=member.id))
    member.username = member.username_key = "former-4f2a"
    member.name, member.email, member.email_key, member.erased_at = "", None, None, now()
    db.session.flush()
    departures.on_member_erased(MemberErased(member_id=member.id, removes_posts=removes_posts))
    db.session.commit()
    return member


def test_posts_stay_under_the_pseudonym(in_lune):
    thread = a_thread("ben")
    post = a_reply(thread, "ada", "What Ada knew.")
    leave("ada")
    assert (post.body, post.is_visible, thread.posts_count) == ("What Ada knew.", True, 2)
    assert post.author.username == "former-4f2a"


def test_mentions_become_the_pseudonym_in_posts_quotes_and_revisions(in_lune):
    thread = a_thread("ben", body="Ask @Ada, not @ada.b or mail@ada.example. `@ada`")
    quote = a_reply(thread, "cleo", quoting(opening(thread)))
    post = a_reply(thread, "cleo", "Thanks @ada!")
    a_reply(thread, "eve")
    service.edit(who("cleo"), post, body="Thanks!")
    leave("ada")
    first = opening(thread)
    assert first.body == ("Ask @former-4f2a, not @ada.b or mail@ada.example. `@former-4f2a`")
    assert "/m/" not in first.html
    assert "@former-4f2a" in first.html
    assert "@Ada" not in quote.body
    assert "@former-4f2a" in quote.html
    assert db.session.scalars(select(PostRevision.body)).one() == "Thanks @former-4f2a!"
    assert db.session.scalar(select(func.count()).select_from(PostMention)) == 0


def test_the_head_of_a_quote_names_nobody_any_more(in_lune):
    thread = a_thread("ada", body="Words of Ada.")
    post = a_reply(thread, "ben", quoting(opening(thread)))
    other = a_reply(thread, "ben", quoting(post))
    assert "@Ada" in post.body
    leave("ada")
    assert "Ada #1" not in post.body + str(post.html)
    assert "@former-4f2a #1" in post.html
    assert "@Ben #2" in other.body
    assert text.quoted_posts(post.body) == [opening(thread).id]
    assert "Words of Ada." in post.html


def test_a_name_written_with_marks_is_found(in_lune):
    who("ada").name = "Ada [L] (x)_y"
    thread = a_thread("ada")
    post = a_reply(thread, "ben", quoting(opening(thread)))
    leave("ada")
    assert "Ada" not in post.body
    assert "@former-4f2a #1" in post.html


def test_follows_are_forgotten_and_votes_stay(in_lune):
    post = opening(a_thread("ben"))
    a_thread("ada")
    votes.vote_helpful(who("ada"), post)
    member = leave("ada")
    follows = select(func.count()).select_from(Follow).where(Follow.member_id == member.id)
    assert db.session.scalar(follows) == 0
    assert (post.helpful_count, counts.recount()) == (1, 0)


def test_whoever_wished_so_takes_every_post_along_for_good(in_lune):
    upload = a_picture("ada")
    own = a_thread("ada", body=showing(upload))
    a_reply(own, "ben")
    elsewhere = a_thread("ben")
    post = a_reply(elsewhere, "ada", "Words of Ada.")
    service.edit(who("mod"), post, body="Other words of Ada.")
    quote = a_reply(elsewhere, "cleo", quoting(post))
    gone_before = a_reply(elsewhere, "ada", "Deleted before.")
    removal.delete(who("ada"), gone_before)
    member = leave("ada", removes_posts=True)
    theirs = db.session.scalars(select(Post).where(Post.author_id == member.id)).all()
    assert {(p.body, p.state.value) for p in theirs} == {("", "deleted")}
    assert len(theirs) == 3
    assert elsewhere.posts_count == 2
    assert "Other words" not in quote.html
    with pytest.raises(Gone):
        reach.thread_or_missing(Anonymous(), own.id)
    with pytest.raises(Conflict):
        removal.restore(who("mod"), post)
    assert len(published(PostDeleted)) == 3
    assert db.session.scalar(select(func.count()).select_from(PostRevision)) == 0
    assert counts.recount() == 0


def test_it_is_done_once_however_often_it_is_delivered(in_lune):
    thread = a_thread("ben", body="Ask @ada.")
    a_reply(thread, "ada")
    member = leave("ada", removes_posts=True)
    departures.on_member_erased(MemberErased(member_id=member.id, removes_posts=True))
    assert len(published(PostDeleted)) == 1
    assert opening(thread).body == "Ask @former-4f2a."


def test_nobody_who_is_still_here_loses_anything(in_lune):
    thread = a_thread("ben", body="Ask @ada.")
    departures.on_member_erased(MemberErased(member_id=who("ada").id, removes_posts=True))
    departures.on_member_erased(MemberErased(member_id=10**6))
    assert opening(thread).body == "Ask @ada."


def test_the_same_person_in_the_other_brand_keeps_name_and_posts(app):
    with app.app_context():
        for brand in (LUNE, VELORA):
            with brand_scope(brand):
                a_reply(a_thread("ben", body="Ask @ada."), "ada")
                db.session.commit()
        with brand_scope(LUNE):
            leave("ada", removes_posts=True)
        with brand_scope(VELORA):
            bodies = db.session.scalars(select(Post.body).order_by(Post.number)).all()
            assert bodies == ["Ask @ada.", "It did not harm mine."]


def test_a_copy_of_ones_data_holds_what_one_wrote_and_did(in_lune):
    thread = a_thread("ada", title="Words of Ada, first")
    removed = a_reply(thread, "ada", "Removed, but still kept.")
    a_reply(thread, "ben", "Not hers.")
    service.edit(who("ada"), opening(thread), body="Second words.")
    removal.hide(who("mod"), removed, reason="spam")
    votes.vote_helpful(who("ada"), thread.posts[-1])
    texts = exports.posts_of_member(who("ada"))
    assert [(t["text"], t["state"]) for t in texts] == [
        ("Second words.", "visible"),
        ("Removed, but still kept.", "hidden"),
    ]
    assert texts[0]["address"] == f"/t/{thread.id}/words-of-ada-first#post-1"
    assert len(exports.revisions_of_member(who("ada"))) == 1
    assert [v["post"] for v in exports.votes_of_member(who("ada"))] == [thread.posts[-1].id]
    assert [f["thread"] for f in exports.follows_of_member(who("ada"))] == [thread.title]
    removal.purge(now())
    assert len(exports.posts_of_member(who("ada"))) == 1
