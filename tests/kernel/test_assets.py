import gzip
import json
import re

import pytest
from flask import Flask, session

from community.kernel.assets import (
    BUNDLES,
    AssetMissing,
    Assets,
    asset_root,
    init_app,
    squeeze,
)

pytestmark = pytest.mark.once


@pytest.fixture
def root(tmp_path):
    """A small static folder: the style sheets every bundle names, one icon, one built script."""
    (tmp_path / "css").mkdir()
    for files in BUNDLES.values():
        for file in files:
            (tmp_path / "css" / f"{file}.css").write_text(f"/* {file} */\n.{file} {{ top: 0; }}\n")
    (tmp_path / "css" / "tokens.css").write_text(
        '@font-face { src: url(fonts/a.woff2) format("woff2"); }\n'
    )
    (tmp_path / "img").mkdir()
    (tmp_path / "img" / "icons.svg").write_text("<svg></svg>")
    (tmp_path / "dist" / "fonts").mkdir(parents=True)
    (tmp_path / "dist" / "app-ABCD1234.js").write_text("console.log(1)")
    (tmp_path / "dist" / "fonts" / "a-0123456789.woff2").write_bytes(b"wOF2" + bytes(range(64)))
    (tmp_path / "dist" / "manifest.json").write_text(
        json.dumps({"app.js": "app-ABCD1234.js", "fonts/a.woff2": "fonts/a-0123456789.woff2"})
    )
    return tmp_path


@pytest.fixture
def app(root):
    """An application whose every request writes its session, so a cookie would show."""
    app = Flask("test")
    app.secret_key = "for the test"
    app.requests_seen = []

    @app.before_request
    def look():
        app.requests_seen.append(1)
        session["seen"] = 1

    @app.get("/")
    def home():
        return "home"

    init_app(app, root=root)
    return app


def test_a_style_sheet_is_kept_for_ever_and_its_address_changes_with_its_content(app, root):
    assets = app.extensions["assets"]
    url = assets.url("reading.css")
    answer = app.test_client().get(url)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert ".base{top:0}" in answer.text
    (root / "css" / "base.css").write_text(".base { top: 1px; }")
    assert Assets(root).url("reading.css") != url


def test_an_asset_sets_no_cookie_and_never_reaches_the_application(app):
    client = app.test_client()
    answer = client.get(app.extensions["assets"].url("app.js"))
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert app.requests_seen == []
    assert "Set-Cookie" in client.get("/").headers


@pytest.mark.parametrize(
    ("accepts", "packed"),
    [("gzip", True), ("br, GZIP;q=0.8", True), ("*", True), ("br", False), ("gzip;q=0", False)],
)
def test_text_is_sent_packed_to_those_who_take_it(app, accepts, packed):
    url = app.extensions["assets"].url("reading.css")
    answer = app.test_client().get(url, headers={"Accept-Encoding": accepts})
    assert (answer.headers.get("Content-Encoding") == "gzip") is packed
    assert answer.headers["Vary"] == "Accept-Encoding"
    body = gzip.decompress(answer.data) if packed else answer.data
    assert body == app.extensions["assets"].get("reading.css").body


def test_fonts_are_sent_as_they_are(app):
    answer = app.test_client().get(
        app.extensions["assets"].url("fonts/a.woff2"), headers={"Accept-Encoding": "gzip"}
    )
    assert answer.headers["Content-Type"] == "font/woff2"
    assert "Content-Encoding" not in answer.headers


def test_a_style_sheet_points_at_the_hashed_font(app):
    assert (
        b"url(/assets/fonts/a-0123456789.woff2)" in app.extensions["assets"].get("reading.css").body
    )


def test_yesterdays_address_gets_todays_file_and_is_not_kept(app):
    answer = app.test_client().get("/assets/reading-0000000000.css")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "nothing-0123456789.css",
        "reading.css",
        "../app.py",
        "dist/manifest.json",
        "",
        "css/base.css",
    ],
)
def test_what_is_not_an_asset_is_not_found(app, path):
    answer = app.test_client().get(f"/assets/{path}")
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"


def test_assets_are_only_read(app):
    url = app.extensions["assets"].url("app.js")
    client = app.test_client()
    assert client.post(url).status_code == 405
    head = client.head(url)
    assert (head.status_code, head.data) == (200, b"")
    assert int(head.headers["Content-Length"]) > 0


