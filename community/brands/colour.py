"""A brand's twelve theme inputs, and every colour that follows from them.

Lightness is fixed for each role, hue comes from the brand, chroma is capped, so that contrast
holds whatever colour a brand chooses. Browsers derive the colours from the inputs in CSS; the
same sums are done here where CSS cannot be relied on: for mail, for browsers without relative
colours, and for the proof in the tests. Colour space: OKLCH (Björn Ottosson, 2020); contrast,
relative luminance: WCAG 2.2.
"""

import math
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

Rgb = tuple[float, float, float]
Oklch = tuple[float, float, float]

WHITE: Rgb = (1.0, 1.0, 1.0)
BLACK: Rgb = (0.0, 0.0, 0.0)
PICK = 0.1791
"""Relative luminance at which white and black text have the same contrast, 4.58:1."""

FONTS: Mapping[str, tuple[str, str | None]] = MappingProxyType(
    {
        "Figtree": ("Figtree,system-ui,sans-serif", "fonts/figtree.woff2"),
        "Newsreader": ("Newsreader,Georgia,serif", "fonts/newsreader-display.woff2"),
        "Archivo": ("Archivo,system-ui,sans-serif", "fonts/archivo-expanded.woff2"),
        "JetBrains Mono": (
            "'JetBrains Mono',ui-monospace,monospace",
            "fonts/jetbrains-mono.woff2",
        ),
        "System": ("system-ui,sans-serif", None),
        "Georgia": ("Georgia,'Times New Roman',serif", None),
    }
)
"""The families a brand may choose: what CSS is told, and the file a page fetches early."""

DEFAULTS: Mapping[str, object] = MappingProxyType(
    {
        "brand": "#3b5bdb",
        "tint": None,
        "radius": 0.75,
        "pill": 99,
        "font_body": "Figtree",
        "font_head": None,
        "font_meta": None,
        "head_weight": 650,
        "head_track": -0.02,
        "density": 1,
        "edge": 0,
        "logo_h": 1.75,
    }
)
"""The inputs, and what stands for one not given; None means "as the first of its kind"."""

_NUMBERS: Mapping[str, tuple[str, float, float]] = {
    "radius": ("rem", 0, 1.25),
    "pill": ("rem", 0, 99),
    "head_weight": ("", 400, 800),
    "head_track": ("em", -0.05, 0.05),
    "logo_h": ("rem", 1, 3),
    "edge": ("px", 0, 1),
    "density": ("", 0.85, 1.15),
}
_CHOICES: Mapping[str, tuple[float, ...]] = {"density": (0.85, 1, 1.15), "edge": (0, 1)}


# -- Colour spaces ---------------------------------------------------------


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _encoded(value: float) -> float:
    value = min(1.0, max(0.0, value))
    return 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055


def parse(colour: str) -> Rgb:
    """Red, green and blue from 0 to 1 of `#rrggbb`. Raises ValueError on anything else."""
    if not isinstance(colour, str) or not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        raise ValueError(f"not a colour like #8f3a52: {colour!r}")
    return tuple(int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5))


def to_hex(rgb: Rgb) -> str:
    """`#rrggbb` of a colour."""
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in rgb)


