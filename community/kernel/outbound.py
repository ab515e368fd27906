"""The only way out: HTTP to addresses other people chose, without reaching what is ours.

Webhooks, connectors, identity providers, push endpoints and imported pictures go through
`request`. A name is looked up once, every address it has must be on the public internet, and the
connection goes to one of those very addresses, so a name cannot change its mind in between.
"""

import json as json_format
import re
import socket
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as LookupTimeout
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

import httpcore2
import idna

from community.kernel.i18n import _
from community.kernel.internet import is_private, is_public

PORTS = (80, 443)
USER_AGENT = "community"
REDIRECTS = {301, 302, 303, 307, 308}
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}

Resolver = Callable[[str, int], Iterable[str]]

_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?")
_ENDS_IN_A_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?")
_look_ups = ThreadPoolExecutor(max_workers=8, thread_name_prefix="look-up")
_tls = httpcore2.default_ssl_context(_trust_env=False)


class OutboundError(Exception):
    """The request was not answered; `str()` says why, in words for a brand's administrator."""


class OutboundRefused(OutboundError):
    """We will not make this request, or will not follow where its answer leads."""


class OutboundFailed(OutboundError):
    """The other side could not be reached in time, or answered what is not HTTP."""


@dataclass(frozen=True)
class Response:
    """What came back: header names in lower case, the body as it was sent, never unpacked."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


@dataclass(frozen=True)
class _Target:
    url: str
    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        name = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"http": 80, "https": 443}[self.scheme]
        return name if self.port == usual else f"{name}:{self.port}"


@dataclass(frozen=True)
class _Limits:
    ends: float
    max_bytes: int
    ports: Collection[int]
    allow_private: bool
    resolver: Resolver

    def left(self) -> float:
        """Return the seconds left of the whole request; raise OutboundFailed when none are."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise OutboundFailed(_("The other side took too long to answer."))
        return left


