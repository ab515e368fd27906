"""The browser fixtures notice what they promise to notice; else the other tests are vain."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'"
HEAD = '<!doctype html><html lang="en"><head><title>A page</title>{}</head>'
PAGES = {
    "/fine": HEAD.format("") + "<body><main><h1>Fine</h1></main></body>",
    "/inline": HEAD.format("") + '<body><main><h1 style="color:red">Red</h1></main></body>',
    "/error": HEAD.format('<script src="/error.js"></script>') + "<body></body>",
    "/error.js": "throw new Error('planted')",
    "/picture": HEAD.format("") + '<body><img src="/gone.png" alt="gone"></body>',
    "/outside": HEAD.format("") + '<body><img src="https://example.com/x.png" alt="x"></body>',
    "/unlabelled": HEAD.format("") + "<body><main><h1>Form</h1><input></main></body>",
}


class Pages(BaseHTTPRequestHandler):
    def do_GET(self):
        body = PAGES.get(self.path)
        status = 200 if body else int(self.path[1:]) if self.path[1:].isdigit() else 404
        self.send_response(status)
        kind = "text/javascript" if self.path.endswith(".js") else "text/html; charset=utf-8"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write((body or f"{HEAD.format('')}<body>{status}</body>").encode())

    def log_message(self, *_):
        """Keep the output of the tests clean."""


@contextmanager
def serving() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://lune.localhost:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def address():
    with serving() as url:
        yield url


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("/inline", "Content Security Policy"),
        ("/error", "planted"),
        ("/picture", "404 for image"),
        ("/outside", "Content Security Policy"),
        ("/500", "500 for document"),
    ],
)
def test_what_the_browser_dislikes_is_a_complaint(visitor, address, path, complaint):
    visitor.context.new_page().goto(address + path, wait_until="networkidle")
    assert any(complaint in line for line in visitor.complaints), visitor.complaints
    visitor.complaints.clear()


@pytest.mark.parametrize("path", ["/fine", "/404", "/422"])
def test_a_page_and_an_expected_refusal_are_no_complaint(visitor, address, path):
    visitor.context.new_page().goto(address + path, wait_until="networkidle")
    assert visitor.complaints == []


def test_a_visitor_comes_on_a_phone(page, address):
    page.goto(f"{address}/fine")
    assert page.evaluate("[innerWidth, innerHeight]") == [390, 844]


def test_axe_finds_what_is_wrong_under_a_strict_policy(page, axe, address):
    page.goto(f"{address}/fine")
    assert axe(page) == []
    page.goto(f"{address}/unlabelled")
    assert [line.partition(":")[0] for line in axe(page)] == ["label"]
