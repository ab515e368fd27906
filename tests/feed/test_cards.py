"""Cards: drawn in the brand's look, for ever at their address, and only for what is public."""

import io
import re
from dataclasses import replace

import pytest
from PIL import Image, ImageDraw
from sqlalchemy import update

from community.brands.colour import checked
from community.brands.queries import the_brand
from community.demo.brands import LUNE as LUNE_LOOK
from community.demo.brands import VELORA as VELORA_LOOK
from community.feed.cards import HEIGHT, WIDTH, Card, Pen, draw
from community.feed.views import cards
from community.kernel.assets import Assets, asset_root
from community.kernel.db import db
from community.media import service as media
from community.threads import service
from community.threads.models import Thread
from tests.conftest import who
from tests.factories import LUNE, VELORA
from tests.feed.conftest import opening

ASSETS = Assets(asset_root("static"))
IMAGE = re.compile(r'<meta property="og:image" content="http://[a-z]+\.localhost([^"]+)">')
LIME, NIGHT = (200, 240, 75), (143, 58, 82)


def read(name):
    return ASSETS.get(name).body


def look(brand) -> tuple:
    return tuple(brand["theme"].items())


def card(**says) -> Card:
    return Card(**({"brand": "Velora", "theme": look(VELORA_LOOK), "title": "A title"} | says))


def drawn(one: Card) -> Image.Image:
    return Image.open(io.BytesIO(draw(one, read))).convert("RGB")


def inked(image: Image.Image, box: tuple, paper: tuple) -> int:
    """How many pixels of a part have something on them."""
    return sum(pixel != paper for pixel in image.crop(box).get_flattened_data())


TITLE_BOX, BELOW_BOX = (72, 184, 1128, 520), (72, 525, 1128, 575)

# -- The drawing -----------------------------------------------------------


@pytest.mark.once
@pytest.mark.parametrize(("brand", "paper"), [(VELORA_LOOK, LIME), (LUNE_LOOK, NIGHT)])
def test_a_card_is_a_png_of_the_size_sites_want_in_the_colour_of_the_brand(brand, paper):
    made = draw(card(theme=look(brand), brand=brand["name"]), read)
    image = Image.open(io.BytesIO(made))
    assert (image.format, image.size) == ("PNG", (WIDTH, HEIGHT))
    assert image.getpixel((5, 5)) == paper
    assert len(made) < 150_000
    assert inked(image, TITLE_BOX, paper) > 1_000


@pytest.mark.once
@pytest.mark.parametrize(
    "title",
    [
        "Short",
        "Does rain harm the display of the City in the long run? " * 6,
        "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 3,
        "x" * 5_000,
        "Çà et là, œuvre d’été ; naïveté à l’œuf ř ž ő",
    ],
)
def test_a_title_of_any_length_stays_within_the_card(title):
    image = drawn(card(title=title, below=("Ada", "Repairs" * 40), aside="128 replies"))
    assert inked(image, TITLE_BOX, LIME) > 500
    for margin in ((0, 0, 70, HEIGHT), (1130, 0, WIDTH, HEIGHT), (0, 575, WIDTH, HEIGHT)):
        assert inked(image, margin, LIME) == 0


@pytest.mark.once
def test_letters_no_font_has_are_left_out_and_the_brand_stands_in_for_such_a_title():
    moon, bare = card(title="Night 🌙 serum"), card(title="Night serum")
    assert drawn(moon).tobytes() == drawn(bare).tobytes()
    foreign = card(title="どの自転車がいいですか", below=("Ада", "News"))
    named = card(title="Velora", below=("News",))
    assert drawn(foreign).tobytes() == drawn(named).tobytes()


@pytest.mark.once
def test_no_line_ends_at_a_space_that_binds():
    words = "Rouge Satiné : quelle teinte proche de «\xa0Figue\u202f» maintenant"
    for room in range(450, 1_000, 50):
        lines = lines_of(words, room)
        assert not [line for line in lines if line.endswith("«") or line.startswith("»")]
        assert "".join(lines).replace(" ", "") == words.replace(" ", "").replace("\u202f", "\xa0")


def lines_of(words: str, room: int) -> list[str]:
    canvas = ImageDraw.Draw(Image.new("RGB", (WIDTH, HEIGHT)))
    pen = Pen(canvas, checked(LUNE_LOOK["theme"]), read, "#000000")
    lines, is_whole = pen.wrapped(pen.readable(words).split(" "), "head", 60, room, 20)
    assert is_whole
    return lines


@pytest.mark.once
def test_everything_a_card_says_can_be_seen_on_it():
    full = card(below=("Ada", "Repairs"), aside="12 replies")
    pictures = {drawn(full).tobytes()}
    for other in (
        {"title": "Another"},
        {"brand": "Other"},
        {"below": ("Ben", "Repairs")},
        {"below": ("Ada", "Routes")},
        {"aside": "13 replies"},
        {"theme": look(LUNE_LOOK)},
    ):
        pictures.add(drawn(replace(full, **other)).tobytes())
    assert len(pictures) == 7


@pytest.mark.once
@pytest.mark.parametrize("family", ["Figtree", "Newsreader", "Archivo", "JetBrains Mono",
                                    "System", "Georgia"])  # fmt: skip
def test_every_family_a_brand_may_choose_can_be_drawn(family):
    theme = (("brand", "#3b5bdb"), ("font_body", family), ("head_weight", 800))
    assert inked(drawn(card(theme=theme)), TITLE_BOX, (59, 91, 219)) > 500


def a_picture(colour="teal") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (900, 500), colour).save(file, "PNG")
    return file.getvalue()


