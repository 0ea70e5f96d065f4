"""What makes a customer's risk, step by step, from a customer of whom nothing is known."""

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

MOST = 6  # steps that are told one by one; what is left is one step more
DIGITS = 4  # of a probability: finer than any step that is told

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Waterfall:
    """Contributions of reasons to the calibrated log-odds of churn: start + sum = those of the probability.

    Attributes:
        customers: customer_id of each row.
        start: (rows,) of a customer of whom nothing is known.
        codes: reason codes in alphabetical order.
        added: (rows, codes); below 0 where a reason lowers the risk.
    """

    customers: tuple[str, ...]
    start: Floats
    codes: tuple[str, ...]
    added: Floats

    def to_table(self) -> pa.Table:
        """One row a customer, key customer_id: start, then a column for each reason code."""
        columns = {"customer_id": pa.array(self.customers, pa.string()), "start": self.start}
        return pa.table(columns | {code: self.added[:, place] for place, code in enumerate(self.codes)})

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

    Calibration is linear in the log-odds (Platt), so what adds up to the margin adds up to the calibrated
    log-odds when each contribution is taken times the slope, and the offset goes to the start.

    Args:
        attribution: which reason each value speaks for.
    """
    added = attribution.sum_by_reason(explanation.matrix, explanation.contributions)
    return Waterfall(
        tuple(customers),
        calibration.slope * explanation.contributions[:, -1] + calibration.offset,
        attribution.codes,
        calibration.slope * added,
    )


def moved_most(now: Waterfall, then: Waterfall, rose: pd.Series) -> pd.Series:
    """For each customer, the reason that moved the risk most since an earlier date.

    Args:
        now, then: by the same model, so that what differs is the customer.
        rose: customer_id → whether the risk rose (True) or fell (False).

    Returns:
        customer_id → reason code; null for customers who were not explained at both dates, and where no
        reason moved in that direction.
    """
    places = [{customer: row for row, customer in enumerate(one.customers)} for one in (now, then)]
    codes: dict[str, str] = {}
    for customer, up in zip(rose.index.astype("str"), rose, strict=True):
        if all(customer in rows for rows in places):
            here, before = (rows[customer] for rows in places)
            change = np.round(now.added[here] - then.added[before], 9) * (1 if up else -1)
            if change.max(initial=0.0) > 0:
                codes[customer] = now.codes[int(change.argmax())]
    return pd.Series(codes, dtype="object").reindex(rose.index)


def take_steps(waterfall: Waterfall, customers: pd.Series) -> list[list[float]]:
    """For each of the customers: start, then (place of the code, probability after it) in turn.

    The largest contributions come first, at most MOST of them. From the last one to the churn probability
    it is the step of all others. A step's percentage points depend on those before it, as a probability
    bends near 0 and 1; the order, by size, does not.

    Raises:
        KeyError: a customer is not in the waterfall: an error of the caller.
    """
    order = np.argsort(-np.abs(np.round(waterfall.added, 9)), axis=1, kind="stable")[:, :MOST]
    largest = np.take_along_axis(waterfall.added, order, axis=1)
    passed = waterfall.start[:, None] + np.cumsum(largest, axis=1)
    start = np.round(expit(waterfall.start), DIGITS)
    after = np.round(expit(passed), DIGITS)
    row_of = {customer: row for row, customer in enumerate(waterfall.customers)}
    told = []
    for customer in customers:
        row = row_of[customer]
        steps = [
            part
            for code, size, now in zip(order[row], largest[row], after[row], strict=True)
            if size != 0
            for part in (int(code), float(now))
        ]
        told.append([float(start[row]), *steps])
    return told
