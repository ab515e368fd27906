"""The picture other sites show with a link: drawn from words and a brand's theme.

1200 × 630 pixels, the size every site that shows such pictures crops the least. Words are set in
the fonts the pages use. A letter that none of them has is left out; a text that would lose half
of its letters is not drawn at all, and the brand's name stands where a title would.
"""

import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from PIL import Image, ImageDraw, ImageFont, ImageOps

from community.brands.colour import FONTS, brand_solid, checked

WIDTH, HEIGHT = 1200, 630
DRAWING = "1"
"""The version of this drawing: another one gives every card another address."""

_EDGE = 72
_TILE = 72
_PICTURE = (756, 48, 1152, 582)  # left, top, right, bottom
_TITLE_TOP, _TITLE_BOTTOM, _ABOVE_TWO_LINES = 184, 496, 466
_SIZES = (84, 76, 68, 60, 52, 46)
_LEADING = 1.14
_SMALL = 30
_STANDS_IN = {"System": "Figtree", "Georgia": "Newsreader"}  # families without a file of ours
_MISSING = "\uffff"  # no font has it: what is drawn for it is drawn for whatever is missing
_BOUND = "\xa0"
_BOUND_SPACE = re.compile("[ \t]*[\xa0\u202f][\xa0\u202f \t]*")  # where no line ends: « so »
_FREE_SPACE = re.compile(rf"[^\S{_BOUND}]+")
_TITLE_MAX = 400  # characters looked at; far more than there is room for

Font = ImageFont.FreeTypeFont
Read = Callable[[str], bytes]


@dataclass(frozen=True)
class Card:
    """What a card says. `theme` holds pairs of theme inputs, `picture` WebP bytes or nothing.

    `below` are texts that stand in one line, `aside` one at its end; without it there may be two.
    """

    brand: str
    theme: tuple[tuple[str, object], ...]
    title: str
    below: tuple[str, ...] = ()
    aside: str = ""
    picture: bytes = b""


def draw(card: Card, read: Read) -> bytes:
    """Return the card as PNG; `read` gives the bytes of a font by its asset name."""
    theme = checked(dict(card.theme))
    fill, ink = brand_solid(theme["brand"])
    image = Image.new("RGB", (WIDTH, HEIGHT), fill)
    pen = Pen(ImageDraw.Draw(image), theme, read, ink)
    right = WIDTH - _EDGE
    if card.picture:
        _hang(image, card.picture, round(theme["radius"] * 32))
        right = _PICTURE[0] - 48
    _sign(pen, card.brand, fill, right)
    _set_title(pen, card, right)
    _set_below(pen, card, right)
    file = io.BytesIO()
    if card.picture:  # a photograph of every colour would weigh half a megabyte
        image = image.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.FLOYDSTEINBERG)
    image.save(file, "PNG")
    return file.getvalue()


def _sign(pen: "Pen", name: str, fill: str, right: int) -> None:
    """The brand's initial on a tile, and its name."""
    radius = round(pen.theme["radius"] * _TILE / 5.3)  # as on the icon of the tab
    box = (_EDGE, _EDGE, _EDGE + _TILE, _EDGE + _TILE)
    pen.canvas.rounded_rectangle(box, radius, fill=pen.ink)
    initial = next((sign for sign in name if sign.isalnum()), "").upper()[:1]
    width = pen.width(initial, "head", 44)
    pen.write((_EDGE + (_TILE - width) / 2, _EDGE + 52), initial, "head", 44, fill)
    start = _EDGE + _TILE + 24
    pen.write((start, _EDGE + 48), pen.cut(name, "head", 36, right - start), "head", 36)


def _set_title(pen: "Pen", card: Card, right: int) -> None:
    """As large as it fits; the smallest size is cut."""
    words = (pen.readable(card.title[:_TITLE_MAX]) or pen.readable(card.brand)).split(" ")
    height = (_TITLE_BOTTOM if card.aside else _ABOVE_TWO_LINES) - _TITLE_TOP
    for size in _SIZES:
        line = size * _LEADING
        most = int(height // line)
        lines, is_whole = pen.wrapped(words, "head", size, right - _EDGE, most)
        if is_whole:
            break
    top = _TITLE_TOP + (height - line * len(lines)) / 2
    for place, text in enumerate(lines):
        pen.write((_EDGE, top + line * place + size * 0.9), text, "head", size)


def _set_below(pen: "Pen", card: Card, right: int) -> None:
    width = pen.width(card.aside, "body", _SMALL)
    pen.write((right - width, HEIGHT - _EDGE), card.aside, "body", _SMALL)
    text = " · ".join(part for part in map(pen.readable, card.below) if part)
    room = right - _EDGE - (width + 40 if width else 0)
    lines, _is_whole = pen.wrapped(text.split(" "), "body", _SMALL, room, 1 if card.aside else 2)
    for place, line in enumerate(reversed(lines)):
        pen.write((_EDGE, HEIGHT - _EDGE - place * _SMALL * 1.3), line, "body", _SMALL)


def _hang(image: Image.Image, picture: bytes, radius: int) -> None:
    left, top, right, bottom = _PICTURE
    size = (right - left, bottom - top)
    with Image.open(io.BytesIO(picture)) as source:
        shown = ImageOps.fit(source.convert("RGB"), size, Image.Resampling.LANCZOS)
    mask = Image.new("L", (size[0] * 2, size[1] * 2))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, *mask.size), radius * 2, fill=255)
    image.paste(shown, (left, top), mask.resize(size, Image.Resampling.LANCZOS))


