"""Pages of conversations and of reports, with script and without."""

import re

import pytest
from sqlalchemy import select

from community.brands.queries import forget_hosts, the_brand
from community.kernel.db import db
from community.kernel.tenancy import brand_scope
from community.messages.models import Block, MessageReport, ReportReading
from community.threads.models import Post, Thread, ThreadMember
from tests.conftest import who
from tests.factories import LUNE
from tests.talking import a_conversation, a_message, a_report, to_the_brand
from tests.threads.acting import questions


@pytest.fixture
def ids(app):
    """A conversation of Ada and Ben with an answer, and one of Cleo with the brand."""
    with app.app_context(), brand_scope(LUNE):
        thread = a_conversation("ada", "ben")
        post = a_message(thread, "ben")
        to_brand = to_the_brand("cleo")
        db.session.commit()
        return thread.id, post.id, to_brand.id


@pytest.fixture
def afterwards(app):
    def look(question):
        with app.app_context(), brand_scope(LUNE):
            return question()

    return look


NEW = {"people": "ben, @Cleo", "subject": "A picnic", "body": "On **Sunday**?", "submission": "k"}


class TestWriting:
    def test_a_conversation_is_begun_from_the_form(self, visit, afterwards):
        answer = visit("ada").post("/messages/new", data=NEW)
        assert answer.status_code == 303
        page = visit("cleo").get(answer.location).text
        assert "A picnic" in page and "<strong>Sunday</strong>" in page
        people = afterwards(lambda: len(db.session.scalars(select(ThreadMember)).all()))
        assert people == 3

    def test_a_profile_leads_to_it(self, visit):
        assert 'href="/messages/new?to=ben"' in visit("ada").get("/m/ben").text
        assert 'value="ben"' in visit("ada").get("/messages/new?to=ben").text
        assert "/messages/new" not in visit().get("/m/ben").text

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"people": "nobody.here"}, "There is no member called “nobody.here”."),
            ({"people": "ada"}, "Say who it is for"),
            ({"people": ""}, "Say who it is for"),
            ({"subject": "a"}, "between 3 and 120"),
            ({"body": ""}, "Write something first."),
        ],
    )
    def test_what_is_wrong_is_told_beside_its_field_and_nothing_typed_is_lost(
        self, visit, wrong, said
    ):
        answer = visit("ada").post("/messages/new", data=NEW | wrong)
        assert answer.status_code == 422
        assert said in answer.text
        for name, value in (NEW | wrong).items():
            if value and name != "submission":
                assert value in answer.text.replace("&#39;", "'"), name

    def test_too_many_are_refused_with_the_text_kept(self, app, visit, ids):
        browser = visit("cleo")
        assert browser.post("/messages/new", data=NEW | {"people": "ada"}).status_code == 303
        answer = browser.post("/messages/new", data=NEW | {"people": "ada", "submission": "l"})
        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 30
        assert "On **Sunday**?" in answer.text

    def test_the_brand_is_written_to_and_the_team_answers(self, visit):
        said = {"subject": "My order", "body": "Where is it?", "submission": "k"}
        answer = visit("ada").post("/messages/new?brand=1", data=said)
        mod = visit("mod")
        assert "My order" in mod.get("/messages/?box=waiting").text
        path = answer.location
        assert mod.post(f"{path}/reply", data={"body": "On its way."}).status_code == 303
        assert "On its way." in visit("ada").get(path).text
        assert "My order" not in mod.get("/messages/?box=waiting").text

    def test_staff_writes_for_the_brand_by_a_box_that_means_nothing_from_others(
        self, visit, afterwards
    ):
        kinds = []
        for name in ("mod", "ada"):
            data = NEW | {"people": "ben", "for_brand": "y", "submission": name}
            assert visit(name).post("/messages/new", data=data).status_code == 303
        kinds = afterwards(lambda: [t.kind.value for t in db.session.scalars(select(Thread))])
        assert kinds == ["to-brand", "message"]

    def test_an_answer_that_is_refused_comes_back_in_its_conversation(self, visit, ids):
        answer = visit("ada").post(f"/messages/{ids[0]}/reply", data={"body": " "})
        assert answer.status_code == 422
        assert "Yes, please." in answer.text and "Write something first." in answer.text

    def test_a_preview_shows_it_and_sends_nothing(self, visit, ids, afterwards):
        answer = visit("ada").post(f"/messages/{ids[0]}/reply?preview=1", data={"body": "**Now**"})
        assert "<strong>Now</strong>" in answer.text
        assert afterwards(lambda: len(db.session.scalars(select(Post)).all())) == 3

    def test_a_quote_begins_the_answer_and_leads_back(self, visit, ids):
        page = visit("ada").get(f"/messages/{ids[0]}?quote={ids[1]}").text
        assert "&gt; Yes, please." in page
        body = re.search(r"<textarea[^>]*name=\"body\"[^>]*>(.*?)</textarea>", page, re.DOTALL)[1]
        text = body.replace("&gt;", ">").strip() + "\n\nThe inside."
        answer = visit("ada").post(f"/messages/{ids[0]}/reply", data={"body": text})
        assert "<blockquote>" in visit("ben").get(answer.location).text

    def test_a_draft_is_kept_and_gone_when_it_is_sent(self, visit, ids):
        ada, path = visit("ada"), f"/messages/{ids[0]}/reply"
        assert ada.post(f"{path}?draft=1", data={"body": "Half a th"}).status_code == 303
        page = ada.get(f"/messages/{ids[0]}").text
        assert "Half a th" in page
        sequence = re.search(r'name="draft"[^>]* value="(\d+)"', page)[1]
        sent = {"body": "Half a thought", "draft": sequence}
        assert ada.post(path, data=sent).status_code == 303
        assert "Half a th</textarea>" not in ada.get(f"/messages/{ids[0]}").text

    def test_one_edits_and_takes_back_what_one_wrote_on_the_usual_pages(self, visit, ids):
        ben = visit("ben")
        assert 'name="title"' not in ben.get(f"/posts/{ids[1]}/edit").text
        answer = ben.post(f"/posts/{ids[1]}/edit", data={"body": "Yes, today."})
        assert answer.location == f"/messages/{ids[0]}?page=1#post-2"
        assert "Remove this message?" in ben.get(f"/posts/{ids[1]}/delete").text
        assert ben.post(f"/posts/{ids[1]}/delete").status_code == 303
        assert "Yes, today." not in visit("ada").get(f"/messages/{ids[0]}").text


