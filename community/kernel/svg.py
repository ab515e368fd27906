"""A brand's logo as SVG: drawing and nothing else, or a refusal that says why."""

import re
import xml.etree.ElementTree as ET
from html import escape

from community.kernel.errors import Invalid
from community.kernel.i18n import _

MAX_SIZE = 100_000
MAX_ELEMENTS = 2_000
MAX_DEPTH = 30
SVG = "http://www.w3.org/2000/svg"
# What drawing programs leave behind for themselves is dropped, not held against the brand.
EDITORS = (
    "http://www.inkscape.org/namespaces/inkscape",
    "http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd",
    "http://www.serif.com/",
    "http://www.bohemiancoding.com/sketch/ns",
    "http://www.w3.org/XML/1998/namespace",
)

ELEMENTS = frozenset({
    "svg", "g", "defs", "title", "desc", "path", "rect", "circle", "ellipse", "line",
    "polyline", "polygon", "linearGradient", "radialGradient", "stop", "clipPath", "mask",
})  # fmt: skip
ATTRIBUTES = frozenset({
    "id", "viewBox", "width", "height", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r",
    "rx", "ry", "fx", "fy", "d", "points", "offset", "transform", "gradientTransform",
    "gradientUnits", "spreadMethod", "clipPathUnits", "maskUnits", "maskContentUnits",
    "preserveAspectRatio", "version", "pathLength", "paint-order", "vector-effect", "display",
    "visibility", "overflow", "fill", "fill-rule", "fill-opacity", "stroke", "stroke-width",
    "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "stroke-dasharray",
    "stroke-dashoffset", "stroke-opacity", "opacity", "color", "stop-color", "stop-opacity",
    "clip-path", "clip-rule", "mask",
})  # fmt: skip
# `role`, `class` and data for scripts mean nothing in a logo, and are dropped.
DROPPED = re.compile(r"class|role|focusable|data-[\w.-]+|aria-[\w-]+|baseProfile|enable-background")
# The page has ids of its own: those of the logo are kept apart from them.
PREFIX = "logo-"
_REFERENCE = re.compile(r"url\(\s*(['\"]?)#([\w.-]+)\1\s*\)")
_ID = re.compile(r"[\w.-]{1,100}")
_VALUE = re.compile(r"[\w\s.,#%()+*/:;-]*")


def safe_svg(source: str) -> str:
    """Return the drawing written out again from what is allowed in it.

    Raises Invalid when the file is no SVG, is too large or complex for a logo, or holds a
    script, a style, an event handler, text, a picture or a reference to anything outside.
    """
    if len(source) > MAX_SIZE:
        raise Invalid(_("This logo is too large: 100 kB at most."))
    root = _parse(source)
    if root.tag != f"{{{SVG}}}svg":
        raise Invalid(_("This file is not an SVG picture."))
    if sum(1 for _element in root.iter()) > MAX_ELEMENTS:
        raise Invalid(_("This logo is too complex: 2,000 shapes at most."))
    if not (root.get("viewBox") or (root.get("width") and root.get("height"))):
        raise Invalid(_("This logo does not say its size: the svg element needs a viewBox."))
    return _written(root, 0)


def _parse(source: str) -> ET.Element:
    # A document type can define entities that grow without limit or read files.
    if re.search(r"<!(?!--)|<\?(?!xml\s)", source):
        source = _without_plain_doctype(source)
    try:
        return ET.fromstring(source.strip().lstrip("\ufeff").encode())
    except (ET.ParseError, LookupError, UnicodeError, ValueError) as error:
        raise Invalid(_("This file is not an SVG picture we can read.")) from error


def _without_plain_doctype(source: str) -> str:
    """Remove the document type old programs write; refuse any that defines something."""
    plain = r"<!DOCTYPE\s+svg(?:\s+PUBLIC\s+\"[^\"<>\[]*\"\s+\"[^\"<>\[]*\")?\s*>"
    without = re.sub(plain, "", source, count=1)
    if re.search(r"<!(?!--)|<\?(?!xml\s)", without):
        raise _refusal("<!")
    return without


def _written(element: ET.Element, depth: int) -> str:
    name = _local_name(element.tag)
    if depth > MAX_DEPTH:
        raise Invalid(_("This logo is too complex: groups are nested too deeply."))
    attributes = _attributes(element, is_root=depth == 0)
    inside = "".join(_written(child, depth + 1) for child in element if not _is_leftover(child))
    words = escape(element.text or "") if name in ("title", "desc") else _no_text(element)
    said = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    return f"<{name}{said}>{words}{inside}</{name}>"


def _no_text(element: ET.Element) -> str:
    if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
        raise Invalid(_("This logo holds text. Convert its letters to outlines first."))
    return ""


def _is_leftover(child: ET.Element) -> bool:
    space, _brace, name = str(child.tag).lstrip("{").rpartition("}")
    return space.startswith(EDITORS) or (space == SVG and name == "metadata")


def _local_name(tag: str) -> str:
    space, _brace, name = str(tag).lstrip("{").rpartition("}")
    if space != SVG or name not in ELEMENTS:
        raise _refusal(f"<{name or space}>")
    return name


def _attributes(element: ET.Element, *, is_root: bool) -> dict[str, str]:
    kept = {"xmlns": SVG} if is_root else {}
    for full, value in element.attrib.items():
        space, _brace, name = full.lstrip("{").rpartition("}")
        if space.startswith(EDITORS) or (not space and DROPPED.fullmatch(name)):
            continue
        if space or name not in ATTRIBUTES:
            raise _refusal(name)
        kept[name] = _value(name, value)
    return kept


def _value(name: str, value: str) -> str:
    if name == "id":
        if not _ID.fullmatch(value):
            raise _refusal("id")
        return PREFIX + value
    without = _REFERENCE.sub("", value)
    if re.search("url|javascript", without, re.IGNORECASE) or not _VALUE.fullmatch(without):
        raise _refusal(f"{name}={value[:40]}")
    return _REFERENCE.sub(rf"url(#{PREFIX}\2)", value)


def _refusal(what: str) -> Invalid:
    return Invalid(
        _(
            "This logo holds “%(what)s”, which we do not accept. Save it as a plain SVG made"
            " of shapes, without styles, scripts, text or linked pictures.",
            what=what,
        )
    )
