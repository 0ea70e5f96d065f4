"""Every figure of many replicates in one compiled pass over the rows: what a bootstrap needs.

A replicate weighs each row by how often its customer was drawn. With weights of 1 the figures equal those
of `metrics.grade_predictions`; what weights cannot define is NaN. The replicates lie side by side, so that a
row is fetched once for many, and the processor adds several at a time; each is summed in the order of the
rows.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numba
import numpy as np
from numpy.typing import NDArray

from holdfast.evaluation.metrics import CALIBRATION_BINS, TOP_SHARE, equal_count_bins, room

Floats: TypeAlias = NDArray[np.float64]
Draws: TypeAlias = NDArray[np.uint16]  # (customers, replicates) how often each was drawn

SIDE_BY_SIDE = 50  # replicates of one pass: their sums stay in the fastest memory

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

    def figures(self, customers: NDArray[np.int32], drawn: Draws, totals: Floats) -> Floats:
        """(replicates, `WEIGHTED`): the figures of each.

        Args:
            customers: (rows,) the place in `drawn` of each row's customer, in the order the rows came in.
            totals: (replicates,) the weight of all rows together.
        """
        tops = np.array([[room(total, share) for total in totals] for share in (TOP_SHARE, self.list_share)])
        found = np.full((len(WEIGHTED), drawn.shape[1]), np.nan)
        tally(
            drawn, customers[self.order], self.churned, self.probability, self.last, self.surprise,
            self.bins, tops.astype(np.float64), found,
        )  # fmt: skip
        return found.T


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


@numba.njit(cache=True, nogil=True, error_model="numpy")
def tally(  # noqa: PLR0912 — one pass: a function for each branch would be called for every row
    drawn: Draws, customers: NDArray[np.int32], churned: NDArray[np.uint8], probability: Floats,
    last: NDArray[np.bool_], surprise: Floats, bins: NDArray[np.uint8], tops: Floats, found: Floats,
) -> None:  # fmt: skip
    """Walk the rows from the top and write the figures into `found`: (figures, replicates), NaN at first.

    Within a run of ties chance decides: its leavers count half against its stayers, and a list that ends in
    it holds an equal share of each.
    """
    count = drawn.shape[1]
    left, rows, area, precision = np.zeros(count), np.zeros(count), np.zeros(count), np.zeros(count)
    loss, square, run_left, run_rows = np.zeros(count), np.zeros(count), np.zeros(count), np.zeros(count)
    excess, held = np.zeros((CALIBRATION_BINS, count)), np.zeros((2, count))
    filling, any_left = True, False  # a list has room yet; one who left is in the run
    for row in range(len(customers)):
        weights, surprised = drawn[customers[row]], surprise[row]
        error = probability[row] - churned[row]
        into = excess[bins[row]]
        for one in range(count):
            weight = np.float64(weights[one])
            run_rows[one] += weight
            loss[one] += weight * surprised
            square[one] += weight * error * error
            into[one] += weight * error
        if churned[row]:
            any_left = True
            for one in range(count):
                run_left[one] += weights[one]
        if not last[row]:
            continue
        if any_left:  # divisions are slow: only where something is found
            if filling:
                filling = fill(rows, run_left, run_rows, tops, held)
            for one in range(count):
                area[one] += (run_rows[one] - run_left[one]) * (left[one] + run_left[one] / 2)
                both = rows[one] + run_rows[one]
                precision[one] += run_left[one] * (left[one] + run_left[one]) / max(both, 1.0)
                left[one] += run_left[one]
                rows[one] = both
                run_left[one], run_rows[one] = 0.0, 0.0
            any_left = False
        else:
            for one in range(count):
                area[one] += run_rows[one] * left[one]
                rows[one] += run_rows[one]
                run_rows[one] = 0.0
    for one in range(count):
        if rows[one] > 0:
            everyone, leavers = rows[one], left[one]
            found[2, one], found[3, one] = loss[one] / everyone, square[one] / everyone
            found[4, one] = np.abs(excess[:, one]).sum() / everyone
            found[5, one] = excess[:, one].sum() / everyone
            found[7, one] = held[1, one] / tops[1, one]
            if leavers > 0:
                found[1, one] = precision[one] / leavers
                found[6, one] = held[0, one] / tops[0, one] / (leavers / everyone)
                found[8, one] = held[1, one] / leavers
                found[9, one] = held[1, one] / tops[1, one] / (leavers / everyone)
                if everyone > leavers:
                    found[0, one] = area[one] / leavers / (everyone - leavers)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def fill(rows: Floats, run_left: Floats, run_rows: Floats, tops: Floats, held: Floats) -> bool:
    """Add to each list those of a run that it has room for; whether any list has room yet."""
    filling = False
    for place in range(len(tops)):
        for one in range(len(rows)):
            if rows[one] < tops[place, one]:
                filling = True
                if run_left[one] > 0:
                    if rows[one] + run_rows[one] <= tops[place, one]:
                        held[place, one] += run_left[one]
                    else:
                        held[place, one] += run_left[one] * (tops[place, one] - rows[one]) / run_rows[one]
    return filling
