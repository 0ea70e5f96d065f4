"""Featuretools, on one customer in so many: aggregation primitives over training windows, a matrix a window.

Every as-of date gets an entity set of the rows known before it, so that late rows come out right.
What its primitives have no word for (gaps between days with a purchase) is left out.
"""

import warnings
from typing import Any

import featuretools as ft
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from benchmarks.peers.task import ACTIVE_DAYS, DOUBLED_DAYS, WINDOWS_DAYS, Clock, Task, main
from featuretools.primitives import Count, Max, Min, NumUnique, Std, Sum

SPAN = pd.Timedelta(days=1)


def run(task: Task, clock: Clock) -> None:
    """One Parquet file an as-of date."""
    warnings.simplefilter("ignore")  # its own use of what pandas has renamed
    with clock.part("loading"):
        log = load(task)
    for date in task.dates:
        now = pd.Timestamp(date)
        features = at_date(log[log["known_at"] < now], now)
        table = features.astype("float32").rename_axis("customer_id").reset_index()
        table.insert(1, "as_of", pd.Series(date, table.index, "date32[pyarrow]"))
        table.to_parquet(task.out / f"{date}.parquet", index=False, compression="lz4")


def load(task: Task) -> pd.DataFrame:
    """The rows of the sampled customers, with a number for each row."""
    batches = pq.ParquetFile(task.log).iter_batches()
    log: pd.DataFrame = pa.Table.from_batches([sampled(batch, task.share) for batch in batches]).to_pandas()
    log["day"] = log["occurred_at"].dt.strftime("%Y-%m-%d")
    log["row"] = log.index
    return log


def sampled(batch: pa.RecordBatch, share: int) -> pa.RecordBatch:
    """The rows of one in `share` customers, by the number in the id."""
    numbers = pc.cast(pc.utf8_slice_codeunits(batch["customer_id"], 1), pa.int64())
    return batch.filter(pc.equal(pc.multiply(pc.divide(numbers, share), share), numbers))


def at_date(visible: pd.DataFrame, now: pd.Timestamp) -> pd.DataFrame:
    """The features at one date of those who bought lately."""
    bought = visible[visible["amount"] > 0]
    who = bought.loc[bought["known_at"] >= now - ACTIVE_DAYS * SPAN, "customer_id"].unique()
    entities = entity_set(bought, visible[visible["amount"] < 0], pd.DataFrame({"customer_id": who}))
    windowed = [
        feature(entities, "bought", "amount", Sum),
        feature(entities, "bought", "transaction_id", NumUnique),
        feature(entities, "bought", "day", NumUnique),
    ]
    life = [
        *windowed,
        feature(entities, "bought", "quantity", Sum),
        feature(entities, "bought", "discount", Sum),
        feature(entities, "bought", "amount", Max),
        feature(entities, "bought", "amount", Std),
        feature(entities, "bought", "seconds", Max),
        feature(entities, "bought", "seconds", Min),
        feature(entities, "refunded", "row", Count),
        feature(entities, "refunded", "amount", Sum),
    ]
    sums = {"all": matrix(entities, life, now, None)}
    for days in DOUBLED_DAYS:
        sums[f"{days}d"] = matrix(entities, windowed, now, f"{days} days").reindex(sums["all"].index)
    return named(sums, now)


def entity_set(bought: pd.DataFrame, refunded: pd.DataFrame, who: pd.DataFrame) -> Any:
    """Customers with their purchases and refunds."""
    entities = ft.EntitySet()
    entities.add_dataframe(
        who, dataframe_name="customers", index="customer_id", logical_types={"customer_id": "Categorical"}
    )
    for name, rows in (("bought", bought), ("refunded", refunded)):
        theirs = rows[rows["customer_id"].isin(who["customer_id"])]
        seconds = (theirs["occurred_at"] - pd.Timestamp(0)).dt.total_seconds()
        entities.add_dataframe(
            theirs.drop(columns="known_at").assign(seconds=seconds),
            dataframe_name=name,
            index="row",
            time_index="occurred_at",
            logical_types=dict.fromkeys(("customer_id", "transaction_id", "day"), "Categorical"),
        )
        entities.add_relationship("customers", "customer_id", name, "customer_id")
    return entities


def feature(entities: Any, table: str, column: str, primitive: Any) -> Any:
    """One aggregate of one column by customer."""
    base = ft.IdentityFeature(entities[table].ww[column])
    return ft.AggregationFeature(base, parent_dataframe_name="customers", primitive=primitive)


def matrix(entities: Any, features: list[Any], now: pd.Timestamp, window: str | None) -> pd.DataFrame:
    """The features of every customer over one window that ends before `now`."""
    made: pd.DataFrame = ft.calculate_feature_matrix(
        features, entities, cutoff_time=now, training_window=window, include_cutoff_time=False
    )
    return made


def named(sums: dict[str, pd.DataFrame], now: pd.Timestamp) -> pd.DataFrame:
    """The features by Holdfast's names."""
    spend, orders, active = (
        "SUM(bought.amount)",
        "NUM_UNIQUE(bought.transaction_id)",
        "NUM_UNIQUE(bought.day)",
    )
    made: dict[str, Any] = {}
    for days in (*WINDOWS_DAYS, "all"):
        window = days if days == "all" else f"{days}d"
        count = sums[window][orders].fillna(0)
        made[f"orders__count__{window}"] = count
        made[f"orders__active_days__{window}"] = sums[window][active].fillna(0)
        made[f"spend__sum__{window}"] = sums[window][spend].fillna(0)
        made[f"spend__order_value__{window}"] = sums[window][spend] / count.where(count > 0)
    for days in WINDOWS_DAYS:
        for name, column in (("orders", orders), ("spend", spend)):
            both = sums[f"{2 * days}d"][column].astype("float64")
            both = both.where(both > 0)
            made[f"{name}__change__{days}d"] = (2 * sums[f"{days}d"][column].fillna(0) - both) / both
    life = sums["all"]
    moment = (now - pd.Timestamp(0)) / pd.Timedelta(seconds=1)
    money, discount = life[spend], life["SUM(bought.discount)"]
    refunded = life["SUM(refunded.amount)"].fillna(0)
    return pd.DataFrame(made).assign(
        recency__days__all=(moment - life["MAX(bought.seconds)"]) / 86_400,
        recency__tenure__all=(moment - life["MIN(bought.seconds)"]) / 86_400,
        orders__items__all=life["SUM(bought.quantity)"],
        spend__largest_line__all=life["MAX(bought.amount)"],
        spend__line_spread__all=life["STD(bought.amount)"],
        spend__discount_share__all=discount / (discount + money),
        refunds__count__all=life["COUNT(refunded)"].fillna(0),
        refunds__sum__all=refunded,
        refunds__share__all=refunded / money,
    )


if __name__ == "__main__":
    main(run)
