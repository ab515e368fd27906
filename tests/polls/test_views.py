"""Polls on the page of their thread and in the composer, with script and without."""

import pytest
from sqlalchemy import select

from community.kernel.db import db
from community.kernel.tenancy import brand_scope
from community.polls.models import Ballot, Poll, Results, Voting
from tests.asking import a_poll, vote
from tests.factories import LUNE
from tests.threads.acting import questions
from tests.threads.saying import a_thread

THREAD = {
    "title": "Which colour shall the new one be?",
    "category": "general",
    "kind": "discussion",
    "access": "open",
    "body": "We cannot decide.",
}
POLL = {
    "poll-question": "Which colour?",
    "poll-options": "Red\nGreen\n\nBlue",
    "poll-voting": "one",
    "poll-results": "always",
    "poll-may_change": "y",
}
SCRIPT = {"HX-Request": "true"}


@pytest.fixture
def made(app):
    """`made(**rules)` opens a poll of Ada's and gives (its path, its thread's, ids of options)."""

    def make(**rules):
        with app.app_context(), brand_scope(LUNE):
            poll = a_poll(**rules)
            db.session.commit()
            thread = f"/t/{poll.thread_id}/{poll.thread.slug}"
            return f"/polls/{poll.id}", thread, [option.id for option in poll.options]

    return make


@pytest.fixture
def afterwards(app):
    def look(question):
        with app.app_context(), brand_scope(LUNE):
            return question()

    return look


class TestComposer:
    def test_a_thread_begins_with_its_poll(self, visit):
        answer = visit("ada").post("/new", data=THREAD | POLL)
        assert answer.status_code == 303
        page = visit().get(answer.location).text
        assert "Which colour?" in page and "Blue" in page

    def test_without_a_question_there_is_none(self, visit, afterwards):
        empty = {name: "" for name in ("poll-question", "poll-options")}
        assert visit("ada").post("/new", data=THREAD | POLL | empty).status_code == 303
        assert afterwards(lambda: db.session.scalars(select(Poll)).all()) == []

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"poll-options": "Red"}, "Give 2 to 20 answers"),
            ({"poll-question": ""}, "Ask something."),
            ({"poll-voting": "several", "poll-max_choices": "9"}, "Between 2 and 3"),
            ({"poll-closes_at": "2020-01-01T10:00"}, "five minutes at least"),
            ({"poll-voting": "none"}, "Not a valid choice"),
        ],
    )
    def test_a_poll_that_is_wrong_holds_the_thread_and_nothing_typed_is_lost(
        self, visit, afterwards, wrong, said
    ):
        answer = visit("ada").post("/new", data=THREAD | POLL | wrong)
        assert answer.status_code == 422
        assert said in answer.text
        assert "We cannot decide." in answer.text
        assert (POLL | wrong)["poll-options"].splitlines()[0] in answer.text
        assert afterwards(lambda: db.session.scalars(select(Poll)).all()) == []

    def test_the_same_form_sent_twice_opens_one(self, visit, afterwards):
        ada = visit("ada")
        for _time in range(2):
            assert ada.post("/new", data=THREAD | POLL | {"submission": "k"}).status_code == 303
        assert len(afterwards(lambda: db.session.scalars(select(Poll)).all())) == 1

    def test_a_secret_poll_is_one_box_and_the_other_says_nothing_then(self, visit, afterwards):
        data = THREAD | POLL | {"poll-is_secret": "y"}
        assert visit("ada").post("/new", data=data).status_code == 303
        poll = afterwards(lambda: db.session.scalars(select(Poll)).one())
        assert (poll.is_secret, poll.may_change) == (True, False)

    def test_it_closes_at_that_time_where_the_brand_is(self, visit, afterwards):
        data = THREAD | POLL | {"poll-closes_at": "2027-01-15T18:30"}
        assert visit("ada").post("/new", data=data).status_code == 303
        poll = afterwards(lambda: db.session.scalars(select(Poll)).one())
        assert poll.closes_at.isoformat() == "2027-01-15T17:30:00+00:00"  # Paris

    def test_a_draft_keeps_the_poll_too(self, visit):
        ada = visit("ada")
        ada.post("/new?draft=1", data=THREAD | POLL)
        page = ada.get("/new").text
        assert "Which colour?" in page and "Red\nGreen" in page


