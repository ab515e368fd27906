"""What templates say and draw a hundred times a page: texts, icons, addresses.

Each is what Jinja, Babel and Flask give, made once for the same request and then remembered.
Nothing that people write comes in here unescaped.
"""

from datetime import datetime
from functools import cache, lru_cache

from flask import Flask

from community.kernel import formats
from community.kernel.i18n import Language, language
from community.kernel.text import ours


def init_app(app: Flask) -> None:
    """Give templates texts, icons, moments and a quick `url_for`."""
    assets = app.extensions["assets"]

    def icon(name: str, css: str = "") -> str:
        """A drawing of `img/icons.svg`; decorative always, words stand beside it."""
        return _icon(assets.url("img/icons.svg"), name, css)

    app.jinja_env.globals |= {
        "_": _show,
        "gettext": _show,
        "ngettext": _show_plural,
        "icon_markup": icon,
        "ago_markup": _ago,
        "day_markup": _day,
        "url_for": _addresses(app),
    }


class _Phrases(dict):
    """The texts of one language as templates show them, each looked up once."""

    def __init__(self, spoken: Language):
        super().__init__()
        self._translations = spoken.translations

    def __missing__(self, message: str) -> str:
        self[message] = ours(self._translations.ugettext(message))
        return self[message]


class _Sentences(_Phrases):
    """Those without values, ready to show: what stands for a per cent sign is one."""

    def __missing__(self, message: str) -> str:
        self[message] = super().__missing__(message) % {}
        return self[message]


_phrases, _sentences = cache(_Phrases), cache(_Sentences)


def _show(message: str, /, **values) -> str:
    """A text of the catalogue, its values escaped."""
    if values:
        return _phrases(language())[message] % values
    return _sentences(language())[message]


def _show_plural(singular: str, plural: str, num: int, /, **values) -> str:
    found = language().translations.ungettext(singular, plural, num)
    return ours(found) % ({"num": num} | values)


def _ago(moment: datetime, css: str = "") -> str:
    """ "3 hours ago"; script keeps it true while the page stays open."""
    return _time(moment, formats.ago(moment), formats.full(moment), css, " data-ago")


def _day(moment: datetime, css: str = "") -> str:
    """ "4 March 2026"."""
    return _time(moment, formats.date(moment), formats.full(moment), css, "")


@lru_cache(maxsize=8_192)
def _time(moment: datetime, words: str, title: str, css: str, mark: str) -> str:
    """Always with the machine's form, and the full date in the title."""
    start = ours('<time datetime="{}" title="{}"').format(moment.isoformat(), title)
    kind = ours(' class="{}"').format(css) if css else ""
    return start + ours(mark) + kind + ours(">{}</time>").format(words)


@lru_cache(maxsize=1_024)
def _icon(sheet: str, name: str, css: str) -> str:
    drawing = ours('<svg class="{}" aria-hidden="true"><use href="{}#{}"></use></svg>')
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
