"""Style sheets, scripts, fonts and pictures, under names that change with their content.

Style sheets are joined and squeezed here, at start; scripts and fonts come from `static/dist/`,
which `make assets` builds. Answers carry no cookie and are given before any brand, session or
database is looked at, so a cache in front may keep them for ever and share them between brands.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import mimetypes
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

# The style sheets a page may ask for, and the files each is made of, in cascade order.
BUNDLES: Mapping[str, tuple[str, ...]] = {
    "reading.css": ("tokens", "base", "layout", "ui", "threads", "members"),
    "writing.css": ("forms", "account"),
    "admin.css": ("admin",),
    "messages.css": ("messages",),
    "search.css": ("search",),
    "staff.css": ("staff",),
    "polls.css": ("polls",),
    "standing.css": ("standing",),
    "qa.css": ("qa",),
    "print.css": ("print",),
}
URL_PREFIX = "/assets/"
FOREVER = "public, max-age=31536000, immutable"
_COMPRESSIBLE = {".css", ".js", ".svg", ".json", ".txt"}
_TOKEN = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|/\*.*?\*/|\s+""", re.DOTALL)
_URL = re.compile(r"""url\((?!["']?(?:data:|https?:|/|#))["']?([^"')]+)["']?\)""")
_HASHED = re.compile(r"^(?P<stem>.+)-[0-9A-Za-z]{8,16}(?P<suffix>\.[a-z0-9]+)$")

mimetypes.add_type("font/woff2", ".woff2")
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("image/svg+xml", ".svg")


class AssetMissing(LookupError):
    """A page asks for a file that is not there; the message says how to make it."""


def asset_root(name: str) -> Path:
    """The folder `static`, `templates` or `migrations`, as installed or in the source tree."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "_assets" / name
    return installed if installed.is_dir() else package.parent / name


@lru_cache(maxsize=16)
def squeeze(css: str) -> str:
    """The same style sheet without comments and without white space that means nothing.

    Strings are kept to the letter, and so are the spaces that carry meaning: between the parts
    of a selector or a value, around the operators of `calc()`, before a bracket. ">" and "<" are
    combinators and comparisons, which need none.
    """
    text = _TOKEN.sub(lambda found: found[1] or " ", css)
    parts = re.split(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')""", text)
    for index in range(0, len(parts), 2):
        plain = re.sub(r"\s+", " ", parts[index])
        plain = re.sub(r"\s*([{};,<>]=?)\s*", r"\1", plain)
        parts[index] = re.sub(r":\s+", ":", plain).replace(";}", "}")
    return "".join(parts).strip()


@dataclass(frozen=True)
class Asset:
    """One file as it is sent: its URL, its bytes and its type."""

    url: str
    body: bytes
    content_type: str

    @cached_property
    def packed(self) -> bytes | None:
        """The same gzipped, made when first asked for; None when it would not get smaller."""
        if Path(self.url).suffix not in _COMPRESSIBLE:
            return None
        return gzip.compress(self.body, 9, mtime=0)