# -- Letters ---------------------------------------------------------------


class Pen:
    """Writes on a canvas in the brand's fonts; "head" and "body" are its two styles."""

    def __init__(self, canvas: ImageDraw.ImageDraw, theme: Mapping, read: Read, ink: str):
        self.canvas, self.theme, self.ink = canvas, theme, ink
        self._read = read
        self._weights = {"head": int(theme["head_weight"]), "body": 500}

    def _fonts(self, style: str, size: int) -> list[Font]:
        """The style's family, then ours for letters it lacks; each with its rarer letters."""
        families = [self.theme[f"font_{style}"], "Figtree"]
        files = [FONTS[_STANDS_IN.get(family, family)][1] for family in families]
        names = [name for file in files for name in (file, file.replace(".woff2", "-ext.woff2"))]
        weight = self._weights[style]
        return [_font(self._read(name), size, weight) for name in dict.fromkeys(names)]

    def _runs(self, text: str, style: str, size: int) -> Iterator[tuple[Font, str]]:
        """The text in pieces, each with a font that has all of its letters."""
        fonts = self._fonts(style, size)

        def first_with(letter: str) -> Font | None:
            return next((font for font in fonts if _has(font, letter)), None)

        for font, letters in groupby(text.replace(_BOUND, " "), first_with):
            if font is not None:
                yield font, "".join(letters)

    def width(self, text: str, style: str, size: int) -> float:
        return sum(font.getlength(run) for font, run in self._runs(text, style, size))

    def write(self, at: tuple, text: str, style: str, size: int, ink: str | None = None) -> None:
        """Write with the baseline at a point, from the left."""
        x, y = at
        for font, run in self._runs(text, style, size):
            self.canvas.text((x, y), run, fill=ink or self.ink, font=font, anchor="ls")
            x += font.getlength(run)

    def readable(self, text: str) -> str:
        """The text as far as the fonts have its letters; nothing when that tells too little."""
        text = unicodedata.normalize("NFC", text)
        fonts = self._fonts("head", _SMALL)
        known = [any(_has(font, sign) for font in fonts) for sign in text]
        letters = [has for has, sign in zip(known, text, strict=True) if sign.isalnum()]
        if sum(letters) * 2 < len(letters):
            return ""
        kept = (sign if has else " " for has, sign in zip(known, text, strict=True))
        return _FREE_SPACE.sub(" ", _BOUND_SPACE.sub(_BOUND, "".join(kept))).strip()

    def cut(self, text: str, style: str, size: int, room: float) -> str:
        """The text, or its beginning with an ellipsis where it is too wide."""
        if self.width(text, style, size) <= room:
            return text
        while text and self.width(f"{text}…", style, size) > room:
            text = text[:-1].rstrip()
        return f"{text}…"

    def wrapped(
        self, words: Sequence[str], style: str, size: int, room: float, most: int
    ) -> tuple[list[str], bool]:
        """At most so many lines, and whether they hold every word whole."""
        ahead = [(word, self.width(word, style, size)) for word in words]
        is_whole = all(width <= room for _word, width in ahead)
        space = self.width(" ", style, size)
        lines: list[str] = []
        while ahead and len(lines) < most:
            line, width = ahead.pop(0)
            while ahead and width + space + ahead[0][1] <= room:
                line, width = f"{line} {ahead[0][0]}", width + space + ahead.pop(0)[1]
            while width > room and len(lines) < most - 1:
                fits = self._fitting(line, style, size, room)
                lines.append(line[:fits])
                line = line[fits:]
                width = self.width(line, style, size)
            lines.append(self.cut(line, style, size, room))
        if ahead:
            rest = " ".join(word for word, _width in ahead)
            lines[-1] = self.cut(f"{lines[-1]} {rest}"[:200], style, size, room)
        return lines, is_whole and not ahead

    def _fitting(self, word: str, style: str, size: int, room: float) -> int:
        """How many letters of a word, at least one, fit a line."""
        fits = 1
        while fits < len(word) and self.width(word[: fits + 1], style, size) <= room:
            fits += 1
        return fits


@lru_cache(maxsize=64)
def _font(data: bytes, size: int, weight: int) -> Font:
    font = ImageFont.truetype(io.BytesIO(data), size)
    axes = font.get_variation_axes()
    font.set_variation_by_axes(
        [min(max(weight, axis["minimum"]), axis["maximum"]) for axis in axes]
    )
    return font


@lru_cache(maxsize=8192)
def _has(font: Font, letter: str) -> bool:
    if letter.isspace():
        return True
    missing, drawn = font.getmask(_MISSING), font.getmask(letter)
    return drawn.size != missing.size or bytes(drawn) != bytes(missing)
