"""Names that would pass for the brand, its staff, or the mark we draw beside staff.

What is refused to a plain member, in French and English and however it is drawn:

- a name made of the brand's name, words of office and nothing else: "Lune", "Équipe Lune";
- a title of office anywhere: "Julie, modératrice", "admin.julie";
- the brand's name together with a word of its house: "Julie Support Maison Lune";
- a word of office set apart like a badge: "Julie (Team)", "Ben | Staff";
- the name of somebody of the staff;
- a sign that looks like our seal: ticks, shields, crowns, rosettes, trade marks.

The brand's name with other words stays free, because people are called so and fond of it:
"Claire de Lune", "Lune Martin", "Fan de Maison Lune".
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from sqlalchemy import select

from community.brands.queries import the_brand
from community.kernel.db import db
from community.members.lookalikes import are_near, once, strong_key, words_of
from community.members.models import STAFF, Member


def _words(line: str) -> tuple[str, ...]:
    return tuple(line.split())


TITLES = _words(
    "admin admins administrator administrators administrateur administratrice administrateurs "
    "mod mods modo modos moderateur moderateurs moderatrice moderator moderators official "
    "officials officiel officiels officielle staff sysadmin webmaster"
)
"""Refused wherever they stand in a name."""
OFFICE = TITLES + _words(
    "administration community communaute equipe helpdesk management manager moderation owner "
    "owners responsable service services serviceclient support system systeme team"
)
"""Refused alone, beside the brand's name, and set apart."""
HOUSE = OFFICE + _words(
    "ambassadeur ambassador ambassadrice assistance aide care ceo certifie certifiee certified "
    "cofounder conseil conseiller conseillere customercare directeur director directrice "
    "employe employee expert experte experts fondateur fondatrice founder gerant gerante "
    "hotline pdg presse press representant representante representative sav spokesperson "
    "verifie verifiee verified"
)
"""Refused beside the brand's name."""
BADGES = OFFICE + _words("expert experte verifie verifiee verified certifie certifiee certified")
"""Refused set apart, as in brackets."""
CONNECTORS = _words("the of by from and at le la les l de du des d et chez par")

_APART = re.compile(r"[()\[\]{}<>|•·●▪/:~*«»\"“”]|\s[-–—_.]+\s|,\s")
"""What sets a part of a name off like a badge. A hyphen inside a name does not."""
_SEALS = frozenset("✓✔☑✅🗸⍻√🛡⛨🔰👮👑♔♕♚♛⚜🏅🎖🏵💮✪✫✯❂⍟®™©℠🆗🔱")
_LONG = 4  # letters of a brand's name that is looked for inside other words


class _Watch:
    """What is looked for in names of one brand."""

    def __init__(self, slug: str, name: str):
        self.brand = {key for key in map(strong_key, _callings(slug, name)) if len(key) > 2}
        between = _any_of(CONNECTORS)
        office = _any_of((*OFFICE, *_callings(slug, name)), least=3)
        self.made_of_office = re.compile(f"{between}*(?:{office}{between}*)+")
        self.longest = len(name.split()) + 1
        long = "|".join(re.escape(once(key)) for key in self.brand if len(key) >= _LONG) or "(?!)"
        house, short = _any_of([w for w in HOUSE if len(w) >= _LONG]), _any_of(HOUSE)
        self.beside = re.compile(f"(?:{long}){between}*{house}|{house}{between}*(?:{long})")
        self.just_beside = re.compile(f"(?:{long}){between}*{short}|{short}{between}*(?:{long})")

    def is_brand(self, words: list[str]) -> bool:
        """Whether words that stand together say the brand's name."""
        for length in range(1, self.longest + 1):
            for at in range(len(words) - length + 1):
                run = "".join(words[at : at + length])
                if any(are_near(run, key) for key in self.brand):
                    return True
        return False


def _callings(slug: str, name: str) -> set[str]:
    """What the brand is called: its name with and without an article, and its short name."""
    bare = re.sub(r"^(?:the|les|le|la|l['’])\s*", "", name, flags=re.IGNORECASE)
    return {slug, name, bare}


