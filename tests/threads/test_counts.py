"""Counters stay what a fresh count would say, whatever happens, and a repair mends them."""

import random

import pytest
from sqlalchemy import select, update

from community.kernel.db import db
from community.kernel.errors import Refused
from community.kernel.tenancy import brand_scope
from community.members.models import Member
from community.threads import counts, removal, service, votes
from community.threads.models import Category, Post, Thread
from tests.conftest import who
from tests.factories import LUNE, PEOPLE, VELORA
from tests.threads.saying import a_reply, a_thread

STEPS = 60
WRITERS = ("ada", "ben", "cleo", "eve")


class History:
    """A community in which anything happens, in an order that a seed decides."""

    def __init__(self, seed: int):
        self._chance = random.Random(seed)
        self.done = 0

    def live(self) -> None:
        for _ in range(STEPS):
            act = self._chance.choice([*[self._reply] * 3, self._vote, self._vote, self._start])
            if self._chance.random() < 0.45:
                removals = [self._hide, self._delete, self._restore, self._restore]
                act = self._chance.choice([*removals, self._withdraw, self._purge])
            try:
                act()
            except Refused:
                continue
            self.done += 1

    def _who(self) -> Member:
        return who(self._chance.choice(list(PEOPLE)))

    def _any(self, model):
        rows = db.session.scalars(select(model).order_by(model.id)).all()
        if not rows:
            self._start()
            return self._any(model)
        return self._chance.choice(rows)

    def _start(self):
        a_thread(self._chance.choice(WRITERS), self._chance.choice(["general", "corner", "club"]))

    def _reply(self):
        a_reply(self._any(Thread), self._chance.choice(WRITERS))

    def _vote(self):
        votes.vote_helpful(self._who(), self._any(Post))

    def _withdraw(self):
        votes.withdraw_helpful(self._who(), self._any(Post))

    def _hide(self):
        removal.hide(who("mod"), self._any(Post), reason="because")

    def _delete(self):
        removal.delete(self._who(), self._any(Post))

    def _restore(self):
        removal.restore(who("mia"), self._any(Post))

    def _purge(self):
        gone = self._any(Post)
        if not gone.is_visible:
            removal.remove_for_good(gone, who("mod"))


@pytest.mark.parametrize("seed", range(8))
def test_after_any_history_nothing_is_to_be_corrected(in_lune, seed):
    history = History(seed)
    history.live()
    db.session.commit()
    assert history.done > STEPS / 5
    assert db.session.scalars(select(Post)).all()
    assert counts.recount() == 0


def test_a_repair_mends_every_counter_and_says_how_many(in_lune):
    thread = a_thread("ada")
    post = a_reply(thread, "ben")
    votes.vote_helpful(who("cleo"), post)
    db.session.commit()
    moment = thread.last_post_at
    for model, values in (
        (Post, {"helpful_count": 9}),
        (Thread, {"posts_count": 9, "last_author_id": who("mia").id}),
        (Category, {"threads_count": 9}),
        (Member, {"posts_count": 9, "helpful_count": 9}),
    ):
        db.session.execute(update(model).values(values))
    wrong = 2 + 1 + len(db.session.scalars(select(Category)).all()) + len(PEOPLE)
    assert counts.recount() == wrong
    db.session.commit()
    assert (post.helpful_count, thread.posts_count, thread.last_post_at) == (1, 2, moment)
    assert thread.last_author.username == "ben"
    assert (who("ben").posts_count, who("ben").helpful_count, who("mia").posts_count) == (1, 1, 0)
    assert thread.category.threads_count == 1
    assert counts.recount() == 0


def test_a_repair_of_one_brand_leaves_the_other_alone(app):
    with app.app_context():
        for brand in (LUNE, VELORA):
            with brand_scope(brand):
                a_thread("ada").posts_count = 9
                db.session.commit()
        with brand_scope(LUNE):
            assert counts.recount() == 1
            db.session.commit()
        with brand_scope(VELORA):
            assert db.session.scalars(select(Thread)).one().posts_count == 9


def test_an_edit_counts_nothing(in_lune):
    thread = a_thread("ada")
    post = a_reply(thread, "ben")
    service.edit(who("mod"), post, body="Other words altogether.")
    db.session.commit()
    assert counts.recount() == 0
