"""What a post says and refers to: its HTML, and the people, posts and pictures in it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import aliased

from community.brands.queries import the_brand
from community.kernel import text
from community.kernel.db import db
from community.kernel.errors import Invalid
from community.kernel.i18n import _, force_locale
from community.media import service as media
from community.media.models import Upload
from community.members.models import FormerUsername, Member
from community.threads import newcomers
from community.threads.models import (
    Post,
    PostMention,
    PostPicture,
    PostQuote,
    State,
    Thread,
)
from community.threads.reach import is_id, may_quote

MENTIONS_MAX = 10


@dataclass(frozen=True)
class References:
    """What a text refers to. `people` are by the name they are mentioned under."""

    people: Mapping[str, Member]
    quoted: frozenset[int]
    pictures: Sequence[Upload]


# -- Reading a text --------------------------------------------------------


def checked_body(body: str) -> str:
    """Return a text as it is stored; Invalid when it is empty or above `text.MAX_BODY`."""
    body = text.clean_body(body).strip("\n").rstrip()
    if not text.clean_line(body):
        raise Invalid(_("Write something first."), field="body")
    if len(body) > text.MAX_BODY:
        message = _("This text is too long: %(limit)s characters at most.", limit=text.MAX_BODY)
        raise Invalid(message, field="body")
    return body


def references(actor, body: str, *, already: Collection[int] = ()) -> References:
    """Return what the actor's text refers to.

    A quote counts when its source is in a thread open to the actor, removed or not, so
    that nobody can bring a removed text back by quoting it. A picture must be the
    actor's own, or shown somewhere already, or among `already` (ids of uploads). Raises
    Invalid for other pictures, for more than ten people, and for what `newcomers` limits.
    """
    people = _people(text.mentions(body))
    newcomers.check_text(actor, body, people.values())
    if len({member.id for member in people.values()}) > MENTIONS_MAX:
        message = _("Mention %(limit)s people at most in one post.", limit=MENTIONS_MAX)
        raise Invalid(message, field="body")
    return References(people, _quoted(actor, body), _pictures(actor, body, already))


def _people(names: Collection[str]) -> dict[str, Member]:
    """Whoever has, or had, one of these names, in two statements; nobody who left."""
    if not names:
        return {}
    here = Member.erased_at.is_(None)
    found = {
        member.username: member
        for member in db.session.scalars(select(Member).where(Member.username.in_(names), here))
    }
    others = set(names) - found.keys()
    if others:
        former = (
            select(FormerUsername.username, Member)
            .join(Member, Member.id == FormerUsername.member_id)
            .where(FormerUsername.username.in_(others), here)
        )
        found |= {name: member for name, member in db.session.execute(former)}
    return found


def _quoted(actor, body: str) -> frozenset[int]:
    ids = [id_ for id_ in text.quoted_posts(body) if is_id(id_)]
    if not ids:
        return frozenset()
    known = (
        select(Post.id)
        .join(Post.thread)
        .outerjoin(Thread.category)
        .where(Post.id.in_(ids), may_quote(actor))
    )
    return frozenset(db.session.scalars(known))


def _pictures(actor, body: str, already: Collection[int]) -> list[Upload]:
    tokens = [media.token_of(address) for address in text.pictures(body)]
    uploads = media.by_tokens([token for token in tokens if token])
    if any(token not in uploads for token in tokens) or not all(
        _may_show(actor, upload, already) for upload in uploads.values()
    ):
        message = _("A picture in this text is not here any more. Take it out or add it again.")
        raise Invalid(message, field="body")
    return list(uploads.values())


def _may_show(actor, upload: Upload, already: Collection[int]) -> bool:
    if upload.id in already:
        return True
    is_shared = upload.owner_id == actor.id or upload.attached_at is not None
    return is_shared and upload.hidden_at is None


# -- Keeping what it refers to ---------------------------------------------


def note(post: Post, found: References) -> None:
    """Keep rows of what a saved post refers to, in place of what it referred to before."""
    _replace(PostMention, "member_id", post, {member.id for member in found.people.values()})
    _replace(PostQuote, "quoted_id", post, found.quoted - {post.id})
    before = _replace(PostPicture, "upload_id", post, {u.id for u in found.pictures})
    media.attach(found.pictures)
    settle_pictures(before)


def _replace(model, column: str, post: Post, wanted: Collection[int]) -> set[int]:
    """Make the rows of a post those wanted; return the ids that went."""
    there = set(db.session.scalars(select(getattr(model, column)).where(model.post_id == post.id)))
    gone = there - set(wanted)
    if gone:
        rows = delete(model).where(model.post_id == post.id, getattr(model, column).in_(gone))
        db.session.execute(rows)
    for id_ in sorted(set(wanted) - there):
        db.session.add(model(**{"post_id": post.id, column: id_}))
    return gone


def pictures_of(post_ids: Collection[int]) -> set[int]:
    """Return the ids of the uploads shown in these posts."""
    shown = select(PostPicture.upload_id).where(PostPicture.post_id.in_(post_ids))
    return set(db.session.scalars(shown))


def settle_pictures(upload_ids: Collection[int]) -> None:
    """Hide those uploads that no visible post shows any more, and show the others again."""
    if not upload_ids:
        return
    visible = (
        select(PostPicture.upload_id)
        .join(Post, Post.id == PostPicture.post_id)
        .join(Post.thread)
        .where(
            PostPicture.upload_id.in_(upload_ids),
            Post.state == State.VISIBLE,
            Thread.state == State.VISIBLE,
        )
    )
    shown = set(db.session.scalars(visible))
    uploads = db.session.scalars(select(Upload).where(Upload.id.in_(upload_ids))).all()
    media.set_hidden([upload for upload in uploads if upload.id in shown], False)
    media.set_hidden([upload for upload in uploads if upload.id not in shown], True)


# -- Showing it ------------------------------------------------------------


def rendered(body: str) -> str:
    """Return a text as it would look in a post, for a preview."""
    tokens = [media.token_of(address) for address in text.pictures(body)]
    uploads = media.by_tokens([token for token in tokens if token])
    return _html(body, _people(text.mentions(body)), uploads, ())


def refresh(posts: Iterable[Post]) -> None:
    """Make the HTML of posts again from their texts, in a fixed number of statements.

    Mentions lead to profiles, pictures have their size, and the quotes of removed posts
    are muted, in the brand's language.
    """
    posts = [post for post in posts if not post.is_purged]
    people = _people({name for post in posts for name in text.mentions(post.body)})
    addresses = {address for post in posts for address in text.pictures(post.body)}
    tokens = {media.token_of(address) for address in addresses} - {None}
    uploads = media.by_tokens(tokens)
    muted = _removed_quotes([post.id for post in posts])
    for post in posts:
        post.html = _html(post.body, people, uploads, muted.get(post.id, ()))
        post.render_version = text.RENDER_VERSION


def _html(body, people: Mapping, uploads: Mapping, muted: Collection[int]) -> str:
    sizes = {}
    for address in text.pictures(body):
        upload = uploads.get(media.token_of(address))
        if upload is not None:
            sizes[address] = (upload.width, upload.height)
    with force_locale(the_brand().locale):
        return text.render(
            body,
            people={name: f"/m/{name}" for name in people},
            pictures=sizes,
            muted_quotes=muted,
        )


def _removed_quotes(post_ids: Collection[int]) -> dict[int, set[int]]:
    """Which quoted posts of each post are removed, alone or with another thread."""
    quoting = aliased(Post)
    removed = (
        select(PostQuote.post_id, PostQuote.quoted_id)
        .join(quoting, quoting.id == PostQuote.post_id)
        .join(Post, Post.id == PostQuote.quoted_id)
        .join(Thread, Thread.id == Post.thread_id)
        .where(
            PostQuote.post_id.in_(post_ids),
            or_(
                Post.state != State.VISIBLE,
                (Thread.state != State.VISIBLE) & (Thread.id != quoting.thread_id),
            ),
        )
    )
    muted: dict[int, set[int]] = {}
    for post_id, quoted_id in db.session.execute(removed):
        muted.setdefault(post_id, set()).add(quoted_id)
    return muted


def refresh_outdated(limit: int = 500) -> int:
    """Make the HTML again of posts an older version of `text.render` made; return how many."""
    outdated = select(Post).where(Post.render_version < text.RENDER_VERSION, Post.body != "")
    posts = db.session.scalars(outdated.order_by(Post.id).limit(limit)).all()
    refresh(posts)
    return len(posts)
