"""Customer lifetime value: by the formula of the list, and by BG/NBD with gamma-gamma for purchases."""

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from ibis import Table

from holdfast.model.bg_nbd import Floats, fit_bg_nbd
from holdfast.model.gamma_gamma import fit_gamma_gamma
from holdfast.outreach.value import customer_value
from holdfast.scoring.profile import people, spend_per_day
from holdfast.scoring.subscriptions import plan_versions

YEAR = 365
MIN_REPEAT = 100  # customers with a repeat purchase that a fit needs
CORRELATION = 0.3  # from which on the gamma-gamma model's assumption is doubtful
FORMULAS = {
    "order_value": "money of purchases / orders",
    "orders_a_year": "orders / days since the first purchase × 365",
    "lifetime_value": "margin × spend a day × value_days, or the customers' column value",
    "expected_value": "margin × expected purchase days × expected money a purchase day, over value_days",
}


def lifetime_values(
    tables: Mapping[str, Table], purchases: pd.DataFrame, active: pd.Index, day: dt.date, *, margin: float,
    value_days: float, least_days: int,
) -> pd.Series:  # fmt: skip
    """The value of each active customer in money, by the formula of the at-risk list; index customer_id."""
    frame = purchases.reindex(active)[["first_at", "spent", "refunded"]]
    frame["tenure_days"] = (pd.Timestamp(day) - pd.to_datetime(frame["first_at"])).dt.total_seconds() / 86_400
    frame["monthly_value"] = np.nan
    if "subscriptions" in tables:
        versions = plan_versions(tables["subscriptions"], day)
        running = versions.filter(versions.until >= pd.Timestamp(day))
        monthly = running.group_by("customer_id").aggregate(money=running.monthly_value.sum()).to_pandas()
        frame["monthly_value"] = monthly.set_index("customer_id")["money"].reindex(active)
    stated = people(tables, day)
    known = None
    if stated is not None and "value" in stated.columns:
        known = stated.drop_duplicates("customer_id").set_index("customer_id")["value"].reindex(active)
    spend = spend_per_day(frame, least_days)
    unknown = pd.Series(np.nan, index=active)
    return customer_value(spend, unknown, margin=margin, value_days=value_days, stated=known)


def summarize_value(purchases: pd.DataFrame, values: pd.Series, day: dt.date) -> dict[str, Any]:
    """Order value, frequency and lifetime value of the active customers, in money.

    Returns:
        customers, order_value, orders_a_year (null: no purchases), lifetime_value (mean), lifetime_median,
        lifetime_sum, and share_of_top_fifth: of the value, that of the 20% worth most.
    """
    bought = purchases[purchases.index.isin(values.index)]
    days = (pd.Timestamp(day) - bought["first_at"]).dt.total_seconds().sum() / 86_400
    top = values.nlargest(int(np.ceil(len(values) / 5))).sum()
    total = float(values.sum())
    return {
        "customers": len(values),
        "order_value": float(bought["spent"].sum() / bought["orders"].sum()) if len(bought) else None,
        "orders_a_year": float(bought["orders"].sum() / days * YEAR) if days > 0 else None,
        "lifetime_value": float(values.mean()) if len(values) else None,
        "lifetime_median": float(values.median()) if len(values) else None,
        "lifetime_sum": total,
        "share_of_top_fifth": float(top / total) if total else None,
    }


def check_forecast(
    past: pd.DataFrame, purchases: pd.DataFrame, before: dt.date, day: dt.date
) -> dict[str, Any] | None:
    """A forecast made at an earlier date, beside what happened since; None: too few customers had come back.

    Args:
        past, purchases: as known at `before` and at `day` (see `purchases_at`).

    Returns:
        as_of (the earlier date), expected and observed (purchase days until `day` of those who had bought by
        then).
    """
    frequency, recency, age = as_in_papers(past, before)
    if (frequency > 0).sum() < MIN_REPEAT:
        return None
    expected = fit_bg_nbd(frequency, recency, age).predict(frequency, recency, age, (day - before).days)
    later = purchases["buying_days"].reindex(past.index).fillna(0) - past["buying_days"]
    return {
        "as_of": str(before),
        "expected": float(expected.sum()),
        "observed": int(later.clip(lower=0).sum()),
    }


def as_in_papers(purchases: pd.DataFrame, day: dt.date) -> tuple[Floats, Floats, Floats]:
    """frequency, recency and age (T) of each customer in days; the purchases of a day are one."""
    first = purchases["first_at"].dt.normalize()
    recency = (purchases["last_at"].dt.normalize() - first).dt.days
    age = (pd.Timestamp(day) - first).dt.days
    return (purchases["buying_days"] - 1).to_numpy(float), recency.to_numpy(float), age.to_numpy(float)


def forecast_purchases(
    purchases: pd.DataFrame, day: dt.date, *, margin: float, value_days: float
) -> dict[str, Any]:
    """BG/NBD with gamma-gamma: what all customers who ever bought are expected to buy in `value_days`.

    Returns:
        customers, repeat (with a repeat purchase), bg_nbd and gamma_gamma (the parameters), log_likelihood
        (of BG/NBD), purchases (expected), order_value (expected mean of a purchase day), value (margin ×
        purchases × value), share_buying_half (of the customers: the smallest group that is expected to make
        half of the purchases), correlation (of frequency and value among repeat customers) and doubtful (it
        is above CORRELATION). All but the first two are null with too few repeat customers.
    """
    frequency, recency, age = as_in_papers(purchases, day)
    repeat = frequency > 0
    result: dict[str, Any] = {"customers": len(purchases), "repeat": int(repeat.sum())}
    if result["repeat"] < MIN_REPEAT:
        return result | dict.fromkeys(
            ("bg_nbd", "gamma_gamma", "log_likelihood", "purchases", "order_value", "value",
             "share_buying_half", "correlation", "doubtful")
        )  # fmt: skip
    model = fit_bg_nbd(frequency, recency, age)
    expected = model.predict(frequency, recency, age, value_days)
    money = np.divide(
        purchases["later_spent"].to_numpy(float), frequency, where=repeat, out=np.zeros(len(age))
    )
    values = fit_gamma_gamma(frequency[repeat], money[repeat])
    each = values.predict(frequency, money)
    correlation = float(np.corrcoef(frequency[repeat], money[repeat])[0, 1])
    ordered = np.cumsum(np.sort(expected)[::-1])
    half = int(np.searchsorted(ordered, ordered[-1] / 2)) + 1
    return result | {
        "bg_nbd": dataclasses.asdict(model),
        "gamma_gamma": dataclasses.asdict(values),
        "log_likelihood": float(model.log_likelihood(frequency, recency, age).sum()),
        "purchases": float(expected.sum()),
        "order_value": float((expected * each).sum() / expected.sum()),
        "value": margin * float((expected * each).sum()),
        "share_buying_half": half / len(expected),
        "correlation": correlation,
        "doubtful": abs(correlation) > CORRELATION,
    }
