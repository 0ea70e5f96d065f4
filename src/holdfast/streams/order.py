"""Sort a bucket's facts by customer, time and all other values.

The order is total, so the same facts give the same arrays and bit-identical sums in whatever order they were
written.
"""

import numba
import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def group(code: NDArray[np.integer], groups: int) -> tuple[Ints, Ints]:
    """Group facts by an integer code; the order within a group is kept.

    Args:
        code: (facts,) the group of each fact, from 0.

    Returns:
        start: (groups + 1,) the facts of group `g` are `order[start[g]:start[g + 1]]`.
        order: (facts,) positions.
    """
    small = code.astype(np.min_scalar_type(groups), copy=False)  # NumPy uses radix sort for 16 bits
    start = np.concatenate([[0], np.bincount(small, minlength=groups).cumsum()])
    return start, np.argsort(small, kind="stable")


@numba.njit(cache=True, nogil=True)
def sort_groups(
    start: Ints, order: Ints, occurred: Ints, known: Ints, kind: NDArray[np.uint8], rest: Ints, keys: Ints
) -> None:
    """Sort the facts of every group in place by Shell sort, which is fast for facts that are almost sorted.

    Args:
        start, order: see `group`.
        occurred, known, kind: (facts,) compared first.
        rest, keys: (columns, facts) compared if the first are equal; any total order is good.
    """
    for number in range(len(start) - 1):
        low, high = start[number], start[number + 1]
        gap = 1
        while gap < (high - low) // 3:
            gap = 3 * gap + 1
        while gap > 0:
            for place in range(low + gap, high):
                fact, free = order[place], place
                while free >= low + gap and before(
                    fact, order[free - gap], occurred, known, kind, rest, keys
                ):
                    order[free] = order[free - gap]
                    free -= gap
                order[free] = fact
            gap //= 3


@numba.njit(cache=True, nogil=True, forceinline=True)
def before(
    first: int, other: int, occurred: Ints, known: Ints, kind: NDArray[np.uint8], rest: Ints, keys: Ints
) -> bool:
    """Whether the fact `first` sorts before the fact `other`; False if they are equal."""
    if occurred[first] != occurred[other]:
        return bool(occurred[first] < occurred[other])
    if known[first] != known[other]:
        return bool(known[first] < known[other])
    if kind[first] != kind[other]:
        return bool(kind[first] < kind[other])
    for column in rest:
        if column[first] != column[other]:
            return bool(column[first] < column[other])
    for column in keys:
        if column[first] != column[other]:
            return bool(column[first] < column[other])
    return False
