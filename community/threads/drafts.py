"""What members have begun to write: one draft for each member and place.

Every save says from which text it began. When another window saved meanwhile nothing is
written over: `Newer` tells what is there, and the writer chooses.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import JSON, BigInteger, UniqueConstraint, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from community.events import DayBegan
from community.kernel import text
from community.kernel.db import Timestamped, db, now
from community.kernel.errors import Conflict, Invalid
from community.kernel.i18n import _
from community.kernel.policy import require
from community.kernel.tenancy import BrandScoped, same_brand
from community.media import service as media
from community.members.models import Member
from community.permissions import Can
from community.threads.draft_places import check_place
from community.threads.models import Post

KEPT = timedelta(days=180)
DRAFTS_MAX = 100
LINE_MAX = 300  # characters of a title, a line of tags, the name of a category
FIELDS_MAX, FIELD_MAX = 40, 2_000  # further answers in a form, characters of one
_PARTS = ("title", "body", "tags", "category")


class Draft(BrandScoped, Timestamped, db.Model):
    """What a member has begun to write in one place, such as `thread:12` (`draft_places`).

    Every save raises `sequence`, so that whoever saves can say which text they began from.
    It begins at the milliseconds since 1970: a number is never met again in the same place,
    not even after a draft was sent and another begun.
    """

    __table_args__ = (
        same_brand("member_id", "member"),
        UniqueConstraint("member_id", "place"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column()
    place: Mapped[str]
    sequence: Mapped[int] = mapped_column(BigInteger)
    title: Mapped[str] = mapped_column(default="")
    body: Mapped[str] = mapped_column(default="")
    tags: Mapped[str] = mapped_column(default="")
    category: Mapped[str] = mapped_column(default="")
    fields: Mapped[dict] = mapped_column(JSON, default=dict)  # what else its form asks
    saved_at: Mapped[datetime] = mapped_column(default=now, index=True)

    @property
    def values(self) -> dict:
        """Everything that was typed, by the name of its field."""
        return self.fields | {name: getattr(self, name) for name in _PARTS if getattr(self, name)}


class Newer(Conflict):
    """Another window saved here meanwhile; `draft` is what it saved, None when it is gone."""

    def __init__(self, message: str, draft: Draft | None):
        super().__init__(message)
        self.draft = draft


class SentAlready(Conflict):
    """The form was sent: `post` is what became of it, `is_same` whether it says the same."""

    def __init__(self, post: Post, body: str):
        super().__init__(_("This was sent already."))
        self.post = post
        self.is_same = post.body.strip() == body.strip()


# -- Keeping ---------------------------------------------------------------


def save(
    actor: Member,
    place: str,
    values: Mapping[str, str | list],
    *,
    began_from: int = 0,
    submission: str | None = None,
) -> Draft | None:
    """Keep what was typed in a place; None, and no draft, when there is no text in it.

    `began_from` is the sequence of the draft the writer saw, 0 for none. Raises Newer when
    it is another by now, unless it says the same; SentAlready when the form with the key
    `submission` was posted; Missing for a place the actor cannot write in; Invalid for what
    is too long; Conflict beyond a hundred drafts.
    """
    require(actor, Can.KEEP_DRAFTS, actor)
    check_place(actor, place)
    parts, fields = _checked(values)
    if submission and (post := _sent(actor, submission)):
        raise SentAlready(post, parts["body"])
    draft = _held(actor, place)
    if draft is None:
        return _begin(actor, place, parts, fields, began_from)
    if draft.sequence != began_from:
        if _parts_of(draft) == parts and draft.fields == fields:
            return draft
        raise Newer(_("You wrote something else here in another window."), draft)
    if not _says_something(parts, fields):
        _remove(draft)
        return None
    _fill(draft, parts, fields)
    draft.sequence += 1
    return draft


def discard(actor: Member, place: str) -> None:
    """Throw away what the actor began to write in a place."""
    require(actor, Can.KEEP_DRAFTS, actor)
    draft = _held(actor, place)
    if draft is not None:
        _remove(draft)


def sent(actor: Member, place: str, *, sequence: int) -> None:
    """Remove the draft of a place after its text was posted.

    One that another window saved meanwhile, so that its `sequence` is another, stays.
    """
    require(actor, Can.KEEP_DRAFTS, actor)
    draft = _held(actor, place)
    if draft is not None and draft.sequence == sequence:
        _remove(draft)


def _held(member: Member, place: str) -> Draft | None:
    """The draft of a place, kept from others until the commit."""
    mine = select(Draft).where(Draft.member_id == member.id, Draft.place == place)
    return db.session.scalar(mine.with_for_update().execution_options(populate_existing=True))


def _begin(member: Member, place: str, parts, fields, began_from: int) -> Draft | None:
    if began_from:
        message = _("What you wrote here was sent or thrown away in another window.")
        raise Newer(message, None)
    if not _says_something(parts, fields):
        return None
    mine = select(func.count()).select_from(Draft).where(Draft.member_id == member.id)
    if db.session.scalar(mine) >= DRAFTS_MAX:
        message = _("You have %(limit)s drafts. Throw some away first.", limit=DRAFTS_MAX)
        raise Conflict(message)
    first = int(now().timestamp() * 1000)
    draft = Draft(member_id=member.id, place=place, sequence=first)
    _fill(draft, parts, fields)
    try:
        with db.session.begin_nested():  # two windows may begin at the same moment
            db.session.add(draft)
    except IntegrityError:
        there = _held(member, place)
        raise Newer(_("You wrote something else here in another window."), there) from None
    return draft


def _checked(values: Mapping[str, str | list]) -> tuple[dict[str, str], dict]:
    """Split into the parts every text has and the further fields; Invalid when too long."""
    parts = {name: text.clean_body(str(values.get(name) or "")) for name in _PARTS}
    fields = {
        name: value
        for name, value in values.items()
        if name not in _PARTS and value not in ("", [])
    }
    for name, value in parts.items():
        limit = text.MAX_BODY if name == "body" else LINE_MAX
        if len(value) > limit:
            message = _("This text is too long: %(limit)s characters at most.", limit=limit)
            raise Invalid(message, field=name)
    if len(fields) > FIELDS_MAX or any(len(f"{n}{v}") > FIELD_MAX for n, v in fields.items()):
        raise Invalid(_("This form holds more than a draft can keep."))
    return parts, fields


def _says_something(parts: Mapping[str, str], fields: Mapping) -> bool:
    """Whether somebody wrote: a chosen category or option alone is no text."""
    return bool(text.clean_line(parts["title"]) or text.clean_line(parts["body"]))


def _parts_of(draft: Draft) -> dict[str, str]:
    return {name: getattr(draft, name) for name in _PARTS}


def _fill(draft: Draft, parts: Mapping[str, str], fields: Mapping) -> None:
    before = set(text.pictures(draft.body or ""))
    for name, value in parts.items():
        setattr(draft, name, value)
    draft.fields = dict(fields)
    draft.saved_at = now()
    shown = set(text.pictures(draft.body))
    media.keep_for(draft.member_id, _tokens(shown), until=now() + KEPT)
    _let_go(draft, before - shown)


def _remove(draft: Draft) -> None:
    _let_go(draft, set(text.pictures(draft.body)))
    db.session.delete(draft)
    db.session.flush()  # another may be begun in its place in the same transaction


def _let_go(draft: Draft, addresses: set[str]) -> None:
    """Pictures this draft shows no more need not be kept, unless another of theirs does."""
    for token in _tokens(addresses):
        others = select(Draft.id).where(
            Draft.member_id == draft.member_id,
            Draft.place != draft.place,
            Draft.body.contains(token, autoescape=True),
        )
        if db.session.scalar(others.limit(1)) is None:
            media.keep_for(draft.member_id, [token], until=None)


def _tokens(addresses: set[str]) -> list[str]:
    return [token for token in map(media.token_of, addresses) if token]


def _sent(member: Member, submission: str) -> Post | None:
    return db.session.scalar(
        select(Post).where(Post.author_id == member.id, Post.submission == submission)
    )


# -- Reading ---------------------------------------------------------------


def at(member: Member, place: str) -> Draft | None:
    """Return what the member has begun to write in a place, in one statement."""
    return db.session.scalar(
        select(Draft).where(Draft.member_id == member.id, Draft.place == place)
    )


def of(member: Member) -> list[Draft]:
    """Return the member's drafts, the last saved first."""
    mine = select(Draft).where(Draft.member_id == member.id)
    return list(db.session.scalars(mine.order_by(Draft.saved_at.desc(), Draft.id.desc())))


def export(member: Member) -> list[dict]:
    """Return the member's drafts, for their copy of their data."""
    return [
        {
            "place": draft.place,
            "typed": draft.values,
            "begun_at": draft.created_at.isoformat(),
            "saved_at": draft.saved_at.isoformat(),
        }
        for draft in of(member)
    ]


# -- Time ------------------------------------------------------------------


def on_day_began(_event: DayBegan) -> None:
    """Throw away what nobody touched for 180 days."""
    old = select(Draft).where(Draft.saved_at < now() - KEPT)
    for draft in db.session.scalars(old).all():
        _remove(draft)


def forget(member: Member) -> None:
    """Throw away all drafts of a member who left."""
    for draft in of(member):
        _remove(draft)