@pytest.mark.once
def test_a_picture_stands_beside_the_words():
    image = drawn(card(picture=a_picture((10, 20, 200)), title="Long words " * 9))
    red, green, blue = image.getpixel((950, 300))
    assert blue > 150 and red < 60 and green < 70
    assert inked(image, (709, 60, 755, 570), LIME) == 0


# -- Over HTTP -------------------------------------------------------------


@pytest.fixture(autouse=True)
def _nothing_kept():
    cards._kept = cards._Kept()


def image_of(client, page) -> str:
    response = client.get(page)
    assert response.status_code == 200
    (address,) = IMAGE.findall(response.text)
    assert '<meta name="twitter:card" content="summary_large_image">' in response.text
    return address


def page_of(thread: int) -> str:
    return f"/t/{thread}/night-serum-in-summer"


@pytest.mark.parametrize("brand", ["lune", "velora"])
def test_a_page_names_a_card_that_is_there_and_may_be_kept_for_ever(start, visit, brand):
    thread = start(brands=[{"lune": LUNE, "velora": VELORA}[brand]])
    client = visit(brand=brand)
    addresses = {page: image_of(client, page) for page in ("/", "/c/general", page_of(thread))}
    assert addresses["/"] == addresses["/c/general"] != addresses[page_of(thread)]
    assert addresses[page_of(thread)].startswith(f"/og/t/{thread}-")
    for address in addresses.values():
        response = client.get(address)
        assert response.mimetype == "image/png"
        assert Image.open(io.BytesIO(response.data)).size == (WIDTH, HEIGHT)
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "Set-Cookie" not in response.headers


def test_a_card_gets_another_address_when_it_says_something_else(start, answer, visit, change):
    thread = start()
    client = visit()
    seen = [image_of(client, page_of(thread))]

    def retitle():
        service.edit(
            who("mia"), opening(thread), body="A good question", title="Night serum in summer"
        )

    def repaint():
        the_brand().theme = {"brand": "#123456"}

    answer(thread)
    seen.append(image_of(client, page_of(thread)))
    change(repaint)
    seen.append(image_of(client, page_of(thread)))
    change(lambda: setattr(who("mia"), "name", "Mia Nova"))
    seen.append(image_of(client, page_of(thread)))
    assert len(set(seen)) == 4
    for old in seen[:-1]:
        response = client.get(old)
        assert response.status_code == 302
        assert response.location.endswith(seen[-1])
        assert response.headers["Cache-Control"] == "public, max-age=3600"


def test_a_view_gives_a_card_no_other_address(start, visit, change):
    thread = start()
    before = image_of(visit(), page_of(thread))
    views = update(Thread).where(Thread.id == thread).values(views_count=7)
    change(lambda: db.session.execute(views))
    assert image_of(visit("oli"), page_of(thread)) == before


def test_what_strangers_may_not_read_has_no_card_whoever_asks(visit, secret):
    for client in (visit(), visit("mia"), visit("oli")):
        page = client.get(f"/t/{secret}/secret-plans-of-the-house")
        assert f"/og/t/{secret}" not in page.text
        response = client.get(f"/og/t/{secret}-{'0' * 16}.png")
        assert response.status_code in (404, 410)
        assert "Location" not in response.headers


def test_no_card_is_named_or_drawn_when_strangers_may_not_read(start, visit, change):
    thread = start()
    address = image_of(visit(), page_of(thread))
    brand_card = image_of(visit(), "/")

    def close():
        the_brand().features = {"guest_reading": False}

    change(close)
    for one in (address, brand_card):
        assert visit("ada").get(one).status_code == 404
    assert "og:image" not in visit("ada").get(page_of(thread)).text


def test_a_card_is_drawn_once_and_given_again(start, visit, monkeypatch):
    thread = start()
    client, drawings = visit(), []
    monkeypatch.setattr(cards, "draw", lambda *a: drawings.append(a) or draw(*a))
    address = image_of(client, page_of(thread))
    assert client.get(address).data == client.get(address).data
    assert len(drawings) == 1


def test_memory_holds_the_cards_asked_for_last(monkeypatch):
    monkeypatch.setattr(cards, "KEPT", 2)
    kept = cards._Kept()
    for version in ("a", "b"):
        kept.keep(version, version.encode())
    assert kept.get("a") == b"a"
    kept.keep("c", b"c")
    assert [kept.get(version) for version in "abc"] == [b"a", None, b"c"]


def test_a_network_has_so_many_cards_drawn_and_no_more(start, visit, monkeypatch):
    monkeypatch.setattr(cards, "DRAWN_PER_NETWORK", "1/minute")
    first, second = start(brands=[LUNE]), start("news", brands=[LUNE])
    client = visit()
    addresses = [image_of(client, page_of(thread)) for thread in (first, second)]
    assert [client.get(address).status_code for address in addresses] == [200, 429]
    assert client.get(addresses[0]).status_code == 200


def test_the_picture_of_a_thread_is_on_its_card_until_it_is_hidden(app, start, visit, change):
    token = change(lambda: media.store_picture(who("mia"), a_picture((200, 20, 10))).token)
    thread = start(brands=[LUNE], body=f"Look ![]({media.url_of(token)})")
    client = visit()
    address = image_of(client, page_of(thread))

    def is_there() -> bool:
        image = Image.open(io.BytesIO(client.get(address).data)).convert("RGB")
        red, _green, blue = image.getpixel((950, 300))
        return red > 150 and blue < 60

    assert is_there()
    cards._kept = cards._Kept()
    change(
        lambda: setattr(media.picture_or_missing(token), "hidden_at", opening(thread).created_at)
    )
    assert not is_there()
