"""Compute the feature columns of one bucket from its facts and snapshots."""

import dataclasses
from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.features.expressions import ALL_HISTORY, WindowValues
from holdfast.features.plan import Column, Plan, Scan
from holdfast.features.scan import WindowScan
from holdfast.streams.clock import ALWAYS, DAY
from holdfast.streams.facts import Facts

BLOCK_VALUES = 250_000  # values per block: 2 MB, which fits into the processor's cache
MIN_ROWS, MAX_ROWS = 512, 8192

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class Rows:
    """The snapshots to compute features for.

    Attributes:
        customer: (rows,) position among the bucket's customers.
        as_of: (rows,) microseconds.
    """

    customer: Ints
    as_of: Ints

    def blocks(self, size: int) -> Iterator[tuple[slice, "Rows"]]:
        """Split into blocks of at most `size` rows; yields the slice and the rows of each."""
        for start in range(0, len(self.customer), size):
            block = slice(start, start + size)
            yield block, Rows(self.customer[block], self.as_of[block])


def compute(
    plan: Plan,
    facts: Mapping[str, Facts],
    rows: Rows,
    first_days: Mapping[str, Mapping[int, int]],
) -> dict[str, pa.Array]:
    """The features of `rows`, by column name: float32, or dictionary-coded text for levels.

    Args:
        plan: what to compute from the streams.
        facts: the bucket's facts, by stream.
        first_days: for each stream and as-of date (microseconds), the first day with facts (microseconds); a
            window that ends before it is null.
    """
    table = np.empty((len(plan.columns), len(rows.customer)), np.float32)
    scans = {name: open_scan(scan, facts, rows) for name, scan in plan.scans.items()}
    others = {other: open_scan(scan, facts, rows) for other, scan in plan.last_facts.items()}
    for piece, block in rows.blocks(block_rows(plan)):
        last_facts = {other: last_fact_at(scan, block) for other, scan in others.items()}
        values = WindowValues(
            value for scan in scans.values() for value in scan.run(block.customer, block.as_of, last_facts)
        )
        observed = {name: observed_days(block, first_days[name]) for name in plan.scans}
        in_all = {
            streams: np.minimum.reduce([observed[name] for name in streams])
            for streams in {column.streams for column in plan.columns}
        }
        with np.errstate(divide="ignore", invalid="ignore"):  # what cannot be divided is null
            for index, column in enumerate(plan.columns):
                values.observed_days = in_all[column.streams]
                table[index, piece] = evaluate(column, values)
    return {column.name: finish(column, table[index], facts) for index, column in enumerate(plan.columns)}


def block_rows(plan: Plan) -> int:
    """The number of rows in a block."""
    values = sum(len(scan.values) for scan in plan.scans.values())
    rows = max(MIN_ROWS, min(MAX_ROWS, BLOCK_VALUES // max(1, values)))
    return rows + 8  # avoids strides of a power of two, which collide in the processor's cache


def open_scan(scan: Scan, facts: Mapping[str, Facts], rows: Rows) -> WindowScan:
    """Prepare the scan of one stream."""
    stream_facts = facts[scan.stream.name]
    visits = int((stream_facts.start[rows.customer + 1] - stream_facts.start[rows.customer]).sum())
    return WindowScan(stream_facts, scan.values, scan.since, visits)


def last_fact_at(scan: WindowScan, rows: Rows) -> Ints:
    """(rows,) the time of the last visible fact of a selection, in microseconds; ALWAYS: there is none."""
    ((_, age),) = scan.run(rows.customer, rows.as_of, {})
    moment = rows.as_of - np.rint(np.nan_to_num(age) * DAY).astype(np.int64)
    return np.where(np.isnan(age), ALWAYS, moment)


def observed_days(rows: Rows, first_days: Mapping[int, int]) -> Floats:
    """(rows,) the number of days before the as-of date for which the stream was observed."""
    dates, index = np.unique(rows.as_of, return_inverse=True)
    days = np.array([(date - first_days.get(int(date), int(date))) / DAY for date in dates])
    return np.asarray(days[index])


def evaluate(column: Column, values: WindowValues) -> Floats:
    """(rows,) one column for one block; null if no part of its window was observed.

    A window that begins before the first day of a stream is measured over its observed part. If it were null,
    the model could recognise as-of dates by their nulls.
    """
    value = column.value.evaluate(values, column.days)
    if column.days == ALL_HISTORY or values.observed_days.min() > column.unobserved_from:
        return value
    return np.where(values.observed_days <= column.unobserved_from, np.nan, value)


def finish(column: Column, values: NDArray[np.float32], facts: Mapping[str, Facts]) -> pa.Array:
    """A column as Arrow: numbers with null for NaN, levels as texts."""
    if column.feature.unit != "level":
        return pa.array(values, mask=~np.isfinite(values))
    (level,) = (measure.value.column for measure in column.value.measures())
    missing = np.isnan(values)
    codes = pa.array(np.where(missing, 0, values).astype(np.int32), mask=missing)
    texts = facts[column.family.stream].levels[str(level)]
    return pa.DictionaryArray.from_arrays(codes, pa.array(texts, pa.string()))
