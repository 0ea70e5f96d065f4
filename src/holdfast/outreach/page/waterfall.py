"""The risk breakdown of a customer: a waterfall of reasons from the baseline to the churn probability."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit

from holdfast.explain.attribution import Attribution
from holdfast.explain.explanations import Explanation
from holdfast.model.calibration import Calibration

MAX_STEPS = 6  # single steps; all other reasons are one more step
DIGITS = 4  # of a probability

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Waterfall:
    """Contributions of reasons to the calibrated log-odds of churn: start + sum is the customer's log-odds.

    Attributes:
        customers: customer_id of each row.
        start: (rows,) the baseline log-odds.
        codes: reason codes in alphabetical order.
        added: (rows, codes); negative if a reason lowers the risk.
    """

    customers: tuple[str, ...]
    start: Floats
    codes: tuple[str, ...]
    added: Floats

    def to_table(self) -> pa.Table:
        """One row per customer, key customer_id: start, then a column for each reason code."""
        columns = {"customer_id": pa.array(self.customers, pa.string()), "start": self.start}
        return pa.table(columns | dict(zip(self.codes, self.added.T, strict=True)))

    @classmethod
    def from_table(cls, table: pa.Table) -> "Waterfall":
        """From `to_table`."""
        codes = table.column_names[2:]
        added = np.array([table[code].to_numpy() for code in codes]).T.reshape(table.num_rows, len(codes))
        return cls(tuple(table["customer_id"].to_pylist()), table["start"].to_numpy(), tuple(codes), added)


def build_waterfall(
    customers: Sequence[str], explanation: Explanation, attribution: Attribution, calibration: Calibration
) -> Waterfall:
    """The waterfall of explained customers.

    Platt calibration is linear in the log-odds. So contributions times the slope, plus the offset in the
    start, add up to the calibrated log-odds.
    """
    added = attribution.sum_by_reason(explanation.matrix, explanation.contributions)
    return Waterfall(
        tuple(customers),
        calibration.slope * explanation.contributions[:, -1] + calibration.offset,
        attribution.codes,
        calibration.slope * added,
    )


def take_steps(waterfall: Waterfall, customers: pd.Series) -> list[list[float]]:
    """For each customer a flat list: start, then pairs of code index and probability after the step.

    The MAX_STEPS largest contributions come first; the rest lead from the last pair to the final probability.
    The order depends only on the size of the contributions; the percentage points of a step also depend on
    the steps before it, because probability is not linear in the log-odds.
    """
    order = np.argsort(-np.abs(np.round(waterfall.added, 9)), axis=1, kind="stable")[:, :MAX_STEPS]
    largest = np.take_along_axis(waterfall.added, order, axis=1)
    start = np.round(expit(waterfall.start), DIGITS)
    after = np.round(expit(waterfall.start[:, None] + np.cumsum(largest, axis=1)), DIGITS)
    row_of = {customer: row for row, customer in enumerate(waterfall.customers)}
    lists = []
    for customer in customers:
        row = row_of[customer]
        steps = [
            part
            for code, size, probability in zip(order[row], largest[row], after[row], strict=True)
            if size != 0
            for part in (int(code), float(probability))
        ]
        lists.append([float(start[row]), *steps])
    return lists
