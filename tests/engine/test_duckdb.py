"""The engine: its settings, its memory, and files whose bytes do not depend on its threads."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pydantic
import pytest

from holdfast.engine.duckdb import ROW_GROUP_ROWS, SMALL_BYTES, open_engine, threads_for, write_batches
from holdfast.engine.settings import EngineSettings

ROWS = 2 * ROW_GROUP_ROWS + 1000


def write(folder: Path, threads: int) -> Path:
    path = folder / f"{threads}.parquet"
    with open_engine(EngineSettings(), folder / f"temporary-{threads}", threads) as engine:
        rows = engine.con.sql(
            f"SELECT i, 'row ' || i % 97 AS text FROM range({ROWS}) AS t(i) WHERE i % 3 > 0"
        )
        engine.write_parquet(rows, path)
    return path


def test_same_rows_are_the_same_bytes_whatever_the_threads(tmp_path: Path) -> None:
    assert write(tmp_path, 1).read_bytes() == write(tmp_path, 2).read_bytes()


def test_small_raw_files_are_read_by_one_thread() -> None:
    assert threads_for(SMALL_BYTES - 1) == 1
    assert threads_for(SMALL_BYTES) is None
    assert threads_for(None) is None


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    with open_engine(EngineSettings(), tmp_path / "temporary", 1) as engine:
        for number in (1, 2):
            rows = engine.con.sql(f"SELECT {number} AS a")
            engine.write_parquet(rows, tmp_path / "parts" / f"{number}.parquet")
        for paths in (tmp_path / "parts", tmp_path / "parts" / "*.parquet"):
            both = engine.read_parquet(paths)
            assert sorted(both.to_pyarrow()["a"].to_pylist()) == [1, 2]


@pytest.mark.parametrize(("memory", "shown"), [("512MiB", "512.0 MiB"), ("1GiB", "1.0 GiB")])
def test_memory_is_limited_as_set(tmp_path: Path, memory: str, shown: str) -> None:
    with open_engine(EngineSettings(memory=memory), tmp_path, 1) as engine:
        assert engine.raw.execute("SELECT current_setting('memory_limit')").fetchone() == (shown,)


def test_half_the_memory_is_less_than_all(tmp_path: Path) -> None:
    limits = []
    for share in ("50%", "100%"):
        with open_engine(EngineSettings(memory=share), tmp_path, 1) as engine:
            limits.append(engine.raw.execute("SELECT current_setting('memory_limit')").fetchone())
    assert limits[0] != limits[1]


def test_times_are_cast_in_utc(tmp_path: Path) -> None:
    with open_engine(EngineSettings(), tmp_path, 1) as engine:
        assert engine.raw.execute("SELECT current_setting('TimeZone')").fetchone() == ("UTC",)


@pytest.mark.parametrize("memory", ["much", "12", "4 apples"])
def test_memory_without_a_unit_is_refused(memory: str) -> None:
    with pytest.raises(pydantic.ValidationError, match="not an amount of memory"):
        EngineSettings(memory=memory)


def test_same_rows_are_the_same_bytes_however_they_are_cut_into_batches(tmp_path: Path) -> None:
    rows = pa.table({"number": range(ROWS), "text": [f"row {number % 97}" for number in range(ROWS)]})
    for name, size in (("one", ROWS), ("other", 70_001)):
        write_batches(rows.to_batches(max_chunksize=size), rows.schema, tmp_path / f"{name}.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "other.parquet").read_bytes()
    assert pq.read_table(tmp_path / "one.parquet") == rows
    assert pq.read_metadata(tmp_path / "one.parquet").row_group(0).num_rows == ROW_GROUP_ROWS
