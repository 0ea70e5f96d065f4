"""One run writes below a root at a time, whatever became of the one before."""

import subprocess
import sys
from pathlib import Path

import pytest

from holdfast.errors import LockHeld, SettingError
from holdfast.runtime.lock import locked

SRC = Path(__file__).parents[2] / "src"


def test_one_root_one_run(tmp_path):
    with locked(tmp_path):
        with pytest.raises(LockHeld) as refused, locked(tmp_path):
            pass
        assert refused.value.exit_code == 5
    with locked(tmp_path):
        pass


def test_the_lock_of_a_killed_run_holds_nobody_up(tmp_path):
    code = (
        "import os, signal, pathlib, sys\nfrom holdfast.runtime.lock import locked\n"
        "with locked(pathlib.Path(sys.argv[1])):\n    os.kill(os.getpid(), signal.SIGKILL)"
    )
    call = [sys.executable, "-c", code, str(tmp_path)]
    killed = subprocess.run(call, check=False, env={"PYTHONPATH": str(SRC)}, capture_output=True)
    assert killed.returncode == -9, killed.stderr
    assert (tmp_path / ".holdfast.lock").exists()
    with locked(tmp_path):
        pass


def test_a_root_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingError, match=r"paths\.root"), locked(tmp_path / "file" / "root"):
        pass
