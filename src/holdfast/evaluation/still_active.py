"""Test metrics without lapsed customers, who are easy to rank and never listed."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.metrics.classification import compute_metrics
from holdfast.scoring.lapsed import find_limits
from holdfast.scoring.rhythm import count_returns
from holdfast.scoring.settings import LapsedSettings
from holdfast.timeline.outcome import Outcome

COLUMNS = {
    "recency__days__all": "silence",
    "gaps__mean__all": "gap",
    "recency__tenure__all": "tenure",
    "recency__share_active__all": "share_active",
}
SUBSCRIBED = "subscription__tenure__all"  # not null: a subscriber, who never counts as lapsed by silence

Flags = NDArray[np.bool_]


def mark_lapsed(
    rows: pa.Table, test: NDArray[np.intp], outcome: Outcome, settings: LapsedSettings
) -> Flags | None:
    """(test rows,) whether the customer had lapsed, by the limits known at the row's as-of date.

    Args:
        rows: all labelled snapshots with their features.
        test: indices of the test rows.

    Returns:
        None: the features are missing, or no earlier date has mature labels.
    """
    if not settings.use or not set(COLUMNS) <= set(rows.column_names):
        return None
    frame = rows.select(["customer_id", "as_of", "churned", *COLUMNS]).to_pandas().rename(columns=COLUMNS)
    frame["purchase_days"] = (frame["share_active"] * frame["tenure"]).round()
    subscribed = np.zeros(len(frame), bool)
    if SUBSCRIBED in rows.column_names:
        subscribed = pc.is_valid(rows[SUBSCRIBED]).to_numpy()
    lapsed, any_limit = np.zeros(len(frame), bool), False
    dates = frame["as_of"].unique()
    for day in frame["as_of"].iloc[test].unique():
        before = frame["as_of"].isin([date for date in dates if outcome.mature_at(date) <= day])
        limits = find_limits(count_returns(frame[before & ~subscribed]), settings)
        today = (frame["as_of"] == day).to_numpy()
        lapsed[today] = frame.loc[today, "silence"].to_numpy(np.float64) >= limits.days(frame[today])
        any_limit |= bool(np.isfinite(limits.multiple).any())
    return (lapsed & ~subscribed)[test] if any_limit else None


def evaluate_active(
    churned: NDArray[Any], probability: NDArray[Any], lapsed: Flags | None, list_share: float
) -> dict[str, Any] | None:
    """The test metrics of customers who had not lapsed, and the number of lapsed rows; None: unknown."""
    if lapsed is None:
        return None
    metrics = compute_metrics(churned[~lapsed], probability[~lapsed], list_share)
    return {"lapsed": int(lapsed.sum()), **metrics}
