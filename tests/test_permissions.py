"""The golden matrix: who may do what to which thing, as a table that is read in review.

`python -m tests.test_permissions` writes permissions.txt again. A change of a rule then
shows as the cells it changes.
"""

import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy.orm.attributes import set_committed_value

from community.brands.models import Brand
from community.groups.models import Group, GroupMember, Joining
from community.kernel import policy
from community.kernel.db import now
from community.members.models import NEW_AT_MOST, Anonymous, Member, Role
from community.permissions import RULES, Can, explain
from community.threads.models import (
    Access,
    Audience,
    Category,
    Kind,
    Post,
    State,
    Thread,
    ThreadMember,
)
from tests.conftest import ROOT

pytestmark = pytest.mark.once

GOLDEN = ROOT / "tests" / "permissions.txt"
ACTOR, ANOTHER, GROUP = 1, 2, 7  # ids
NOBODY = None  # a stranger is not a member, so there is nothing to ask
TITLE = "Who may do what. Written by: python -m tests.test_permissions\n"


def a_member(id_: int, role: Role = Role.MEMBER, **values) -> Member:
    usual = {"confirmed_at": now(), "created_at": now() - NEW_AT_MOST, "is_profile_public": True}
    return Member(id=id_, role=role, **usual | values)


def actors() -> dict[str, object]:
    """Everyone there is, from the one who may least."""
    later = now() + timedelta(days=1)
    demanding = Brand(features={"staff_second_factor": True})
    return {
        "visitor": Anonymous(),
        "unconfirmed": a_member(ACTOR, confirmed_at=None),
        "suspended": a_member(ACTOR, suspended_until=later),
        "suspended moderator": a_member(ACTOR, Role.MODERATOR, suspended_until=later),
        "owner without second factor": a_member(ACTOR, Role.OWNER, brand=demanding),
        "new": a_member(ACTOR, created_at=now(), posts_count=0),
        **{role.value: a_member(ACTOR, role) for role in Role},
        "in the group": in_the_group(),
        "owner of the group": in_the_group(is_owner=True),
        "asked to join": in_the_group(is_in=False),
    }


def in_the_group(*, is_in: bool = True, is_owner: bool = False) -> Member:
    """A member of the group that categories name here, or one who asked to be."""
    member = a_member(ACTOR)
    row = GroupMember(group_id=GROUP, is_in=is_in, is_owner=is_owner)
    set_committed_value(member, "memberships", [row])
    return member


Subjects = Iterator[tuple[str, object]]


def nothing(_actor) -> Subjects:
    """For what is not done to anything."""
    yield "", None


def members(actor) -> Subjects:
    """Oneself, and other people."""
    yield "oneself", actor if actor.is_authenticated else NOBODY
    for role in Role:
        yield f"another {role}", a_member(ANOTHER, role)
    yield "another, profile hidden", a_member(ANOTHER, is_profile_public=False)
    yield "another, erased", a_member(ANOTHER, erased_at=now())


def category(visible_to="everyone", start="members", reply="members") -> Category:
    return Category(
        visible_to=Audience(visible_to),
        who_may_start=Audience(start),
        who_may_reply=Audience(reply),
        group_id=GROUP,
    )


def categories(_actor) -> Subjects:
    """By who sees them and who may start a thread there."""
    for visible_to in Audience:
        for start in Audience:
            yield f"seen by {visible_to}, started by {start}", category(visible_to, start)


def thread(author_id: int, where: Category | None = None, **values) -> Thread:
    usual = {
        "state": State.VISIBLE,
        "access": Access.OPEN,
        "is_locked": False,
        "posts_count": 3,
    }
    usual["kind"] = Kind.DISCUSSION
    return Thread(author_id=author_id, category=where or category(), **usual | values)


