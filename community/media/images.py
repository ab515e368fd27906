"""Pictures as we keep them: read by content, turned upright, re-encoded, with nothing else inside.

Accepted are JPEG, PNG, WebP, GIF, AVIF and HEIC; whatever comes in goes out as WebP. Of an
animation the first frame is kept: moving pictures that nobody can stop fail WCAG 2.2.2, and weigh
more than a page. Place, device, author, colour profiles and every other note in the file are
gone, because the output is written from pixels alone.
"""

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageCms, ImageOps
from pillow_heif import register_heif_opener

from community.kernel.errors import Invalid
from community.kernel.i18n import _

MAX_BYTES = 20_000_000
MAX_PIXELS = 40_000_000
MAX_EDGE = 1600
EDGES = (320, 800, 1600)
QUALITY = 82
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF")

# Pillow warns of a picture that unpacks to more than this and only refuses twice as much.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)
register_heif_opener()

_SRGB = ImageCms.createProfile("sRGB")
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Prepared:
    """A picture ready to be stored: WebP bytes and its size in pixels."""

    data: bytes
    width: int
    height: int
    content_type: str = "image/webp"


def prepare(data: bytes, *, max_edge: int = MAX_EDGE) -> Prepared:
    """Return the picture with its longer edge at most `max_edge` pixels, never enlarged.

    Raises Invalid with a sentence for the person when the file is not a picture we read, is
    damaged, weighs more than 20 MB or holds more than 40 million pixels.
    """
    return _encoded(_fitted(_read(data, max_edge), max_edge))


def variants(data: bytes, *, edges: Sequence[int] = EDGES) -> list[Prepared]:
    """Return the picture in several sizes, narrowest first, no two of the same width.

    A picture smaller than an edge is not enlarged for it, so the last one is the best there is.
    Raises Invalid as `prepare` does.
    """
    picture = _read(data, max(edges))
    by_width: dict[int, Image.Image] = {}
    for edge in sorted(edges):
        fitted = _fitted(picture, edge)
        by_width[fitted.width] = fitted
    return [_encoded(by_width[width]) for width in sorted(by_width)]


def square(data: bytes, *, edge: int = 320) -> Prepared:
    """Return the middle of the picture as a square of at most `edge` pixels, for portraits.

    Raises Invalid as `prepare` does.
    """
    # Twice the edge, so that the shorter side of an ordinary photo still fills the square.
    picture = _read(data, 2 * edge)
    side = min(edge, *picture.size)
    return _encoded(ImageOps.fit(picture, (side, side), Image.Resampling.LANCZOS))


def _read(data: bytes, edge: int) -> Image.Image:
    """Return the pixels upright in sRGB, with or without transparency, and no notes."""
    if len(data) > MAX_BYTES:
        raise Invalid(_("This picture is too heavy: 20 MB at most."))
    image = _opened(data)
    if image.width * image.height > MAX_PIXELS:
        raise _too_large()
    try:
        # A JPEG can be decoded at a half, a quarter or an eighth of its size.
        image.draft(None, _fit(image.size, edge))
        image.load()
        return _plain_pixels(_upright(image))
    except Exception as error:  # decoders of hostile files raise anything
        raise Invalid(_("This picture is damaged and cannot be read to its end.")) from error


def _opened(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise _too_large() from error
    except Exception as error:  # so do their headers
        raise Invalid(
            _("This file is not a picture we can read. Use JPEG, PNG, WebP, GIF, AVIF or HEIC.")
        ) from error


def _too_large() -> Invalid:
    return Invalid(_("This picture has too many pixels: 40 million at most."))


def _upright(image: Image.Image) -> Image.Image:
    try:
        orientation = image.getexif().get(_ORIENTATION)
    except Exception:  # a broken note must not cost the picture
        orientation = None
    turn = _UPRIGHT.get(orientation) if isinstance(orientation, int) else None
    return image if turn is None else image.transpose(turn)


def _plain_pixels(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I"):
        image = image.point(lambda value: value / 256).convert("L")
    transparent = "A" in image.getbands() or "transparency" in image.info
    alpha = image.convert("RGBA").getchannel("A") if transparent else None
    picture = _in_srgb(image, profile) if profile else image.convert("RGB")
    if alpha is not None and alpha.getextrema() != (255, 255):
        picture.putalpha(alpha)
    picture.info.clear()
    return picture


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    pixels = image if image.mode in ("RGB", "CMYK", "L") else image.convert("RGB")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(pixels, source, _SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        # A profile that cannot be read, or is of another kind of colour: taken for sRGB.
        return pixels.convert("RGB")
    return converted


def _fit(size: tuple[int, int], edge: int) -> tuple[int, int]:
    width, height = size
    scale = min(1, edge / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _fitted(picture: Image.Image, edge: int) -> Image.Image:
    size = _fit(picture.size, edge)
    if size == picture.size:
        return picture
    return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _encoded(picture: Image.Image) -> Prepared:
    written = io.BytesIO()
    picture.save(written, "WEBP", quality=QUALITY, method=4, exif=b"", icc_profile=b"", xmp=b"")
    return Prepared(written.getvalue(), picture.width, picture.height)
