"""A Chromium for the tests, and visitors who remember what it complained about."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Request,
    Response,
    sync_playwright,
)

PHONE = {"width": 390, "height": 844}
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The brands' hosts are this machine; every other name does not exist.
    "--host-resolver-rules=MAP *.localhost 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
SKIPPED = "ViewTransition opt-in disabled"  # the page was left before it had faded in
MAY_BE_REFUSED = {"document", "xhr", "fetch"}  # a form with mistakes answers 422


@contextmanager
def started_chromium() -> Iterator[Browser]:
    """Start the machine's Chromium, cut off from every host but this machine."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        raise RuntimeError("Chromium is needed; make test says how to get it.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visitor:
    """Someone with a browser of their own; `complaints` is what that browser did not like."""

    context: BrowserContext
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def arriving(cls, browser: Browser, **options: object) -> "Visitor":
        """Give a new visitor, on a phone and in English unless the options say otherwise."""
        visitor = cls(browser.new_context(**{"viewport": PHONE, "locale": "en-GB"} | options))
        visitor.context.set_default_timeout(10_000)  # milliseconds
        visitor._watch()
        return visitor

    def _watch(self) -> None:
        self.context.on("console", self._console)
        self.context.on("weberror", self._threw)
        self.context.on("response", self._response)
        self.context.on("requestfailed", self._failed)

    def _threw(self, error) -> None:
        if SKIPPED not in str(error.error):
            self.complaints.append(str(error.error))

    def _console(self, message: ConsoleMessage) -> None:
        # The answers themselves are judged in _response, with what they are for.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.complaints.append(f"{message.text} ({message.location.get('url')})")

    def _response(self, answer: Response) -> None:
        kind = answer.request.resource_type
        if answer.status >= 500 or (answer.status >= 400 and kind not in MAY_BE_REFUSED):
            self.complaints.append(f"{answer.status} for {kind} {answer.url}")

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # the visitor went on to another page
            self.complaints.append(f"{request.failure} for {request.url}")