def places(author_id: int, **values) -> Iterator[tuple[str, Thread]]:
    """A thread in every state and place that makes a difference."""
    yield "", thread(author_id, **values)
    yield "locked", thread(author_id, is_locked=True, **values)
    yield "hidden", thread(author_id, state=State.HIDDEN, **values)
    yield "deleted", thread(author_id, state=State.DELETED, **values)
    yield "where members read", thread(author_id, category("members"), **values)
    yield "where staff reads", thread(author_id, category("staff"), **values)
    yield "where a group reads", thread(author_id, category("group"), **values)
    yield "where staff replies", thread(author_id, category(reply="staff"), **values)
    yield "where a group replies", thread(author_id, category(reply="group"), **values)
    yield "for author and brand", thread(author_id, access=Access.BRAND, **values)
    yield "in private, among them", conversation(author_id, ACTOR, ANOTHER)
    yield "in private, not among them", conversation(author_id, ANOTHER)
    yield "in private, left", conversation(author_id, ANOTHER, left=ACTOR)
    yield "to the brand, among them", conversation(author_id, ACTOR, kind=Kind.TO_BRAND)
    yield "to the brand, another's", conversation(author_id, ANOTHER, kind=Kind.TO_BRAND)


def conversation(
    author_id: int, *people: int, left: int | None = None, kind: Kind = Kind.MESSAGE
) -> Thread:
    """A private thread of these people, which one of them may have left."""
    there = [ThreadMember(member_id=id_) for id_ in people]
    if left:
        there.append(ThreadMember(member_id=left, left_at=now()))
    made = thread(author_id, kind=kind, access=Access.PEOPLE, participants=there)
    made.category = None
    return made


WHOSE = {"own": ACTOR, "another's": ANOTHER}


def threads(_actor) -> Subjects:
    """Everyone's own and another's, in every place."""
    for whose, author_id in WHOSE.items():
        for place, made in places(author_id):
            yield ", ".join(filter(None, (whose, place))), made
        yield f"{whose}, a question", thread(author_id, kind=Kind.QUESTION)
        hidden = thread(author_id, kind=Kind.QUESTION, state=State.HIDDEN)
        yield f"{whose}, a hidden question", hidden


def post(where: Thread, author_id: int, number: int, **values) -> Post:
    usual = {"state": State.VISIBLE, "removed_by_id": None, "created_at": now()}
    return Post(thread=where, author_id=author_id, number=number, **usual | values)


def posts(_actor) -> Subjects:
    """Replies in every state and place, and opening posts with and without an answer."""
    for whose, author_id in WHOSE.items():
        for place, where in places(ANOTHER):
            name = f"{whose} reply" + (f" in a thread {place}" if place else "")
            yield name, post(where, author_id, 2)
        open_thread = thread(ANOTHER)
        for state, by in (("hidden", 3), ("deleted", author_id), ("deleted", 3)):
            removed = post(open_thread, author_id, 2, state=State(state), removed_by_id=by)
            yield f"{whose} reply {state} by {'staff' if by == 3 else 'its author'}", removed
        for days in (2, 31):
            old = post(open_thread, author_id, 2, created_at=now() - timedelta(days=days))
            yield f"{whose} reply, {days} days old", old
        for answered, count in (("answered", 3), ("not answered", 1)):
            opened = thread(author_id, posts_count=count)
            yield f"{whose} opening post, {answered}", post(opened, author_id, 1)


def notices(_actor) -> Subjects:
    """Told to oneself, or to someone else."""
    for whose, member_id in WHOSE.items():
        yield whose, SimpleNamespace(member_id=member_id)


def notes(_actor) -> Subjects:
    """Written by oneself, or by someone else."""
    for whose, author_id in WHOSE.items():
        yield whose, SimpleNamespace(author_id=author_id)


def groups(_actor) -> Subjects:
    """The group an actor may be in or look after, and another, by how members come in."""
    for joining in Joining:
        yield joining.value, Group(id=GROUP, joining=joining, is_hidden=False)
    yield "closed and hidden", Group(id=GROUP, joining=Joining.CLOSED, is_hidden=True)
    yield "another", Group(id=GROUP + 1, joining=Joining.ON_REQUEST, is_hidden=False)


