"""What changed between two versions of a text, by words."""

import re
from difflib import SequenceMatcher

_WORDS = re.compile(r"\s+|[^\s\w]|\w+")
_MAX_WORDS = 6_000  # beyond this the comparison takes seconds


_AROUND = 160  # characters kept on each side of what stayed the same


def folded(pieces: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pieces with long stretches that stayed the same cut short, as ("fold", "")."""
    shown = []
    for index, (kind, text) in enumerate(pieces):
        if kind != "same" or len(text) <= 3 * _AROUND:
            shown.append((kind, text))
            continue
        if index > 0:
            shown.append(("same", text[:_AROUND]))
        shown.append(("fold", ""))
        if index < len(pieces) - 1:
            shown.append(("same", text[-_AROUND:]))
    return shown


def by_words(old: str, new: str) -> list[tuple[str, str]]:
    """Return the pieces of both texts in order, as ("same" | "gone" | "new", text).

    Texts too long to compare word by word are compared line by line.
    """
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    if max(len(before), len(after)) > _MAX_WORDS:
        before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    pieces = []
    for what, a1, a2, b1, b2 in SequenceMatcher(None, before, after, False).get_opcodes():
        if what == "equal":
            pieces.append(("same", "".join(before[a1:a2])))
            continue
        pieces += [("gone", "".join(before[a1:a2])), ("new", "".join(after[b1:b2]))]
    return [(kind, text) for kind, text in pieces if text]
