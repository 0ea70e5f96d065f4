"""The window scan: read the visible facts of each customer and as-of date from last to first.

Each fact is read once for each as-of date, however many windows there are: the state of each measure is
emitted at the bound of each window. Sums are accumulated directly, since differences of running totals would
lose precision.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from holdfast.features.compiled import load_scan
from holdfast.features.expressions import ALL_HISTORY, Measure, WindowValue
from holdfast.features.scan_source import constant_indices, generate
from holdfast.features.selection import Condition, Selection
from holdfast.features.values import ADDITIVE
from holdfast.streams.clock import DAY
from holdfast.streams.facts import Facts

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class WindowScan:
    """The scan of one stream in one bucket.

    Args:
        values: measures over windows, in the order of the windows (ALL_HISTORY last).
        since: the selections used in `since_last`.
        visits: the approximate number of facts read for all rows; decides whether compiling pays.
    """

    def __init__(
        self, facts: Facts, values: Sequence[WindowValue], since: Sequence[Selection], visits: int
    ) -> None:
        self.facts, self.values, self.since = facts, values, since
        self.measures = by_selection(measure for measure, _ in values)
        windows = list(dict.fromkeys(days for _, days in values))
        self.bounds = np.array([days for days in windows if days != ALL_HISTORY], np.int64) * DAY
        counts = [sum(days == window for _, days in values) for window in windows]
        self.first = np.array([0, *np.cumsum(counts + [0] * (windows[-1] != ALL_HISTORY))], np.int64)
        self.index = np.array([self.measures.index(measure) for measure, _ in values], np.int64)
        self.empty = np.array([0.0 if measure.operation in ADDITIVE else np.nan for measure in self.measures])
        self.disjoint = np.flatnonzero([measure.disjoint for measure in self.measures]).astype(np.int64)
        constants = constant_indices([measure.selection for measure in self.measures])
        self.constants = np.array([as_stored(facts, *pair) for pair in constants], np.float64)
        self.scan = load_scan(generate(self.measures, since, facts), visits * len(self.measures))

    def run(
        self, customer: Ints, as_of: Ints, last_facts: Mapping[Selection, Ints]
    ) -> Iterator[tuple[WindowValue, Floats]]:
        """Each measure over each window, with its (rows,) values.

        Without facts, sums and counts are 0 and the rest is null (NaN). A disjoint measure covers only the
        days between a window's bound and the previous one.

        Args:
            customer, as_of: (rows,) the snapshots; as_of in microseconds.
            last_facts: for each of `since`, (rows,) the time of its last visible fact in microseconds;
                ALWAYS: there is none.
        """
        facts, empty = self.facts, self.empty
        out = np.empty((len(self.index), len(customer)))
        since = np.stack([last_facts[selection] for selection in self.since] or [np.empty(0, np.int64)])
        next_time = np.empty(len(self.measures), np.int64)
        self.scan(
            facts.start, facts.occurred_at, facts.known_at, facts.kind, facts.numbers, facts.newer,
            facts.older, self.bounds, customer, as_of, since, self.constants,
            self.first, self.index, empty, self.disjoint, empty.copy(), empty.copy(), next_time, out,
        )  # fmt: skip
        return zip(self.values, out, strict=True)


def by_selection(measures: Iterable[Measure]) -> list[Measure]:
    """The distinct measures, grouped by selection."""
    groups: dict[Selection, dict[Measure, None]] = {}
    for measure in measures:
        groups.setdefault(measure.selection, {})[measure] = None
    return [measure for group in groups.values() for measure in group]


def as_stored(facts: Facts, condition: Condition, constant: float | str) -> float:
    """A condition's constant as a number; a text becomes its code among the bucket's levels.

    Codes are in the order of the texts, so a bound for `<` lies between two codes. A level that no fact of
    the bucket has becomes NaN, which equals nothing.
    """
    if not isinstance(constant, str):
        return constant
    levels = facts.levels[condition.column]
    if condition.operator in ("==", "!="):
        return float(levels.index(constant)) if constant in levels else math.nan
    bisect = bisect_left if condition.operator in ("<", ">=") else bisect_right
    return bisect(levels, constant) - 0.5
