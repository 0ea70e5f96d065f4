"""Compare a list with the last one: the status of its customers, and the customers removed since."""

from datetime import date

import numpy as np
import pandas as pd

NOT_ELIGIBLE = "not_eligible"
RETURNED = "returned"
LEFT_COLUMNS = [
    "customer_id", "name", "owner", "previous_rank", "previous_probability", "churn_probability", "why",
]  # fmt: skip


def last_as_of(previous: pd.DataFrame | None) -> date | None:
    """The as-of date of the previous list; None if there is none or it is empty."""
    if previous is None or previous.empty:
        return None
    return pd.Timestamp(previous["as_of"].iloc[0]).date()


def compare_with_last(
    listed: pd.DataFrame, previous: pd.DataFrame | None, *, status_change: float
) -> pd.DataFrame:
    """status_vs_last and previous_probability of each listed customer, aligned by index.

    `new`: not on the previous list (probability null). `worse`, `better`: the churn probability rose or fell
    by at least `status_change`. `still`: it changed less.
    """
    before = pd.Series(np.nan, index=listed.index, dtype="float64")
    if previous is not None and not previous.empty:
        by_customer = previous.drop_duplicates("customer_id").set_index("customer_id")
        before = listed["customer_id"].map(by_customer["churn_probability"]).astype("float64")
    # 0.35 − 0.30 is a little less than 0.05 in binary digits.
    change = (listed["churn_probability"] - before).round(9)
    status = np.select(
        [before.isna(), change >= max(status_change, 1e-9), change <= -max(status_change, 1e-9)],
        ["new", "worse", "better"],
        "still",
    )
    return pd.DataFrame(
        {"status_vs_last": pd.Series(status, index=listed.index, dtype="str"), "previous_probability": before}
    )


def who_left(customers: pd.DataFrame, previous: pd.DataFrame | None, *, as_of: date) -> pd.DataFrame:
    """The customers removed since the previous list, in the order of that list: LEFT_COLUMNS.

    `why`: `not_eligible` (no longer eligible; churn_probability is null), `returned` (bought since the
    previous list), or the exclusion. An exclusion that forbids the contact takes precedence over a return.
    """
    last = last_as_of(previous)
    if previous is None or last is None:
        return _left_types(pd.DataFrame(columns=LEFT_COLUMNS))
    now = customers[["customer_id", "churn_probability", "decision", "days_since_last_purchase"]]
    left = previous[["rank", "customer_id", "name", "owner", "churn_probability"]].rename(
        columns={"rank": "previous_rank", "churn_probability": "previous_probability"}
    )
    left = left.merge(now, on="customer_id", how="left", validate="one_to_one")
    left = left[left["decision"].ne("listed") | left["decision"].isna()]
    bought = left["days_since_last_purchase"].le((as_of - last).days)
    by_money = left["decision"].isin(["better_left_alone", "not_worth_it", "over_capacity"])
    left["why"] = np.select(
        [left["decision"].isna(), bought & by_money], [NOT_ELIGIBLE, RETURNED], left["decision"].astype("str")
    )
    return _left_types(left.sort_values("previous_rank")[LEFT_COLUMNS].reset_index(drop=True))


def _left_types(left: pd.DataFrame) -> pd.DataFrame:
    text = dict.fromkeys(["customer_id", "name", "owner", "why"], "str")
    return left.astype({**text, "previous_rank": "int64"}).astype(
        dict.fromkeys(["previous_probability", "churn_probability"], "float64")
    )
