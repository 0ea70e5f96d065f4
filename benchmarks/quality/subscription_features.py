"""Features of subscriptions, payments and usage, written by hand in plain pandas.

None of Holdfast's features code is used. Each function takes the rows of a table that were known before a
day, with their age in days, and returns a row for each customer of the table.
"""

import pandas as pd

DAY = 24 * 3600.0  # seconds
PAYMENT_WINDOWS, FAILURE_WINDOWS, USE_WINDOWS = (60, 180), (30, 90, 180), (7, 14, 30, 60, 90, 180)
USE_RATIOS = ((7, 30), (14, 60), (30, 90), (60, 180))


def subscriptions(versions: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Tenure, price and its changes, plan versions, notices and ends before, and days to the renewal.

    Args:
        versions: a row a version of a plan, known and begun before the day.
        day: the as-of date.
    """
    versions = versions.sort_values(["customer_id", "started_at"])
    by_customer = versions.groupby("customer_id")
    last, first = by_customer["monthly_value"].last(), by_customer["monthly_value"].first()
    table = pd.DataFrame({
        "tenure": by_customer["age"].max(), "version_days": by_customer["age"].min(),
        "versions": by_customer.size(), "price": last, "price_change": last / first.clip(lower=0.01),
    })  # fmt: skip
    for name, time in (("notices", "cancelled_at"), ("ends", "ended_at")):
        if time in versions:
            table[name] = (versions[time] < day).groupby(versions["customer_id"]).sum()
    if "renews_at" in versions:
        table["days_to_renewal"] = (by_customer["renews_at"].last() - day).dt.total_seconds() / DAY
    return table


def payments(attempts: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Payments and failures by window, days since the last of each, the usual gap, and what is due.

    Args:
        attempts: a row an attempt to charge.
        day: the as-of date.
    """
    attempts = attempts[attempts["status"].isin(["succeeded", "failed"])]
    attempts = attempts.sort_values(["customer_id", "attempted_at"])
    paid, failed = (attempts[attempts["status"] == status] for status in ("succeeded", "failed"))
    by_customer, payer = attempts.groupby("customer_id"), paid.groupby("customer_id")
    gap = (-payer["age"].diff()).groupby(paid["customer_id"]).mean()
    since_paid = payer["age"].min()
    last = by_customer.tail(1).set_index("customer_id")
    table = pd.DataFrame({
        "attempts": by_customer.size(), "since_attempt": by_customer["age"].min(), "since_paid": since_paid,
        "payment_gap": gap, "until_due": gap - since_paid, "paid": payer["amount"].sum(),
        "since_failure": failed.groupby("customer_id")["age"].min(),
        "failing": (last["status"] == "failed").astype(float),
    })  # fmt: skip
    if "next_attempt_at" in attempts:
        table["next_attempt"] = (last["next_attempt_at"] - day).dt.total_seconds() / DAY
    table["failures"] = failed.groupby("customer_id").size()
    for days in PAYMENT_WINDOWS:
        table[f"payments_{days}"] = counted(paid, days)
    for days in FAILURE_WINDOWS:
        table[f"failures_{days}"] = counted(failed, days)
    numbers = table.columns[table.columns.str.startswith(("payments_", "failures"))]
    table[numbers] = table[numbers].fillna(0)
    return table


def usage(used: pd.DataFrame) -> pd.DataFrame:
    """Uses by window and their ratios, the gap since the last one and the usual gap.

    Args:
        used: a row a use.
    """
    by_customer = used.groupby("customer_id")
    table = pd.DataFrame({
        "uses": by_customer.size(), "since_use": by_customer["age"].min(),
        "used_for": by_customer["age"].max(),
    })  # fmt: skip
    for days in USE_WINDOWS:
        table[f"uses_{days}"] = counted(used, days)
    table = table.fillna(0)
    for short, long in USE_RATIOS:
        table[f"uses_{short}_of_{long}"] = table[f"uses_{short}"] / (table[f"uses_{long}"] + 1)
    table["use_pace"] = table["uses_30"] * table["used_for"].clip(lower=30) / 30 / table["uses"]
    table["use_overdue"] = table["since_use"] / (table["used_for"] / table["uses"] + 1)
    return table


def counted(rows: pd.DataFrame, days: int) -> pd.Series:
    """How many rows of each customer are at most so many days old; customers without any are left out."""
    counts: pd.Series = rows[rows["age"] <= days].groupby("customer_id").size()
    return counts
