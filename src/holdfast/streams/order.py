"""The order of a bucket's facts: by customer, then by time, then by everything else.

Facts of one moment are compared by all their values, so the order is total: the same facts give the same
arrays, and bit-identical sums, whatever order they were written in.
"""

import numba
import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def group(code: NDArray[np.integer], groups: int) -> tuple[Ints, Ints]:
    """Group facts by an integer code, those of one group in the order in which they came.

    Args:
        code: (facts,) the group of each fact, from 0.

    Returns:
        start: (groups + 1,) the facts of group `g` are `order[start[g]:start[g + 1]]`.
        order: (facts,) positions.
    """
    small = code.astype(np.min_scalar_type(groups), copy=False)  # NumPy sorts 16 bits by radix, in one pass
    start = np.concatenate([[0], np.bincount(small, minlength=groups).cumsum()])
    return start, np.argsort(small, kind="stable")


@numba.njit(cache=True, nogil=True)
def sort_groups(
    start: Ints, order: Ints, occurred: Ints, known: Ints, kind: NDArray[np.uint8], rest: Ints, keys: Ints
) -> None:
    """Sort the facts of every group in place: a Shell sort, which is quick on facts that came in order.

    Args:
        start, order: as `group` gives them.
        occurred, known, kind: (facts,) what facts are compared by first.
        rest, keys: (columns, facts) what they are compared by where those are equal: any total order will do.
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
    one: int, other: int, occurred: Ints, known: Ints, kind: NDArray[np.uint8], rest: Ints, keys: Ints
) -> bool:
    """Whether one fact comes before another of the same group; equal facts do not."""
    if occurred[one] != occurred[other]:
        return bool(occurred[one] < occurred[other])
    if known[one] != known[other]:
        return bool(known[one] < known[other])
    if kind[one] != kind[other]:
        return bool(kind[one] < kind[other])
    for column in rest:
        if column[one] != column[other]:
            return bool(column[one] < column[other])
    for column in keys:
        if column[one] != column[other]:
            return bool(column[one] < column[other])
    return False