def polls(_actor) -> Subjects:
    """Everyone's own and another's, in every state and place of their thread."""
    for whose, author_id in WHOSE.items():
        for place, where in places(ANOTHER):
            if where.access is not Access.PEOPLE:
                name = f"{whose}" + (f", in a thread {place}" if place else "")
                yield name, SimpleNamespace(author_id=author_id, thread=where, is_secret=False)
        secret = SimpleNamespace(author_id=author_id, thread=thread(ANOTHER), is_secret=True)
        yield f"{whose}, secret", secret


def reports(_actor) -> Subjects:
    """About a message of oneself, by oneself, and between others."""
    for name, author_id, reporter_id in (
        ("about oneself", ACTOR, ANOTHER),
        ("by oneself", ANOTHER, ACTOR),
        ("between others", ANOTHER, 3),
    ):
        yield name, SimpleNamespace(author_id=author_id, reporter_id=reporter_id)


def answers(_actor) -> Subjects:
    """Replies to questions and to a discussion, by who asked and who answered."""
    for asked, asker_id in WHOSE.items():
        for whose, author_id in WHOSE.items():
            name = f"{whose} answer to {asked} question"
            question = thread(asker_id, kind=Kind.QUESTION)
            yield name, post(question, author_id, 2)
            yield f"{name}, hidden", post(question, author_id, 2, state=State.HIDDEN)
            gone = thread(asker_id, kind=Kind.QUESTION, state=State.HIDDEN)
            yield f"{name} that is hidden", post(gone, author_id, 2)
        yield f"{asked} question itself", post(thread(asker_id, kind=Kind.QUESTION), asker_id, 1)
        yield f"a reply to {asked} discussion", post(thread(asker_id), ANOTHER, 2)


def certifications(actor) -> Subjects:
    """Of each answer."""
    for name, made in answers(actor):
        yield name, SimpleNamespace(post=made, author_id=made.author_id)


SUBJECTS: dict[str, Callable[[object], Subjects]] = {
    "member": members,
    "category": categories,
    "thread": threads,
    "post": posts,
    "notification": notices,
    "bookmark": notices,
    "standing": notices,
    "group": groups,
    "note": notes,
    "poll": polls,
    "report": reports,
    "answer": answers,
    "certification": certifications,
}
"""What an action is done to, by the first word of its name; all others are done to nothing."""
OF_A_CATEGORY = {Can.START_THREAD}
OF_NOTHING = {Can.JOIN}


def subjects_of(action: Can) -> Callable[[object], Subjects]:
    if action in OF_NOTHING:
        return nothing
    if action in OF_A_CATEGORY:
        return categories
    return SUBJECTS.get(action.value.partition(":")[0], nothing)


def matrix() -> str:
    """The whole table: a block for each action, a line for each thing, a column for each actor."""
    people = actors()
    blocks = [TITLE]
    for action in Can:
        rows: dict[str, list[str]] = {}
        for actor in people.values():
            for name, subject in subjects_of(action)(actor):
                rows.setdefault(name, []).append(_answer(actor, action, name, subject))
        blocks.append(_block(action, list(people), rows))
    return "\n".join(blocks)


def _answer(actor, action: Can, name: str, subject) -> str:
    if name and subject is NOBODY:
        return ""
    return "yes" if policy.can(actor, action, subject) else "-"


def _block(action: Can, people: list[str], rows: dict[str, list[str]]) -> str:
    width = max(36, *(len(name) + 4 for name in rows))
    lines = [f"{action.value:{width}}" + "  ".join(people)]
    for name, cells in rows.items():
        padded = (f"{cell:{len(who)}}" for who, cell in zip(people, cells, strict=True))
        lines.append(f"{'  ' + name:{width}}" + "  ".join(padded).rstrip())
    return "\n".join(lines) + "\n"


