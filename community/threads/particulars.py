"""What stands about a thread beside its posts: answers to its fields, and who reads it.

Whoever is neither its author nor staff costs no question to the database.
"""

from dataclasses import dataclass

from community.kernel.policy import can
from community.permissions import Can
from community.threads import fields, private
from community.threads.fields import Fact
from community.threads.models import Access, Thread
from community.threads.private import PublicationRequest


@dataclass(frozen=True)
class Particulars:
    """`asked` is the last request of staff to make the thread public, if there was one."""

    facts: list[Fact]
    private_facts: list[Fact]
    is_private: bool
    asked: PublicationRequest | None


def particulars_of(thread: Thread, actor) -> Particulars | None:
    """What this reader is shown of a thread's particulars; None when there are none."""
    is_private = thread.access is Access.BRAND
    if not (thread.facts or thread.has_private_facts or is_private):
        return None
    sees_all = thread.has_private_facts and can(actor, Can.SEE_PRIVATE_FACTS, thread)
    return Particulars(
        facts=[Fact(**fact) for fact in thread.facts],
        private_facts=fields.private_facts(actor, thread) if sees_all else [],
        is_private=is_private,
        asked=private.latest_request(thread) if is_private else None,
    )