def luminance(rgb: Rgb) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2)."""
    red, green, blue = (_linear(channel) for channel in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Rgb, other: Rgb) -> float:
    """Contrast ratio, 1 to 21 (WCAG 2.2)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _oklab_to_rgb(lightness: float, a: float, b: float) -> Rgb:
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _encoded(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
        _encoded(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
        _encoded(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short),
    )


def _rgb_to_oklab(rgb: Rgb) -> tuple[float, float, float]:
    red, green, blue = (_linear(channel) for channel in rgb)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def oklch_to_rgb(lightness: float, chroma: float, hue: float) -> Rgb:
    """The sRGB colour, each channel clipped into range as browsers do. Hue in degrees."""
    angle = math.radians(hue)
    return _oklab_to_rgb(lightness, chroma * math.cos(angle), chroma * math.sin(angle))


def rgb_to_oklch(rgb: Rgb) -> Oklch:
    """Lightness 0 to 1, chroma, hue in degrees."""
    lightness, a, b = _rgb_to_oklab(rgb)
    return lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360


def _mix(one: Rgb, other: Rgb, share: float) -> Rgb:
    """`color-mix(in oklab, one share, other)`."""
    pairs = zip(_rgb_to_oklab(one), _rgb_to_oklab(other), strict=True)
    return _oklab_to_rgb(*(a * share + b * (1 - share) for a, b in pairs))


# -- What follows from a brand colour --------------------------------------


def on_brand(brand: Rgb) -> Rgb:
    """White or black, whichever reads better on the colour: never less than 4.58:1."""
    return WHITE if luminance(brand) < PICK else BLACK


def brand_solid(colour: str, prefer: str = "auto") -> tuple[str, str]:
    """The fill and its text colour, as hex.

    `prefer` "white" darkens the fill, and "dark" lightens it, until that text wins by itself,
    so no text colour ever has to be stored beside a brand colour.
    """
    rgb = parse(colour)
    lightness, chroma, hue = rgb_to_oklch(rgb)
    while prefer == "white" and luminance(rgb) >= PICK and lightness > 0:
        lightness -= 0.005
        rgb = oklch_to_rgb(lightness, chroma, hue)
    while prefer == "dark" and luminance(rgb) < PICK and lightness < 1:
        lightness += 0.005
        rgb = oklch_to_rgb(lightness, chroma, hue)
    return to_hex(rgb), to_hex(on_brand(rgb))


def _shade(colour: Oklch) -> Callable[[float, float, float], Rgb]:
    _, chroma, hue = colour

    def shade(lightness: float, share: float, most: float) -> Rgb:
        return oklch_to_rgb(lightness, min(chroma * share, most), hue)

    return shade


def ramp(brand: str, tint: str | None = None) -> dict[str, dict[str, str]]:
    """Every derived colour as hex, for "light" and for "dark", by token name.

    The steps are those of `static/css/tokens.css`; the test of the two keeps them equal.
    """
    base = parse(brand)
    look = rgb_to_oklch(base)
    lightness, chroma, hue = look
    by_brand, by_tint = _shade(look), _shade(rgb_to_oklch(parse(tint or brand)))
    text = on_brand(base)
    shared = {
        "on-brand": text,
        "brand-hover": _mix(base, BLACK if text == WHITE else WHITE, 0.86),
    }
    light = shared | {
        "brand-ink": by_brand(0.45, 1, 0.14),
        "brand-mark": oklch_to_rgb(min(lightness, 0.6), chroma, hue),
        "brand-soft": _mix(by_brand(0.95, 0.18, 0.028), by_tint(0.955, 0.2, 0.022), 0.56),
        "brand-line": by_brand(0.87, 0.5, 0.06),
        "bg": by_tint(0.984, 0.08, 0.008),
        "surface": WHITE,
        "surface-2": by_tint(0.962, 0.1, 0.012),
        "surface-3": by_tint(0.93, 0.12, 0.016),
        "line": by_tint(0.915, 0.1, 0.014),
        "line-strong": by_tint(0.6, 0.1, 0.02),
        "ink": by_tint(0.24, 0.15, 0.02),
        "ink-2": by_tint(0.42, 0.15, 0.02),
        "ink-3": by_tint(0.5, 0.15, 0.02),
    }
    dark = shared | {
        "brand-ink": by_brand(0.8, 1, 0.13),
        "brand-mark": oklch_to_rgb(max(lightness, 0.62), chroma, hue),
        "brand-soft": _mix(by_brand(0.3, 0.3, 0.045), by_tint(0.27, 0.1, 0.015), 0.56),
        "brand-line": by_brand(0.42, 0.5, 0.07),
        "bg": by_tint(0.18, 0.1, 0.012),
        "surface": by_tint(0.225, 0.1, 0.013),
        "surface-2": by_tint(0.275, 0.1, 0.015),
        "surface-3": by_tint(0.33, 0.1, 0.018),
        "line": by_tint(0.33, 0.1, 0.016),
        "line-strong": by_tint(0.56, 0.1, 0.02),
        "ink": by_tint(0.95, 0.05, 0.01),
        "ink-2": by_tint(0.8, 0.1, 0.02),
        "ink-3": by_tint(0.71, 0.1, 0.02),
    }
    return {
        mode: {token: to_hex(rgb) for token, rgb in colours.items()}
        for mode, colours in (("light", light), ("dark", dark))
    }


# -- Proof -----------------------------------------------------------------

TEXT, SHAPE = 4.5, 3.0
"""What WCAG 2.2 AA asks of text (1.4.3), and of borders and marks (1.4.11)."""


class Pair(NamedTuple):
    """One thing on another as a page shows them, and their contrast in both modes."""

    name: str
    light: float
    dark: float
    needed: float

    @property
    def passes(self) -> bool:
        return min(self.light, self.dark) >= self.needed


_PAIRS: tuple[tuple[str, str, str, float], ...] = (
    ("button", "on-brand", "brand", TEXT),
    ("button-hover", "on-brand", "brand-hover", TEXT),
    ("link", "brand-ink", "surface", TEXT),
    ("link-on-tint", "brand-ink", "brand-soft", TEXT),
    ("text", "ink", "bg", TEXT),
    ("second", "ink-2", "surface-2", TEXT),
    ("third", "ink-3", "surface-2", TEXT),
    ("mark", "brand-mark", "surface", SHAPE),
    ("border", "line-strong", "surface", SHAPE),
)


def pairs(theme: Mapping[str, object]) -> list[Pair]:
    """The contrast of everything that has to be read or seen, for a table and as a check."""
    inputs = checked(theme)
    colours = ramp(inputs["brand"], inputs["tint"])

    def ratio(mode: str, upper: str, lower: str) -> float:
        tokens = colours[mode] | {"brand": inputs["brand"]}
        return contrast(parse(tokens[upper]), parse(tokens[lower]))

    return [
        Pair(name, ratio("light", upper, lower), ratio("dark", upper, lower), needed)
        for name, upper, lower, needed in _PAIRS
    ]


# -- Theme inputs ----------------------------------------------------------


def _number(name: str, value: object) -> float:
    unit, least, most = _NUMBERS[name]
    text = str(value).strip().removesuffix(unit) if unit else str(value).strip()
    if isinstance(value, bool) or not re.fullmatch(r"-?(\d+(\.\d*)?|\.\d+)", text):
        raise ValueError(f"{name}: {value!r} is not a number{unit and f' of {unit}'}")
    number = float(text)
    if name in _CHOICES and number not in _CHOICES[name]:
        raise ValueError(f"{name}: {value!r} is not one of {_CHOICES[name]}")
    if not least <= number <= most:
        raise ValueError(f"{name}: {value!r} is not between {least} and {most}{unit}")
    return number


def checked(theme: Mapping[str, object]) -> dict[str, object]:
    """All twelve inputs, defaults filled in, numbers as numbers.

    Colours are `#rrggbb`, fonts a name in `FONTS`, lengths a number or a number with its unit
    ("1rem"). Raises ValueError that begins with the name of the wrong input.
    """
    unknown = sorted(set(theme) - set(DEFAULTS))
    if unknown:
        raise ValueError(f"{unknown[0]}: there is no such theme input")
    inputs = dict(DEFAULTS) | {name: value for name, value in theme.items() if value is not None}
    inputs["tint"] = inputs["tint"] or inputs["brand"]
    for name in ("brand", "tint"):
        try:
            parse(inputs[name])
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    for name in ("font_body", "font_head", "font_meta"):
        inputs[name] = inputs[name] or inputs["font_body"]
        if inputs[name] not in FONTS:
            raise ValueError(f"{name}: {inputs[name]!r} is not one of {', '.join(FONTS)}")
    for name in _NUMBERS:
        inputs[name] = _number(name, inputs[name])
    return inputs


_FALLBACK = (
    *("on-brand", "brand-hover", "brand-ink", "brand-mark", "brand-soft", "brand-line"),
    *("bg", "surface-2", "surface-3", "line", "line-strong", "ink", "ink-2", "ink-3"),
)


def properties(theme: Mapping[str, object]) -> str:
    """The twelve custom properties of a theme as declarations; ValueError as `checked` raises."""
    inputs = checked(theme)
    values = {name.replace("_", "-"): inputs[name] for name in ("brand", "tint")}
    for name in ("font_body", "font_head", "font_meta"):
        values[name.replace("_", "-")] = FONTS[inputs[name]][0]
    for name, (unit, _, _) in _NUMBERS.items():
        values[name.replace("_", "-")] = f"{inputs[name]:g}{unit}"
    return ";".join(f"--{name}:{value}" for name, value in values.items())


def theme_css(theme: Mapping[str, object]) -> str:
    """The brand's whole style sheet, under 2 kB: its inputs, and the light colours in hex for
    browsers that cannot derive them. Raises ValueError as `checked` does.
    """
    inputs = checked(theme)
    colours = ramp(inputs["brand"], inputs["tint"])["light"]
    own = properties(inputs)
    fallback = ";".join(f"--{token}:{colours[token]}" for token in _FALLBACK)
    return f":root{{{own}}}\n@supports not (color:oklch(from red l c h)){{:root{{{fallback}}}}}\n"


def font_preload(theme: Mapping[str, object]) -> list[str]:
    """The two font files a page of the brand needs first, as asset names: text and headings."""
    inputs = checked(theme)
    files = [FONTS[inputs[name]][1] for name in ("font_body", "font_head")]
    return list(dict.fromkeys(file for file in files if file))


def mail_palette(theme: Mapping[str, object]) -> dict[str, object]:
    """What the mail templates need: colours as hex for light and dark, lengths in px, fonts.

    Keys: brand, on_brand, radius, pill, font_head, head_weight, and under light and dark
    bg, surface, ink, ink_2, soft, link. Web fonts are left out: most mail programs refuse them.
    """
    inputs = checked(theme)
    names = {
        "bg": "bg",
        "surface": "surface",
        "ink": "ink",
        "ink_2": "ink-2",
        "soft": "brand-soft",
        "link": "brand-ink",
    }
    colours = ramp(inputs["brand"], inputs["tint"])
    fill, text = brand_solid(inputs["brand"])
    serif = inputs["font_head"] in {"Newsreader", "Georgia"}
    return {
        "brand": fill,
        "on_brand": text,
        "radius": round(min(inputs["radius"], 1.25) * 16),
        "pill": round(min(inputs["pill"], 1.5) * 16),
        "font_head": "Georgia,'Times New Roman',serif"
        if serif
        else "'Segoe UI',Roboto,Helvetica,Arial,sans-serif",
        "head_weight": 400 if serif else 700,
        **{
            mode: {name: colours[mode][token] for name, token in names.items()}
            for mode in ("light", "dark")
        },
    }
