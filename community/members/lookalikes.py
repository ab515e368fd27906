"""When two names look the same to an eye.

After Unicode's confusables (UTS 39), reduced to the letters that are drawn like plain Latin
ones, and to how people write around a filter: digits for letters, letters set apart.
"""

import re
import unicodedata
from functools import lru_cache

# Letters of other scripts, and of Latin itself, that are drawn like plain Latin ones.
_DRAWN_LIKE = {
    "a": "аӑӓαɑꓮᗅ", "b": "вьβЬꓐᏴ", "c": "сϲçꓚᏟ", "d": "ԁđðꓓᎠ", "e": "еёєεəꓰᎬ", "f": "ғꓝ",
    "g": "ɡցꓖᏀ", "h": "нһհħꓧᎻ", "i": "іїιıɪꓲᎥ", "j": "јϳꓙᎫ", "k": "кκĸꓗᏦ", "l": "ӏłǀꓡᏞ",
    "m": "мμꓟᎷ", "n": "пηոꓠ", "o": "оοøσօөꓳ", "p": "рρþꓑᏢ", "q": "ԛգ", "r": "гᴦꓣᏒ",
    "s": "ѕꜱꓢᏚ", "t": "тτŧꓔᎢ", "u": "υսцꓴ", "v": "ѵνᴠꓦᏙ", "w": "ԝωшꓪᎳ", "x": "хχꓫ",
    "y": "уүγꓬᎩ", "z": "ᴢζꓜᏃ", "3": "зэ",
}  # fmt: skip
_LATIN = str.maketrans({c: latin for latin, alike in _DRAWN_LIKE.items() for c in alike})
# Greek capitals that look like other Latin letters than the small ones do.
_CAPITALS = str.maketrans("ΗΝΜΥ", "HNMY")
_ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l"})
_LEET = str.maketrans(
    {"3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s", "!": "i", "|": "l",
     "€": "e", "£": "l", "+": "t"}
)  # fmt: skip
_NAMED = re.compile(
    r"(?:LATIN (?:SMALL|CAPITAL) LETTER|LATIN LETTER SMALL CAPITAL"
    r"|NEGATIVE (?:CIRCLED|SQUARED) LATIN CAPITAL LETTER|REGIONAL INDICATOR SYMBOL LETTER)"
    r" ([A-Z])(?: WITH .*)?"
)
"""The names of letters that are a plain one with a stroke, a hook, a frame or another size."""
_CAMEL = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])")


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    if character.isascii():
        return character
    found = _NAMED.fullmatch(unicodedata.name(character, ""))
    return found[1].lower() if found else character


def _spelt(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.translate(_CAPITALS)).casefold()
    return "".join(map(_plain, decomposed.translate(_LATIN)))


def username_key(username: str) -> str:
    """The name with everything folded that an eye may take for something else."""
    kept = "".join(c for c in _spelt(username) if c.isalnum()).translate(_ALIKE)
    return kept.replace("rn", "m").replace("vv", "w")


def strong_key(name: str) -> str:
    """The same for names of the brand and its staff, which people write around: "5upp0rt"."""
    return username_key(name.translate(_LEET)).replace("cl", "d")


def once(key: str) -> str:
    """A key in which no letter is repeated: "supporrt" and "support" are one."""
    return re.sub(r"(.)\1+", r"\1", key)


def words_of(name: str) -> list[str]:
    """The strong keys of the words of a name, without digits at their ends.

    "SupportTeam" is two words, "S u p p o r t" is one, "admin2" is "admin".
    """
    decomposed = unicodedata.normalize("NFKD", _CAMEL.sub(" ", name))
    marks = "".join(_plain(c) for c in decomposed if not unicodedata.combining(c))
    parts = re.findall(r"[^\s\W_]+(?:[@$!|€£+]+[^\s\W_]+)*", marks)
    joined: list[str] = []
    apart = False  # whether the last word is made of letters set apart
    for part in parts:
        alone = len(part) == 1
        if alone and apart:
            joined[-1] += part
        else:
            joined.append(part)
        apart = alone
    return [strong_key(part.strip("0123456789") or part) for part in joined]


def are_near(one: str, other: str) -> bool:
    """Whether two keys are equal but for repeated letters or, when long, one letter."""
    if once(one) == once(other):
        return True
    if min(len(one), len(other)) < 6 or abs(len(one) - len(other)) > 1:
        return False
    return _differ_by_one(*sorted((one, other), key=len))


def _differ_by_one(shorter: str, longer: str) -> bool:
    at = next((n for n, c in enumerate(shorter) if c != longer[n]), len(shorter))
    if len(shorter) == len(longer):
        swapped = shorter[at : at + 2][::-1] == longer[at : at + 2]
        return shorter[at + 1 :] == longer[at + 1 :] or (
            swapped and shorter[at + 2 :] == longer[at + 2 :]
        )
    return shorter[at:] == longer[at + 1 :]
