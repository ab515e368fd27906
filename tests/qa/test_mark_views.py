"""Marking answers over HTTP, and what the pages show of it."""

import json
import re

import pytest

from community.kernel.db import db
from community.kernel.tenancy import brand_scope
from community.qa import accepting, certifying
from community.qa.models import Certification
from community.threads.models import Kind, Post
from tests.conftest import who
from tests.factories import LUNE
from tests.threads.acting import questions
from tests.threads.saying import a_reply, a_thread


@pytest.fixture
def asked(app):
    """A question of Ada's with answers of Ben and Cleo: (thread id, post ids)."""
    with app.app_context(), brand_scope(LUNE):
        thread = a_thread("ada", kind=Kind.QUESTION)
        posts = [a_reply(thread, name, f"Rinse it, says {name}.") for name in ("ben", "cleo")]
        db.session.commit()
        return f"/t/{thread.id}/{thread.slug}", [post.id for post in posts]


def certify(app, post_id: int) -> int:
    with app.app_context(), brand_scope(LUNE):
        post = db.session.get_one(Post, post_id)
        day = certifying.today() + certifying.USUAL
        made = certifying.certify(who("eve"), post, review_by=day, product="Night serum").id
        db.session.commit()
        return made


def data_of(page: str) -> list[dict]:
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    return json.loads(found[0])


def test_the_asker_finds_the_button_and_strangers_the_answer_first(asked, visit):
    address, (ben, cleo) = asked
    page = visit("ada").get(address).text
    assert f"/posts/{cleo}/accept" in page
    assert "/accept" not in visit("ben").get(address).text
    assert visit("ada").post(f"/posts/{cleo}/accept").status_code == 303
    shown = visit().get(address).text
    assert shown.index("Rinse it, says cleo.") < shown.index("Rinse it, says ben.")
    assert "Accepted answer" in shown
    home = visit().get("/").text
    assert "Rinse it, says cleo." in home
    assert visit("ada").post(f"/posts/{cleo}/not-accepted").status_code == 303
    assert "Accepted answer" not in visit().get(address).text
    assert visit("cleo").post(f"/posts/{ben}/accept").status_code == 403


def test_an_expert_certifies_with_what_it_holds_for(app, asked, visit):
    address, (ben, _cleo) = asked
    expert = visit("eve")
    assert expert.get(f"/posts/{ben}/certify").status_code == 200
    form = {"product": "Night serum", "version": "2026", "source_url": "nonsense", "owner": 0}
    with app.app_context(), brand_scope(LUNE):
        form |= {"owner": who("eve").id, "review_by": certifying.today().replace(day=1)}
    refused = expert.post(f"/posts/{ben}/certify", data=form)
    assert refused.status_code == 422
    assert "nonsense" in refused.text
    with app.app_context(), brand_scope(LUNE):
        form |= {"review_by": certifying.today() + certifying.USUAL}
    assert "Write the whole address" in expert.post(f"/posts/{ben}/certify", data=form).text
    form |= {"source_url": "https://example.com/manual"}
    assert expert.post(f"/posts/{ben}/certify", data=form).status_code == 303
    shown = visit().get(address).text
    assert "Certified answer" in shown
    assert "Night serum 2026" in shown
    assert "https://example.com/manual" in shown
    assert visit("cleo").get(f"/posts/{ben}/certify").status_code == 403


