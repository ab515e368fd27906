"""Where files are kept: a folder, or a bucket that speaks S3; the same promises from both.

A key is a path of lower-case letters, digits and `_ . -`. Its suffix says what the file is, so a
folder needs no second file to remember the content type. A file is there whole or not at all.
"""

import errno
import os
import re
import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from itsdangerous import BadSignature, URLSafeSerializer

from community.kernel.errors import Invalid, Missing
from community.kernel.i18n import _

CONTENT_TYPES = {
    "webp": "image/webp", "png": "image/png", "jpg": "image/jpeg", "json": "application/json",
    "jsonl": "application/jsonl", "csv": "text/csv", "txt": "text/plain", "zip": "application/zip",
    "gz": "application/gzip", "pdf": "application/pdf", "ics": "text/calendar",
}  # fmt: skip
ANYTHING = "application/octet-stream"

_SEGMENT = "[a-z0-9_-][a-z0-9_.-]*"
_KEY = re.compile(f"{_SEGMENT}(?:/{_SEGMENT})*")
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FULL_CODES = {"QuotaExceeded", "XMinioStorageFull", "InsufficientCapacity", "507"}
_MISSING_CODES = {"NoSuchKey", "NotFound", "404"}


class StorageFailed(Exception):
    """The storage could not be reached or did not do what was asked; nothing was changed."""


class StorageFull(StorageFailed):
    """There is no room for this file; nothing of it was kept, and what was there still is."""


@dataclass(frozen=True)
class StoredFile:
    """A file's bytes, its content type and its size in bytes."""

    data: bytes
    content_type: str
    size: int


class Storage(ABC):
    """Files by key, and links to them that end."""

    def __init__(self, secret: str):
        self._secret = secret

    def put(self, key: str, data: bytes, content_type: str) -> None:
        """Keep the file under the key, in place of what was there.

        Raises Invalid when the key is not one, or its suffix says something else than the
        content type; StorageFull or StorageFailed when the file could not be kept.
        """
        expected = content_type_of(key)
        if content_type != expected:
            raise Invalid(f"{key} would be read as {expected}, not as {content_type}.")
        self._put(_checked(key), data, content_type)

    def get(self, key: str) -> StoredFile:
        """Return the file; raise Missing when there is none, StorageFailed when unreachable."""
        data = self._get(_checked(key))
        return StoredFile(data, content_type_of(key), len(data))

    def exists(self, key: str) -> bool:
        """Whether there is a file under the key."""
        return self._exists(_checked(key))

    def delete(self, key: str) -> None:
        """Remove the file; that it is gone already is no error."""
        self._delete(_checked(key))

    @abstractmethod
    def changed_at(self, key: str) -> datetime:
        """When the file was put there; raise Missing when there is none."""

    @abstractmethod
    def keys(self, prefix: str = "") -> Iterator[str]:
        """Yield the keys that begin with the prefix, in order."""

    def signed_token(self, key: str, *, expires_at: datetime, scope: str) -> str:
        """Return a token that names the file until `expires_at`, within the scope only.

        The scope is the brand's: a token of one brand means nothing in another.
        """
        return self._signer(scope).dumps([_checked(key), int(expires_at.timestamp())])

    def check_token(self, token: str, *, scope: str, at: datetime | None = None) -> str:
        """Return the key a token names; raise Missing when it is false, foreign or has ended."""
        try:
            key, expires = self._signer(scope).loads(token)
        except BadSignature as error:
            raise Missing(_("This link is not valid.")) from error
        if expires <= (at or datetime.now(UTC)).timestamp():
            raise Missing(_("This link has expired."))
        return key

    def _signer(self, scope: str) -> URLSafeSerializer:
        options = {"digest_method": sha256, "key_derivation": "hmac"}
        return URLSafeSerializer(self._secret, salt=f"storage {scope}", signer_kwargs=options)

    @abstractmethod
    def _put(self, key: str, data: bytes, content_type: str) -> None: ...

    @abstractmethod
    def _get(self, key: str) -> bytes: ...

    @abstractmethod
    def _exists(self, key: str) -> bool: ...

    @abstractmethod
    def _delete(self, key: str) -> None: ...


def open_storage(url: str, *, secret: str) -> Storage:
    """Return the storage an address names; `secret` signs the links to its files.

    `file:///var/lib/community/uploads`, `file:uploads` or
    `s3://bucket/prefix?region=eu-west-3&endpoint=https://s3.example.com`. The credentials of a
    bucket stand before its name (`s3://id:secret@bucket`) or in the usual environment variables.
    Raises ValueError with what is wrong.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        if parts.netloc or not parts.path.strip("/"):
            raise ValueError("a file storage needs a folder, as in file:///var/lib/uploads")
        return LocalStorage(Path(unquote(parts.path)), secret=secret)
    if parts.scheme == "s3":
        return S3Storage(parts, secret=secret)
    raise ValueError("a storage address begins with file: or s3://")


def content_type_of(key: str) -> str:
    """Return what the key's suffix says the file is."""
    return CONTENT_TYPES.get(key.rpartition(".")[2], ANYTHING)