def system_addresses(host: str, port: int) -> list[str]:
    """Return the addresses this machine's resolver knows for a host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def request(
    method: str,
    url: str,
    *,
    data: bytes | Mapping[str, str] | None = None,
    json: Any = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = 10,
    max_bytes: int = 1_000_000,
    max_redirects: int = 3,
    ports: Collection[int] = PORTS,
    allow_private: bool = False,
    resolver: Resolver = system_addresses,
) -> Response:
    """Make one HTTP request and return the answer, whatever its status.

    `data` is the body, or the fields of a form; `json` is written as JSON. `timeout` is in
    seconds and holds for everything together: look-ups, redirects and the last byte. A body of
    more than `max_bytes` is a failure. With `max_redirects=0` a redirect is returned as it is;
    otherwise each one is checked like the first address, and credentials stay with their origin.
    `allow_private` also reaches loopback and private networks, at any port: for a stand-in on
    the same machine, in tests and demos. Raises OutboundRefused or OutboundFailed.
    """
    limits = _Limits(time.monotonic() + timeout, max_bytes, ports, allow_private, resolver)
    target, body, sent = _target(url), *_body(data, json, headers)
    if method not in METHODS:
        raise OutboundRefused(_("This is not a method we use."))
    for _hop in range(max_redirects + 1):
        answer = _exchange(method, target, body, sent, limits)
        if answer.status not in REDIRECTS or not max_redirects or "location" not in answer.headers:
            return answer
        following = _followed(target, answer.headers["location"])
        if _loses_body(answer.status, method):
            method, body = "GET", None
            sent = _without(sent, {"content-type", "content-length"})
        if following.authority != target.authority:
            sent = _without(sent, {"authorization", "cookie", "proxy-authorization"})
        target = following
    raise OutboundRefused(_("The address redirects too often."))


def check(
    url: str,
    *,
    ports: Collection[int] = PORTS,
    allow_private: bool = False,
    resolver: Resolver = system_addresses,
) -> None:
    """Raise OutboundRefused when `request` would not go there; for forms that take an address.

    A name that cannot be looked up today raises OutboundFailed.
    """
    limits = _Limits(time.monotonic() + 5, 0, ports, allow_private, resolver)
    target = _target(url)
    _addresses(target.host, target.port, limits)


# -- where to ----------------------------------------------------------------------------------


def _target(url: str) -> _Target:
    """Read an address strictly; where readers could disagree, refuse."""
    if not url or len(url) > 4000 or re.search(r"[\x00-\x20\x7f\\]", url):
        raise OutboundRefused(_("This address cannot be read."))
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise OutboundRefused(_("This address cannot be read.")) from error
    if port == 0:
        raise OutboundRefused(_("Port %(port)s cannot be reached.", port=port))
    if parts.scheme not in ("http", "https"):
        raise OutboundRefused(_("Only http and https addresses can be reached."))
    if "@" in parts.netloc:
        raise OutboundRefused(_("An address may not hold a name or a password."))
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    usual = 443 if parts.scheme == "https" else 80
    return _Target(
        url=url,
        scheme=parts.scheme,
        host=_host(host),
        port=usual if port is None else port,
        path=f"{path}?{query}" if query else path,
    )


def _host(name: str) -> str:
    if ":" in name:
        return _literal(name)
    try:
        host = name if name.isascii() else idna.encode(name, uts46=True).decode()
    except UnicodeError as error:
        raise OutboundRefused(_("This address has no valid host.")) from error
    host = host.lower()
    if len(host) > 253 or not _HOST.fullmatch(host):
        raise OutboundRefused(_("This address has no valid host."))
    # `127.1`, `0x7f000001` and `2130706433` are addresses to some readers and names to others.
    return _literal(host) if _ENDS_IN_A_NUMBER.fullmatch(host) else host


def _literal(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError as error:
        raise OutboundRefused(_("This address has no valid host.")) from error


def _followed(origin: _Target, location: str) -> _Target:
    try:
        target = _target(urljoin(origin.url, location.strip()))
    except ValueError as error:
        raise OutboundRefused(_("This address cannot be read.")) from error
    if origin.scheme == "https" and target.scheme == "http":
        raise OutboundRefused(_("The address redirects from https to http."))
    return target


def _addresses(host: str, port: int, limits: _Limits) -> list[str]:
    """Look a host up once and return its addresses, all of them fit to be reached."""
    try:
        found = [str(ip_address(host))]
    except ValueError:
        found = _looked_up(host, port, limits)
    addresses = [ip_address(address.partition("%")[0]) for address in found]
    if not addresses:
        raise OutboundFailed(_("The host of this address is not known."))
    at_home = limits.allow_private and all(map(is_private, addresses))
    if not at_home and not all(map(is_public, addresses)):
        raise OutboundRefused(_("This address is not on the public internet."))
    if not at_home and port not in limits.ports:
        raise OutboundRefused(_("Port %(port)s cannot be reached.", port=port))
    return found


def _looked_up(host: str, port: int, limits: _Limits) -> list[str]:
    # In a thread, because the system's look-up knows no time limit.
    look_up = _look_ups.submit(lambda: list(limits.resolver(host, port)))
    try:
        return look_up.result(limits.left())
    except LookupTimeout as error:
        look_up.cancel()
        raise OutboundFailed(_("The other side took too long to answer.")) from error
    except (OSError, UnicodeError) as error:
        raise OutboundFailed(_("The host of this address is not known.")) from error


# -- the exchange ------------------------------------------------------------------------------


def _body(
    data: bytes | Mapping[str, str] | None, json: Any, headers: Mapping[str, str] | None
) -> tuple[bytes | None, dict[str, str]]:
    sent = {"user-agent": USER_AGENT, "accept": "*/*", "accept-encoding": "identity"}
    body: bytes | None = None
    if json is not None:
        body = json_format.dumps(json, ensure_ascii=False, separators=(",", ":")).encode()
        sent["content-type"] = "application/json"
    elif isinstance(data, Mapping):
        body = urlencode(data).encode()
        sent["content-type"] = "application/x-www-form-urlencoded"
    elif data is not None:
        body = data
    sent |= {name.lower(): value for name, value in (headers or {}).items()}
    return body, _without(sent, {"host", "content-length", "transfer-encoding", "connection"})


def _without(headers: Mapping[str, str], names: set[str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in names}


def _loses_body(status: int, method: str) -> bool:
    return (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST")


def _exchange(
    method: str, target: _Target, body: bytes | None, headers: Mapping[str, str], limits: _Limits
) -> Response:
    sent = {"host": target.authority, **headers, "connection": "close"}
    if body is not None or method in ("POST", "PUT", "PATCH"):
        sent["content-length"] = str(len(body or b""))
    address = httpcore2.URL(
        scheme=target.scheme, host=target.host, port=target.port, target=target.path
    )
    backend = _Guard(limits)
    try:
        with (
            httpcore2.ConnectionPool(ssl_context=_tls, network_backend=backend) as pool,
            pool.stream(method, address, headers=_latin(sent), content=body) as answer,
        ):
            received = _headers(answer.headers)
            return Response(answer.status, received, _read(answer, limits), target.url)
    except (httpcore2.TimeoutException, TimeoutError) as error:
        raise OutboundFailed(_("The other side took too long to answer.")) from error
    except httpcore2.LocalProtocolError as error:
        raise OutboundRefused(_("This request cannot be written as HTTP.")) from error
    except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
        said = _("The other side could not be reached: %(why)s.", why=_why(error))
        raise OutboundFailed(said) from error


def _latin(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    try:
        return [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items()]
    except UnicodeError as error:
        raise OutboundRefused(_("This request cannot be written as HTTP.")) from error


def _headers(received: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in received:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        joined[key] = f"{joined[key]}, {text}" if key in joined else text
    return joined


def _read(answer: httpcore2.Response, limits: _Limits) -> bytes:
    body = bytearray()
    for part in answer.iter_stream():
        body += part
        if len(body) > limits.max_bytes:
            raise OutboundFailed(
                _("The answer is larger than %(limit)s bytes.", limit=limits.max_bytes)
            )
    return bytes(body)


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__


class _Guard(httpcore2.NetworkBackend):
    """Connects to addresses that were checked, and to nothing else."""

    def __init__(self, limits: _Limits):
        self._limits = limits
        self._plain = httpcore2.SyncBackend()

    def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        failure: Exception | None = None
        for address in _addresses(host, port, self._limits):
            try:
                stream = self._plain.connect_tcp(
                    address, port, self._limits.left(), local_address, socket_options
                )
                return _Timed(stream, self._limits)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore2.ConnectError(host)

    def connect_unix_socket(self, path, timeout=None, socket_options=None):
        raise httpcore2.ConnectError(path)


class _Timed(httpcore2.NetworkStream):
    """A connection on which every wait is cut to what is left of the whole request."""

    def __init__(self, stream: httpcore2.NetworkStream, limits: _Limits):
        self._stream, self._limits = stream, limits

    def read(self, max_bytes, timeout=None):
        return self._stream.read(max_bytes, self._limits.left())

    def write(self, buffer, timeout=None):
        # Piece by piece, because a reader that takes a few bytes a second never times out.
        connection, unsent = self._stream.get_extra_info("socket"), memoryview(buffer)
        while unsent:
            connection.settimeout(self._limits.left())
            unsent = unsent[connection.send(unsent) :]

    def close(self):
        self._stream.close()

    def start_tls(self, ssl_context, server_hostname=None, timeout=None):
        secured = self._stream.start_tls(ssl_context, server_hostname, self._limits.left())
        return _Timed(secured, self._limits)

    def get_extra_info(self, info):
        return self._stream.get_extra_info(info)
