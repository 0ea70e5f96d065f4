"""Raw rows staged as Parquet parts, with the file and the row each came from."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

FILE = "holdfast__file"  # the raw file's name
ROW = "holdfast__row"  # its row there: the header is row 1; from 1 where there is none
FIRST = "holdfast__first"  # the ROW of a part's first row
BATCH_ROWS = 50_000

Cells = Sequence[str | None]


@dataclass(frozen=True)
class Raw:
    """A table's raw rows, ready to be mapped.

    Attributes:
        view: the engine's view of them: the raw columns in use, FILE and ROW.
        names: all raw columns there are, in order.
        text: those staged as text, whose types must be inferred.
        ordered: whether the rows come in the order of file and row; if not, there is none to rely on.
        malformed: the engine's table of lines that could not be split into columns: file, line, before
            (the ROW of the next line that could), content.
    """

    view: str
    names: tuple[str, ...]
    text: frozenset[str]
    ordered: bool
    malformed: str


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def write_texts(rows: Iterable[Cells], names: Sequence[str], file: str, first: int, part: Path) -> int:
    """Write rows of text cells as one part, a batch at a time; returns how many there were."""
    fields = [pa.field(name, pa.string()) for name in names]
    schema = pa.schema([*fields, pa.field(FILE, pa.string()), pa.field(FIRST, pa.int64())])
    written = 0
    with pq.ParquetWriter(part, schema) as writer:
        for batch in _batches(rows):
            size = len(batch)
            columns = [pa.array(cells, pa.string()) for cells in zip(*batch, strict=True)]
            columns += [pa.array([file] * size, pa.string()), pa.array([first] * size, pa.int64())]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
            written += size
    return written


def unique_names(names: Sequence[object]) -> tuple[str, ...]:
    """Names as an engine can tell them apart: blank ones numbered, repeated ones suffixed."""
    seen: set[str] = set()
    result = []
    for position, given in enumerate(names):
        name = str(given).strip() if given is not None else ""
        name = name or f"column{position}"
        candidate, number = name, 0
        while candidate.lower() in seen:
            number += 1
            candidate = f"{name}_{number}"
        seen.add(candidate.lower())
        result.append(candidate)
    return tuple(result)


def _batches(rows: Iterable[Cells]) -> Iterator[list[Cells]]:
    rest = iter(rows)
    while batch := list(islice(rest, BATCH_ROWS)):
        yield batch
