"""A validated table on disk: a folder with one Parquet file, a part, for each raw file.

Rejected rows are stored in the same way. Later runs keep a part while its raw file, its mapping and all rows
that rules compare its rows with are the same.
"""

import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.contracts.rules import DUPLICATE
from holdfast.engine.duckdb import write_batches
from holdfast.sources.inference import ClassCounts


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Numbers of rows of a raw file or a table; accepted + rejected + out of scope = read.

    Attributes:
        undecided: rows out of scope for which `where` is null.
        by_rule: rejected rows by the first broken rule; malformed lines count as rows.
        denied: accepted rows that were denied a permission by a duplicate.
        unmatched: joined table → rows without a row in it.
        unused: joined table → its distinct rows without a match; counted with the first raw file.
    """

    accepted: int = 0
    out_of_scope: int = 0
    by_rule: dict[str, int]
    denied: int = 0
    undecided: int = 0
    unmatched: dict[str, int] = field(default_factory=dict)
    unused: dict[str, int] = field(default_factory=dict)

    @property
    def rejected(self) -> int:
        """Rows that break a rule."""
        return sum(self.by_rule.values())

    @property
    def judged(self) -> int:
        """Rows in scope: accepted or rejected."""
        return self.accepted + self.rejected

    @property
    def rules(self) -> str:
        """The broken rules with their numbers of rows, the most frequent first, for a message."""
        by_size = sorted(self.by_rule.items(), key=lambda entry: (-entry[1], entry[0]))
        return ", ".join(f"{rule} {number:,}" for rule, number in by_size)

    @property
    def read(self) -> int:
        """All rows."""
        return self.accepted + self.rejected + self.out_of_scope


def add_counts(counts: Iterable[Counts]) -> Counts:
    """The sum of the counts of several files."""
    every = list(counts)
    numbers = ("accepted", "out_of_scope", "denied", "undecided")
    totals: dict[str, Any] = {name: sum(getattr(counted, name) for counted in every) for name in numbers}
    for name in ("by_rule", "unmatched", "unused"):
        added = Counter[str]()
        for counted in every:
            added.update(getattr(counted, name))
        totals[name] = dict(sorted(added.items()))
    return Counts(**totals)


@dataclass(frozen=True, kw_only=True)
class Part(Counts):
    """One validated raw file of a table.

    Attributes:
        name: the name of its two Parquet files, in the folders of validated and rejected rows.
        file: the raw file's name, as in rejected rows.
        raw_sha256: None: unknown, as for a database.
        settings, mapping: fingerprints of the table's settings, and of the resulting SQL and types.
        columns: the columns of the raw file.
        classes: the counts by which the types of its text columns are inferred.
        read_at: when it was validated, naive wall-clock of the source's zone, ISO 8601.
        recheck_at: the earliest time that was rejected as later than `read_at`; None: there is none.
    """

    name: str
    file: str
    raw_sha256: str | None
    validated_sha256: str
    rejected_sha256: str
    settings: str
    mapping: str
    columns: list[str]
    classes: dict[str, ClassCounts]
    read_at: str
    recheck_at: str | None

    @property
    def depends_on_others(self) -> bool:
        """Whether other files decided about some of its rows, so that a change of those may change it."""
        return self.denied > 0 or DUPLICATE in self.by_rule


class Earlier(NamedTuple):
    """The unchanged parts of a table from an earlier run, by raw file, and their two folders."""

    parts: Mapping[str, Part]
    validated: Path
    rejected: Path


def part_name(number: int) -> str:
    """The name of a part; `number` is the position of its raw file, from 0."""
    return f"part-{number:05d}.parquet"


def without_outdated(parts: Mapping[str, Part], outdated: Collection[str]) -> dict[str, Part]:
    """The parts that stay valid when those of the files `outdated` are made again."""
    return {name: part for name, part in parts.items() if name not in outdated and not part.depends_on_others}


def write_parts(rows: pa.RecordBatchReader, paths: Mapping[str, Path]) -> None:
    """Write one Parquet file for each raw file; it is empty if the raw file has no rows.

    Args:
        rows: sorted by raw file; the first column is the file's name and is not written.
        paths: raw file → the path to write.
    """
    schema = pa.schema(list(rows.schema)[1:])
    pieces = (piece for batch in rows for piece in by_file(batch))
    for file, group in itertools.groupby(pieces, key=itemgetter(0)):
        write_batches((piece for _, piece in group), schema, paths[file])
    for path in paths.values():
        if not path.exists():
            write_batches([], schema, path)


def by_file(batch: pa.RecordBatch) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Split a batch where its first column changes, and drop that column."""
    runs, start = pc.run_end_encode(batch.column(0)), 0
    rows = batch.select(batch.schema.names[1:])
    for file, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
        yield file, rows.slice(start, end - start)
        start = end
