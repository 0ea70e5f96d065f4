"""DuckDB, embedded: tables larger than memory through Ibis, spilling into a folder of the run."""

import contextlib
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
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
        raw: the same connection, for statements that Ibis does not support.
        temporary: the folder that it spills into.
    """

    con: Backend
    raw: duckdb.DuckDBPyConnection
    temporary: Path

    @contextlib.contextmanager
    def scratch(self, name: str) -> Iterator[Path]:
        """An empty folder for files that are gone when the block ends."""
        folder = self.temporary / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def read_parquet(self, paths: str | Path | Sequence[str | Path]) -> ibis.Table:
        """The rows of a Parquet file, a folder of parts, a glob of files or a list of any of these.

        All files have the columns of the first one, in any order.
        """
        several = [paths] if isinstance(paths, str | Path) else paths
        return self.con.read_parquet([str(file) for path in several for file in parquet_files(Path(path))])

    def write_parquet(self, expr: ibis.Table, path: Path) -> None:
        """Write the rows of `expr`, in its order, as one Parquet file."""
        rows = self.con.to_pyarrow_batches(expr, chunk_size=ROW_GROUP_ROWS)
        write_batches(rows, rows.schema, path)


@contextlib.contextmanager
def open_engine(settings: EngineSettings, temporary: Path, threads: int | None) -> Iterator[DuckDB]:
    """Open an engine, and close it when the block ends.

    Args:
        settings: which engine, and how much memory it may take.
        temporary: a folder to spill into; created if absent, removed by the caller.
        threads: the number of threads; None: all cores.
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
        yield DuckDB(con, con.con, temporary)
    finally:
        con.disconnect()


def parquet_files(path: Path) -> list[Path]:
    """The Parquet files of a table: the parts of a folder in the order of their names, or the one file."""
    return sorted(path.glob("*.parquet")) if path.is_dir() else [path]


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
    """An amount of memory for DuckDB; a percentage is of the machine's memory."""
    share = DEFAULT_MEMORY_SHARE
    if memory is not None:
        if not memory.strip().endswith("%"):
            return memory
        share = float(memory.strip().rstrip("%")) / 100
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{int(total * share / 2**20)}MiB"
