"""Where a draft of a private message can be: `message:new`, `message:brand`, `message:<id>`."""

from collections.abc import Collection

from sqlalchemy import select

from community.brands.queries import the_brand
from community.kernel.db import db
from community.kernel.i18n import _
from community.kernel.policy import can
from community.members.models import Member
from community.permissions import Can
from community.threads.draft_places import Place, numbers
from community.threads.models import Access, Thread
from community.threads.reach import takes_part


def messages(member: Member, about: Collection[str]) -> dict[str, Place]:
    """The places of the word `message` that the member can see."""
    if not the_brand().features["messages"]:
        return {}
    found = {}
    if "new" in about:
        found["new"] = Place(_("New message"), "", "/messages/new")
    if "brand" in about:
        found["brand"] = Place(_("New message"), the_brand().name, "/messages/new?brand=1")
    theirs = select(Thread).where(
        Thread.id.in_(numbers(about)), Thread.access == Access.PEOPLE, takes_part(member)
    )
    for thread in db.session.scalars(theirs):
        path = f"/messages/{thread.id}#reply"
        found[str(thread.id)] = Place(
            _("Message"), thread.title, path, can(member, Can.REPLY, thread)
        )
    return found
