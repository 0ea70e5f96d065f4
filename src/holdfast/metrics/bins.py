"""The bins of one column, learned on a reference; only the counts by bin are kept, not the values."""

import dataclasses
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

BINS = 10
MOST_LEVELS = 50  # of a text column with more levels, the rest shares the bin `other`

Places = NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class Bins:
    """Where the values of a column fall; nulls always into the last bin, `missing`.

    Attributes:
        edges: of numbers: the upper ends of all bins of values but the last, which is open; rising. A
            value on an edge belongs to the bin that it ends.
        levels: of texts: a bin each; then comes `other`, for all that is none of them. None: numbers.
    """

    edges: NDArray[np.float32]
    levels: tuple[str, ...] | None

    @property
    def count(self) -> int:
        """How many bins there are, `missing` included."""
        return (len(self.edges) if self.levels is None else len(self.levels)) + 2

    def place(self, column: Any) -> Places:
        """(rows,) the bin of each value of an Arrow column."""
        if self.levels is None:
            values = numbers(column)
            # NaN is sorted last: one bin beyond the last edge, where the open bin already is
            return np.searchsorted(self.edges, values, side="left") + np.isnan(values)
        positions = pc.index_in(texts(column), value_set=pa.array(self.levels, pa.string()))
        positions = pc.if_else(pc.is_null(column), self.count - 1, pc.fill_null(positions, len(self.levels)))
        return np.asarray(positions.to_numpy(), np.int64)


def learn_bins(column: Any) -> Bins:
    """The bins of a reference column.

    Numbers: tenths. A value that a tenth of the known rows share gets a bin of its own, and the tenths
    are those of the other rows: of a column that is mostly 0, what is not 0 would else be one bin. Texts:
    the most frequent levels.
    """
    if is_text(column.type):
        counted = pc.value_counts(pc.drop_null(texts(column))).to_pylist()
        frequent = sorted(counted, key=lambda level: (-level["counts"], level["values"]))[:MOST_LEVELS]
        return Bins(np.empty(0, np.float32), tuple(sorted(level["values"] for level in frequent)))
    values = numbers(column)
    values = values[~np.isnan(values)]
    distinct, counts = np.unique(values, return_counts=True)
    if not len(distinct):
        return Bins(np.empty(0, np.float32), None)
    often = counts * BINS >= len(values)
    others = np.repeat(distinct[~often], counts[~often])
    cuts = [others[np.arange(1, BINS) * len(others) // BINS]] if len(others) >= BINS else []
    before = distinct[np.flatnonzero(often[1:])]  # the value below one with a bin of its own ends another
    edges = np.unique(np.concatenate([*cuts, distinct[often], before]))
    # the largest value is an edge only where it has a bin of its own: what lies above is then new
    return Bins(edges if often[-1] else edges[edges < distinct[-1]], None)


def is_text(kind: pa.DataType) -> bool:
    """Whether a column holds levels."""
    return bool(pa.types.is_dictionary(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind))


def texts(column: Any) -> Any:
    """A column of levels as plain strings in one piece."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return whole.cast(pa.string())


def numbers(column: Any) -> NDArray[np.float32]:
    """A column of numbers, NaN for null."""
    return np.asarray(column.cast(pa.float32()).fill_null(np.nan))
