"""What staff notes about a member: for the team, and for the member who asks for their data."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import joinedload

from community.kernel import text
from community.kernel.db import db
from community.kernel.errors import Conflict, Invalid, Missing
from community.kernel.i18n import _
from community.kernel.policy import require
from community.members.models import Member, StaffNote
from community.permissions import Can

LONGEST = 2000
MOST = 100
"""How many notes one member may have: staff notes are for the exception."""


def write_note(actor, member: Member, words: str) -> StaffNote:
    """Note something about a member; Invalid when it is empty or too long."""
    require(actor, Can.WRITE_NOTE, member)
    words = text.clean_body(words).strip()
    if not words:
        raise Invalid(_("Write something first."), field="text")
    if len(words) > LONGEST:
        raise Invalid(
            _("This is too long: %(limit)s characters at most.", limit=LONGEST), field="text"
        )
    if len(notes_about(member)) >= MOST:
        raise Conflict(_("There are %(most)s notes already. Remove old ones first.", most=MOST))
    note = StaffNote(member_id=member.id, author_id=actor.id, text=words)
    db.session.add(note)
    return note


def remove_note(actor, note: StaffNote) -> None:
    """Forget a note for good."""
    require(actor, Can.REMOVE_NOTE, note)
    db.session.delete(note)


def note_or_missing(member: Member, note_id: int) -> StaffNote:
    """One note about this member."""
    note = db.session.get(StaffNote, note_id)
    if note is None or note.member_id != member.id:
        raise Missing(_("There is no such note."))
    return note


def notes_about(member: Member) -> Sequence[StaffNote]:
    """What was noted about a member, the newest first, with who wrote it."""
    about = select(StaffNote).where(StaffNote.member_id == member.id)
    newest = about.order_by(StaffNote.id.desc()).options(joinedload(StaffNote.author))
    return db.session.scalars(newest).all()


def export(member: Member) -> list[dict]:
    """The notes as the member gets them: what and when, not which colleague wrote it."""
    return [
        {"text": note.text, "written_at": note.created_at.isoformat()}
        for note in notes_about(member)
    ]


def forget(member: Member) -> None:
    """Let the notes about a member go, as everything that says who it was."""
    db.session.execute(delete(StaffNote).where(StaffNote.member_id == member.id))
