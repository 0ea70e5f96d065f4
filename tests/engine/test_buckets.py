"""Streams in buckets: how many, every fact in one of them, and later facts beside earlier ones."""

from pathlib import Path

import pyarrow as pa
import pytest

from holdfast.engine.buckets import choose_buckets, read_bucket, write_buckets
from holdfast.engine.duckdb import DuckDB, open_engine
from holdfast.engine.settings import EngineSettings
from holdfast.streams.assembly import StreamTable
from holdfast.streams.stream import Stream


@pytest.mark.parametrize(
    ("facts", "wanted", "buckets"),
    [
        (0, None, 1),
        (99_999, None, 1),
        (100_000, None, 4),
        (999_999, None, 4),
        (1_000_000, None, 16),
        (10_000_000, None, 16),
        (10_000_001, None, 32),
        (20_000_000, None, 32),
        (20_000_001, None, 64),
        (10**10, None, 1024),
        (10, 7, 7),
    ],
)
def test_the_number_of_buckets_follows_the_facts_in_steps(
    facts: int, wanted: int | None, buckets: int
) -> None:
    assert choose_buckets(facts, wanted) == buckets


def stream_of(engine: DuckDB, first: int, last: int) -> StreamTable:
    columns = (
        "'c' || i % 50 AS customer_id, NULL::TIMESTAMP AS occurred_at, TIMESTAMP '2024-01-01' AS known_at, "
        "0::TINYINT AS kind, i::DOUBLE AS amount"
    )
    facts = engine.con.sql(f"SELECT {columns} FROM range({first}, {last}) AS numbers(i)")
    return StreamTable(Stream("transactions", ("purchase",), ("purchase",), ("amount",), (), ()), facts)


def rows(table: pa.Table) -> list[tuple[str, float]]:
    return list(zip(table["customer_id"].to_pylist(), table["amount"].to_pylist(), strict=True))


def test_later_facts_come_into_the_bucket_of_their_customer(tmp_path: Path) -> None:
    with open_engine(EngineSettings(), tmp_path / "temporary", 2) as engine:
        write_buckets(engine.con, stream_of(engine, 0, 900), tmp_path / "grown", 4)
        write_buckets(engine.con, stream_of(engine, 900, 1000), tmp_path / "grown", 4, part=1)
        whole = stream_of(engine, 0, 1000)
        write_buckets(engine.con, whole, tmp_path / "whole", 4)
        found = [rows(read_bucket(whole.stream, tmp_path / "grown", bucket, 4)) for bucket in range(4)]
        expected = [rows(read_bucket(whole.stream, tmp_path / "whole", bucket, 4)) for bucket in range(4)]
    assert [sorted(bucket) for bucket in found] == [sorted(bucket) for bucket in expected]
    assert sum(map(len, found)) == 1000
    assert min(map(len, found)) > 0


def test_a_bucket_without_facts_has_the_columns_of_the_others(tmp_path: Path) -> None:
    with open_engine(EngineSettings(), tmp_path / "temporary", 1) as engine:
        table = stream_of(engine, 0, 1)
        stream = table.stream
        write_buckets(engine.con, table, tmp_path / "streams", 64)
        sizes = [read_bucket(stream, tmp_path / "streams", bucket, 64).num_rows for bucket in range(64)]
        names = {
            tuple(read_bucket(stream, tmp_path / "streams", bucket, 64).column_names) for bucket in range(64)
        }
    assert sorted(sizes)[-2:] == [0, 1]
    assert names == {stream.columns}
