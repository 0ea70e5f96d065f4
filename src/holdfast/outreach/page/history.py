"""The listed customers' churn probabilities at earlier dates."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# For each date, oldest first: the date, the model version, and a table of customer_id and churn_probability.
EarlierScores = Sequence[tuple[date, str, pd.DataFrame]]

MAX_DATES = 12
MIN_GAP = timedelta(days=6)  # skips nightly runs; keeps weekly runs, even if one was a day late


@dataclass(frozen=True)
class History:
    """Earlier churn probabilities.

    Attributes:
        dates: as-of dates before the list's, oldest first.
        same_model: for each date, whether the list's model scored.
        probabilities: (dates, customers) in [0, 1], customers in the list's order; NaN: not scored.
    """

    dates: tuple[date, ...]
    same_model: tuple[bool, ...]
    probabilities: NDArray[np.float64]


def choose_dates(dates: Iterable[date], as_of: date) -> list[date]:
    """The latest MAX_DATES dates before `as_of` that are MIN_GAP apart, oldest first."""
    chosen = [as_of]
    for day in sorted((day for day in dates if day < as_of), reverse=True):
        if chosen[-1] - day >= MIN_GAP and len(chosen) <= MAX_DATES:
            chosen.append(day)
    return chosen[:0:-1]


def recall(customers: pd.Series, scored: EarlierScores, model_version: str) -> History:
    """The history of the listed customers.

    Args:
        customers: customer_id, in the order of the list.
        model_version: the version of the list's model.
    """
    probabilities = [
        customers.map(table.set_index("customer_id")["churn_probability"]).to_numpy(dtype=np.float64)
        for _, _, table in scored
    ]
    return History(
        tuple(day for day, _, _ in scored),
        tuple(version == model_version for _, version, _ in scored),
        np.array(probabilities, dtype=np.float64).reshape(len(scored), len(customers)),
    )
