"""Streams in buckets: all facts of a customer in one place, so that a bucket can be worked on alone."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.engine.duckdb import DuckDB
from holdfast.streams.stream import Stream

FACTS_A_BUCKET = 1_000_000  # about 150 MB while it is worked on
MOST_BUCKETS = 1024


def choose_buckets(facts: int, wanted: int | None) -> int:
    """How many buckets: as many as asked for, else about a million facts each."""
    return wanted or min(MOST_BUCKETS, max(1, -(-facts // FACTS_A_BUCKET)))


def write_buckets(engine: DuckDB, stream: Stream, folder: Path, buckets: int) -> None:
    """Write a stream below `folder/<stream>/bucket=<n>/`, by a hash of the customer.

    The order of rows within a bucket is not defined; `streams.facts.arrange` gives them one.
    """
    target = folder / stream.name
    target.mkdir(parents=True)
    bucket = (stream.facts.customer_id.hash() % buckets + buckets) % buckets
    facts = stream.facts.select(*stream.columns, bucket=bucket.cast("int32"))
    # rows need no order here, and keeping one would hold partitions back in memory
    engine.raw.execute("SET preserve_insertion_order = false")
    try:
        engine.raw.execute(
            f"COPY ({engine.con.compile(facts)}) TO '{quoted(target)}' "
            "(FORMAT parquet, PARTITION_BY (bucket), COMPRESSION snappy)"
        )
    finally:
        engine.raw.execute("SET preserve_insertion_order = true")


def read_bucket(stream: Stream, folder: Path, bucket: int) -> pa.Table:
    """The facts of one bucket; empty where its customers have none."""
    part = folder / stream.name / f"bucket={bucket}"
    if not part.is_dir():
        return schema(stream).empty_table()
    files = sorted(part.glob("*.parquet"))
    return pa.concat_tables(pq.read_table(file, partitioning=None) for file in files)


def schema(stream: Stream) -> pa.Schema:
    """The Arrow schema of a stream's facts."""
    types: Mapping[str, pa.DataType] = {
        "customer_id": pa.string(),
        "occurred_at": pa.timestamp("us"),
        "known_at": pa.timestamp("us"),
        "kind": pa.int8(),
        **dict.fromkeys(stream.numbers, pa.float64()),
        **{f"{key}_key": pa.int64() for key in stream.keys},
        **dict.fromkeys(stream.levels, pa.string()),
    }
    return pa.schema([(name, types[name]) for name in stream.columns])


def quoted(path: Path) -> str:
    """A path inside an SQL string."""
    return str(path).replace("'", "''")
