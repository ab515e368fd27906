"""What templates say and draw a hundred times a page: texts, icons, addresses.

Each is what Jinja, Babel and Flask give, made once for the same request and then remembered.
Nothing that people write comes in here unescaped.
"""

from functools import cache, lru_cache

from babel import Locale
from babel.support import NullTranslations
from flask import Flask
from markupsafe import Markup

from community.kernel.i18n import catalogue_of, get_locale


def init_app(app: Flask) -> None:
    """Give templates `_`, `gettext`, `ngettext`, `icon_markup` and a quick `url_for`."""
    assets = app.extensions["assets"]

    def icon(name: str, css: str = "") -> Markup:
        """A drawing of `img/icons.svg`; decorative always, words stand beside it."""
        return _icon(assets.url("img/icons.svg"), name, css)

    app.jinja_env.globals |= {
        "_": _show,
        "gettext": _show,
        "ngettext": _show_plural,
        "icon_markup": icon,
        "url_for": _addresses(app),
    }


class _Phrases(dict):
    """The texts of one language as templates show them, each looked up once."""

    def __init__(self, translations: NullTranslations):
        super().__init__()
        self._translations = translations

    def __missing__(self, message: str) -> Markup:
        self[message] = Markup(self._translations.ugettext(message))
        return self[message]


@cache
def _phrases(locale: Locale | None) -> _Phrases:
    return _Phrases(catalogue_of(locale))


def _show(message: str, /, **values) -> Markup:
    """A text of the catalogue, its values escaped."""
    return _phrases(get_locale())[message] % values


def _show_plural(singular: str, plural: str, num: int, /, **values) -> Markup:
    found = catalogue_of(get_locale()).ungettext(singular, plural, num)
    return Markup(found) % ({"num": num} | values)


@lru_cache(maxsize=1_024)
def _icon(sheet: str, name: str, css: str) -> Markup:
    drawing = Markup('<svg class="{}" aria-hidden="true"><use href="{}#{}"></use></svg>')
    return drawing.format(f"i {css}".strip(), sheet, name)


def _addresses(app: Flask):
    """Flask's `url_for`, remembered where the address depends on what is given alone."""

    @lru_cache(maxsize=16_384)
    def remembered(endpoint: str, values: tuple, _kinds: tuple) -> str:
        return app.url_for(endpoint, **dict(values))

    def url_for(endpoint: str, **values) -> str:
        if endpoint[0] == "." or "_external" in values:
            return app.url_for(endpoint, **values)
        given = tuple(values.items())
        try:
            # 1 and True are one key and two addresses.
            return remembered(endpoint, given, tuple(map(type, values.values())))
        except TypeError:  # a list, which cannot be a key
            return app.url_for(endpoint, **values)

    return url_for
