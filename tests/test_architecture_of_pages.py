"""Rules about what is shown: templates, style sheets and scripts fit together and hold no code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from community.kernel.assets import BUNDLES
from tests.source import (
    PACKAGE,
    STATIC,
    TEMPLATES,
    called,
    feature_modules,
    feature_of,
    functions,
    imported,
    is_face,
    modules,
    offences,
    templates,
    texts,
    tree,
)

pytestmark = pytest.mark.once

# -- Safe HTML -------------------------------------------------------------

MAKES_HTML = {"text", "markdown", "html", "plain", "svg"}
UNSAFE = re.compile(r"\|\s*safe\b|autoescape|Markup\b")


def says_markup(path: Path) -> Iterator[str]:
    for name, line in imported(tree(path)):
        if name.rpartition(".")[2] == "Markup" or name.startswith("markupsafe"):
            yield f"imports {name} (line {line})"


def test_only_one_place_says_that_html_is_safe():
    own = {PACKAGE / "kernel" / f"{name}.py" for name in MAKES_HTML}
    assert offences(says_markup, [path for path in modules() if path not in own]) == []
    assert [str(p) for p in templates() if UNSAFE.search(p.read_text())] == []


INLINE = re.compile(
    r"""<script(?![^>]*(?:\bsrc=|\stype="application/ld\+json"))|<style\b"""
    r"""|<[a-z][^<>]*\sstyle\s*=|<[a-z][^<>]*\son[a-z]+\s*="""
    r"""|\bhx-on|javascript:|hx-vals\s*=\s*["']js:|hx-trigger\s*=\s*["'][^"']*\[""",
    re.IGNORECASE,
)
JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)


def inline_code(path: Path) -> Iterator[str]:
    source = JINJA.sub("", path.read_text())
    for found in INLINE.finditer(source):
        yield f"{found[0]!r} at {source[found.start() : found.end() + 20]!r}"


def test_no_template_holds_script_or_style():
    """The policy forbids both, so such a page would look or work wrong. Mail has no policy."""
    pages = [path for path in templates() if "mail" not in path.parts]
    assert offences(inline_code, pages) == []


@pytest.mark.parametrize(
    ("markup", "refused"),
    [
        ('<a onclick="x()">', True),
        ("<p style='color:red'>", True),
        ("<script>x()</script>", True),
        ('<script type="module" src="/a.js"></script>', False),
        ('<script type="application/ld+json">{}</script>', False),  # data, and never run
        ('<script type="application/json+ld">{}</script>', True),
        ("<style>", True),
        ('<a hx-on:click="x">', True),
        ('<a hx-trigger="click[ctrlKey]">', True),
        ('<a hx-trigger="input changed delay:300ms">', False),
        ('<a href="javascript:x()">', True),
        ('<input name="action" value="one=two">', False),
        ('{# style="x" #}<p>', False),
    ],
)
def test_the_look_for_script_and_style_finds_them(tmp_path, markup, refused):
    page = tmp_path / "page.html"
    page.write_text(markup)
    assert bool(list(inline_code(page))) is refused


# -- Templates, style sheets, scripts --------------------------------------

REFERS = re.compile(r"""\{%-?\s*(?:extends|include|import|from)\s+["']([^"']+)["']""")
TEMPLATE_NAME = re.compile(r"[a-z_]+(/[\w-]+)+\.(html|txt|xml)")


def rendered_by(path: Path) -> Iterator[tuple[str, ast.FunctionDef | None]]:
    """Names of templates in a module, each with the function that says it."""
    for node in tree(path).body:
        function = node if isinstance(node, ast.FunctionDef) else None
        for text, _line in texts(node):
            if TEMPLATE_NAME.fullmatch(text):
                yield text, function


def test_every_template_is_rendered_or_included():
    named = {name for path in modules() for name, _ in rendered_by(path)}
    for path in templates():
        named.update(REFERS.findall(path.read_text()))
    words = {text for path in modules() for text, _line in texts(tree(path))}
    unused = []
    for path in templates():
        name = path.relative_to(TEMPLATES).as_posix()
        of_mail = path.parent.name == "mail" and path.stem in words  # named by its stem alone
        if name not in named and not of_mail:
            unused.append(name)
    assert unused == []


def test_every_template_that_is_named_exists():
    there = {path.relative_to(TEMPLATES).as_posix() for path in templates()}
    named = {name for path in modules() for name, _ in rendered_by(path)}
    for path in templates():
        named.update(REFERS.findall(path.read_text()))
    assert named - there == set()


def strays(path: Path) -> Iterator[str]:
    for name, _function in rendered_by(path):
        if name.partition("/")[0] not in {feature_of(path), "layout", "ui"}:
            yield name


def test_a_feature_renders_its_own_folder():
    assert offences(strays, feature_modules()) == []


def is_view(function: ast.FunctionDef) -> bool:
    return any(
        called(decorator) in {"get", "post", "route", "put", "delete"}
        for decorator in function.decorator_list
    )


def views_of(feature: str) -> set[str]:
    paths = [path for path in feature_modules() if feature_of(path) == feature]
    return {f.name for path in paths for f in functions(tree(path)) if is_view(f)}


def misnamed(path: Path) -> Iterator[str]:
    for name, function in rendered_by(path):
        folder, _, stem = name.rpartition(".")[0].rpartition("/")
        if folder != feature_of(path) or stem.startswith("_") or function is None:
            continue
        names = {function.name} if is_view(function) else views_of(feature_of(path))
        if stem.removeprefix("admin_") not in names and stem not in names:
            yield f"{function.name} renders {name}"


def test_the_view_show_renders_show_html():
    paths = [path for path in feature_modules() if is_face(path)]
    assert offences(misnamed, paths) == []


def test_every_style_sheet_is_part_of_a_bundle_that_a_page_asks_for():
    bundled = {name for parts in BUNDLES.values() for name in parts}
    assert {path.stem for path in (STATIC / "css").glob("*.css")} == bundled
    pages = "".join(path.read_text() for path in templates())
    assert [name for name in BUNDLES if f"asset('{name}')" not in pages] == []


IMPORTS_JS = re.compile(r"""(?:from|import)\s*\(?\s*['"](\.{1,2}/[^'"]+)['"]""")


def test_every_script_is_imported_or_asked_for():
    scripts = {path.resolve() for path in (STATIC / "js").rglob("*.js")}
    built = set(re.findall(r"'([\w-]+\.js)'", (STATIC / "build.mjs").read_text()))
    pages = "".join(path.read_text() for path in templates())
    asked = {name for name in built if f"asset('{name}')" in pages}
    reached, ahead = set(), {(STATIC / "js" / name).resolve() for name in asked}
    while ahead:
        path = ahead.pop()
        reached.add(path)
        found = IMPORTS_JS.findall(path.read_text())
        ahead |= {(path.parent / name).resolve() for name in found} - reached
    assert scripts - reached == set()


def test_every_icon_asked_for_is_there():
    there = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "img" / "icons.svg").read_text()))
    asked = {
        name
        for path in templates()
        for name in re.findall(r"""\bicon\(["']([\w-]+)["']""", path.read_text())
    }
    assert asked - there == set()
