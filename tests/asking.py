"""Polls for tests, made the way members make them."""

from community.kernel.db import db
from community.polls import service
from community.polls.models import Poll
from community.polls.rules import Rules
from tests.conftest import who
from tests.threads.saying import a_thread

QUESTION, ANSWERS = "Which colour shall it be?", ["Red", "Green", "Blue"]


def a_poll(author: str = "ada", answers=ANSWERS, **rules) -> Poll:
    """A poll in a thread of its own, of a member of the brand in scope."""
    return service.open_poll(who(author), a_thread(author), Rules(QUESTION, answers, **rules))


def vote(poll: Poll, voter: str, *labels: str) -> None:
    """Let somebody vote, by the words of the answers."""
    db.session.flush()
    ids = {option.label: option.id for option in poll.options}
    service.vote(who(voter), poll, [ids[label] for label in labels])
    db.session.flush()
