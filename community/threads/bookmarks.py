"""Bookmarks: posts a member wants to find again, with a note and perhaps a reminder."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import UniqueConstraint, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship, selectinload

from community.events import ReminderSet
from community.kernel.bus import publish
from community.kernel.db import Timestamped, db, now
from community.kernel.errors import Conflict, Invalid, Missing
from community.kernel.i18n import _
from community.kernel.policy import can, require
from community.kernel.tenancy import BrandScoped, same_brand
from community.kernel.text import clean_line
from community.members.models import Member
from community.permissions import Can
from community.threads.models import Post, Thread

NOTE_MAX = 200
MOST = 1_000
FURTHEST = timedelta(days=366)
PER_PAGE = 20


class Bookmark(BrandScoped, Timestamped, db.Model):
    """One post one member marked. `remind_at` is None once the reminder was given."""

    __table_args__ = (
        same_brand("member_id", "member"),
        same_brand("post_id", "post"),
        UniqueConstraint("member_id", "post_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column()
    post_id: Mapped[int] = mapped_column(index=True)
    note: Mapped[str] = mapped_column(default="")
    remind_at: Mapped[datetime | None]

    post: Mapped[Post] = relationship(foreign_keys=[post_id])
    member: Mapped[Member] = relationship(foreign_keys=[member_id])


@dataclass(frozen=True)
class Marked:
    """A bookmark as its member sees it; `post` is None when it may not be read any more."""

    bookmark: Bookmark
    post: Post | None


def bookmark(actor: Member, post: Post) -> Bookmark:
    """Mark a post; marking it twice is marking it once. Conflict beyond a thousand."""
    require(actor, Can.BOOKMARK_POST, post)
    mine = select(Bookmark).where(Bookmark.member_id == actor.id, Bookmark.post_id == post.id)
    if found := db.session.scalar(mine):
        return found
    marked = select(Bookmark.id).where(Bookmark.member_id == actor.id).limit(MOST)
    if len(db.session.scalars(marked).all()) >= MOST:
        raise Conflict(_("You have %(most)s bookmarks. Remove some first.", most=MOST))
    try:
        with db.session.begin_nested():  # two taps at the same moment
            made = Bookmark(member_id=actor.id, post=post)
            db.session.add(made)
    except IntegrityError:
        return db.session.scalars(mine).one()
    return made


def remove(actor: Member, post: Post) -> None:
    """Take a bookmark away; nothing happens when there is none."""
    require(actor, Can.BOOKMARK_POST, post)
    mine = (Bookmark.member_id == actor.id, Bookmark.post_id == post.id)
    db.session.execute(delete(Bookmark).where(*mine))


def drop(actor: Member, marked: Bookmark) -> None:
    """Take a bookmark out of the list, whatever has become of its post."""
    require(actor, Can.EDIT_BOOKMARK, marked)
    db.session.delete(marked)


def change(actor: Member, marked: Bookmark, *, note: str, remind_at: datetime | None) -> None:
    """Set the note and the moment of the reminder; Invalid, naming the field, for a note that is
    too long or a moment that is past or more than a year away.
    """
    require(actor, Can.EDIT_BOOKMARK, marked)
    note = clean_line(note)
    if len(note) > NOTE_MAX:
        message = _("Use %(limit)s characters at most.", limit=NOTE_MAX)
        raise Invalid(message, field="note")
    if remind_at is not None and not now() < remind_at < now() + FURTHEST:
        message = _("Choose a moment to come, within a year.")
        raise Invalid(message, field="remind_at")
    marked.note = note
    if marked.remind_at != remind_at:
        marked.remind_at = remind_at
        if remind_at is not None:
            publish(ReminderSet(bookmark_id=marked.id), not_before=remind_at)


def own_or_missing(actor: Member, bookmark_id: int) -> Bookmark:
    """Return one of the actor's bookmarks, or Missing."""
    found = db.session.get(Bookmark, bookmark_id)
    if found is None or not can(actor, Can.EDIT_BOOKMARK, found):
        raise Missing(_("There is no such bookmark."))
    return found


def all_of(
    actor: Member, *, page: int = 1, reminders: bool = False
) -> tuple[Sequence[Marked], bool]:
    """Return one page of the actor's bookmarks, the newest first or the next reminder first, and
    whether there are more.
    """
    require(actor, Can.CATCH_UP)
    marked = select(Bookmark).where(Bookmark.member_id == actor.id)
    if reminders:
        marked = marked.where(Bookmark.remind_at.is_not(None)).order_by(
            Bookmark.remind_at, Bookmark.id
        )
    else:
        marked = marked.order_by(Bookmark.created_at.desc(), Bookmark.id.desc())
    ways = joinedload(Bookmark.post).options(
        joinedload(Post.author),
        joinedload(Post.thread).options(
            joinedload(Thread.category), selectinload(Thread.participants)
        ),
    )
    rows = db.session.scalars(
        marked.options(ways).limit(PER_PAGE + 1).offset((page - 1) * PER_PAGE)
    ).all()
    shown = [Marked(one, _as_seen(actor, one.post)) for one in rows[:PER_PAGE]]
    return shown, len(rows) > PER_PAGE


def _as_seen(actor: Member, post: Post) -> Post | None:
    return post if can(actor, Can.SEE_POST, post) and not post.is_purged else None


def forget(member: Member) -> None:
    """Bookmarks go with their member."""
    db.session.execute(delete(Bookmark).where(Bookmark.member_id == member.id))


def export(member: Member) -> list[dict]:
    """Return what the member marked, with notes and reminders."""
    marked = select(Bookmark).where(Bookmark.member_id == member.id).order_by(Bookmark.id)
    return [
        {
            "post": one.post_id,
            "note": one.note,
            "remind_at": one.remind_at and one.remind_at.isoformat(),
            "marked_at": one.created_at.isoformat(),
        }
        for one in db.session.scalars(marked)
    ]
