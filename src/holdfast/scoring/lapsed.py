"""Lapsed customers: silent for so long, relative to their purchase gaps, that hardly any of them return.

The limit is learned from earlier as-of dates with known outcomes, by groups of customers who buy about as
often. In each group it is the silence at which the return rate falls to `return_share` of the return rate of
customers who are not overdue. The limit is relative, because within a short horizon even an active customer
who buys every two months often buys nothing.
"""

import dataclasses
import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression

from holdfast.scoring.rhythm import (
    GAP_EDGES,
    GROUPS,
    MULTIPLES,
    NO_RHYTHM,
    NO_RHYTHM_UNIT,
    Returns,
    groups,
    usual_gaps,
)
from holdfast.scoring.settings import LapsedSettings

MIN_MULTIPLE = 2.0  # usual gaps: with a shorter silence nobody is lapsed

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class LapseLimits:
    """The silence from which customers count as lapsed, by purchase frequency.

    Attributes:
        multiple: (groups,) the limit in usual gaps; infinite: no limit.
        not_overdue: (groups,) the return rate of customers silent for less than one usual gap; NaN without
            data.
        returning: (groups, multiples) the return rate, non-increasing in silence; NaN without data.
        floor: (groups,) the return rate at the limit.
    """

    multiple: Floats
    not_overdue: Floats
    returning: Floats
    floor: Floats

    @classmethod
    def none(cls) -> "LapseLimits":
        """No limits: nobody is lapsed."""
        unknown = np.full((GROUPS, len(MULTIPLES)), np.nan)
        return cls(np.full(GROUPS, np.inf), unknown[:, 0].copy(), unknown, unknown[:, 1].copy())

    def days(self, rows: pd.DataFrame) -> Floats:
        """(rows,) the silence in days from which each customer is lapsed."""
        return self.multiple[groups(rows)] * usual_gaps(rows)

    def reach(self, rows: pd.DataFrame) -> Floats:
        """(rows,) how likely each can still be won back, from 1 (not overdue) to 0 (lapsed).

        It is the return rate at the customer's silence, rescaled so that customers who are not overdue get 1
        and customers at the limit get 0. It is 1 without a limit.
        """
        group, multiple = groups(rows), rows["silence"].to_numpy(np.float64) / usual_gaps(rows)
        middles = np.append((MULTIPLES[:-1] + MULTIPLES[1:]) / 2, MULTIPLES[-1] * 2)
        reach = np.ones(len(rows))
        for number in np.flatnonzero(np.isfinite(self.multiple)):
            index = group == number
            rate = np.interp(multiple[index], middles, self.returning[number])
            top, floor = self.not_overdue[number], self.floor[number]
            rescaled = np.clip((rate - floor) / (top - floor), 0.0, 1.0)
            reach[index] = np.where(multiple[index] < self.multiple[number], rescaled, 0.0)
        return reach

    def to_dict(self) -> dict[str, Any]:
        """The limits for JSON; null: unknown, or no limit."""
        return {field.name: as_json(getattr(self, field.name)) for field in dataclasses.fields(self)}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> "LapseLimits":
        """From `to_dict`."""
        arrays = {name: np.array(values, np.float64) for name, values in content.items()}
        arrays["multiple"] = np.where(np.isnan(arrays["multiple"]), np.inf, arrays["multiple"])
        return cls(**arrays)


def as_json(values: Floats) -> list[Any]:
    """Nested lists of numbers for JSON; null if not finite."""
    return [
        as_json(item) if np.ndim(item) else (float(item) if np.isfinite(item) else None) for item in values
    ]


def find_limits(returns: Returns, settings: LapsedSettings) -> LapseLimits:
    """The limit of each group; none if too few customers were silent for so long."""
    limits = LapseLimits.none()
    for group in range(GROUPS):
        counted = returns.snapshots[group] > 0
        if not counted[0]:
            continue
        snapshots = returns.snapshots[group][counted]
        falling = IsotonicRegression(increasing=False, out_of_bounds="clip")
        falling.fit(MULTIPLES[counted], returns.returned[group][counted] / snapshots, sample_weight=snapshots)
        share = falling.predict(MULTIPLES)
        floor = settings.return_share * share[0]
        beyond = counted & (share <= floor) & (MULTIPLES >= MIN_MULTIPLE)
        enough = returns.customers[group] >= settings.min_customers
        limits.not_overdue[group], limits.returning[group], limits.floor[group] = share[0], share, floor
        if beyond.any() and enough[beyond.argmax()]:
            limits.multiple[group] = MULTIPLES[beyond.argmax()]
    return limits


def lapsed_on(limits: LapseLimits, rows: pd.DataFrame, as_of: dt.date) -> pd.Series:
    """(rows,) the first midnight at which each customer was lapsed; null: not lapsed by `as_of`."""
    over = np.floor(rows["silence"].to_numpy(np.float64) - limits.days(rows))
    ago = pd.to_timedelta(pd.Series(np.where(over >= 0, over, np.nan), index=rows.index), unit="D")
    return pd.Timestamp(as_of) - ago


def describe_limits(limits: LapseLimits, returns: Returns) -> list[dict[str, Any]]:
    """One row per group with customers, for the manifest.

    buys_every_days: from, to (null: open, or no rhythm). customers: their number. limit: in usual gaps, or in
    days without a rhythm (null: none). came_back: the return rate beyond the limit. not_overdue: the return
    rate of customers who are not overdue.
    """
    edges = [None, *GAP_EDGES.tolist(), None]
    rows = []
    for group in np.flatnonzero(returns.customers[:, 0]):
        beyond = limits.multiple[group] <= MULTIPLES
        counted = returns.snapshots[group][beyond].sum()
        unit = NO_RHYTHM_UNIT if group == NO_RHYTHM else 1.0
        rows.append(
            {
                "buys_every_days": None if group == NO_RHYTHM else edges[group : group + 2],
                "customers": int(returns.customers[group, 0]),
                "limit": float(limits.multiple[group] * unit) if beyond.any() else None,
                "came_back": float(returns.returned[group][beyond].sum() / counted) if counted else None,
                "not_overdue": as_json(limits.not_overdue[group : group + 1])[0],
            }
        )
    return rows
