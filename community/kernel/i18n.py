"""Languages: one catalogue each, read as it is written.

A catalogue is `community/translations/<language>/LC_MESSAGES/messages.po`. It is
compiled in memory at the first use, so there is no built file to forget.
"""

import io
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask
from flask_babel import Babel, Domain, force_locale, get_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

__all__ = [
    "LOCALES",
    "Locale",
    "_",
    "_l",
    "force_locale",
    "get_locale",
    "init_app",
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
        return catalogue_of(get_locale())


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


@cache
def catalogue_of(locale: Locale | None) -> NullTranslations:
    """The messages for a locale; the source texts when there is none."""
    return catalogue(str(locale or SOURCE))


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
