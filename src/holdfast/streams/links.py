"""Links from each fact to the nearest facts of the same customer with an equal key."""

import numba
import numpy as np
from numpy.typing import NDArray

NO_KEY = np.iinfo(np.int64).min  # a null key, which equals no other key
KEYLESS = -2


@numba.njit(cache=True, nogil=True)
def link(start: NDArray[np.int64], key: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """For each fact, the next and the previous fact of its customer with the same key.

    Args:
        start: (customers + 1,) the first fact of each customer; facts are in the order of time.
        key: (facts,) the key of each fact; NO_KEY where it is null.

    Returns:
        newer, older: (facts,) positions; -1: there is none, KEYLESS: the key is null. One pass with an
        open-addressing hash table for each customer, so the cost is proportional to the number of facts.
    """
    facts = len(key)
    newer = np.full(facts, -1, np.int32)
    older = np.full(facts, -1, np.int32)
    longest = 0
    for customer in range(len(start) - 1):
        longest = max(longest, start[customer + 1] - start[customer])
    size = 4
    while size < 2 * longest:
        size *= 2
    slots = np.zeros(size, np.int64)
    owner = np.full(size, -1, np.int64)
    for customer in range(len(start) - 1):
        mask = 3
        while mask + 1 < 2 * (start[customer + 1] - start[customer]):
            mask = 2 * mask + 1
        for fact in range(start[customer], start[customer + 1]):
            if key[fact] == NO_KEY:
                newer[fact] = older[fact] = KEYLESS
                continue
            spread = np.uint64(key[fact]) * np.uint64(0x9E3779B97F4A7C15)
            slot = np.int64(spread >> np.uint64(40)) & mask
            while owner[slot] == customer and key[slots[slot]] != key[fact]:
                slot = (slot + 1) & mask
            if owner[slot] == customer:
                older[fact] = slots[slot]
                newer[slots[slot]] = fact
            owner[slot] = customer
            slots[slot] = fact
    return newer, older
