"""Characters: what is kept of what people type, and what an address can hold of it."""

import re
import unicodedata

# Letters that do not decompose into a Latin letter and an accent.
_LETTERS = str.maketrans({
    "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe", "ß": "ss", "ẞ": "SS", "Ø": "O", "ø": "o",
    "Đ": "D", "đ": "d", "Ð": "D", "ð": "d", "Þ": "Th", "þ": "th", "Ł": "L", "ł": "l",
    "\u0131": "i", "Ħ": "H", "ħ": "h", "Ŋ": "N", "ŋ": "n", "Ŧ": "T", "ŧ": "t", "ĸ": "k",
    "€": " euro ", "&": " ", "½": " 1-2 ", "¼": " 1-4 ", "¾": " 3-4 ", "\u2019": "-",
})  # fmt: skip

_FLAG = "\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f"
# Joiners belong to emoji and to several scripts, between two characters that are not ASCII.
_JOINER = "(?<=[^\x00-\x7f\u200c\u200d])[\u200c\u200d](?=[^\x00-\x7f\u200c\u200d])"
_UNSEEN = (
    "[\xad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_KEEP_OR_DROP = re.compile(f"({_FLAG}|{_JOINER})|{_UNSEEN}|[\U000e0000-\U000e007f]")
# Line separators, and letters that draw nothing, are spaces in a name.
_BLANK = re.compile("[\\s\x1c-\x1f\x85\u2028\u2029\u115f\u1160\u2800\u3164\uffa0]+")
_UNSEEN_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def clean_line(value: str) -> str:
    """Return a name or title in one visible line: NFC, single spaces, nothing unseen.

    Bidirectional overrides, zero-width characters and tags go, because they make two names look
    alike; joiners stay inside emoji and the scripts that need them. Ordinary runs of spaces,
    thin and no-break ones included, become one: a single no-break space keeps its kind.
    """
    value = _LONE_SURROGATE.sub("\ufffd", unicodedata.normalize("NFC", value))
    value = _KEEP_OR_DROP.sub(lambda found: found[1] or "", value)
    value = _UNSEEN_CONTROL.sub("", value)
    return _BLANK.sub(lambda found: _space(found[0]), value).strip()


def _space(run: str) -> str:
    return run if run in ("\xa0", "\u202f") else " "


def clean_body(value: str) -> str:
    """Return a text in NFC, with `\\n` for every line end and no control but tab and `\\n`."""
    value = _LONE_SURROGATE.sub("\ufffd", unicodedata.normalize("NFC", value))
    value = value.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
    return _CONTROL.sub("", value.replace("\u2029", "\n\n"))


def unaccented(value: str) -> str:
    """Return a line as it is sorted: small letters, accents left out, ligatures spelt out."""
    spelt = unicodedata.normalize("NFKD", value.translate(_LETTERS))
    return "".join(c for c in spelt if not unicodedata.combining(c)).casefold()


def slugify(title: str, *, fallback: str = "thread") -> str:
    """Return at most 60 of `[a-z0-9-]`, accents and ligatures spelt out, cut at a word."""
    spelt = unicodedata.normalize("NFKD", title.translate(_LETTERS))
    ascii_only = "".join(c for c in spelt if c.isascii()).lower()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")
    if len(slug) > 60:
        shorter = slug[:61].rpartition("-")[0]
        slug = shorter or slug[:60]
    return slug or fallback


def cut(text: str, length: int) -> str:
    """Return at most `length` characters, ending at a word with an ellipsis when shortened."""
    if len(text) <= length:
        return text
    end = length - 1
    space = text.rfind(" ", 0, end + 1)
    # A word longer than half the room is cut itself; so is a script without spaces.
    if space >= length // 2:
        end = space
    else:
        while end > 1 and _belongs_to_what_precedes(text[end]):
            end -= 1
    return text[:end].rstrip(" ,;:.-\u2013\u2014") + "…"


def _belongs_to_what_precedes(character: str) -> bool:
    joined = character in "\u200d\ufe0f" or "\U0001f3fb" <= character <= "\U0001f3ff"
    return joined or unicodedata.combining(character) > 0
