"""Lead time: how many lost customers were on an earlier list, and how long before their loss."""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

MIN_LOST = 20  # with fewer lost customers, shares say nothing
IN_TIME_DAYS = 30  # a list that names somebody later than this before the end hardly leaves time to act
LOOK_BACK_DAYS = 180  # an older list warned of something else


def measure_lead_time(lost: pd.DataFrame, decided: pd.DataFrame, first: dt.date) -> dict[str, Any] | None:
    """How many of the lost were chosen by an earlier list, how long before, and what they were worth.

    The held out count as chosen: the list selected them, and they were not contacted on purpose.

    Args:
        lost: customer_id and left_on, the day on which each customer lapsed or cancelled.
        decided: as_of, customer_id, decision and value of every customer of every list.
        first: the date of the first list. Whoever was lost within IN_TIME_DAYS of it is left out, because no
            list could have named them in time.

    Returns:
        since (day), lost, chosen and in_time (chosen at least IN_TIME_DAYS before), median_days (of the
        chosen), value, value_chosen, value_in_time (money, by the last list before the loss). None: nobody
        was lost.
    """
    since = first + dt.timedelta(days=IN_TIME_DAYS)
    rows = lost.loc[lost["left_on"] >= since, ["customer_id", "left_on"]]
    if rows.empty:
        return None
    pairs = decided.merge(rows, on="customer_id")
    lead = (pd.to_datetime(pairs["left_on"]) - pd.to_datetime(pairs["as_of"])).dt.days
    pairs = pairs.assign(lead=lead)[(lead >= 0) & (lead <= LOOK_BACK_DAYS)]
    chosen = pairs[pairs["decision"].isin(["listed", "held_out"])].groupby("customer_id")["lead"].max()
    value = pairs.sort_values("lead").groupby("customer_id")["value"].first()
    worth = rows["customer_id"].map(value).astype("float64").fillna(0.0).to_numpy()
    days = rows["customer_id"].map(chosen).astype("float64").to_numpy()
    named, in_time = np.isfinite(days), days >= IN_TIME_DAYS  # false of NaN
    return {
        "since": str(since), "lost": len(rows), "chosen": int(named.sum()), "in_time": int(in_time.sum()),
        "median_days": float(np.median(days[named])) if named.any() else None,
        "value": float(worth.sum()), "value_chosen": float(worth[named].sum()),
        "value_in_time": float(worth[in_time].sum()),
    }  # fmt: skip
