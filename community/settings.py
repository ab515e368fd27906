"""Every setting once: name, type, default, one sentence. Checked at the start.

A setting comes from the environment (`COMMUNITY_<NAME>`) or from
`instance/settings.toml` (`<name>`, lower case); the environment wins. What a
brand can change lives in its row and is edited in the back office.
"""

import os
import secrets
import tempfile
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

PREFIX = "COMMUNITY_"
INSTANCE = PREFIX + "INSTANCE"
_MIN_SECRET = 32


class BadSetting(Exception):
    """A setting stops the start; the message names it, its problem and an example."""


def _one_of_schemes(*schemes: str):
    def check(value: str) -> str:
        try:
            scheme = urlsplit(value).scheme
        except ValueError as error:
            raise ValueError("is not an address") from error
        if scheme.partition("+")[0] not in schemes:
            raise ValueError(f"must begin with one of: {', '.join(s + ':' for s in schemes)}")
        return value

    return AfterValidator(check)


def _long_enough(value: str) -> str:
    if len(value) < _MIN_SECRET:
        raise ValueError(f"must have at least {_MIN_SECRET} characters")
    return value


class Settings(BaseModel):
    """All settings of one installation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    secret_key: Annotated[str, AfterValidator(_long_enough)] = Field(
        description="Signs sessions and links; made in the instance folder when not given.",
        examples=["a random text of 64 characters"],
    )
    database_url: Annotated[str, _one_of_schemes("sqlite", "postgresql")] = Field(
        description="Where everything is stored: SQLite or PostgreSQL.",
        examples=["postgresql://community@localhost/community"],
    )
    database_owner_url: Annotated[str, _one_of_schemes("postgresql")] | None = Field(
        None,
        description="PostgreSQL role that owns the tables and migrates them; never used to serve.",
        examples=["postgresql://community_owner@localhost/community"],
    )
    redis_url: Annotated[str, _one_of_schemes("redis", "rediss", "unix")] | None = Field(
        None,
        description="Shares rate-limit counters between machines; without it each process counts.",
        examples=["redis://localhost:6379/0"],
    )
    storage_url: Annotated[str, _one_of_schemes("file", "s3")] = Field(
        description="Where uploads go: a folder or an S3 bucket.",
        examples=["s3://bucket/prefix?region=eu-west-3"],
    )
    mail_url: Annotated[str, _one_of_schemes("smtp", "smtps", "file")] = Field(
        description="How mail leaves: an SMTP server, or a folder for a demo.",
        examples=["smtps://user:password@mail.example.com:465"],
    )
    media_host: str | None = Field(
        None,
        description="Host that serves uploads; the brand's own host when not given.",
        examples=["media.example.net"],
    )
    trusted_proxies: int = Field(
        0,
        ge=0,
        le=10,
        description="How many proxies in front set X-Forwarded-For, -Proto and -Host.",
        examples=["1"],
    )
    https: bool = Field(
        False,
        description="Visitors come by https: secure __Host- cookies and HSTS.",
        examples=["true"],
    )
    dev_mail: bool = Field(
        False,
        description="Shows the mails kept in a folder at /dev/mail; never in production.",
        examples=["true"],
    )
    metrics_token: str | None = Field(
        None,
        description="Bearer token that opens /metrics; without it /metrics does not exist.",
        examples=["a random text"],
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="How much is logged.", examples=["warning"]
    )
    max_upload_mb: int = Field(
        20, ge=1, le=200, description="Largest file accepted, in megabytes.", examples=["20"]
    )
    page_cache_mb: int = Field(
        32,
        ge=0,
        le=4096,
        description="Memory each process keeps visitors' pages in, in megabytes; 0 keeps none.",
        examples=["64"],
    )
    worker: bool = Field(
        True,
        description="Each server process delivers events and keeps the clock too.",
        examples=["false"],
    )
    port_suffix: str = Field(
        "",
        description="Added to a brand's host in addresses, for a server not on 80 or 443.",
        examples=[":8000"],
        pattern=r"^(:\d{1,5})?$",
    )


def load(instance: Path, environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check all settings; BadSetting tells the first thing to correct.

    `instance` is the folder of settings.toml, of the made secret and of the
    default database, uploads and mail.
    """
    given = _from_file(instance / "settings.toml")
    given |= _from_environment(os.environ if environ is None else environ)
    given.setdefault("database_url", f"sqlite:///{instance.resolve()}/community.db")
    given.setdefault("storage_url", f"file://{instance.resolve()}/uploads")
    given.setdefault("mail_url", f"file://{instance.resolve()}/mail")
    if "secret_key" not in given:
        given["secret_key"] = _kept_secret(instance / "secret")
    try:
        return Settings(**given)
    except ValidationError as error:
        raise BadSetting(_in_words(error)) from None


def _from_file(path: Path) -> dict:
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSetting(f"{path.name} is not valid TOML: {error}") from None
    except OSError as error:
        raise BadSetting(f"{path.name} cannot be read: {error.strerror}") from None


def _from_environment(environ: Mapping[str, str]) -> dict:
    """Our variables by field name; COMMUNITY_INSTANCE says where to look and is no setting."""
    return {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environ.items()
        if name.startswith(PREFIX) and name != INSTANCE
    }


def _kept_secret(path: Path) -> str:
    """The secret of this installation, made once and readable by its owner only.

    It is written beside its place and then linked there: of several processes
    that start together one wins, and none reads a file still being written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        descriptor, beside = tempfile.mkstemp(dir=path.parent)  # readable by its owner only
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        with suppress(FileExistsError):
            os.link(beside, path)
        os.unlink(beside)
    return path.read_text().strip()


def _in_words(error: ValidationError) -> str:
    problem = error.errors()[0]
    name = str(problem["loc"][0])
    shown = PREFIX + name.upper()
    if problem["type"] == "extra_forbidden":
        return f"{shown} is not a setting. Known are: {', '.join(_names())}."
    reason = problem["msg"].removeprefix("Value error, ")
    example = Settings.model_fields[name].examples[0]
    return f"{shown}: {reason}. For example: {shown}={example}"


def _names() -> list[str]:
    return [PREFIX + name.upper() for name in Settings.model_fields]
