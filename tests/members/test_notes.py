"""Notes of staff about a member: for the team, and the member's own data all the same."""

import pytest
from sqlalchemy import func, select

from community.kernel.db import db
from community.kernel.errors import Conflict, Forbidden, Invalid, Missing
from community.members import notes, privacy
from community.members.models import StaffNote
from tests.conftest import who


@pytest.mark.parametrize("name", ["ada", "eve"])
def test_staff_alone_writes_notes(in_lune, name):
    with pytest.raises(Forbidden):
        notes.write_note(who(name), who("ben"), "Rude on the phone.")


def test_nobody_writes_about_themselves(in_lune):
    with pytest.raises(Forbidden):
        notes.write_note(who("mod"), who("mod"), "A fine colleague.")


def test_the_newest_comes_first_with_who_wrote_it(in_lune):
    notes.write_note(who("mod"), who("ada"), "  Asked for a refund.\r\n ")
    notes.write_note(who("mia"), who("ada"), "Got it.")
    found = notes.notes_about(who("ada"))
    assert [(n.text, n.author.username) for n in found] == [
        ("Got it.", "mia"),
        ("Asked for a refund.", "mod"),
    ]
    assert notes.notes_about(who("ben")) == []


@pytest.mark.parametrize("words", ["", " \n ", "x" * 2001])
def test_a_note_says_something_and_not_too_much(in_lune, words):
    with pytest.raises(Invalid) as refusal:
        notes.write_note(who("mod"), who("ada"), words)
    assert refusal.value.field == "text"


def test_there_is_an_end_to_notes(in_lune, monkeypatch):
    monkeypatch.setattr(notes, "MOST", 1)
    notes.write_note(who("mod"), who("ada"), "One.")
    with pytest.raises(Conflict):
        notes.write_note(who("mod"), who("ada"), "Two.")


def test_a_note_is_removed_by_its_author_or_a_manager(in_lune):
    note = notes.write_note(who("mia"), who("ada"), "Wrong person.")
    db.session.flush()
    with pytest.raises(Forbidden):
        notes.remove_note(who("mod"), note)
    notes.remove_note(who("oli"), note)
    assert notes.notes_about(who("ada")) == []


def test_a_note_is_found_with_its_member_only(in_lune):
    note = notes.write_note(who("mod"), who("ada"), "Hers.")
    db.session.flush()
    assert notes.note_or_missing(who("ada"), note.id) is note
    with pytest.raises(Missing):
        notes.note_or_missing(who("ben"), note.id)


def test_the_member_gets_the_notes_but_not_who_wrote_them(in_lune):
    notes.write_note(who("mod"), who("ada"), "Asked for a refund.")
    db.session.flush()
    [told] = privacy.data_of(who("ada"), who("ada"), [])["staff_notes"]
    assert told["text"] == "Asked for a refund."
    assert set(told) == {"text", "written_at"}


def test_they_go_when_the_member_goes(in_lune):
    notes.write_note(who("mod"), who("ada"), "Asked for a refund.")
    notes.write_note(who("mod"), who("ben"), "Did not.")
    privacy.forget(who("ada"))
    assert db.session.scalar(select(func.count(StaffNote.id))) == 1
