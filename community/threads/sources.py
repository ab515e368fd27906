"""Where an imported thread was first published, and under which licence: both must be said."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from community.threads.models import Thread

_CREATIVE_COMMONS = re.compile(r"CC[ -](BY(?:-NC)?(?:-ND|-SA)?)[ -](\d\.\d)", re.IGNORECASE)
_NO_RIGHTS = re.compile(r"CC0(?:[ -]1\.0)?", re.IGNORECASE)


@dataclass(frozen=True)
class Source:
    """`site` is the host name of `url`; `terms` where the licence is read, or empty."""

    url: str
    site: str
    licence: str
    terms: str


def source_of(thread: Thread) -> Source | None:
    """Where a thread comes from; None when it began here or its source is no page."""
    try:
        parts = urlsplit(thread.source_url)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host:
        return None
    licence = thread.source_licence.strip()
    return Source(thread.source_url, host.removeprefix("www."), licence, terms_of(licence))


def terms_of(licence: str) -> str:
    """The address of a Creative Commons licence, by its SPDX identifier or usual short name."""
    if found := _CREATIVE_COMMONS.fullmatch(licence):
        return f"https://creativecommons.org/licenses/{found[1].lower()}/{found[2]}/"
    if _NO_RIGHTS.fullmatch(licence):
        return "https://creativecommons.org/publicdomain/zero/1.0/"
    return ""
