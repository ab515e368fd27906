import json
import socket
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from community.kernel import outbound
from community.kernel.outbound import OutboundError, OutboundFailed, OutboundRefused

pytestmark = pytest.mark.once

PUBLIC = "93.184.215.14"


class Stand(BaseHTTPRequestHandler):
    """A web server that does what the path says, and remembers what it was asked."""

    protocol_version = "HTTP/1.1"

    def _answer(self):
        size = int(self.headers.get("content-length") or 0)
        self.server.asked.append(
            (self.command, self.path, dict(self.headers.items()), self.rfile.read(size))
        )
        getattr(self, "_" + self.path.split("?")[0].split("/")[1], self._ok)()

    do_GET = do_POST = do_PUT = do_HEAD = _answer

    def _reply(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _ok(self):
        self._reply(200, b"hello", X_Two="1")

    def _status(self):
        self._reply(int(self.path.split("/")[2]), b"{}")

    def _to(self):
        code, where = parse_qs(self.path.split("?", 1)[1])["u"][0].split(" ", 1)
        self._reply(int(code), b"", Location=where)

    def _loop(self):
        self._reply(302, b"", Location="/loop")

    def _large(self):
        self._reply(200, b"x" * 2_000_000)

    def _gzip(self):
        self._reply(200, b"\x1f\x8b\x08packed", Content_Encoding="gzip")

    def _endless(self):
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"x" * 65_536)
        except OSError:
            self.close_connection = True

    def _drip(self):
        self.send_response(200)
        self.send_header("content-length", "100000")
        self.end_headers()
        self._slowly(b"x")

    def _dripheaders(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        self._slowly(b"x-a: b\r\n")

    def _slowly(self, piece):
        try:
            for _turn in range(200):
                self.wfile.write(piece)
                self.wfile.flush()
                time.sleep(0.05)
        except OSError:
            self.close_connection = True

    def _nonsense(self):
        self.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        self.close_connection = True

    def log_message(self, *_args):
        return


@pytest.fixture
def stand():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stand)
    server.daemon_threads = True
    server.asked = []
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def ask(url, method="GET", **options):
    return outbound.request(method, url, allow_private=True, **options)


def known(**hosts):
    """A resolver that knows these names, one list of addresses each."""
    by_name = {name.replace("_", "."): addresses for name, addresses in hosts.items()}
    return lambda host, _port: by_name[host]


# -- what works --------------------------------------------------------------------------------


def test_an_answer_has_its_status_headers_and_body(stand):
    answer = ask(f"{stand.url}/ok?a=1&b=%C3%A9#part")
    assert (answer.status, answer.body, answer.headers["x-two"]) == (200, b"hello", "1")
    method, path, headers, _body = stand.asked[0]
    assert (method, path) == ("GET", "/ok?a=1&b=%C3%A9")
    assert headers["host"] == stand.url.removeprefix("http://")


def test_every_status_is_an_answer(stand):
    assert [ask(f"{stand.url}/status/{n}").status for n in (204, 404, 410, 500)] == [
        204,
        404,
        410,
        500,
    ]


def test_bodies_are_sent_as_bytes_form_or_json(stand):
    ask(stand.url, "POST", data=b"raw", headers={"Content-Type": "text/x", "X-Sign": "v1=é"})
    ask(stand.url, "POST", data={"code": "a b&c"})
    ask(stand.url, "PUT", json={"name": "Zoë"})
    ask(stand.url, "POST")
    raw, form, document, empty = stand.asked
    assert raw[3] == b"raw" and raw[2]["content-type"] == "text/x"
    assert form[3] == b"code=a+b%26c" and "form" in form[2]["content-type"]
    assert json.loads(document[3]) == {"name": "Zoë"}
    assert empty[3] == b"" and empty[2]["content-length"] == "0"


def test_a_name_is_looked_up_once_and_its_address_is_used(stand):
    asked = []

    def resolver(host, port):
        asked.append(host)
        return ["127.0.0.1"]

    answer = ask(f"http://shop.test:{stand.server_port}/", resolver=resolver)
    assert answer.body == b"hello" and asked == ["shop.test"]
    assert stand.asked[0][2]["host"] == f"shop.test:{stand.server_port}"


def test_the_next_address_is_tried_when_one_does_not_answer(stand):
    answer = ask(
        f"http://shop.test:{stand.server_port}/", resolver=known(shop_test=["::1", "127.0.0.1"])
    )
    assert answer.status == 200


def test_a_body_is_never_unpacked(stand):
    assert ask(f"{stand.url}/gzip").body == b"\x1f\x8b\x08packed"
    assert stand.asked[0][2]["accept-encoding"] == "identity"


def test_proxies_of_the_environment_are_not_used(stand, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert ask(stand.url).status == 200


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", {"X": "a\r\nHost: evil"}),
        ("GET", {"X\r\nY": "a"}),
        ("GET", {"X": "漢"}),
        ("GET / HTTP/1.1\r\nX:", {}),
        ("TRACE", {}),
    ],
)
def test_a_request_cannot_be_split_by_its_headers_or_method(stand, method, headers):
    with pytest.raises(OutboundRefused):
        ask(stand.url, method, headers=headers)
    assert stand.asked == []


# -- redirects ---------------------------------------------------------------------------------


def to(stand, code, where, **options):
    return ask(f"{stand.url}/to?u={code}%20{where}", **options)


