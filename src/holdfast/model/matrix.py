"""Encode a features table as the model's matrix, with fixed columns and fixed codes of text levels."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.features.families.past_inactivity import PAST_INACTIVITY
from holdfast.features.reasons import FALLBACK
from holdfast.features.summary import LABELS

CONTACTED = "contacted"  # whether a labelled snapshot was contacted before its outcome window ended
CONTACT_FLAG = "contacted__in_outcome"  # the feature made from it
FLAG_REASON = FALLBACK  # a background reason: at scoring time the flag is 0 for everybody
FOR_BASELINES = f"{PAST_INACTIVITY.name}__"  # columns that only baselines read begin so
KEYS = ("customer_id", "as_of", *LABELS, CONTACTED)
TEXT_TYPES = (pa.types.is_dictionary, pa.types.is_string, pa.types.is_large_string)

Matrix = NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class Columns:
    """The columns of a model, in order, and the levels of text columns.

    Attributes:
        names: the features, in the order of the matrix.
        levels: the levels of each text feature; the code of a level is its position. Other levels (rare, or
            not seen in training) are encoded as missing.
    """

    names: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]]

    @property
    def categorical(self) -> list[int]:
        """The positions of the text features."""
        return [position for position, name in enumerate(self.names) if name in self.levels]

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Columns":
        """From JSON of the fields."""
        levels = {name: tuple(texts) for name, texts in content["levels"].items()}
        return cls(tuple(content["names"]), levels)


def select_columns(features: pa.Table, max_levels: int) -> Columns:
    """The useful columns: not constant on these rows, no copy of another one, not for baselines alone."""
    names, levels = [], {}
    seen: dict[tuple[int, float], list[pa.ChunkedArray]] = {}
    as_of = features["as_of"] if "as_of" in features.column_names else None
    for name in features.column_names:
        if name in KEYS or name.startswith(FOR_BASELINES):
            continue
        column = features[name]
        if any(is_text(column.type) for is_text in TEXT_TYPES):
            if frequent := frequent_levels(column, max_levels):
                levels[name] = frequent
                names.append(name)
        elif varies(column, as_of) and not is_copy(column, seen):
            names.append(name)
    return Columns(tuple(names), levels)


def varies(column: pa.ChunkedArray, as_of: pa.ChunkedArray | None) -> bool:
    """Whether a numeric column has two values, or one value and nulls on the same as-of date.

    A column with one value on some dates and nulls on the others distinguishes dates, not customers. Example:
    refunds over a year, if nobody had any and the first dates lack a year of history.
    """
    if column.null_count == len(column):
        return False
    ends = pc.min_max(column).as_py()
    if ends["min"] != ends["max"] or not column.null_count or as_of is None:
        return bool(ends["min"] != ends["max"] or column.null_count)
    valid = column.is_valid()
    with_value, with_null = pc.unique(as_of.filter(valid)), pc.unique(as_of.filter(pc.invert(valid)))
    return bool(pc.any(pc.is_in(with_value, value_set=with_null)).as_py())


def is_copy(column: pa.ChunkedArray, seen: dict[tuple[int, float], list[pa.ChunkedArray]]) -> bool:
    """Whether a column equals one in `seen` (keys: null count and sum); if not, it is added to `seen`.

    On a short log long windows hold the same values. Trees would choose between equal columns at random, and
    the contribution would be divided among them.
    """
    candidates = seen.setdefault((column.null_count, pc.sum(column).as_py()), [])
    if any(column.equals(other) for other in candidates):
        return True
    candidates.append(column)
    return False


def frequent_levels(column: pa.ChunkedArray, max_levels: int) -> tuple[str, ...]:
    """The most frequent levels, sorted; a level needs two rows and one row in a thousand."""
    min_rows = max(2, len(column) // 1000)
    counted = pc.value_counts(column.cast(pa.string()).drop_null()).to_pylist()
    frequent = sorted(counted, key=lambda count: (-count["counts"], count["values"]))[:max_levels]
    return tuple(sorted(count["values"] for count in frequent if count["counts"] >= min_rows))


def as_not_contacted(features: pa.Table, columns: Columns) -> pa.Table:
    """Set the contact flag to 0, so that the model predicts churn without a contact."""
    if CONTACT_FLAG not in columns.names:
        return features
    others = [name for name in features.column_names if name != CONTACT_FLAG]
    zeros = pa.array(np.zeros(features.num_rows, np.float32))
    return features.select(others).append_column(CONTACT_FLAG, zeros)


def encode(features: pa.Table, columns: Columns) -> Matrix:
    """(rows, columns) float32 in the model's order; nulls and unknown levels are NaN.

    Raises:
        KeyError: a column of the model is not in the table.
    """
    matrix = np.empty((features.num_rows, len(columns.names)), np.float32, order="F")
    for position, name in enumerate(columns.names):
        column = features[name]
        if name in columns.levels:
            levels = pa.array(columns.levels[name], pa.string())
            column = pc.index_in(column.cast(pa.string()), value_set=levels)
        matrix[:, position] = column.cast(pa.float32()).to_numpy()  # nulls become NaN
    return matrix
