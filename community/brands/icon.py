"""The brand's sign in tabs and bookmarks: its logo, or its initial, on a tile of its colour."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from html import escape

from community.brands.colour import FONTS, brand_solid, checked

SIDE, DRAWN = 64, 42
WIDEST = 2.5  # a drawing wider than this, for its height, is a line where an icon is shown
PAINTS = ("fill", "stroke", "stop-color")
NO_PAINT = ("none", "transparent", "inherit", "url(")


def drawing(theme: Mapping[str, object], logo: str, name: str) -> str:
    """An SVG of a square tile; `logo` is a checked SVG or empty, `name` the brand's.

    A logo of one colour takes white or black, whichever reads on the tile. One of several
    colours keeps them, on white, for which such logos are drawn. A wide one, which could not be
    recognised, gives way to the first letter of the name.
    """
    inputs = checked(theme)
    tile, ink = brand_solid(inputs["brand"])
    root = ET.fromstring(logo) if logo else None
    box = _box(root) if root is not None else None
    if box is None:
        sign = _letter(name, FONTS[inputs["font_head"]][0], ink)
    elif len(set(_paints(root))) > 1:
        tile, sign = "#ffffff", _placed(root, box)
    else:
        _paint(root, ink)
        root.set("color", ink)
        root.set("fill", root.get("fill", ink))
        sign = _placed(root, box)
    corner = round(inputs["radius"] * 12)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}">'
        f'<rect width="{SIDE}" height="{SIDE}" rx="{corner}" fill="{tile}"/>{sign}</svg>'
    )


def _letter(name: str, family: str, ink: str) -> str:
    letter = next((sign for sign in name if sign.isalnum()), "")
    return (
        f'<text x="50%" y="50%" dy=".35em" text-anchor="middle" font-family="{escape(family)}"'
        f' font-size="40" font-weight="700" fill="{ink}">{escape(letter.upper()[:1])}</text>'
    )


def _box(root: ET.Element) -> str | None:
    """The part of the plane the logo is drawn on; None when it is unknown, empty or wide."""
    given = root.get("viewBox") or f"0 0 {root.get('width')} {root.get('height')}"
    numbers = re.findall(r"-?\d*\.?\d+(?:e-?\d+)?", given)
    if len(numbers) != 4 or "%" in given:
        return None
    width, height = float(numbers[2]), float(numbers[3])
    if min(width, height) <= 0 or width > WIDEST * height:
        return None
    return " ".join(numbers)


def _placed(root: ET.Element, box: str) -> str:
    """The logo in the middle of the tile, as part of its document."""
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    start = (SIDE - DRAWN) / 2
    root.set("viewBox", box)
    for name, value in (("x", start), ("y", start), ("width", DRAWN), ("height", DRAWN)):
        root.set(name, f"{value:g}")
    return ET.tostring(root, encoding="unicode")


def _painted(element: ET.Element) -> Iterator[tuple[ET.Element, str]]:
    """Every attribute that gives a colour; in masks colours mean something else."""
    if element.tag.endswith("}mask"):
        return
    for name in PAINTS:
        if not element.get(name, "none").strip().lower().startswith(NO_PAINT):
            yield element, name
    for child in element:
        yield from _painted(child)


def _paints(root: ET.Element) -> list[str]:
    return [element.get(name).strip().lower() for element, name in _painted(root)]


def _paint(root: ET.Element, ink: str) -> None:
    for element, name in _painted(root):
        element.set(name, ink)
