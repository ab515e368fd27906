"""The brand's sign in tabs and bookmarks."""

import re
import xml.etree.ElementTree as ET

import pytest

from community.brands.colour import contrast, parse
from community.brands.icon import DRAWN, SIDE, drawing
from community.brands.models import Brand
from community.kernel import text
from community.kernel.db import db
from community.kernel.tenancy import brand_scope
from tests.factories import LUNE

MOON = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 28 28">{}</svg>'
ONE_COLOUR = MOON.format('<path fill="#8F3A52" d="M1 1h9z"/><path stroke="#8f3a52" d="M2 2h9z"/>')
SVG = "{http://www.w3.org/2000/svg}"


def icon(logo="", name="Maison Lune", brand="#8f3a52", **theme) -> ET.Element:
    return ET.fromstring(drawing({"brand": brand, **theme}, text.svg(logo) if logo else "", name))


def tile_of(svg: ET.Element) -> str:
    return svg.find(f"{SVG}rect").get("fill")


def colours_of(svg: ET.Element) -> set[str]:
    logo = svg.find(f"{SVG}svg")
    return {e.get(name) for e in logo.iter() for name in ("fill", "stroke") if e.get(name)}


@pytest.mark.parametrize("brand", ["#8f3a52", "#d7f23c", "#000000", "#ffffff", "#777777"])
@pytest.mark.parametrize("logo", ["", ONE_COLOUR, MOON.format('<path d="M1 1h9z"/>')])
def test_whatever_the_colour_the_sign_can_be_read_on_it(brand, logo):
    svg = icon(logo, brand=brand)
    assert tile_of(svg) == brand
    [ink] = colours_of(svg) if logo else {svg.find(f"{SVG}text").get("fill")}
    assert contrast(parse(ink), parse(brand)) >= 4.5


def test_what_takes_the_colour_of_the_words_beside_it_takes_the_readable_one():
    logo = icon(MOON.format('<path fill="currentColor" d="M1 1h9z"/>')).find(f"{SVG}svg")
    assert logo.get("color") == "#ffffff"
    assert logo.find(f"{SVG}path").get("fill") == "#ffffff"


def test_a_logo_of_several_colours_keeps_them_on_white():
    svg = icon(MOON.format('<path fill="#ff0000" d="M1 1z"/><path fill="#00ff00" d="M2 2z"/>'))
    assert tile_of(svg) == "#ffffff"
    assert colours_of(svg) == {"#ff0000", "#00ff00"}


def test_what_hides_parts_of_a_logo_keeps_hiding_them():
    mask = '<mask id="m"><path fill="#ffffff" d="M0 0h28z"/><path fill="#000000" d="M9 9z"/></mask>'
    svg = icon(MOON.format(f'{mask}<path fill="none" stroke="#123456" mask="url(#m)" d="M1 1z"/>'))
    assert [p.get("fill") for p in svg.iter(f"{SVG}path")] == ["#ffffff", "#000000", "none"]
    assert tile_of(svg) == "#8f3a52"


@pytest.mark.parametrize(
    "size", ['viewBox="0 0 28 28"', 'viewBox="-4,-4 9.5 8"', 'width="40px" height="40"']
)
def test_a_logo_stands_in_the_middle_whatever_its_size(size):
    logo = icon(f'<svg xmlns="http://www.w3.org/2000/svg" {size}><path d="M1 1z"/></svg>')
    drawn = logo.find(f"{SVG}svg")
    assert [drawn.get(name) for name in ("x", "y")] == [f"{(SIDE - DRAWN) / 2:g}"] * 2
    assert [drawn.get(name) for name in ("width", "height")] == [str(DRAWN)] * 2
    assert len(drawn.get("viewBox").split()) == 4


@pytest.mark.parametrize(
    "size", ['viewBox="0 0 300 40"', 'width="100%" height="100%"', 'viewBox="0 0 0 0"']
)
def test_a_logo_nobody_could_recognise_gives_way_to_the_initial(size):
    svg = icon(f'<svg xmlns="http://www.w3.org/2000/svg" {size}><path d="M1 1z"/></svg>')
    assert svg.find(f"{SVG}text").text == "M"


@pytest.mark.parametrize(
    ("name", "letter"), [("lune", "L"), ("« écrin »", "É"), ("<b>", "B"), ("ßa", "S"), ("!", None)]
)
def test_a_brand_without_a_logo_is_known_by_its_initial(name, letter):
    assert icon(name=name).find(f"{SVG}text").text == letter


# -- Over HTTP -------------------------------------------------------------


def icon_of(browser) -> str:
    page = browser.get("/rules").text
    return re.search(r'<link rel="icon" type="image/svg\+xml" href="(/icon-[^"]+\.svg)">', page)[1]


def test_an_icon_may_be_kept_for_ever_and_changes_its_name(app, visit):
    first = icon_of(visit())
    answer = visit("ada").get(first)
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers
    with app.app_context(), brand_scope(LUNE):
        db.session.get_one(Brand, LUNE).logo_svg = ONE_COLOUR
        db.session.commit()
    second = icon_of(visit())
    assert second != first
    assert "<path" in visit().get(second).text
    assert visit().get(first).status_code == 404


def test_an_icon_belongs_to_its_brand(visit):
    lune, velora = icon_of(visit()), icon_of(visit(brand="velora"))
    assert lune != velora
    assert visit(brand="velora").get(lune).status_code == 404


@pytest.mark.parametrize("brand", ["lune", "velora"])
def test_a_browser_that_asks_by_itself_is_led_to_the_icon(visit, brand):
    browser = visit(brand=brand)
    answer = browser.get("/favicon.ico")
    assert (answer.status_code, answer.location) == (302, icon_of(browser))
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert "Set-Cookie" not in answer.headers


def test_a_host_without_a_brand_has_no_icon(visit):
    answer = visit().get("/favicon.ico", base_url="http://unknown.example")
    assert (answer.status_code, answer.mimetype) == (404, "text/plain")
