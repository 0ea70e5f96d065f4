"""The package as others install it: a wheel in an environment of its own, without a checkout."""

import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.documents import DOCS

CHECKOUT = DOCS.parent
TARGETS = re.findall(r"^([a-z][a-z-]+):", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.M)
MAKE = re.compile(rf"\bmake (?:{'|'.join(TARGETS)})\b")


class Installed(NamedTuple):
    """A wheel and the environment that it was installed into."""

    wheel: Path
    environment: Path

    def call(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run `holdfast` in an empty folder, as somebody who knows no checkout."""
        folder = self.environment.parent / "empty"
        folder.mkdir(exist_ok=True)
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MLFLOW"))
        }
        return subprocess.run(
            [self.environment / "bin" / "holdfast", *words],
            cwd=folder, env=kept, capture_output=True, text=True, check=False,
        )  # fmt: skip


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Installed:
    """The wheel alone is installed; its dependencies are those of this environment."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=CHECKOUT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    environment = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    (site,) = environment.glob("lib/python*/site-packages")
    # a path in a .pth file is no site folder: the editable Holdfast in it stays unknown
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--python", str(environment / "bin" / "python"), "install"]
    install = [*pip, "--quiet", "--no-deps", "--no-index", "--disable-pip-version-check", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    return Installed(wheel, environment)


def test_it_brings_its_own_settings(installed):
    called = installed.call("config", "language=el", "tracking=off")
    assert called.returncode == 0, called.stderr
    folder = installed.environment.parent / "empty"
    assert f'paths.root: "{folder}"' in called.stdout  # without a checkout, the folder in which it is called
    assert "conf/config.yaml" in called.stdout
    assert str(CHECKOUT) not in called.stdout


def test_nothing_in_it_names_make(installed):
    texts = (".py", ".yaml", ".j2", ".js", ".css")
    with zipfile.ZipFile(installed.wheel) as wheel:
        found = {
            name: MAKE.findall(wheel.read(name).decode()) for name in wheel.namelist() if name.endswith(texts)
        }
    assert len(found) > 300
    assert {name: words for name, words in found.items() if words} == {}


def test_no_help_and_no_refusal_names_make(installed):
    root = f"paths.root={installed.environment.parent / 'nothing'}"
    helps = [
        installed.call("--help"),
        installed.call("train", "--help"),
        installed.call("score", "--help-all"),
    ]
    assert {called.returncode for called in helps} == {0}
    words = [root, "tracking=off", "as_of=2026-05-04"]
    refusals = [installed.call(name, *words) for name in ("validate", "score", "doctor")]
    refusals += [installed.call("ui", root), installed.call("trane")]
    assert [called.returncode for called in refusals] == [3, 6, 2, 2, 2], [each.stderr for each in refusals]
    assert all("next:" in called.stdout + called.stderr for called in refusals[:4])
    said = [called.stdout + called.stderr for called in (*helps, *refusals)]
    assert [text for text in said if MAKE.search(text)] == []
