"""Confidence intervals of metrics, by a bootstrap over customers.

A customer is drawn with all their rows: the rows of one customer at several as-of dates resemble each other,
and a bootstrap over rows would give intervals that are too narrow.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from holdfast.metrics.classification import METRICS, TOP_SHARE
from holdfast.metrics.weighted import WEIGHTED, Counts, Floats, weighted_metrics

Weights: TypeAlias = NDArray[np.int64]  # (rows,) the weight of each row

CONFIDENCE = 0.95
REPLICATES = 200
MIN_CLASS = 5  # customers who churned, and who stayed: of fewer, the draws repeat a handful and look certain


@dataclass(frozen=True)
class Interval:
    """A metric and its 95% percentile interval.

    All are None where the rows do not define the metric. The ends are None where fewer than MIN_CLASS
    customers churned or stayed.
    """

    value: float | None
    low: float | None
    high: float | None

    @property
    def standard_error(self) -> float | None:
        """The width of the interval as a standard error, assuming a normal distribution."""
        if self.low is None or self.high is None:
            return None
        return float((self.high - self.low) / (2 * norm.ppf((1 + CONFIDENCE) / 2)))


class CustomerBootstrap:
    """Bootstrap replicates of the customers of some rows; the same seed gives the same draws.

    All metrics of one bootstrap share its draws, so their differences are paired.

    Attributes:
        customers: (rows,) integer code of each row's customer.
        counts: (1 + replicates, customers) how often each customer was drawn; the first row is all ones.
    """

    def __init__(self, customers: NDArray[Any], seed: int = 0, replicates: int = REPLICATES) -> None:
        """`customers`: (rows,) the customer of each row."""
        codes, names = pd.factorize(np.asarray(customers), sort=True)
        self.customers, size = codes.astype(np.int32), len(names)
        self.counts: Counts = np.ones((1 + replicates, size), np.uint16)
        random = np.random.default_rng(seed)
        for replicate in self.counts[1:] if size else ():
            replicate[:] = np.bincount(random.integers(size, size=size), minlength=size)

    def intervals(
        self, churned: NDArray[Any], probability: NDArray[Any], metrics: Sequence[str] = METRICS,
        list_share: float = TOP_SHARE,
    ) -> dict[str, Interval]:  # fmt: skip
        """The intervals of some metrics (names in `weighted.WEIGHTED`)."""
        counts = self.counts_for(churned)
        values = weighted_metrics(churned, probability, self.customers, counts, list_share)
        intervals = dict(zip(WEIGHTED, percentile_intervals(values), strict=True))
        return {metric: intervals[metric] for metric in metrics}

    def counts_for(self, churned: NDArray[Any]) -> Counts:
        """The draws; none, and so no intervals, where fewer than MIN_CLASS customers churned or stayed."""
        classes = (self.customers[np.asarray(churned) == label] for label in (1, 0))
        return self.counts if min(len(np.unique(each)) for each in classes) >= MIN_CLASS else self.counts[:1]

    def interval(self, metric: str, churned: NDArray[Any], probability: NDArray[Any]) -> Interval:
        """The interval of one metric."""
        return self.intervals(churned, probability, (metric,))[metric]

    def paired_differences(
        self, metrics: Sequence[str], churned: NDArray[Any], probability: NDArray[Any],
        others: Mapping[str, NDArray[Any]], list_share: float = TOP_SHARE,
    ) -> dict[str, dict[str, Interval]]:  # fmt: skip
        """For each of `others` and each metric: the metric of `probability` minus that of the other."""
        columns, counts = [WEIGHTED.index(metric) for metric in metrics], self.counts_for(churned)
        values, *other_values = (
            weighted_metrics(churned, scores, self.customers, counts, list_share)[:, columns]
            for scores in (probability, *others.values())
        )
        return {
            name: dict(zip(metrics, percentile_intervals(values - other), strict=True))
            for name, other in zip(others, other_values, strict=True)
        }

    def statistic_intervals(self, statistics: Callable[[Weights], Floats]) -> list[Interval]:
        """The intervals of any statistics of weighted rows; `statistics` gives NaN where undefined."""
        weights = (count.astype(np.int64)[self.customers] for count in self.counts)
        return percentile_intervals(np.array([statistics(weight) for weight in weights]))


def percentile_intervals(values: Floats) -> list[Interval]:
    """The interval of each column: the value in the first row, the replicates below it.

    Replicates that do not define a metric (such as the AUC of one class) are left out.
    """
    intervals = []
    for value, *replicates in values.T:
        defined = np.asarray(replicates)[np.isfinite(replicates)]
        if not np.isfinite(value) or not len(defined):
            intervals.append(Interval(float(value) if np.isfinite(value) else None, None, None))
            continue
        low, high = np.quantile(defined, ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2))
        intervals.append(Interval(float(value), float(low), float(high)))
    return intervals


def as_dicts(intervals: Mapping[str, Interval]) -> dict[str, dict[str, float | None]]:
    """Intervals as JSON."""
    return {name: asdict(interval) for name, interval in intervals.items()}
