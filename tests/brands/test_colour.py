import re
import time
from itertools import product

import pytest

from community.brands import colour
from community.brands.colour import (
    FONTS,
    brand_solid,
    checked,
    contrast,
    font_preload,
    luminance,
    mail_palette,
    on_brand,
    parse,
    ramp,
    theme_css,
    to_hex,
)
from community.kernel.assets import asset_root

pytestmark = pytest.mark.once

LUNE = {
    "brand": "#8f3a52",
    "tint": "#b98a63",
    "radius": "1rem",
    "pill": "99rem",
    "font_body": "Figtree",
    "font_head": "Newsreader",
    "font_meta": "Figtree",
    "head_weight": 450,
    "head_track": "-.022em",
    "density": 1,
    "edge": 0,
    "logo_h": "1.75rem",
}
VELORA = {
    "brand": "#c8f04b",
    "tint": "#5a7a86",
    "radius": ".3rem",
    "pill": ".3rem",
    "font_head": "Archivo",
    "font_meta": "JetBrains Mono",
    "head_weight": 680,
    "head_track": "-.03em",
    "edge": "1px",
}
GRID = [to_hex((r / 8, g / 8, b / 8)) for r, g, b in product(range(9), repeat=3)]

# foreground, background, least contrast: 4.5 for text, 3 for marks and control borders
# (WCAG 2.2, 1.4.3 and 1.4.11)
PROMISES = [
    ("ink", "bg", 4.5),
    ("ink", "surface", 4.5),
    ("ink", "brand-soft", 4.5),
    ("ink-2", "surface-2", 4.5),
    ("ink-2", "brand-soft", 4.5),
    ("ink-3", "surface-2", 4.5),
    ("ink-3", "brand-soft", 4.5),
    ("brand-ink", "surface", 4.5),
    ("brand-ink", "bg", 4.5),
    ("brand-ink", "brand-soft", 4.5),
    ("brand-mark", "surface", 3),
    ("brand-mark", "bg", 3),
    ("line-strong", "surface", 3),
    ("line-strong", "bg", 3),
]


def test_no_brand_colour_makes_text_or_marks_too_faint():
    started = time.process_time()
    for brand in GRID:
        for mode, colours in ramp(brand).items():
            rgb = {token: parse(value) for token, value in colours.items()}
            for fore, back, least in PROMISES:
                ratio = contrast(rgb[fore], rgb[back])
                assert ratio >= least, f"{brand} {mode}: {fore} on {back} is {ratio:.2f}"
    assert time.process_time() - started < 2


def test_a_tint_far_from_the_brand_keeps_the_promises_too():
    for brand, tint in product(GRID[::37], GRID[::41]):
        for mode, colours in ramp(brand, tint).items():
            for fore, back, least in PROMISES:
                ratio = contrast(parse(colours[fore]), parse(colours[back]))
                assert ratio >= least, f"{brand}/{tint} {mode}: {fore} on {back} is {ratio:.2f}"


def test_text_on_a_brand_button_is_never_under_the_limit_and_hovering_only_helps():
    for brand in GRID:
        colours = ramp(brand)["light"]
        text = parse(colours["on-brand"])
        resting = contrast(text, parse(brand))
        assert resting >= 4.58 - 0.01, brand
        assert contrast(text, parse(colours["brand-hover"])) >= resting - 0.01, brand


def test_asking_for_white_text_darkens_the_fill_until_white_wins_by_itself():
    fill, text = brand_solid("#e8590c", "white")
    assert (fill, text) == ("#d14300", "#ffffff")
    assert on_brand(parse(fill)) == (1, 1, 1)


def test_asking_for_dark_text_lightens_the_fill_until_black_wins_by_itself():
    fill, text = brand_solid("#1b2a6b", "dark")
    assert text == "#000000"
    assert luminance(parse(fill)) >= 0.1791


def test_colours_known_from_the_standard_are_measured_right():
    assert contrast(parse("#ffffff"), parse("#000000")) == pytest.approx(21)
    assert contrast(parse("#767676"), parse("#ffffff")) == pytest.approx(4.54, abs=0.01)


def test_the_ramp_and_the_style_sheet_use_the_same_steps():
    css = (asset_root("static") / "css" / "tokens.css").read_text("utf-8")
    python = (asset_root("static").parent / "community" / "brands" / "colour.py").read_text("utf-8")
    step = r"oklch\(from var\(--(brand|tint)\) (\.\d+) min\(c \* (\.\d+), (\.\d+)\) h\)"
    steps = {
        (source, float(lightness), float(share), float(most))
        for source, lightness, share, most in re.findall(step, css)
    }
    assert len(steps) > 20
    for source, lightness, share, most in steps:
        call = f"by_{source}({lightness:g}, {share:g}, {most:g})"
        assert call in python, f"tokens.css has {call}"


