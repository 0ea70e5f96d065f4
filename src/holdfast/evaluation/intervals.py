"""How far a figure could be chance: bootstrap intervals over customers.

A customer is drawn with all their rows (a customer has one a test date, and those resemble each other),
so the intervals do not pretend that snapshots are independent. The rows are sorted once; a replicate
then only weighs each row by how often its customer was drawn: see `weighted`.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from holdfast.evaluation.metrics import METRICS, TOP_SHARE
from holdfast.evaluation.weighted import SIDE_BY_SIDE, WEIGHTED, Draws, Floats, Ranked, rank

Weights: TypeAlias = NDArray[np.float32]  # (rows,) whole numbers

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
    customers: "NDArray[Any] | Sample",
    metrics: Sequence[str] = METRICS,
    replicates: int = REPLICATES,
    seed: int = 0,
    list_share: float = TOP_SHARE,
) -> dict[str, Interval]:
    """Several figures with their intervals, all from the same draws and one sort.

    Names in `metrics.METRICS` and `LIST_METRICS`, and `gap`: mean probability minus share churned.
    """
    once, drawn = sample_of(customers, seed).figures([rank(churned, probability, list_share)], replicates)
    found = dict(zip(WEIGHTED, _intervals(once[0], drawn[:, 0]), strict=True))
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
    customers: "NDArray[Any] | Sample",
    replicates: int = REPLICATES,
    seed: int = 0,
    list_share: float = TOP_SHARE,
) -> dict[str, dict[str, Interval]]:
    """For each of `others` and each figure: that of `probability` minus the other's, from the same draws."""
    ranked = [rank(churned, one, list_share) for one in (probability, *others.values())]
    places = [WEIGHTED.index(metric) for metric in metrics]
    once, drawn = sample_of(customers, seed).figures(ranked, replicates)
    ahead, drawn_ahead = once[:1] - once[1:], drawn[:, :1] - drawn[:, 1:]
    return {
        name: dict(zip(metrics, _intervals(ahead[at, places], drawn_ahead[:, at, places]), strict=True))
        for at, name in enumerate(others)
    }


def replicated(
    figures: Callable[[Weights], Floats],
    customers: "NDArray[Any] | Sample",
    replicates: int = REPLICATES,
    seed: int = 0,
) -> list[Interval]:
    """The intervals of any figures of weighted rows; `figures` gives NaN for what weights cannot define."""
    sample = sample_of(customers, seed)
    if not sample.size:
        return _intervals(figures(np.ones(0, np.float32)), np.empty((0, 0)))
    found = [
        figures(drawn[:, one].astype(np.float32)[sample.of_row])
        for drawn in sample.parts(replicates)
        for one in range(drawn.shape[1])
    ]
    return _intervals(figures(np.ones(len(sample.of_row), np.float32)), np.asarray(found))


class Sample:
    """Draws of customers with all their rows, with replacement, the same for the same seed.

    Attributes:
        size: how many customers there are, and are drawn.
        of_row: (rows,) each row's customer.
        draws: how often each was drawn, `SIDE_BY_SIDE` replicates a part; made once, as far as asked for.
    """

    def __init__(self, customers: NDArray[Any], seed: int) -> None:
        codes, names = pd.factorize(np.asarray(customers), sort=True)
        self.of_row, self.size = codes.astype(np.int32), len(names)
        self.rows = np.bincount(codes, minlength=self.size).astype(np.float64)
        self.random = np.random.default_rng(seed)
        self.draws: list[Draws] = []

    def parts(self, replicates: int) -> Iterator[Draws]:
        """The draws of some replicates, (customers, replicates) a part."""
        for first in range(0, replicates, SIDE_BY_SIDE):
            if first // SIDE_BY_SIDE == len(self.draws):
                self.draws.append(self.draw())
            yield self.draws[first // SIDE_BY_SIDE][:, : replicates - first]

    def draw(self) -> Draws:
        """The next `SIDE_BY_SIDE` replicates."""
        drawn = np.empty((SIDE_BY_SIDE, self.size), np.uint16)
        for one in drawn:
            one[:] = np.bincount(self.random.integers(self.size, size=self.size), minlength=self.size)
        return np.ascontiguousarray(drawn.T)

    def figures(self, ranked: Sequence[Ranked], replicates: int) -> tuple[Floats, Floats]:
        """`WEIGHTED` of each ranking: of the rows as they are (rankings, figures), and of each draw."""

        def of(drawn: Draws) -> Floats:
            totals = np.einsum("i,ij->j", self.rows, drawn)  # without threads, unlike a product of matrices
            return np.stack([one.figures(self.of_row, drawn, totals) for one in ranked], axis=1)

        once = of(np.ones((self.size, 1), np.uint16))[0]
        drawn = [of(some) for some in self.parts(replicates)] if self.size else []
        return once, np.concatenate(drawn) if drawn else np.empty((0, len(ranked), len(WEIGHTED)))


def sample_of(customers: "NDArray[Any] | Sample", seed: int) -> Sample:
    """The draws of the customers of some rows; those that are there already, whatever the seed."""
    return customers if isinstance(customers, Sample) else Sample(customers, seed)


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
