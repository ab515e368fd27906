import io
import struct
import zlib
from time import process_time

import pytest
from PIL import Image, ImageCms, ImageDraw
from PIL.PngImagePlugin import PngInfo

from community.kernel.errors import Invalid
from community.media import images

pytestmark = pytest.mark.once

CORNERS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "white": (255, 255, 255)}


def picture(mode="RGB", size=(400, 240)):
    """Red top left, green top right, blue bottom left, white bottom right."""
    image = Image.new("RGB", size)
    draw = ImageDraw.Draw(image)
    half = (size[0] // 2, size[1] // 2)
    for (x, y), name in zip([(0, 0), (1, 0), (0, 1), (1, 1)], CORNERS, strict=True):
        start = (x * half[0], y * half[1])
        draw.rectangle([start, (start[0] + half[0], start[1] + half[1])], fill=CORNERS[name])
    return image.convert(mode)


def written(image, format_, **options):
    file = io.BytesIO()
    image.save(file, format_, **options)
    return file.getvalue()


def read(prepared):
    image = Image.open(io.BytesIO(prepared.data))
    image.load()
    assert image.format == "WEBP" and image.size == (prepared.width, prepared.height)
    return image


def names(image):
    """The colours of the four corners, by name."""
    width, height = image.size
    spots = [(0.1, 0.1), (0.9, 0.1), (0.1, 0.9), (0.9, 0.9)]
    pixels = [image.convert("RGB").getpixel((int(width * x), int(height * y))) for x, y in spots]
    return [
        min(
            CORNERS,
            key=lambda name: sum((a - b) ** 2 for a, b in zip(CORNERS[name], p, strict=True)),
        )
        for p in pixels
    ]


def exif(orientation=None):
    notes = Image.Exif()
    notes[0x010F] = "SecretPhone"
    notes[0x9286] = "secret comment"
    if orientation:
        notes[0x0112] = orientation
    notes.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 30.0), 3: "E", 4: (2.0, 17.0, 40.0)})
    return notes


UPRIGHT = ["red", "green", "blue", "white"]


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF"])
def test_every_accepted_format_becomes_webp(format_):
    prepared = images.prepare(written(picture(), format_))
    assert (prepared.width, prepared.height) == (400, 240)
    assert prepared.content_type == "image/webp"
    assert names(read(prepared)) == UPRIGHT


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_turned_upright(format_, orientation):
    back = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    stored = picture() if back is None else picture().transpose(back)
    prepared = images.prepare(written(stored, format_, exif=exif(orientation)))
    assert names(read(prepared)) == UPRIGHT
    assert (prepared.width, prepared.height) == (400, 240)


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_no_place_device_or_note_survives_in_any_size(format_):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    options = {"exif": exif(), "icc_profile": profile}
    if format_ != "AVIF":
        options["xmp"] = b"<x:xmpmeta>secret place</x:xmpmeta>"
    if format_ == "PNG":
        del options["xmp"]
        options["pnginfo"] = PngInfo()
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>secret place</x:xmpmeta>")
    data = written(picture(size=(900, 600)), format_, **options)
    assert b"SecretPhone" in data
    made = [images.prepare(data), images.square(data), *images.variants(data)]
    assert len(made) == 5
    for prepared in made:
        image = read(prepared)
        assert not dict(image.getexif()) and "icc_profile" not in image.info
        for trace in (b"Secret", b"secret", b"EXIF", b"XMP ", b"ICCP", b"xmpmeta"):
            assert trace not in prepared.data


def test_a_colour_profile_is_applied_and_not_merely_dropped():
    swapped = _profile_with_red_and_green_swapped()
    data = written(Image.new("RGB", (64, 64), (250, 10, 10)), "PNG", icc_profile=swapped)
    red, green, _blue = read(images.prepare(data)).convert("RGB").getpixel((9, 9))
    assert green > red


