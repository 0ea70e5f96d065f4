"""The profile of a model's training data: counts by bin of each column, to compare later inputs with."""

import dataclasses
import datetime as dt
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.metrics.bins import Bins, is_text, learn_bins, numbers, texts

MOST_ROWS = 50_000  # of a training, over all its dates
SCORED_ROWS = 20_000  # of a scoring run: chance then moves an index by about 0.001
NAMED_SHARE = 0.01  # of the rows: a level that the reference lacks is named from here on

Counts = NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class Reference:
    """One column of a profile.

    Attributes:
        importance: mean size of its contribution to the score (log-odds before calibration).
        mean: of the known values; None: of a text, or nothing known.
        counts: (dates, bins) rows of each training date.
    """

    bins: Bins
    importance: float
    mean: float | None
    counts: Counts


@dataclasses.dataclass(frozen=True)
class Profile:
    """The columns that a model reads, as they were in its training.

    Attributes:
        dates: the as-of dates of the training rows, oldest first.
        customers: the number of distinct customers: rows of one customer resemble each other, so chance is
            estimated from customers, not from rows.
        columns: by name, in the model's order.
    """

    dates: tuple[dt.date, ...]
    customers: int
    columns: Mapping[str, Reference]

    def to_table(self) -> pa.Table:
        """One row a feature, key feature; dates and customers in the schema's metadata."""
        rows = [
            {
                "feature": name,
                "importance": column.importance,
                "mean": column.mean,
                "edges": column.bins.edges.tolist(),
                "levels": None if column.bins.levels is None else list(column.bins.levels),
                "counts": column.counts.tolist(),
            }
            for name, column in self.columns.items()
        ]
        about = {"dates": json.dumps([str(date) for date in self.dates]), "customers": str(self.customers)}
        return pa.Table.from_pylist(rows, SCHEMA).replace_schema_metadata(about)

    @classmethod
    def from_table(cls, table: pa.Table) -> "Profile":
        """From `to_table`."""
        columns = {}
        for row in table.to_pylist():
            levels = None if row["levels"] is None else tuple(row["levels"])
            bins = Bins(np.array(row["edges"], np.float32), levels)
            counts = np.array(row["counts"], np.int64)
            columns[row["feature"]] = Reference(bins, row["importance"], row["mean"], counts)
        about = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
        dates = tuple(dt.date.fromisoformat(date) for date in json.loads(about["dates"]))
        return cls(dates, int(about["customers"]), columns)


SCHEMA = pa.schema(
    [
        ("feature", pa.string()), ("importance", pa.float64()), ("mean", pa.float64()),
        ("edges", pa.list_(pa.float32())), ("levels", pa.list_(pa.string())),
        ("counts", pa.list_(pa.list_(pa.int64()))),
    ]
)  # fmt: skip


def learn_profile(rows: pa.Table, importance: Mapping[str, float]) -> Profile:
    """The profile of training rows.

    Args:
        rows: customer_id, as_of and every feature that the model reads.
        importance: the features in the model's order, each with its importance.
    """
    dates, date_of_row = np.unique(rows["as_of"].to_numpy(), return_inverse=True)
    columns = {}
    for name, weight in importance.items():
        bins = learn_bins(rows[name])
        places = date_of_row * bins.count + bins.place(rows[name])
        counts = np.bincount(places, minlength=len(dates) * bins.count).reshape(len(dates), bins.count)
        mean = None if is_text(rows[name].type) else pc.mean(rows[name]).as_py()
        columns[name] = Reference(bins, float(weight), mean, counts)
    days = tuple(date.astype("datetime64[D]").item() for date in dates)
    return Profile(days, len(pc.unique(rows["customer_id"])), columns)


