"""Counters that stay right while posts and threads change places, whatever moves where."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from community.kernel.db import db
from community.threads import counts
from community.threads.models import State, Thread


@dataclass
class _Standing:
    """What threads add up to: by author and by category."""

    posts: Counter = field(default_factory=Counter)
    helpful: Counter = field(default_factory=Counter)
    threads: Counter = field(default_factory=Counter)

    def add(self, thread: Thread) -> None:
        if thread.state is not State.VISIBLE or not counts.is_counted(thread):
            return
        self.threads[thread.category_id] += 1
        for member_id, credit in counts.credits_of(thread).items():
            self.posts[member_id] += credit.posts
            self.helpful[member_id] += credit.helpful


def _standing_of(threads: Iterable[Thread]) -> _Standing:
    standing = _Standing()
    for thread in threads:
        standing.add(thread)
    return standing


@contextmanager
def balanced(threads: list[Thread]) -> Iterator[None]:
    """Around a change of held threads: count them again, and give authors and categories
    the difference. Threads that come into being inside are appended to the list.
    """
    db.session.flush()  # the counting is the database's
    before = _standing_of(threads)
    yield
    db.session.flush()  # and so is the second one
    for thread in threads:
        counts.settle(thread)
    after = _standing_of(threads)
    gains = {
        member_id: counts.Credit(
            after.posts[member_id] - before.posts[member_id],
            after.helpful[member_id] - before.helpful[member_id],
        )
        for member_id in before.posts.keys() | after.posts.keys()
    }
    counts.give({member_id: gain for member_id, gain in gains.items() if any(gain)})
    for category_id in sorted(before.threads.keys() | after.threads.keys()):
        if change := after.threads[category_id] - before.threads[category_id]:
            counts.count_threads(category_id, change)
