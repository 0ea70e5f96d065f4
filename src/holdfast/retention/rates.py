"""Counts and rates of customers: who was there at the start, came, came back, was lost and remained."""

import datetime as dt
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from holdfast.metrics.shares import wilson
from holdfast.retention.activity import Activity
from holdfast.retention.periods import Period
from holdfast.retention.segments import Groups, each_group

Flags = NDArray[np.bool_]

FORMULAS = {
    "end": "start + new + returned − lost",
    "retention_rate": "(end − new − returned) / start",
    "churn_rate": "lost / start",
    "end_to_start": "end / start",
    "voluntary_churn_rate": "(lost − involuntary) / start",
    "involuntary_churn_rate": "involuntary / start",
}


def with_rates(counts: pd.DataFrame) -> pd.DataFrame:
    """Counts with the rates of FORMULAS; null where nobody was there at the start.

    Args:
        counts: start, new, returned, lost, end; involuntary (null: the source has no payments).
    """
    start = counts["start"].where(counts["start"] > 0)
    rates = {
        "retention_rate": (counts["end"] - counts["new"] - counts["returned"]) / start,
        "churn_rate": counts["lost"] / start,
        "end_to_start": counts["end"] / start,
        "voluntary_churn_rate": (counts["lost"] - counts["involuntary"]) / start,
        "involuntary_churn_rate": counts["involuntary"] / start,
    }
    low, high = wilson(counts["lost"], counts["start"])
    return counts.assign(**rates, churn_low=low, churn_high=high)


def measure_rates(
    activity: Activity, periods: Sequence[Period], groups: Groups,
    failed: Flags | None, failed_from: dt.date,
) -> pd.DataFrame:  # fmt: skip
    """One row per attribute, group and period.

    Args:
        activity: at the start of each period, and at the end of the last.
        failed: (customers, periods) who was lost in the period because a payment failed; None: the source has
            no payments.
        failed_from: the first day of the payments; earlier losses have no known cause.

    Returns:
        attribute, group, period, start_on, end_on (the day after), start, new (first active in the period),
        returned (active before, but not at the start), lost (not active at the end), end, brief (active only
        within the period), involuntary, and the rates.
    """
    rows = [
        {"attribute": attribute, "group": group, **row}
        for attribute, group, member in each_group(groups, len(activity.customers))
        for row in count_flows(activity, periods, member, failed, failed_from)
    ]
    columns = [
        "attribute", "group", "period", "start_on", "end_on", "start", "new", "returned", "lost", "end",
        "brief", "involuntary",
    ]  # fmt: skip
    return with_rates(pd.DataFrame(rows, columns=columns).astype({"involuntary": "float64"}))


def count_flows(
    activity: Activity, periods: Sequence[Period], member: Flags, failed: Flags | None, failed_from: dt.date
) -> Iterator[dict[str, object]]:
    """The counts of one group in each period."""
    for place, period in enumerate(periods):
        before, after = activity.at[:, place] & member, activity.at[:, place + 1] & member
        begun = (activity.first >= np.datetime64(period.start)) & (activity.first < np.datetime64(period.end))
        by_payment = None
        if failed is not None and period.start >= failed_from:
            by_payment = int((before & ~after & failed[:, place]).sum())
        gained, lost = after & ~before, before & ~after
        yield {
            "period": period.label, "start_on": period.start, "end_on": period.end,
            "start": int(before.sum()), "new": int((gained & begun).sum()),
            "returned": int((gained & ~begun).sum()), "lost": int(lost.sum()), "end": int(after.sum()),
            "brief": int((begun & member & ~before & ~after).sum()), "involuntary": by_payment,
        }  # fmt: skip


def lost_customers(activity: Activity) -> pd.DataFrame:
    """One row per customer and period in which they were lost.

    Returns:
        customer and place (indices of customer and period), customer_id, lost_on (last day of the spell).
    """
    customer, place = np.nonzero(activity.at[:, :-1] & ~activity.at[:, 1:])
    lost_on = activity.until[customer, place].astype("datetime64[s]")
    return pd.DataFrame(
        {
            "customer": customer,
            "customer_id": activity.customers[customer],
            "place": place,
            "lost_on": lost_on,
        }
    )
