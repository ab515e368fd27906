"""Pictures of the demo community, to look at: `make shots`.

Every page is taken in both brands, on a phone and on a desk, light and dark, as a stranger, a
member or the owner sees it. What the browser complains about is printed, and makes it fail.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page

from community.demo import service as demo
from tests.browser.visitor import Visitor, started_chromium
from tests.serving import NotServing, demo_community

SIZES = {"390": {"width": 390, "height": 844}, "1280": {"width": 1280, "height": 900}}
BRANDS = ("lune", "velora")

# Name, address. A bracketed pattern stands for the first link on the home page that matches it.
SHOWN = {
    None: [
        ("home", "/"),
        ("categories", "/c"),
        ("category", r"[^/c/[^/?#]+$]"),
        ("thread", r"[^/t/\d+/[^/?#]+$]"),
        ("profile", r"[^/m/[^/?#]+$]"),
        ("rules", "/rules"),
        ("legal", "/legal"),
        ("appearance", "/appearance"),
        ("sign-in", "/login"),
        ("join", "/join"),
        ("not-found", "/no-such-page"),
    ],
    "member": [
        ("home", "/"),
        ("thread", r"[^/t/\d+/[^/?#]+$]"),
        ("new", "/new"),
        ("notifications", "/notifications"),
        ("settings", "/settings"),
        ("privacy", "/settings/privacy"),
    ],
    "owner": [
        ("admin", "/admin/"),
        ("admin-removed", "/admin/removed"),
        ("admin-deliveries", "/admin/deliveries"),
    ],
}


def main() -> int:
    """Take the pictures; return 1 when a browser complained or the demo did not start."""
    options = _options()
    options.folder.mkdir(parents=True, exist_ok=True)
    complaints = []
    try:
        with demo_community() as port, started_chromium() as browser:
            for brand in options.brand or BRANDS:
                taken, said = _brand(browser, f"http://{brand}.localhost:{port}", brand, options)
                print(f"{brand}: {taken} pictures in {options.folder}/")
                complaints += said
    except NotServing as error:
        complaints.append(str(error))
    print("\n".join(complaints), file=sys.stderr, end="\n" if complaints else "")
    return 1 if complaints else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.shots", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("shots"))
    parser.add_argument("--brand", action="append", choices=BRANDS)
    parser.add_argument("--locale", default="en-GB", help="what the browser asks for, as fr-FR")
    parser.add_argument("--only", default="", help="only pages with this in their names")
    return parser.parse_args()


def _brand(
    browser: Browser, address: str, brand: str, options: argparse.Namespace
) -> tuple[int, list[str]]:
    taken, complaints = 0, []
    for role, pages in SHOWN.items():
        wanted = [(name, path) for name, path in pages if options.only in name]
        for size, mode in _looks() if wanted else ():
            look = {"viewport": SIZES[size], "color_scheme": mode, "locale": options.locale}
            visitor = Visitor.arriving(browser, base_url=address, **look)
            page = visitor.context.new_page()
            if role:
                _sign_in(page, brand, role)
            for name, path in wanted:
                page.goto(_found(page, path), wait_until="networkidle")
                picture = f"{brand}-{role or 'stranger'}-{name}-{size}-{mode}.png"
                _take(page, options.folder / picture, SIZES[size])
                taken += 1
            visitor.context.close()
            complaints += visitor.complaints
    return taken, complaints


def _take(page: Page, file: Path, size: dict[str, int]) -> None:
    """Take the whole page in a window as high as it is, so that fixed bars stay at their edge."""
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size(size | {"height": max(height, size["height"])})
    page.screenshot(path=file)
    page.set_viewport_size(size)


def _looks() -> Iterator[tuple[str, str]]:
    yield from ((size, mode) for size in SIZES for mode in ("light", "dark"))


def _found(page: Page, path: str) -> str:
    if not path.startswith("["):
        return path
    page.goto("/")
    links = page.eval_on_selector_all("main a[href]", "all => all.map(a => a.pathname)")
    found = next((link for link in links if re.search(path[1:-1], link)), None)
    if found is None:
        raise NotServing(f"The home page links to nothing like {path}.")
    return found


def _sign_in(page: Page, brand: str, role: str) -> None:
    email = next(row[2] for row in demo.sign_ins() if row[:2] == (brand, role))
    page.goto("/login")
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password]").fill(demo.PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(lambda url: not url.endswith("/login"))


if __name__ == "__main__":
    sys.exit(main())
