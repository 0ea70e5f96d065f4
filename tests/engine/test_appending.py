"""Rows added to a Parquet file: the old ones to the byte, the new ones below them."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from holdfast.engine.appending import append_batches, append_query
from holdfast.engine.duckdb import open_engine
from holdfast.engine.settings import EngineSettings

ROWS = pa.table(
    {"number": list(range(5300)), "text": [None if i % 11 == 0 else f"row {i % 7}" for i in range(5300)]}
)


def write(path: Path, rows: pa.Table) -> Path:
    with pq.ParquetWriter(path, rows.schema, compression="zstd") as writer:
        for batch in rows.combine_chunks().to_batches(1000):
            writer.write_batch(batch)
    return path


def reader(rows: pa.Table, size: int) -> pa.RecordBatchReader:
    return pa.RecordBatchReader.from_batches(rows.schema, rows.combine_chunks().to_batches(size))


@pytest.mark.parametrize("nights", [(1,), (1000, 50), (1, 2, 3)])
def test_rows_are_added_night_after_night(tmp_path: Path, nights: tuple[int, ...]) -> None:
    path, first = write(tmp_path / "0.parquet", ROWS.slice(0, 3400)), 3400
    for number, rows in enumerate(nights, start=1):
        before, path = path, tmp_path / f"{number}.parquet"
        append_batches(reader(ROWS.slice(first, rows), 400), before, path)
        first += rows
    assert pq.read_table(path).equals(ROWS.slice(0, first))
    groups = pq.read_metadata(path)
    assert [groups.row_group(place).num_rows for place in range(4)] == [1000, 1000, 1000, 400]
    with open_engine(EngineSettings(), tmp_path / "temporary", 2) as engine:  # and as another reader has it
        read = engine.raw.execute(f"SELECT sum(number), count(text) FROM read_parquet('{path}')").fetchone()
    assert read == (first * (first - 1) // 2, first - -(-first // 11))


def test_the_rows_that_were_there_are_the_same_bytes(tmp_path: Path) -> None:
    before = write(tmp_path / "before.parquet", ROWS.slice(0, 3400)).read_bytes()
    with open_engine(EngineSettings(), tmp_path / "temporary", 1) as engine:
        for name in ("one", "two"):
            sql = "SELECT 7::BIGINT AS number, 'new' AS text FROM range(3)"
            append_query(engine, sql, tmp_path / "before.parquet", tmp_path / f"{name}.parquet")
    after = (tmp_path / "one.parquet").read_bytes()
    footer = int.from_bytes(before[-8:-4], "little") + 8
    assert after[: len(before) - footer] == before[:-footer]
    assert after == (tmp_path / "two.parquet").read_bytes()
    assert (tmp_path / "before.parquet").read_bytes() == before
    assert pq.read_table(tmp_path / "one.parquet")["text"].to_pylist()[-3:] == ["new"] * 3


def test_other_columns_are_no_rows_of_the_table(tmp_path: Path) -> None:
    before = write(tmp_path / "before.parquet", ROWS)
    with pytest.raises(RuntimeError, match="schemas"):
        append_batches(reader(ROWS.select(["number"]), 400), before, tmp_path / "after.parquet")
