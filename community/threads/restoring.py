"""Earlier versions of a post: taking one back, and taking personal data out of one."""

from sqlalchemy import select

from community.events import RevisionHidden
from community.kernel import text
from community.kernel.bus import publish
from community.kernel.db import db, now
from community.kernel.errors import Conflict
from community.kernel.i18n import _
from community.kernel.policy import require
from community.media import service as media
from community.members.models import Member
from community.permissions import Can
from community.threads import posts, service
from community.threads.models import Post, PostRevision


def restore(actor: Member, revision: PostRevision) -> Post:
    """Let the post say again what it said before; what it says now becomes a revision too.

    Follows the rules of editing: the author within the time for edits, staff always.
    """
    require(actor, Can.EDIT_POST, revision.post)
    if revision.is_hidden:
        raise Conflict(_("The text of this version was removed, so it cannot be taken back."))
    tokens = [media.token_of(address) for address in text.pictures(revision.body)]
    shown = {upload.id for upload in media.by_tokens([t for t in tokens if t]).values()}
    post = service.edit(
        actor, revision.post, body=revision.body, title=_title_then(revision), already=shown
    )
    posts.settle_pictures(shown)  # those nobody showed any more were hidden
    return post


def _title_then(revision: PostRevision) -> str | None:
    """The thread's title when a version was the current one; None when it is so still.

    A revision keeps it only where the title was changed with the text.
    """
    later = select(PostRevision.title).where(
        PostRevision.post_id == revision.post_id,
        PostRevision.id >= revision.id,
        PostRevision.title.is_not(None),
    )
    return db.session.scalar(later.order_by(PostRevision.id).limit(1))


def hide_text(actor: Member, revision: PostRevision) -> None:
    """Remove for good what an earlier version said, as personal data must be; the mark stays."""
    require(actor, Can.HIDE_POST, revision.post)
    revision.body, revision.title = "", None
    revision.hidden_at, revision.hidden_by_id = now(), actor.id
    publish(
        RevisionHidden(revision_id=revision.id, post_id=revision.post_id, hidden_by_id=actor.id)
    )