@pytest.fixture(autouse=True)
def _rules():
    policy.install(RULES, explain)


def test_the_matrix_is_as_it_was_reviewed():
    """When it is not: look at each cell that changed, then write it again."""
    assert matrix() == GOLDEN.read_text()


def cell(action: Can, actor: str, subject: str) -> bool:
    people = actors()
    return policy.can(people[actor], action, dict(subjects_of(action)(people[actor]))[subject])


# What must hold whatever the table says: read one by one, these are the promises.


@pytest.mark.parametrize("action", [can for can in Can if can is not Can.JOIN])
def test_a_stranger_may_look_and_nothing_else(action):
    looks = action.value.endswith((":see", ":revisions", ":solved"))  # readers say if it helped
    for name, subject in subjects_of(action)(Anonymous()):
        assert looks or _answer(Anonymous(), action, name, subject) != "yes", name


@pytest.mark.parametrize("action", Can)
def test_whoever_is_suspended_may_do_no_more_than_a_stranger_or_about_oneself(action):
    about_oneself = {"member:account", "member:drafts", "member:erase", "member:points"}
    about_oneself |= {"group:leave", "thread:leave", "standing:listing"}
    about_oneself |= {"member:block", "post:report"}  # against whoever bothers them
    reading = (":see", ":revisions", ":follow", ":read", ":solved", ":bookmark")
    reading += ("bookmark:edit",)
    person = actors()["suspended"]
    for name, subject in subjects_of(action)(person):
        allowed = action.value.endswith(reading) or action.value in about_oneself
        assert allowed or not policy.can(person, action, subject), name


@pytest.mark.parametrize("action", Can)
def test_a_higher_role_of_the_staff_may_all_that_a_lower_one_may(action):
    people = actors()
    for lower, higher in (("moderator", "manager"), ("manager", "owner")):
        seen = dict(subjects_of(action)(people[higher]))
        for name, subject in subjects_of(action)(people[lower]):
            if policy.can(people[lower], action, subject):
                assert policy.can(people[higher], action, seen[name]), f"{name}: {higher}"


def test_nobody_sees_a_staff_category_but_staff():
    for name, actor in actors().items():
        staff = name in {"moderator", "manager", "owner"}
        assert policy.can(actor, Can.SEE_CATEGORY, category("staff")) is staff


@pytest.mark.parametrize(
    "action", [can for can in Can if can.value.startswith(("thread:", "post:"))]
)
def test_nobody_reaches_a_private_conversation_of_others(action):
    for name, actor in actors().items():
        for thing, subject in subjects_of(action)(actor):
            if ("in private" in thing and "not among" in thing) or "left" in thing:
                assert not policy.can(actor, action, subject), f"{name}: {thing}"


@pytest.mark.parametrize("action", Can)
def test_staff_without_the_second_factor_its_brand_asks_for_may_what_a_member_may(action):
    people = actors()
    plain = dict(subjects_of(action)(people["member"]))
    person = people["owner without second factor"]
    for name, subject in subjects_of(action)(person):
        if policy.can(person, action, subject):
            assert policy.can(people["member"], action, plain[name]), name


def test_nobody_votes_for_their_own_post():
    assert not any(cell(Can.VOTE_HELPFUL, who, "own reply") for who in actors())


def test_nobody_changes_their_own_role_or_suspends_themselves():
    for who in actors():
        assert not cell(Can.CHANGE_ROLE, who, "oneself")
        assert not cell(Can.SUSPEND_MEMBER, who, "oneself")


@pytest.mark.parametrize("action", Can)
def test_every_refusal_has_words(app, action):
    with app.test_request_context(base_url="http://lune.localhost"):
        for actor in actors().values():
            assert str(explain(actor, action)).endswith(".")


if __name__ == "__main__":
    policy.install(RULES, explain)
    GOLDEN.write_text(matrix())
    sys.stdout.write(f"{GOLDEN.relative_to(ROOT)} is written: look at what changed.\n")
