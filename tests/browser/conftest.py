"""A real Chromium in front of a real server, one visitor per test.

Whatever the browser complains about fails the test at its end: an error on the console, a
breach of the content security policy, an answer of 500 or more, a picture, script or stylesheet
that did not come. Expected refusals (a form with mistakes answers 422) are no complaint.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from community.settings import Settings
from tests.browser.server import Server, Serving
from tests.browser.stage import Stage, staged
from tests.browser.visitor import Visitor, started_chromium

ROOT = Path(__file__).resolve().parents[2]
# Colours on their way from one to another are nobody's fault.
SETTLED = "async () => { for (const moving of document.getAnimations()) await moving.finished; }"
FOUND = """async options => (await axe.run(options)).violations.flatMap(rule =>
    rule.nodes.map(node => `${rule.id}: ${node.target} ${node.failureSummary}`))"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start one browser for all tests of this process."""
    with started_chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """Serve the demo, lived in, from a process of its own with its worker: for all tests."""
    with staged() as stage:
        yield stage


@pytest.fixture
def visitors(chromium: Browser, request) -> Iterator[Callable[..., Visitor]]:
    """Give a function that makes visitors; fail at the end if one has a complaint."""
    if "server" in request.fixturenames:
        request.getfixturevalue("server")  # it goes after its visitors have gone
    made: list[Visitor] = []

    def make(**options: object) -> Visitor:
        made.append(Visitor.arriving(chromium, **options))
        return made[-1]

    yield make
    for visitor in made:
        visitor.context.close()
    assert [complaint for visitor in made for complaint in visitor.complaints] == []


@pytest.fixture
def visitor(visitors: Callable[..., Visitor]) -> Visitor:
    """Make one visitor with a phone."""
    return visitors()


@pytest.fixture
def browse(visitors: Callable[..., Visitor]) -> Callable[..., Page]:
    """Give a function that opens a page as a new visitor, on a phone unless told otherwise.

    Its options are those of a Playwright context: `viewport`, `color_scheme`, `locale`,
    `java_script_enabled`, `reduced_motion`, … Every visitor has cookies of their own.
    """
    return lambda **options: visitors(**options).context.new_page()


@pytest.fixture
def page(browse: Callable[..., Page]) -> Page:
    """Open one page on a phone."""
    return browse()


@pytest.fixture(scope="session")
def axe() -> Callable[..., list[str]]:
    """Give a function that lists what axe-core finds wrong on a page, one line for each place.

    The rules are those of WCAG 2.2 A and AA and axe's best practices, or only those named:
    `axe(page, "color-contrast")`. The source is evaluated through the debugger, so the page keeps
    its content security policy.
    """
    source = (ROOT / "node_modules/axe-core/axe.min.js").read_text()

    def check(page: Page, *rules: str) -> list[str]:
        page.evaluate(source)
        options = {"preload": False, "resultTypes": ["violations"]}
        if rules:
            options["runOnly"] = {"type": "rule", "values": rules}
        page.evaluate(SETTLED)
        return page.evaluate(FOUND, options)

    return check


@pytest.fixture
def serving(settings: Settings) -> Iterator[Serving]:
    """Serve this test's community, with the checks against forged forms on."""
    serving = Serving(settings)
    yield serving
    serving.stop()


@pytest.fixture
def server(serving: Serving) -> Server:
    """The community this test serves to the browser."""
    return Server(serving.app, serving.port)


@pytest.fixture
def sign_in(server: Server) -> Callable[..., None]:
    """Give a function that signs a visitor in: `sign_in(page, "ada")`, on Lune unless told."""

    def enter(page: Page, username: str, brand: str = "lune") -> None:
        server.enter(page.context, username, brand)

    return enter
