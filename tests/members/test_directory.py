"""Staff finds members by the beginning of a name, a user name or an address."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from community.kernel.db import db, now
from community.kernel.errors import Forbidden, Missing
from community.members import directory, privacy, roles
from community.members.directory import Standing, find
from community.members.models import Role
from tests.conftest import who
from tests.factories import person


def names(**filters) -> list[str]:
    return [member.username for member in find(who("mod"), **filters).members]


@pytest.fixture
def people(in_lune):
    db.session.add_all(
        [
            person(
                "zoe_b",
                name="Élodie Brunet",
                email="e.brunet@soap.example",
                email_key="e.brunet@soap.example",
            ),
            person("lodge", name="Max Élan"),
            person("new_one", name="Nina", confirmed_at=None),
        ]
    )
    db.session.commit()


@pytest.mark.parametrize("name", ["ada", "eve"])
def test_members_find_nobody_this_way(in_lune, name):
    with pytest.raises(Forbidden):
        find(who(name))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("zoe", ["zoe_b"]),
        ("@zoe_b", ["zoe_b"]),
        ("élod", ["zoe_b"]),
        ("ELODIE br", ["zoe_b"]),
        ("e.brunet@", ["zoe_b"]),
        ("lod", ["lodge"]),  # what begins so comes alone
        ("brunet", ["zoe_b"]),  # nothing begins so: names are read
        ("100%", []),
        ("_", []),
    ],
)
def test_the_beginning_of_any_of_the_three_leads_to_a_member(people, words, found):
    assert names(words=words) == found


def test_without_words_the_newest_come_first(people):
    first = person("older", created_at=now() - timedelta(days=400))
    db.session.add(first)
    db.session.commit()
    assert names()[-1] == "older"


def test_roles_and_states_narrow_the_list(people):
    roles.suspend(who("mod"), who("ben"), days=3, reason="Rude.")
    who("ada").created_at = now() - timedelta(days=30)
    privacy.forget(who("cleo"))
    db.session.flush()
    assert names(role=Role.OWNER) == ["oli"]
    assert names(standing=Standing.SUSPENDED) == ["ben"]
    assert names(standing=Standing.UNCONFIRMED) == ["new_one"]
    assert "ada" not in names(standing=Standing.NEW)
    [gone] = names(standing=Standing.ERASED)
    assert gone.startswith("former-")
    assert gone not in names()


def test_pages_follow_each_other_to_the_last(people, monkeypatch):
    monkeypatch.setattr(directory, "PER_PAGE", 4)
    seen, number = [], 1
    while True:
        page = find(who("mod"), page=number)
        seen += page.members
        if page.is_last:
            break
        number += 1
    assert len(seen) == len({member.id for member in seen}) == 10
    for number in (0, 99):
        with pytest.raises(Missing):
            find(who("mod"), page=number)


def test_the_beginning_is_looked_up_in_indexes(people):
    """Neither database reads the whole table for it, once there is one."""
    db.session.add_all(person(f"filler{n}", name=f"Filler {n}") for n in range(3000))
    db.session.commit()
    asked = []

    def note(_connection, _cursor, statement, parameters, *_rest):
        if "name_key >=" in statement:
            asked.append((statement, parameters))

    actor = who("mod")
    event.listen(db.engine, "before_cursor_execute", note)
    find(actor, words="zoe")
    event.remove(db.engine, "before_cursor_execute", note)
    [(statement, parameters)] = asked
    connection = db.session.connection()
    sign = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    plan = "\n".join(map(str, connection.exec_driver_sql(f"{sign} {statement}", parameters)))
    assert "ix_member_brand_id_member_name_key" in plan
    assert "username" in plan
    assert "email_key" in plan