class TestReading:
    def test_a_stranger_is_asked_to_sign_in(self, visit, ids):
        for path in ("/messages/", f"/messages/{ids[0]}", "/messages/new", "/messages/blocked"):
            answer = visit().get(path)
            assert (answer.status_code, "/login" in answer.location) == (302, True), path

    def test_looking_marks_nothing_and_script_or_a_button_does(self, visit, ids):
        ada = visit("ada")
        unread = "1 unread message"
        assert "New since your last visit" in ada.get(f"/messages/{ids[0]}").text
        assert unread in ada.get("/messages/").text
        answer = ada.post(
            f"/messages/{ids[0]}/read", data={"up_to": "2"}, headers={"HX-Request": "true"}
        )
        assert (answer.status_code, "<html" in answer.text) == (200, False)
        assert unread not in ada.get("/messages/").text
        assert 'id="seen"' not in ada.get(f"/messages/{ids[0]}").text

    def test_the_inbox_takes_the_same_few_statements_however_many_there_are(self, app, visit, ids):
        visit("ada").get("/messages/")  # what a process learns once
        counted = []
        for more in (0, 6):
            with app.app_context(), brand_scope(LUNE):
                for _number in range(more):
                    a_conversation("ada", "ben", "cleo")
                db.session.commit()
            ada = visit("ada")
            with app.app_context(), questions() as asked:
                assert ada.get("/messages/").status_code == 200
            counted.append(len(asked))
        assert counted[0] == counted[1] <= 12, counted

    def test_a_long_conversation_opens_where_it_ends(self, app, visit, ids):
        with app.app_context(), brand_scope(LUNE):
            thread = db.session.get_one(Thread, ids[0])
            for number in range(25):
                a_message(thread, "ada", f"Number {number}.")
            db.session.commit()
        page = visit("ben").get(f"/messages/{ids[0]}").text
        assert "Number 24." in page and "Yes, please." not in page
        assert "Yes, please." in visit("ben").get(f"/messages/{ids[0]}?page=1").text

    def test_while_they_are_switched_off_there_is_no_such_page(self, app, visit, ids):
        with app.app_context(), brand_scope(LUNE):
            the_brand().features = {}
            db.session.commit()
        forget_hosts()
        for path in ("/messages/", f"/messages/{ids[0]}", "/messages/new", "/messages/blocked"):
            assert visit("ada").get(path).status_code == 404, path
        assert "/messages/" not in visit("ada").get("/").text
        assert visit("mod").get("/admin/reported-messages/").status_code == 200