def test_members_doubt_it_and_the_team_renews_or_takes_it_away(app, asked, visit):
    address, (ben, _cleo) = asked
    made = certify(app, ben)
    for name in ("ada", "cleo", "mia"):
        assert visit(name).post(f"/certifications/{made}/doubt").status_code == 303
    assert "somebody is looking" in visit().get(address).text.lower()
    listed = visit("mod").get("/admin/certifications").text
    assert "3 members say that it no longer works" in listed
    assert visit("ada").get("/admin/certifications").status_code == 403
    assert visit("mod").get(f"/certifications/{made}/renew").status_code == 200
    assert (
        visit("mod").post(f"/certifications/{made}/renew", data={"review_by": ""}).status_code
        == 422
    )
    with app.app_context(), brand_scope(LUNE):
        day = certifying.today() + certifying.USUAL
    renewed = visit("mod").post(f"/certifications/{made}/renew", data={"review_by": day})
    assert renewed.status_code == 303
    assert visit("ada").post(f"/certifications/{made}/doubt").status_code == 303
    assert visit("ada").post(f"/certifications/{made}/no-doubt").status_code == 303
    assert "Nothing to look at again" in visit("mod").get("/admin/certifications").text
    assert visit("mod").post(f"/certifications/{made}/lift").status_code == 303
    assert visit("mod").post(f"/certifications/{made}/lift").status_code == 409
    assert "Certified answer" not in visit().get(address).text


def test_an_answer_of_another_brand_is_not_there(app, asked, visit):
    _address, (ben, _cleo) = asked
    made = certify(app, ben)
    other = visit("mod", brand="velora")
    assert other.post(f"/certifications/{made}/lift").status_code == 404
    assert other.post(f"/posts/{ben}/accept").status_code == 404
    with app.app_context(), brand_scope(LUNE):
        assert db.session.get_one(Certification, made).lifted_at is None


def test_machines_read_a_question_with_accepted_and_suggested_answers(app, asked, visit):
    address, (ben, _cleo) = asked
    with app.app_context(), brand_scope(LUNE):
        accepting.accept(who("ada"), db.session.get_one(Post, ben))
        plain = a_thread("ada")
        a_reply(plain, "ben")
        alone = a_thread("ada", kind=Kind.QUESTION)
        db.session.commit()
        others = [f"/t/{thread.id}/{thread.slug}" for thread in (plain, alone)]
    page, _way = data_of(visit().get(address).text)
    assert page["@type"] == "QAPage"
    question = page["mainEntity"]
    assert (question["@type"], question["answerCount"]) == ("Question", 2)
    assert [one["text"] for one in question["acceptedAnswer"]] == ["Rinse it, says ben."]
    assert [one["text"] for one in question["suggestedAnswer"]] == ["Rinse it, says cleo."]
    for other in others:
        assert data_of(visit().get(other).text)[0]["@type"] == "DiscussionForumPosting"


def test_the_page_of_questions_and_its_filters(app, asked, visit):
    address, (ben, _cleo) = asked
    certify(app, ben)
    for only in ("", "?only=solved", "?only=certified", "?only=nonsense"):
        assert address in visit().get(f"/questions{only}").text
    assert "No question here" in visit().get("/questions?only=unanswered").text
    assert visit().get("/questions?page=9").status_code == 404


def test_asking_on_the_home_page_asks_a_question(visit):
    assert 'name="kind" value="question"' in visit().get("/").text


def test_a_question_can_be_looked_at_and_kept_before_it_is_asked(visit):
    page = visit("ada").get("/new?kind=question").text
    assert "/new?kind=question&amp;preview=1" in page
    assert "/new?kind=question&amp;draft=1" in page
    assert "question?" not in page


@pytest.mark.parametrize(("reader", "most"), [(None, 8), ("ben", 12), ("ada", 12), ("eve", 12)])
def test_a_question_with_a_certified_answer_keeps_to_the_budget(app, asked, visit, reader, most):
    address, (ben, _cleo) = asked
    certify(app, ben)
    client = visit(reader)
    client.get(address)
    with app.app_context(), questions() as sent:
        assert client.get(address).status_code == 200
    assert 0 < len(sent) <= most, "\n".join(sent)


def test_a_day_that_is_none_is_refused_in_words_of_the_reader(app, asked, visit):
    _address, (ben, _cleo) = asked
    with app.app_context(), brand_scope(LUNE):
        form = {"owner": who("eve").id, "review_by": "31/02/2027"}
    french = {"Accept-Language": "fr"}
    refused = visit("eve").post(f"/posts/{ben}/certify", data=form, headers=french)
    assert refused.status_code == 422
    assert "31/02/2027" in refused.text
    assert "Not a valid" not in refused.text
