"""What was thought of the listed customers before: their churn probabilities on earlier dates."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

MOST = 12  # dates that a person takes in at a glance
APART = timedelta(days=6)  # nightly runs tell little anew; weekly ones, a day late now and then, do


@dataclass(frozen=True)
class History:
    """Earlier churn probabilities.

    Attributes:
        dates: as-of dates before the list's, oldest first.
        same_model: for each date, whether the model was the list's own.
        probabilities: (dates, customers) in [0, 1], the customers in the list's order; NaN: not scored then.
    """

    dates: tuple[date, ...]
    same_model: tuple[bool, ...]
    probabilities: NDArray[np.float64]


def choose_dates(dates: Iterable[date], as_of: date) -> list[date]:
    """The dates to show, oldest first: going back from `as_of`, at most MOST that lie APART."""
    chosen: list[date] = []
    newest = as_of
    for day in sorted((day for day in dates if day < as_of), reverse=True):
        if newest - day >= APART and len(chosen) < MOST:
            chosen.append(day)
            newest = day
    return chosen[::-1]


def recall(
    customers: pd.Series, scored: Sequence[tuple[date, str, pd.DataFrame]], model_version: str
) -> History:
    """The history of the listed customers.

    Args:
        customers: customer_id of the list, in its order.
        scored: for each date, oldest first: the date, the model's version, and a row a customer with
            customer_id and churn_probability.
        model_version: the list's.
    """
    known = [
        customers.map(table.set_index("customer_id")["churn_probability"]).to_numpy(dtype=np.float64)
        for _, _, table in scored
    ]
    return History(
        tuple(day for day, _, _ in scored),
        tuple(version == model_version for _, version, _ in scored),
        np.array(known, dtype=np.float64).reshape(len(scored), len(customers)),
    )
