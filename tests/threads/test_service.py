"""Starting, replying, editing: what is kept, what follows, what is refused."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from community.events import PostAdded, PostEdited, ThreadStarted
from community.kernel import text
from community.kernel.db import db, now
from community.kernel.errors import Conflict, Forbidden, Invalid
from community.kernel.tenancy import brand_scope
from community.media import service as media
from community.media.models import Upload
from community.members.models import Anonymous, FormerUsername
from community.threads import lists, posts, queries, removal, service, standing
from community.threads.models import Category, Follow, Post, PostMention, PostQuote, State, Thread
from tests.conftest import who
from tests.factories import LUNE, VELORA
from tests.threads.acting import published
from tests.threads.saying import BODY, TITLE, a_reply, a_thread, opening


def place(slug: str) -> Category:
    return db.session.scalars(select(Category).where(Category.slug == slug)).one()


def a_picture(owner: str, token: str = "a" * 32, **values) -> Upload:
    upload = Upload(
        token=token,
        owner_id=who(owner).id,
        width=800,
        height=600,
        bytes=1,
        variants=[320, 800],
        **values,
    )
    db.session.add(upload)
    db.session.flush()
    return upload


def showing(*uploads: Upload) -> str:
    return "Look:\n\n" + "\n".join(f"![a view]({media.url_of(u.token)})" for u in uploads)


def quoting(post: Post, words: str = "I agree.") -> str:
    url = f"/t/{post.thread_id}/{post.thread.slug}#post-{post.number}"
    return text.quote(post.body, name=post.author.name, url=url, post_id=post.id) + words


class TestStarting:
    def test_a_thread_begins_with_a_post_and_is_counted_everywhere(self, in_lune):
        thread = a_thread("ada", body="It creaks **badly**.")
        first = opening(thread)
        assert (first.number, first.author.username) == (1, "ada")
        assert str(first.html) == "<p>It creaks <strong>badly</strong>.</p>\n"
        assert (thread.excerpt, thread.posts_count, thread.next_number) == (
            "It creaks badly.",
            1,
            2,
        )
        assert thread.last_post_at == first.created_at
        assert (place("general").threads_count, who("ada").posts_count) == (1, 1)

    def test_it_is_published_with_its_ids(self, in_lune):
        thread = a_thread("ada")
        first = opening(thread)
        assert published(ThreadStarted) == [
            {"thread_id": thread.id, "post_id": first.id, "author_id": who("ada").id}
        ]
        assert published(PostAdded) == []

    def test_the_same_in_the_other_brand_counts_there_alone(self, app):
        with app.app_context():
            for brand, times in ((LUNE, 1), (VELORA, 2)):
                with brand_scope(brand):
                    for _ in range(times):
                        a_thread("ada")
                    db.session.commit()
            for brand, times in ((LUNE, 1), (VELORA, 2)):
                with brand_scope(brand):
                    assert who("ada").posts_count == times
                    assert place("general").threads_count == times
                    assert lists.threads_page(Anonymous()).total == times

    def test_its_author_follows_it(self, in_lune):
        thread = a_thread("ada")
        assert queries.is_following(who("ada"), thread)
        assert not queries.is_following(who("ben"), thread)

    def test_a_form_sent_twice_makes_one_thread(self, in_lune):
        first, second = (a_thread("ada", submission="key") for _ in range(2))
        assert second is first
        assert len(published(ThreadStarted)) == who("ada").posts_count == 1

    def test_the_key_of_a_form_is_its_senders_own(self, in_lune):
        assert a_thread("ada", submission="key") is not a_thread("ben", submission="key")

    def test_two_forms_without_a_key_make_two_threads(self, in_lune):
        assert a_thread("ada", submission="") is not a_thread("ada", submission="")

    @pytest.mark.parametrize("title", ["", "Too short", " Too   short ", "x" * 121, "\u200b" * 20])
    def test_a_title_outside_its_length_is_refused_beside_its_field(self, in_lune, title):
        with pytest.raises(Invalid) as refusal:
            a_thread("ada", title=title)
        assert refusal.value.field == "title"

    @pytest.mark.parametrize("length", [10, 120])
    def test_a_title_at_the_limits_is_taken(self, in_lune, length):
        assert len(a_thread("ada", title="x" * length).title) == length

    def test_a_title_is_one_clean_line(self, in_lune):
        thread = a_thread("ada", title="  Le\u202e sérum,\n  en plein été\u202f?  ")
        assert thread.title == "Le sérum, en plein été\u202f?"
        assert thread.slug == "le-serum-en-plein-ete"

    @pytest.mark.parametrize("body", ["", "  \n\n ", "\u200b\u200d", "x" * 32_001])
    def test_a_text_of_nothing_or_too_much_is_refused_beside_its_field(self, in_lune, body):
        with pytest.raises(Invalid) as refusal:
            a_thread("ada", body=body)
        assert refusal.value.field == "body"

    def test_a_text_of_exactly_the_limit_is_taken(self, in_lune):
        assert len(opening(a_thread("ada", body="x" * 32_000)).body) == 32_000

    def test_an_indented_first_line_stays_code(self, in_lune):
        assert "<pre>" in opening(a_thread("ada", body="\n    print(1)\n")).html

    @pytest.mark.parametrize(
        ("username", "slug"), [("ada", "news"), ("ada", "office"), ("eve", "office")]
    )
    def test_where_only_staff_starts_a_member_may_not(self, in_lune, username, slug):
        with pytest.raises(Forbidden):
            a_thread(username, slug)
        a_thread("mod", slug)

    def test_a_stranger_a_suspended_and_an_unconfirmed_member_may_not(self, in_lune):
        who("ada").suspended_until = now() + timedelta(days=1)
        who("ben").confirmed_at = None
        for actor in (Anonymous(), who("ada"), who("ben")):
            with pytest.raises(Forbidden):
                service.start_thread(actor, place("general"), title=TITLE, body=BODY)
        assert published(ThreadStarted) == []


class TestTags:
    def test_tags_are_slugs_and_are_shared(self, in_lune):
        one = a_thread("ada", tags=["Crème de nuit", "spf", "SPF", " "])
        two = a_thread("ben", tags=["creme-de-nuit"])
        assert [tag.slug for tag in one.tags] == ["creme-de-nuit", "spf"]
        assert two.tags[0] is one.tags[0]

    @pytest.mark.parametrize("tags", [["a"], ["x" * 31], ["…"], list("abcdef")])
    def test_odd_tags_are_refused_beside_their_field(self, in_lune, tags):
        with pytest.raises(Invalid) as refusal:
            a_thread("ada", tags=tags)
        assert refusal.value.field == "tags"

    def test_six_tags_are_too_many_and_five_are_not(self, in_lune):
        a_thread("ada", tags=[f"tag-{n}" for n in range(5)])
        with pytest.raises(Invalid):
            a_thread("ada", tags=[f"tag-{n}" for n in range(6)])

    def test_editing_replaces_them_and_leaves_them_when_not_given(self, in_lune):
        thread = a_thread("ada", tags=["one", "two"])
        service.edit(who("ada"), opening(thread), body=BODY, tags=["two", "three"])
        assert [tag.slug for tag in thread.tags] == ["three", "two"]
        service.edit(who("ada"), opening(thread), body="Another text.")
        assert [tag.slug for tag in thread.tags] == ["three", "two"]
        service.edit(who("ada"), opening(thread), body="Another text.", tags=[])
        assert thread.tags == []


class TestReplying:
    def test_replies_are_numbered_and_counted(self, in_lune):
        thread = a_thread("ada")
        numbers = [a_reply(thread, name).number for name in ("ben", "ada", "cleo")]
        assert numbers == [2, 3, 4]
        assert (thread.posts_count, thread.last_author.username) == (4, "cleo")
        assert [who(n).posts_count for n in ("ada", "ben", "cleo")] == [2, 1, 1]

    def test_a_reply_is_published(self, in_lune):
        thread = a_thread("ada")
        post = a_reply(thread, "ben")
        assert published(PostAdded) == [
            {"post_id": post.id, "thread_id": thread.id, "author_id": who("ben").id}
        ]

    def test_a_form_sent_twice_makes_one_reply(self, in_lune):
        thread = a_thread("ada")
        first, second = (
            service.reply(who("ben"), thread, body="Yes.", submission="k") for _ in range(2)
        )
        assert second is first
        assert thread.posts_count == 2

    def test_the_first_reply_makes_its_author_follow_and_a_later_one_does_not(self, in_lune):
        thread = a_thread("ada")
        a_reply(thread, "ben")
        assert queries.is_following(who("ben"), thread)
        standing.unfollow(who("ben"), thread)
        a_reply(thread, "ben")
        assert not queries.is_following(who("ben"), thread)

    def test_whoever_follows_already_may_reply(self, in_lune):
        thread = a_thread("ada")
        standing.follow(who("ben"), thread)
        a_reply(thread, "ben")
        assert db.session.scalar(select(func.count()).select_from(Follow)) == 2

    def test_a_closed_thread_takes_replies_of_moderators_alone(self, in_lune):
        thread = a_thread("ada")
        standing.lock(who("mod"), thread)
        with pytest.raises(Forbidden):
            a_reply(thread, "ada")
        assert a_reply(thread, "mod").number == 2

    def test_a_removed_thread_takes_none(self, in_lune):
        thread = a_thread("ada")
        removal.delete(who("ada"), opening(thread))
        for name in ("ben", "mod"):
            with pytest.raises(Forbidden):
                a_reply(thread, name)

    def test_an_empty_reply_leaves_no_trace(self, in_lune):
        thread = a_thread("ada")
        with pytest.raises(Invalid):
            a_reply(thread, "ben", " ")
        assert (thread.next_number, thread.posts_count) == (2, 1)


class TestMentions:
    def test_whoever_is_mentioned_is_noted_and_linked(self, in_lune):
        post = opening(a_thread("ada", body="@ben and @BEN and @nobody and `@cleo`"))
        assert list(db.session.scalars(select(PostMention.member_id))) == [who("ben").id]
        assert post.html.count('href="/m/ben"') == 2
        assert "@nobody" in post.html
        assert "/m/nobody" not in post.html

    def test_a_former_name_still_leads_to_its_member(self, in_lune):
        ben = who("ben")
        db.session.add(FormerUsername(username="benny", username_key="benny", member_id=ben.id))
        post = opening(a_thread("ada", body="Hello @benny"))
        assert 'href="/m/benny"' in post.html
        assert db.session.scalars(select(PostMention.member_id)).one() == ben.id

    def test_whoever_left_is_not_linked(self, in_lune):
        ben = who("ben")
        ben.email = ben.email_key = None
        ben.erased_at = now()
        assert "/m/ben" not in opening(a_thread("ada", body="Hello @ben")).html

    def test_nobody_of_another_brand_is_mentioned(self, app):
        with app.app_context():
            with brand_scope(VELORA):
                db.session.delete(who("cleo"))
                db.session.commit()
                assert "/m/cleo" not in opening(a_thread("ada", body="Hello @cleo")).html
            with brand_scope(LUNE):
                assert "/m/cleo" in opening(a_thread("ada", body="Hello @cleo")).html

    def test_ten_people_may_be_mentioned_and_not_eleven(self, in_lune):
        names = [f"friend{n}" for n in range(11)]
        ada = who("ada")
        for name in names:
            db.session.add(FormerUsername(username=name, username_key=name, member_id=ada.id))
        # Eleven names of one person are one person.
        a_thread("ada", body=" ".join(f"@{name}" for name in names))
        everyone = "@ada @ben @cleo @eve @mod @mia @oli"
        assert a_thread("ada", body=everyone)
        for name in ("p1x", "p2x", "p3x", "p4x"):
            db.session.add(type(ada)(username=name, username_key=name, name=name))
        db.session.flush()
        a_thread("ada", body=f"{everyone} @p1x @p2x @p3x")
        with pytest.raises(Invalid) as refusal:
            a_thread("ada", body=f"{everyone} @p1x @p2x @p3x @p4x")
        assert refusal.value.field == "body"

    def test_an_edit_changes_who_is_mentioned(self, in_lune):
        post = opening(a_thread("ada", body="Hello @ben and @cleo"))
        service.edit(who("ada"), post, body="Hello @cleo and @eve")
        noted = set(db.session.scalars(select(PostMention.member_id)))
        assert noted == {who("cleo").id, who("eve").id}


class TestQuotes:
    def test_a_quote_is_noted(self, in_lune):
        thread = a_thread("ada")
        answer = a_reply(thread, "ben", quoting(opening(thread)))
        rows = db.session.execute(select(PostQuote.post_id, PostQuote.quoted_id)).all()
        assert rows == [(answer.id, opening(thread).id)]
        assert BODY in answer.html

    def test_a_removed_post_cannot_be_brought_back_by_quoting_it(self, in_lune):
        thread = a_thread("ada")
        rude = a_reply(thread, "ben", "Something rude.")
        copied = quoting(rude)
        removal.hide(who("mod"), rude, reason="rude")
        answer = a_reply(thread, "cleo", copied)
        assert "Something rude" not in answer.html
        service.edit(who("cleo"), answer, body=copied + " Indeed.")
        assert "Something rude" not in answer.html

    def test_a_made_up_quote_changes_nothing(self, in_lune):
        thread = a_thread("ada")
        answer = a_reply(thread, "ben", f"> [@x #3](/t/1/x?post={10**17}#post-3):\n> Hm\n\nYes")
        assert "Hm" in answer.html
        assert db.session.scalar(select(func.count()).select_from(PostQuote)) == 0

    def test_a_post_of_a_closed_room_cannot_be_quoted_from_outside(self, in_lune):
        secret = opening(a_thread("mod", "office"))
        thread = a_thread("ada")
        a_reply(thread, "ben", quoting(secret))
        assert db.session.scalar(select(func.count()).select_from(PostQuote)) == 0


class TestPictures:
    def test_a_picture_used_is_attached_and_shown_with_its_size(self, in_lune):
        upload = a_picture("ada")
        thread = a_thread("ada", body=showing(upload))
        assert upload.attached_at is not None
        assert thread.picture == upload.token
        assert 'width="800" height="600"' in opening(thread).html

    def test_anothers_picture_may_be_shown_once_it_is_in_a_post(self, in_lune):
        upload = a_picture("ada")
        with pytest.raises(Invalid) as refusal:
            a_thread("ben", body=showing(upload))
        assert refusal.value.field == "body"
        a_thread("ada", body=showing(upload))
        a_thread("ben", body=showing(upload))

    def test_a_picture_that_does_not_exist_is_refused(self, in_lune):
        with pytest.raises(Invalid):
            a_thread("ada", body="![x](/media/" + "0" * 32 + "-800.webp)")
        with pytest.raises(Invalid):
            a_thread("ada", body="![x](/media/whatever)")

    def test_a_picture_of_the_other_brand_is_refused(self, app):
        with app.app_context():
            with brand_scope(VELORA):
                body = showing(a_picture("ada", attached_at=now()))
                db.session.commit()
            with brand_scope(LUNE), pytest.raises(Invalid):
                a_thread("ada", body=body)

    def test_a_hidden_picture_cannot_be_shown_again_by_its_owner(self, in_lune):
        upload = a_picture("ada", attached_at=now(), hidden_at=now())
        with pytest.raises(Invalid):
            a_thread("ada", body=showing(upload))

    def test_taking_a_picture_out_hides_it(self, in_lune):
        upload = a_picture("ada")
        thread = a_thread("ada", body=showing(upload))
        service.edit(who("ada"), opening(thread), body="No picture any more.")
        assert upload.hidden_at is not None
        assert thread.picture == ""


class TestEditing:
    def test_an_edit_keeps_the_old_text_and_marks_the_post(self, in_lune):
        thread = a_thread("ada", body="The first words.")
        a_reply(thread, "ben")
        post = opening(thread)
        service.edit(who("ada"), post, body="The second words.", title="Another title for it")
        assert (post.body, thread.title) == ("The second words.", "Another title for it")
        assert thread.slug == "another-title-for-it"
        assert thread.excerpt == "The second words."
        assert post.edited_at is not None
        assert not post.is_edited_by_staff
        (old,) = queries.revisions(who("ben"), post)
        assert (old.body, old.title, old.editor.username) == ("The first words.", TITLE, "ada")

    def test_a_small_change_at_once_stays_silent(self, in_lune):
        post = opening(a_thread("ada", body="A smal mistake."))
        service.edit(who("ada"), post, body="A small mistake.")
        assert post.edited_at is None
        assert queries.revisions(who("ada"), post) == []
        assert post.html == "<p>A small mistake.</p>\n"
        assert len(published(PostEdited)) == 1

    @pytest.mark.parametrize("why", ["answered", "late", "large", "moderator"])
    def test_it_does_not_when_somebody_may_have_read_the_old_words(self, in_lune, why):
        thread = a_thread("ada", body="Some words.")
        post, editor, body = opening(thread), "ada", "Other words."
        if why == "answered":
            a_reply(thread, "ben")
        elif why == "late":
            post.created_at -= timedelta(minutes=6)
        elif why == "large":
            body = "Some words. " + "x" * 100
        else:
            editor = "mod"
        service.edit(who(editor), post, body=body)
        assert post.edited_at is not None
        assert [old.body for old in queries.revisions(who("ada"), post)] == ["Some words."]
        assert post.is_edited_by_staff == (why == "moderator")

    def test_a_hundred_characters_are_small_and_one_more_is_not(self, in_lune):
        post = opening(a_thread("ada", body="Some words."))
        service.edit(who("ada"), post, body="Some words." + "x" * 100)
        assert post.edited_at is None
        service.edit(who("ada"), post, body="Some words.")
        assert post.edited_at is None
        service.edit(who("ada"), post, body="Some words." + "x" * 101)
        assert post.edited_at is not None

    def test_an_edit_that_changes_nothing_does_nothing(self, in_lune):
        thread = a_thread("ada", tags=["one"])
        post = opening(thread)
        service.edit(who("mod"), post, body=f"{BODY}\n", title=TITLE, tags=["one"])
        assert post.edited_at is None
        assert published(PostEdited) == []

    def test_the_title_of_a_reply_is_nothing(self, in_lune):
        thread = a_thread("ada")
        service.edit(who("ben"), a_reply(thread, "ben"), body="New", title="x", tags=["x"])
        assert thread.title == TITLE

    def test_an_edit_begun_before_anothers_is_refused_and_loses_nothing(self, in_lune):
        thread = a_thread("ada")
        post = opening(thread)
        seen = post.version
        service.edit(who("mod"), post, body="What the moderator wrote.", seen=seen)
        with pytest.raises(Conflict):
            service.edit(who("ada"), post, body="What Ada wrote.", seen=seen)
        assert post.body == "What the moderator wrote."
        service.edit(who("ada"), post, body="What Ada wrote.", seen=post.version)
        assert post.body == "What Ada wrote."

    @pytest.mark.parametrize("change", [{"title": "Another title for it"}, {"tags": ["two"]}])
    def test_a_silent_edit_and_one_of_title_or_tags_count_as_well(self, in_lune, change):
        post = opening(a_thread("ada", tags=["one"]))
        seen = post.version
        service.edit(who("ada"), post, body=BODY, **change)
        with pytest.raises(Conflict):
            service.edit(who("ada"), post, body="What Ada wrote.", seen=seen)

    def test_neither_another_member_nor_anyone_in_a_closed_thread_edits(self, in_lune):
        thread = a_thread("ada")
        with pytest.raises(Forbidden):
            service.edit(who("ben"), opening(thread), body="Mine now.")
        standing.lock(who("mod"), thread)
        with pytest.raises(Forbidden):
            service.edit(who("ada"), opening(thread), body="Something else.")
        assert opening(thread).body == BODY

    def test_an_edit_moves_nothing_up(self, in_lune):
        old = a_thread("ada")
        a_thread("ben")
        moment = old.last_post_at
        service.edit(who("ada"), opening(old), body="Something else.")
        assert old.last_post_at == moment


class TestRendering:
    def test_html_of_an_older_version_is_made_again(self, in_lune):
        post = opening(a_thread("ada"))
        post.html, post.render_version = "old", 0
        assert posts.refresh_outdated() == 1
        assert post.html == f"<p>{BODY}</p>\n"
        assert posts.refresh_outdated() == 0

    def test_a_preview_looks_like_the_post(self, in_lune):
        upload = a_picture("ada")
        body = f"Hello @ben\n\n{showing(upload)}"
        assert posts.rendered(body) == opening(a_thread("ada", body=body)).html

    def test_stored_html_comes_back_as_safe_as_it_went_in(self, in_lune):
        post = opening(a_thread("ada", body="<script>alert(1)</script>"))
        db.session.flush()
        db.session.expire_all()
        assert hasattr(post.html, "__html__")
        assert "<script" not in post.html


def test_a_thread_and_its_first_post_have_one_state(in_lune):
    thread = a_thread("ada")
    removal.hide(who("mod"), opening(thread), reason="spam")
    assert (thread.state, opening(thread).state) == (State.HIDDEN, State.HIDDEN)
    assert db.session.scalar(select(func.count()).select_from(Thread)) == 1
