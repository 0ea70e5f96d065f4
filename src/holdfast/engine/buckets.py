"""Streams in buckets: all facts of a customer in one place, so that a bucket can be worked on alone."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.engine.duckdb import DuckDB
from holdfast.streams.stream import Stream

FACTS_A_BUCKET = 625_000  # about 100 MB while it is worked on
MOST_BUCKETS = 1024
FEWEST = ((50_000, 1), (200_000, 4))  # below so many facts, so many buckets
USUAL = 16  # enough that the threads of a usual machine all have work until the end


def choose_buckets(facts: int, wanted: int | None) -> int:
    """How many buckets: as many as asked for, else by the number of facts, in powers of two.

    In steps, because a log that grows from day to day is sorted anew when the number changes. Not by the
    number of threads: results must not depend on the machine.
    """
    if wanted is not None:
        return wanted
    for limit, buckets in FEWEST:
        if facts < limit:
            return buckets
    needed = -(-facts // FACTS_A_BUCKET)
    return min(MOST_BUCKETS, max(USUAL, 1 << (needed - 1).bit_length()))


def write_buckets(engine: DuckDB, stream: Stream, folder: Path, buckets: int, part: int = 0) -> None:
    """Write a stream below `folder/<stream>/bucket=<n>/`, by a hash of the customer.

    The order of rows within a bucket is not defined; `streams.facts.arrange` gives them one.

    Args:
        part: numbers what is written at one time, so that later facts come beside earlier ones.
    """
    target = folder / stream.name
    target.mkdir(parents=True, exist_ok=True)
    bucket = (stream.facts.customer_id.hash() % buckets + buckets) % buckets
    facts = stream.facts.select(*stream.columns, bucket=bucket.cast("int32"))
    # rows need no order here, and keeping one would hold partitions back in memory
    engine.raw.execute("SET preserve_insertion_order = false")
    try:
        engine.raw.execute(
            f"COPY ({engine.con.compile(facts)}) TO '{quoted(target)}' "
            # read once or twice: packing them would take longer than all the rest
            "(FORMAT parquet, PARTITION_BY (bucket), COMPRESSION uncompressed, DICTIONARY_SIZE_LIMIT 1, "
            f"OVERWRITE_OR_IGNORE, FILENAME_PATTERN 'part-{part:03}-{{i}}')"
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
