"""Every figure of weighted rows in one compiled pass: what a bootstrap of many replicates needs.

A replicate weighs each row by how often its customer was drawn. With weights of 1 the figures equal those
of `metrics.grade_predictions`; what weights cannot define is NaN.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numba
import numpy as np
from numpy.typing import NDArray

from holdfast.evaluation.metrics import CALIBRATION_BINS, TOP_SHARE, equal_count_bins, room

Floats: TypeAlias = NDArray[np.float64]
Weights: TypeAlias = NDArray[np.float32]  # whole numbers; small types, for a pass waits for memory

WEIGHTED = (
    "auc", "average_precision", "log_loss", "brier", "ece", "gap",
    "top_decile_lift", "list_precision", "list_recall", "list_lift",
)  # fmt: skip
"""The figures of `figures`, in their order; `gap` is the mean probability minus the share that churned."""


@dataclass(frozen=True)
class Ranked:
    """Rows by falling probability, with all that does not change between replicates.

    Attributes:
        order: the places of the rows.
        churned, probability: (rows,) in that order.
        last: whether a run of equal probabilities ends here.
        surprise: the log loss of each row, nats.
        bins: of calibration, those of all rows: not made again for each draw.
        list_share: of the rows that a list has room for.
    """

    order: NDArray[np.int32]
    churned: NDArray[np.uint8]
    probability: Floats
    last: NDArray[np.bool_]
    surprise: Floats
    bins: NDArray[np.uint8]
    list_share: float

    def figures(self, weights: Weights) -> Floats:
        """`WEIGHTED` of the rows with these weights, given in the order in which the rows came."""
        weights = weights[self.order]
        total = float(weights.sum(dtype=np.float64))
        tops = np.array([room(total, TOP_SHARE), room(total, self.list_share)], dtype=np.float64)
        found = np.full(len(WEIGHTED), np.nan)
        if total > 0:
            tally(
                weights, self.churned, self.probability, self.last, self.surprise, self.bins,
                np.zeros(CALIBRATION_BINS), tops, np.zeros(2), found,
            )  # fmt: skip
        return found


def rank(churned: NDArray[Any], probability: NDArray[Any], list_share: float) -> Ranked:
    """Sort the rows once."""
    order = np.argsort(-np.asarray(probability, dtype=np.float64), kind="stable")
    labels = np.asarray(churned, dtype=np.float64)[order]
    scores = np.asarray(probability, dtype=np.float64)[order]
    epsilon = np.finfo(np.float64).eps  # as scikit-learn clips, so that a sure miss stays finite
    likelihood = np.where(labels == 1, scores, 1 - scores)
    return Ranked(
        order=order.astype(np.int32),
        churned=labels.astype(np.uint8),
        probability=scores,
        last=np.append(scores[1:] != scores[:-1], True)[: len(scores)],
        surprise=-np.log(np.clip(likelihood, epsilon, 1 - epsilon)),
        bins=equal_count_bins(scores, CALIBRATION_BINS).astype(np.uint8),
        list_share=list_share,
    )


@numba.njit(cache=True, nogil=True)
def tally(
    weights: Weights, churned: NDArray[np.uint8], probability: Floats, last: NDArray[np.bool_],
    surprise: Floats, bins: NDArray[np.uint8], excess: Floats, tops: Floats, held: Floats, found: Floats,
) -> None:  # fmt: skip
    """Walk the rows from the top and write the figures into `found`; the weights do not sum to 0.

    Within a run of ties chance decides: its leavers count half against its stayers, and a list that ends in
    it holds an equal share of each. `excess` (bins) and `held` (leavers in each of `tops`) begin with 0.
    """
    left, rows, run_left, run_rows, area, precision, loss, square = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for row in range(len(weights)):
        weight = np.float64(weights[row])
        if weight > 0:
            error = probability[row] - churned[row]
            run_left += weight * churned[row]
            run_rows += weight
            loss += weight * surprise[row]
            square += weight * error * error
            excess[bins[row]] += weight * error
        if last[row] and run_rows > 0:
            area += (run_rows - run_left) * (left + run_left / 2)
            if run_left > 0:  # divisions are slow: only where something is found
                for place in range(len(tops)):
                    if rows + run_rows <= tops[place]:
                        held[place] += run_left
                    elif rows < tops[place]:
                        held[place] += run_left * (tops[place] - rows) / run_rows
                precision += run_left * (left + run_left) / (rows + run_rows)
            left += run_left
            rows += run_rows
            run_left, run_rows = 0.0, 0.0
    found[2], found[3] = loss / rows, square / rows
    found[4], found[5] = np.abs(excess).sum() / rows, excess.sum() / rows
    found[7] = held[1] / tops[1]
    if left > 0:
        found[1] = precision / left
        found[6] = held[0] / tops[0] / (left / rows)
        found[8] = held[1] / left
        found[9] = held[1] / tops[1] / (left / rows)
        if rows > left:
            found[0] = area / left / (rows - left)
