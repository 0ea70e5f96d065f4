"""The embedded engine DuckDB: works on tables larger than memory and spills into a temporary folder."""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.engine.buckets import write_buckets
from holdfast.engine.engine import Engine, parquet_files
from holdfast.engine.parallel import Buckets
from holdfast.engine.settings import EngineSettings, megabytes
from holdfast.storage import Location, local_path
from holdfast.streams.assembly import StreamTable

DEFAULT_MEMORY = "60%"
ROW_GROUP_ROWS = 122_880  # fixed, so that the same rows give the same bytes
SMALL_BYTES = 8_000_000  # raw files with a smaller total size are read with one thread


@dataclass(frozen=True)
class DuckDB(Engine):
    """An open engine inside this process.

    Attributes:
        raw: the connection of `con`, for statements that Ibis does not support.
        threads: the number of threads; None: all cores.
    """

    raw: duckdb.DuckDBPyConnection
    threads: int | None

    def read_parquet(self, paths: str | Location | Sequence[str | Location]) -> ibis.Table:
        several = [paths] if isinstance(paths, str | Location) else paths
        return self.con.read_parquet(
            [str(file) for path in several for file in parquet_files(local_path(path))]
        )

    def write_parquet(self, expr: ibis.Table, path: Location) -> None:
        rows = self.con.to_pyarrow_batches(expr, chunk_size=ROW_GROUP_ROWS)
        write_batches(rows, rows.schema, local_path(path))

    def keep(self, name: str, table: ibis.Table) -> ibis.Table:
        self.raw.execute(f"CREATE OR REPLACE TABLE {name} AS {self.con.compile(table)}")
        return self.con.table(name)

    def write_buckets(self, table: StreamTable, folder: Location, buckets: int, part: int = 0) -> None:
        write_buckets(self.con, table, local_path(folder), buckets, part)

    def buckets(self, folder: Location, count: int) -> Buckets:
        return Buckets(folder, count, self.threads)


def threads_for(raw_bytes: int | None) -> int | None:
    """The number of threads for raw files of a size (None: unknown); None: all cores.

    With two threads, `validate` of 200,000 rows is not faster and takes an eighth more processor time.
    """
    return 1 if raw_bytes is not None and raw_bytes < SMALL_BYTES else None


@contextlib.contextmanager
def open_engine(settings: EngineSettings, temporary: Path, threads: int | None) -> Iterator[DuckDB]:
    """Open an engine, and close it when the block ends.

    Args:
        temporary, threads: see `engine.opening.open_engine`.
    """
    temporary.mkdir(parents=True, exist_ok=True)
    options: dict[str, Any] = {
        "memory_limit": _bytes_of(settings.memory),
        "temp_directory": str(temporary),
        "preserve_insertion_order": True,
        "autoinstall_known_extensions": False,  # no network access
    }
    if threads is not None:
        options["threads"] = threads
    con = ibis.duckdb.connect(**options)
    try:
        con.raw_sql("SET TimeZone = 'UTC'")  # casts between naive and aware times: never the machine's zone
        yield DuckDB(con, temporary, con.con, threads)
    finally:
        con.disconnect()


def write_batches(batches: Iterable[pa.RecordBatch], schema: pa.Schema, path: Path) -> None:
    """Write rows as one Parquet file (zstd) with ROW_GROUP_ROWS rows in a row group.

    Not by the engine's own COPY: its row groups, and so the file's bytes, depend on the number of threads.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        waiting = schema.empty_table()
        for batch in batches:
            waiting = pa.concat_tables([waiting, pa.Table.from_batches([batch], schema)])
            while waiting.num_rows >= ROW_GROUP_ROWS:
                writer.write_table(waiting.slice(0, ROW_GROUP_ROWS).combine_chunks())
                waiting = waiting.slice(ROW_GROUP_ROWS)
        if waiting.num_rows:
            writer.write_table(waiting.combine_chunks())


def _bytes_of(memory: str | None) -> str:
    """An amount of memory for DuckDB."""
    return f"{megabytes(memory or DEFAULT_MEMORY)}MiB"
