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
    before = np.empty(len(orders.mask), np.int64)
    reference = np.empty(len(orders.operation), np.float64)
    for row in range(len(customer)):
        clear(out[row], orders.operation)
        before[:] = -1
        reference[:] = np.nan
        now = as_of[row]
        low, high = log.start[customer[row]], log.start[customer[row] + 1]
        high = low + np.searchsorted(log.occurred_at[low:high], now)
        segment = 0
        for fact in range(high - 1, low - 1, -1):
            if log.known_at[fact] >= now:
                continue
            time = log.occurred_at[fact]
            while segment < len(orders.edges) and time < now - orders.edges[segment]:
                segment += 1
            here = out[row, segment]
            for selection in range(len(orders.mask)):
                if (log.kind[fact] & orders.mask[selection]) == 0:
                    continue
                taken, repeated = take(log, orders, selection, fact, now)
                if not taken:
                    continue
                for measure in range(orders.first_measure[selection], orders.first_measure[selection + 1]):
                    value = read(log, orders.source[measure], fact, repeated, now, before[selection])
                    if not np.isnan(value):
                        add(here, measure, orders.operation[measure], value, reference)
                before[selection] = time


@numba.njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def clear(out: Floats, operation: Ints) -> None:
    """Nothing measured yet: 0 for sums and counts, null for the rest."""
    for measure in range(len(operation)):
        empty = 0.0 if operation[measure] in ADDITIVE else np.nan
        for segment in range(out.shape[0]):
            out[segment, measure] = empty


@numba.njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def take(log: Log, orders: Orders, selection: int, fact: int, now: int) -> tuple[bool, int]:
    """Whether a selection takes a visible fact, and which fact that one repeats (-1: none)."""
    until = orders.until[selection]
    if until >= 0 and log.numbers[until, fact] < now:
        return False, -1
    mode, mask, key = orders.mode[selection], orders.mask[selection], orders.key[selection]
    if mode == EVERY:
        return True, -1
    if log.newer[key, fact] == KEYLESS:
        return False, -1
    if mode == DISTINCT:  # the newest visible fact of its key stands for all
        return neighbour(log, log.newer[key], fact, mask, now) < 0, -1
    other = neighbour(log, log.older[key], fact, mask, now)
    if mode == FIRST:  # the oldest one does
        return other < 0, -1
    near = other >= 0 and log.occurred_at[fact] - log.occurred_at[other] <= orders.within[selection]
    return near, other


@numba.njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def neighbour(log: Log, link: NDArray[np.int32], fact: int, mask: int, now: int) -> int:
    """The nearest visible fact of some kinds along a link, or -1.

    A neighbour that was not yet known is stepped over, so that a late row cannot leak through it.
    """
    other = link[fact]
    while other >= 0:
        if log.occurred_at[other] >= now:
            return -1  # a newer neighbour: all that follow are newer still
        if log.known_at[other] < now and (log.kind[other] & mask) != 0:
            return int(other)
        other = link[other]
    return -1


@numba.njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def read(log: Log, source: int, fact: int, repeated: int, now: int, before: int) -> float:
    """The value that a measure takes from a fact; NaN where it has none."""
    time = log.occurred_at[fact]
    if source == ONE:
        return 1.0
    if source == AGE:
        return np.nan if time == ALWAYS else (now - time) / DAY
    if source == GAP:
        return np.nan if before < 0 else (before - time) / DAY
    if source >= AGAINST:
        last = log.numbers[source - AGAINST, repeated]
        return log.numbers[source - AGAINST, fact] / last if last != 0 else np.nan
    if source >= SINCE:
        return float((now - log.numbers[source - SINCE, fact]) / DAY)
    return float(log.numbers[source, fact])


@numba.njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def add(out: Floats, measure: int, operation: int, value: float, reference: Floats) -> None:
    """Add one value to a measure's segment."""
    held = out[measure]
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
    out[measure] = held
