"""Pictures of the demo community, to look at: `make shots`.

Every page is taken in both brands, on a phone and on a desk, light and dark, as whoever looks at
it sees it. What the browser complains about is printed, and makes it fail.
"""

import argparse
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from tests.browser.places import PLACES, Place
from tests.browser.stage import PEOPLE, Stage, staged
from tests.browser.visitor import Visitor, started_chromium
from tests.serving import NotServing

SIZES = {"390": {"width": 390, "height": 844}, "1280": {"width": 1280, "height": 900}}
MODES = ("light", "dark")
LANGUAGES = {"lune": "fr-FR", "velora": "en-GB"}
TALLEST = 6000  # pixels of a page that are taken
README = {
    "lune-home": "lune-stranger-home-1280-light",
    "velora-thread": "velora-stranger-thread-1280-dark",
}
PICTURES = Path(__file__).parent / "pictures"
DRAWN = """() => Promise.race([
    Promise.all([...document.images]
        .filter(image => image.getBoundingClientRect().top < innerHeight)
        .map(image => image.decode().catch(() => {}))),
    new Promise(done => setTimeout(done, 5000)),
])"""  # a lazy picture below what is taken never loads


def main() -> int:
    """Take the pictures; return 1 when a browser complained or the demo did not start."""
    options = _options()
    options.folder.mkdir(parents=True, exist_ok=True)
    wanted = [place for place in PLACES if options.only in str(place)]
    complaints = []
    try:
        with staged() as stage, started_chromium() as browser:
            for brand in options.brand or PEOPLE:
                taken, said = _brand(browser, stage, brand, wanted, options)
                print(f"{brand}: {taken} pictures in {options.folder}/", flush=True)
                complaints += said
        if options.readme:
            _renew_readme(options.folder)
    except NotServing as error:
        complaints.append(str(error))
    print("\n".join(complaints), file=sys.stderr, end="\n" if complaints else "")
    return 1 if complaints else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.shots", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("shots"))
    parser.add_argument("--brand", action="append", choices=PEOPLE)
    parser.add_argument("--locale", help="what the browser asks for, instead of the brand's own")
    parser.add_argument("--only", default="", help="only pages with this in their names")
    parser.add_argument("--readme", action="store_true", help="renew the pictures of README")
    return parser.parse_args()


def _renew_readme(folder: Path) -> None:
    """The first window of two pages, small enough to be kept with the code."""
    PICTURES.mkdir(exist_ok=True)
    for name, taken in README.items():
        with Image.open(folder / f"{taken}.png") as page:
            window = page.convert("RGB").crop((0, 0, 1280, 900)).resize((960, 675))
            window.save(PICTURES / f"{name}.webp", quality=82)


def _brand(
    browser: Browser, stage: Stage, brand: str, wanted: list[Place], options: argparse.Namespace
) -> tuple[int, list[str]]:
    taken, complaints = 0, []
    for part in dict.fromkeys(place.part for place in wanted):
        language = options.locale or LANGUAGES[brand]
        visitor = Visitor.arriving(browser, locale=language, reduced_motion="reduce")
        if part:
            stage.enter(visitor.context, PEOPLE[brand][part], brand)
        page = visitor.context.new_page()
        for place in wanted:
            if place.part == part:
                taken += _place(page, stage, brand, place, options.folder)
        visitor.context.close()
        complaints += visitor.complaints
    return taken, complaints


def _place(page: Page, stage: Stage, brand: str, place: Place, folder: Path) -> int:
    """Take one page in every size and light; return how many pictures that made."""
    for name, size in SIZES.items():
        page.set_viewport_size(size)
        page.goto(stage.url(stage.path(place.path, brand), brand), wait_until="networkidle")
        # In a window as high as the page, fixed bars stay at their edge.
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size(size | {"height": min(max(height, size["height"]), TALLEST)})
        page.evaluate(DRAWN)
        for mode in MODES:
            page.emulate_media(color_scheme=mode)
            file = folder / f"{brand}-{place}-{name}-{mode}.png"
            page.screenshot(path=file, animations="disabled")
    return len(SIZES) * len(MODES)


if __name__ == "__main__":
    sys.exit(main())
