"""Earlier versions of a post: taking one back, and taking personal data out of one."""

from community.events import RevisionHidden
from community.kernel.bus import publish
from community.kernel.db import now
from community.kernel.errors import Conflict
from community.kernel.i18n import _
from community.kernel.policy import require
from community.members.models import Member
from community.permissions import Can
from community.threads import service
from community.threads.models import Post, PostRevision


def restore(actor: Member, revision: PostRevision) -> Post:
    """Let the post say again what it said before; what it says now becomes a revision too.

    Follows the rules of editing: the author within the time for edits, staff always.
    """
    require(actor, Can.EDIT_POST, revision.post)
    if revision.is_hidden:
        raise Conflict(_("The text of this version was removed, so it cannot be taken back."))
    return service.edit(actor, revision.post, body=revision.body, title=revision.title)


def hide_text(actor: Member, revision: PostRevision) -> None:
    """Remove for good what an earlier version said, as personal data must be; the mark stays."""
    require(actor, Can.HIDE_POST, revision.post)
    revision.body, revision.title = "", None
    revision.hidden_at, revision.hidden_by_id = now(), actor.id
    publish(
        RevisionHidden(revision_id=revision.id, post_id=revision.post_id, hidden_by_id=actor.id)
    )