def _any_of(words, *, least: int = 1) -> str:
    keys = {once(strong_key(word)) for word in words if len(strong_key(word)) >= least}
    return f"(?:{'|'.join(re.escape(key) for key in sorted(keys))})"


@lru_cache(maxsize=64)
def _watch(slug: str, name: str) -> _Watch:
    return _Watch(slug, name)


@lru_cache(maxsize=8)
def _keys(words: tuple[str, ...]) -> frozenset[str]:
    """Keys of words; of all but the shortest also with no letter repeated."""
    keys = {strong_key(word) for word in words}
    return frozenset(keys | {once(key) for key in keys if len(key) > _LONG})


def passes_for_staff(name: str) -> bool:
    """Whether a name would pass for the brand in scope or for its staff."""
    brand = the_brand()
    return _passes(name, _watch(brand.slug, brand.name))


def _passes(name: str, watch: _Watch) -> bool:
    squeezed, bare = once(strong_key(name)), once(strong_key(name.strip("0123456789._- ")))
    for whole in (watch.made_of_office, watch.just_beside):
        if whole.fullmatch(squeezed) or whole.fullmatch(bare):
            return True
    words = words_of(name)
    if any(_is_of(TITLES, word) for word in words) or watch.beside.search(squeezed):
        return True
    if watch.is_brand(words) and any(_is_nearly_of(HOUSE, word) for word in words):
        return True
    return any(_is_badge(part) for part in _parts(name))


def _is_of(vocabulary: tuple[str, ...], word: str) -> bool:
    return word in _keys(vocabulary) or (len(word) > _LONG and once(word) in _keys(vocabulary))


def _is_nearly_of(vocabulary: tuple[str, ...], word: str) -> bool:
    return _is_of(vocabulary, word) or any(are_near(word, key) for key in _keys(vocabulary))


def _parts(name: str) -> list[str]:
    """The parts of a name that are set apart; none when it is in one piece."""
    parts = [part for part in _APART.split(name) if any(c.isalnum() for c in part)]
    return parts if len(parts) > 1 or _APART.search(name.strip()) else []


def _is_badge(part: str) -> bool:
    words = words_of(part)
    office = [word for word in words if _is_of(BADGES, word)]
    return bool(office) and all(_is_of(BADGES + CONNECTORS, word) for word in words)


def seal_in(name: str) -> str | None:
    """The first sign in a name that looks like our mark of staff; None when there is none."""
    return next((character for character in name if character in _SEALS), None)


def is_name_of_staff(name: str) -> bool:
    """Whether somebody of the staff is called exactly so, however it is drawn."""
    theirs = select(Member.given_name).where(
        Member.role.in_(STAFF), Member.erased_at.is_(None), Member.confirmed_at.is_not(None)
    )
    key = strong_key(name)
    return bool(key) and any(strong_key(given) == key for given in db.session.scalars(theirs))


# -- After the brand or its staff changed ----------------------------------


def deceivers(*, limit: int = 50) -> list[Member]:
    """Plain members whose name would be refused today, the most active first.

    For staff to look at after the brand took another name, somebody joined the staff, or
    members were imported. Every name is looked at: a second for about 20,000 members.
    """
    found = list(_deceiving_ids())
    theirs = select(Member).where(Member.id.in_(found[:10_000]))
    return list(
        db.session.scalars(theirs.order_by(Member.posts_count.desc(), Member.id).limit(limit))
    )


def _deceiving_ids() -> Iterator[int]:
    brand = the_brand()
    watch = _watch(brand.slug, brand.name)
    named = select(Member.id, Member.given_name, Member.username, Member.role).where(
        Member.erased_at.is_(None)
    )
    rows = db.session.execute(named).all()
    staff = {strong_key(row.given_name) for row in rows if row.role in STAFF}
    for row in rows:
        if row.role in STAFF:
            continue
        if (
            seal_in(row.given_name)
            or strong_key(row.given_name) in staff
            or _passes(row.given_name, watch)
            or _passes(row.username, watch)
        ):
            yield row.id
