"""Lapsed: silent for so long, against their own rhythm, that hardly anybody like them came back.

How long that is, the log itself says: at earlier as-of dates whose outcome is known, customers are compared
with others who buy about as often. Those who are not overdue come back with some share; the limit is where
the share of the silent falls to `return_share` of that, and stays below. A share of it and not a fixed one,
because within a short horizon even a busy customer who buys every two months often buys nothing.
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

SHORTEST = 2.0  # usual gaps: nobody is lapsed who is only a little late

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class LapseLimits:
    """From which silence on customers count as lapsed, by how often they buy.

    Attributes:
        multiple: (groups,) in usual gaps; infinite: nobody of the group.
        not_overdue: (groups,) the share that came back of those silent for less than one usual gap; NaN where
            nobody was counted.
        returning: (groups, multiples) the share that came back, which never rises with silence; NaN where
            nobody of the group was counted.
        floor: (groups,) the share at which the limit lies.
    """

    multiple: Floats
    not_overdue: Floats
    returning: Floats
    floor: Floats

    @classmethod
    def none(cls) -> "LapseLimits":
        """Nobody is lapsed."""
        unknown = np.full((GROUPS, len(MULTIPLES)), np.nan)
        return cls(np.full(GROUPS, np.inf), unknown[:, 0].copy(), unknown, unknown[:, 1].copy())

    def days(self, rows: pd.DataFrame) -> Floats:
        """(rows,) the silence in days from which on each is lapsed.

        Args:
            rows: gap and purchase_days of customers (see `rhythm.RHYTHM`).
        """
        return self.multiple[groups(rows)] * usual_gaps(rows)

    def reach(self, rows: pd.DataFrame) -> Floats:
        """(rows,) how far each can still be won, from 1 (not overdue) down to 0 (lapsed).

        It is the share that comes back of customers so silent, on the way from that of customers who are not
        overdue (1) to that at the limit (0). 1 where no limit is known.

        Args:
            rows: silence, gap and purchase_days of customers.
        """
        group, multiple = groups(rows), rows["silence"].to_numpy(np.float64) / usual_gaps(rows)
        middles = np.append((MULTIPLES[:-1] + MULTIPLES[1:]) / 2, MULTIPLES[-1] * 2)
        found = np.ones(len(rows))
        for number in np.flatnonzero(np.isfinite(self.multiple)):
            here = group == number
            share = np.interp(multiple[here], middles, self.returning[number])
            top, floor = self.not_overdue[number], self.floor[number]
            left = np.clip((share - floor) / (top - floor), 0.0, 1.0)
            found[here] = np.where(multiple[here] < self.multiple[number], left, 0.0)
        return found

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it; null: not known, or no limit."""
        return {
            field.name: as_json(getattr(self, field.name)) for field in dataclasses.fields(self)
        }  # fmt: skip

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> "LapseLimits":
        """From `to_dict`."""
        arrays = {name: np.array(values, np.float64) for name, values in content.items()}
        arrays["multiple"] = np.where(np.isnan(arrays["multiple"]), np.inf, arrays["multiple"])
        return cls(**arrays)


def as_json(values: Floats) -> list[Any]:
    """Numbers as JSON holds them; null where not finite."""
    return [
        as_json(one) if np.ndim(one) else (float(one) if np.isfinite(one) else None) for one in values
    ]  # fmt: skip


def find_limits(returns: Returns, settings: LapsedSettings) -> LapseLimits:
    """The limit of each group; none where too few customers were ever silent for so long."""
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
        beyond = counted & (share <= floor) & (MULTIPLES >= SHORTEST)
        enough = returns.customers[group] >= settings.min_customers
        limits.not_overdue[group], limits.returning[group], limits.floor[group] = share[0], share, floor
        if beyond.any() and enough[beyond.argmax()]:
            limits.multiple[group] = MULTIPLES[beyond.argmax()]
    return limits


def lapsed_on(limits: LapseLimits, rows: pd.DataFrame, as_of: dt.date) -> pd.Series:
    """(rows,) the first midnight at which each was lapsed, as a timestamp; null: not lapsed by `as_of`.

    Args:
        rows: silence, gap and purchase_days of customers at `as_of`.
    """
    over = np.floor(rows["silence"].to_numpy(np.float64) - limits.days(rows))
    ago = pd.to_timedelta(pd.Series(np.where(over >= 0, over, np.nan), index=rows.index), unit="D")
    return pd.Timestamp(as_of) - ago


def describe_limits(limits: LapseLimits, returns: Returns) -> list[dict[str, Any]]:
    """One row a group of customers that was counted, for people and for the manifest.

    buys_every_days (from, to; null: open, or no rhythm of their own), customers (counted), limit (in usual
    gaps; without a rhythm in days; null: none), came_back (the share of those beyond the limit), not_overdue
    (that of those who are not overdue).
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
