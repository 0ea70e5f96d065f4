"""The benchmark of failing file calls: its library lets the call fail that it is asked for, and no other."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.faults.__main__ import Site, Try, compile_shim, place, table

WRITES = """
import os, sys
root = sys.argv[1]
for name in ("a", "b"):
    try:
        with open(f"{root}/{name}.tmp", "w") as file:
            file.write("text")
        os.replace(f"{root}/{name}.tmp", f"{root}/{name}")
    except OSError as error:
        print(name, error.errno, end=" ")
"""


@pytest.mark.skipif(shutil.which("cc") is None and shutil.which("gcc") is None, reason="no C compiler here")
@pytest.mark.parametrize(
    ("number", "said"), [(0, ""), (1, "a 28"), (2, "a 28"), (3, "a 28"), (4, "b 28"), (6, "b 28"), (7, "")]
)
def test_the_call_that_is_asked_for_fails(tmp_path: Path, number: int, said: str) -> None:
    library, root = compile_shim(tmp_path), tmp_path / "root"
    root.mkdir()
    fault = {
        "LD_PRELOAD": str(library),
        "FAULT_ROOT": str(root),
        "FAULT_AT": str(number),
        "FAULT_ERRNO": "28",
    }
    fault["FAULT_LOG"] = str(tmp_path / "log")
    done = subprocess.run(
        [sys.executable, "-c", WRITES, str(root)],
        env=os.environ | fault,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == said
    calls = [line.split("\t")[1:] for line in (tmp_path / "log").read_text().splitlines()]
    assert calls[:2] == [["open", "a.tmp"], ["write", "a.tmp"]] or number == 1
    assert number or [kind for kind, _ in calls] == ["open", "write", "rename"] * 2


def test_a_file_is_tried_once_whatever_its_table_and_hash() -> None:
    first, second = (
        Site(1, "write", f"data/validated/.demo.{name}.tmp/{table}.parquet/part-00001.parquet")
        for name, table in (("bdfbf88a", "tickets"), ("0a1b2c3d", "surveys"))
    )
    assert place(first) == place(second)
    tries = [Try(first, "EIO", 1, True, True, True, ""), Try(first, "EIO", 0, True, True, False, "")]
    assert list(table(tries))[-1] == "| all | 2 | 2 | 2 | 1 | 1 |"