class Assets:
    """Every asset of one folder, by plain name (`reading.css`, `app.js`, `img/icons.svg`).

    `root` is the `static` folder. With `watch` the files are read again when one has changed;
    without it they are read once.
    """

    def __init__(self, root: Path, *, watch: bool = False):
        self.root = root
        self.watch = watch
        self._stamp: object = None
        self._by_name: dict[str, Asset] = {}

    def get(self, name: str) -> Asset:
        """The asset of that plain name. Raises AssetMissing."""
        self._refresh()
        try:
            return self._by_name[name]
        except KeyError:
            raise AssetMissing(
                f"There is no asset named {name!r}. Build the front end with: make assets"
            ) from None

    def url(self, name: str) -> str:
        """The address a page links to. Raises AssetMissing."""
        return self.get(name).url

    def names(self) -> list[str]:
        """Every name a page may ask for."""
        self._refresh()
        return sorted(self._by_name)

    def find(self, path: str) -> tuple[Asset | None, bool]:
        """The asset behind a requested path after the prefix, and whether the hash is today's.

        A page made before an update asks for yesterday's name. It gets today's file, which must
        then not be kept.
        """
        self._refresh()
        found = _HASHED.match(path)
        asset = self._by_name.get(found["stem"] + found["suffix"]) if found else None
        return asset, bool(asset and asset.url == URL_PREFIX + path)

    def _refresh(self) -> None:
        if self._stamp is not None and not self.watch:
            return
        sources = sorted(self._sources())
        stamp = [(path, path.stat().st_mtime_ns) for path in sources]
        if stamp != self._stamp:
            self._by_name = self._load()
            self._stamp = stamp

    def _sources(self) -> Iterable[Path]:
        yield from (self.root / "css").glob("*.css")
        yield from (path for path in (self.root / "img").rglob("*") if path.is_file())
        yield from (self.root / "dist").glob("manifest.json")

    def _load(self) -> dict[str, Asset]:
        loaded = {}
        for path in (self.root / "img").rglob("*"):
            if path.is_file():
                name = path.relative_to(self.root).as_posix()
                loaded[name] = _asset(name, path.read_bytes())
        manifest = self.root / "dist" / "manifest.json"
        if manifest.is_file():
            for name, hashed in json.loads(manifest.read_text("utf-8")).items():
                body = (self.root / "dist" / hashed).read_bytes()
                loaded[name] = _asset(name, body, URL_PREFIX + hashed)
        for name, files in BUNDLES.items():
            parts = [self.root / "css" / f"{file}.css" for file in files]
            css = "\n".join(part.read_text("utf-8") for part in parts)
            loaded[name] = _asset(name, squeeze(_link_urls(css, loaded)).encode())
        return loaded


def _link_urls(css: str, loaded: Mapping[str, Asset]) -> str:
    """Point `url(fonts/x.woff2)` at the hashed address, where there is one yet."""

    def replaced(found: re.Match[str]) -> str:
        asset = loaded.get(found[1])
        return f"url({asset.url if asset else URL_PREFIX + found[1]})"

    return _URL.sub(replaced, css)


def _asset(name: str, body: bytes, url: str | None = None) -> Asset:
    suffix = Path(name).suffix
    if url is None:
        digest = hashlib.sha256(body).hexdigest()[:10]
        url = f"{URL_PREFIX}{name.removesuffix(suffix)}-{digest}{suffix}"
    content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if content_type.startswith("text/"):
        content_type += "; charset=utf-8"
    return Asset(url, body, content_type)


def _accepts_gzip(header: str) -> bool:
    for part in header.lower().split(","):
        coding, _, weight = part.strip().partition(";")
        if coding.strip() in {"gzip", "*"}:
            return weight.strip().replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def _serve(assets: Assets, application: Callable) -> Callable:
    """A WSGI application that answers for assets and hands everything else on."""

    def answer(environ: dict, start_response: Callable) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if not path.startswith(URL_PREFIX):
            return application(environ, start_response)
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            allow = [("Allow", "GET, HEAD")]
            return _plain(start_response, HTTPStatus.METHOD_NOT_ALLOWED, allow)
        asset, current = assets.find(path.removeprefix(URL_PREFIX))
        if asset is None:
            return _plain(start_response, HTTPStatus.NOT_FOUND, [("Cache-Control", "no-store")])
        return _send(environ, start_response, asset, FOREVER if current else "no-store")

    return answer


def _send(environ: dict, start_response: Callable, asset: Asset, cache: str) -> Iterable[bytes]:
    body = asset.body
    headers = [
        ("Content-Type", asset.content_type),
        ("Cache-Control", cache),
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Security-Policy", "default-src 'none'"),
    ]
    if asset.packed is not None:
        headers.append(("Vary", "Accept-Encoding"))
        if _accepts_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")):
            body = asset.packed
            headers.append(("Content-Encoding", "gzip"))
    headers.append(("Content-Length", str(len(body))))
    start_response("200 OK", headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def _plain(start_response: Callable, status: HTTPStatus, headers: list) -> Iterable[bytes]:
    body = f"{status.phrase}\n".encode()
    kind = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("X-Content-Type-Options", "nosniff"),
    ]
    start_response(f"{status.value} {status.phrase}", [*headers, *kind])
    return [body]


def init_app(app: Flask, *, root: Path | None = None) -> Assets:
    """Serve the assets of `root` (by default our own) and give templates `asset(name)`."""
    assets = Assets(root or asset_root("static"), watch=app.debug)
    app.extensions["assets"] = assets
    app.jinja_env.globals["asset"] = assets.url
    app.wsgi_app = _serve(assets, app.wsgi_app)  # type: ignore[method-assign]
    return assets
