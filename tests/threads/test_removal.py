"""Removing, restoring and forgetting: what disappears with a post, and what comes back."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from community.events import PictureDiscarded, PostDeleted, PostHidden, PostRestored
from community.kernel.db import db, now
from community.kernel.errors import Conflict, Forbidden, Gone, Invalid, Missing
from community.kernel.tenancy import brand_scope
from community.media.models import Upload
from community.members.models import Anonymous
from community.threads import lists, queries, reach, removal, service, standing, votes
from community.threads.models import Category, Post, PostPicture, PostQuote, PostRevision, State
from tests.conftest import who
from tests.factories import LUNE, VELORA
from tests.threads.acting import published
from tests.threads.saying import BODY, a_reply, a_thread, opening
from tests.threads.test_service import a_picture, quoting, showing


def general() -> Category:
    return db.session.scalars(select(Category).where(Category.slug == "general")).one()


def seen_by(actor, post: Post) -> bool:
    return db.session.scalar(reach.visible_posts(actor).where(Post.id == post.id)) is not None


class TestHiding:
    def test_a_hidden_reply_is_seen_by_its_author_and_staff_alone(self, in_lune):
        thread = a_thread("ada")
        post = a_reply(thread, "ben")
        removal.hide(who("mod"), post, reason="  Off\u200b topic ")
        assert (post.state, post.removed_by.username) == (State.HIDDEN, "mod")
        assert post.removed_reason == "Off topic"
        readers = {name: seen_by(who(name), post) for name in ("ada", "ben", "cleo", "mod")}
        assert readers == {"ada": False, "ben": True, "cleo": False, "mod": True}
        assert not seen_by(Anonymous(), post)
        assert published(PostHidden) == [{"post_id": post.id, "hidden_by_id": who("mod").id}]

    def test_its_number_stays_and_its_place_is_shown(self, in_lune):
        thread = a_thread("ada")
        post = a_reply(thread, "ben")
        removal.hide(who("mod"), post, reason="spam")
        assert a_reply(thread, "cleo").number == 3
        page = queries.posts_page(Anonymous(), thread)
        assert [p.number for p in page.items] == [1, 2, 3]

    @pytest.mark.parametrize("reason", ["", " \u200b ", "x" * 301])
    def test_a_reason_is_needed(self, in_lune, reason):
        post = opening(a_thread("ada"))
        with pytest.raises(Invalid) as refusal:
            removal.hide(who("mod"), post, reason=reason)
        assert refusal.value.field == "reason"
        assert post.is_visible

    def test_members_may_not_hide(self, in_lune):
        for name in ("ada", "ben", "eve"):
            with pytest.raises(Forbidden):
                removal.hide(who(name), opening(a_thread("ada")), reason="because")

    def test_hiding_twice_is_a_conflict_that_names_who_was_first(self, in_lune):
        post = opening(a_thread("ada"))
        removal.hide(who("mod"), post, reason="spam")
        with pytest.raises(Conflict, match="Mod"):
            removal.hide(who("mia"), post, reason="spam")

    def test_a_hidden_first_post_hides_the_thread(self, in_lune):
        thread = a_thread("ada")
        post = a_reply(thread, "ben")
        removal.hide(who("mod"), opening(thread), reason="spam")
        for actor in (Anonymous(), who("cleo"), who("ben")):
            with pytest.raises(Missing):
                reach.thread_or_missing(actor, thread.id)
            assert not seen_by(actor, post)
        assert reach.thread_or_missing(who("ada"), thread.id) is thread
        assert reach.thread_or_missing(who("mod"), thread.id) is thread

    def test_nothing_is_hidden_in_the_other_brand(self, app):
        with app.app_context():
            with brand_scope(VELORA):
                a_thread("ada")
                db.session.commit()
            with brand_scope(LUNE):
                removal.hide(who("mod"), opening(a_thread("ada")), reason="spam")
                db.session.commit()
                assert lists.threads_page(Anonymous()).total == 0
            with brand_scope(VELORA):
                assert lists.threads_page(Anonymous()).total == 1


class TestDeleting:
    def test_an_author_deletes_an_own_reply(self, in_lune):
        post = a_reply(a_thread("ada"), "ben")
        removal.delete(who("ben"), post)
        assert (post.state, post.removed_by.username) == (State.DELETED, "ben")
        assert published(PostDeleted) == [{"post_id": post.id, "deleted_by_id": who("ben").id}]

    def test_an_own_thread_while_nobody_answered(self, in_lune):
        thread = a_thread("ada")
        removal.delete(who("ada"), opening(thread))
        assert thread.state is State.DELETED

    def test_a_thread_with_replies_is_deleted_by_moderators_alone(self, in_lune):
        thread = a_thread("ada")
        a_reply(thread, "ben")
        with pytest.raises(Forbidden):
            removal.delete(who("ada"), opening(thread))
        removal.delete(who("mod"), opening(thread), reason="duplicate")
        assert thread.state is State.DELETED

    def test_a_thread_whose_replies_are_all_removed_is_unanswered_again(self, in_lune):
        thread = a_thread("ada")
        removal.delete(who("ben"), a_reply(thread, "ben"))
        removal.delete(who("ada"), opening(thread))

    def test_another_member_may_not(self, in_lune):
        with pytest.raises(Forbidden):
            removal.delete(who("cleo"), a_reply(a_thread("ada"), "ben"))

    def test_deleting_twice_is_a_conflict(self, in_lune):
        post = a_reply(a_thread("ada"), "ben")
        removal.delete(who("ben"), post)
        with pytest.raises(Conflict, match="author"):
            removal.delete(who("mod"), post)

    def test_staff_deletes_what_is_hidden(self, in_lune):
        post = a_reply(a_thread("ada"), "ben")
        removal.hide(who("mod"), post, reason="spam")
        removal.delete(who("mia"), post)
        assert (post.state, post.removed_by.username) == (State.DELETED, "mia")
        assert who("ben").posts_count == 0


class TestCounters:
    def test_a_removed_reply_leaves_every_count_and_comes_back_into_it(self, in_lune):
        thread = a_thread("ada")
        post = a_reply(thread, "ben")
        votes.vote_helpful(who("cleo"), post)

        def state():
            ben = who("ben")
            return (
                thread.posts_count,
                thread.last_author.username,
                ben.posts_count,
                ben.helpful_count,
            )

        assert state() == (2, "ben", 1, 1)
        removal.hide(who("mod"), post, reason="spam")
        db.session.commit()
        assert state() == (1, "ada", 0, 0)
        assert thread.last_post_at == opening(thread).created_at
        removal.restore(who("mod"), post)
        db.session.commit()
        assert state() == (2, "ben", 1, 1)
        assert post.helpful_count == 1

    def test_a_removed_thread_takes_everyones_posts_out_of_their_counts(self, in_lune):
        thread = a_thread("ada")
        a_reply(thread, "ben")
        gone = a_reply(thread, "ben")
        votes.vote_helpful(who("cleo"), opening(thread))
        removal.delete(who("ben"), gone)
        removal.hide(who("mod"), opening(thread), reason="spam")
        counted = [who(n).posts_count for n in ("ada", "ben")]
        assert (counted, who("ada").helpful_count, general().threads_count) == ([0, 0], 0, 0)
        removal.restore(who("mod"), opening(thread))
        counted = [who(n).posts_count for n in ("ada", "ben")]
        assert (counted, who("ada").helpful_count, general().threads_count) == ([1, 1], 1, 1)

    def test_a_reply_restored_in_a_removed_thread_counts_when_the_thread_returns(self, in_lune):
        thread = a_thread("ada")
        post = a_reply(thread, "ben")
        removal.delete(who("mod"), post)
        removal.delete(who("mod"), opening(thread))
        removal.restore(who("mod"), post)
        assert who("ben").posts_count == 0
        removal.restore(who("mod"), opening(thread))
        assert who("ben").posts_count == 1
        assert thread.posts_count == 2


class TestRestoring:
    def test_staff_restores_and_it_is_published(self, in_lune):
        post = a_reply(a_thread("ada"), "ben")
        removal.hide(who("mod"), post, reason="spam")
        removal.restore(who("mia"), post)
        assert (post.state, post.removed_at, post.removed_by) == (State.VISIBLE, None, None)
        assert published(PostRestored) == [{"post_id": post.id, "restored_by_id": who("mia").id}]

    def test_an_author_restores_what_they_deleted_and_not_what_staff_did(self, in_lune):
        thread = a_thread("ada")
        own, hidden = a_reply(thread, "ben"), a_reply(thread, "ben")
        removal.delete(who("ben"), own)
        removal.hide(who("mod"), hidden, reason="spam")
        removal.restore(who("ben"), own)
        with pytest.raises(Forbidden):
            removal.restore(who("ben"), hidden)

    def test_what_is_not_removed_cannot_be_restored(self, in_lune):
        with pytest.raises(Conflict):
            removal.restore(who("mod"), opening(a_thread("ada")))

    def test_after_thirty_days_it_is_too_late(self, in_lune):
        post = a_reply(a_thread("ada"), "ben")
        removal.delete(who("ben"), post)
        post.removed_at = now() - timedelta(days=29, hours=23)
        db.session.flush()
        removal.restore(who("ben"), post)
        removal.delete(who("ben"), post)
        post.removed_at = now() - timedelta(days=30, minutes=1)
        db.session.flush()
        with pytest.raises(Conflict):
            removal.restore(who("ben"), post)


class TestQuotes:
    def test_a_removed_text_disappears_where_it_is_quoted_and_comes_back(self, in_lune):
        thread = a_thread("ada")
        rude = a_reply(thread, "ben", "Something rude.")
        here = a_reply(thread, "cleo", quoting(rude))
        elsewhere = a_reply(a_thread("eve"), "eve", quoting(rude))
        assert "Something rude" in here.html
        removal.hide(who("mod"), rude, reason="rude")
        for post in (here, elsewhere):
            assert "Something rude" not in post.html
            assert "I agree." in post.html
            assert "retiré" in post.html or "removed" in post.html
        removal.restore(who("mod"), rude)
        assert "Something rude" in here.html
        assert "Something rude" in elsewhere.html

    def test_so_do_all_texts_of_a_removed_thread(self, in_lune):
        thread = a_thread("ada")
        post = a_reply(thread, "ben", "A reply worth quoting.")
        inside = a_reply(thread, "cleo", quoting(post))
        outside = a_reply(a_thread("eve"), "eve", quoting(post))
        removal.hide(who("mod"), opening(thread), reason="spam")
        assert "worth quoting" not in outside.html
        service.edit(who("mod"), inside, body=inside.body + " Really.")
        removal.restore(who("mod"), opening(thread))
        assert "worth quoting" in outside.html
        assert "worth quoting" in inside.html

    def test_an_excerpt_never_held_the_quote(self, in_lune):
        rude = a_reply(a_thread("ada"), "ben", "Something rude.")
        thread = a_thread("cleo", body=quoting(rude))
        assert thread.excerpt == "I agree."


class TestPictures:
    def test_pictures_of_a_removed_post_are_hidden_until_it_is_back(self, in_lune):
        upload = a_picture("ben")
        post = a_reply(a_thread("ada"), "ben", showing(upload))
        removal.hide(who("mod"), post, reason="spam")
        assert upload.hidden_at is not None
        removal.restore(who("mod"), post)
        assert upload.hidden_at is None

    def test_a_picture_shown_elsewhere_stays(self, in_lune):
        upload = a_picture("ben")
        thread = a_thread("ada")
        one, two = (a_reply(thread, "ben", showing(upload)) for _ in range(2))
        removal.hide(who("mod"), one, reason="spam")
        assert upload.hidden_at is None
        removal.hide(who("mod"), two, reason="spam")
        assert upload.hidden_at is not None

    def test_those_of_replies_go_with_their_thread(self, in_lune):
        upload = a_picture("ben")
        thread = a_thread("ada")
        a_reply(thread, "ben", showing(upload))
        removal.hide(who("mod"), opening(thread), reason="spam")
        assert upload.hidden_at is not None
        removal.restore(who("mod"), opening(thread))
        assert upload.hidden_at is None

    def test_staff_edits_a_hidden_post_with_its_picture(self, in_lune):
        upload = a_picture("ben")
        post = a_reply(a_thread("ada"), "ben", showing(upload))
        removal.hide(who("mod"), post, reason="spam")
        service.edit(who("mod"), post, body=showing(upload) + "\n\nMilder.")
        assert upload.hidden_at is not None


class TestForgetting:
    def test_what_was_removed_long_ago_is_forgotten_and_keeps_its_place(self, in_lune):
        thread = a_thread("ada")
        upload = a_picture("ben")
        old = a_reply(thread, "ben", quoting(opening(thread), showing(upload)))
        service.edit(who("mod"), old, body=old.body + " Edited.")
        fresh = a_reply(thread, "cleo", "Another text.")
        for post in (old, fresh):
            removal.delete(who("mod"), post)
        old.removed_at = now() - timedelta(days=31)
        assert removal.purge(now() - removal.RESTORABLE) == 1
        assert (old.body, str(old.html), old.number) == ("", "", 2)
        assert fresh.body == "Another text."
        for model in (PostRevision, PostQuote, PostPicture, Upload):
            assert db.session.scalar(select(func.count()).select_from(model)) == 0
        (gone,) = published(PictureDiscarded)
        assert gone == {"token": upload.token, "widths": [320, 800]}
        with pytest.raises(Conflict):
            removal.restore(who("mod"), old)
        with pytest.raises(Conflict):
            service.edit(who("mod"), old, body="Back again?")
        assert removal.purge(now() - removal.RESTORABLE) == 0

    def test_hidden_posts_are_forgotten_too_and_visible_ones_never(self, in_lune):
        thread = a_thread("ada")
        hidden, shown = a_reply(thread, "ben"), a_reply(thread, "ben")
        removal.hide(who("mod"), hidden, reason="spam")
        assert removal.purge(now() + timedelta(days=1)) == 1
        assert shown.body != ""

    def test_a_forgotten_thread_is_gone_for_members_and_missing_elsewhere(self, app):
        with app.app_context():
            with brand_scope(LUNE):
                thread, office = a_thread("ada", body="Secret words."), a_thread("mod", "office")
                for of in (thread, office):
                    removal.delete(who("mod"), opening(of))
                removal.purge(now() + timedelta(days=1))
                db.session.commit()
                assert "Does rain" not in thread.title
                assert (thread.excerpt, thread.picture) == ("", "")
                with pytest.raises(Gone):
                    reach.thread_or_missing(Anonymous(), thread.id)
                with pytest.raises(Missing):
                    reach.thread_or_missing(who("ben"), office.id)
            with brand_scope(VELORA), pytest.raises(Missing):
                reach.thread_or_missing(Anonymous(), thread.id)

    def test_a_picture_another_post_shows_survives(self, in_lune):
        upload = a_picture("ben")
        thread = a_thread("ada")
        one, two = (a_reply(thread, "ben", showing(upload)) for _ in range(2))
        removal.delete(who("ben"), one)
        removal.purge(now() + timedelta(days=1))
        assert published(PictureDiscarded) == []
        assert upload.hidden_at is None
        assert two.is_visible

    def test_the_night_does_it(self, in_lune):
        post = opening(a_thread("ada"))
        removal.delete(who("ada"), post)
        post.removed_at = now() - timedelta(days=31)
        db.session.flush()
        removal.on_day_began(None)
        assert post.is_purged


def test_staff_replies_to_a_closed_thread_while_it_is_hidden_is_refused(in_lune):
    thread = a_thread("ada")
    standing.lock(who("mod"), thread)
    removal.hide(who("mod"), opening(thread), reason="spam")
    with pytest.raises(Forbidden):
        a_reply(thread, "mod")
    assert opening(thread).body == BODY
