"""Choosing who reads a thread, and the page on which its author decides."""

import pytest
from sqlalchemy import select

from community.brands.queries import the_brand
from community.kernel.db import db
from community.kernel.tenancy import brand_scope
from community.threads import private, queries
from community.threads.models import Access, Kind, Thread
from tests.conftest import who
from tests.factories import LUNE
from tests.threads.saying import a_reply, a_thread

SENT = {
    "title": "A question about my own order",
    "category": "general",
    "body": "It never came.",
    "access": "brand",
    "kind": "question",
}


@pytest.fixture
def thread_id(app):
    """A private thread of ada's with an answer of staff."""
    with app.app_context(), brand_scope(LUNE):
        thread = a_thread("ada", access=Access.BRAND, title="A title that says my order number")
        a_reply(thread, "mod", body="We are looking into it.")
        db.session.commit()
        return thread.id


def ask(app, thread_id):
    with app.app_context(), brand_scope(LUNE):
        thread = db.session.get(Thread, thread_id)
        private.ask_to_publish(who("mod"), thread, message="It would help many.")
        db.session.commit()


def thread_now(app, thread_id) -> tuple:
    with app.app_context(), brand_scope(LUNE):
        thread = db.session.get(Thread, thread_id)
        return thread.access, thread.title


def seen_in(page: str) -> str:
    return page.split('name="seen"')[1].split('value="')[1].split('"', maxsplit=1)[0]


def own_post(app, thread_id) -> int:
    with app.app_context(), brand_scope(LUNE):
        thread = db.session.get(Thread, thread_id)
        return queries.posts_page(who("ada"), thread).items[0].id


# -- The composer ----------------------------------------------------------


def test_the_choice_of_readers_and_of_the_kind_makes_the_thread(app, visit):
    answer = visit("ada").post("/new", data=SENT)
    assert answer.status_code == 303
    with app.app_context(), brand_scope(LUNE):
        thread = db.session.scalars(select(Thread)).one()
        assert (thread.access, thread.kind) == (Access.BRAND, Kind.QUESTION)
    page = visit("ada").get(answer.location).text
    assert "Only you and the team of Maison Lune read this." in page
    assert "noindex" in page
    for name in (None, "ben"):
        assert visit(name).get(answer.location).status_code == 404


def test_a_refused_form_keeps_who_reads_it_and_what_kind_it_is(visit):
    answer = visit("ada").post("/new", data=SENT | {"title": "short"})
    assert answer.status_code == 422
    for value in ("brand", "question"):
        assert f'checked id="{"access" if value == "brand" else "kind"}-1"' in answer.text


def test_the_address_may_say_that_it_is_a_question(visit):
    page = visit("ada").get("/new?kind=question").text
    assert 'checked id="kind-1"' in page
    assert 'action="/new?kind=question"' in page


def test_the_choice_is_not_there_where_the_brand_does_not_offer_it(app, visit):
    with app.app_context(), brand_scope(LUNE):
        the_brand().features = {"private_threads": False}
        db.session.commit()
    assert 'name="access"' not in visit("ada").get("/new").text
    answer = visit("ada").post("/new", data=SENT)
    assert answer.status_code == 303
    assert visit("ben").get(answer.location).status_code == 200


# -- Deciding --------------------------------------------------------------


def test_staff_asks_on_a_page_and_the_author_is_asked_on_the_thread(app, visit, thread_id):
    mod, ada = visit("mod"), visit("ada")
    path = f"/t/{thread_id}/ask-to-publish"
    assert mod.get(path).status_code == 200
    refused = mod.post(path, data={"message": "word " * 120})
    assert refused.status_code == 422
    assert "word word" in refused.text
    assert mod.post(path, data={"message": "It would help many."}).status_code == 303
    page = ada.get(f"/t/{thread_id}", follow_redirects=True).text
    assert "asks whether everybody may read this" in page
    assert "It would help many." in ada.get(f"/t/{thread_id}/publish").text
    assert mod.post(path, data={}).status_code == 409
    assert "has not answered yet" in mod.get(path).text


