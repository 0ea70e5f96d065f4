"""How far a figure could be chance: bootstrap intervals over customers.

A customer is drawn with all their rows (a customer has one a test date, and those resemble each other),
so the intervals do not pretend that snapshots are independent. The rows are sorted once; a replicate
then only weighs each row by how often its customer was drawn: see `weighted`.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from holdfast.evaluation.metrics import METRICS, TOP_SHARE
from holdfast.evaluation.weighted import WEIGHTED, Floats, Weights, rank

LEVEL = 0.95
Z_95 = 1.959963984540054  # the normal quantile of a 95% interval
REPLICATES = 200


@dataclass(frozen=True)
class Interval:
    """A figure with its 95% percentile interval; all None where the rows cannot define the figure."""

    value: float | None
    low: float | None
    high: float | None

    @property
    def deviation(self) -> float | None:
        """The standard deviation of the figure, as if it were normal."""
        return None if self.low is None or self.high is None else (self.high - self.low) / (2 * Z_95)


def interval(
    metric: str,
    churned: NDArray[Any],
    probability: NDArray[Any],
    customers: NDArray[Any],
    replicates: int = REPLICATES,
    seed: int = 0,
) -> Interval:
    """One figure (a name in `metrics.METRICS`) with its interval; `customers` names each row's customer."""
    return intervals(churned, probability, customers, (metric,), replicates, seed)[metric]


def intervals(
    churned: NDArray[Any],
    probability: NDArray[Any],
    customers: NDArray[Any],
    metrics: Sequence[str] = METRICS,
    replicates: int = REPLICATES,
    seed: int = 0,
    list_share: float = TOP_SHARE,
) -> dict[str, Interval]:
    """Several figures with their intervals, all from the same draws and one sort.

    Names in `metrics.METRICS` and `LIST_METRICS`, and `gap`: mean probability minus share churned.
    """
    ranked = rank(churned, probability, list_share)
    found = dict(zip(WEIGHTED, replicated(ranked.figures, customers, replicates, seed), strict=True))
    return {metric: found[metric] for metric in metrics}


def paired_difference(
    metric: str,
    churned: NDArray[Any],
    a: NDArray[Any],
    b: NDArray[Any],
    customers: NDArray[Any],
    replicates: int = REPLICATES,
    seed: int = 0,
) -> Interval:
    """The figure of probabilities `a` minus that of `b` on the same rows, from the same draws for both."""
    return paired_differences((metric,), churned, a, {"b": b}, customers, replicates, seed)["b"][metric]


def paired_differences(
    metrics: Sequence[str],
    churned: NDArray[Any],
    probability: NDArray[Any],
    others: Mapping[str, NDArray[Any]],
    customers: NDArray[Any],
    replicates: int = REPLICATES,
    seed: int = 0,
    list_share: float = TOP_SHARE,
) -> dict[str, dict[str, Interval]]:
    """For each of `others` and each figure: that of `probability` minus the other's, from the same draws."""
    own, *ranked = [rank(churned, one, list_share) for one in (probability, *others.values())]
    places = [WEIGHTED.index(metric) for metric in metrics]

    def differences(weights: Weights) -> Floats:
        mine = own.figures(weights)[places]
        return np.array([mine - other.figures(weights)[places] for other in ranked]).ravel()

    found = iter(replicated(differences, customers, replicates, seed))
    return {name: {metric: next(found) for metric in metrics} for name in others}


def replicated(
    figures: Callable[[Weights], Floats],
    customers: NDArray[Any],
    replicates: int = REPLICATES,
    seed: int = 0,
) -> list[Interval]:
    """The intervals of any figures of weighted rows; `figures` gives NaN for what weights cannot define."""
    return _intervals(*_replicate(figures, customers, replicates, seed))


def _replicate(
    figures: Callable[[Weights], Floats], customers: NDArray[Any], replicates: int, seed: int
) -> tuple[Floats, Floats]:
    """The figures of the rows as they are, and of each draw: (replicates, figures)."""
    customer_of_row, names = pd.factorize(np.asarray(customers), sort=True)
    if not len(names):
        return figures(np.ones(0, np.float32)), np.empty((0, 0))
    random = np.random.default_rng(seed)
    draws = []
    for _ in range(replicates):
        drawn = np.bincount(random.integers(len(names), size=len(names)), minlength=len(names))
        draws.append(figures(drawn.astype(np.float32)[customer_of_row]))
    return figures(np.ones(len(customer_of_row), np.float32)), np.asarray(draws)


def _intervals(values: Floats, draws: Floats) -> list[Interval]:
    """Percentile intervals; draws that cannot define a figure (one class only) are left out."""
    found = []
    for position, value in enumerate(values):
        column = draws[:, position] if draws.size else np.empty(0)
        column = column[np.isfinite(column)]
        if not math.isfinite(value) or not len(column):
            found.append(Interval(float(value) if math.isfinite(value) else None, None, None))
            continue
        low, high = np.quantile(column, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
        found.append(Interval(float(value), float(low), float(high)))
    return found
