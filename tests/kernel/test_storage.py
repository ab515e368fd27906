import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import boto3
import pytest
from moto.server import ThreadedMotoServer

from community.kernel.errors import Invalid, Missing
from community.kernel.storage import (
    S3Storage,
    StorageFailed,
    StorageFull,
    open_storage,
)

pytestmark = pytest.mark.once

SECRET = "a secret of sufficient length"
BUCKET = "uploads"
SOON = timedelta(minutes=5)


@pytest.fixture(scope="module")
def s3_address():
    """A real S3 API on this machine, with one bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="eu-west-3",
        aws_access_key_id="id",
        aws_secret_access_key="a/key",
    )
    client.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-3"}
    )
    yield f"s3://id:a%2Fkey@{BUCKET}/BASE?endpoint={endpoint}&region=eu-west-3"
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def storage(request, tmp_path):
    if request.param == "folder":
        return open_storage(f"file://{tmp_path}/a%20folder", secret=SECRET)
    address = request.getfixturevalue("s3_address")
    return open_storage(address.replace("BASE", tmp_path.name), secret=SECRET)


def test_a_file_comes_back_as_it_was_put(storage):
    data = os.urandom(300_000)
    storage.put("lune/ab12-320.webp", data, "image/webp")
    found = storage.get("lune/ab12-320.webp")
    assert (found.data, found.content_type, found.size) == (data, "image/webp", 300_000)
    assert storage.exists("lune/ab12-320.webp")


def test_an_empty_file_is_a_file(storage):
    storage.put("lune/empty.txt", b"", "text/plain")
    assert storage.get("lune/empty.txt").size == 0


def test_putting_again_replaces(storage):
    storage.put("lune/a.txt", b"first and longer", "text/plain")
    storage.put("lune/a.txt", b"second", "text/plain")
    assert storage.get("lune/a.txt").data == b"second"


def test_a_file_that_is_not_there_is_missing(storage):
    storage.put("lune/deep/a.txt", b"1", "text/plain")
    for key in ("lune/nothing.webp", "lune/deep", "lune/deep/a.txt/b.txt"):
        assert not storage.exists(key)
        with pytest.raises(Missing):
            storage.get(key)


def test_deleting_twice_is_no_error(storage):
    storage.put("lune/a.txt", b"1", "text/plain")
    storage.delete("lune/a.txt")
    storage.delete("lune/a.txt")
    storage.delete("lune/never/was.txt")
    assert not storage.exists("lune/a.txt")


def test_keys_are_listed_in_order_by_prefix(storage):
    for key in ("lune/b.txt", "lune/a/x.txt", "halo/c.txt"):
        storage.put(key, b"1", "text/plain")
    assert list(storage.keys()) == ["halo/c.txt", "lune/a/x.txt", "lune/b.txt"]
    assert list(storage.keys("lune/")) == ["lune/a/x.txt", "lune/b.txt"]
    assert list(storage.keys("nobody/")) == []


@pytest.mark.parametrize(
    "key",
    ["", "/etc/passwd", "../a", "a/../b", "a//b", "a/", "a/.hidden", ".a", "A.webp", "a b", "a\\b",
     "a\x00b", "é", "a/..", "a..b", "%2e%2e/a", "a\n", "x" * 201, "c:/a", "a?b", "a#b"],
)  # fmt: skip
def test_a_key_that_could_lead_elsewhere_is_refused_by_every_method(storage, key):
    for act in (storage.get, storage.exists, storage.delete):
        with pytest.raises(Invalid):
            act(key)
    with pytest.raises(Invalid):
        storage.put(key, b"1", "application/octet-stream")
    with pytest.raises(Invalid):
        storage.signed_token(key, expires_at=datetime.now(UTC), scope="lune")


def test_a_suffix_that_lies_about_the_content_is_refused(storage):
    with pytest.raises(Invalid):
        storage.put("lune/a.webp", b"<script>", "text/html")
    storage.put("lune/a.bin", b"1", "application/octet-stream")


def test_two_writers_at_once_leave_one_whole_file(storage):
    versions = [bytes([n]) * 200_000 for n in range(6)]
    writers = [
        threading.Thread(target=storage.put, args=("lune/a.txt", data, "text/plain"))
        for data in versions
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert storage.get("lune/a.txt").data in versions
    assert list(storage.keys()) == ["lune/a.txt"]


# -- links that end ----------------------------------------------------------------------------


def test_a_link_names_its_file_until_it_ends(storage):
    now = datetime.now(UTC)
    token = storage.signed_token("lune/a.webp", expires_at=now + SOON, scope="lune")
    assert storage.check_token(token, scope="lune") == "lune/a.webp"
    assert storage.check_token(token, scope="lune", at=now + SOON - timedelta(seconds=2))
    with pytest.raises(Missing):
        storage.check_token(token, scope="lune", at=now + SOON + timedelta(seconds=1))


def test_a_link_of_one_brand_is_void_in_the_other(storage):
    later = datetime.now(UTC) + SOON
    token = storage.signed_token("lune/a.webp", expires_at=later, scope="lune")
    with pytest.raises(Missing):
        storage.check_token(token, scope="halo")
    other = open_storage("file:/nowhere/at/all", secret="another secret of good length")
    with pytest.raises(Missing):
        other.check_token(token, scope="lune")


def test_a_changed_link_is_void(storage):
    later = datetime.now(UTC) + SOON
    token = storage.signed_token("lune/a.webp", expires_at=later, scope="lune")
    for forged in ("", "x", token[:-1], token + "x", token[1:], "é" + token, "a.b.c"):
        with pytest.raises(Missing):
            storage.check_token(forged, scope="lune")
    for position in range(len(token)):
        other = "A" if token[position] != "A" else "Q"
        forged = token[:position] + other + token[position + 1 :]
        try:
            assert storage.check_token(forged, scope="lune") == "lune/a.webp"
            assert position == len(token) - 1  # the last letter carries two unused bits
        except Missing:
            continue


# -- when it fails -----------------------------------------------------------------------------

FILL = """
import resource, signal, sys
from community.kernel.storage import StorageFull, open_storage
storage = open_storage(sys.argv[1], secret="a secret of sufficient length")
storage.put("lune/a.txt", b"before", "text/plain")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    storage.put("lune/a.txt", b"x" * 100_000, "text/plain")
except StorageFull as error:
    print(type(error).__name__, error)
