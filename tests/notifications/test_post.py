"""Handing a message over: to a real SMTP server, or into a folder."""

import smtplib
import ssl
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default as modern
from email.utils import format_datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from community.notifications import post
from tests.network import Postbox

pytestmark = pytest.mark.once

SUBJECTS = [
    "Re: Rétinol le matin ?",
    "Re: Élodie, as-tu essayé le sérum de nuit pendant l’été, en plein soleil, à la plage ?" * 2,
    "短い" * 70,
    "An ordinary subject that is long enough to be folded over more than one line of a header",
    "x" * 150,
    "{name} %(name)s [[name]] {{ 7*7 }}",
]


def letter(to="ada@example.com", subject="Hello", text="Good morning\n", **headers):
    message = EmailMessage(post.POLICY)
    message["From"] = Address("Maison Lune", addr_spec="hello@lune.example")
    message["To"] = Address(addr_spec=to)
    message["Subject"] = subject
    message["Date"] = format_datetime(datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC))
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text, cte="quoted-printable")
    return message


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate and its key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    moment = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - timedelta(days=1))
        .not_valid_after(moment + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    pem = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(key.private_bytes(pem, *plain) + made.public_bytes(pem))
    return path


@pytest.fixture
def postbox():
    with Postbox() as box:
        yield box


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_subject_arrives_as_it_was_written(postbox, subject):
    post.send(letter(subject=subject), postbox.url, folder="lune")
    assert postbox.messages[0]["Subject"] == subject


def test_long_links_and_ids_in_headers_arrive_whole_and_unencoded():
    link = "<https://lune.example/unsubscribe/" + "abc-_." * 60 + ">"
    raw = letter(List_Unsubscribe=link, References=link).as_bytes()
    assert b"List-Unsubscribe: " + link.encode() + b"\r\n" in raw
    assert b"References: " + link.encode() + b"\r\n" in raw


def test_no_line_is_longer_than_mail_allows():
    raw = letter(text="é" * 5000 + "\n" + "x" * 5000, subject=SUBJECTS[1]).as_bytes()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 78


@pytest.mark.parametrize("header", ["Subject", "To", "From", "References", "List-Unsubscribe"])
@pytest.mark.parametrize("line_end", ["\n", "\r", "\r\n", "\n "])
def test_a_header_with_a_line_end_is_refused(header, line_end):
    message = EmailMessage(post.POLICY)
    with pytest.raises(ValueError, match=r"linefeed|newline|CR or LF"):
        message[header] = f"a{line_end}Bcc: victim@example.com"


def test_the_envelope_goes_to_the_one_recipient(postbox):
    post.send(letter(), postbox.url, folder="lune")
    assert postbox.envelopes == [("hello@lune.example", ["ada@example.com"])]


def test_a_server_that_is_full_is_worth_another_try(postbox):
    postbox.refuse = "451 try later"
    with pytest.raises(smtplib.SMTPDataError):
        post.send(letter(), postbox.url, folder="lune")
    postbox.refuse = None
    post.send(letter(), postbox.url, folder="lune")
    assert len(postbox.messages) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [("550 no such mailbox", post.NeverAccepted), ("450 busy", smtplib.SMTPRecipientsRefused)],
)
def test_an_unknown_recipient_is_told_apart_from_a_busy_one(answer, error):
    class Choosy(Postbox):
        async def handle_RCPT(self, _server, _session, _envelope, _address, _options):
            return answer

    with Choosy() as box, pytest.raises(error):
        post.send(letter(), box.url, folder="lune")


def test_a_password_goes_to_no_distant_server_that_cannot_encrypt(postbox):
    host, port = postbox.url.removeprefix("smtp://").split(":")
    with (
        smtplib.SMTP(host, int(port)) as connection,
        pytest.raises(smtplib.SMTPNotSupportedError, match="no encryption"),
    ):
        post._encrypt(connection, "mail.example.com", has_password=True)


@pytest.fixture
def secretive(certificate):
    """A server that takes mail only after STARTTLS, with a certificate nobody vouches for."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    with Postbox(tls_context=context, require_starttls=True) as box:
        yield box


def test_encryption_is_used_where_it_is_offered(secretive):
    post.send(letter(), secretive.url, folder="lune")
    assert len(secretive.messages) == 1


def test_a_password_goes_only_to_a_server_that_proves_its_name(secretive):
    host, port = secretive.url.removeprefix("smtp://").split(":")
    connection = smtplib.SMTP(host, int(port))
    with pytest.raises(ssl.SSLCertVerificationError):
        post._encrypt(connection, "mail.example.com", has_password=True)
    connection.close()


def test_a_folder_keeps_each_brand_apart_and_the_newest_first(tmp_path):
    url = f"file://{tmp_path}/some%20where"
    first, second = letter(subject="first"), letter(subject="second")
    second.replace_header("Date", format_datetime(datetime(2026, 3, 4, 5, 6, 8, tzinfo=UTC)))
    post.send(first, url, folder="lune")
    post.send(second, url, folder="lune")
    post.send(letter(subject="other"), url, folder="velora")
    subjects = [
        message_from_bytes(path.read_bytes(), policy=modern)["Subject"]
        for path in post.kept(url, "lune")
    ]
    assert subjects == ["second", "first"]
    assert not list((tmp_path / "some where").rglob("*.part"))
