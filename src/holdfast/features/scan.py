"""The window scan: for each customer and as-of date, the visible facts from last to first, once.

Whatever the number of windows, a fact is read once an as-of date: the state of each measure is written down
at the bound of each window. Sums are added directly: differences of running totals would lose digits.
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
from holdfast.streams.facts import DAY, Facts

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class WindowScan:
    """The scan of one stream in one bucket, ready for rows in blocks.

    Args:
        values: measures over windows, in the order of the windows (ALL_HISTORY last).
        since: the selections whose last visible fact others are counted since.
        visits: about how many facts all the rows together will see: whether compiling pays.
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
        self.empty = np.array([0.0 if one.operation in ADDITIVE else np.nan for one in self.measures])
        self.disjoint = np.array([at for at, one in enumerate(self.measures) if one.disjoint], np.int64)
        constants = constant_indices([measure.selection for measure in self.measures])
        self.constants = np.array([as_stored(facts, *pair) for pair in constants], np.float64)
        self.scan = load_scan(generate(self.measures, since, facts), visits * len(self.measures))

    def run(
        self, customer: Ints, as_of: Ints, last_facts: Mapping[Selection, Ints]
    ) -> Iterator[tuple[WindowValue, Floats]]:
        """Each measure over each window, with its (rows,) values.

        Sums and counts of nothing are 0, the rest null (NaN). A disjoint measure holds only what lies between
        a window's bound and the one before.

        Args:
            customer, as_of: (rows,) the snapshots; as_of in microseconds.
            last_facts: (rows,) for each of `since`, when its last visible fact occurred, in microseconds;
                ALWAYS where there is none.
        """
        facts, empty = self.facts, self.empty
        out = np.empty((len(self.index), len(customer)))
        since = np.stack([last_facts[one] for one in self.since] or [np.empty(0, np.int64)])
        next_time = np.empty(len(self.measures), np.int64)
        self.scan(
            facts.start, facts.occurred_at, facts.known_at, facts.kind, facts.numbers, facts.newer,
            facts.older, self.bounds, customer, as_of, since, self.constants,
            self.first, self.index, empty, self.disjoint, empty.copy(), empty.copy(), next_time, out,
        )  # fmt: skip
        return zip(self.values, out, strict=True)


def by_selection(measures: Iterable[Measure]) -> list[Measure]:
    """Every measure once, those of one selection together."""
    groups: dict[Selection, dict[Measure, None]] = {}
    for measure in measures:
        groups.setdefault(measure.selection, {})[measure] = None
    return [measure for group in groups.values() for measure in group]


def as_stored(facts: Facts, condition: Condition, constant: float | str) -> float:
    """A condition's constant as its column is stored: of a text, its code among the bucket's levels.

    The codes are in the order of the texts, so `<` lies between two codes; NaN, which equals nothing, stands
    for a level that no fact of the bucket has.
    """
    if not isinstance(constant, str):
        return constant
    levels = facts.levels[condition.column]
    if condition.operator in ("==", "!="):
        return float(levels.index(constant)) if constant in levels else math.nan
    bisect = bisect_left if condition.operator in ("<", ">=") else bisect_right
    return bisect(levels, constant) - 0.5
