"""Metrics of churn probabilities, beyond scikit-learn's: calibration error, gains, lift of a list.

All functions are pure and take arrays of the same length with one element a snapshot: `churned` is 0 or 1
(the caller drops null labels), `probability` lies in [0, 1]. An undefined metric, such as the AUC if nobody
churned, is None.
"""

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    confusion_matrix_at_thresholds,
    log_loss,
    roc_auc_score,
)

Metrics: TypeAlias = dict[str, float | int | None]
Gains: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64]]  # see `cumulative_gains`

METRICS = ("auc", "average_precision", "log_loss", "brier", "ece", "top_decile_lift")
"""Metrics of all rows."""

LIST_METRICS = ("list_precision", "list_recall", "list_lift")
"""Metrics of the rows on the list: those with the highest probabilities, up to a share of all rows."""

CALIBRATION_BINS = 15
TOP_SHARE = 0.1


def compute_metrics(
    churned: NDArray[Any], probability: NDArray[Any], list_share: float = TOP_SHARE
) -> Metrics:
    """All metrics of one set of predictions.

    Args:
        list_share: the capacity of the list as a share of the rows, above 0 and at most 1.

    Returns:
        METRICS and LIST_METRICS; rows, churned (a count) and base_rate (share churned). None where undefined:
        auc needs both classes; average_precision, lifts and recall need somebody who churned; all but the
        counts need a row.

    Raises:
        ValueError: the arrays differ in length, or a value lies outside the ranges above.
    """
    churned, probability = np.asarray(churned, np.float64), np.asarray(probability, np.float64)
    in_range = np.isin(churned, (0, 1)).all() and ((probability >= 0) & (probability <= 1)).all()
    if churned.ndim != 1 or churned.shape != probability.shape or not in_range:
        raise ValueError(
            f"expected one probability a label, labels of 0 or 1 (leave immature snapshots out) and "
            f"probabilities in [0, 1]; found shapes {churned.shape} and {probability.shape}"
        )
    rows, positives = len(churned), int(churned.sum())
    metrics: Metrics = dict.fromkeys((*METRICS, *LIST_METRICS))
    metrics |= {"rows": rows, "churned": positives, "base_rate": positives / rows if rows else None}
    if not rows:
        return metrics
    metrics["log_loss"] = float(log_loss(churned, probability, labels=[0, 1]))
    metrics["brier"] = float(brier_score_loss(churned, probability, pos_label=1))
    metrics["ece"] = calibration_error(churned, probability)
    listed = churned_in_top(cumulative_gains(churned, probability), list_share)
    metrics["list_precision"] = listed / top_count(rows, list_share)
    if positives:
        metrics["average_precision"] = float(average_precision_score(churned, probability))
        metrics["top_decile_lift"] = lift_at(churned, probability, TOP_SHARE)
        metrics["list_recall"] = listed / positives
        metrics["list_lift"] = lift_at(churned, probability, list_share)
    if 0 < positives < rows:
        metrics["auc"] = float(roc_auc_score(churned, probability))
    return metrics


def calibration_error(
    churned: NDArray[Any], probability: NDArray[Any], bins: int = CALIBRATION_BINS
) -> float:
    """Expected calibration error (ECE) over bins of equal count (see `quantile_bins`).

    The mean, over all rows, of the absolute difference between the mean probability and the share churned of
    the row's bin: 0 is perfect, 1 the worst.
    """
    bin_of_row = quantile_bins(probability, bins)
    excess = np.bincount(bin_of_row, weights=probability - churned, minlength=bins)
    return float(np.abs(excess).sum() / len(churned))


def chance_calibration_error(probability: NDArray[Any], bins: int = CALIBRATION_BINS) -> float:
    """The `calibration_error` to expect by chance if every probability were right.

    A normal variable of standard deviation s is s·√(2/π) from its mean on average; in a bin of n rows, s of
    the share churned is √(Σ p(1 - p)) / n. Several rows of one customer make it larger still.
    """
    bin_of_row = quantile_bins(probability, bins)
    variance = np.bincount(bin_of_row, weights=probability * (1 - probability), minlength=bins)
    return float(np.sqrt(variance).sum() * math.sqrt(2 / math.pi) / len(probability))


def quantile_bins(values: NDArray[Any], bins: int) -> NDArray[np.intp]:
    """(rows,) the bin of each row, 0 (lowest values) to `bins` - 1, with equal counts as far as ties allow.

    Equal values share the bin of their mean rank, so the order of rows does not matter; a bin may be empty.
    """
    fraction = (rankdata(values) - 0.5) / max(len(values), 1)
    return np.asarray(np.minimum(np.floor(fraction * bins), bins - 1).astype(np.intp))


def lift_at(churned: NDArray[Any], probability: NDArray[Any], share: float = TOP_SHARE) -> float:
    """Churn rate of the `share` of the rows with the highest probabilities, divided by that of all rows."""
    in_top = churned_in_top(cumulative_gains(churned, probability), share)
    return float(in_top / top_count(len(churned), share) / churned.mean())


def churned_in_top(gains: Gains, share: float) -> float:
    """The number that churned among the `share` of the rows with the highest probabilities.

    Rows that tie at the cut-off count in part, all by the same fraction.
    """
    rows, churned = gains
    return float(np.interp(top_count(rows[-1], share), rows, churned))


def top_count(rows: float, share: float) -> int:
    """The number of rows in a share of them, rounded up, at least 1."""
    return max(1, math.ceil(rows * share - 1e-9))  # 0.1 × 30 is 3.0000000000000004


def cumulative_gains(churned: NDArray[Any], probability: NDArray[Any]) -> Gains:
    """The number that churned among the n rows with the highest probabilities, for each n without ties.

    Returns two arrays that both begin with 0: n at each distinct probability, from the highest on, and the
    churned among these n rows. Interpolate linearly between them: the order within a tie is random.
    """
    _, false_positives, _, true_positives, _ = confusion_matrix_at_thresholds(churned, probability)
    return np.append(0.0, false_positives + true_positives), np.append(0.0, true_positives)
