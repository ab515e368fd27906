"""The table is the whole answer: any clause, all of its predicates, and words for a refusal."""

from enum import StrEnum

import pytest

from community.kernel import policy
from community.kernel.errors import Forbidden

pytestmark = pytest.mark.once


class May(StrEnum):
    GO = "go"
    STAY = "stay"
    NOBODY = "nobody"
    EVERYBODY = "everybody"


def tall(actor, _subject):
    return actor["tall"]


def rich(actor, _subject):
    return actor["rich"]


def his(actor, subject):
    return subject == actor["name"]


@pytest.fixture(autouse=True)
def table(app):
    """The application's own table is put back by the next one that is created."""
    policy.install(
        {
            May.GO: [[tall, rich], [his]],
            May.STAY: [[rich]],
            May.NOBODY: [],
            May.EVERYBODY: [[]],
        },
        lambda actor, action, _subject: f"{actor['name']} may not {action}",
    )


def person(name="ada", *, tall=False, rich=False):
    return {"name": name, "tall": tall, "rich": rich}


def test_every_predicate_of_a_clause_must_hold():
    assert policy.can(person(tall=True, rich=True), May.GO)
    assert not policy.can(person(tall=True), May.GO)
    assert not policy.can(person(rich=True), May.GO)


def test_any_clause_is_enough():
    assert policy.can(person(), May.GO, "ada")
    assert not policy.can(person(), May.GO, "ben")


def test_an_action_without_a_clause_is_allowed_to_nobody():
    assert not policy.can(person(tall=True, rich=True), May.NOBODY, "ada")


def test_a_clause_without_a_predicate_allows_everybody():
    assert policy.can(person(), May.EVERYBODY)


def test_an_action_that_is_not_in_the_table_is_an_error_and_never_a_yes():
    policy.install({}, lambda actor, action, subject: "")
    with pytest.raises(KeyError):
        policy.can(person(), May.GO)
    with pytest.raises(KeyError):
        policy.require(person(), May.GO)


def test_a_refusal_is_worded_for_the_actor():
    policy.require(person(rich=True), May.STAY)
    with pytest.raises(Forbidden, match=r"^ada may not stay$"):
        policy.require(person(), May.STAY)
