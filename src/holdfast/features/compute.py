"""One bucket: facts and snapshots in, feature columns out."""

import dataclasses
from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.features.expressions import LIFE
from holdfast.features.measures import Cell, Measure
from holdfast.features.plan import Column, Plan, Walk
from holdfast.features.walk import Walker
from holdfast.streams.facts import ALWAYS, DAY, Facts

BLOCK_CELLS = 250_000  # walked at once: 2 MB, which stays near the processor
LEAST_ROWS, MOST_ROWS = 512, 8192

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class Rows:
    """The snapshots to make features for.

    Attributes:
        customer: (rows,) position among the bucket's customers.
        as_of: (rows,) microseconds.
    """

    customer: Ints
    as_of: Ints

    def blocks(self, size: int) -> Iterator[tuple[slice, "Rows"]]:
        """The rows in pieces of bounded size, and where each lies."""
        for at in range(0, len(self.customer), size):
            piece = slice(at, at + size)
            yield piece, Rows(self.customer[piece], self.as_of[piece])


def compute(
    plan: Plan,
    facts: Mapping[str, Facts],
    rows: Rows,
    first_days: Mapping[str, Mapping[int, int]],
) -> dict[str, pa.Array]:
    """The features of `rows`, by column name: float32, or dictionary-coded text for levels.

    Args:
        plan: what to make of the streams.
        facts: the bucket's facts, by stream.
        first_days: for each stream and as-of date (microseconds), the first day (microseconds) of which
            anything was known; a window that begins before it is null.
    """
    table = np.empty((len(plan.columns), len(rows.customer)), np.float32)
    walkers = {name: ready(walk, facts, rows) for name, walk in plan.walks.items()}
    bounding = {limit: ready(walk, facts, rows) for limit, walk in plan.limits.items()}
    for piece, block in rows.blocks(block_rows(plan)):
        bounds = {limit: newest(walker, block) for limit, walker in bounding.items()}
        walked = Walked(plan.walks)
        for name, walker in walkers.items():
            walked.add(name, walker.walk(block.customer, block.as_of, bounds))
        known_days = {name: observed_days(block, first_days[name]) for name in plan.walks}
        for place, column in enumerate(plan.columns):
            table[place, piece] = evaluate(column, walked, known_days)
    return {column.name: finish(column, table[place], facts) for place, column in enumerate(plan.columns)}


def block_rows(plan: Plan) -> int:
    """How many rows to walk at once."""
    cells = sum(len(walk.cells) for walk in plan.walks.values())
    rows = max(LEAST_ROWS, min(MOST_ROWS, BLOCK_CELLS // max(1, cells)))
    return rows + 8  # cells a power of two apart would push each other out of the processor's cache


def ready(walk: Walk, facts: Mapping[str, Facts], rows: Rows) -> Walker:
    """One stream, ready to be walked for the rows in blocks."""
    own = facts[walk.stream.name]
    sightings = int((own.start[rows.customer + 1] - own.start[rows.customer]).sum())
    return Walker(own, walk.cells, walk.limits, sightings)


def newest(walker: Walker, rows: Rows) -> Ints:
    """(rows,) when the newest visible fact of a selection occurred, in microseconds; ALWAYS without one."""
    (age,) = walker.walk(rows.customer, rows.as_of, {})
    moment = rows.as_of - np.rint(np.nan_to_num(age) * DAY).astype(np.int64)
    return np.where(np.isnan(age), ALWAYS, moment)


def observed_days(rows: Rows, first_days: Mapping[int, int]) -> Floats:
    """(rows,) how many days before each row's as-of date the stream was already observed."""
    dates, place = np.unique(rows.as_of, return_inverse=True)
    days = np.array([(date - first_days.get(int(date), int(date))) / DAY for date in dates])
    return np.asarray(days[place])


def evaluate(column: Column, walked: "Walked", known_days: Mapping[str, Floats]) -> Floats:
    """(rows,) one column for one block; null where its window begins before a stream that it reads."""
    value = column.value.evaluate(walked, column.days)
    if column.days == LIFE:
        return value
    reach = column.value.reach(column.days)
    observed = np.minimum.reduce([known_days[name] for name in column.streams])
    return np.where(observed < reach, np.nan, value)


def finish(column: Column, values: NDArray[np.float32], facts: Mapping[str, Facts]) -> pa.Array:
    """A whole column: numbers with null for NaN, levels as their texts."""
    if not column.feature.level:
        return pa.array(values, mask=~np.isfinite(values))
    (source,) = (measure.source for measure in column.value.measures())
    missing = np.isnan(values)
    codes = pa.array(np.where(missing, 0, values).astype(np.int32), mask=missing)
    texts = facts[column.family.stream].levels[str(source)]
    return pa.DictionaryArray.from_arrays(codes, pa.array(texts, pa.string()))


class Walked:
    """What was walked of every stream, for a block of rows (see `expressions.Walked`)."""

    def __init__(self, walks: Mapping[str, Walk]) -> None:
        self.walks = walks
        self.values: dict[Cell, Floats] = {}

    def add(self, stream: str, walked: Floats) -> None:
        """Add what was walked of a stream: (cells, rows)."""
        self.values |= zip(self.walks[stream].cells, walked, strict=True)

    def window(self, measure: Measure, days: int) -> Floats:
        """(rows,) a measure over the last `days`."""
        return self.values[measure, days]

    def before(self, measure: Measure, days: int) -> Floats:
        """(rows,) an additive measure that stands apart, over the `days` before the last `days`."""
        ends = (walk.ends[measure] for walk in self.walks.values() if measure in walk.ends)
        parts = [self.values[measure, end] for end in next(ends) if days < end <= 2 * days]
        return np.asarray(np.sum(parts, axis=0))
