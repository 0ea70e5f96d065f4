"""Rows added below those of a Parquet file, at the cost of the new ones."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.engine.duckdb import ROW_GROUP_ROWS, DuckDB

MARK = b"PAR1"  # stands at both ends of a Parquet file
LENGTH = 4  # bytes before the last mark: how long the footer is
CHUNK = 16 << 20


def append_query(engine: DuckDB, sql: str, before: Path, path: Path) -> None:
    """Write the rows of `before`, then those of a query, as one Parquet file.

    The rows that were there are copied as the bytes they are and not encoded again; the new ones are row
    groups of their own. The same `before` and the same rows give the same bytes.

    Args:
        sql: in DuckDB's dialect; its columns are those of `before`.
        path: another file than `before`, which stays as it is.
    """
    append_batches(engine.raw.execute(sql).to_arrow_reader(ROW_GROUP_ROWS), before, path)


def append_batches(batches: pa.RecordBatchReader, before: Path, path: Path) -> None:
    """As `append_query`, each batch a row group."""
    footers = pq.read_metadata(before)
    written: list[pq.FileMetaData] = []
    with (
        pa.OSFile(str(path), mode="wb") as stream,
        pq.ParquetWriter(stream, batches.schema, compression="zstd", metadata_collector=written) as writer,
    ):
        # the writer has set the first mark; the places of its row groups, which are counted from the file's
        # start, it takes from where the stream stands
        copy_rows(before, stream)
        for batch in batches:
            writer.write_batch(batch)
    for metadata in written:
        footers.append_row_groups(metadata)
    both = pa.BufferOutputStream()
    footers.write_metadata_file(both)  # a mark, the footer, its length, a mark
    with path.open("r+b") as file:
        file.truncate(end_of_rows(path))
        file.seek(0, 2)
        file.write(both.getvalue().to_pybytes()[len(MARK) :])


def copy_rows(before: Path, stream: pa.NativeFile) -> None:
    """Copy what lies between a Parquet file's first mark and its footer."""
    left = end_of_rows(before) - len(MARK)
    with before.open("rb") as file:
        file.seek(len(MARK))
        while left:
            chunk = file.read(min(CHUNK, left))
            stream.write(chunk)
            left -= len(chunk)


def end_of_rows(path: Path) -> int:
    """Where the footer of a Parquet file begins."""
    with path.open("rb") as file:
        end = file.seek(-LENGTH - len(MARK), 2)
        return end - int.from_bytes(file.read(LENGTH), "little")
