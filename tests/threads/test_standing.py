"""Following, closing and pinning: what changes, once, and who may."""

import pytest

from community.events import ThreadLocked, ThreadPinned, ThreadUnlocked, ThreadUnpinned
from community.kernel.db import db
from community.kernel.errors import Forbidden
from community.kernel.tenancy import brand_scope
from community.members.models import Anonymous
from community.threads import queries, removal, standing
from tests.conftest import who
from tests.factories import LUNE, VELORA
from tests.threads.acting import published
from tests.threads.saying import a_thread, opening


def test_following_twice_is_following_once(in_lune):
    thread = a_thread("ada")
    assert [standing.follow(who("ben"), thread) for _ in range(2)] == [True, False]
    assert queries.is_following(who("ben"), thread)
    assert [standing.unfollow(who("ben"), thread) for _ in range(2)] == [True, False]
    assert not queries.is_following(who("ben"), thread)


def test_a_stranger_follows_nothing_and_nobody_what_they_cannot_see(in_lune):
    thread = a_thread("ada")
    removal.hide(who("mod"), opening(thread), reason="spam")
    for actor in (Anonymous(), who("ben")):
        with pytest.raises(Forbidden):
            standing.follow(actor, thread)
    assert not queries.is_following(Anonymous(), thread)


@pytest.mark.parametrize(
    ("do", "undo", "flag", "done", "undone"),
    [
        (standing.lock, standing.unlock, "is_locked", ThreadLocked, ThreadUnlocked),
        (standing.pin, standing.unpin, "is_pinned", ThreadPinned, ThreadUnpinned),
    ],
)
def test_moderators_close_and_pin_and_undo_it_each_told_once(in_lune, do, undo, flag, done, undone):
    thread = a_thread("ada")
    for name in ("ada", "ben", "eve"):
        for act in (do, undo):
            with pytest.raises(Forbidden):
                act(who(name), thread)
    assert [do(who("mod"), thread) for _ in range(2)] == [True, False]
    assert getattr(thread, flag)
    assert [undo(who("mia"), thread) for _ in range(2)] == [True, False]
    assert not getattr(thread, flag)
    assert len(published(done)) == len(published(undone)) == 1


def test_following_in_one_brand_is_nothing_in_the_other(app):
    with app.app_context():
        for brand, follows in ((LUNE, True), (VELORA, False)):
            with brand_scope(brand):
                thread = a_thread("ada")
                if follows:
                    standing.follow(who("ben"), thread)
                db.session.commit()
                assert queries.is_following(who("ben"), thread) is follows
