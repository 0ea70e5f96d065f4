"""The log of customers' texts, and which texts are visible to a snapshot."""

import dataclasses
import datetime as dt
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.sparse import csr_array

DAY = 86_400_000_000  # microseconds

Ints = NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class TextLog:
    """All texts of the customers.

    Attributes:
        table: one row a text, sorted by customer_id, occurred_at and all else: customer_id; occurred_at,
            known_at (timestamp[us]); language (ISO 639-1; null: not given), text (never null or blank).
        since: as-of date → day of the first text of any customer that was known then. Features of a window
            are null where there is none.
    """

    table: pa.Table
    since: Mapping[dt.date, dt.date]

    def customer_codes(self) -> Ints:
        """(texts,) the customer of each text as a number, ascending."""
        ids = self.table["customer_id"]
        return np.asarray(pc.index_in(ids, value_set=pc.unique(ids)).to_numpy(), dtype=np.int64)

    def filter_customers(self, customers: pa.ChunkedArray) -> "TextLog":
        """The texts of some customers."""
        return TextLog(
            self.table.filter(pc.is_in(self.table["customer_id"], pc.unique(customers))), self.since
        )


@dataclasses.dataclass(frozen=True)
class VisibleTexts:
    """The texts visible to each snapshot: those of its customer known before its as-of date.

    Attributes:
        start: (snapshots + 1,) the texts of snapshot `s` are `text[start[s]:start[s + 1]]`.
        text: row numbers of the log; within a snapshot by occurred_at.
    """

    start: Ints
    text: Ints

    def newest(self) -> Ints:
        """(snapshots,) the newest text; -1: none."""
        newest = np.full(len(self.start) - 1, -1, np.int64)
        some = np.diff(self.start) > 0
        newest[some] = self.text[self.start[1:][some] - 1]
        return newest

    def matrix(self, texts: int) -> csr_array:
        """(snapshots, texts) 1 where a text is visible to a snapshot."""
        shape = (len(self.start) - 1, texts)
        return csr_array((np.ones(len(self.text)), self.text, self.start), shape=shape)


def visible_texts(
    log: TextLog, customers: pa.ChunkedArray, as_of: Ints, window_days: int | None = None
) -> VisibleTexts:
    """The texts visible to each snapshot.

    Args:
        customers: (snapshots,) the customer of each.
        as_of: (snapshots,) microseconds.
        window_days: only texts that occurred within this many days before the as-of date; None: all.
    """
    ids = pc.unique(log.table["customer_id"])
    bounds = np.searchsorted(log.customer_codes(), np.arange(len(ids) + 1))
    code = pc.index_in(customers, value_set=ids).fill_null(-1).to_numpy()
    first, count = np.append(bounds, 0)[code], np.append(np.diff(bounds), 0)[code]
    row = np.repeat(np.arange(len(code)), count)
    text = np.arange(len(row)) + np.repeat(first - (np.cumsum(count) - count), count)
    visible = microseconds(log.table["known_at"])[text] < as_of[row]
    if window_days is not None:
        visible &= microseconds(log.table["occurred_at"])[text] >= as_of[row] - window_days * DAY
    counts = np.bincount(row[visible], minlength=len(code))
    return VisibleTexts(np.append(0, np.cumsum(counts)), text[visible])


def microseconds(column: pa.ChunkedArray) -> Ints:
    """Timestamps or dates as microseconds since 1970."""
    return np.asarray(column.cast(pa.timestamp("us")).cast(pa.int64()).to_numpy(), dtype=np.int64)
