"""From a features table to the matrix that a model reads: fixed columns, fixed codes for levels."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

CONTACTED = "contacted"  # of a training row: before its outcome was over; null where nothing says so
FLAG = "contacted__in_outcome"  # the same as a column that the model may read
KEYS = ("customer_id", "as_of", "churned", CONTACTED)
TEXTS = (pa.types.is_dictionary, pa.types.is_string, pa.types.is_large_string)

Matrix = NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class Columns:
    """The columns of a model, in their order, and what codes stand for.

    Attributes:
        names: the features, in the order of the matrix.
        levels: for each feature that is text, its levels; the code is the position. A level that is not
            among them (rare, or never seen in training) counts as missing.
    """

    names: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]]

    @property
    def categorical(self) -> list[int]:
        """The positions of the text features."""
        return [place for place, name in enumerate(self.names) if name in self.levels]

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "names": list(self.names),
            "levels": {name: list(texts) for name, texts in self.levels.items()},
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Columns":
        """From `to_dict`."""
        levels = {name: tuple(texts) for name, texts in content["levels"].items()}
        return cls(tuple(content["names"]), levels)


def learn_columns(features: pa.Table, most_levels: int) -> Columns:
    """The columns worth having: those that tell these (training) rows apart, copies of others left out."""
    names, levels = [], {}
    known: dict[tuple[int, float], list[pa.ChunkedArray]] = {}
    as_of = features["as_of"] if "as_of" in features.column_names else None
    for name in features.column_names:
        if name in KEYS:
            continue
        column = features[name]
        if any(is_text(column.type) for is_text in TEXTS):
            kept = frequent_levels(column, most_levels)
            if kept:
                levels[name] = kept
                names.append(name)
        elif varies(column, as_of) and not is_copy(column, known):
            names.append(name)
    return Columns(tuple(names), levels)


def varies(column: pa.ChunkedArray, as_of: pa.ChunkedArray | None) -> bool:
    """Whether a column of numbers has two values, or one and nulls.

    One value on some dates and nulls on all others (refunds over a year, where nobody ever refunded and
    the log's first dates lack a year) says only which date it is.
    """
    if column.null_count == len(column):
        return False
    ends = pc.min_max(column).as_py()
    if ends["min"] != ends["max"] or not column.null_count or as_of is None:
        return bool(ends["min"] != ends["max"] or column.null_count)
    known = column.is_valid()
    with_value, without = pc.unique(as_of.filter(known)), pc.unique(as_of.filter(pc.invert(known)))
    return bool(pc.any(pc.is_in(with_value, value_set=without)).as_py())


def is_copy(column: pa.ChunkedArray, known: dict[tuple[int, float], list[pa.ChunkedArray]]) -> bool:
    """Whether the same numbers stand in one of the columns `known`, to which it is added if not.

    On a short log, and of what seldom happens, long windows hold the same: trees would take one for the
    other, and each would get a part of the contribution. `known` goes by what is quick to compare.
    """
    alike = known.setdefault((column.null_count, pc.sum(column).as_py()), [])
    if any(column.equals(other) for other in alike):
        return True
    alike.append(column)
    return False


def frequent_levels(column: pa.ChunkedArray, most: int) -> tuple[str, ...]:
    """The most frequent levels in the order of their texts, without those of a handful of rows."""
    least = max(2, len(column) // 1000)
    counted = pc.value_counts(column.cast(pa.string()).drop_null()).to_pylist()
    frequent = sorted(counted, key=lambda count: (-count["counts"], count["values"]))[:most]
    return tuple(sorted(count["values"] for count in frequent if count["counts"] >= least))


def left_alone(features: pa.Table, columns: Columns) -> pa.Table:
    """The rows as if nobody were contacted: that is what is predicted, whoever was contacted later."""
    if FLAG not in columns.names:
        return features
    nobody = pa.array(np.zeros(features.num_rows, np.float32))
    others = [name for name in features.column_names if name != FLAG]
    return features.select(others).append_column(FLAG, nobody)


def encode(features: pa.Table, columns: Columns) -> Matrix:
    """(rows, columns) float32 in the model's order; missing and unknown levels are NaN.

    Raises:
        KeyError: a column of the model is not in the table.
    """
    matrix = np.empty((features.num_rows, len(columns.names)), np.float32, order="F")
    for place, name in enumerate(columns.names):
        column = features[name]
        if name in columns.levels:
            texts = pa.array(columns.levels[name], pa.string())
            column = pc.index_in(column.cast(pa.string()), value_set=texts)
        matrix[:, place] = column.cast(pa.float32()).to_numpy()  # of nulls it makes NaN in one go
    return matrix
