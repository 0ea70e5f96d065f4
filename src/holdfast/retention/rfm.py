"""RFM segments: customers by recency, frequency and monetary value, under the names that people know.

Recency and frequency are scored from 1 to 5 by fifths of the customers (Hughes, A. M. (1994), Strategic
Database Marketing); equal values have equal scores. The two scores choose one of the ten segments of the
common grid; money is shown beside it.
"""

import numpy as np
import pandas as pd

from holdfast.metrics.shares import wilson

GRID = {  # recency score → the segments of the frequency scores 1 to 5
    5: ("New customers", "Potential loyalists", "Potential loyalists", "Champions", "Champions"),
    4: ("Promising", "Potential loyalists", "Potential loyalists", "Loyal", "Loyal"),
    3: ("About to sleep", "About to sleep", "Need attention", "Loyal", "Loyal"),
    2: ("Hibernating", "Hibernating", "At risk", "At risk", "Cannot lose them"),
    1: ("Hibernating", "Hibernating", "At risk", "At risk", "Cannot lose them"),
}
SEGMENTS = (
    "Champions", "Loyal", "Potential loyalists", "New customers", "Promising", "Need attention",
    "About to sleep", "At risk", "Cannot lose them", "Hibernating",
)  # fmt: skip
GONE, NOT_YET = "no purchase in the window", "not a customer yet"


def score_fifths(values: pd.Series) -> pd.Series:
    """1 to 5: from the share of customers with a smaller value; equal values have equal scores."""
    smaller = values.rank(method="min") - 1
    scores: pd.Series = (5 * smaller // max(1, len(values)) + 1).astype("int64")
    return scores


def name_segments(purchases: pd.DataFrame) -> pd.Series:
    """The segment of each customer with a purchase in the window (see `purchases_at`)."""
    recent = purchases[purchases["recent_orders"] > 0]
    recency, frequency = score_fifths(recent["last_at"]), score_fifths(recent["recent_orders"])
    names = [GRID[r][f - 1] for r, f in zip(recency, frequency, strict=True)]
    return pd.Series(names, index=recent.index, dtype="object", name="segment")


def describe_segments(
    purchases: pd.DataFrame, value: pd.Series, earlier: pd.Series, churned: pd.Series, day: pd.Timestamp
) -> pd.DataFrame:
    """One row per segment in the order of SEGMENTS.

    Args:
        purchases: of today (see `purchases_at`).
        value: the customer lifetime value; index customer_id.
        earlier: the segments at the earlier date.
        churned: 0 or 1, of the customers eligible at the earlier date; index customer_id.

    Returns:
        segment, customers, share, days_since_last (median), orders (mean), spent and value (sums); and of the
        customers in the segment at the earlier date: followed, churned, churn_rate, low, high.
    """
    now = name_segments(purchases)
    rows = purchases.loc[now.index].assign(segment=now, value=value.reindex(now.index).fillna(0.0))
    rows["days"] = (day - rows["last_at"]).dt.total_seconds() / 86_400
    groups = rows.groupby("segment")
    result = pd.DataFrame(
        {
            "customers": groups.size(), "days_since_last": groups["days"].median(),
            "orders": groups["recent_orders"].mean(), "spent": groups["recent_spent"].sum(),
            "value": groups["value"].sum(),
        }
    ).reindex(SEGMENTS)  # fmt: skip
    result["share"] = result["customers"] / len(rows) if len(rows) else np.nan
    labels = churned.groupby(earlier.reindex(churned.index)).agg(["size", "sum"]).reindex(SEGMENTS).fillna(0)
    result["followed"], result["churned"] = labels["size"].astype(int), labels["sum"].astype(int)
    result["churn_rate"] = (result["churned"] / result["followed"]).where(result["followed"] > 0)
    result["low"], result["high"] = wilson(result["churned"], result["followed"])
    result["customers"] = result["customers"].fillna(0).astype(int)
    return result.rename_axis("segment").reset_index()


def count_moves(earlier: pd.Series, now: pd.Series, bought_before: pd.Index) -> pd.DataFrame:
    """from, to and customers of each pair of segments at two dates.

    A customer without a segment at the earlier date comes from NOT_YET, or from GONE if they are in
    `bought_before`; one without a segment now goes to GONE.
    """
    both = pd.DataFrame({"from": earlier, "to": now})
    before = both.index.isin(bought_before)
    both["from"] = both["from"].where(both["from"].notna(), np.where(before, GONE, NOT_YET))
    both["to"] = both["to"].fillna(GONE)
    moves = both.value_counts(["from", "to"]).rename("customers").reset_index()
    order = {name: place for place, name in enumerate((*SEGMENTS, GONE, NOT_YET))}
    return moves.sort_values(["from", "to"], key=lambda column: column.map(order), ignore_index=True)
