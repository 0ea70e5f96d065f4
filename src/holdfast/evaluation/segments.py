"""Metrics of each segment of customers and each as-of date, and which segments are weak."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from holdfast.metrics.bootstrap import CustomerBootstrap, Interval
from holdfast.metrics.classification import LIST_METRICS, METRICS
from holdfast.metrics.weighted import WEIGHTED

Array = NDArray[Any]

WITH_INTERVAL = ("auc", "log_loss", "ece", "gap")
MIN_ROWS, MIN_ROWS_A_CLASS = 200, 20  # snapshots that a segment needs to be evaluated
REPLICATES = 100  # half of the usual: there are many segments
MAX_SEGMENTS = 10  # the largest of an attribute
FALSE_ALARM_RATE = 0.05  # probability that any segment is called weak where none is


@dataclasses.dataclass(frozen=True)
class Predictions:
    """Predictions and outcomes of snapshots.

    Attributes:
        churned, probability: (rows,)
        customers: (rows,) the customer of each snapshot; the bootstrap draws customers.
        as_of: (rows,) YYYY-MM-DD; None: not known.
        days_after_training: (rows,) days since the last training date; None: the model was fitted on other
            customers of the same dates.
    """

    churned: Array
    probability: Array
    customers: Array
    as_of: Array | None = None
    days_after_training: Array | None = None

    def subset(self, rows: NDArray[np.bool_]) -> "Predictions":
        """Some of the rows."""
        return Predictions(*(None if values is None else values[rows] for values in vars(self).values()))  # type: ignore[arg-type]  # the last two may be None


def evaluate_segments(
    predictions: Predictions, segments: Mapping[str, Array], list_share: float, seed: int
) -> list[dict[str, Any]]:
    """Metrics of each segment that is large enough, attribute by attribute, the largest segments first.

    Args:
        segments: for each attribute, (rows,) the segment of each row as text; None: in no segment.

    Returns:
        For each: attribute, group, all of `compute_metrics`, predicted (mean probability), and intervals of
        `WITH_INTERVAL` (`gap`: mean probability minus share churned).
    """
    evaluated = []
    for attribute, names in segments.items():
        known = np.array([name is not None for name in names], dtype=bool)
        distinct, sizes = np.unique(names[known].astype(str), return_counts=True)
        for name in distinct[np.argsort(-sizes, kind="stable")][:MAX_SEGMENTS]:
            rows = predictions.subset(known & (names.astype(str) == name))
            churned = int(rows.churned.sum())
            smaller_class = min(churned, len(rows.churned) - churned)
            if len(rows.churned) >= MIN_ROWS and smaller_class >= MIN_ROWS_A_CLASS:
                metrics = evaluate_subset(rows, list_share, seed)
                evaluated.append({"attribute": attribute, "group": str(name), **metrics})
    return evaluated


def evaluate_dates(predictions: Predictions, part: str, list_share: float, seed: int) -> list[dict[str, Any]]:
    """Metrics of each as-of date, oldest first: as_of, part, days_after_training, and all of a segment."""
    if predictions.as_of is None:
        return []
    evaluated = []
    for day in np.unique(predictions.as_of):
        rows = predictions.subset(predictions.as_of == day)
        days = None if rows.days_after_training is None else int(rows.days_after_training[0])
        metrics = evaluate_subset(rows, list_share, seed)
        evaluated.append({"as_of": str(day), "part": part, "days_after_training": days, **metrics})
    return evaluated


def evaluate_subset(rows: Predictions, list_share: float, seed: int) -> dict[str, Any]:
    """Metrics of some rows, as JSON."""
    bootstrap = CustomerBootstrap(rows.customers, seed, REPLICATES)
    intervals = bootstrap.intervals(rows.churned, rows.probability, WEIGHTED, list_share)
    count = len(rows.churned)
    return {
        **{name: intervals[name].value for name in (*METRICS, *LIST_METRICS)},
        "rows": count,
        "churned": int(rows.churned.sum()),
        "base_rate": float(rows.churned.mean()) if count else None,
        "predicted": float(rows.probability.mean()) if count else None,
        "intervals": {name: dataclasses.asdict(intervals[name]) for name in WITH_INTERVAL},
    }


def flag_weak(segments: list[dict[str, Any]], auc: float | None) -> None:
    """Add `weak` to each segment: `auc` (ranks worse), `too_high` or `too_low` (probabilities).

    A segment ranks worse where its AUC is significantly below that of all rows, which is given. Its
    probabilities are too high where more was predicted than churned, significantly. The critical value is
    corrected for the number of segments (Bonferroni).
    """
    critical = float(norm.isf(FALSE_ALARM_RATE / 2 / max(1, 2 * len(segments))))
    for segment in segments:
        weak = ["auc"] if auc is not None and z_score(segment, "auc", auc) < -critical else []
        gap_score = z_score(segment, "gap", 0.0)
        if abs(gap_score) > critical:
            weak.append("too_high" if gap_score > 0 else "too_low")
        segment["weak"] = weak


def z_score(segment: Mapping[str, Any], metric: str, overall: float) -> float:
    """How many standard errors a segment's metric is above that of all rows; 0 without an interval."""
    interval = Interval(**segment["intervals"][metric])
    if interval.value is None or not interval.standard_error:
        return 0.0
    return (interval.value - overall) / interval.standard_error


def terciles(values: Array, unit: str) -> Array:
    """(rows,) `up to 90 days`, `90 to 400 days`, `above 400 days` of numbers; None: null, or all alike."""
    groups = np.full(len(values), None, dtype=object)
    finite = np.isfinite(values)
    if not finite.any():
        return groups
    low, high = (float(f"{edge:.2g}") for edge in np.quantile(values[finite], (1 / 3, 2 / 3)))
    if low >= high:
        return groups
    groups[finite] = f"{low:,.10g} to {high:,.10g} {unit}"
    groups[finite & (values <= low)] = f"up to {low:,.10g} {unit}"
    groups[finite & (values > high)] = f"above {high:,.10g} {unit}"
    return groups
