"""Same here, did this solve it and support, as a reader and staff meet them."""

import pytest
from sqlalchemy import select

from community.kernel.db import db
from community.kernel.tenancy import brand_scope
from community.qa.help_models import SolutionRating
from community.threads.kinds import Kind
from community.threads.models import Thread
from tests.factories import LUNE
from tests.threads.saying import a_reply, a_thread

SCRIPT = {"HX-Request": "true"}


@pytest.fixture
def question(app):
    """The path of a question of Ada's with a reply, and its id."""
    with app.app_context(), brand_scope(LUNE):
        thread = a_thread("ada", kind=Kind.QUESTION)
        a_reply(thread, "cleo")
        db.session.commit()
        return f"/t/{thread.id}/{thread.slug}", thread.id


def test_a_member_is_counted_with_script_and_without(question, visit):
    path, id_ = question
    browser = visit("ben")
    assert "Same here" in browser.get(path).text
    fragment = browser.post(f"/t/{id_}/same-here", headers=SCRIPT).text
    assert "1 member has the same question" in fragment and "<html" not in fragment
    assert "1 member has the same question" in browser.get("/c/general").text
    answer = browser.post(f"/t/{id_}/not-same-here")
    assert answer.location == f"{path}#help"
    assert "Same here" in browser.get(path).text


def test_whoever_asked_is_not_asked_about_their_own_question(question, visit):
    path, id_ = question
    page = visit("ada").get(path).text
    assert "Did this solve it?" not in page and "Same here" not in page
    assert visit("ada").post(f"/t/{id_}/same-here").status_code == 403


def test_a_visitor_says_it_helped_on_a_page_of_its_own(question, visit, app):
    path, id_ = question
    browser = visit()
    page = browser.get(path)
    assert f"/t/{id_}/solved" in page.text and "Set-Cookie" not in page.headers
    assert browser.post(f"/t/{id_}/solved", data={}).status_code == 422
    assert browser.post(f"/t/{id_}/solved", data={"solved": "yes"}).location == f"{path}#help"
    with app.app_context(), brand_scope(LUNE):
        rating = db.session.scalars(select(SolutionRating)).one()
        assert (rating.is_solved, rating.member_id) == (True, None)


def test_from_no_to_an_answer_of_support(question, visit):
    path, id_ = question
    ben, mod = visit("ben"), visit("mod")
    further = ben.post(f"/t/{id_}/solved", data={"solved": "no"}).location
    assert further == f"/t/{id_}/support"
    page = ben.get(further).text
    assert "/new?kind=question" in page and "Pass it to support" in page
    refused = ben.post(further, data={"words": " "})
    assert refused.status_code == 422 and "Say what is still wrong" in refused.text
    assert ben.post(further, data={"words": "It still creaks."}).status_code == 303
    assert "Passed to support on" in ben.get(path).text
    assert "Passed to support on" not in visit("cleo").get(path).text
    assert 'href="/admin/referrals/' in mod.get("/admin/referrals").text
    place = mod.get("/admin/referrals").text.split('href="/admin/referrals/')[1].split('"')[0]
    there = f"/admin/referrals/{place}"
    assert "It still creaks." in mod.get(there).text
    typed = mod.post(there, data={"note": "A new one is on its way."})
    assert typed.status_code == 422 and "A new one is on its way." in typed.text
    done = {"stage": "answered", "note": "A new one is on its way."}
    assert mod.post(there, data=done).location == "/admin/referrals"
    assert "Nobody waits for support" in mod.get("/admin/referrals").text
    assert "Does rain harm it" in mod.get("/admin/referrals?box=handled").text
    assert "A new one is on its way." in ben.get(path).text
    assert "A new one is on its way." not in visit().get(path).text


def test_support_is_offered_to_visitors_after_signing_in_and_for_questions_alone(
    question, visit, app
):
    _path, id_ = question
    assert "Sign in, so that support can answer you." in visit().get(f"/t/{id_}/support").text
    assert visit().post(f"/t/{id_}/support", data={"words": "Help"}).status_code == 401
    with app.app_context(), brand_scope(LUNE):
        discussion = a_thread("ada")
        db.session.commit()
        other = discussion.id
    assert visit("ben").get(f"/t/{other}/support").status_code == 404


def test_only_staff_reads_what_was_passed_on(visit):
    assert visit("eve").get("/admin/referrals").status_code == 403


def test_a_category_says_how_long_questions_may_wait(visit, app):
    mia = visit("mia")
    with app.app_context(), brand_scope(LUNE):
        thread = a_thread("ada")
        id_ = thread.category_id
        db.session.commit()
        last = thread.id
    place = f"/admin/categories/{id_}"
    form = {
        "name": "General",
        "icon": "chat",
        "visible_to": "everyone",
        "who_may_start": "members",
        "who_may_reply": "members",
    }
    refused = mia.post(place, data=form | {"unanswered_hours": "0"})
    assert refused.status_code == 422 and "from 1 to 360" in refused.text
    assert mia.post(place, data=form | {"unanswered_hours": "6"}).status_code == 303
    with app.app_context(), brand_scope(LUNE):
        assert db.session.get(Thread, last).category.unanswered_hours == 6
