"""Streams in buckets: all facts of a customer are in one bucket, and each bucket is processed separately."""

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from holdfast.streams.order import group
from holdfast.streams.stream import Stream

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

    from holdfast.streams.assembly import StreamTable

FACTS_PER_BUCKET = 625_000  # about 100 MB of memory while it is processed
MAX_BUCKETS = 1024
# (number of facts, buckets below it): each bucket costs some 30 ms for every pass, however few facts it has
SMALL_LOGS = ((100_000, 1), (1_000_000, 4))
MIN_BUCKETS = 16  # for larger logs: enough to keep all threads of a usual machine busy

MIN_BATCH_ROWS, MAX_BATCH_ROWS = 1 << 19, 1 << 20  # facts split into buckets at once
BATCH_ROWS_PER_BUCKET = 1 << 12
STREAMING_BUFFER = "128MB"  # results computed ahead; with the default, the engine's threads wait


def choose_buckets(facts: int, wanted: int | None) -> int:
    """The number of buckets: as set, else a power of two that depends on the number of facts.

    The steps are coarse because a new number of buckets means that all streams are rewritten. The number of
    threads does not matter: results must not depend on the machine.
    """
    if wanted is not None:
        return wanted
    for limit, buckets in SMALL_LOGS:
        if facts < limit:
            return buckets
    needed = -(-facts // FACTS_PER_BUCKET)
    return min(MAX_BUCKETS, max(MIN_BUCKETS, 1 << (needed - 1).bit_length()))


def write_buckets(con: "Backend", table: "StreamTable", folder: Path, buckets: int, part: int = 0) -> None:
    """Write a stream to `folder/<stream>/part-<n>.arrow`, each fact in the bucket of its customer's hash.

    The file repeats a sequence of record batches, one for each bucket in order. So a bucket is read by the
    positions of its batches, and only one file is open. Facts within a bucket are in no defined order;
    `streams.facts.arrange` sorts them.

    Args:
        con: the Ibis backend of DuckDB.
        part: the number of the part; a stream gets another part when facts are added.
    """
    path = folder / table.stream.name / f"part-{part:03}.arrow"
    path.parent.mkdir(parents=True, exist_ok=True)
    bucket = (table.facts.customer_id.hash() % buckets + buckets) % buckets
    facts = table.facts.select(*table.stream.columns, bucket=bucket.cast("int32"))
    rows = max(MIN_BATCH_ROWS, min(MAX_BATCH_ROWS, BATCH_ROWS_PER_BUCKET * buckets))
    # preserving the insertion order, which is not needed, would make the engine's threads wait for each other
    con.con.execute(f"SET preserve_insertion_order = false; SET streaming_buffer_size = '{STREAMING_BUFFER}'")
    try:
        batches = con.con.execute(con.compile(facts)).to_arrow_reader(rows)
        with pa.ipc.new_file(path, pa.schema(list(batches.schema)[:-1])) as writer:
            for batch in batches:
                for piece in split_by_bucket(batch, buckets):
                    writer.write_batch(piece)
    finally:
        con.con.execute("SET preserve_insertion_order = true; RESET streaming_buffer_size")


def split_by_bucket(batch: pa.RecordBatch, buckets: int) -> Iterator[pa.RecordBatch]:
    """Split a batch by its last column, the bucket number, and drop that column."""
    start, order = group(batch.column(batch.num_columns - 1).to_numpy(), buckets)
    facts = batch.select(batch.schema.names[:-1]).take(pa.array(order))
    for first, end in itertools.pairwise(start.tolist()):
        yield facts.slice(first, end - first)


def read_bucket(stream: Stream, folder: Path, bucket: int, buckets: int) -> pa.Table:
    """The facts of one bucket, memory-mapped, in the order of the files."""
    batches: list[pa.RecordBatch] = []
    for path in sorted((folder / stream.name).glob("part-*.arrow")):
        with pa.memory_map(str(path)) as source:
            file = pa.ipc.open_file(source)
            batches += [
                file.get_batch(position) for position in range(bucket, file.num_record_batches, buckets)
            ]
    return pa.Table.from_batches(batches) if batches else schema(stream).empty_table()


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
