"""The walk: for each customer and as-of date, the visible facts from newest to oldest, once.

Whatever the number of windows, a fact is touched once an as-of date. Windows share edges; what lies
between two neighbouring edges is a segment, and a window is the segments up to its edge. Sums are added
directly within a segment: no differences of running totals, which would lose digits.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from holdfast.streams.facts import ALWAYS, DAY

# What a measure does with a value (nulls are passed over).
SUM, COUNT, MAX, MIN, NEWEST, OLDEST, SHIFTED_SUM, SHIFTED_SQUARES = range(8)
ADDITIVE = (SUM, COUNT, SHIFTED_SUM, SHIFTED_SQUARES)

# Where a value comes from: a column (0 and up), or one of these. Columns from SINCE up are times.
ONE, AGE, GAP = -1, -2, -3
SINCE = 1000

# Which facts of the right kind a selection takes.
EVERY, DISTINCT, FIRST, REPEATED = range(4)

Ints = NDArray[np.int64]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba ships no types
def visible(fact: int, as_of: int, mask: int, occurred_at: Ints, known_at: Ints, kind: Ints) -> bool:
    """Whether a fact is of the kinds in `mask` and was known before `as_of`."""
    return known_at[fact] < as_of and occurred_at[fact] < as_of and (kind[fact] & mask) != 0


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba ships no types
def taken(
    fact: int, as_of: int, mask: int, mode: int, within: int,
    occurred_at: Ints, known_at: Ints, kind: Ints, newer: Ints, older: Ints,
) -> bool:  # fmt: skip
    """Whether a visible fact is taken by a selection that compares it with its visible neighbours.

    A neighbour that was not yet known is stepped over, so that a late row cannot leak through it.
    """
    if mode == DISTINCT:  # the newest visible fact of its key stands for all of them
        other = newer[fact]
        while other >= 0 and occurred_at[other] < as_of:
            if visible(other, as_of, mask, occurred_at, known_at, kind):
                return False
            other = newer[other]
        return True
    other = older[fact]
    while other >= 0 and not visible(other, as_of, mask, occurred_at, known_at, kind):
        other = older[other]
    if mode == FIRST:
        return other < 0
    return other >= 0 and occurred_at[fact] - occurred_at[other] <= within


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba ships no types
def walk(
    start, occurred_at, known_at, kind, numbers, newer, older,
    row_customer, row_as_of, edges,
    mask, key, mode, within, until, first_measure, operation, source, out,
):  # type: ignore[no-untyped-def]  # compiled: the docstring gives the types  # fmt: skip
    """Fill `out` with every measure of every segment for every row.

    Args:
        start … older: the facts (`Facts`).
        row_customer, row_as_of: (rows,) the snapshots, as_of in microseconds.
        edges: (segments - 1,) ages in microseconds, ascending; the last segment is all before.
        mask, key, mode, within, until: (selections,) bits of kinds; row of `newer`/`older` (or -1); one
            of EVERY…REPEATED; microseconds (for REPEATED); column of the time until which a fact holds
            (or -1): facts that had visibly ended are not taken.
        first_measure: (selections + 1,) the measures of each selection.
        operation, source: (measures,) what to do with which value.
        out: (rows, segments, measures) float64, filled here. Sums and counts of nothing are 0, the
            rest null (NaN).
    """
    selections, measures = len(mask), len(operation)
    before = np.empty(selections, np.int64)
    reference = np.empty(measures, np.float64)
    for row in range(len(row_customer)):
        as_of = row_as_of[row]
        for measure in range(measures):
            empty = 0.0 if operation[measure] in ADDITIVE else np.nan
            for segment in range(out.shape[1]):
                out[row, segment, measure] = empty
            reference[measure] = np.nan
        before[:] = -1
        low, high = start[row_customer[row]], start[row_customer[row] + 1]
        high = low + np.searchsorted(occurred_at[low:high], as_of)
        segment = 0
        for fact in range(high - 1, low - 1, -1):
            if known_at[fact] >= as_of:
                continue
            time = occurred_at[fact]
            while segment < len(edges) and time < as_of - edges[segment]:
                segment += 1
            for selection in range(selections):
                if (kind[fact] & mask[selection]) == 0:
                    continue
                if until[selection] >= 0 and numbers[until[selection], fact] < as_of:
                    continue
                if mode[selection] != EVERY and not taken(
                    fact, as_of, mask[selection], mode[selection], within[selection],
                    occurred_at, known_at, kind, newer[key[selection]], older[key[selection]],
                ):  # fmt: skip
                    continue
                for measure in range(first_measure[selection], first_measure[selection + 1]):
                    origin = source[measure]
                    if origin == ONE:
                        value = 1.0
                    elif origin == AGE:
                        value = np.nan if time == ALWAYS else (as_of - time) / DAY
                    elif origin == GAP:
                        value = np.nan if before[selection] < 0 else (before[selection] - time) / DAY
                    elif origin >= SINCE:
                        value = (as_of - numbers[origin - SINCE, fact]) / DAY
                    else:
                        value = numbers[origin, fact]
                    if np.isnan(value):
                        continue
                    action = operation[measure]
                    held = out[row, segment, measure]
                    if action == SUM:
                        held += value
                    elif action == COUNT:
                        held += 1.0
                    elif action == OLDEST or (action == NEWEST and np.isnan(held)):
                        held = value
                    elif action == MAX:
                        held = value if np.isnan(held) else max(held, value)
                    elif action == MIN:
                        held = value if np.isnan(held) else min(held, value)
                    elif action >= SHIFTED_SUM:
                        # spreads are taken about the newest value, to keep their digits
                        if np.isnan(reference[measure]):
                            reference[measure] = value
                        shifted = value - reference[measure]
                        held += shifted if action == SHIFTED_SUM else shifted * shifted
                    out[row, segment, measure] = held
                before[selection] = time
