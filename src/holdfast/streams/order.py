"""The one order of a bucket's facts, whatever order they came in.

By customer, then by time; facts of one moment by when they were known, their kind, and a mark of all their
values. Only with the ties broken does the same bucket give bit-identical sums whatever order it came in.
Facts are dealt to their customers in one pass, so the cost grows with the facts alone; what is left to sort
are the few facts of one customer, most of which came in order.
"""

import numba
import numpy as np
from numpy.typing import NDArray

RUN = 12  # so many are put in order by insertion

Ints = NDArray[np.int64]
Marks = NDArray[np.uint64]
Floats = NDArray[np.float64]


@numba.njit(cache=True, nogil=True)
def deal(code: Ints, customers: int) -> tuple[Ints, Ints]:
    """Deal facts to their customers, in the order in which they came.

    Args:
        code: (facts,) the customer of each fact; below 0: of nobody here, left out.

    Returns:
        start: (customers + 1,) the facts of customer `c` are `order[start[c]:start[c + 1]]`.
        order: (facts of somebody here,) positions.
    """
    start = np.zeros(customers + 1, np.int64)
    for fact in range(len(code)):
        if code[fact] >= 0:
            start[code[fact] + 1] += 1
    for customer in range(customers):
        start[customer + 1] += start[customer]
    order = np.empty(start[customers], np.int64)
    filled = start[:-1].copy()
    for fact in range(len(code)):
        if code[fact] >= 0:
            order[filled[code[fact]]] = fact
            filled[code[fact]] += 1
    return start, order


@numba.njit(cache=True, nogil=True)
def mark(values: Floats, keys: Ints) -> Marks:
    """(facts,) 64 bits that equal facts share and others do not: of all numbers and keys.

    Args:
        values: (columns, facts) numbers; every NaN is the same null.
        keys: (columns, facts) hashes.
    """
    marks = np.zeros(values.shape[1], np.uint64)
    for column in range(values.shape[0]):
        bits = values[column].view(np.uint64)
        for fact in range(len(marks)):
            own = np.uint64(1) if np.isnan(values[column, fact]) else bits[fact]
            marks[fact] = stir(marks[fact] ^ own)
    for column in range(keys.shape[0]):
        for fact in range(len(marks)):
            marks[fact] = stir(marks[fact] ^ np.uint64(keys[column, fact]))
    return marks


@numba.njit(cache=True, nogil=True, forceinline=True)
def stir(bits: np.uint64) -> np.uint64:
    """Spread 64 bits over each other, one to one (the finaliser of SplitMix64)."""
    bits = (bits + np.uint64(0x9E3779B97F4A7C15)) & np.uint64(0xFFFFFFFFFFFFFFFF)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


@numba.njit(cache=True, nogil=True)
def sort(
    start: Ints, order: Ints,
    occurred: Ints, known: Ints, kind: NDArray[np.uint8], marks: Marks, codes: Floats,
) -> None:  # fmt: skip
    """Put the facts of every customer in order, in place.

    Args:
        codes: (columns, facts) levels, in the order of their texts: what `marks` does not hold.
    """
    longest = 0
    for customer in range(len(start) - 1):
        longest = max(longest, start[customer + 1] - start[customer])
    spare = np.empty(longest, np.int64)
    for customer in range(len(start) - 1):
        low, high = start[customer], start[customer + 1]
        ordered = True
        for place in range(low + 1, high):
            if before(order[place], order[place - 1], occurred, known, kind, marks, codes):
                ordered = False
                break
        if not ordered:
            merge_sort(order, low, high, spare, occurred, known, kind, marks, codes)


@numba.njit(cache=True, nogil=True)
def merge_sort(
    order: Ints, low: int, high: int, spare: Ints,
    occurred: Ints, known: Ints, kind: NDArray[np.uint8], marks: Marks, codes: Floats,
) -> None:  # fmt: skip
    """Sort `order[low:high]`: short runs by insertion, then merged two by two."""
    for first in range(low, high, RUN):
        for place in range(first + 1, min(first + RUN, high)):
            fact, free = order[place], place
            while free > first and before(fact, order[free - 1], occurred, known, kind, marks, codes):
                order[free] = order[free - 1]
                free -= 1
            order[free] = fact
    width = RUN
    while width < high - low:
        for first in range(low, high - width, 2 * width):
            middle, last = first + width, min(first + 2 * width, high)
            size = middle - first
            spare[:size] = order[first:middle]
            left, right, free = 0, middle, first
            while left < size and right < last:
                if before(order[right], spare[left], occurred, known, kind, marks, codes):
                    order[free] = order[right]
                    right += 1
                else:
                    order[free] = spare[left]
                    left += 1
                free += 1
            order[free : free + size - left] = spare[left:size]
        width *= 2


@numba.njit(cache=True, nogil=True, forceinline=True)
def before(
    one: int, other: int, occurred: Ints, known: Ints, kind: NDArray[np.uint8], marks: Marks, codes: Floats
) -> bool:
    """Whether one fact comes before another of the same customer; equal facts do not."""
    if occurred[one] != occurred[other]:
        return bool(occurred[one] < occurred[other])
    if known[one] != known[other]:
        return bool(known[one] < known[other])
    if kind[one] != kind[other]:
        return bool(kind[one] < kind[other])
    if marks[one] != marks[other]:
        return bool(marks[one] < marks[other])
    for column in range(codes.shape[0]):
        if codes[column, one] != codes[column, other]:  # null is not equal to itself, and before nothing
            return bool(codes[column, one] < codes[column, other])
    return False
