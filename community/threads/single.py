"""What a thread can have one of, as a poll: where threads become one, one of them stays.

Features above threads say what they have through `wiring.ONE_PER_THREAD`.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Single:
    """One kind of thing. `on` gives the id of what each of these threads has, by the thread;
    `move` takes a thing to a thread, unless one of both is gone or the thread has another.
    """

    name: str
    on: Callable[[Collection[int]], Mapping[int, int]]
    move: Callable[[int, int], None]


_kinds: list[Single] = []


def install(kinds: Iterable[Single]) -> None:
    """Install what there is, once, at start-up."""
    _kinds[:] = kinds


def on(thread_ids: Collection[int]) -> dict[str, Mapping[int, int]]:
    """For each kind of thing, the ids of what these threads have; kinds none has left out."""
    found = {kind.name: kind.on(thread_ids) for kind in _kinds}
    return {name: things for name, things in found.items() if things}


def move(name: str, thing_id: int, thread_id: int) -> None:
    """Take a thing to a thread that has none of its kind."""
    next(kind for kind in _kinds if kind.name == name).move(thing_id, thread_id)
