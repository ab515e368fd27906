"""May this actor do this? Evaluates the table in `community.permissions`."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from community.kernel.errors import Forbidden

Predicate = Callable[[object, object], bool]
Rules = Mapping[StrEnum, Sequence[Sequence[Predicate]]]

_rules: dict[StrEnum, Sequence[Sequence[Predicate]]] = {}
_explain: list[Callable[[object, StrEnum, object], str]] = []


def install(rules: Rules, explain: Callable[[object, StrEnum, object], str]) -> None:
    """Install the whole table, once, at start-up; `explain` words a refusal."""
    _rules.clear()
    _rules.update(rules)
    _explain[:] = [explain]


def can(actor, action: StrEnum, subject=None) -> bool:
    """True when every predicate of any one clause holds."""
    for clause in _rules[action]:  # plain loops: pages ask this a hundred times
        for predicate in clause:
            if not predicate(actor, subject):
                break
        else:
            return True
    return False


def require(actor, action: StrEnum, subject=None) -> None:
    """Raise Forbidden, in words for the actor, unless the table allows it."""
    if not can(actor, action, subject):
        raise Forbidden(_explain[0](actor, action, subject))
