"""One bucket: facts and snapshots in, feature columns out."""

import dataclasses
from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.features import walk
from holdfast.features.expressions import LIFE, Measure
from holdfast.features.plan import Column, StreamPlan, orders
from holdfast.streams.facts import DAY, Facts

BLOCK = 8192  # rows walked at once: bounds what the segments of all measures take

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

    def blocks(self) -> Iterator["Rows"]:
        """The rows in pieces of bounded size."""
        for at in range(0, len(self.customer), BLOCK):
            yield Rows(self.customer[at : at + BLOCK], self.as_of[at : at + BLOCK])


def compute(
    plans: tuple[StreamPlan, ...],
    facts: Mapping[str, Facts],
    rows: Rows,
    first_days: Mapping[str, Mapping[int, int]],
) -> dict[str, pa.Array]:
    """The features of `rows`, by column name: float32, or dictionary-coded text for levels.

    Args:
        plans: what to make of each stream.
        facts: the bucket's facts, by stream.
        first_days: for each stream and as-of date (microseconds), the first day (microseconds) of which
            anything was known; a window that begins before it is null.
    """
    columns: dict[str, pa.Array] = {}
    for plan in plans:
        name = plan.stream.name
        columns |= compute_stream(plan, facts[name], rows, first_days[name])
    return columns


def compute_stream(
    plan: StreamPlan, facts: Facts, rows: Rows, first_days: Mapping[int, int]
) -> dict[str, pa.Array]:
    """The features of one stream."""
    told = orders(plan, facts)
    log = walk.Log(*(getattr(facts, name) for name in walk.Log._fields))
    pieces: dict[str, list[NDArray[np.float32]]] = {column.name: [] for column in plan.columns}
    for block in rows.blocks():
        walked = Segments(plan, walk_block(plan, log, told, block))
        known_days = observed_days(block, first_days)
        for column in plan.columns:
            pieces[column.name].append(evaluate(column, walked, known_days))
    return {column.name: finish(column, pieces[column.name], facts) for column in plan.columns}


def walk_block(plan: StreamPlan, log: walk.Log, told: walk.Orders, rows: Rows) -> Floats:
    """(rows, segments, measures): what the walk emits for one block."""
    out = np.empty((len(rows.customer), len(plan.edges_days) + 1, len(plan.measures)))
    walk.walk(log, told, rows.customer, rows.as_of, out)
    return out


def observed_days(rows: Rows, first_days: Mapping[int, int]) -> Floats:
    """(rows,) how many days before each row's as-of date the stream was already observed."""
    dates, place = np.unique(rows.as_of, return_inverse=True)
    days = np.array([(date - first_days.get(int(date), int(date))) / DAY for date in dates])
    return np.asarray(days[place])


def evaluate(column: Column, walked: "Segments", known_days: Floats) -> NDArray[np.float32]:
    """One column for one block."""
    value = np.broadcast_to(column.value.evaluate(walked, column.days), known_days.shape)
    if column.days == LIFE:
        return value.astype(np.float32)
    unseen = known_days < column.value.reach(column.days)
    return np.where(unseen, np.nan, value).astype(np.float32)


def finish(column: Column, pieces: list[NDArray[np.float32]], facts: Facts) -> pa.Array:
    """A whole column: numbers with null for NaN, levels as their texts."""
    values = np.concatenate(pieces) if pieces else np.empty(0, np.float32)
    if not column.feature.level:
        return pa.array(values, mask=~np.isfinite(values))
    (source,) = (measure.source for measure in column.value.measures())
    missing = np.isnan(values)
    codes = pa.array(np.where(missing, 0, values).astype(np.int32), mask=missing)
    return pa.DictionaryArray.from_arrays(codes, pa.array(facts.levels[str(source)], pa.string()))


class Segments:
    """What the walk emitted, put together into windows."""

    def __init__(self, plan: StreamPlan, emitted: Floats) -> None:
        self.place = {measure: position for position, measure in enumerate(plan.measures)}
        self.edge = {days: position for position, days in enumerate(plan.edges_days)}
        self.edge[LIFE] = len(plan.edges_days)
        self.emitted = emitted
        self.joined: dict[Measure, Floats] = {}

    def window(self, measure: Measure, days: int) -> Floats:
        """(rows,) a measure over the last `days`."""
        if measure not in self.joined:
            self.joined[measure] = join(self.emitted[:, :, self.place[measure]], measure.operation)
        return self.joined[measure][:, self.edge[days]]

    def before(self, measure: Measure, days: int) -> Floats:
        """(rows,) an additive measure over the window of `days` before the last `days`."""
        emitted = self.emitted[:, :, self.place[measure]]
        return np.asarray(emitted[:, self.edge[days] + 1 : self.edge[2 * days] + 1].sum(axis=1))


def join(emitted: Floats, operation: int) -> Floats:
    """(rows, segments): each segment together with all newer ones."""
    if operation in walk.ADDITIVE:
        return np.cumsum(emitted, axis=1)
    if operation == walk.MAX:
        return np.asarray(np.fmax.accumulate(emitted, axis=1))
    if operation == walk.MIN:
        return np.asarray(np.fmin.accumulate(emitted, axis=1))
    joined = emitted.copy()
    for at in range(1, emitted.shape[1]):
        newer = joined[:, at - 1]
        keep = ~np.isnan(newer) if operation == walk.NEWEST else np.isnan(emitted[:, at])
        joined[keep, at] = newer[keep]
    return joined
