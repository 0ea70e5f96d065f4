"""Raw rows staged as Parquet, each with its file and its row number."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.sources.sql import literal

FILE = "holdfast__file"  # the raw file's name
ROW = "holdfast__row"  # the row in that file; the header, if there is one, is row 1
SHEET = "holdfast__sheet"  # the position of its sheet in a workbook; 0: no workbook
FIRST_ROW = "holdfast__first_row"  # the ROW of the first row of a staged file
BATCH_ROWS = 50_000

Cells = Sequence[str | None]


@dataclass(frozen=True)
class RawTable:
    """A table's raw rows, ready to be mapped.

    Attributes:
        view: the engine's view of them: the raw columns in use, FILE, SHEET and ROW.
        files: the names of its raw files, in order.
        columns: file → raw columns, including files that are not in the view.
        text: the columns that are staged as text; their types are inferred.
        ordered: whether the rows are in the order of file and row; False: a database, which has no order.
        malformed: the engine's table of lines that could not be split into columns: file, line, next_row
            (the ROW of the next line that could be split), content.
        joined: the columns of joined tables, as `name.column`.
        unmatched, unused: see `parts.Counts`; unmatched by raw file.
    """

    view: str
    files: tuple[str, ...]
    columns: dict[str, tuple[str, ...]]
    text: frozenset[str]
    ordered: bool
    malformed: str
    joined: tuple[str, ...] = ()
    unmatched: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    unused: Mapping[str, int] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """All raw columns in the order of the files, then those of joined tables."""
        names = dict.fromkeys(name for columns in self.columns.values() for name in columns)
        return (*names, *self.joined) if names else ()


def stage_rows(
    con: duckdb.DuckDBPyConnection,
    origin: str,
    cells: Iterable[str],
    file: str,
    path: Path,
    first_row: int = 1,
) -> None:
    """Let the engine write rows to a Parquet file.

    Args:
        origin: the SQL behind FROM.
        cells: the SQL of each column with its name: `x AS "y"`.
        file, first_row: the FILE of all rows, and the ROW of the first.
    """
    place = [f"{literal(file)} AS {FILE}", f"{first_row}::BIGINT AS {FIRST_ROW}"]
    con.execute(
        f"COPY (SELECT {', '.join([*cells, *place])} FROM {origin}) "
        f"TO {literal(path)} (FORMAT parquet, COMPRESSION snappy)"
    )


def stage_texts(rows: Iterable[Cells], columns: Sequence[str], file: str, first_row: int, path: Path) -> None:
    """Write rows of text cells to a Parquet file, batch by batch.

    Args:
        file, first_row: see `stage_rows`.
    """
    fields = [pa.field(name, pa.string()) for name in columns]
    schema = pa.schema([*fields, pa.field(FILE, pa.string()), pa.field(FIRST_ROW, pa.int64())])
    with pq.ParquetWriter(path, schema) as writer:
        for batch in _batches(rows):
            arrays = [pa.array(cells, pa.string()) for cells in zip(*batch, strict=True)]
            arrays += [pa.repeat(file, len(batch)), pa.repeat(pa.scalar(first_row, pa.int64()), len(batch))]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))


def _batches(rows: Iterable[Cells]) -> Iterator[list[Cells]]:
    rest = iter(rows)
    while batch := list(islice(rest, BATCH_ROWS)):
        yield batch
