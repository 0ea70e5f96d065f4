"""The metrics of many bootstrap replicates, in compiled code.

A replicate weights each row by how often its customer was drawn. With weights of 1 the metrics equal those of
`classification.compute_metrics`. scikit-learn's metrics take weights too, but sort the rows again for every
replicate, which takes hundreds of times as long (docs/decisions/0020).
"""

from typing import Any, TypeAlias

import numba
import numpy as np
from numpy.typing import NDArray

from holdfast.metrics.classification import CALIBRATION_BINS, TOP_SHARE, quantile_bins, top_count

Floats: TypeAlias = NDArray[np.float64]
Counts: TypeAlias = NDArray[np.uint16]

WEIGHTED = (
    "auc", "average_precision", "log_loss", "brier", "ece", "gap",
    "top_decile_lift", "list_precision", "list_recall", "list_lift",
)  # fmt: skip
"""The metrics that are computed, in this order; `gap` is the mean probability minus the share churned."""


def weighted_metrics(
    churned: NDArray[Any], probability: NDArray[Any], customers: NDArray[np.int32], counts: Counts,
    list_share: float = TOP_SHARE,
) -> Floats:  # fmt: skip
    """(replicates, `WEIGHTED`) the metrics of each replicate; NaN where undefined.

    Args:
        customers: (rows,) the column of `counts` of each row's customer.
        counts: (replicates, customers) how often each customer was drawn.
    """
    order = np.argsort(-np.asarray(probability, dtype=np.float64), kind="stable")
    labels = np.asarray(churned)[order] > 0
    scores = np.asarray(probability, dtype=np.float64)[order]
    tie_ends = np.append(scores[1:] != scores[:-1], True)[: len(scores)]
    epsilon = np.finfo(np.float64).eps  # scikit-learn clips here as well, so that the loss stays finite
    log_losses = -np.log(np.clip(np.where(labels, scores, 1 - scores), epsilon, 1 - epsilon))
    totals = counts @ np.bincount(customers, minlength=counts.shape[1])
    sizes = [[top_count(total, share) for share in (TOP_SHARE, list_share)] for total in totals]
    return np.asarray(
        _weighted_metrics(
            counts, customers[order], labels, scores, tie_ends, log_losses,
            quantile_bins(scores, CALIBRATION_BINS), np.array(sizes, np.float64),
        )
    )  # fmt: skip


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _weighted_metrics(
    counts: Counts, customers: NDArray[np.int32], churned: NDArray[np.bool_], probability: Floats,
    tie_ends: NDArray[np.bool_], log_losses: Floats, bins: NDArray[np.intp], sizes: Floats,
) -> Floats:  # fmt: skip
    """One pass over the rows for each replicate, by falling probability. Undefined metrics are 0/0 = NaN.

    The order within a tie is random: each pair of a churned and a stayed row in it counts half in the AUC,
    and a list that ends within the tie gets an equal fraction of each row.
    """
    metrics = np.empty((len(counts), len(WEIGHTED)))
    excess, in_top = np.empty(CALIBRATION_BINS), np.empty(2)
    for replicate in range(len(counts)):
        rows = positives = tie_rows = tie_positives = area = precision = loss = square = 0.0
        excess[:], in_top[:] = 0.0, 0.0
        for row in range(len(customers)):
            weight = float(counts[replicate, customers[row]])
            error = probability[row] - churned[row]
            loss += weight * log_losses[row]
            square += weight * error * error
            excess[bins[row]] += weight * error
            tie_rows += weight
            if churned[row]:
                tie_positives += weight
            if not tie_ends[row] or tie_rows == 0:
                continue
            if tie_positives > 0:
                for top in range(2):
                    room = min(max(sizes[replicate, top] - rows, 0.0), tie_rows)
                    in_top[top] += tie_positives * room / tie_rows
                precision += tie_positives * (positives + tie_positives) / (rows + tie_rows)
            area += (tie_rows - tie_positives) * (positives + tie_positives / 2)
            rows += tie_rows
            positives += tie_positives
            tie_rows = tie_positives = 0.0
        churn_rate, shares = positives / rows, in_top / sizes[replicate]
        metrics[replicate] = (
            area / (positives * (rows - positives)), precision / positives, loss / rows, square / rows,
            np.abs(excess).sum() / rows, excess.sum() / rows, shares[0] / churn_rate,
            shares[1] if rows > 0 else np.nan, in_top[1] / positives, shares[1] / churn_rate,
        )  # fmt: skip
    return metrics
