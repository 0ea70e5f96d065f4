"""DuckDB, embedded: tables larger than memory through Ibis, spilling into a folder of the run."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from holdfast.engine.settings import EngineSettings

DEFAULT_MEMORY_SHARE = 0.6
ROW_GROUP_ROWS = 122_880  # fixed, so that the same rows are the same bytes


@dataclass(frozen=True)
class DuckDB:
    """An open engine.

    Attributes:
        con: the Ibis backend, on which expressions are built and run.
        raw: the same connection, for what Ibis has no word for.
    """

    con: Backend
    raw: duckdb.DuckDBPyConnection

    def read_parquet(self, paths: str | Path | Sequence[str | Path]) -> ibis.Table:
        """The rows of one Parquet file, a glob of them or a list, columns matched by name."""
        several = [paths] if isinstance(paths, str | Path) else list(paths)
        return self.con.read_parquet([str(path) for path in several], union_by_name=True)

    def write_parquet(self, expr: ibis.Table, path: Path) -> None:
        """Write the rows of `expr`, in its order, as one Parquet file (zstd)."""
        _write(self.con.to_pyarrow_batches(expr, chunk_size=ROW_GROUP_ROWS), path)

    def write_query(self, sql: str, path: Path) -> None:
        """Write the rows of a query in DuckDB's dialect, in its order, as one Parquet file (zstd)."""
        _write(self.raw.execute(sql).to_arrow_reader(ROW_GROUP_ROWS), path)


@contextlib.contextmanager
def open_engine(settings: EngineSettings, temporary: Path, threads: int | None) -> Iterator[DuckDB]:
    """An engine of its own, closed when the block ends.

    Args:
        settings: which engine, and how much memory it may take.
        temporary: a folder to spill into; made if absent, the caller removes it.
        threads: how many threads it may use; None: all of the machine's.
    """
    temporary.mkdir(parents=True, exist_ok=True)
    options: dict[str, Any] = {
        "memory_limit": _bytes_of(settings.memory),
        "temp_directory": str(temporary),
        "preserve_insertion_order": True,
        "autoinstall_known_extensions": False,  # never reach for the network
    }
    if threads is not None:
        options["threads"] = threads
    con = ibis.duckdb.connect(**options)
    try:
        con.raw_sql("SET TimeZone = 'UTC'")  # casts between naive and aware times: never the machine's zone
        yield DuckDB(con=con, raw=con.con)
    finally:
        con.disconnect()


def _write(batches: pa.RecordBatchReader, path: Path) -> None:
    """Write a stream of batches, one row group each.

    Not by the engine's own COPY: its row groups, and so the file's bytes, depend on the number of threads.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(path, batches.schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)


def _bytes_of(memory: str | None) -> str:
    """DuckDB's own way to write an amount of memory; shares are of the machine's."""
    share = DEFAULT_MEMORY_SHARE
    if memory is not None:
        if not memory.strip().endswith("%"):
            return memory
        share = float(memory.strip().rstrip("%")) / 100
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{int(total * share / 2**20)}MiB"