def test_a_missing_asset_says_how_to_build_it(app):
    with pytest.raises(AssetMissing, match="make assets"):
        app.jinja_env.globals["asset"]("editor.js")


def test_without_a_build_style_sheets_still_work_and_scripts_say_what_to_do(root):
    (root / "dist" / "manifest.json").unlink()
    assets = Assets(root)
    assert assets.get("reading.css").body
    with pytest.raises(AssetMissing, match=r"app\.js"):
        assets.url("app.js")


def test_while_developing_a_changed_file_is_read_again(root):
    assets, still = Assets(root, watch=True), Assets(root)
    before = assets.url("admin.css")
    assert still.url("admin.css") == before
    (root / "css" / "admin.css").write_text(".admin { top: 2px; }")
    assert assets.url("admin.css") != before
    assert still.url("admin.css") == before


def test_squeezing_keeps_every_space_that_means_something():
    css = """
    /* a comment; with { braces } */
    .a > .b, .c :is(d, e) { margin: 0 auto ; width: calc(1px + 2 * (3px - 4px)) }
    .d::before { content: "a  /* kept */ ; { }" ; }
    @media (width >= 40rem) and (hover) {
      .e { background: url("data:image/svg+xml,%3Csvg a='b c'/%3E") }
    }
    """
    assert squeeze(css) == (
        ".a>.b,.c :is(d,e){margin:0 auto;width:calc(1px + 2 * (3px - 4px))}"
        '.d::before{content:"a  /* kept */ ; { }"}'
        "@media (width>=40rem) and (hover){"
        ".e{background:url(\"data:image/svg+xml,%3Csvg a='b c'/%3E\")}}"
    )


# -- Our own files ---------------------------------------------------------


@pytest.fixture(scope="module")
def ours():
    return Assets(asset_root("static"))


def test_what_every_reader_downloads_stays_within_its_budget(ours):
    assert len(ours.get("reading.css").body) <= 40_000
    assert len(ours.get("app.js").packed) <= 30_000


def test_the_two_fonts_a_page_fetches_first_stay_within_their_budget(ours):
    for heading in ("newsreader-display", "archivo-expanded"):
        files = ("fonts/figtree.woff2", f"fonts/{heading}.woff2")
        assert sum(len(ours.get(file).body) for file in files) <= 60_000


def test_every_font_in_the_style_sheet_is_there(ours):
    urls = re.findall(r"url\((/assets/[^)]+)\)", ours.get("reading.css").body.decode())
    assert urls
    for url in urls:
        asset, is_current = ours.find(url.removeprefix("/assets/"))
        assert asset, url
        assert is_current, url


def test_every_icon_that_is_shown_is_drawn():
    drawn = set(
        re.findall(r'<symbol id="([^"]+)"', (asset_root("static") / "img/icons.svg").read_text())
    )
    shown = set()
    for template in asset_root("templates").rglob("*.html"):
        shown.update(re.findall(r"""icon\('([a-z-]+)'""", template.read_text("utf-8")))
    assert shown
    assert shown <= drawn


def test_pages_carry_no_inline_script_or_style():
    for template in asset_root("templates").rglob("*.html"):
        if "mail" in template.parts:
            continue
        text = re.sub(r"\{#.*?#\}", "", template.read_text("utf-8"), flags=re.DOTALL)
        assert not re.search(
            r"<style|\sstyle=|\son[a-z]+=[\"\x27]|hx-on"
            r"|<script(?![^>]*\ssrc=)(?! type=\"application/ld\+json\")",
            text,
        ), template


def test_style_sheets_say_no_side_by_its_name():
    """Start and end, not left and right: pages read from the right mirror by themselves."""
    sides = (
        r"(?<![-\w])(?:(?:margin|padding|border)-)?(?:left|right)\s*:|text-align:\s*(?:left|right)"
    )
    for file in (asset_root("static") / "css").glob("*.css"):
        assert not re.search(sides, file.read_text("utf-8")), file


def test_every_style_sheet_is_in_a_bundle():
    files = {file.stem for file in (asset_root("static") / "css").glob("*.css")}
    assert files == {name for parts in BUNDLES.values() for name in parts}
