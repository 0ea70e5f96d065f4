"""Random numbers that do not depend on the order of the computation.

Every customer has a separate stream, and every random choice about a row hashes the row's number. So the same
seed gives the same company for any chunk size and platform. The generator is SplitMix64 (Steele, Lea and
Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Function = TypeVar("Function", bound=Callable[..., Any])

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_UNIT = 1.0 / 9007199254740992.0  # 2 ** -53: the spacing of float64 below 1


def compiled(function: Function) -> Function:
    """Compile with Numba, keeping the type annotations.

    Machine code is cached only if NUMBA_CACHE_DIR names a folder. Use a new folder after a change of the
    code: Numba checks only a function's own file and misses changes in functions that it calls.
    """
    return cast("Function", numba.njit(cache=bool(getattr(numba.config, "CACHE_DIR", "")))(function))


@compiled
def uniform(stream: NDArray[np.uint64]) -> float:
    """The next number in [0, 1) of a stream; advances the stream."""
    stream[0] += _GOLDEN
    word = stream[0]
    word = (word ^ (word >> _S30)) * _FIRST
    word = (word ^ (word >> _S27)) * _SECOND
    word = word ^ (word >> _S31)
    return float((word >> _S11) * _UNIT)


@compiled
def derived(start: np.uint64, step: int) -> np.uint64:
    """The start of an independent stream for each step."""
    word = start ^ (np.uint64(step + 1) * _SECOND)
    word = (word ^ (word >> _S30)) * _FIRST
    return np.uint64(word ^ (word >> _S27))


def words(seed: int, purpose: int, keys: NDArray[np.int64]) -> NDArray[np.uint64]:
    """A 64-bit hash of each key, different for every seed and purpose."""
    salt = np.random.SeedSequence([seed, purpose]).generate_state(1, np.uint64)
    word = (keys.astype(np.uint64) + salt) * _GOLDEN
    for _ in range(2):
        word = (word ^ (word >> _S30)) * _FIRST
        word = (word ^ (word >> _S27)) * _SECOND
        word = word ^ (word >> _S31)
    return word


def uniforms(seed: int, purpose: int, keys: NDArray[np.int64]) -> NDArray[np.float64]:
    """A number in [0, 1) for each key."""
    return (words(seed, purpose, keys) >> _S11).astype(np.float64) * _UNIT


def picks(seed: int, purpose: int, keys: NDArray[np.int64], shares: list[float]) -> NDArray[np.int64]:
    """An index into `shares` for each key, drawn in proportion to them."""
    cumulative = np.cumsum(shares) / np.sum(shares)
    indices = np.searchsorted(cumulative, uniforms(seed, purpose, keys), side="right")
    return np.minimum(indices, len(shares) - 1).astype(np.int64)
