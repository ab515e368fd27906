"""Threads for their author and the brand alone: nobody else learns of them until she agrees."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from community.brands.queries import the_brand
from community.events import PublicationAsked, PublicationRefused, ThreadMadePublic
from community.kernel.db import db
from community.kernel.errors import Conflict, Forbidden, Invalid, Missing
from community.members.models import Anonymous
from community.threads import (
    counts,
    fields,
    figures,
    lists,
    private,
    queries,
    reach,
    removal,
    service,
)
from community.threads.field_setup import add_field
from community.threads.models import Access, Category, PostRevision, State, Thread
from tests.conftest import who
from tests.threads.acting import published
from tests.threads.saying import a_reply, a_thread, opening

OTHERS = ["ben", "eve"]


def a_private_thread(author="ada", **said) -> Thread:
    return a_thread(author, access=Access.BRAND, **said)


def general() -> Category:
    return db.session.scalars(select(Category).where(Category.slug == "general")).one()


def agreed(thread: Thread):
    author = thread.author
    return private.publish_thread(author, thread, seen=private.shown(thread).version)


# -- Who reads it ----------------------------------------------------------


def test_its_author_and_staff_read_it_and_answer(in_lune):
    thread = a_private_thread()
    for name in ("ada", "mod", "oli"):
        assert reach.thread_or_missing(who(name), thread.id) is thread
        assert thread in lists.threads_page(who(name)).items
        a_reply(thread, name)
    assert thread.posts_count == 4


@pytest.mark.parametrize("name", [None, *OTHERS])
def test_nobody_else_learns_that_it_is_there(in_lune, name):
    actor = who(name) if name else Anonymous()
    numbers = figures.popular_tags(actor)
    thread = a_private_thread(tags=["secret"])
    a_reply(thread, "mod")
    assert thread not in lists.threads_page(actor).items
    assert thread not in lists.threads_page(actor, category=general()).items
    assert lists.threads_by(actor, who("ada")) == []
    assert queries.posts_by(actor, who("mod")) == []
    assert figures.popular_tags(actor) == numbers
    with pytest.raises(Missing):
        reach.thread_or_missing(actor, thread.id)
    with pytest.raises(Missing):
        reach.post_or_missing(actor, opening(thread).id)
    if name:
        with pytest.raises(Forbidden):
            a_reply(thread, name)


def test_it_shows_in_no_counter(in_lune):
    thread = a_private_thread()
    a_reply(thread, "mod")
    db.session.flush()
    assert general().threads_count == 0
    assert (who("ada").posts_count, who("mod").posts_count) == (0, 0)
    counts.recount()
    assert general().threads_count == 0
    assert who("ada").posts_count == 0


def test_a_quote_of_it_elsewhere_brings_nothing_out(in_lune):
    said = opening(a_private_thread())
    quote = f"> [@ada #1](/t/{said.thread_id}/x?post={said.id}#post-1)\n>\n> creaks"
    elsewhere = a_reply(a_thread("ben"), "ben", body=f"{quote}\n\nReally?")
    assert elsewhere.body.endswith("Really?")
    assert opening(said.thread).helpful_count == 0


def test_it_is_offered_only_where_the_brand_wants_it(in_lune):
    the_brand().features = {"private_threads": False}
    with pytest.raises(Invalid) as refusal:
        a_private_thread()
    assert refusal.value.field == "access"


# -- Asking and deciding ---------------------------------------------------


def test_staff_asks_once_and_the_author_is_who_decides(in_lune):
    thread = a_private_thread()
    private.ask_to_publish(who("mod"), thread, message="It would help many.")
    with pytest.raises(Conflict, match="not answered"):
        private.ask_to_publish(who("oli"), thread)
    for name in ("mod", "oli"):
        with pytest.raises(Forbidden):
            private.publish_thread(who(name), thread, seen=private.shown(thread).version)
    private.refuse_to_publish(who("ada"), thread)
    with pytest.raises(Conflict, match="said no"):
        private.ask_to_publish(who("oli"), thread)
    assert thread.access is Access.BRAND
    assert len(published(PublicationAsked)) == len(published(PublicationRefused)) == 1


@pytest.mark.parametrize("name", ["ada", *OTHERS])
def test_only_staff_asks(in_lune, name):
    with pytest.raises(Forbidden):
        private.ask_to_publish(who(name), a_private_thread())


def test_a_thread_that_is_public_is_not_asked_about(in_lune):
    with pytest.raises(Forbidden):
        private.ask_to_publish(who("mod"), a_thread("ada"))


def test_consent_opens_all_of_it_and_is_kept_with_the_version_it_was_about(in_lune):
    thread = a_private_thread()
    answer = a_reply(thread, "mod")
    private.ask_to_publish(who("mod"), thread)
    consent = agreed(thread)
    assert (consent.member_id, consent.asked_by_id) == (who("ada").id, who("mod").id)
    assert consent.versions == {str(post.id): post.version for post in (opening(thread), answer)}
    assert private.consent_to(thread) is consent
    for actor in (Anonymous(), who("ben")):
        assert reach.thread_or_missing(actor, thread.id) is thread
        assert reach.post_or_missing(actor, answer.id) is answer
    assert general().threads_count == 1
    assert (who("ada").posts_count, who("mod").posts_count) == (1, 1)
    assert counts.recount() == 0
    assert published(ThreadMadePublic) == [
        {"thread_id": thread.id, "consent_id": consent.id, "author_id": who("ada").id,
         "asked_by_id": who("mod").id}
    ]  # fmt: skip


def test_the_author_may_offer_without_being_asked(in_lune):
    consent = agreed(a_private_thread())
    assert consent.asked_by_id is None


def test_consent_to_what_has_changed_meanwhile_is_none(in_lune):
    thread = a_private_thread()
    seen = private.shown(thread).version
    a_reply(thread, "mod")
    with pytest.raises(Conflict, match="meanwhile"):
        private.publish_thread(who("ada"), thread, seen=seen)
    assert thread.access is Access.BRAND


def test_what_was_taken_out_before_is_nowhere_afterwards(in_lune):
    thread = a_private_thread(body="My order number is 20418-77.")
    said = opening(thread)
    taken_back = a_reply(thread, "ada", body="And I live in Lyon.")
    removal.delete(who("ada"), taken_back)
    a_reply(thread, "mod")  # so that the change below is not a silent one
    service.edit(who("ada"), said, body="My order is late.")
    assert db.session.scalars(select(PostRevision)).all()
    agreed(thread)
    assert db.session.scalars(select(PostRevision)).all() == []
    assert queries.revisions(who("oli"), said) == []
    assert (taken_back.body, taken_back.state) == ("", State.DELETED)
    assert said.edited_at is None
    with pytest.raises(Conflict):
        removal.restore(who("mod"), taken_back)


def test_answers_for_the_team_alone_stay_so_when_the_thread_is_public(in_lune):
    field = add_field(who("mia"), general(), kind="order-number", label="Order number")
    thread = a_private_thread(facts={field.id: "LN-20418"})
    agreed(thread)
    assert thread.facts == []
    assert [fact.value for fact in fields.private_facts(who("ada"), thread)] == ["LN-20418"]
    with pytest.raises(Forbidden):
        fields.private_facts(who("ben"), thread)


def test_nobody_agrees_for_an_author_who_has_left(in_lune):
    thread = a_private_thread()
    ada = who("ada")
    ada.email, ada.erased_at = None, thread.created_at
    with pytest.raises(Conflict, match="left"):
        private.ask_to_publish(who("mod"), thread)


@pytest.mark.parametrize("values", [{"access": Access.OPEN}, {"was_private": False}])
def test_the_database_itself_opens_nothing_without_a_consent(in_lune, values):
    thread = a_private_thread()
    db.session.flush()
    with pytest.raises(IntegrityError), db.session.begin_nested():
        db.session.execute(update(Thread).where(Thread.id == thread.id).values(values))


def test_a_copy_of_ones_data_holds_what_one_agreed_to(in_lune):
    thread = a_private_thread()
    agreed(thread)
    [given] = private.export(who("ada"))
    assert (given["thread"], given["was_asked"]) == (thread.id, False)
    assert private.export(who("mod")) == []
