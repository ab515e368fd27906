"""What is remembered of searching: what was not found, and what spared a question.

Neither says who it was: a question that looks as if it named somebody is not kept at all.
"""

import re
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from community.brands.queries import the_brand
from community.events import DayBegan, SimilarAnswered
from community.kernel.bus import publish
from community.kernel.db import db, now
from community.kernel.i18n import zone
from community.kernel.policy import require
from community.members.models import Member
from community.permissions import Can
from community.search.models import SearchMiss, SimilarAnswer
from community.search.words import asked
from community.threads.models import Thread

MISSES_KEPT = timedelta(days=365)
LONGEST_MISS = 80  # characters; longer ones are pasted texts
_NAMES_SOMEBODY = re.compile(r"@|://|\d(?:[ .\-/]?\d){5}")


def note_miss(question: str) -> None:
    """Count a question nothing was found for, today. Addresses and long numbers are not kept."""
    if _NAMES_SOMEBODY.search(question) or len(question) > LONGEST_MISS:
        return
    words = " ".join(asked(question, the_brand().locale))
    if not words:
        return
    today = _today()
    try:
        with db.session.begin_nested():
            if (miss := _miss(today, words)) is None:
                db.session.add(SearchMiss(day=today, question=words, count=1))
            else:
                miss.count += 1
    except IntegrityError:  # somebody missed the same at the same moment
        _miss(today, words).count += 1


def _miss(day, words: str) -> SearchMiss | None:
    same = select(SearchMiss).where(SearchMiss.day == day, SearchMiss.question == words)
    return db.session.scalar(same.with_for_update())


def _today():
    return now().astimezone(zone(the_brand().time_zone)).date()


def say_answered(actor: Member, thread: Thread) -> None:
    """Count that a thread answered what somebody was about to ask."""
    require(actor, Can.SEE_THREAD, thread)
    db.session.add(SimilarAnswer(thread_id=thread.id, day=_today()))
    publish(SimilarAnswered(thread_id=thread.id))


def on_day_began(_event: DayBegan) -> None:
    """Forget what was not found a year ago."""
    old = SearchMiss.day <= _today() - MISSES_KEPT
    db.session.execute(delete(SearchMiss).where(old))