class TestThreadPage:
    def test_a_poll_is_added_later_and_changed_until_somebody_votes(self, app, visit):
        with app.app_context(), brand_scope(LUNE):
            thread = a_thread("ada")
            db.session.commit()
            path = f"/t/{thread.id}"
        ada = visit("ada")
        fields = {name.removeprefix("poll-"): value for name, value in POLL.items()}
        assert f'href="{path}/poll"' in ada.get(path, follow_redirects=True).text
        assert f'href="{path}/poll"' not in visit("ben").get(path, follow_redirects=True).text
        assert visit("ben").get(f"{path}/poll").status_code == 403
        assert ada.get(f"{path}/poll").status_code == 200
        assert ada.post(f"{path}/poll", data=fields | {"options": "Red"}).status_code == 422
        assert ada.post(f"{path}/poll", data=fields).status_code == 303
        assert ada.get(f"{path}/poll").status_code == 409
        assert "Red" in ada.get("/polls/1/edit").text
        changed = fields | {"question": "Which shade?"}
        assert ada.post("/polls/1/edit", data=changed).status_code == 303
        assert "Which shade?" in visit().get(path, follow_redirects=True).text

    def test_a_vote_without_script_leads_back_and_with_script_answers_a_part(self, visit, made):
        poll, thread, options = made()
        ben = visit("ben")
        answer = ben.post(f"{poll}/vote", data={"choice": options[1]})
        assert (answer.status_code, answer.location) == (303, f"{thread}#poll")
        part = ben.post(f"{poll}/vote", data={"choice": options[0]}, headers=SCRIPT)
        assert part.status_code == 200
        assert "<html" not in part.text and "Your choice" in part.text

    def test_a_refused_vote_says_why_and_keeps_what_was_chosen(self, visit, made):
        poll, _thread, options = made(voting=Voting.SEVERAL, max_choices=2)
        for headers, whole in (({}, True), (SCRIPT, False)):
            answer = visit("ben").post(f"{poll}/vote", data={"choice": options}, headers=headers)
            assert answer.status_code == 422
            assert "Choose 2 answers at most." in answer.text
            assert answer.text.count(" checked") == 3
            assert ("<html" in answer.text) is whole

    @pytest.mark.parametrize("choice", [[], ["x"], ["999999"], ["-1"], ["1e3"]])
    def test_what_is_no_answer_is_refused(self, visit, made, choice):
        poll, _thread, _options = made()
        answer = visit("ben").post(f"{poll}/vote", data={"choice": choice})
        assert answer.status_code == 422

    def test_ranking_takes_each_place_once_and_leaves_out_what_has_none(
        self, visit, made, afterwards
    ):
        poll, _thread, options = made(voting=Voting.RANKED)
        ben = visit("ben")
        twice = {f"rank-{options[0]}": "1", f"rank-{options[1]}": "1"}
        assert "Give each place" in ben.post(f"{poll}/vote", data=twice).text
        words = {f"rank-{options[0]}": "first"}
        assert ben.post(f"{poll}/vote", data=words).status_code == 422
        data = {f"rank-{options[2]}": "1", f"rank-{options[0]}": "3", f"rank-{options[1]}": ""}
        assert ben.post(f"{poll}/vote", data=data).status_code == 303
        ballot = afterwards(lambda: db.session.scalars(select(Ballot)).one())
        assert ballot.choices == [options[2], options[0]]

    def test_results_wait_for_the_vote_and_voters_with_them(self, visit, made):
        poll, thread, options = made(results=Results.VOTED)
        ben = visit("ben")
        assert "The results show when you have voted." in ben.get(thread).text
        assert ben.get(f"{poll}/voters").status_code == 404
        ben.post(f"{poll}/vote", data={"choice": options[0]})
        assert "<progress" in ben.get(thread).text
        assert "Ben" in ben.get(f"{poll}/voters").text
        assert "<progress" not in visit("mod").get(thread).text

    def test_abstaining_taking_back_and_closing(self, visit, made):
        poll, thread, options = made()
        ben, ada = visit("ben"), visit("ada")
        assert ben.post(f"{poll}/abstain").status_code == 303
        assert "You abstain." in ben.get(thread).text
        assert ben.post(f"{poll}/withdraw").status_code == 303
        assert ben.post(f"{poll}/close").status_code == 403
        assert ada.post(f"{poll}/close").status_code == 303
        assert ben.post(f"{poll}/vote", data={"choice": options[0]}).status_code == 409
        assert f"{poll}/vote" not in ben.get(thread).text

    def test_staff_corrects_a_wording_and_members_see_what_it_said(self, app, visit, made):
        poll, thread, options = made()
        visit("ben").post(f"{poll}/vote", data={"choice": options[0]})
        mod = visit("mod")
        assert "Correct the wording" in mod.get(f"{poll}/edit").text
        path = f"{poll}/options/{options[0]}"
        assert mod.post(path, data={"label": "Green"}).status_code == 422
        assert mod.post(path, data={"label": "Crimson"}).status_code == 303
        assert "it said “Red”" in visit().get(thread).text
        assert visit("ada").post(path, data={"label": "Pink"}).status_code == 403

    def test_a_poll_is_removed_after_a_question(self, visit, made, afterwards):
        poll, thread, _options = made()
        assert "Nobody has voted yet" in visit("ada").get(f"{poll}/remove").text
        assert visit("ada").post(f"{poll}/remove").status_code == 303
        assert 'id="poll"' not in visit().get(thread).text

    def test_whoever_does_not_see_the_thread_sees_no_poll(self, app, visit):
        with app.app_context(), brand_scope(LUNE):
            thread = a_thread("mod", "office")
            db.session.commit()
            thread_id = thread.id
        fields = {name.removeprefix("poll-"): value for name, value in POLL.items()}
        assert visit("mod").post(f"/t/{thread_id}/poll", data=fields).status_code == 303
        for path in ("edit", "remove", "voters"):
            assert visit("ada").get(f"/polls/1/{path}").status_code == 404
        assert visit("ada").post("/polls/1/vote", data={"choice": "1"}).status_code == 404

    def test_a_poll_costs_a_stranger_one_statement_and_a_member_two(self, app, visit, made):
        _poll, thread, _options = made(voting=Voting.RANKED)
        with app.app_context(), brand_scope(LUNE):
            poll = db.session.scalars(select(Poll)).one()
            vote(poll, "ben", "Red", "Blue")
            plain = a_thread("ada")
            db.session.commit()
            without = f"/t/{plain.id}/{plain.slug}"
        for name, more in ((None, 1), ("ben", 2)):
            browser = visit(name)
            browser.get(thread)
            counted = []
            for path in (thread, without):
                with app.app_context(), questions() as asked:
                    assert browser.get(path, headers={"User-Agent": "robot"}).status_code == 200
                counted.append(len(asked))
            assert counted[0] - counted[1] <= more, (name, counted)
