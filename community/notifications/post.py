"""How mail leaves: through an SMTP server, or into a folder for a demo.

`send` blocks for as long as the server takes, so it is called with no
transaction open. What the server may never accept is told apart from what it
may accept later: only the second is worth another try.
"""

import os
import secrets
import smtplib
import ssl
from email.header import Header
from email.headerregistry import HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

TIMEOUT_S = 8
"""Of each answer of the server: all of them together stay within a delivery's lease."""


LONG_WORD = 60
"""A word of a subject that no line has room for is encoded, which can be cut anywhere."""


class NeverAccepted(Exception):
    """The server knows no such recipient; trying again would only annoy it."""


class _Unfolded(UnstructuredHeader):
    """A header of addresses and ids: folding would turn long ones into encoded words."""

    max_count = 1

    def fold(self, *, policy):
        return f"{self.name}: {self}{policy.linesep}"


class _Subject(UnstructuredHeader):
    max_count = 1

    def fold(self, *, policy):
        can_fold = self.isascii() and all(len(word) < LONG_WORD for word in self.split(" "))
        encoding = "us-ascii" if can_fold else "utf-8"
        value = Header(str(self), encoding, header_name=self.name).encode(linesep=policy.linesep)
        return f"{self.name}: {value}{policy.linesep}"


_headers = HeaderRegistry()
_headers.map_to_type("subject", _Subject)
for _name in ("list-id", "list-unsubscribe", "list-unsubscribe-post", "references", "in-reply-to"):
    _headers.map_to_type(_name, _Unfolded)
POLICY = SMTP.clone(header_factory=_headers)


def send(message: EmailMessage, url: str, *, folder: str) -> None:
    """Hand a message over, whole or not at all.

    `url` is the setting `mail_url`; `folder` names the brand's own part of a mail folder.
    Raises NeverAccepted when the recipient is refused for good, OSError or SMTPException when
    it may work later.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        _keep(message, Path(unquote(parts.path)) / folder)
    else:
        _hand_over(message, parts)


def kept(url: str, folder: str) -> list[Path]:
    """The messages in a brand's part of a mail folder, newest first."""
    place = Path(unquote(urlsplit(url).path)) / folder
    return sorted(place.glob("*.eml"), reverse=True)


def _keep(message: EmailMessage, place: Path) -> None:
    place.mkdir(parents=True, exist_ok=True)
    moment = message["Date"].datetime
    name = f"{moment:%Y%m%dT%H%M%S}-{secrets.token_hex(6)}"
    unfinished = place / f"{name}.part"
    with unfinished.open("wb") as file:
        file.write(message.as_bytes())
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(place / f"{name}.eml")


def _hand_over(message: EmailMessage, server: SplitResult) -> None:
    try:
        with _connected(server) as connection:
            connection.send_message(message)
    except smtplib.SMTPRecipientsRefused as refusal:
        if all(code >= 500 for code, _answer in refusal.recipients.values()):
            raise NeverAccepted(str(refusal)) from refusal
        raise


def _connected(server: SplitResult) -> smtplib.SMTP:
    host = server.hostname or "localhost"
    if server.scheme == "smtps":
        connection = smtplib.SMTP_SSL(
            host, server.port or 465, timeout=TIMEOUT_S, context=ssl.create_default_context()
        )
    else:
        connection = smtplib.SMTP(host, server.port or 587, timeout=TIMEOUT_S)
    try:
        if server.scheme == "smtp":
            _encrypt(connection, host, has_password=server.username is not None)
        if server.username is not None:
            connection.login(unquote(server.username), unquote(server.password or ""))
    except BaseException:
        connection.close()
        raise
    return connection


def _encrypt(connection: smtplib.SMTP, host: str, *, has_password: bool) -> None:
    """STARTTLS where offered; a password goes only to a server that proves its name.

    Without one any certificate will do, as between mail servers, and on this machine too.
    """
    must = has_password and not _is_here(host)
    connection.ehlo()
    if connection.has_extn("starttls"):
        context = ssl.create_default_context()
        if not must:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        connection.starttls(context=context)
        connection.ehlo()
    elif must:
        raise smtplib.SMTPNotSupportedError(f"{host} offers no encryption for the password")


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