class TestPeople:
    def test_adding_leaving_and_muting(self, visit, ids):
        ada, path = visit("ada"), f"/messages/{ids[0]}"
        assert ada.post(f"{path}/add", data={"people": "cleo"}).status_code == 303
        cleo = visit("cleo")
        assert "added by Ada" in cleo.get(path).text
        assert cleo.post(f"{path}/mute").status_code == 303
        assert "Muted" in cleo.get(path).text
        assert cleo.post(f"{path}/unmute").status_code == 303
        assert "Muted" not in cleo.get(path).text
        assert cleo.get(f"{path}/leave").status_code == 200
        assert cleo.get(path).status_code == 200
        assert cleo.post(f"{path}/leave").status_code == 303
        assert cleo.get(path).status_code == 404
        assert "left on" in ada.get(path).text

    @pytest.mark.parametrize("name", ["", "nobody.here"])
    def test_whoever_is_not_there_cannot_be_added(self, visit, ids, name):
        answer = visit("ada").post(f"/messages/{ids[0]}/add", data={"people": name})
        assert answer.status_code == 422
        assert 'id="people-error"' in answer.text

    def test_blocking_and_taking_it_back(self, visit, ids, afterwards):
        ada = visit("ada")
        answer = ada.post("/m/ben/block", data={"next": f"/messages/{ids[0]}"})
        assert answer.location == f"/messages/{ids[0]}"
        assert "Ben" in ada.get("/messages/blocked").text
        refused = visit("ben").post(f"/messages/{ids[0]}/reply", data={"body": "Why?"})
        assert refused.status_code == 409 and "Why?" in refused.text
        elsewhere = ada.post("/m/ben/unblock", data={"next": "//evil.example"})
        assert elsewhere.location == "/messages/blocked"
        assert afterwards(lambda: db.session.scalars(select(Block)).all()) == []


class TestReports:
    def report(self, visit, ids) -> str:
        data = {"wrong": "spam", "words": "He sells things."}
        assert visit("ada").post(f"/messages/report/{ids[1]}", data=data).status_code == 303
        return "/admin/reported-messages/1"

    def test_a_report_needs_what_is_wrong(self, visit, ids):
        for data in ({}, {"wrong": "no such thing"}, {"wrong": "other"}):
            answer = visit("ada").post(f"/messages/report/{ids[1]}", data=data)
            assert answer.status_code == 422, data

    def test_staff_opens_decides_and_turns_the_decision(self, visit, ids, afterwards):
        path, mod = self.report(visit, ids), visit("mod")
        afterwards(lambda: (setattr(who("ada"), "locale", "en"), db.session.commit()))
        assert "Ada about a message of Ben" in mod.get("/admin/reported-messages/").text
        assert "Yes, please." not in mod.get(path).text
        readings = select(ReportReading)
        assert afterwards(lambda: db.session.scalars(readings).all()) == []
        assert mod.post(f"{path}/open").status_code == 303
        assert len(afterwards(lambda: db.session.scalars(readings).all())) == 1
        page = mod.get(path).text
        assert "Yes, please." in page and "Who read it" in page
        empty = mod.post(path, data={"outcome": "hidden", "reason": ""})
        assert empty.status_code == 422 and "Yes, please." in empty.text
        decided = mod.post(path, data={"outcome": "hidden", "reason": "Advertising."})
        assert decided.status_code == 303
        assert "Yes, please." not in visit("ada").get(f"/messages/{ids[0]}").text
        assert "Advertising." in visit("ben").get(f"/messages/{ids[0]}").text
        assert "What became of your report" in visit("ada").get("/messages/").text
        assert "Advertising." in mod.get(path).text
        turned = mod.post(path, data={"outcome": "kept", "reason": "A joke."})
        assert turned.status_code == 303
        assert "Yes, please." in visit("ada").get(f"/messages/{ids[0]}").text
        assert "Left as it is" in mod.get("/admin/reported-messages/?box=decided").text

    def test_nobody_decides_unread_or_about_themselves(self, app, visit, ids, afterwards):
        path = self.report(visit, ids)
        data = {"outcome": "hidden", "reason": "Advertising."}
        assert visit("mod").post(path, data=data).status_code == 409
        with app.app_context(), brand_scope(LUNE):
            own = a_report(a_message(a_conversation("cleo", "mod"), "mod"), "cleo")
            db.session.commit()
            own_path = f"/admin/reported-messages/{own.id}"
        assert visit("mod").get(own_path).status_code == 403
        assert visit("mod").post(f"{own_path}/open").status_code == 403
        undecided = select(MessageReport).where(MessageReport.decided_at.is_(None))
        assert len(afterwards(lambda: db.session.scalars(undecided).all())) == 2

    def test_the_home_of_the_back_office_counts_what_waits(self, visit, ids):
        self.report(visit, ids)
        page = visit("mod").get("/admin/").text
        assert "Reported messages" in page and "Messages to the brand" in page
        answer = visit("mod").get("/admin/reported-messages/inbox")
        assert answer.location == "/messages/?box=waiting"
