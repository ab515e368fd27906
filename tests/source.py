"""The source as it is, for the tests that read it."""

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from tests.conftest import ROOT

PACKAGE, TEMPLATES, STATIC = ROOT / "community", ROOT / "templates", ROOT / "static"
NOT_FEATURES = {"kernel", "demo", "translations"}
FACES = {"views", "forms", "acts", "panels", "pages"}
"""Modules that know a request; so do `…_views`, `…_forms` and all in a folder `views`."""
READERS = {*FACES, "models", "queries", "reach", "lists", "figures", "__init__"}
"""Modules that take an actor without asking permission, and so must not change anything."""


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    """`threads.service` for community/threads/service.py."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def feature_of(path: Path) -> str | None:
    """The feature a module belongs to; None for the kernel and the top level."""
    first, *rest = path.relative_to(PACKAGE).parts
    return first if rest and first not in NOT_FEATURES else None


def feature_modules() -> list[Path]:
    return [path for path in modules() if feature_of(path)]


def is_face(path: Path) -> bool:
    in_a_folder = "views" in path.relative_to(PACKAGE).parts
    return in_a_folder or path.stem in FACES or path.stem.endswith(("_views", "_forms"))


def is_reader(path: Path) -> bool:
    return path.stem in READERS or is_face(path)


def called(node: ast.AST) -> str:
    """The last name of what is called: `commit` for `db.session.commit()`."""
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    return getattr(function, "attr", None) or getattr(function, "id", "")


def imported(module: ast.Module) -> Iterator[tuple[str, int]]:
    """Dotted names a module imports, with their lines."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def texts(node: ast.AST) -> Iterator[tuple[str, int]]:
    """String constants, with their lines; docstrings too."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            yield inner.value, inner.lineno


def functions(module: ast.Module) -> list[ast.FunctionDef]:
    return [node for node in module.body if isinstance(node, ast.FunctionDef)]


def body_of(function: ast.FunctionDef) -> list[ast.stmt]:
    return function.body[1:] if ast.get_docstring(function) else function.body


def templates() -> list[Path]:
    return sorted(p for p in TEMPLATES.rglob("*") if p.suffix in {".html", ".txt", ".xml"})


def offences(rule: Callable[[Path], Iterator], paths: list[Path]) -> list[str]:
    return [f"{path.relative_to(ROOT)}: {found}" for path in paths for found in rule(path)]
