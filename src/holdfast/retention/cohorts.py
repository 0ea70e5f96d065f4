"""Cohorts by the month of the first purchase (or subscription), and curves of how long customers stay."""

import datetime as dt
import warnings

import numpy as np
import pandas as pd
from ibis import Table
from numpy.typing import NDArray

from holdfast.metrics.shares import wilson
from holdfast.retention.activity import Activity
from holdfast.retention.segments import Groups, each_group
from holdfast.timeline.span import midnight

CURVE_DAYS = 10  # a curve is given at multiples of so many days
MAX_CURVE_DAYS = 3 * 365


def buying_months(transactions: Table, day: dt.date) -> pd.DataFrame:
    """customer_id and month (first day) of each month with a purchase, known and occurred before `day`."""
    table = transactions.filter(
        transactions.amount > 0,
        transactions.known_at < midnight(day),
        transactions.occurred_at < midnight(day),
    )
    result: pd.DataFrame = (
        table.select("customer_id", month=table.occurred_at.truncate("M")).distinct().to_pandas()
    )
    return result.assign(month=result["month"].astype("datetime64[s]"))


def running_months(spells: pd.DataFrame, day: dt.date) -> pd.DataFrame:
    """customer_id and month (first day) of each month at whose end the customer was active, and of the first.

    The month of the first spell counts, even if it ended within it.
    """
    first = spells.groupby("customer_id")["since"].min().dt.to_period("M").dt.to_timestamp()
    parts = [first.rename("month").reset_index()]
    for month in pd.period_range(first.min(), pd.Timestamp(day), freq="M") if len(first) else ():
        end = (month + 1).start_time
        running = spells[(spells["since"] < end) & (spells["until"] >= end)]
        parts.append(running[["customer_id"]].drop_duplicates().assign(month=month.start_time))
    months = pd.concat(parts, ignore_index=True).drop_duplicates()
    result: pd.DataFrame = months.assign(month=months["month"].astype("datetime64[s]"))
    return result


def follow_cohorts(
    months: pd.DataFrame, last: dt.date, *, first: dt.date, known_from: dt.date, at_most: int
) -> pd.DataFrame:
    """One row per cohort and month since: how many of the cohort bought (or subscribed) in that month.

    Args:
        months: customer_id and month, key both.
        last: the first day that is not known completely; only complete months count.
        first: the first day of the log.
        known_from: customers who first bought before it may have bought before the log began.
        at_most: the last so many cohorts, each followed for so many months.

    Returns:
        cohort (YYYY-MM), customers, month (1: the month after the first), active, share, low, high, and
        certain (false: older customers may be among them).
    """
    columns = ["cohort", "customers", "month", "active", "share", "low", "high", "certain"]
    number = months["month"].dt.year * 12 + months["month"].dt.month - 1
    begun = number.groupby(months["customer_id"]).transform("min")
    complete = last.year * 12 + last.month - 1  # the month of `last` is not complete
    table = pd.DataFrame({"cohort": begun, "month": number - begun})
    table = table[(begun < complete) & (number < complete)]
    active = table.groupby(["cohort", "month"]).size().unstack(fill_value=0)
    rows = [
        {
            "cohort": f"{cohort // 12:04d}-{cohort % 12 + 1:02d}",
            "customers": int(counts[0]),
            "month": month,
            "active": int(counts.get(month, 0)),
            "certain": dt.date(cohort // 12, cohort % 12 + 1, 1) >= known_from or known_from <= first,
        }
        for cohort, counts in active.iloc[-at_most:].iterrows()
        for month in range(1, min(at_most, complete - 1 - int(cohort)) + 1)
    ]
    result = pd.DataFrame(rows, columns=[name for name in columns if name not in ("share", "low", "high")])
    low, high = wilson(result["active"], result["customers"])
    return result.assign(share=result["active"] / result["customers"], low=low, high=high)[columns]


def cohorts_by_group(
    months: pd.DataFrame, last: dt.date, customers: pd.Index, groups: Groups, *, first: dt.date,
    known_from: dt.date, at_most: int,
) -> pd.DataFrame:  # fmt: skip
    """The cohorts of all customers and of each group (see `follow_cohorts`), with attribute and group."""
    parts = []
    for attribute, group, member in each_group(groups, len(customers)):
        rows = months[months["customer_id"].isin(customers[member])]
        result = follow_cohorts(rows, last, first=first, known_from=known_from, at_most=at_most)
        result.insert(0, "attribute", attribute)
        result.insert(1, "group", group)
        parts.append(result)
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def survival_curves(
    activity: Activity, spells: pd.DataFrame, groups: Groups, last: dt.date, *, known_from: dt.date,
    min_customers: int,
) -> pd.DataFrame:  # fmt: skip
    """The Kaplan-Meier estimate of the share not yet lost, by days since the first purchase or subscription.

    Customers who are active at `last` are censored there. Customers who first bought before `known_from` may
    have bought before the log began, and are left out, and so are groups of fewer than `min_customers`.

    Returns:
        attribute, group, customers, lost, and see `kaplan_meier`.
    """
    first_spell = spells.drop_duplicates("customer_id").set_index("customer_id").reindex(activity.customers)
    since = first_spell["since"].to_numpy("datetime64[D]")
    until = first_spell["until"].to_numpy("datetime64[D]")
    end = np.datetime64(last)
    known = (since >= np.datetime64(known_from)) & (since < end)
    lost = until < end
    days = (np.where(lost, until, end) - since).astype(float)
    parts = []
    for attribute, group, member in each_group(groups, len(known)):
        rows = member & known
        if rows.sum() >= min_customers:
            curve, sizes = (
                kaplan_meier(days[rows], lost[rows]),
                {"customers": rows.sum(), "lost": lost[rows].sum()},
            )
            parts.append(curve.assign(attribute=attribute, group=group, **sizes))
    columns = ["attribute", "group", "customers", "lost", "days", "share", "low", "high", "median_days"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def kaplan_meier(days: NDArray[np.float64], lost: NDArray[np.bool_]) -> pd.DataFrame:
    """The survival curve of one group.

    Args:
        days: (customers,) until they were lost, or until they were last seen active.
        lost: (customers,) whether they were lost.

    Returns:
        days (multiples of CURVE_DAYS, while 10 customers are observed), share, low, high (95%, log-log) and
        median_days (null: fewer than half were lost).
    """
    from scipy.stats import CensoredData, ecdf  # takes a second to import

    curve = ecdf(CensoredData(uncensored=days[lost], right=days[~lost])).sf
    observed = np.sort(days)[-min(10, len(days))]
    grid = np.arange(0, min(observed, MAX_CURVE_DAYS) + 1, CURVE_DAYS)
    with warnings.catch_warnings():  # where nobody, or everybody, was lost, there is no interval
        warnings.simplefilter("ignore", RuntimeWarning)
        interval = curve.confidence_interval(0.95, method="log-log")
    share = curve.evaluate(grid)
    low, high = (each.evaluate(grid) for each in (interval.low, interval.high))
    gone = curve.quantiles[curve.probabilities <= 0.5]
    return pd.DataFrame(
        {
            "days": grid.astype(int),
            "share": share,
            "low": np.where(np.isfinite(low), low, share),
            "high": np.where(np.isfinite(high), high, share),
            "median_days": float(gone[0]) if len(gone) else np.nan,
        }
    )
