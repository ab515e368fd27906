"""Who can read a thread before and after it goes elsewhere."""

import enum
from collections.abc import Iterable

from community.kernel.errors import Invalid
from community.kernel.i18n import _
from community.threads.categories import is_within
from community.threads.models import Access, Category, Thread


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
    stays, keeps = is_within(category, old), is_within(old, category)
    if stays and keeps:
        return Readers.SAME
    if stays:
        return Readers.FEWER
    if thread.access is Access.BRAND:
        return Readers.SAME if keeps else Readers.FEWER
    return Readers.MORE if keeps else Readers.OTHERS


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
