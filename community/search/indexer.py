"""Keeps the index in step with what was written: follows the log of events, brand by brand.

It reads the log by position instead of taking deliveries: a delivery runs inside a write of the
database, where nothing slow may happen, and one commit of the index serves a hundred events.
What an event names is read again as it is now, so an event may come twice and late.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import structlog
from sqlalchemy import func, select

from community.brands import following
from community.kernel.bus import EventRecord, read_log
from community.kernel.db import db
from community.kernel.tenancy import across_brands, brand_id_in_scope, brand_scope
from community.search import documents
from community.search.engines import engine
from community.search.questions import Broken, Document, Engine

OF_POST = {
    "PostAdded",
    "PostEdited",
    "PostHidden",
    "PostDeleted",
    "PostRestored",
    "AnswerAccepted",
    "AnswerNoLongerAccepted",
    "AnswerCertified",
    "CertificationLifted",
}
"""Events about one post, which they name `post_id`."""
OF_THREADS = {
    "ThreadStarted": ("thread_id",),
    "ThreadMoved": ("thread_id",),
    "ThreadsMerged": ("thread_id", "merged_ids"),
    "ThreadSplit": ("thread_id", "into_id"),
    "ThreadRetagged": ("thread_id",),
    "ThreadKindChanged": ("thread_id",),
    "ThreadMadePublic": ("thread_id",),
    "ActUndone": ("thread_ids",),
    "ThreadsRefiled": ("thread_ids",),
    "ThreadsImported": ("thread_ids",),
    "TagsChanged": ("thread_ids",),
}
"""Events about whole threads, with the fields that name them."""
NO_MATTER = {
    "ThreadLocked",
    "ThreadUnlocked",
    "ThreadPinned",
    "ThreadUnpinned",
    "ThreadSlowed",
    "FactsChanged",
    "HelpfulVoteGiven",
    "HelpfulVoteWithdrawn",
    "RevisionHidden",
    "PublicationAsked",
    "PublicationRefused",
    "PersonAdded",
    "PersonLeft",
    "ConversationRead",
    "PollOpened",
    "PollChanged",
    "PollVoted",
    "PollClosed",
    "PollRemoved",
    "SimilarAnswered",
    "TellingPaused",
    "SameHereGiven",
    "SameHereWithdrawn",
    "SolutionRated",
    "PassedToSupport",
    "AnswerReminded",
    "QuestionWaiting",
}
"""Events that name a post or a thread and change nothing of what is found."""
AT_ONCE = 200
"""Events whose posts are indexed in one commit."""

log = structlog.get_logger()


class Follower(following.Follower):
    """Keeps the index of each brand up to date."""

    def catch_up(self, brand_id: int, newest: int) -> int:
        with brand_scope(brand_id):
            return _catch_up(newest)


def _catch_up(newest: int) -> int:
    """Bring the brand in scope up to date; `newest` is the last position of the whole log."""
    index = engine()
    position = index.position()
    if position is None:
        return int(_make(index, newest))
    if position > newest:  # an older copy of the database was put back
        return int(_make(index, newest, anew=True))
    done = 0
    while events := read_log(position, AT_ONCE):
        post_ids = _named(events)
        found = documents.of_posts(post_ids)
        gone = post_ids - {document.post_id for document in found}
        if not index.apply(found, gone, events[-1].position):
            break
        db.session.commit()  # an index in the database is no request's and no delivery's
        position = events[-1].position
        done += len(events)
    db.session.rollback()
    return done


def _named(events: list[EventRecord]) -> set[int]:
    """Return the posts that may have to be found otherwise after these events."""
    threads: set[int] = set()
    posts = {event.payload["post_id"] for event in events if event.name in OF_POST}
    for event in events:
        for name in OF_THREADS.get(event.name, ()):
            named = event.payload[name]
            threads.update(named if isinstance(named, list) else [named])
    # The title and the state of a thread are those of its first post.
    added = {event.payload["post_id"] for event in events if event.name == "PostAdded"}
    threads |= documents.openings_among(posts - added)
    return posts | documents.post_ids_of(threads)


def _make(index: Engine, position: int, *, anew: bool = False) -> bool:
    log.info("search.rebuilding", brand=brand_id_in_scope())
    return index.rebuild(documents.of_brand(), position, anew=anew)


def reindex(told: Callable[[int, int], None]) -> bool:
    """Make the index of the brand in scope anew; False if another process is at it already.

    `told` is called with the number of posts done and of all.
    """
    with across_brands("the index begins where the log is") as session:
        position = session.scalar(select(func.max(EventRecord.position))) or 0
    total = documents.count()
    db.session.rollback()

    def portions() -> Iterator[list[Document]]:
        done = 0
        for portion in documents.of_brand():
            yield portion
            done += len(portion)
            told(done, total)

    return engine().rebuild(portions(), position, anew=True)


@dataclass(frozen=True)
class Health:
    """How an index is: `posts` may be found, `indexed` of them are in it."""

    posts: int
    indexed: int | None  # None when it is missing or broken
    is_followed: bool = True  # a worker has run since the brand is there, and would have made it


def health() -> Health:
    """Look at the index of the brand in scope."""
    index = engine()
    posts = documents.count()
    numbered = select(EventRecord.id).where(EventRecord.position.is_not(None)).limit(1)
    is_followed = db.session.scalar(numbered) is not None
    try:
        indexed = None if index.position() is None else index.count()
    except Broken:
        indexed = None
    return Health(posts, indexed, is_followed)
