"""Streams in buckets: all facts of a customer in one place, so that a bucket can be worked on alone."""

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa

from holdfast.engine.duckdb import DuckDB
from holdfast.streams.order import group
from holdfast.streams.stream import Stream

FACTS_A_BUCKET = 625_000  # about 100 MB while it is worked on
MOST_BUCKETS = 1024
FEWEST = ((50_000, 1), (200_000, 4))  # below so many facts, so many buckets
USUAL = 16  # enough that the threads of a usual machine all have work until the end

FEWEST_DEALT, DEALT_A_BUCKET, MOST_DEALT = 1 << 19, 1 << 12, 1 << 20  # facts dealt to buckets at once
AHEAD = "128MB"  # so much the engine makes ready while facts are dealt; as it comes, its threads wait


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
    """Write a stream to `folder/<stream>/part-<n>.arrow`, each fact in the bucket of its customer's hash.

    The file holds a record batch for every bucket, in their order, again and again: a bucket is read by
    its place, without a look at the others, and however many there are, one file is open. Facts come as
    the engine makes them; their order within a bucket is not defined, `streams.facts.arrange` gives one.

    Args:
        part: numbers what is written at one time, so that later facts come beside earlier ones.
    """
    path = folder / stream.name / f"part-{part:03}.arrow"
    path.parent.mkdir(parents=True, exist_ok=True)
    bucket = (stream.facts.customer_id.hash() % buckets + buckets) % buckets
    facts = stream.facts.select(*stream.columns, bucket=bucket.cast("int64"))
    # rows need no order here, and keeping one would make the engine's threads wait for each other
    engine.raw.execute(f"SET preserve_insertion_order = false; SET streaming_buffer_size = '{AHEAD}'")
    try:
        batches = engine.raw.execute(engine.con.compile(facts)).to_arrow_reader(batch_rows(buckets))
        kept = pa.schema(list(batches.schema)[:-1])
        with pa.ipc.new_file(path, kept) as writer:
            for batch in batches:
                for piece in dealt(batch, buckets):
                    writer.write_batch(piece)
    finally:
        engine.raw.execute("SET preserve_insertion_order = true; RESET streaming_buffer_size")


def batch_rows(buckets: int) -> int:
    """How many facts to deal at once: some for every bucket, in bounded memory."""
    return max(FEWEST_DEALT, min(MOST_DEALT, DEALT_A_BUCKET * buckets))


def dealt(batch: pa.RecordBatch, buckets: int) -> Iterator[pa.RecordBatch]:
    """The facts of each bucket, in their order, without the last column, which says where each belongs."""
    start, order = group(batch.column(batch.num_columns - 1).to_numpy(), buckets)
    facts = batch.select(batch.schema.names[:-1]).take(pa.array(order))
    for first, end in itertools.pairwise(start.tolist()):
        yield facts.slice(first, end - first)


def read_bucket(stream: Stream, folder: Path, bucket: int, buckets: int) -> pa.Table:
    """The facts of one of so many buckets, as they lie in the files; empty where its customers have none."""
    pieces: list[pa.RecordBatch] = []
    for path in sorted((folder / stream.name).glob("part-*.arrow")):
        with pa.memory_map(str(path)) as source:
            file = pa.ipc.open_file(source)
            pieces += [file.get_batch(at) for at in range(bucket, file.num_record_batches, buckets)]
    return pa.Table.from_batches(pieces) if pieces else schema(stream).empty_table()


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
