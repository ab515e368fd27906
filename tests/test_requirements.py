"""The hashed lists that get installed agree with what is declared, and name no address."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

pytestmark = pytest.mark.once
ROOT = Path(__file__).resolve().parents[1]
LISTS = ("run", "assets", "test")


def locked(name):
    """Give the versions a list pins, by package; a package has two where Pythons differ."""
    found = {}
    for line in (ROOT / "requirements" / f"{name}.txt").read_text().splitlines():
        if pinned := re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)", line):
            found.setdefault(canonicalize_name(pinned[1]), set()).add(Version(pinned[2]))
    return found


def declared(name):
    lines = (ROOT / "requirements" / f"{name}.in").read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def of_the_project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]


@pytest.mark.parametrize(
    ("lists", "wanted"),
    [
        (["run", "test"], [Requirement(line) for line in of_the_project()]),
        (["assets", "test"], declared("assets")),
        (["test"], declared("test")),
    ],
    ids=LISTS,
)
def test_what_is_declared_is_locked_at_an_allowed_version(lists, wanted):
    assert wanted
    for name in lists:
        versions = locked(name)
        wrong = [
            str(need)
            for need in wanted
            if not (have := versions.get(canonicalize_name(need.name)))
            or not all(version in need.specifier for version in have)
        ]
        assert wrong == [], f"requirements/{name}.txt is behind; run make lock"


def imported():
    """Give the outside modules that the code imports, with the packages they come from."""
    origins = packages_distributions()
    trees = [ast.parse(path.read_text()) for path in (ROOT / "community").rglob("*.py")]
    modules = {
        name.partition(".")[0]
        for node in (node for tree in trees for node in ast.walk(tree))
        for name in _names(node)
    }
    outside = modules - sys.stdlib_module_names - {"community"}
    return {name: [canonicalize_name(origin) for origin in origins[name]] for name in outside}


def _names(node):
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []


def test_what_the_code_imports_is_declared():
    names = {canonicalize_name(Requirement(line).name) for line in of_the_project()}
    found = imported()
    assert "flask" in found
    assert [name for name, origins in found.items() if not names.intersection(origins)] == []


@pytest.mark.parametrize("name", ["run", "assets"])
def test_the_tests_run_with_the_versions_that_are_shipped(name):
    tested = locked("test")
    assert {package: tested.get(package) for package in locked(name)} == locked(name)


@pytest.mark.parametrize("name", LISTS)
def test_every_locked_package_has_a_hash_and_no_address(name):
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    assert "://" not in text
    assert not re.search(r"^-", text, flags=re.M)  # no option line, such as an index
    entries = re.split(r"\n(?=\S)", text.strip())
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_lock_of_the_front_end_names_no_address():
    text = (ROOT / "package-lock.json").read_text()
    assert "://" not in text
    assert '"integrity": "sha512-' in text
