"""pandas: vectorised group-bys an as-of date, over data sorted once and windows cut out beforehand."""

import datetime as dt
from typing import Any

import pandas as pd
from benchmarks.peers.task import ACTIVE_DAYS, DOUBLED_DAYS, WINDOWS_DAYS, Clock, Task, main

DAY = pd.Timedelta(days=1)
# as Holdfast writes: numbers without a dictionary
WRITING: dict[str, Any] = {"compression": "lz4", "use_dictionary": ["customer_id", "as_of"]}


def run(task: Task, clock: Clock) -> None:
    """One Parquet file an as-of date."""
    with clock.part("loading"):
        bought, refunds, ids = load(task)
    for date in task.dates:
        now = pd.Timestamp(date)
        visible = bought[: bought["moment"].searchsorted(now)]
        visible = visible[visible["known"] < now]
        refunded = refunds[: refunds["moment"].searchsorted(now)]
        features = at_date(now, visible, refunded[refunded["known"] < now])
        write(task, date, features, ids)


def load(task: Task) -> tuple[pd.DataFrame, pd.DataFrame, "pd.Index[str]"]:
    """Purchases and refunds in the order of time with numbers for ids, and the ids."""
    log = pd.read_parquet(task.log)
    codes, ids = pd.factorize(log["customer_id"])
    log["customer"] = codes.astype("int32")
    log["order"] = pd.factorize(log["transaction_id"])[0]
    log = log.drop(columns=["customer_id", "transaction_id"])
    log = log.rename(columns={"occurred_at": "moment", "known_at": "known"})
    log = log.sort_values("moment", kind="stable", ignore_index=True)
    bought = log[log["amount"] > 0].reset_index(drop=True)
    # an order and a day become visible with their first known line: counting is summing a flag
    by_known = bought.sort_values("known", kind="stable")
    by_known["day"] = by_known["customer"].astype("int64") * 100_000 + (
        by_known["moment"] - pd.Timestamp(0)
    ).dt.days.astype("int64")
    bought["day"] = by_known["day"]
    bought["opens"] = (~by_known["order"].duplicated()).astype("float64")
    bought["opens_day"] = (~by_known["day"].duplicated()).astype("float64")
    kept = ["customer", "moment", "known", "amount", "quantity", "discount", "day", "opens", "opens_day"]
    return bought[kept], log.loc[log["amount"] < 0, ["customer", "moment", "known", "amount"]], ids


def at_date(now: pd.Timestamp, visible: pd.DataFrame, refunded: pd.DataFrame) -> pd.DataFrame:
    """The features at one date of those who bought lately, by customer number."""
    lately = visible.loc[visible["known"] >= now - ACTIVE_DAYS * DAY, "customer"]
    who = pd.Index(lately.unique()).sort_values()
    visible = visible[visible["customer"].isin(who)]
    whole = visible.groupby("customer")
    amount = whole["amount"]
    sums = {"all": whole[["amount", "opens", "opens_day"]].sum()}
    for days in DOUBLED_DAYS:
        window = visible[visible["moment"].searchsorted(now - days * DAY) :]
        summed = window.groupby("customer")[["amount", "opens", "opens_day"]].sum()
        sums[f"{days}d"] = summed.reindex(who, fill_value=0.0)
    features = windows(sums)
    features["recency__days__all"] = in_days(now - whole["moment"].last())
    features["recency__tenure__all"] = in_days(now - whole["moment"].first())
    features["orders__items__all"] = whole["quantity"].sum()
    features["spend__largest_line__all"] = amount.max()
    features["spend__line_spread__all"] = amount.std()
    discount, spend = whole["discount"].sum(), sums["all"]["amount"]
    features["spend__discount_share__all"] = discount / (discount + spend)
    refunds = refunded.groupby("customer")["amount"].agg(["count", "sum"]).reindex(who, fill_value=0)
    features["refunds__count__all"] = refunds["count"]
    features["refunds__sum__all"] = refunds["sum"]
    features["refunds__share__all"] = refunds["sum"] / spend
    return features.join(gaps(visible)).assign(
        gaps__overdue__all=lambda made: made["recency__days__all"] / made["gaps__mean__all"]
    )


def windows(sums: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Orders and spend over each window and against the window before it; null where nothing was bought."""
    features: dict[str, Any] = {}
    for days in (*WINDOWS_DAYS, "all"):
        window = days if days == "all" else f"{days}d"
        spend, orders = sums[window]["amount"], sums[window]["opens"]
        features[f"orders__count__{window}"] = orders
        features[f"orders__active_days__{window}"] = sums[window]["opens_day"]
        features[f"spend__sum__{window}"] = spend
        features[f"spend__order_value__{window}"] = spend / orders.where(orders > 0)
    for days in WINDOWS_DAYS:
        now, both = sums[f"{days}d"], sums[f"{2 * days}d"]
        for name, column in (("orders", "opens"), ("spend", "amount")):
            total = both[column].where(both["opens"] > 0)
            features[f"{name}__change__{days}d"] = (2 * now[column] - total) / total
    return pd.DataFrame(features)


def gaps(visible: pd.DataFrame) -> pd.DataFrame:
    """Days between days with a purchase, each taken at its newest visible line."""
    newest = visible.loc[~visible["day"].duplicated(keep="last"), ["customer", "moment"]]
    between = in_days(newest.groupby("customer")["moment"].diff())
    grouped = between.groupby(newest["customer"])
    return pd.DataFrame(
        {
            "gaps__mean__all": grouped.mean(),
            "gaps__longest__all": grouped.max(),
            "gaps__last__all": grouped.last(),
        }
    )


def in_days(span: "pd.Series[Any]") -> Any:
    """Spans of time in days."""
    return span.dt.total_seconds() / 86_400


def write(task: Task, date: dt.date, features: pd.DataFrame, ids: "pd.Index[str]") -> None:
    """The table as the task wants it."""
    table = features.astype("float32")
    table.insert(0, "customer_id", ids.take(table.index.to_numpy()))
    table.insert(1, "as_of", pd.Series(date, table.index, "date32[pyarrow]"))
    table.to_parquet(task.out / f"{date}.parquet", index=False, **WRITING)


if __name__ == "__main__":
    main(run)
