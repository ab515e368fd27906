"""Moving threads, saying what kind they are, tagging and closing several at once."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from community.events import (
    ThreadKindChanged,
    ThreadLocked,
    ThreadMoved,
    ThreadRetagged,
    ThreadUnlocked,
)
from community.kernel.db import db, now
from community.kernel.errors import Conflict, Forbidden, Invalid
from community.threads import moves, reach, service, staff_acts, standing, undoing
from community.threads.bulk import plan_tags, retag, set_locked
from community.threads.models import Access, Kind, Thread
from community.threads.moves import move, plan_move, set_kind
from community.threads.readers import Readers
from community.threads.staff_acts import StaffAct
from tests.conftest import who
from tests.threads.acting import published
from tests.threads.saying import a_reply, a_thread, opening
from tests.threads.tidying import a_talk, follow, place, rows


@pytest.fixture
def several(in_lune):
    """Three threads of General: one of Ada's with tags, one closed, one of Cleo's in the part."""
    threads = [
        a_talk("ada", "ben", tags=["rain", "care"]),
        a_talk("ben", tags=["rain"]),
        a_talk("cleo", category="corner"),
    ]
    standing.lock(who("mod"), threads[1])
    db.session.commit()
    return threads


def test_several_threads_go_to_another_category_and_come_back(several):
    before = rows()
    act = move(who("mod"), several, place("corner"), reason="They are about the corner")
    assert [t.category.slug for t in several] == ["corner"] * 3
    assert [t.section_id for t in several] == [place("general").id] * 3
    assert (place("general").threads_count, place("corner").threads_count) == (0, 3)
    moved = published(ThreadMoved)
    assert [one["thread_id"] for one in moved] == [several[0].id, several[1].id]
    assert {one["category_id"] for one in moved} == {place("corner").id}
    rows()
    undoing.undo(who("mod"), act)
    assert rows() == before


def test_other_readers_have_to_be_meant(several):
    mod = who("mod")
    for slug, readers in (("corner", Readers.SAME), ("club", Readers.FEWER)):
        assert plan_move(mod, several[:1], place(slug)).readers is readers
    with pytest.raises(Invalid) as refusal:
        move(mod, several[:1], place("club"))
    assert refusal.value.field == "accept_readers"
    move(mod, several[:1], place("club"), accept_readers=True)
    assert plan_move(mod, several[:1], place("general")).readers is Readers.MORE
    assert plan_move(mod, several[:1], place("office")).readers is Readers.FEWER
    with pytest.raises(Exception, match="no such discussion"):
        move(mod, several[:1], place("office"), accept_readers=True)
        reach.thread_or_missing(who("ada"), several[0].id)


def test_what_is_there_already_is_left_alone(several):
    plan = plan_move(who("mod"), several, place("corner"))
    assert (plan.threads, plan.already) == (several[:2], several[2:])
    with pytest.raises(Conflict, match="so already"):
        move(who("mod"), several[2:], place("corner"))


def test_undoing_a_move_is_refused_when_it_was_moved_again(several):
    act = move(who("mod"), several[:1], place("corner"))
    again = move(who("mod"), several[:1], place("general"))
    with pytest.raises(Conflict, match="changed again"):
        undoing.undo(who("mod"), act)
    undoing.undo(who("mod"), again)
    undoing.undo(who("mod"), act)
    assert several[0].category.slug == "general"


def test_authors_and_followers_are_told_once_whatever_moves(several):
    for thread in several:
        follow("eve", thread)
    act = move(who("mod"), several, place("club"), accept_readers=True)
    told = {who(name).id for name in ("ada", "ben", "cleo", "eve")}
    assert set(map(int, act.told)) == told
    assert act.told[str(who("ada").id)] == opening(several[0]).id
    assert set(map(int, set_locked(who("mod"), several, is_locked=True).told)) == {
        who(name).id for name in ("ada", "cleo")
    }


def test_a_discussion_becomes_a_question_and_again_a_discussion(several):
    before = rows()
    act = set_kind(who("mod"), several[:2], Kind.QUESTION)
    assert [t.kind for t in several] == [Kind.QUESTION, Kind.QUESTION, Kind.DISCUSSION]
    assert [one["kind"] for one in published(ThreadKindChanged)] == ["question"] * 2
    undoing.undo(who("mod"), act)
    assert rows() == before
    with pytest.raises(Invalid):
        moves.plan_kind(who("mod"), several, Kind.MESSAGE)


def test_tags_are_given_and_taken_in_bulk_and_come_back(several):
    before = rows()
    act = retag(who("mod"), several, add=["weather"], remove=["rain"])
    assert [t.tag_slugs for t in several] == [["care", "weather"], ["weather"], ["weather"]]
    assert [tag.slug for tag in several[0].tags] == ["care", "weather"]
    assert len(published(ThreadRetagged)) == 3
    undoing.undo(who("mod"), act)
    after = rows()
    assert len(after["tag"]) == len(before["tag"]) + 1  # the word stays known
    assert {name for name in after if after[name] != before[name]} == {"tag"}


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"add": ["a"]}, "add"),
        ({"remove": ["x" * 40]}, "remove"),
        ({}, "add"),
        ({"add": ["one", "two-of", "three", "four"]}, "add"),
    ],
)
def test_odd_or_too_many_tags_are_refused_beside_their_field(several, words, field):
    with pytest.raises(Invalid) as refusal:
        plan_tags(who("mod"), several, **words)
    assert refusal.value.field == field


def test_an_authors_new_tags_are_not_overwritten_by_undoing(several):
    act = retag(who("mod"), several[:1], add=["weather"])
    service.edit(who("ada"), opening(several[0]), body="It creaks.", tags=["mine"])
    with pytest.raises(Conflict, match="changed again"):
        undoing.undo(who("mod"), act)
    assert several[0].tag_slugs == ["mine"]


def test_threads_are_closed_together_and_opened_by_undoing(several):
    before = rows()
    act = set_locked(who("mod"), several, is_locked=True, reason="Season over")
    assert all(t.is_locked for t in several)
    assert len(published(ThreadLocked)) == 1 + 2  # one was closed before
    assert several[0].has_notices
    undoing.undo(who("mod"), act)
    assert rows() == before
    set_locked(who("mod"), several[1:2], is_locked=False)
    assert len(published(ThreadUnlocked)) == 1


def test_members_and_experts_have_no_tools(several):
    for name in ("ada", "eve"):
        for act in (
            lambda actor: move(actor, several, place("corner")),
            lambda actor: set_kind(actor, several, Kind.QUESTION),
            lambda actor: retag(actor, several, add=["x-y"]),
            lambda actor: set_locked(actor, several, is_locked=True),
        ):
            with pytest.raises(Forbidden):
                act(who(name))


def test_none_and_too_many_are_refused(several, monkeypatch):
    with pytest.raises(Invalid, match="at least one"):
        move(who("mod"), [], place("club"))
    with pytest.raises(Invalid, match="50 threads at most"):
        move(who("mod"), several * 20, place("club"))
    with pytest.raises(Invalid, match="too long"):
        move(who("mod"), several[:1], place("corner"), reason="x" * 301)


def test_a_removed_category_makes_undoing_impossible_in_so_many_words(several):
    act = move(who("mod"), several[2:], place("general"))
    db.session.delete(place("corner"))
    db.session.flush()
    with pytest.raises(Conflict, match="is gone"):
        undoing.undo(who("mod"), act)


def test_what_only_undoing_needs_is_forgotten_after_a_week(several):
    old, young = (
        move(who("mod"), [several[0]], place("corner")),
        set_kind(who("mod"), [several[1]], Kind.QUESTION),
    )
    old.created_at = now() - timedelta(days=7, minutes=1)
    db.session.commit()
    staff_acts.on_day_began(None)
    db.session.commit()
    db.session.expire_all()
    assert (old.before, old.told, old.is_undoable) == (None, None, False)
    assert old.after and young.before and young.is_undoable


def test_the_log_is_read_page_by_page_and_is_part_of_what_staff_takes_along(several):
    for number in range(31):
        set_locked(who("mod"), several[:1], is_locked=number % 2 == 0)
    acts, pages = staff_acts.log_page(1)
    assert (len(acts), pages) == (30, 2)
    assert acts[0].id > acts[-1].id
    assert len(staff_acts.log_page(2)[0]) == 1
    with pytest.raises(Exception, match="no such page"):
        staff_acts.log_page(3)
    taken = staff_acts.export(who("mod"))
    assert (len(taken), taken[0]["act"], taken[0]["threads"]) == (31, "lock", [several[0].id])
    assert staff_acts.export(who("mia")) == []


def test_no_act_is_left_by_what_was_refused(several):
    with pytest.raises(Invalid):
        move(who("mod"), several, place("club"))
    assert db.session.scalars(select(StaffAct)).all() == []
    assert {t.category.slug for t in db.session.scalars(select(Thread))} == {"general", "corner"}


def test_a_thread_for_the_brand_alone_opens_to_nobody_by_moving(in_lune):
    thread = a_thread("ada", "club")
    a_reply(thread, "mod")
    thread.access, thread.was_private = Access.BRAND, True
    db.session.flush()
    assert plan_move(who("mod"), [thread], place("general")).readers is Readers.SAME
    assert plan_move(who("mod"), [thread], place("office")).readers is Readers.FEWER
