"""Who can read a thread before and after it goes elsewhere."""

import enum
from collections.abc import Iterable

from community.kernel.errors import Invalid
from community.kernel.i18n import _
from community.threads.models import Access, Audience, Category, Thread

_OPENNESS = (Audience.STAFF, Audience.GROUP, Audience.MEMBERS, Audience.EVERYONE)


class Readers(enum.StrEnum):
    """How those who will be able to read compare with those who are."""

    SAME = "same"
    FEWER = "fewer"
    MORE = "more"
    OTHERS = "others"  # some more, and some no longer


def change(thread: Thread, category: Category) -> Readers:
    """What becomes of a thread's readers when it, or its posts, go to a category.

    A thread for its author and the brand alone is read by nobody else wherever it is.
    """
    old = thread.category
    stays, keeps = _is_within(category, old), _is_within(old, category)
    if stays and keeps:
        return Readers.SAME
    if stays:
        return Readers.FEWER
    if thread.access is Access.BRAND:
        return Readers.SAME if keeps else Readers.FEWER
    return Readers.MORE if keeps else Readers.OTHERS


def _is_within(one: Category, other: Category) -> bool:
    """Whether everyone who sees the one category sees the other."""
    if one.visible_to is Audience.GROUP and other.visible_to is Audience.GROUP:
        return one.group_id == other.group_id
    return _OPENNESS.index(one.visible_to) <= _OPENNESS.index(other.visible_to)


def together(changes: Iterable[Readers]) -> Readers:
    """What several changes come to for all of them."""
    found = set(changes) - {Readers.SAME}
    if not found:
        return Readers.SAME
    return found.pop() if len(found) == 1 else Readers.OTHERS


def check(readers: Readers, accepted: bool) -> None:
    """Invalid unless whoever acts has said that other people may read, or some no longer."""
    if readers is not Readers.SAME and not accepted:
        message = _(
            "Other people will be able to read this, or some no longer. Say that you mean it."
        )
        raise Invalid(message, field="accept_readers")