def test_the_author_takes_something_out_and_agrees_in_one_go(app, visit, thread_id):
    ask(app, thread_id)
    ada, post_id = visit("ada"), own_post(app, thread_id)
    page = ada.get(f"/t/{thread_id}/publish").text
    assert "We are looking into it." in page
    sent = {
        "seen": seen_in(page),
        "title": "A title that says nothing",
        f"post_{post_id}": "It is late.",
        "publish": "1",
    }
    answer = ada.post(f"/t/{thread_id}/publish", data=sent)
    assert answer.status_code == 303
    assert thread_now(app, thread_id) == (Access.OPEN, "A title that says nothing")
    page = visit().get(answer.location).text
    assert "It is late." in page
    assert "We are looking into it." in page
    assert "order number" not in page


def test_saving_alone_keeps_it_private(app, visit, thread_id):
    ada, post_id = visit("ada"), own_post(app, thread_id)
    page = ada.get(f"/t/{thread_id}/publish").text
    sent = {"seen": seen_in(page), "title": "A quieter title", f"post_{post_id}": "It is late."}
    assert ada.post(f"/t/{thread_id}/publish", data=sent).status_code == 303
    assert thread_now(app, thread_id) == (Access.BRAND, "A quieter title")


def test_an_answer_that_came_meanwhile_stops_it_and_nothing_typed_is_lost(app, visit, thread_id):
    ada, post_id = visit("ada"), own_post(app, thread_id)
    page = ada.get(f"/t/{thread_id}/publish").text
    with app.app_context(), brand_scope(LUNE):
        a_reply(db.session.get(Thread, thread_id), "mod", body="Your number is 20418.")
        db.session.commit()
    sent = {
        "seen": seen_in(page),
        "title": "A quieter title",
        f"post_{post_id}": "My own new words.",
        "publish": "1",
    }
    answer = ada.post(f"/t/{thread_id}/publish", data=sent)
    assert answer.status_code == 409
    for words in ("Something was written", "My own new words.", "Your number is 20418."):
        assert words in answer.text
    assert thread_now(app, thread_id)[0] is Access.BRAND
    sent["seen"] = seen_in(answer.text)
    assert ada.post(f"/t/{thread_id}/publish", data=sent).status_code == 303
    assert thread_now(app, thread_id)[0] is Access.OPEN


def test_a_text_that_is_refused_stands_beside_its_post(app, visit, thread_id):
    ada, post_id = visit("ada"), own_post(app, thread_id)
    page = ada.get(f"/t/{thread_id}/publish").text
    sent = {"seen": seen_in(page), "title": "short", f"post_{post_id}": "", "publish": "1"}
    answer = ada.post(f"/t/{thread_id}/publish", data=sent)
    assert answer.status_code == 422
    assert f'id="post_{post_id}-error"' in answer.text
    sent[f"post_{post_id}"] = "Fine."
    answer = ada.post(f"/t/{thread_id}/publish", data=sent)
    assert answer.status_code == 422
    assert 'id="title-error"' in answer.text
    assert thread_now(app, thread_id) == (Access.BRAND, "A title that says my order number")


def test_the_author_says_no(app, visit, thread_id):
    ask(app, thread_id)
    assert visit("ada").post(f"/t/{thread_id}/keep-private").status_code == 303
    assert thread_now(app, thread_id)[0] is Access.BRAND
    page = visit("mod").get(f"/t/{thread_id}", follow_redirects=True).text
    assert "prefers to keep it private" in page
    assert "/ask-to-publish" not in page


@pytest.mark.parametrize(("name", "status"), [("ben", 404), ("mod", 403), ("oli", 403)])
def test_nobody_else_decides(app, visit, thread_id, name, status):
    browser = visit(name)
    assert browser.get(f"/t/{thread_id}/publish").status_code == status
    sent = {"seen": "x", "title": "A title long enough", "publish": "1"}
    assert browser.post(f"/t/{thread_id}/publish", data=sent).status_code == status
    assert browser.post(f"/t/{thread_id}/keep-private").status_code == status
    assert thread_now(app, thread_id)[0] is Access.BRAND


def test_what_is_public_leads_from_there_to_the_thread(app, visit):
    with app.app_context(), brand_scope(LUNE):
        thread = a_thread("ada")
        db.session.commit()
        path = f"/t/{thread.id}/publish"
    assert visit("ada").get(path).status_code == 303
