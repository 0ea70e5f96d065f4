"""The walk: for each customer and as-of date, the visible facts from newest to oldest, once.

Whatever the number of windows, a fact is touched once an as-of date: what a measure holds is written down at
the edge of each window. Sums are added directly: no differences of running totals, which would lose digits.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from holdfast.features.expressions import LIFE
from holdfast.features.kernel import walker, write
from holdfast.features.measures import Cell, Measure, Selection
from holdfast.features.values import ADDITIVE
from holdfast.streams.facts import DAY, Facts

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Walker:
    """One stream of one bucket, ready to be walked for rows in blocks.

    Args:
        cells: measures at the ends of windows (days; `LIFE`: all history), in the order of the ends.
        limits: the selections whose newest visible fact bounds another one.
        sightings: about how many facts all the rows together will see: whether compiling pays.
    """

    def __init__(
        self, facts: Facts, cells: Sequence[Cell], limits: Sequence[Selection], sightings: int
    ) -> None:
        self.facts = facts
        self.measures = grouped(measure for measure, _ in cells)
        ends = list(dict.fromkeys(days for _, days in cells))
        self.edges = np.array([days for days in ends if days != LIFE], np.int64) * DAY
        counts = [sum(days == end for _, days in cells) for end in ends] + [0] * (ends[-1] != LIFE)
        self.first = np.array([0, *np.cumsum(counts)], np.int64)
        self.place = np.array([self.measures.index(measure) for measure, _ in cells], np.int64)
        self.empty = np.array([0.0 if one.operation in ADDITIVE else np.nan for one in self.measures])
        self.apart = np.array([at for at, one in enumerate(self.measures) if one.apart], np.int64)
        self.limits = limits
        self.run = walker(write(self.measures, limits, facts), sightings * len(self.measures))

    def walk(self, customer: Ints, as_of: Ints, bounds: Mapping[Selection, Ints]) -> Floats:
        """(cells, rows): what each row's measures hold at the ends of the windows.

        Sums and counts of nothing are 0, the rest null (NaN). A measure that stands `apart` holds only what
        lies between an end and the one before.

        Args:
            customer, as_of: (rows,) the snapshots; as_of in microseconds.
            bounds: (rows,) for each limit, its newest visible fact in microseconds; ALWAYS where none.
        """
        facts, empty = self.facts, self.empty
        out = np.empty((len(self.place), len(customer)))
        limits = np.stack([bounds[one] for one in self.limits] or [np.empty(0, np.int64)])
        last = np.empty(len(self.measures), np.int64)
        self.run(
            facts.start, facts.occurred_at, facts.known_at, facts.kind, facts.numbers, facts.newer,
            facts.older, self.edges, customer, as_of, limits,
            self.first, self.place, empty, self.apart, empty.copy(), empty.copy(), last, out,
        )  # fmt: skip
        return out


def grouped(measures: Iterable[Measure]) -> list[Measure]:
    """Every measure once, those of one selection together."""
    groups: dict[Selection, dict[Measure, None]] = {}
    for measure in measures:
        groups.setdefault(measure.selection, {})[measure] = None
    return [measure for group in groups.values() for measure in group]
