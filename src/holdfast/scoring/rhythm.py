"""Purchase gaps of customers, their silence in multiples of the usual gap, and return rates by silence."""

import dataclasses
import datetime as dt
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
from ibis import Table
from numpy.typing import NDArray

from holdfast.features.extraction import Extraction
from holdfast.features.family import ALL, Family, Feature
from holdfast.features.measures import AGE, GAP, select
from holdfast.features.plan import plan_features
from holdfast.features.request import request_plan
from holdfast.snapshots.churn import Churn
from holdfast.streams.definitions import define
from holdfast.timeline.outcome import Outcome

purchases = select("purchase")
days = purchases.distinct("day")

RHYTHM = Family(
    name="rhythm",
    stream="transactions",
    reasons=(),
    features=(
        Feature("silence", purchases.min(AGE), "days", "since the last purchase", ALL),
        Feature("gap", days.mean(GAP), "days", "between days with a purchase", ALL),
        Feature("purchase_days", days.count(), "days", "with a purchase", ALL),
    ),
)
COLUMNS = {f"rhythm__{name}__all": name for name in ("silence", "gap", "purchase_days")}

MIN_PURCHASE_DAYS = 3  # two gaps; with fewer a customer has no rhythm
NO_RHYTHM_UNIT = 14.0  # days; replaces the usual gap of customers without a rhythm
GAP_EDGES = np.array([7.0, 14.0, 28.0, 56.0, 112.0])  # days; boundaries of the groups by usual gap
NO_RHYTHM = len(GAP_EDGES) + 1  # the last group: customers without a rhythm
GROUPS = NO_RHYTHM + 1
# The lower bounds of the bands of silence, in usual gaps.
MULTIPLES = np.array([0, 1, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 10, 12, 16, 24, 32], np.float64)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def rhythm_request(
    tables: Mapping[str, Table], dates: tuple[dt.date, ...], *, churn: Churn, outcome: Outcome,
    known_before: dt.date,
) -> Extraction:  # fmt: skip
    """The extraction of labels and rhythm alone, at some as-of dates."""
    defined = define({churn.stream: tables[churn.stream]}, ())
    plan = plan_features((RHYTHM,), {name: table.stream for name, table in defined.items()}, ())
    return request_plan(defined, plan, dates, churn=churn, outcome=outcome, known_before=known_before)


def read_rhythm(snapshots: pa.Table) -> pd.DataFrame:
    """The snapshots of `rhythm_request`: customer_id, as_of, churned, silence, gap, purchase_days."""
    frame: pd.DataFrame = snapshots.to_pandas()
    return frame.rename(columns=COLUMNS)


def usual_gaps(rows: pd.DataFrame) -> Floats:
    """(rows,) mean days between purchases; NO_RHYTHM_UNIT for customers without a rhythm."""
    gap = rows["gap"].to_numpy(np.float64)
    return np.where(has_rhythm(rows), np.maximum(gap, 1.0), NO_RHYTHM_UNIT)


def groups(rows: pd.DataFrame) -> Ints:
    """(rows,) the group of customers who buy about as often."""
    band = np.searchsorted(GAP_EDGES, usual_gaps(rows), side="left")
    return np.where(has_rhythm(rows), band, NO_RHYTHM)


def has_rhythm(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """(rows,) whether the customer bought on enough days for a usual gap."""
    enough = rows["purchase_days"].to_numpy(np.float64) >= MIN_PURCHASE_DAYS
    return np.asarray(enough & np.isfinite(rows["gap"].to_numpy(np.float64)), np.bool_)


@dataclasses.dataclass(frozen=True)
class Returns:
    """Counts of returning customers by group and band of silence.

    Attributes:
        snapshots, returned: (groups, multiples) snapshots at earlier as-of dates, and how many of them bought
            in the outcome window.
        customers: (groups, multiples) distinct customers silent for at least so long at any date.
    """

    snapshots: Ints
    returned: Ints
    customers: Ints

    def __add__(self, other: "Returns") -> "Returns":
        """Add the counts of two disjoint sets of customers."""
        return Returns(
            self.snapshots + other.snapshots, self.returned + other.returned, self.customers + other.customers
        )

    @classmethod
    def none(cls) -> "Returns":
        """Zero counts."""
        return cls(*np.zeros((3, GROUPS, len(MULTIPLES)), np.int64))


def count_returns(rows: pd.DataFrame) -> Returns:
    """Count the snapshots with a known outcome.

    Args:
        rows: from `read_rhythm`, with all snapshots of each customer.
    """
    labelled = rows[rows["churned"].notna()]
    shape = (GROUPS, len(MULTIPLES))
    group, silence = groups(labelled), labelled["silence"].to_numpy(np.float64)
    band = np.searchsorted(MULTIPLES, silence / usual_gaps(labelled), side="right") - 1
    cell = np.ravel_multi_index((group, band), shape)
    returned = 1.0 - labelled["churned"].to_numpy(np.float64)
    longest = pd.Series(band).groupby([labelled["customer_id"].to_numpy(), group]).max()
    cells = np.ravel_multi_index((longest.index.get_level_values(1).to_numpy(), longest.to_numpy()), shape)
    customers = np.bincount(cells, minlength=GROUPS * len(MULTIPLES)).reshape(shape)
    return Returns(
        np.bincount(cell, minlength=customers.size).reshape(shape),
        np.bincount(cell, returned, minlength=customers.size).reshape(shape).round().astype(np.int64),
        customers[:, ::-1].cumsum(axis=1)[:, ::-1],
    )
