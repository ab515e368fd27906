"""Languages: one catalogue each, read as it is written.

A catalogue is `community/translations/<language>/LC_MESSAGES/messages.po`. It is
compiled in memory at the first use, so there is no built file to forget.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import flask_babel
from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, g
from flask_babel import Babel, Domain, force_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

__all__ = [
    "LOCALES",
    "Locale",
    "_",
    "_l",
    "force_locale",
    "get_locale",
    "get_timezone",
    "init_app",
    "language",
    "local",
    "ngettext",
    "zone",
]

CATALOGUES = Path(__file__).parent.parent / "translations"
SOURCE = "en"
LOCALES = (SOURCE, *sorted(p.parent.parent.name for p in CATALOGUES.glob("*/LC_MESSAGES/*.po")))
"""Language tags a person or a brand may choose."""


class _Catalogues(Domain):
    def get_translations(self):
        return language().translations


@cache
def catalogue(language: str) -> NullTranslations:
    """The messages of one language; of English, the source texts themselves."""
    path = CATALOGUES / language / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return Translations(compiled)


@dataclass(frozen=True, eq=False)
class Language:
    """A language as pages need it. There is one object for each, so that it is a quick key."""

    locale: Locale
    translations: NullTranslations
    of_formats: Locale  # English dates are British, as the texts are; plain "en" is American


@cache
def _language(tag: str) -> Language:
    of_formats = Locale.parse("en_GB" if tag == SOURCE else tag)
    return Language(Locale.parse(tag), catalogue(tag), of_formats)


def language() -> Language:
    """The language of the request at hand; of the source texts outside any.

    A page asks a few hundred times. What it is told is kept beside what Flask-Babel keeps,
    as long as that has not been made to speak another language.
    """
    locale = get_locale()
    if locale is None:
        return _language(SOURCE)
    kept = g._get_current_object()._flask_babel
    if getattr(kept, "language_of", None) is not locale:
        kept.language_of, kept.language = locale, _language(str(locale))
    return kept.language


def get_locale() -> Locale | None:
    """Flask-Babel's answer, without the way to it when it has been given already."""
    try:
        known = g._get_current_object()._flask_babel.babel_locale
    except (AttributeError, RuntimeError):
        known = None
    return known or flask_babel.get_locale()


def get_timezone() -> tzinfo:
    """The time zone of whoever reads, in the same way."""
    try:
        known = g._get_current_object()._flask_babel.babel_tzinfo
    except (AttributeError, RuntimeError):
        known = None
    return known or flask_babel.get_timezone()


def init_app(app: Flask, *, locale: Callable[[], str | None], zone_name: Callable[[], str | None]):
    """Install the catalogues; `locale` and `zone_name` choose for the request at hand."""
    babel = Babel()
    babel.init_app(app, locale_selector=locale, timezone_selector=zone_name)
    babel.domain_instance = _Catalogues()


def zone(*names: str | None) -> ZoneInfo:
    """The first of the named zones that exists; UTC when none does."""
    for name in names:
        if name and name in _zones():
            return ZoneInfo(name)
    return ZoneInfo("UTC")


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def local(moment: datetime, name: str | None) -> datetime:
    """The same moment on the clock of a zone."""
    return moment.astimezone(zone(name))
