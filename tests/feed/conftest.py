"""Threads strangers may read, and every kind they may not."""

import pytest
from sqlalchemy import select

from community.groups.models import Group, GroupMember
from community.kernel.db import db, writing
from community.kernel.tenancy import brand_scope
from community.threads import removal, service
from community.threads.models import Access, Audience, Category, Post, Thread, ThreadMember
from tests.conftest import who
from tests.factories import LUNE, VELORA

TITLE = "Night serum in summer"
SECRET = "Secret plans of the house"


@pytest.fixture
def change(app):
    """Run a function in a brand and keep what it did."""

    def change_in(act, brand_id=LUNE):
        with app.app_context(), writing(), brand_scope(brand_id):
            made = act()
            db.session.commit()
            return made

    return change_in


@pytest.fixture
def start(change):
    """`start("club")` starts a thread there, in both brands unless one is named."""

    def start_in(category="general", *, brands=(LUNE, VELORA), author="mia", **words):
        words = {"title": TITLE, "body": "A **good** question"} | words

        def act():
            place = db.session.scalars(select(Category).where(Category.slug == category)).one()
            return service.start_thread(who(author), place, **words).id

        first, *_rest = [change(act, brand_id) for brand_id in brands]
        return first

    return start_in


@pytest.fixture
def answer(change):
    """`answer(thread)` adds a reply to it, in Maison Lune."""

    def add(thread, body="It **works** for me.", author="ben"):
        return change(
            lambda: service.reply(who(author), db.session.get(Thread, thread), body=body).id
        )

    return add


def opening(thread: int) -> Post:
    return db.session.scalars(select(Post).where(Post.thread_id == thread, Post.number == 1)).one()


def for_the_brand(thread: Thread) -> None:
    thread.was_private, thread.access = True, Access.BRAND


def for_its_people(thread: Thread) -> None:
    thread.access, thread.category_id, thread.section_id = Access.PEOPLE, None, None
    db.session.add(ThreadMember(thread_id=thread.id, member_id=thread.author_id))
    db.session.add(ThreadMember(thread_id=thread.id, member_id=who("oli").id))


def for_a_group(thread: Thread) -> None:
    group = Group(slug="testers", name="Testers")
    place = Category(
        slug="lab", name="Secret lab", visible_to=Audience.GROUP, group=group, position=9
    )
    db.session.add_all([group, place])
    db.session.flush()
    db.session.add(GroupMember(group_id=group.id, member_id=who("oli").id, is_in=True))
    thread.put_in(place)


def hidden(thread: Thread) -> None:
    removal.hide(who("mod"), opening(thread.id), reason="Not for this place at all")


def deleted(thread: Thread) -> None:
    removal.delete(who("mod"), opening(thread.id), reason="Not for this place at all")


PRIVATE = {
    "members": ("club", lambda thread: None),
    "staff": ("office", lambda thread: None),
    "group": ("general", for_a_group),
    "brand": ("general", for_the_brand),
    "people": ("general", for_its_people),
    "hidden": ("general", hidden),
    "deleted": ("general", deleted),
}
"""Every way a thread is not for strangers: where it is started and what is done to it."""


@pytest.fixture(params=PRIVATE)
def secret(request, start, change):
    """A thread of Mia's with a tag that strangers may not read, of each kind there is."""
    category, act = PRIVATE[request.param]
    thread = start(category, brands=[LUNE], title=SECRET, body="Secret words", tags=["secret-tag"])
    change(lambda: act(db.session.get(Thread, thread)))
    return thread