def _checked(key: str) -> str:
    if len(key) > 200 or ".." in key or not _KEY.fullmatch(key):
        raise Invalid(_("This is not the name of a stored file."))
    return key


def _no_such_file() -> Missing:
    return Missing(_("There is no such file."))


class LocalStorage(Storage):
    """Files in a folder. A new one is written beside its place and moved there when complete."""

    def __init__(self, folder: Path, *, secret: str):
        super().__init__(secret)
        self._folder = folder

    def changed_at(self, key: str) -> datetime:
        try:
            moment = (self._folder / _checked(key)).stat().st_mtime
        except (FileNotFoundError, NotADirectoryError) as error:
            raise _no_such_file() from error
        except OSError as error:
            raise _failure(error) from error
        return datetime.fromtimestamp(moment, UTC)

    def keys(self, prefix: str = "") -> Iterator[str]:
        found = (path.relative_to(self._folder) for path in self._folder.rglob("*"))
        names = (path.as_posix() for path in found if not path.name.startswith("."))
        for name in sorted(names):
            if name.startswith(prefix) and (self._folder / name).is_file():
                yield name

    def _put(self, key: str, data: bytes, content_type: str) -> None:
        place = self._folder / key
        unfinished = place.with_name(f".{secrets.token_hex(8)}")
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                _write_through(unfinished, data)
                unfinished.replace(place)
            finally:
                unfinished.unlink(missing_ok=True)
            _sync_folder(place.parent)
        except OSError as error:
            raise _failure(error) from error

    def _get(self, key: str) -> bytes:
        try:
            return (self._folder / key).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise _no_such_file() from error
        except OSError as error:
            raise _failure(error) from error

    def _exists(self, key: str) -> bool:
        return (self._folder / key).is_file()

    def _delete(self, key: str) -> None:
        try:
            (self._folder / key).unlink()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return
        except OSError as error:
            raise _failure(error) from error


def _write_through(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the new name itself survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _failure(error: OSError) -> StorageFailed:
    if error.errno in _FULL:
        return StorageFull("no room left for uploads")
    return StorageFailed(f"the folder of uploads answers: {error.strerror}")


class S3Storage(Storage):
    """Files in a bucket of Amazon S3 or anything that speaks its language."""

    def __init__(self, address: SplitResult, *, secret: str):
        super().__init__(secret)
        options = {name: values[-1] for name, values in parse_qs(address.query).items()}
        unknown = sorted(options.keys() - {"endpoint", "region"})
        if not address.hostname or unknown:
            wrong = f"does not know {', '.join(unknown)}" if unknown else "needs a bucket"
            raise ValueError(f"an S3 storage {wrong}, as in s3://bucket/prefix?region=eu-west-3")
        self._bucket = address.hostname
        prefix = unquote(address.path).strip("/")
        self._prefix = f"{prefix}/" if prefix else ""
        self._client = Session().client(
            "s3",
            endpoint_url=options.get("endpoint"),
            region_name=options.get("region", "us-east-1"),
            aws_access_key_id=unquote(address.username) if address.username else None,
            aws_secret_access_key=unquote(address.password) if address.password else None,
            config=_s3_config(own_endpoint="endpoint" in options),
        )

    def changed_at(self, key: str) -> datetime:
        return self._ask("head_object", _checked(key))["LastModified"]

    def keys(self, prefix: str = "") -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2")
        try:
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix + prefix):
                for found in page.get("Contents", ()):
                    yield found["Key"].removeprefix(self._prefix)
        except (ClientError, BotoCoreError) as error:
            raise _s3_failure(error) from error

    def _put(self, key: str, data: bytes, content_type: str) -> None:
        self._ask("put_object", key, Body=data, ContentType=content_type)

    def _get(self, key: str) -> bytes:
        try:
            return self._ask("get_object", key)["Body"].read()
        except BotoCoreError as error:
            raise _s3_failure(error) from error

    def _exists(self, key: str) -> bool:
        try:
            self._ask("head_object", key)
        except Missing:
            return False
        return True

    def _delete(self, key: str) -> None:
        self._ask("delete_object", key)

    def _ask(self, operation: str, key: str, **options):
        try:
            call = getattr(self._client, operation)
            return call(Bucket=self._bucket, Key=self._prefix + key, **options)
        except (ClientError, BotoCoreError) as error:
            raise _s3_failure(error) from error


def _s3_config(*, own_endpoint: bool) -> Config:
    # Checksums beyond the signature are an Amazon extension that other servers refuse.
    return Config(
        signature_version="s3v4",
        s3={"addressing_style": "path" if own_endpoint else "auto"},
        connect_timeout=5,
        read_timeout=30,
        retries={"mode": "standard", "max_attempts": 3},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )


def _s3_failure(error: ClientError | BotoCoreError) -> Exception:
    if not isinstance(error, ClientError):
        return StorageFailed(f"the bucket of uploads cannot be reached: {type(error).__name__}")
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = str(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", ""))
    if code in _MISSING_CODES:
        return _no_such_file()
    if code in _FULL_CODES or status in _FULL_CODES:
        return StorageFull("no room left for uploads")
    return StorageFailed(f"the bucket of uploads answers: {code}")
