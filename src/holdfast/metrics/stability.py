"""How far counts in the same bins are apart, and how far chance alone would take them."""

import functools

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

PRIOR = 0.5  # rows added to every bin: Jeffreys' prior of a multinomial
FALSE_ALARMS = 0.05  # chance that any one of all columns compared lies above its limit without drift

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


def smoothed(counts: Counts) -> Floats:
    """Shares of the bins along the last axis: (count + 1/2) / (rows + bins/2), so that none is 0.

    The mean of a Dirichlet under Jeffreys' prior. A fixed floor such as 0.0001 would make the index of
    one stray row depend on the floor; this shrinks as rows come in.
    """
    added = np.asarray(counts, np.float64) + PRIOR
    shares: Floats = added / added.sum(axis=-1, keepdims=True)
    return shares


def stability(was: Counts, now: Counts) -> Floats:
    """The population stability index along the last axis: sum of (now - was) · ln(now / was) of the shares.

    0 is no drift; above 0.1 is usually called moderate, above 0.25 large (Siddiqi 2006, Credit Risk
    Scorecards). It is symmetric: the sum of both Kullback-Leibler divergences. Axes before the last are
    broadcast.
    """
    old, new = smoothed(was), smoothed(now)
    return np.asarray(((new - old) * np.log(new / old)).sum(axis=-1))


def by_chance(was_rows: float, now_rows: float, bins: int, columns: int = 1) -> float:
    """The index that chance alone stays below: for small samples it is large without any drift.

    Without drift the index is about (1/was_rows + 1/now_rows) · chi² of `bins` - 1 degrees of freedom
    (Yurdakul 2018, Statistical Properties of the Population Stability Index). The quantile is such that of
    `columns` compared at once, any lies above by chance in 5% of cases (Šidák). 0 where nothing can differ.
    """
    if bins < 2 or was_rows <= 0 or now_rows <= 0:
        return 0.0
    level = (1 - FALSE_ALARMS) ** (1 / max(1, columns))
    return (1 / was_rows + 1 / now_rows) * quantile(level, bins - 1)


@functools.cache
def quantile(level: float, freedom: int) -> float:
    """A quantile of chi²: few are asked for, many times."""
    return float(2 * gammaincinv(freedom / 2, level))


def between(counts: Counts) -> Floats:
    """(dates, dates) the index of every date against every other; `counts` are (dates, bins)."""
    return stability(counts[:, None, :], counts[None, :, :])
