"""The figures that grade churn probabilities against what happened.

All functions are pure and take arrays of one length, one element a snapshot: `churned` is 0 or 1 (an
immature label has no place here), `probability` lies in [0, 1]. A figure that the rows cannot define,
such as the AUC of rows that all stayed, is None: neither an exception nor a number that looks real.
"""

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

Grades: TypeAlias = dict[str, float | int | None]
Gain: TypeAlias = tuple[NDArray[np.int64], NDArray[np.float64]]  # see `cumulative_gain`

METRICS = ("auc", "average_precision", "log_loss", "brier", "ece", "top_decile_lift")
"""Those of `grade_predictions` that judge the order or the size of the probabilities."""

LIST_METRICS = ("list_precision", "list_recall", "list_lift")
"""Those that judge the rows that a list has room for: the highest probabilities, up to a share of all."""

CALIBRATION_BINS = 15
TOP_SHARE = 0.1


def grade_predictions(
    churned: NDArray[Any], probability: NDArray[Any], list_share: float = TOP_SHARE
) -> Grades:
    """Every figure of one set of predictions.

    Args:
        list_share: the share of the rows that a list has room for, above 0 and at most 1.

    Returns:
        auc (area under the ROC curve), average_precision, log_loss (nats a row), brier (mean squared
        error), ece (see `calibration_error`), top_decile_lift (see `top_lift`), list_precision (share of the
        list that churned), list_recall (share of those who churned that the list holds), list_lift (as
        top_decile_lift, of the list), rows, churned (a count), base_rate (share churned). None where
        undefined: auc needs both classes, average_precision, lifts and recall need one who churned,
        everything but the counts needs a row.

    Raises:
        ValueError: the arrays differ in length, or a value lies outside the ranges above.
    """
    churned, probability = _checked(churned, probability)
    rows, leavers = len(churned), int(churned.sum())
    grades: Grades = dict.fromkeys((*METRICS, *LIST_METRICS))
    grades |= {"rows": rows, "churned": leavers, "base_rate": leavers / rows if rows else None}
    gain = cumulative_gain(churned, probability) if rows else None
    if gain is not None:
        grades["log_loss"] = float(log_loss(churned, probability, labels=[0, 1]))
        grades["brier"] = float(brier_score_loss(churned, probability, pos_label=1))
        grades["ece"] = calibration_error(churned, probability)
        grades["list_precision"] = found_on_top(gain, list_share) / room(rows, list_share)
    if gain is not None and leavers:
        grades["average_precision"] = float(average_precision_score(churned, probability))
        grades["top_decile_lift"] = lift_on_top(gain, TOP_SHARE, churned)
        grades["list_recall"] = found_on_top(gain, list_share) / leavers
        grades["list_lift"] = lift_on_top(gain, list_share, churned)
    if 0 < leavers < rows:
        grades["auc"] = float(roc_auc_score(churned, probability))
    return grades


def calibration_error(
    churned: NDArray[Any], probability: NDArray[Any], bins: int = CALIBRATION_BINS
) -> float:
    """The expected calibration error over bins of equal count (see `equal_count_bins`).

    The mean over all rows of the distance, in their bin, between the mean probability and the share
    that churned: 0 is perfect, 1 the worst.
    """
    bin_of_row = equal_count_bins(probability, bins)
    excess = np.bincount(bin_of_row, weights=probability - churned, minlength=bins)
    return float(np.abs(excess).sum() / len(churned))


def chance_error(probability: NDArray[Any], bins: int = CALIBRATION_BINS) -> float:
    """The `calibration_error` that probabilities without any fault would show on as many rows, by chance.

    The mean distance of a normal variable of deviation s from its mean is s·√(2/π); in a bin of n rows, s
    of the share is √(Σ p(1 - p)) / n. Rows of one customer at several dates make it larger still.
    """
    bin_of_row = equal_count_bins(probability, bins)
    variance = np.bincount(bin_of_row, weights=probability * (1 - probability), minlength=bins)
    return float(np.sqrt(variance).sum() * math.sqrt(2 / math.pi) / len(probability))


def equal_count_bins(values: NDArray[Any], bins: int) -> NDArray[np.intp]:
    """The bin of each row, 0 (lowest values) to `bins` - 1, with as many rows in each as ties allow.

    Equal values stay together, in the bin of the middle of their run, so that the order of the rows
    never matters; a bin may then be empty.
    """
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - counts / 2
    bin_of_value = np.floor(middle * bins / max(len(values), 1)).astype(np.intp)
    return np.minimum(bin_of_value, bins - 1)[inverse]


def top_lift(churned: NDArray[Any], probability: NDArray[Any], share: float = TOP_SHARE) -> float:
    """How many times more often those ranked highest churned than all did: 1 is no better than chance."""
    return lift_on_top(cumulative_gain(churned, probability), share, churned)


def lift_on_top(gain: Gain, share: float, churned: NDArray[Any]) -> float:
    """`top_lift` of rows that are sorted already."""
    return float(found_on_top(gain, share) / room(len(churned), share) / churned.mean())


def found_on_top(gain: Gain, share: float) -> float:
    """How many churned among the `share` of the rows (rounded up) with the highest probabilities.

    Of rows that tie at the border an equal share of each counts.
    """
    ends, ranked = gain
    return float(np.interp(room(int(ends[-1]), share), ends, ranked))


def room(rows: float, share: float) -> int:
    """So many rows a list of a share of them holds, at least 1."""
    return max(1, math.ceil(rows * share - 1e-9))  # 0.1 × 30 is 3.0000000000000004


def cumulative_gain(churned: NDArray[Any], probability: NDArray[Any]) -> Gain:
    """How many churned among the first n rows by falling probability.

    Returns two arrays that both begin with 0: the n at which a run of equal probabilities ends, and the
    count of churned until there. Between two points the curve is straight: within a tie, chance decides.
    """
    order = np.argsort(-probability, kind="stable")
    ranked = probability[order]
    last = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1)
    found = np.cumsum(churned[order], dtype=np.float64)
    return np.append(0, last + 1), np.append(0.0, found[last])


def _checked(
    churned: NDArray[Any], probability: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Both arrays with the types computed in, or ValueError."""
    labels = np.asarray(churned, dtype=np.float64)
    scores = np.asarray(probability, dtype=np.float64)
    if labels.ndim != 1 or labels.shape != scores.shape:
        raise ValueError(f"one probability a label: found shapes {labels.shape} and {scores.shape}")
    if not np.isin(labels, (0.0, 1.0)).all():
        raise ValueError("labels must be 0 or 1: leave immature snapshots out")
    if not ((scores >= 0) & (scores <= 1)).all():
        raise ValueError("probabilities must lie in [0, 1]")
    return labels.astype(np.int64), scores