"""


def test_without_room_nothing_half_written_stays_and_the_old_file_does(tmp_path):
    """The limit on file size makes the system refuse a write as a full disk does."""
    address = f"file://{tmp_path}"
    run = subprocess.run(
        [sys.executable, "-c", FILL, address], capture_output=True, text=True, check=True
    )
    assert run.stdout == "StorageFull no room left for uploads\n"
    assert open_storage(address, secret=SECRET).get("lune/a.txt").data == b"before"
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a.txt"]


def test_a_folder_that_is_a_file_fails_with_a_name(tmp_path):
    (tmp_path / "taken").write_text("here")
    storage = open_storage(f"file://{tmp_path}/taken", secret=SECRET)
    with pytest.raises(StorageFailed) as failure:
        storage.put("lune/a.txt", b"1", "text/plain")
    assert not isinstance(failure.value, StorageFull)
    assert (tmp_path / "taken").read_text() == "here"


def test_a_bucket_that_is_not_there_fails_with_a_name(s3_address):
    storage = open_storage(s3_address.replace(f"@{BUCKET}", "@nobody"), secret=SECRET)
    with pytest.raises(StorageFailed, match="NoSuchBucket"):
        storage.put("lune/a.txt", b"1", "text/plain")
    with pytest.raises(StorageFailed):
        list(storage.keys())


def test_a_server_that_does_not_answer_fails_with_a_name():
    address = f"s3://id:key@{BUCKET}?endpoint=http://127.0.0.1:9"
    storage = open_storage(address, secret=SECRET)
    with pytest.raises(StorageFailed, match="cannot be reached"):
        storage.get("lune/a.txt")


def test_a_relative_folder_is_below_the_working_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    open_storage("file:instance/uploads", secret=SECRET).put("a.txt", b"1", "text/plain")
    assert (tmp_path / "instance" / "uploads" / "a.txt").read_bytes() == b"1"


@pytest.mark.parametrize(
    "address",
    ["", "file:", "file:///", "file://host/folder", "ftp://a/b", "s3://", "s3:///prefix",
     "s3://bucket?regoin=x"],
)  # fmt: skip
def test_a_wrong_address_is_refused_with_an_example(address):
    with pytest.raises(ValueError, match=r"file:|s3://"):
        open_storage(address, secret=SECRET)


def test_credentials_may_come_from_the_environment(s3_address, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a/key")
    without = urlsplit(s3_address)
    address = f"s3://{BUCKET}/{tmp_path.name}?{without.query}"
    storage = open_storage(address, secret=SECRET)
    assert isinstance(storage, S3Storage)
    storage.put("lune/a.txt", b"1", "text/plain")
    assert storage.get("lune/a.txt").data == b"1"
