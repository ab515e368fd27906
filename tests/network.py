"""The wall around the tests: no host but this machine, no mail but into the tests' own postbox.

An audit hook sees every connection, datagram and name look-up that Python code makes, in every
thread, whichever library asked. What is refused raises at once and is remembered as well, so
that the test fails even where the code under test takes the error for a lost connection.
"""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default as modern
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.serving import free_port

MAIL_PORTS = frozenset({25, 465, 587, 2525})


class NetworkRefused(OSError):
    """A test reached for a host outside this machine, or for a mail server that is not ours."""


@dataclass
class _Wall:
    armed: bool = False
    hooked: bool = False
    refused: list[str] = field(default_factory=list)
    postboxes: set[tuple[str, int]] = field(default_factory=set)


_wall = _Wall()


def raise_wall() -> None:
    """Refuse the network from now on, in this process."""
    if not _wall.hooked:
        sys.addaudithook(_audit)  # an audit hook cannot be taken away, so there is only ever one
        _wall.hooked = True
    _wall.armed = True


def refusals() -> list[str]:
    """Hand over what was refused since the last call, one sentence each."""
    seen, _wall.refused = _wall.refused, []
    return seen


@contextmanager
def wall() -> Iterator[None]:
    """Refuse the network inside the block, and fail it at its end if anything was refused."""
    raise_wall()
    refusals()
    yield
    if seen := refusals():
        raise AssertionError("The network is out of bounds in tests. " + " ".join(seen))


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not _wall.armed:
        return
    if event in {"socket.connect", "socket.sendto"}:
        _check_address(*arguments)
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        _check_name(arguments[0])
    elif event == "smtplib.connect":
        _check_mail(arguments[1], arguments[2])


def _check_address(peer: socket.socket, address: Any) -> None:
    if peer.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    host, port = str(address[0]), address[1]
    if not _is_here(host):
        _refuse(f"A connection to {host} port {port} was refused.")
    if port in MAIL_PORTS and (host, port) not in _wall.postboxes:
        _refuse(f"A connection to the mail port {port} was refused.")


def _check_name(name: str | bytes | None) -> None:
    host = name.decode() if isinstance(name, bytes) else name
    if host and _address(host) is None and not _is_here(host):
        _refuse(f"A look-up of the name {host} was refused.")


def _check_mail(host: str, port: int) -> None:
    if (host, port) not in _wall.postboxes:
        _refuse(f"Mail through {host} port {port} was refused; use the postbox of the tests.")


def _is_here(host: str) -> bool:
    address = _address(host)
    if address is None:
        names = ("localhost", socket.gethostname().lower())
        return host.lower() in names or host.lower().endswith(".localhost")
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _refuse(sentence: str) -> None:
    _wall.refused.append(sentence)
    raise NetworkRefused(sentence)


class Postbox:
    """A real mail server on this machine that keeps what it is given.

    `messages` holds the parsed mails in the order of arrival, `envelopes` the addresses they
    were really sent from and to. `refuse` makes the next mails fail with that SMTP answer, such
    as `451 try later`, until it is set back to None.
    """

    def __init__(self, **smtp: Any) -> None:
        """Take further arguments of aiosmtpd's server, such as `tls_context`."""
        self.messages: list[EmailMessage] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.refuse: str | None = None
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port(), **smtp)

    @property
    def url(self) -> str:
        """Give the address in the form of the mail setting."""
        return f"smtp://127.0.0.1:{self._controller.port}"

    def __enter__(self) -> "Postbox":
        self._controller.start()
        _wall.postboxes.add(("127.0.0.1", self._controller.port))
        return self

    def __exit__(self, *_: object) -> None:
        _wall.postboxes.discard(("127.0.0.1", self._controller.port))
        self._controller.stop()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.refuse:
            return self.refuse
        self.messages.append(BytesParser(policy=modern).parsebytes(envelope.content))
        self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
        return "250 kept"
