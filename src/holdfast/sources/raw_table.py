"""Raw rows staged as Parquet for the engine, each with the file and the row that it came from."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

FILE = "holdfast__file"  # the raw file's name
ROW = "holdfast__row"  # the row in that file: the header is row 1; from 1 where there is none
SHEET = "holdfast__sheet"  # the place of its sheet in a workbook; 0 elsewhere
FIRST_ROW = "holdfast__first_row"  # the ROW of the first row of a staged file
BATCH_ROWS = 50_000

Cells = Sequence[str | None]


@dataclass(frozen=True)
class RawTable:
    """A table's raw rows, ready to be mapped.

    Attributes:
        view: the engine's view of them: the raw columns in use, FILE, SHEET and ROW.
        files: the names of the raw files in it, in their order.
        columns: the raw columns of each file, by its name, also of files that are not in the view.
        text: the columns that are staged as text, whose types are inferred.
        ordered: whether the rows come in the order of file and row; False: a database, which has no order.
        malformed: the engine's table of lines that could not be split into columns: file, line, next_row
            (the ROW of the next line that could), content.
        joined: the columns of joined tables, as `name.column`.
        unmatched: raw file → joined table → rows for which it has none.
        unused: joined table → different rows of it that no row takes.
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
        """All raw columns, in the order in which the files have them; those of joined tables last."""
        names = dict.fromkeys(name for columns in self.columns.values() for name in columns)
        return (*names, *self.joined) if names else ()


def stage_texts(rows: Iterable[Cells], columns: Sequence[str], file: str, first_row: int, path: Path) -> None:
    """Write rows of text cells to a Parquet file, batch by batch.

    Args:
        file, first_row: FILE of all rows, and ROW of the first.
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
