"""Where a draft can be: a place is a word and what it is about, such as `thread:12`.

Features above threads add words of their own through `wiring.DRAFT_PLACES`.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from community.kernel.db import db
from community.kernel.errors import Missing
from community.kernel.i18n import _
from community.kernel.policy import can
from community.members.models import Member
from community.permissions import Can
from community.threads import reach
from community.threads.models import Kind, Post, Thread


@dataclass(frozen=True)
class Place:
    """A place as its writer sees it: what is written there, about what, and where to go on.

    `is_open` says whether a text can be sent from there now.
    """

    label: str
    title: str
    path: str
    is_open: bool = True


Finder = Callable[[Member, Collection[str]], Mapping[str, Place]]
"""From a member and what places are about to the places, those the member cannot see left out."""

_finders: dict[str, Finder] = {}


def install(finders: Mapping[str, Finder]) -> None:
    """Install who finds the places of each word, once, at start-up."""
    _finders.clear()
    _finders.update(finders)


def places(member: Member, names: Collection[str]) -> dict[str, Place]:
    """Return the places of these names that the member can see, a few statements for all."""
    about: dict[str, list[str]] = {}
    for name in names:
        word, _colon, rest = name.partition(":")
        about.setdefault(word, []).append(rest)
    return {
        f"{word}:{rest}": place
        for word, rests in about.items()
        if word in _finders
        for rest, place in _finders[word](member, rests).items()
    }


def check_place(member: Member, name: str) -> Place:
    """Return a place; Missing when there is none of this name that the member can see."""
    found = places(member, [name]).get(name)
    if found is None:
        raise Missing(_("There is nothing to write here."))
    return found


# -- The places of threads -------------------------------------------------


def new_threads(_member: Member, kinds: Collection[str]) -> dict[str, Place]:
    """`new:<kind>`: a thread that is not begun yet."""
    offered = set(Kind) - {Kind.MESSAGE, Kind.TO_BRAND}
    return {
        kind: Place(_("New thread"), "", "/new" if kind == Kind.DISCUSSION else f"/new?kind={kind}")
        for kind in kinds
        if kind in offered
    }


def replies(member: Member, ids: Collection[str]) -> dict[str, Place]:
    """`thread:<id>`: a reply."""
    found = reach.visible_threads(member).where(Thread.id.in_(numbers(ids)))
    return {
        str(thread.id): Place(
            _("Reply"),
            thread.title,
            f"/t/{thread.id}/{thread.slug}#reply",
            can(member, Can.REPLY, thread),
        )
        for thread in db.session.scalars(found)
    }


def edits(member: Member, ids: Collection[str]) -> dict[str, Place]:
    """`edit:<post id>`: a post that is being changed by whoever may."""
    found = reach.readable_posts(member).where(Post.id.in_(numbers(ids)))
    return {
        str(post.id): Place(
            _("Change of a post"),
            post.thread.title,
            f"/posts/{post.id}/edit",
            can(member, Can.EDIT_POST, post),
        )
        for post in db.session.scalars(found)
    }


def numbers(ids: Collection[str]) -> list[int]:
    """Those that can be ids, written as ids are."""
    return [
        int(id_)
        for id_ in ids
        if id_.isascii()
        and id_.isdigit()
        and id_[0] != "0"
        and len(id_) < 11
        and reach.is_id(int(id_))
    ]