def test_a_redirect_is_followed_and_its_end_is_told(stand):
    answer = to(stand, 302, "/ok")
    assert answer.body == b"hello" and answer.url == f"{stand.url}/ok"


@pytest.mark.parametrize(
    ("code", "method", "body"),
    [
        (301, "GET", b""),
        (302, "GET", b""),
        (303, "GET", b""),
        (307, "POST", b"x"),
        (308, "POST", b"x"),
    ],
)
def test_a_redirected_post_keeps_its_body_only_where_the_code_says_so(stand, code, method, body):
    to(stand, code, "/ok", method="POST", data=b"x")
    assert (stand.asked[1][0], stand.asked[1][3]) == (method, body)


def test_without_redirects_the_redirect_is_the_answer(stand):
    assert to(stand, 302, "/ok", max_redirects=0).status == 302
    assert len(stand.asked) == 1


def test_a_circle_of_redirects_ends(stand):
    with pytest.raises(OutboundRefused, match="too often"):
        ask(f"{stand.url}/loop", max_redirects=4)
    assert len(stand.asked) == 5


@pytest.mark.parametrize(
    "where",
    ["http://169.254.169.254/", "http://[fe80::1]/", "file:///etc/passwd", "//0.0.0.0/",
     "http://me:pw@127.0.0.1/", "gopher://127.0.0.1/", "http://93.184.215.14:22/", "http://[/"],
)  # fmt: skip
def test_a_redirect_to_where_we_would_not_go_is_refused(stand, where):
    with pytest.raises(OutboundRefused):
        to(stand, 302, where)
    assert len(stand.asked) == 1


def test_a_redirect_from_a_public_name_to_loopback_is_refused(stand, monkeypatch):
    """The first name is public by its address; the connection is led to the stand-in."""
    real = socket.create_connection
    monkeypatch.setattr(
        socket,
        "create_connection",
        lambda address, *rest, **options: real(("127.0.0.1", stand.server_port), *rest, **options),
    )
    for where in ("http://127.0.0.1/ok", "http://inside.test/ok"):
        with pytest.raises(OutboundRefused, match="public internet"):
            outbound.request(
                "GET",
                f"http://shop.test/to?u=302%20{where}",
                resolver=known(shop_test=[PUBLIC], inside_test=["10.0.0.8"]),
            )
    assert [path.split("?")[0] for _method, path, *_rest in stand.asked] == ["/to", "/to"]


def test_credentials_stay_with_their_origin(stand):
    headers = {"Authorization": "Bearer secret", "Cookie": "a=b", "X-Id": "7"}
    to(stand, 307, "/ok", headers=headers)
    other = f"http://other.test:{stand.server_port}/ok"
    to(stand, 307, other, headers=headers, resolver=known(other_test=["127.0.0.1"]))
    same, elsewhere = stand.asked[1][2], stand.asked[3][2]
    assert same["authorization"] == "Bearer secret" and same["cookie"] == "a=b"
    assert "authorization" not in elsewhere and "cookie" not in elsewhere
    assert elsewhere["x-id"] == "7"


# -- limits ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/large", "/endless"])
def test_a_body_beyond_the_limit_is_not_read(stand, path):
    with pytest.raises(OutboundFailed, match="larger than 1000000 bytes"):
        ask(stand.url + path)
    assert len(ask(f"{stand.url}/large", max_bytes=2_000_000).body) == 2_000_000


@pytest.mark.parametrize("path", ["/drip", "/dripheaders"])
def test_a_server_that_drips_is_left_after_the_whole_time(stand, path):
    started = time.monotonic()
    with pytest.raises(OutboundFailed, match="too long"):
        ask(stand.url + path, timeout=0.5)
    assert time.monotonic() - started < 1.5


def test_a_server_that_never_answers_or_never_reads_is_left():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        for data in (None, b"x" * 20_000_000):
            started = time.monotonic()
            with pytest.raises(OutboundFailed, match="too long"):
                ask(url, "POST", data=data, timeout=0.4)
            assert time.monotonic() - started < 1.5


def test_a_look_up_that_hangs_is_left():
    release = threading.Event()

    def resolver(_host, _port):
        release.wait(5)
        return [PUBLIC]

    started = time.monotonic()
    with pytest.raises(OutboundFailed, match="too long"):
        outbound.request("GET", "http://slow.test/", timeout=0.3, resolver=resolver)
    assert time.monotonic() - started < 1.5
    release.set()


def test_redirects_share_one_time_limit(stand):
    started = time.monotonic()
    with pytest.raises(OutboundError):
        ask(f"{stand.url}/to?u=302%20/drip", timeout=0.4)
    assert time.monotonic() - started < 1.5


def test_what_is_not_http_is_a_failure_with_a_reason(stand):
    with pytest.raises(OutboundFailed, match="could not be reached: "):
        ask(f"{stand.url}/nonsense")
    with pytest.raises(OutboundFailed, match="could not be reached: "):
        ask("http://127.0.0.1:9/")


def test_a_certificate_nobody_vouches_for_is_refused():
    """A TLS server without a certificate we could trust ends the handshake with a failure."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL")
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_shake, args=(server, context))
        thread.start()
        with pytest.raises(OutboundFailed):
            ask(f"https://127.0.0.1:{server.getsockname()[1]}/", timeout=3)
        thread.join()


def _shake(server, context):
    connection, _address = server.accept()
    try:
        context.wrap_socket(connection, server_side=True).close()
    except OSError:
        connection.close()
