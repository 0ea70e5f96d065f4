"""What changed since the last published list: status of who is on it, and who left it and why."""

from datetime import date

import numpy as np
import pandas as pd

NOT_ELIGIBLE = "not_eligible"
RETURNED = "returned"
LEFT_COLUMNS = [
    "customer_id", "name", "owner", "previous_rank", "previous_probability", "churn_probability", "why",
]  # fmt: skip


def last_as_of(previous: pd.DataFrame | None) -> date | None:
    """The day of the previous list; None where there is none or nobody was on it."""
    if previous is None or previous.empty:
        return None
    return pd.Timestamp(previous["as_of"].iloc[0]).date()


def compare_with_last(
    listed: pd.DataFrame, previous: pd.DataFrame | None, *, status_change: float
) -> pd.DataFrame:
    """status_vs_last and previous_probability, one row a listed customer, aligned by index.

    `new`: not on the previous list (probability null); `worse`, `better`: on it, and the churn
    probability rose or fell by at least `status_change`; `still`: on it, about the same.
    """
    before = pd.Series(np.nan, index=listed.index, dtype="float64")
    if previous is not None and not previous.empty:
        known = previous.drop_duplicates("customer_id").set_index("customer_id")["churn_probability"]
        before = listed["customer_id"].map(known).astype("float64")
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
    """Who was on the previous list and is not on this one, in the order of the previous list.

    Args:
        customers: one row an eligible customer, with `decision` (`listed`, or why not).

    Returns:
        LEFT_COLUMNS, key customer_id. `why`: `not_eligible` (no longer among the customers of this
        as_of, so churn_probability is null), `returned` (bought since the previous list), or the
        exclusion's name. A rule that forbids the contact is named before a return.
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