def _profile_with_red_and_green_swapped():
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.find(b"rXYZ"), profile.find(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


@pytest.mark.parametrize("profile", [b"not a profile", b"\x00" * 200])
def test_a_profile_nobody_can_read_does_not_cost_the_picture(profile):
    prepared = images.prepare(written(picture(), "PNG", icc_profile=profile))
    assert names(read(prepared)) == UPRIGHT


@pytest.mark.filterwarnings("ignore:.*EXIF data:UserWarning")
def test_broken_exif_does_not_cost_the_picture():
    data = written(picture(), "JPEG", exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff garbage")
    assert names(read(images.prepare(data))) == UPRIGHT


def test_print_colours_are_read():
    assert names(read(images.prepare(written(picture("CMYK"), "JPEG")))) == UPRIGHT


def test_a_palette_with_transparency_keeps_it():
    image = picture("P")
    image.info["transparency"] = image.getpixel((1, 1))
    shown = read(images.prepare(written(image, "PNG", transparency=image.getpixel((1, 1)))))
    assert shown.mode == "RGBA"
    assert shown.getpixel((20, 20))[3] == 0 and shown.getpixel((380, 20))[3] == 255


def test_a_picture_without_holes_has_no_transparency():
    assert read(images.prepare(written(picture("RGBA"), "PNG"))).mode == "RGB"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA"])
def test_every_kind_of_pixel_is_read(mode):
    assert read(images.prepare(written(picture(mode), "PNG"))).size == (400, 240)


def test_sixteen_bit_greys_keep_their_tones():
    image = Image.new("I;16", (60, 60))
    for x in range(60):
        for y in range(60):
            image.putpixel((x, y), 32_768)
    grey = read(images.prepare(written(image, "PNG"))).convert("L").getpixel((30, 30))
    assert 124 <= grey <= 132


def test_of_an_animation_the_first_frame_is_kept():
    frames = [picture(), Image.new("RGB", (400, 240), "black")]
    data = written(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50, loop=0)
    shown = read(images.prepare(data))
    assert getattr(shown, "n_frames", 1) == 1
    assert names(shown) == UPRIGHT


def test_sizes_are_narrowest_first_and_never_enlarged():
    large = images.variants(written(picture(size=(2000, 1000)), "JPEG"))
    assert [(p.width, p.height) for p in large] == [(320, 160), (800, 400), (1600, 800)]
    small = images.variants(written(picture(size=(500, 300)), "JPEG"))
    assert [(p.width, p.height) for p in small] == [(320, 192), (500, 300)]
    tall = images.variants(written(picture(size=(300, 3000)), "PNG"))
    assert [(p.width, p.height) for p in tall] == [(32, 320), (80, 800), (160, 1600)]
    line = images.variants(written(picture(size=(2, 3000)), "PNG"))
    assert [p.width for p in line] == [1]
    assert len(large[0].data) < len(large[2].data)


def test_a_portrait_is_the_middle_square():
    prepared = images.square(written(picture(size=(900, 500)), "PNG"))
    assert (prepared.width, prepared.height) == (320, 320)
    assert names(read(prepared)) == UPRIGHT
    assert images.square(written(picture(size=(90, 50)), "PNG")).width == 50


# -- what is refused ---------------------------------------------------------------------------

GOOD = written(picture(), "JPEG")
NOT_PICTURES = {
    "empty": b"",
    "text": b"hello",
    "html": b"<html><script>alert(1)</script></html>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n",
    "pdf": b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>",
    "zip": b"PK\x03\x04" + bytes(40),
    "bmp": written(picture(), "BMP"),
    "tiff": written(picture(), "TIFF"),
    "ico": written(picture(size=(64, 64)), "ICO"),
    "ppm": written(picture(), "PPM"),
    "a gif that is a script": b"GIF89a=1;alert(document.domain)//",
    "a jpeg header before html": b"\xff\xd8\xff\xe0<script>alert(1)</script>",
    "a png header alone": b"\x89PNG\r\n\x1a\n",
    "noise": bytes(range(256)) * 40,
}


@pytest.mark.parametrize("name", NOT_PICTURES)
def test_what_is_not_a_picture_is_refused(name):
    with pytest.raises(Invalid) as refusal:
        images.prepare(NOT_PICTURES[name])
    assert "JPEG" in str(refusal.value) or "damaged" in str(refusal.value)


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF", "GIF"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_picture_cut_short_is_refused(format_, part):
    noisy = Image.effect_noise((300, 300), 90).convert("RGB")
    data = written(noisy, format_)
    with pytest.raises(Invalid):
        images.prepare(data[: int(len(data) * part)])


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF"])
def test_a_picture_damaged_anywhere_is_refused_or_read_and_nothing_else(format_):
    data = written(Image.effect_noise((80, 80), 90).convert("RGB"), format_)
    outcomes = set()
    for position in range(0, len(data), max(1, len(data) // 60)):
        broken = data[:position] + bytes([data[position] ^ 0xFF]) + data[position + 1 :]
        try:
            outcomes.add(images.prepare(broken).content_type)
        except Invalid:
            outcomes.add("refused")
    assert outcomes <= {"refused", "image/webp"} and "refused" in outcomes


def test_a_file_above_twenty_megabytes_is_refused_before_it_is_read():
    with pytest.raises(Invalid, match="20 MB"):
        images.prepare(GOOD + bytes(images.MAX_BYTES))


def _png_of(width, height):
    def chunk(kind, body):
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compressobj(9)
    packed = b"".join(rows.compress(bytes(1 + (width + 7) // 8)) for _row in range(height))
    packed += rows.flush()
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(6400, 6400), (10_000, 10_000), (60_000, 3_000)])
def test_a_small_file_that_unpacks_to_too_many_pixels_is_refused_at_once(size):
    bomb = _png_of(*size)
    assert len(bomb) < 100_000
    started = process_time()
    with pytest.raises(Invalid, match="40 million"):
        images.prepare(bomb)
    assert process_time() - started < 0.2


def test_a_bomb_in_the_notes_of_a_picture_is_refused_or_ignored():
    notes = PngInfo()
    notes.add_text("Comment", "a" * 80_000_000, zip=True)
    data = written(picture(), "PNG", pnginfo=notes)
    assert len(data) < 200_000
    try:
        assert b"Comment" not in images.prepare(data).data
    except Invalid as refusal:
        assert str(refusal)


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "GIF", "WEBP"])
def test_what_hides_behind_a_picture_is_gone(format_):
    payload = b"<script>alert(1)</script><?php system('id'); ?>"
    options = {"comment": payload} if format_ in ("JPEG", "GIF") else {}
    data = written(picture(), format_, **options) + payload
    prepared = images.prepare(data)
    assert payload[:8] not in prepared.data and b"php" not in prepared.data
    assert names(read(prepared)) == UPRIGHT


def test_a_large_photo_takes_a_sane_time():
    noisy = Image.effect_noise((1000, 750), 60).resize((4000, 3000)).convert("RGB")
    data = written(noisy, "JPEG", quality=90)
    started = process_time()
    assert [p.width for p in images.variants(data)] == [320, 800, 1600]
    assert process_time() - started < 3
