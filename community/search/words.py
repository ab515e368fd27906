"""What a text is made of when it is looked for: folded words, their stems, and language.

Both engines index what these functions say and ask for what they say, so they find the same.
A word is folded before it is stemmed: whoever types "creme" and whoever wrote "crème" meet.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from threading import local

import snowballstemmer

from community.kernel.unicode import unaccented
from community.search.vocabulary import (
    ENGLISH,
    ENGLISH_TAILS,
    FRENCH,
    FRENCH_HEADS,
    OF_BOTH,
    SAME_WORD,
)

LONGEST_WORD = 40
"""Characters of a word that are looked at; the rest of a longer one counts for nothing."""
MOST_WORDS = 12
"""Words of a question that are asked for; a pasted text needs no more to be found."""
LANGUAGES = {"en": "english", "fr": "french"}
_SPACELESS = (  # kana, Han, Thai and Lao, Burmese, Khmer
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
)
_MARKS = "".join(chr(n) for n in range(0x300, 0x1DFF) if unicodedata.category(chr(n))[0] == "M")
_LETTER = f"[^\\W_]|[{_MARKS}]"
_WORD = re.compile(f"(?:{_LETTER})+(?:['\u2019\u02bc](?:{_LETTER})+)*")
_APOSTROPHE = re.compile("['\u2019\u02bc]")
_RUN = re.compile(f"[{_SPACELESS}]+|[^{_SPACELESS}]+")
_IS_SPACELESS = re.compile(f"[{_SPACELESS}]")

_own = local()


def spans(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, folded word) of a text in order; one place may give several words."""
    for found in _WORD.finditer(text):
        for word in folded(found[0]):
            yield found.start(), found.end(), word


def words(text: str) -> list[str]:
    """Return the folded words of a text, in order."""
    return [word for _start, _end, word in spans(unicodedata.normalize("NFKC", text))]


@lru_cache(maxsize=50_000)
def folded(token: str) -> tuple[str, ...]:
    """Return what counts of one written word: no accents, no capitals, nothing elided.

    `l'été` gives `ete`, `it's` gives `it`, `aujourd'hui` stays one word. Scripts that leave no
    space between words give each pair of their characters.
    """
    parts = _APOSTROPHE.split(token)
    if len(parts) > 1 and unaccented(parts[0]) in FRENCH_HEADS:
        parts = parts[1:]
    if len(parts) > 1 and unaccented(parts[-1]) in ENGLISH_TAILS:
        parts = parts[:-1]
    plain = unicodedata.normalize("NFC", unaccented("".join(parts)))
    plain = "".join(c for c in plain if c.isalnum() or unicodedata.category(c)[0] == "M")
    if not _IS_SPACELESS.search(plain):
        return (plain[:LONGEST_WORD],) if plain else ()
    found: list[str] = []
    for run in _RUN.findall(plain):
        paired = _IS_SPACELESS.match(run) and len(run) > 1
        found += [run[n : n + 2] for n in range(len(run) - 1)] if paired else [run[:LONGEST_WORD]]
    return tuple(found)


# -- Stems -----------------------------------------------------------------


@lru_cache(maxsize=100_000)
def stem(word: str, language: str) -> str:
    """Return what the forms of a folded word have in common in a language ("en", "fr").

    Stems of the two languages are told apart by a mark, so that the French stem of "news"
    does not meet the English word "new".
    """
    word = SAME_WORD.get(word, word)
    if language == "fr":
        # Folding took the accent of é from its endings, which the stemmer knows by it.
        word = re.sub("(?<=[a-z]{2}[^aeiou])ee?s?$", "e", word)
        return "~" + re.sub("(?<=[aeo]u)x$", "", _stemmer("fr").stemWord(word))  # cheveu(x)
    return _stemmer("en").stemWord(word)


def _stemmer(language: str):
    """A stemmer of this thread: one keeps the word it works on."""
    if not hasattr(_own, language):
        setattr(_own, language, snowballstemmer.stemmer(LANGUAGES[language]))
    return getattr(_own, language)


def stems(word: str) -> tuple[str, ...]:
    """Return the stems of a folded word in every language: what a question asks for."""
    return tuple(stem(word, language) for language in LANGUAGES)


def language_of(found: list[str], default: str) -> str:
    """Return which language folded words are in, by their small words; `default` if unclear."""
    english = sum(word in ENGLISH for word in found)
    french = sum(word in FRENCH for word in found)
    if max(english, french) < 2 or min(english, french) * 2 > max(english, french):
        return default if default in LANGUAGES else "en"
    return "en" if english > french else "fr"


# -- Questions -------------------------------------------------------------


def asked(text: str, language: str) -> list[str]:
    """Return the folded words of a question that are worth asking for, each once, in order.

    Small words are left out, those of `language` too, unless there are no others.
    """
    found = list(dict.fromkeys(words(text)))
    small = OF_BOTH | (FRENCH if language == "fr" else ENGLISH)
    telling = [word for word in found if word not in small]
    return (telling or found)[:MOST_WORDS]


def is_small(word: str) -> bool:
    """Whether a folded word says nothing by itself in either language."""
    return word in OF_BOTH


def marked(text: str, wanted: frozenset[str]) -> list[tuple[str, bool]]:
    """Return a text in pieces (piece, is it a hit): words with one of the wanted stems are hits."""
    pieces: list[tuple[str, bool]] = []
    seen = 0
    for start, end, word in spans(text):
        if start < seen or wanted.isdisjoint(stems(word)):
            continue
        if text[seen:start]:
            pieces.append((text[seen:start], False))
        pieces.append((text[start:end], True))
        seen = end
    if text[seen:]:
        pieces.append((text[seen:], False))
    return pieces


def passage(text: str, wanted: frozenset[str], length: int) -> str:
    """Return about `length` characters of a text around where most of the wanted stems are."""
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    hits = [
        (start, found)
        for start, _end, word in spans(text)
        if (found := wanted.intersection(stems(word)))
    ]
    best, most = 0, 0
    for index, (start, _stems) in enumerate(hits):
        near = [found for at, found in hits[index:] if at < start + length - 40]
        if len(frozenset().union(*near)) > most:
            best, most = start, len(frozenset().union(*near))
    if best < length - 60:
        return _cut_end(text, 0, length)
    return "…" + _cut_end(text, text.rfind(" ", 0, max(best - 50, 0)) + 1, length)


def _cut_end(text: str, start: int, length: int) -> str:
    piece = text[start : start + length]
    if start + length >= len(text):
        return piece
    shorter = piece.rpartition(" ")[0]
    return (shorter or piece).rstrip(" ,;:.-") + "…"
