"""Character n-grams of folded texts, counted by compiled code.

An n-gram is 2 to 5 characters of one word, with the blanks around it. It is known by a hash of its bytes
alone: nothing that could be read back is kept of it, and no table of n-grams grows with the texts.
"""

from typing import NamedTuple

import numba
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csr_array

from holdfast.text.reading import whole

SHORTEST, LONGEST = 2, 5
SLOTS = 1 << 20  # hashes; with some ten thousand n-grams in use, two rarely share one
BASE, STEP = np.uint32(2166136261), np.uint32(16777619)  # FNV-1a

Ints = NDArray[np.int64]


class Letters(NamedTuple):
    """UTF-8 bytes of texts: those of text `t` are `data[bounds[t]:bounds[t + 1]]`."""

    data: NDArray[np.uint8]
    bounds: Ints


def letters(folded: pa.ChunkedArray) -> Letters:
    """Folded texts as bytes."""
    one = whole(folded.cast(pa.large_string()))
    _, bounds, data = one.buffers()
    if not len(one) or data is None:
        return Letters(np.empty(0, np.uint8), np.zeros(len(one) + 1, np.int64))
    start = np.frombuffer(bounds, np.int64)[one.offset : one.offset + len(one) + 1]
    return Letters(np.frombuffer(data, np.uint8), start)


def customers_of_terms(texts: Letters, rows: Ints, customer: Ints) -> Ints:
    """(SLOTS,) how many customers use each n-gram; `rows` with all rows of a customer side by side."""
    count = np.zeros(SLOTS, np.int64)
    spread(texts.data, texts.bounds, rows, customer, np.full(SLOTS, -1, np.int64), count)
    return count


def count_terms(texts: Letters, rows: Ints, terms: Ints) -> csr_array:
    """(rows, terms) how often each text has each n-gram, float32; `terms`: their hashes, sorted."""
    place = np.full(SLOTS, -1, np.int32)
    place[terms] = np.arange(len(terms), dtype=np.int32)
    none = np.empty(0, np.int32)
    start = np.zeros(len(rows) + 1, np.int64)
    tally(texts.data, texts.bounds, rows, place, len(terms), start, none, none.astype(np.float32))
    columns, values = np.empty(start[-1], np.int32), np.empty(start[-1], np.float32)
    tally(texts.data, texts.bounds, rows, place, len(terms), start, columns, values)
    matrix = csr_array((len(rows), len(terms)), dtype=np.float32)
    matrix.data, matrix.indices, matrix.indptr = values, columns, start.astype(np.int32)
    return matrix


@numba.njit(cache=True, nogil=True)
def spread(data, bounds, rows, customer, last, count):  # type: ignore[no-untyped-def]  # compiled
    """Count each n-gram once a customer."""
    for at in range(len(rows)):
        end = bounds[rows[at] + 1]
        for begin in range(bounds[rows[at]], end):
            if data[begin] & 0xC0 == 0x80:  # within a character
                continue
            code, stop, size = BASE, begin, 0
            while size < LONGEST and stop < end:
                blank = data[stop] == 32
                code, stop = character(data, stop, end, code)
                size += 1
                if size >= SHORTEST:
                    slot = code & (SLOTS - 1)
                    if last[slot] != customer[at]:
                        last[slot] = customer[at]
                        count[slot] += 1
                if blank and size > 1:  # the word is over
                    break


@numba.njit(cache=True, nogil=True)
def tally(data, bounds, rows, place, terms, start, columns, values):  # type: ignore[no-untyped-def]  # compiled
    """Fill `start` with how many different terms each text has; with room in `columns`, the counts."""
    where = np.full(terms, -1, np.int64)  # of each term in the row at hand
    filled = 0
    for at in range(len(rows)):
        first, end = filled, bounds[rows[at] + 1]
        for begin in range(bounds[rows[at]], end):
            if data[begin] & 0xC0 == 0x80:
                continue
            code, stop, size = BASE, begin, 0
            while size < LONGEST and stop < end:
                blank = data[stop] == 32
                code, stop = character(data, stop, end, code)
                size += 1
                column = place[code & (SLOTS - 1)] if size >= SHORTEST else -1
                if column >= 0:
                    if where[column] < first:
                        where[column] = filled
                        filled += 1
                        if len(columns):
                            columns[where[column]], values[where[column]] = column, 0
                    if len(columns):
                        values[where[column]] += 1
                if blank and size > 1:
                    break
        start[at + 1] = filled


@numba.njit(cache=True, nogil=True)
def character(data, stop, end, code):  # type: ignore[no-untyped-def]  # compiled
    """The hash with the character at `stop`, and where the next one begins."""
    code = np.uint32((code ^ data[stop]) * STEP)
    stop += 1
    while stop < end and data[stop] & 0xC0 == 0x80:
        code = np.uint32((code ^ data[stop]) * STEP)
        stop += 1
    return code, stop
