"""What the system refuses is said as such, with what, where and what to do; debris and rights of files."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from holdfast.system_errors import EXPLANATIONS, explain


@pytest.mark.parametrize("code", EXPLANATIONS)
def test_every_errno_is_a_plain_block(code: int, tmp_path: Path) -> None:
    found = explain(OSError(code, os.strerror(code), str(tmp_path / "gone" / "file.parquet")))
    assert found is not None
    assert found.exit_code == 1
    assert found.lines["where"] == str(tmp_path / "gone" / "file.parquet")
    assert (found.lines["found"] or "").startswith(os.strerror(code))
    assert found.lines["next"]
    assert ("free of" in str(found)) == (code in (errno.ENOSPC, errno.EDQUOT))


def test_what_a_library_wraps_is_seen_through() -> None:
    wrapped = RuntimeError("could not write")
    wrapped.__cause__ = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert explain(wrapped).what == "the disk is full"  # type: ignore[union-attr]  # it is explained
    said = {"IO Error: Could not write file: No space left on device": "the disk is full",
            "database or disk is full": "the disk is full",
            "Cannot open file: Too many open files": "too many files are open in this process"}  # fmt: skip
    for text, what in said.items():
        assert explain(RuntimeError(text)).what == what  # type: ignore[union-attr]  # it is explained


def test_where_is_the_file_that_a_library_quotes_or_else_the_root(tmp_path: Path) -> None:
    refused = f"[Errno 13] Failed to open local file '{tmp_path}/a.parquet'. Detail: Permission denied"
    found = explain(OSError(errno.EACCES, refused), tmp_path)
    assert found is not None
    assert found.lines["where"] == f"{tmp_path}/a.parquet"
    found = explain(RuntimeError("Error writing bytes to file: No space left on device"), tmp_path)
    assert found is not None
    assert found.lines["where"] == f"a file below {tmp_path}"
    assert explain(OSError(errno.EIO, "x")).lines["where"] is None  # type: ignore[union-attr]  # explained


@pytest.mark.parametrize("error", [ValueError("a bug"), FileNotFoundError(errno.ENOENT, "no such file")])
def test_any_other_error_stays_what_it_is(error: Exception) -> None:
    assert explain(error) is None


def test_a_file_size_limit_is_said_as_such(tmp_path: Path) -> None:
    """The command itself, with files limited to 20 kB."""
    script = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000));"
        "from holdfast.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    words = ["simulate", "demo.customers=100", "demo.truth_weeks=1", "demo.truth_draws=1", "tracking=off"]
    called = subprocess.run(
        [sys.executable, "-c", script, *words, f"paths.root={tmp_path}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert called.returncode == 1, called.stderr
    assert "a file grew beyond the limit for one file" in called.stderr
    assert "ulimit -f" in called.stderr
    assert "Traceback" not in called.stderr
    assert "unexpected" not in called.stderr
    assert not list(tmp_path.rglob("*.tmp"))


def test_what_is_written_is_for_its_user_alone_and_debris_is_swept(tmp_path: Path) -> None:
    for left in ("data/holdout/.runs/.abc.1234abcd.tmp", "models/.2026.1234abcd.tmp", "data/scores/.x.1.tmp"):
        (tmp_path / left).mkdir(parents=True)
    drawn = tmp_path / "data/holdout/.runs/0123456789ab"
    drawn.mkdir()
    (drawn / "decisions.parquet").write_bytes(b"drawn by a run that was killed")
    words = ["demo.customers=60", "demo.truth_weeks=1", "demo.truth_draws=1", "tracking=off"]
    script = "import sys; from holdfast.cli import main; sys.exit(main(sys.argv[1:]))"
    called = subprocess.run(
        [sys.executable, "-c", script, "simulate", *words, f"paths.root={tmp_path}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert called.returncode == 0, called.stderr
    assert not list(tmp_path.rglob(".*.tmp"))
    assert not drawn.exists()
    written = list((tmp_path / "data/raw").rglob("*"))
    assert written
    assert {path.stat().st_mode & 0o777 for path in written if path.is_file()} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in written if path.is_dir()} == {0o700}
