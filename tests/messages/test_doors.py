"""What is said in private stays there, whichever door somebody tries."""

import pytest
from sqlalchemy import select

from community.events import PostAdded, ThreadStarted
from community.kernel import bus
from community.kernel.db import db
from community.kernel.tenancy import brand_scope
from community.messages import people, queries, reports
from community.notifications import queries as notices
from community.notifications import tell
from community.notifications.models import Mail, Notification, Reason
from community.search import embedded
from community.search.indexer import Follower
from community.threads import exports, figures, reach, service, standing
from community.threads.models import Post
from tests.conftest import who
from tests.factories import LUNE
from tests.talking import a_conversation, a_message, a_report, first, to_the_brand
from tests.threads.saying import a_thread

SECRET = "xylograph"  # a word that is nowhere else
OUTSIDERS = ("cleo", "eve", "mod", "mia", "oli")


@pytest.fixture
def ids(app):
    """A conversation of Ada and Ben in which the word was said: ids of the thread and a post."""
    with app.app_context(), brand_scope(LUNE):
        thread = a_conversation("ada", "ben", subject=f"About the {SECRET}")
        post = a_message(thread, "ben", f"My {SECRET} is under the mat.")
        further = "It has been there since noon, and nobody but us knows of it. " * 3
        service.edit(who("ben"), post, body=f"My {SECRET} is under the mat. {further}")
        db.session.commit()
        return thread.id, post.id


class TestPages:
    @pytest.mark.parametrize("name", [None, *OUTSIDERS])
    def test_no_address_shows_it(self, ids, visit, name):
        thread_id, post_id = ids
        browser = visit(name)
        for path in (
            f"/messages/{thread_id}",
            f"/messages/{thread_id}?post={post_id}",
            f"/t/{thread_id}",
            f"/t/{thread_id}/about-the-{SECRET}",
            f"/t/{thread_id}?post={post_id}",
            f"/posts/{post_id}/revisions",
            f"/posts/{post_id}/edit",
            f"/posts/{post_id}/delete",
            f"/posts/{post_id}/hide",
            f"/messages/report/{post_id}",
        ):
            answer = browser.get(path)
            assert answer.status_code == 404 or (name is None and answer.status_code == 302), path
            assert SECRET not in answer.text.replace(f"about-the-{SECRET}", ""), path

    @pytest.mark.parametrize("name", OUTSIDERS)
    def test_no_act_reaches_it(self, ids, visit, name):
        thread_id, post_id = ids
        browser = visit(name)
        for path in (
            f"/messages/{thread_id}/reply",
            f"/messages/{thread_id}/read",
            f"/messages/{thread_id}/add",
            f"/messages/{thread_id}/leave",
            f"/messages/{thread_id}/mute",
            f"/t/{thread_id}/reply",
            f"/t/{thread_id}/follow",
            f"/t/{thread_id}/lock",
            f"/t/{thread_id}/poll",
            f"/posts/{post_id}/helpful",
            f"/posts/{post_id}/restore",
            f"/posts/{post_id}/hide",
            f"/posts/{post_id}/edit",
        ):
            said = {"body": "Hello", "people": name, "reason": "x", "up_to": "9"}
            assert browser.post(path, data=said).status_code == 404, path

    @pytest.mark.parametrize("name", [None, "cleo", "mod", "oli"])
    def test_no_list_feed_profile_or_search_names_it(self, ids, visit, name):
        browser = visit(name)
        for path in (
            "/",
            "/?sort=new",
            "/c/",
            "/c/general",
            "/m/ada",
            "/m/ben",
            "/feed.atom",
            "/feed.json",
            "/sitemap.xml",
            f"/search?q={SECRET}",
            "/notifications",
            "/admin/",
            "/admin/removed",
            "/admin/reported-messages/",
            "/messages/",
            "/messages/?box=brand",
        ):
            text = browser.get(path).text
            assert f"About the {SECRET}" not in text and "under the mat" not in text, path

    def test_search_finds_what_is_said_in_public_and_nothing_else(
        self, app, ids, visit, monkeypatch
    ):
        monkeypatch.setattr(embedded, "LOOKED_EVERY_S", 0.0)
        with app.app_context(), brand_scope(LUNE):
            a_thread("cleo", title=f"Any {SECRET} in the house?")
            db.session.commit()
        with app.app_context():
            while bus.assign_positions():
                pass
            Follower()()
        for name in ("ada", "ben", "mod", None):
            page = visit(name).get(f"/search?q={SECRET}").text
            assert "in the house?" in page
            assert "under the mat" not in page and f"About the {SECRET}" not in page

    def test_even_of_their_own_conversation_only_the_page_of_messages_shows_it(self, ids, visit):
        browser = visit("ada")
        assert SECRET in browser.get(f"/messages/{ids[0]}").text
        assert SECRET in browser.get("/messages/").text
        for path in ("/", "/m/ada", "/feed.atom", f"/search?q={SECRET}"):
            assert "under the mat" not in browser.get(path).text, path

    def test_links_within_it_lead_its_people_to_the_page_of_messages(self, ids, visit):
        answer = visit("ada").get(f"/t/{ids[0]}?post={ids[1]}")
        assert (answer.status_code, answer.location) == (
            302,
            f"/messages/{ids[0]}?post={ids[1]}",
        )
        there = visit("ada").get(answer.location)
        assert there.location.endswith("#post-2")

    def test_what_was_said_there_is_not_quoted_elsewhere(self, ids, visit, app):
        with app.app_context(), brand_scope(LUNE):
            public = a_thread("cleo")
            db.session.commit()
            path = f"/t/{public.id}/{public.slug}?quote={ids[1]}"
        assert SECRET not in visit("ada").get(path).text


