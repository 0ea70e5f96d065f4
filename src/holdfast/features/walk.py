"""The walk: for each customer and as-of date, the visible facts from newest to oldest, once.

Whatever the number of windows, a fact is touched once an as-of date. Windows share edges; what lies
between two neighbouring edges is a segment, and a window is the segments up to its edge. Sums are added
directly within a segment: no differences of running totals, which would lose digits.
"""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from holdfast.streams.facts import ALWAYS, DAY
from holdfast.streams.links import KEYLESS

# What a measure does with a value (nulls are passed over).
SUM, COUNT, MAX, MIN, NEWEST, OLDEST, SHIFTED_SUM, SHIFTED_SQUARES = range(8)
ADDITIVE = (SUM, COUNT, SHIFTED_SUM, SHIFTED_SQUARES)

# Where a value comes from: a column (0 and up), or one of these.
ONE, AGE, GAP = -1, -2, -3
SINCE = 1000  # and up: a time column, in days before the as-of date
AGAINST = 2000  # and up: a column, divided by its value in the fact that is repeated

# Which facts of the right kind a selection takes.
EVERY, DISTINCT, FIRST, REPEATED = range(4)

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Log(NamedTuple):
    """One stream of one bucket (see `streams.facts.Facts`)."""

    start: Ints
    occurred_at: Ints
    known_at: Ints
    kind: NDArray[np.uint8]
    numbers: Floats
    newer: NDArray[np.int32]
    older: NDArray[np.int32]


class Orders(NamedTuple):
    """What the walk is told to do.

    Attributes:
        edges: (segments - 1,) ages in microseconds, ascending; the last segment is all before.
        mask: (selections,) bits of the kinds that a selection takes.
        key: (selections,) row of `newer` and `older`, or -1.
        mode, within: (selections,) one of EVERY…REPEATED; for REPEATED, microseconds.
        until: (selections,) column of the time until which a fact holds, or -1: facts that had visibly
            ended are not taken.
        first_measure: (selections + 1,) the measures of each selection.
        operation, source: (measures,) what to do with which value.
    """

    edges: Ints
    mask: NDArray[np.uint8]
    key: Ints
    mode: Ints
    within: Ints
    until: Ints
    first_measure: Ints
    operation: Ints
    source: Ints


@numba.njit(cache=True, nogil=True, error_model="numpy")
def walk(log: Log, orders: Orders, customer: Ints, as_of: Ints, out: Floats) -> None:
    """Fill `out` with every measure of every segment for every row.

    Args:
        customer, as_of: (rows,) the snapshots; as_of in microseconds.
        out: (rows, segments, measures). Sums and counts of nothing are 0, the rest null (NaN).
    """
    # unpacked once: reading an array out of a tuple counts a reference each time, and that takes
    # longer than the work itself
    start, occurred_at, known_at, kind, numbers, newer, older = log
    edges, mask, key, mode, within, until, first_measure, operation, source = orders
    before = np.empty(len(mask), np.int64)
    reference = np.empty(len(operation), np.float64)
    for row in range(len(customer)):
        clear(out, row, operation)
        before[:] = -1
        reference[:] = np.nan
        now = as_of[row]
        low, high = start[customer[row]], start[customer[row] + 1]
        high = low + np.searchsorted(occurred_at[low:high], now)
        segment = 0
        for fact in range(high - 1, low - 1, -1):
            if known_at[fact] >= now:
                continue
            time = occurred_at[fact]
            while segment < len(edges) and time < now - edges[segment]:
                segment += 1
            age = np.nan if time == ALWAYS else (now - time) / DAY
            for selection in range(len(mask)):
                if (kind[fact] & mask[selection]) == 0:
                    continue
                if until[selection] >= 0 and numbers[until[selection], fact] < now:
                    continue
                repeated = -1
                if mode[selection] != EVERY:
                    link = newer if mode[selection] == DISTINCT else older
                    repeated = neighbour(
                        link, key[selection], fact, mask[selection], now, occurred_at, known_at, kind
                    )
                    if not takes(mode[selection], repeated, within[selection], time, occurred_at):
                        continue
                gap = np.nan if before[selection] < 0 else (before[selection] - time) / DAY
                before[selection] = time
                for measure in range(first_measure[selection], first_measure[selection + 1]):
                    value = read(source[measure], numbers, fact, repeated, now, age, gap)
                    if not np.isnan(value):
                        add(out, row, segment, measure, operation[measure], value, reference)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def clear(out: Floats, row: int, operation: Ints) -> None:
    """Nothing measured yet: 0 for sums and counts, null for the rest."""
    for measure in range(len(operation)):
        empty = 0.0 if operation[measure] in ADDITIVE else np.nan
        for segment in range(out.shape[1]):
            out[row, segment, measure] = empty


@numba.njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def neighbour(
    link: NDArray[np.int32],
    key: int,
    fact: int,
    mask: int,
    now: int,
    occurred_at: Ints,
    known_at: Ints,
    kind: NDArray[np.uint8],
) -> int:
    """The nearest visible fact of some kinds along a link; -1 where there is none, or KEYLESS.

    A neighbour that was not yet known is stepped over, so that a late row cannot leak through it.
    """
    other = link[key, fact]
    while other >= 0:
        if occurred_at[other] >= now:
            return -1  # a newer neighbour: all that follow are newer still
        if known_at[other] < now and (kind[other] & mask) != 0:
            return int(other)
        other = link[key, other]
    return int(other)


@numba.njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def takes(mode: int, other: int, within: int, time: int, occurred_at: Ints) -> bool:
    """Whether a selection that compares takes a fact, given its nearest visible neighbour."""
    if other == KEYLESS:
        return False
    if mode == REPEATED:
        return bool(other >= 0 and time - occurred_at[other] <= within)
    return bool(other < 0)  # the newest (DISTINCT) or the oldest (FIRST) of its key stands for all


@numba.njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def read(source: int, numbers: Floats, fact: int, repeated: int, now: int, age: float, gap: float) -> float:
    """The value that a measure takes from a fact; NaN where it has none."""
    if source == ONE:
        return 1.0
    if source == AGE:
        return age
    if source == GAP:
        return gap
    if source >= AGAINST:
        last = numbers[source - AGAINST, repeated]
        return numbers[source - AGAINST, fact] / last if last != 0 else np.nan
    if source >= SINCE:
        return float((now - numbers[source - SINCE, fact]) / DAY)
    return float(numbers[source, fact])


@numba.njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def add(
    out: Floats, row: int, segment: int, measure: int, operation: int, value: float, reference: Floats
) -> None:
    """Add one value to a measure's segment."""
    held = out[row, segment, measure]
    if operation == SUM:
        held += value
    elif operation == COUNT:
        held += 1.0
    elif operation == OLDEST:
        held = value
    elif operation == NEWEST:
        held = value if np.isnan(held) else held
    elif operation == MAX:
        held = value if np.isnan(held) else max(held, value)
    elif operation == MIN:
        held = value if np.isnan(held) else min(held, value)
    else:  # spreads are taken about the newest value, to keep their digits
        if np.isnan(reference[measure]):
            reference[measure] = value
        shifted = value - reference[measure]
        held += shifted if operation == SHIFTED_SUM else shifted * shifted
    out[row, segment, measure] = held