@pytest.mark.parametrize("theme", [LUNE, VELORA, {}])
def test_a_theme_is_one_small_style_sheet(theme):
    css = theme_css(theme)
    assert len(css.encode()) <= 2048
    assert css.count("{") == css.count("}")
    assert "@supports not" in css


def test_two_brands_get_their_own_inputs():
    assert "--brand:#8f3a52" in theme_css(LUNE)
    assert "--font-head:Newsreader,Georgia,serif" in theme_css(LUNE)
    assert "--brand:#c8f04b" in theme_css(VELORA)
    assert "--edge:1px" in theme_css(VELORA)
    assert "--font-meta:'JetBrains Mono'" in theme_css(VELORA)


def test_every_browser_gets_fourteen_colours_in_hex():
    fallback = theme_css(LUNE).partition("@supports")[2]
    assert len(re.findall(r"--[a-z0-9-]+:#[0-9a-f]{6}", fallback)) == 14


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("brand", "red"),
        ("brand", "#fff"),
        ("brand", "#8f3a52;}body{display:none"),
        ("brand", 12),
        ("tint", "oklch(1 0 0)"),
        ("radius", "2rem"),
        ("radius", "-1rem"),
        ("radius", "1px"),
        ("radius", "1rem}"),
        ("radius", True),
        ("pill", "100rem"),
        ("font_body", "Comic Sans MS"),
        ("font_head", "Figtree;}"),
        ("font_meta", "url(//evil)"),
        ("head_weight", 900),
        ("head_weight", "bold"),
        ("head_track", "1em"),
        ("density", 0.9),
        ("edge", "2px"),
        ("logo_h", "nan"),
        ("logo_h", "9rem"),
        ("background", "#ffffff"),
    ],
)
def test_a_wrong_input_is_named(name, value):
    with pytest.raises(ValueError, match=rf"^{name}: "):
        theme_css(LUNE | {name: value})


def test_what_is_not_given_follows_the_brand_and_the_body_font():
    inputs = checked({"brand": "#00695c", "font_body": "System"})
    assert inputs["tint"] == "#00695c"
    assert inputs["font_head"] == inputs["font_meta"] == "System"


def test_two_fonts_are_fetched_early_and_never_one_twice():
    assert font_preload(LUNE) == ["fonts/figtree.woff2", "fonts/newsreader-display.woff2"]
    assert font_preload({}) == ["fonts/figtree.woff2"]
    assert font_preload({"font_body": "System"}) == []


def test_the_fonts_offered_are_in_the_style_sheet():
    css = (asset_root("static") / "css" / "tokens.css").read_text("utf-8")
    for stack, file in FONTS.values():
        if file:
            assert f"url({file})" in css
            assert f"font-family: {stack.split(',')[0]}".replace("'", '"') in css


@pytest.mark.parametrize("theme", [LUNE, VELORA])
def test_mail_colours_are_plain_and_readable_in_both_modes(theme):
    palette = mail_palette(theme)
    assert contrast(parse(palette["brand"]), parse(palette["on_brand"])) >= 4.5
    for mode in ("light", "dark"):
        colours = {name: parse(value) for name, value in palette[mode].items()}
        for back in ("bg", "surface", "soft"):
            assert contrast(colours["ink"], colours[back]) >= 4.5
            assert contrast(colours["ink_2"], colours[back]) >= 4.5
            assert contrast(colours["link"], colours[back]) >= 4.5


# -- Proof -----------------------------------------------------------------


def test_the_table_of_contrasts_has_every_pair_and_what_is_needed():
    found = {pair.name: pair for pair in colour.pairs({"brand": "#c8f04b", "tint": "#5a7a86"})}
    assert len(found) == 9
    assert found["button"].light == pytest.approx(found["button"].dark)
    assert found["button"].light == pytest.approx(16.0, abs=0.1)  # as the design says
    assert found["link"].light == pytest.approx(7.1, abs=0.1)
    assert {pair.needed for pair in found.values()} == {3.0, 4.5}


@pytest.mark.parametrize(
    "brand", ["#ffffff", "#000000", "#00ff00", "#0000ff", "#808080", "#ffd400"]
)
@pytest.mark.parametrize("prefer", ["auto", "white", "dark"])
def test_whatever_colour_is_chosen_every_pair_passes(brand, prefer):
    fill, text = colour.brand_solid(brand, prefer)
    assert all(pair.passes for pair in colour.pairs({"brand": fill}))
    if prefer != "auto":
        assert text == {"white": "#ffffff", "dark": "#000000"}[prefer]


def test_a_pair_that_cannot_be_read_does_not_pass():
    assert not colour.Pair("text", 4.4, 12, colour.TEXT).passes
    assert not colour.Pair("border", 12, 2.9, colour.SHAPE).passes
    assert colour.Pair("border", 3, 3, colour.SHAPE).passes