class TestQueries:
    def test_what_begins_with_what_the_actor_sees_leaves_it_out(self, app, ids):
        with app.app_context(), brand_scope(LUNE):
            for name in ("ada", *OUTSIDERS):
                actor = who(name)
                seen = db.session.scalars(reach.visible_threads(actor)).all()
                read = db.session.scalars(reach.visible_posts(actor)).all()
                assert (seen, read) == ([], [])
            assert figures.community_numbers().posts == 0

    def test_a_copy_of_ones_data_has_nothing_the_others_wrote(self, app, ids):
        with app.app_context(), brand_scope(LUNE):
            assert "under the mat" not in str(exports.posts_of_member(who("ada")))
            assert "under the mat" not in str(exports.revisions_of_member(who("ada")))
            assert "under the mat" in str(exports.posts_of_member(who("ben")))

    def test_a_report_opens_the_few_around_it_and_no_more(self, app, ids, visit):
        with app.app_context(), brand_scope(LUNE):
            thread = queries.conversation_or_missing(who("ada"), ids[0])
            for number in range(4):
                a_message(thread, "ada", f"Further {number}")
            report = a_report(db.session.get_one(Post, ids[1]), "ada")
            reports.open_report(who("mod"), report)
            db.session.commit()
            report_id = report.id
        page = visit("mod").get(f"/admin/reported-messages/{report_id}").text
        assert "under the mat" in page and "Further 0" in page
        assert "Further 1" not in page
        assert "under the mat" not in visit("mia").get(f"/admin/reported-messages/{report_id}").text
        assert visit("ada").get(f"/admin/reported-messages/{report_id}").status_code == 403
        assert visit("mod").get(f"/messages/{ids[0]}").status_code == 404


class TestNews:
    def told(self, thread) -> list[tuple[str, str]]:
        rows = select(Notification).join(Post, Post.id == Notification.post_id)
        found = db.session.scalars(rows.where(Post.thread_id == thread.id))
        return sorted((one.member.username, one.reason.value) for one in found)

    def tell(self, thread) -> None:
        """Run what follows the events of a conversation, as the worker does."""
        opening = first(thread)
        tell.of_new_thread(ThreadStarted(thread.id, opening.id, opening.author_id))
        for post in thread.posts[1:]:
            tell.of_reply(PostAdded(post.id, thread.id, post.author_id))
        db.session.flush()

    def test_everybody_in_it_is_told_and_nobody_else(self, in_lune):
        thread = a_conversation("ada", "ben", "cleo", body="Hello @eve, @mod and @ben")
        self.tell(thread)
        assert self.told(thread) == [("ben", "message"), ("cleo", "message")]
        assert notices.unread_count(who("ben")) == 1

    def test_the_mail_says_who_wrote_and_shows_no_word_of_it_outside(self, in_lune):
        who("ben").locale = "en"
        thread = a_conversation("ada", "ben", subject=f"The {SECRET}", body=f"My {SECRET} again")
        self.tell(thread)
        [mail] = db.session.scalars(select(Mail))
        assert mail.to == "ben@example.com"
        assert mail.subject == "Ada wrote to you"
        assert SECRET not in str(mail.headers)
        assert f"/messages/{thread.id}" in mail.text
        assert f"/t/{thread.id}" not in mail.text + mail.html

    def test_who_wishes_no_such_mail_gets_none(self, in_lune):
        who("ben").mails_messages = False
        thread = a_conversation("ada", "ben")
        self.tell(thread)
        assert db.session.scalars(select(Mail)).all() == []
        assert self.told(thread) == [("ben", "message")]

    def test_whoever_muted_or_left_hears_no_more_and_sees_no_old_news_after_leaving(self, in_lune):
        from_ada = a_conversation("ada", "ben", "cleo")
        self.tell(from_ada)
        people.leave(who("cleo"), from_ada)
        standing.unfollow(who("ben"), from_ada)
        db.session.flush()
        a_message(from_ada, "ada", "More")
        self.tell(from_ada)
        assert self.told(from_ada) == [("ben", "message"), ("cleo", "message")]
        assert notices.unread_count(who("cleo")) == 0

    def test_the_team_hears_of_a_message_to_the_brand_until_one_takes_it_up(self, in_lune):
        thread = to_the_brand("ada")
        self.tell(thread)
        assert self.told(thread) == [("mia", "message"), ("mod", "message"), ("oli", "message")]
        a_message(thread, "mod", "On its way.")
        a_message(thread, "ada", "Thank you.")
        self.tell(thread)
        last = select(Notification).where(Notification.post_id == thread.posts[-1].id)
        assert [one.member.username for one in db.session.scalars(last)] == ["mod"]

    def test_having_read_it_settles_the_notices(self, app, visit, ids):
        with app.app_context(), brand_scope(LUNE):
            db.session.add(
                Notification(member_id=who("ada").id, post_id=ids[1], reason=Reason.MESSAGE)
            )
            db.session.commit()
        ada = visit("ada")
        page = ada.get("/notifications").text
        assert "wrote to you" in page and SECRET in page
        answer = ada.post("/notifications/1")
        assert answer.location.startswith(f"/messages/{ids[0]}")
