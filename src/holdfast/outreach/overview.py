"""The customer base at one as-of date in figures: at risk, by owner, segment and reason, and lost."""

import datetime as dt
from typing import Any

import pandas as pd

AT_RISK = 0.5  # the churn probability from which a customer counts as at risk
GROUPS = 12  # of one column; the others are added up
LOST_DAYS = 30
EXPLAINED = 1000  # customers at risk with a driver beside those of the list: 0.7 s of processor time


def most_at_risk(decisions: pd.DataFrame) -> list[str]:
    """The ids of customers at risk without a driver, those with the most value at risk, up to EXPLAINED."""
    rows = decisions[(decisions["churn_probability"] >= AT_RISK) & decisions["reason_1_code"].isna()]
    ordered = rows.sort_values(["value_at_risk", "customer_id"], ascending=[False, True])
    return ordered["customer_id"].head(EXPLAINED).to_list()


def summarise_base(
    decisions: pd.DataFrame, customers: pd.DataFrame, drivers: pd.DataFrame, leavers: pd.DataFrame | None,
    as_of: dt.date,
) -> dict[str, Any]:  # fmt: skip
    """All eligible customers in figures, not only the listed ones. No customer ids.

    Args:
        decisions: one row per eligible customer (see `outreach.columns.DECISION_COLUMNS`).
        drivers: customer_id and reason_1_code of `most_at_risk`.
        leavers: customer_id, left_on and value of recently churned customers; None: they were not looked up.

    Returns:
        active; at_risk and at_risk_value: customers with a churn probability of at least AT_RISK, and their
        value at risk; value_at_risk and expected_churn of all; groups (see `_by`); lost (see `_lost`).
    """
    rows = decisions.merge(customers[["customer_id", "owner", "segment"]], on="customer_id", how="left")
    rows = rows.assign(at_risk=rows["churn_probability"] >= AT_RISK, active=1)
    added = drivers.set_index("customer_id")["reason_1_code"]
    listed_for = rows["reason_1_code"].astype("object")
    driver = listed_for.where(listed_for.notna(), rows["customer_id"].map(added))
    rows["reason"] = driver.where((rows["decision"] == "listed") | rows["at_risk"])
    return {
        "active": len(rows),
        "at_risk": int(rows["at_risk"].sum()),
        "at_risk_value": float(rows.loc[rows["at_risk"], "value_at_risk"].sum()),
        "value_at_risk": float(rows["value_at_risk"].sum()),
        "expected_churn": float(rows["churn_probability"].sum()),
        "groups": {name: _by(rows, name) for name in ("owner", "segment", "reason")},
        "lost": None if leavers is None else _lost(leavers, as_of),
    }


def _by(rows: pd.DataFrame, column: str) -> dict[str, Any]:
    """The figures of the groups with the most value at risk, of all `others`, and of `unknown`."""
    names = rows[column].astype("object").where(rows[column].notna(), None)
    sums = rows[["active", "at_risk", "value_at_risk"]].groupby(names, dropna=False).sum()
    named = sums[sums.index.notna()].sort_values("value_at_risk", ascending=False, kind="stable")
    others, unknown = named.iloc[GROUPS:], sums[sums.index.isna()]
    return {
        "groups": [{"name": str(name), **_figures(row)} for name, row in named.head(GROUPS).iterrows()],
        "others": None if others.empty else {"name": len(others), **_figures(others.sum())},
        "unknown": None if unknown.empty else _figures(unknown.sum()),
    }


def _figures(row: pd.Series) -> dict[str, Any]:
    return {
        "active": int(row["active"]),
        "at_risk": int(row["at_risk"]),
        "value_at_risk": float(row["value_at_risk"]),
    }


def _lost(leavers: pd.DataFrame, as_of: dt.date) -> dict[str, Any]:
    """Customers who lapsed or left in the last LOST_DAYS days, and what they were worth."""
    since = as_of - dt.timedelta(days=LOST_DAYS)
    lost = leavers[pd.to_datetime(leavers["left_on"]) > pd.Timestamp(since)]
    return {"since": str(since), "customers": len(lost), "value": float(lost["value"].sum())}
