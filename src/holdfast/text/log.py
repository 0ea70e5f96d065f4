"""The log of texts: what customers wrote, and which of it a snapshot sees."""

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
    """Texts, and from when on there are any.

    Attributes:
        table: one row a text, sorted by customer_id, occurred_at and all else: customer_id; occurred_at,
            known_at (timestamp[us]); language (ISO 639-1; null: not given), text (never null or blank).
        since: for each as-of date the first day of which any customer's text was known then. A window
            that begins before it is null.
    """

    table: pa.Table
    since: Mapping[dt.date, dt.date]

    def owner(self) -> Ints:
        """(texts,) a number for each text's customer, ascending."""
        ids = self.table["customer_id"]
        return np.asarray(pc.index_in(ids, value_set=pc.unique(ids)).to_numpy(), dtype=np.int64)

    def of(self, customers: pa.ChunkedArray) -> "TextLog":
        """The texts of some customers."""
        return TextLog(
            self.table.filter(pc.is_in(self.table["customer_id"], pc.unique(customers))), self.since
        )


@dataclasses.dataclass(frozen=True)
class Visible:
    """Which texts each snapshot sees: those of its customer known before its as-of date.

    Attributes:
        start: (snapshots + 1,) the texts of snapshot `s` are `text[start[s]:start[s + 1]]`.
        text: rows of the log; within a snapshot by occurred_at.
    """

    start: Ints
    text: Ints

    def last(self) -> Ints:
        """(snapshots,) the newest text; -1: none."""
        found = np.full(len(self.start) - 1, -1, np.int64)
        some = np.diff(self.start) > 0
        found[some] = self.text[self.start[1:][some] - 1]
        return found

    def matrix(self, texts: int) -> csr_array:
        """(snapshots, texts): 1 where a snapshot sees a text."""
        shape = (len(self.start) - 1, texts)
        return csr_array((np.ones(len(self.text)), self.text, self.start), shape=shape)


def see(log: TextLog, customers: pa.ChunkedArray, as_of: Ints, days: int | None = None) -> Visible:
    """What snapshots see of a log.

    Args:
        customers: (snapshots,) whose they are.
        as_of: (snapshots,) microseconds.
        days: only what occurred within so many days before; None: everything.
    """
    ids = pc.unique(log.table["customer_id"])
    bounds = np.searchsorted(log.owner(), np.arange(len(ids) + 1))
    code = pc.index_in(customers, value_set=ids).fill_null(-1).to_numpy()
    first, count = np.append(bounds, 0)[code], np.append(np.diff(bounds), 0)[code]
    row = np.repeat(np.arange(len(code)), count)
    text = np.arange(len(row)) + np.repeat(first - (np.cumsum(count) - count), count)
    seen = micros(log.table["known_at"])[text] < as_of[row]
    if days is not None:
        seen &= micros(log.table["occurred_at"])[text] >= as_of[row] - days * DAY
    counts = np.bincount(row[seen], minlength=len(code))
    return Visible(np.append(0, np.cumsum(counts)), text[seen])


def micros(column: pa.ChunkedArray) -> Ints:
    """Timestamps or dates as microseconds."""
    return np.asarray(column.cast(pa.timestamp("us")).cast(pa.int64()).to_numpy(), dtype=np.int64)
