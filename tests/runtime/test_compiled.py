"""Compiled functions are kept for the machine, by the state of the code."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from holdfast.runtime import compiled
from holdfast.runtime.compiled import PACKAGE, PACKAGES, code_state, keep_compiled


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "holdfast" / "numba"


def test_every_compiled_function_is_part_of_the_state():
    compiling = {
        file.relative_to(PACKAGE).parts[0]
        for file in PACKAGE.rglob("*.py")
        if re.search(r"^import numba|chance import .*\bcompiled\b", file.read_text(), re.MULTILINE)
    }
    assert compiling == set(PACKAGES)


def test_the_state_follows_the_code(tmp_path, monkeypatch):
    before = code_state()
    for name in PACKAGES:
        (tmp_path / name).mkdir()
    monkeypatch.setattr(compiled, "PACKAGE", tmp_path)
    code_state.cache_clear()
    empty = code_state()
    (tmp_path / "demo" / "mind.py").write_text("GAIN = 0.7\n")
    code_state.cache_clear()
    changed = code_state()
    code_state.cache_clear()
    assert len({before, empty, changed}) == 3


def test_all_roots_share_the_users_folder(cache, tmp_path):
    keep_compiled(tmp_path / "root")
    assert os.environ["NUMBA_CACHE_DIR"] == str(cache / code_state())
    assert (cache / code_state()).stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_made_is_replaced_by_the_roots(cache, tmp_path):
    cache.parent.parent.write_text("a file where the folder should be")
    keep_compiled(tmp_path / "root")
    assert os.environ["NUMBA_CACHE_DIR"] == str(tmp_path / "root" / code_state())


def test_what_the_user_set_stays(cache, tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", "elsewhere")
    keep_compiled(tmp_path / "root")
    assert os.environ["NUMBA_CACHE_DIR"] == "elsewhere"
    assert not cache.exists()


def test_folders_of_earlier_code_are_deleted_a_month_later(cache, tmp_path):
    for name, age in (("old", 40), ("recent", 20)):
        (cache / name).mkdir(parents=True)
        os.utime(cache / name, (time.time() - age * 86_400,) * 2)
    keep_compiled(tmp_path / "root")
    assert {folder.name for folder in cache.iterdir()} == {"recent", code_state()}


@pytest.mark.usefixtures("cache")
def test_a_second_run_compiles_nothing(tmp_path):
    """The random numbers of the demo company are the smallest compiled functions."""
    code = (
        "import numpy as np\n"
        "from pathlib import Path\n"
        "from holdfast.runtime.compiled import keep_compiled\n"
        f"keep_compiled(Path({str(tmp_path)!r}))\n"
        "from holdfast.demo.chance import uniform\n"
        "uniform(np.zeros(1, np.uint64))\n"
        "print(sum(uniform.stats.cache_hits.values()), sum(uniform.stats.cache_misses.values()))\n"
    )

    def run() -> str:
        return subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()

    assert (run(), run()) == ("0 1", "1 0")
