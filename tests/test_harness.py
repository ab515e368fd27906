"""The walls and servers the other tests lean on; a hole here would make them say too much."""

import os
import secrets
import signal
import smtplib
import socket
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import psycopg
import pytest
import sqlalchemy
from sqlalchemy import text

from tests import network, services

pytestmark = pytest.mark.once
ROOT = Path(__file__).resolve().parents[1]
OUTSIDE = "192.0.2.1"  # TEST-NET-1 of RFC 5737: nobody's address


@pytest.fixture
def database():
    server = services.postgres()
    name = server.create_database(f"harness_{secrets.token_hex(4)}")
    yield server, name
    server.drop_database(name)


def rows(url, *statements):
    engine = sqlalchemy.create_engine(url)
    try:
        with engine.begin() as connection:
            for statement in statements:
                result = connection.execute(text(statement))
            return list(result.scalars()) if result.returns_rows else []
    finally:
        engine.dispose()


def call_outside():
    socket.create_connection((OUTSIDE, 443), timeout=1)


def send_a_datagram():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.sendto(b"x", (OUTSIDE, 53))


def look_up_a_name():
    socket.getaddrinfo("example.com", 443)


def mail_through_an_unknown_server():
    smtplib.SMTP("127.0.0.1", 9, timeout=1)


def connect_to_a_mail_port():
    socket.create_connection(("127.0.0.1", 25), timeout=1)


def call_a_mapped_address():
    with socket.socket(socket.AF_INET6) as peer:
        peer.connect((f"::ffff:{OUTSIDE}", 443))


@pytest.mark.parametrize(
    "reach",
    [
        call_outside,
        send_a_datagram,
        look_up_a_name,
        mail_through_an_unknown_server,
        connect_to_a_mail_port,
        call_a_mapped_address,
    ],
)
def test_reaching_outside_fails_the_test_even_when_the_code_swallows_the_error(reach):
    with (
        pytest.raises(AssertionError, match="out of bounds"),
        network.wall(),
        pytest.raises(network.NetworkRefused),
    ):
        reach()


def test_this_machine_may_be_reached():
    with network.wall(), socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        socket.create_connection(("localhost", port), timeout=5).close()
        socket.create_connection(("127.0.0.1", port), timeout=5).close()


def test_the_postbox_keeps_a_mail_as_it_was_sent():
    with network.wall(), network.Postbox() as postbox:
        host, _, port = postbox.url.removeprefix("smtp://").partition(":")
        with smtplib.SMTP(host, int(port), local_hostname="localhost") as mail:
            mail.sendmail(
                "a@lune.example",
                ["b@velora.example"],
                "Subject: Très bien\r\n\r\nÀ bientôt\r\n".encode(),
            )
            postbox.refuse = "451 later"
            with pytest.raises(smtplib.SMTPDataError):
                mail.sendmail("a@lune.example", ["b@velora.example"], "Subject: two\r\n\r\n")
    [kept] = postbox.messages
    assert kept["Subject"] == "Très bien"
    assert postbox.envelopes == [("a@lune.example", ["b@velora.example"])]


def test_the_application_role_is_bound_by_row_level_security(database):
    server, name = database
    rows(
        server.owner_url(name),
        "CREATE TABLE posts (brand_id int, body text)",
        "ALTER TABLE posts ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY one ON posts USING (brand_id = 1)",
        "INSERT INTO posts VALUES (1, 'lune'), (2, 'velora')",
    )
    assert rows(server.app_url(name), "SELECT body FROM posts") == ["lune"]
    with pytest.raises(sqlalchemy.exc.ProgrammingError, match="must be owner"):
        rows(server.app_url(name), "ALTER TABLE posts DISABLE ROW LEVEL SECURITY")
    with pytest.raises(sqlalchemy.exc.ProgrammingError, match="permission denied"):
        rows(server.app_url(name), "CREATE TABLE mine (id int)")


def test_a_template_is_built_once_and_copied(database):
    server, _ = database
    built = []

    def build(url):
        built.append(url)
        rows(url, "CREATE TABLE things (name text)", "INSERT INTO things VALUES ('é')")

    template, copy = f"tpl_{secrets.token_hex(4)}", f"copy_{secrets.token_hex(4)}"
    for _ in range(2):
        server.template(template, build)
    server.create_database(copy, template=template)
    assert len(built) == 1
    assert rows(server.app_url(copy), "SELECT upper(name) FROM things") == ["É"]
    server.drop_database(copy)
    server.drop_database(template)


def test_a_template_that_failed_is_built_again(database):
    server, _ = database
    name = f"tpl_{secrets.token_hex(4)}"
    with pytest.raises(sqlalchemy.exc.ProgrammingError):
        server.template(name, lambda url: rows(url, "SELECT * FROM nothing_here"))
    server.template(name, lambda url: rows(url, "CREATE TABLE things (name text)"))
    assert rows(server.owner_url(name), "SELECT count(*) FROM things") == [0]
    server.drop_database(name)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_when_the_owner_is_stopped(how):
    environment = {key: value for key, value in os.environ.items() if key != services.FOLDER}
    script = "echo $TEST_SERVICES; echo $TEST_PG_APP_URL; exec sleep 60"
    with subprocess.Popen(
        [sys.executable, "-m", "tests.services", "run", "--", "sh", "-c", script],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # What a shell starts in the background is born deaf to Ctrl+C; this is about who hears.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as owner:
        folder = Path(owner.stdout.readline().strip())
        assert rows(owner.stdout.readline().strip(), "SELECT 1") == [1]
        (os.kill if how == signal.SIGKILL else os.killpg)(owner.pid, how)
        owner.wait(30)
        with suppress(ProcessLookupError):  # what a killed owner could not end itself
            os.killpg(owner.pid, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not folder.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(host=str(folder / "pg"), user="postgres", dbname="postgres")
