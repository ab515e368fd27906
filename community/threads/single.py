"""What a thread can have one of, as a poll: where threads become one, one of them stays.

Features above threads say what they have through `wiring.ONE_PER_THREAD`.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Single:
    """One kind of thing. `on` says which of these threads have one; `move` takes it from one
    thread to another that has none.
    """

    name: str
    on: Callable[[Collection[int]], set[int]]
    move: Callable[[int, int], None]


_kinds: list[Single] = []


def install(kinds: Iterable[Single]) -> None:
    """Install what there is, once, at start-up."""
    _kinds[:] = kinds


def with_one(thread_ids: Collection[int]) -> dict[str, set[int]]:
    """For each kind of thing, the threads among these that have one; kinds none has left out."""
    found = {kind.name: kind.on(thread_ids) for kind in _kinds}
    return {name: ids for name, ids in found.items() if ids}


def move(name: str, from_id: int, into_id: int) -> None:
    """Take one to a thread that has none."""
    next(kind for kind in _kinds if kind.name == name).move(from_id, into_id)
