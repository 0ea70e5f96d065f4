"""How far a figure could be chance: bootstrap intervals over customers.

A customer is drawn with all their rows (a customer has one a test date, and those resemble each other),
so the intervals do not pretend that snapshots are independent. The rows are sorted once; a replicate
then only weighs each row by how often its customer was drawn, and every figure has a weighted form that
is a few running sums. With weights of 1 they equal `metrics.grade_predictions`.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from holdfast.evaluation.metrics import CALIBRATION_BINS, METRICS, TOP_SHARE, equal_count_bins

Floats: TypeAlias = NDArray[np.float64]

LEVEL = 0.95
REPLICATES = 200


@dataclass(frozen=True)
class Interval:
    """A figure with its 95% percentile interval; all None where the rows cannot define the figure."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class _Ranked:
    """Rows by falling probability, with all that does not change between replicates."""

    order: NDArray[np.intp]
    churned: Floats
    probability: Floats
    last: NDArray[np.intp]  # where a run of equal probabilities ends
    surprise: Floats  # log loss of each row, nats
    bins: NDArray[np.intp]


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
) -> dict[str, Interval]:
    """Several figures with their intervals, all from the same draws and one sort."""
    ranked = _rank(churned, probability)
    weighted = [_WEIGHTED[metric] for metric in metrics]

    def figures(weights: Floats) -> list[float]:
        return [figure(ranked, weights[ranked.order]) for figure in weighted]

    values, draws = _replicate(figures, customers, replicates, seed)
    return dict(zip(metrics, _intervals(values, draws), strict=True))


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
    ranked = _rank(churned, a), _rank(churned, b)
    figure = _WEIGHTED[metric]

    def differences(weights: Floats) -> list[float]:
        of_a, of_b = (figure(one, weights[one.order]) for one in ranked)
        return [of_a - of_b]

    values, draws = _replicate(differences, customers, replicates, seed)
    return _intervals(values, draws)[0]


def _replicate(
    figures: Callable[[Floats], list[float]], customers: NDArray[Any], replicates: int, seed: int
) -> tuple[list[float], Floats]:
    """The figures of the rows as they are, and of each draw: (replicates, figures)."""
    customer_of_row, names = pd.factorize(np.asarray(customers), sort=True)
    if not len(names):
        return figures(np.ones(0)), np.empty((0, 0))
    random = np.random.default_rng(seed)
    draws = []
    for _ in range(replicates):
        drawn = np.bincount(random.integers(len(names), size=len(names)), minlength=len(names))
        draws.append(figures(drawn.astype(np.float64)[customer_of_row]))
    return figures(np.ones(len(customer_of_row))), np.asarray(draws)


def _intervals(values: list[float], draws: Floats) -> list[Interval]:
    """Percentile intervals; draws that cannot define a figure (one class only) are left out."""
    found = []
    for position, value in enumerate(values):
        column = draws[:, position] if draws.size else np.empty(0)
        column = column[np.isfinite(column)]
        if not math.isfinite(value) or not len(column):
            found.append(Interval(None if not math.isfinite(value) else value, None, None))
            continue
        low, high = np.quantile(column, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
        found.append(Interval(value, float(low), float(high)))
    return found


def _rank(churned: NDArray[Any], probability: NDArray[Any]) -> _Ranked:
    order = np.argsort(-np.asarray(probability, dtype=np.float64), kind="stable")
    labels = np.asarray(churned, dtype=np.float64)[order]
    scores = np.asarray(probability, dtype=np.float64)[order]
    last = np.flatnonzero(np.append(scores[1:] != scores[:-1], True)) if len(scores) else order
    epsilon = np.finfo(np.float64).eps  # as scikit-learn clips, so that a sure miss stays finite
    likelihood = np.where(labels == 1, scores, 1 - scores)
    return _Ranked(
        order=order,
        churned=labels,
        probability=scores,
        last=last,
        surprise=-np.log(np.clip(likelihood, epsilon, 1 - epsilon)),
        bins=equal_count_bins(scores, CALIBRATION_BINS),
    )


def _runs(ranked: _Ranked, weights: Floats) -> tuple[Floats, Floats]:
    """Weight of the churned and of all rows, summed from the top to the end of each run of ties."""
    return np.cumsum(weights * ranked.churned)[ranked.last], np.cumsum(weights)[ranked.last]


def _auc(ranked: _Ranked, weights: Floats) -> float:
    left, rows = _runs(ranked, weights)
    stayed = rows - left
    if not len(rows) or left[-1] <= 0 or stayed[-1] <= 0:
        return math.nan
    area = np.trapezoid(np.append(0.0, left), np.append(0.0, stayed))
    return float(area / left[-1] / stayed[-1])


def _average_precision(ranked: _Ranked, weights: Floats) -> float:
    left, rows = _runs(ranked, weights)
    if not len(rows) or left[-1] <= 0:
        return math.nan
    precision = np.divide(left, rows, out=np.zeros_like(left), where=rows > 0)
    return float((precision * np.diff(left, prepend=0.0)).sum() / left[-1])


def _top_decile_lift(ranked: _Ranked, weights: Floats) -> float:
    left, rows = _runs(ranked, weights)
    if not len(rows) or left[-1] <= 0:
        return math.nan
    top = math.ceil(rows[-1] * TOP_SHARE)
    found = np.interp(top, np.append(0.0, rows), np.append(0.0, left))
    return float(found / top / (left[-1] / rows[-1]))


def _mean(values: Floats, weights: Floats) -> float:
    total = weights.sum()
    return float(values @ weights / total) if total > 0 else math.nan


def _log_loss(ranked: _Ranked, weights: Floats) -> float:
    return _mean(ranked.surprise, weights)


def _brier(ranked: _Ranked, weights: Floats) -> float:
    return _mean((ranked.probability - ranked.churned) ** 2, weights)


def _ece(ranked: _Ranked, weights: Floats) -> float:
    """Over the bins of all rows, not bins made again for each draw."""
    total = weights.sum()
    excess = np.bincount(ranked.bins, weights=weights * (ranked.probability - ranked.churned))
    return float(np.abs(excess).sum() / total) if total > 0 else math.nan


_WEIGHTED: dict[str, Callable[[_Ranked, Floats], float]] = {
    "auc": _auc,
    "average_precision": _average_precision,
    "log_loss": _log_loss,
    "brier": _brier,
    "ece": _ece,
    "top_decile_lift": _top_decile_lift,
}
