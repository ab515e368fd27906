"""What somebody finds. Everything begins with what the actor may read, and ends there.

The categories open to the actor, and whom a thread is for, are part of each question to the
index: what is counted and what is suggested is what the actor may read. The posts shown are
read back through `threads.reach` besides, for the index may be some seconds behind.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from community.brands.queries import the_brand
from community.kernel.db import db, now
from community.members.models import Member
from community.search import likeness, spelling
from community.search.documents import text_of
from community.search.engines import engine
from community.search.models import SearchMiss, SimilarAnswer
from community.search.questions import MOST_HITS, Hit, Question, Reach
from community.search.words import (
    asked,
    folded,
    marked,
    passage,
    spans,
    stems,
    words,
)
from community.threads.models import Category, Kind, Post, State, Thread
from community.threads.reach import visible_categories, visible_posts, visible_threads

PER_PAGE = 15
LONGEST = 200
"""Characters of a question that are looked at."""
SHORTEST_TITLE = 8
"""Characters of a title before others like it are looked for."""
SHORTEST_PREFIX = 2
_EXCERPT = 220
_TRIED = 6  # spellings of a word that are tried
_LOOKED_AT = 60  # threads among which the suggestions are chosen

Pieces = Sequence[tuple[str, bool]]
"""A text as (piece, whether it is a hit)."""


@dataclass(frozen=True)
class Filters:
    """What narrows a search. `until` is the first moment that is too late."""

    category: Category | None = None
    tag: str = ""
    kind: Kind | None = None
    is_solved: bool | None = None
    author: Member | None = None
    since: datetime | None = None
    until: datetime | None = None
    newest_first: bool = False

    @property
    def narrow(self) -> bool:
        """Whether they leave anything out."""
        return replace(self, newest_first=False) != Filters()


@dataclass(frozen=True)
class Result:
    """A thread, by the post in it that answers best."""

    post: Post
    title: Pieces
    excerpt: Pieces
    tags: Sequence[str]  # of the thread, those that are hits


@dataclass(frozen=True)
class Found:
    """One page of threads. With `is_more` there are further ones that were not ranked."""

    items: Sequence[Result]
    number: int
    pages: int
    total: int
    is_more: bool
    kinds: dict[str, int]  # threads of each kind, whatever kind is asked for


NOTHING = Found((), 1, 1, 0, False, {})


def results(actor, query: str, filters: Filters | None = None, page: int = 1) -> Found:
    """Return a page of the threads with a post that has all the words.

    Of words in more than MOST_HITS posts, those that came in last are ranked. A page beyond the
    last is the last. Raises Broken while the index is being made.
    """
    filters = filters or Filters()
    wanted = [stems(word) for word in _asked(query)]
    reach = _reach(actor, filters.category)
    if not wanted or not reach.category_ids:
        return NOTHING
    hits = engine().find(_question(wanted, reach, filters))
    best: dict[int, Hit] = {}
    for hit in hits:
        best.setdefault(hit.thread_id, hit)
    kinds = Counter(hit.kind for hit in best.values())
    chosen = [h for h in best.values() if filters.kind is None or h.kind == filters.kind.value]
    pages = max(1, math.ceil(len(chosen) / PER_PAGE))
    number = min(max(page, 1), pages)
    shown = chosen[(number - 1) * PER_PAGE : number * PER_PAGE]
    items = _read_back(actor, shown, frozenset().union(*wanted))
    return Found(items, number, pages, len(chosen), len(hits) == MOST_HITS, dict(kinds))


def _question(wanted: list[tuple[str, ...]], reach: Reach, filters: Filters) -> Question:
    return Question(
        wanted,
        reach,
        tag=filters.tag or None,
        author_id=filters.author.id if filters.author else None,
        is_solved=filters.is_solved,
        since=filters.since,
        until=filters.until,
        newest_first=filters.newest_first,
    )


def _asked(query: str) -> list[str]:
    return asked(query[:LONGEST], the_brand().locale)


def _reach(actor, category: Category | None = None) -> Reach:
    """What the actor may find, in a category with its parts if given. One statement."""
    seen = visible_categories(actor)
    if category is not None:
        seen = seen.where((Category.id == category.id) | (Category.parent_id == category.id))
    ids = db.session.scalars(seen.with_only_columns(Category.id))
    member_id = actor.id if actor.is_authenticated else 0
    return Reach(frozenset(ids), member_id, actor.is_on_duty)


def _read_back(actor, hits: list[Hit], wanted: frozenset[str]) -> list[Result]:
    ids = [hit.post_id for hit in hits]
    ways = (joinedload(Post.author),)
    readable = visible_posts(actor).where(
        Post.id.in_(ids), Post.state == State.VISIBLE, Thread.state == State.VISIBLE
    )
    posts = {post.id: post for post in db.session.scalars(readable.options(*ways))}
    return [
        Result(
            post,
            marked(post.thread.title, wanted),
            marked(passage(text_of(post.html), wanted, _EXCERPT), wanted),
            [tag for tag in post.thread.tag_slugs if _hits_tag(tag, wanted)],
        )
        for post_id in ids
        if (post := posts.get(post_id))
    ]


def _hits_tag(tag: str, wanted: frozenset[str]) -> bool:
    return any(not wanted.isdisjoint(stems(word)) for word in words(tag.replace("-", " ")))


# -- Another spelling ------------------------------------------------------


def corrected(actor, query: str) -> str | None:
    """Return the question in words that are found, or None; for when it finds nothing.

    The words come from the index, and the answer is only given if the actor finds something
    by it: it tells of nothing he may not read.
    """
    reach = _reach(actor)
    better: dict[str, str] = {}
    for word in _asked(query):
        if not word.isalpha() or len(word) < spelling.SHORTEST or _finds(reach, [word]):
            continue
        limit = 2
        index = engine()
        vocabulary = index.vocabulary(word[0], len(word) - limit, len(word) + limit)
        near = spelling.candidates(word, vocabulary, _TRIED)
        counted = [(len(_hits_of(reach, [other])), -n, other) for n, other in enumerate(near)]
        best = max(counted, default=(0, 0, ""))
        if best[0]:
            better[word] = best[2]
    if not better or not _finds(reach, [better.get(w, w) for w in _asked(query)]):
        return None
    return _respelt(query[:LONGEST], better)


def _hits_of(reach: Reach, some: list[str]) -> list[Hit]:
    return engine().find(Question([stems(word) for word in some], reach))


def _finds(reach: Reach, some: list[str]) -> bool:
    return bool(_hits_of(reach, some))


def _respelt(query: str, better: dict[str, str]) -> str:
    pieces, seen = [], 0
    for start, end, word in spans(query):
        if start >= seen and word in better:
            pieces += [query[seen:start], better[word]]
            seen = end
    return "".join([*pieces, query[seen:]])


# -- While typing ----------------------------------------------------------


def suggest(actor, prefix: str, limit: int = 6) -> Sequence[Thread]:
    """Return threads whose title has the words typed, the last one perhaps not yet whole.

    Titles that begin with what was typed come first, then those with the most posts.
    """
    typed = words(prefix[:LONGEST])
    if len(typed) > 1 and len(typed[-1]) < SHORTEST_PREFIX:
        typed.pop()  # the next word has just been begun
    if not typed or len(typed[-1]) < SHORTEST_PREFIX:
        return ()
    reach = _reach(actor)
    if not reach.category_ids:
        return ()
    whole = [stems(word) for word in typed[:-1]][:8]
    ids = engine().beginning(whole, typed[-1], reach)
    begun = " ".join(typed)

    def order(thread: Thread):
        starts = " ".join(words(thread.title)).startswith(begun)
        return not starts, -thread.posts_count, -thread.id

    return sorted(_threads(actor, ids[:_LOOKED_AT]), key=order)[:limit]


def similar(actor, title: str, limit: int = 5) -> Sequence[Thread]:
    """Return threads whose titles are most like one that is being typed; none if it is short."""
    if len(title.strip()) < SHORTEST_TITLE:
        return ()
    reach = _reach(actor)
    looked_for = likeness.wanted(_asked(title))
    if not looked_for or not reach.category_ids:
        return ()
    titles = engine().alike(likeness.groups(looked_for), reach)
    ids = likeness.ranked(looked_for, titles)[: limit * 2]
    place = {thread_id: n for n, thread_id in enumerate(ids)}
    return sorted(_threads(actor, ids), key=lambda thread: place[thread.id])[:limit]


def _threads(actor, ids: Sequence[int]) -> Sequence[Thread]:
    if not ids:
        return ()
    shown = visible_threads(actor).where(Thread.id.in_(ids), Thread.state == State.VISIBLE)
    return db.session.scalars(shown.options(joinedload(Thread.author))).all()


def marked_beginning(title: str, prefix: str) -> Pieces:
    """Return a title in pieces: what was typed of its words is a hit."""
    typed = words(prefix[:LONGEST])
    pieces, seen = [], 0
    for start, end, _word in spans(title):
        token = folded(title[start:end])
        if start < seen or not any(w.startswith(t) for w in token for t in typed):
            continue
        pieces += [(title[seen:start], False), (title[start:end], True)]
        seen = end
    return [(piece, hit) for piece, hit in [*pieces, (title[seen:], False)] if piece]


# -- What is missing -------------------------------------------------------


@dataclass(frozen=True)
class Gap:
    """What was looked for in vain: how often, on how many days, and when last."""

    question: str
    count: int
    days: int
    last_day: date


def gaps(days: int = 90, limit: int = 100) -> list[Gap]:
    """Return what was looked for most often and not found within these days."""
    times = func.sum(SearchMiss.count)
    last = func.max(SearchMiss.day)
    asked_for = (
        select(SearchMiss.question, times, func.count(), last)
        .where(SearchMiss.day > (now() - timedelta(days=days)).date())
        .group_by(SearchMiss.question)
        .order_by(times.desc(), last.desc(), SearchMiss.question)
        .limit(limit)
    )
    return [Gap(*row) for row in db.session.execute(asked_for)]


def questions_spared(days: int = 90) -> int:
    """Return how often a thread answered what somebody was about to ask."""
    since = (now() - timedelta(days=days)).date()
    lately = select(func.count(SimilarAnswer.id)).where(SimilarAnswer.day > since)
    return db.session.scalar(lately) or 0