def every_so_many(table: pa.Table, rows: int, most: int = MOST_ROWS) -> pa.Table:
    """Evenly spaced rows of one part of a table; about `most` rows if all parts are sampled.

    Args:
        rows: the number of rows of the whole table.
    """
    step = -(-rows // most)
    return table if step <= 1 else table.take(pa.array(np.arange(0, table.num_rows, step)))


@dataclasses.dataclass
class Seen:
    """The running counts of one column."""

    counts: Counts
    known: int = 0
    total: float = 0.0
    low: float = np.inf
    high: float = -np.inf
    unseen: Counter[str] = dataclasses.field(default_factory=Counter)

    def add(self, bins: Bins, column: Any) -> None:
        """Add the counts of more rows."""
        self.counts += np.bincount(bins.place(column), minlength=bins.count)
        self.known += len(column) - column.null_count
        if bins.levels is None:
            values = numbers(column)
            values = values[~np.isnan(values)]
            if len(values):
                self.total += float(values.sum(dtype=np.float64))
                self.low = min(self.low, float(values.min()))
                self.high = max(self.high, float(values.max()))
            return
        for level in pc.value_counts(pc.drop_null(texts(column))).to_pylist():
            if level["values"] not in bins.levels:
                self.unseen[level["values"]] += level["counts"]

    def merge(self, other: "Seen") -> None:
        """Add the counts of other rows."""
        self.counts += other.counts
        self.known += other.known
        self.total += other.total
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)
        self.unseen.update(other.unseen)


COUNTED = pa.schema(
    [
        ("feature", pa.string()), ("mean", pa.float64()), ("constant", pa.bool_()),
        ("unseen", pa.list_(pa.string())), ("counts", pa.list_(pa.int64())),
    ]
)  # fmt: skip


class Tally:
    """Counts a model's inputs in the bins of its profile, in bounded memory.

    Parts may be counted separately, in any process; `merge` adds their counts.
    """

    def __init__(self, profile: Profile) -> None:
        """Start with zero counts."""
        self.columns = profile.columns
        self.seen = {
            name: Seen(np.zeros(column.bins.count, np.int64)) for name, column in self.columns.items()
        }

    def count(self, part: pa.Table, rows: int) -> dict[str, Seen]:
        """Count a part of the rows; `rows`: their number in all parts."""
        taken = every_so_many(part, rows, SCORED_ROWS)
        for name, seen in self.seen.items():
            seen.add(self.columns[name].bins, taken[name])
        return self.seen

    def merge(self, parts: Iterable[Mapping[str, Seen]]) -> "Tally":
        """Add the counts of other parts."""
        for part in parts:
            for name, other in part.items():
                self.seen[name].merge(other)
        return self

    def to_table(self) -> pa.Table:
        """COUNTED: one row a feature, key feature.

        mean of the known values (null: text, or none known); constant: all known values are one; unseen:
        levels that the reference lacks, those of at least 1% of the rows, the most frequent first; counts
        by bin.
        """
        return pa.Table.from_pylist([self._row(name, seen) for name, seen in self.seen.items()], COUNTED)

    def _row(self, name: str, seen: Seen) -> dict[str, Any]:
        numeric = self.columns[name].bins.levels is None
        least = max(1.0, NAMED_SHARE * float(seen.counts.sum()))
        named: Sequence[str] = sorted(seen.unseen, key=lambda level: (-seen.unseen[level], level))
        one_value = seen.low == seen.high if numeric else int((seen.counts[:-1] > 0).sum()) == 1
        return {
            "feature": name,
            "mean": seen.total / seen.known if numeric and seen.known else None,
            "constant": bool(seen.known and one_value),
            "unseen": [level for level in named if seen.unseen[level] >= least],
            "counts": seen.counts.tolist(),
        }


def compare_counts(profile: Profile, input_counts: pa.Table) -> pd.DataFrame:
    """The rows in each bin of a feature, in training (`then`) and now (`now`); one row a feature."""
    cells = [
        (row["feature"], profile.columns[row["feature"]].counts.sum(axis=0).tolist(), row["counts"])
        for row in input_counts.to_pylist()
    ]
    return pd.DataFrame(cells, columns=["feature", "then", "now"])
