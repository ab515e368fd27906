"""What changed between two versions of a text, by words."""

import re
from difflib import SequenceMatcher

_WORDS = re.compile(r"\s+|[^\s\w]|\w+")
_MAX_WORDS = 6_000  # beyond this the comparison takes seconds


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
