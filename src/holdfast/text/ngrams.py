"""Counts of hashed character n-grams, in compiled code.

An n-gram is 2 to 5 characters of one word and the blanks around it (scikit-learn's analyzer `char_wb`). Only
its hash is kept: no text can be read back from a model. scikit-learn's HashingVectorizer counts the same, but
twenty times slower (docs/decisions/0020).
"""

from typing import NamedTuple

import numba
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csr_array

LONGEST = 5  # characters
SLOTS = 1 << 20  # hashes; with some ten thousand n-grams in use, two rarely share one
BASE, PRIME = np.uint32(2166136261), np.uint32(16777619)  # FNV-1a, over code points
BLANK = 32

Ints = NDArray[np.int64]


class Characters(NamedTuple):
    """The code points of all texts; those of text `t` are `codes[bounds[t]:bounds[t + 1]]`."""

    codes: NDArray[np.uint32]
    bounds: Ints


def characters_of(normalized: pa.ChunkedArray) -> Characters:
    """Normalized texts as code points."""
    texts = normalized.to_pylist()
    bounds = np.cumsum([0, *map(len, texts)], dtype=np.int64)
    return Characters(np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32), bounds)


def customers_per_ngram(texts: Characters, rows: Ints, customers: Ints) -> Ints:
    """(SLOTS,) how many customers use each n-gram.

    Args:
        rows: the texts to count, all texts of a customer one after the other.
        customers: (rows,) the customer of each.
    """
    return np.asarray(_customers_per_ngram(*texts, rows, customers))


def count_ngrams(texts: Characters, rows: Ints, ngrams: Ints) -> csr_array:
    """(rows, ngrams) how often each text has each n-gram, float32; `ngrams`: their hashes."""
    column_of = np.full(SLOTS, -1, np.int32)
    column_of[ngrams] = np.arange(len(ngrams), dtype=np.int32)
    columns, counts, starts = _count_ngrams(*texts, rows, column_of)
    return csr_array((counts, columns, starts), shape=(len(rows), len(ngrams)))


@numba.njit(cache=True, nogil=True)
def _customers_per_ngram(codes, bounds, rows, customers):  # type: ignore[no-untyped-def]  # compiled
    last, count = np.full(SLOTS, -1, np.int64), np.zeros(SLOTS, np.int64)
    for row in range(len(rows)):
        end = bounds[rows[row] + 1]
        for first in range(bounds[rows[row]], end):
            code = (BASE ^ codes[first]) * PRIME
            for character in codes[first + 1 : min(first + LONGEST, end)]:
                code = np.uint32((code ^ character) * PRIME)
                slot = code & (SLOTS - 1)
                if last[slot] != customers[row]:
                    last[slot] = customers[row]
                    count[slot] += 1
                if character == BLANK:  # the word is over
                    break
    return count


@numba.njit(cache=True, nogil=True)
def _count_ngrams(codes, bounds, rows, column_of):  # type: ignore[no-untyped-def]  # compiled
    size = 0
    for text in rows:
        size += (LONGEST - 1) * (bounds[text + 1] - bounds[text])
    columns, counts = np.empty(size, np.int32), np.empty(size, np.float32)
    starts, place = np.zeros(len(rows) + 1, np.int32), np.full(SLOTS, -1, np.int64)
    filled = 0
    for row in range(len(rows)):
        end = bounds[rows[row] + 1]
        for first in range(bounds[rows[row]], end):
            code = (BASE ^ codes[first]) * PRIME
            for character in codes[first + 1 : min(first + LONGEST, end)]:
                code = np.uint32((code ^ character) * PRIME)
                column = column_of[code & (SLOTS - 1)]
                if column >= 0:
                    if place[column] < starts[row]:  # the first time in this text
                        place[column], columns[filled], counts[filled] = filled, column, 0
                        filled += 1
                    counts[place[column]] += 1
                if character == BLANK:
                    break
        starts[row + 1] = filled
    return columns[:filled].copy(), counts[:filled].copy(), starts
