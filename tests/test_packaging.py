"""What is published works by itself: a wheel in another place, with nothing of this folder."""

import contextlib
import http.client
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

import community
from tests.serving import serving

pytestmark = pytest.mark.once
ROOT = Path(__file__).resolve().parents[1]
HOST = "lune.example"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build from what is committed and what `make assets` built, and from nothing else."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, source / name)
    shutil.copytree(ROOT / "static" / "dist", source / "static" / "dist")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", built, source)
    [made] = built.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Install the wheel alone; its dependencies are looked up where the tests have theirs."""
    home = tmp_path_factory.mktemp("venv")
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet")
    run(*pip, "--no-index", "--no-deps", "--disable-pip-version-check", wheel)
    [packages] = home.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return home / "bin" / "community"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Give an empty folder to work in and the environment of someone who set nothing."""
    folder = tmp_path_factory.mktemp("elsewhere")
    return folder, {"PATH": os.defpath, "HOME": str(folder), "LC_ALL": "C.UTF-8"}


def run(*command, **options):
    done = subprocess.run(
        [str(part) for part in command], check=False, capture_output=True, text=True, **options
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_holds_templates_migrations_and_built_assets(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assets = ("templates/layout/base.html", "migrations/env.py", "static/dist/manifest.json")
    assert {f"community/_assets/{name}" for name in assets} <= set(names)
    assert "community/translations/fr/LC_MESSAGES/messages.po" in names
    tops = {name.partition("/")[0] for name in names}
    assert {top.partition("-")[0] for top in tops} == {"community"}


def test_a_community_starts_from_the_wheel_alone(installed, place):
    folder, environment = place
    options = {"cwd": folder, "env": environment}
    assert community.__version__ in run(installed, "--version", **options)
    where = "import community; print(community.__file__)"
    found = run(installed.with_name("python"), "-c", where, **options)
    assert Path(found.strip()).is_relative_to(installed.parents[1])
    run(installed, "db", "upgrade", **options)
    run(installed, "brand", "create", "lune", "--name", "Lune", "--host", HOST, **options)
    with serving(installed, folder, environment) as port:
        status, page = get(port, "/")
        assert status == 200, (folder / "serve.log").read_text()
        assert "Lune" in page
        sheets = re.findall(r'<link[^>]+rel="stylesheet"[^>]+href="([^"]+)"', page)
        assert sheets
        assert [get(port, sheet)[0] for sheet in sheets] == [200] * len(sheets)
        assert get(port, "/", host="velora.example")[0] == 404


def get(port, path, host=HOST):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.closing(connection):
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
