"""Polars: lazy queries on the streaming engine over a log sorted once, no Python in the loop."""

import datetime as dt

import polars as pl
from benchmarks.peers.task import ACTIVE_DAYS, DOUBLED_DAYS, WINDOWS_DAYS, Clock, Task, main

SECONDS_A_DAY = 86_400


def run(task: Task, clock: Clock) -> None:
    """One Parquet file an as-of date."""
    with clock.part("loading"):
        bought, refunds = load(task)
    for date in task.dates:
        features = at_date(bought.lazy(), refunds.lazy(), date)
        features.sink_parquet(task.out / f"{date}.parquet", compression="lz4", engine="streaming")


def load(task: Task) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Purchases by customer and time, and refunds; ids as categories.

    An order becomes visible with its first known line, so counting orders is summing a flag.
    """
    raw = pl.scan_parquet(task.log).select(
        pl.col("customer_id").cast(pl.Categorical).to_physical().alias("customer"),
        "customer_id",
        "transaction_id",
        "amount",
        "quantity",
        "discount",
        moment="occurred_at",
        known="known_at",
    )
    bought = (
        raw.filter(pl.col("amount") > 0)
        .sort("known")
        .with_columns(opens=pl.col("transaction_id").is_first_distinct())
        .drop("transaction_id")
        .sort("customer", "moment")
        .with_columns(pl.col("customer_id").cast(pl.Categorical), day=pl.col("moment").dt.date())
    )
    refunds = raw.filter(pl.col("amount") < 0).select("customer", "amount", "known")
    first, second = pl.collect_all([bought, refunds], engine="streaming")
    return first, second


def at_date(bought: pl.LazyFrame, refunds: pl.LazyFrame, date: dt.date) -> pl.LazyFrame:
    """The features at one date of those who bought lately."""
    now = dt.datetime.combine(date, dt.time())
    visible = bought.filter(pl.col("known") < now)
    lines = visible.group_by("customer").agg(
        pl.col("customer_id").first(),
        *sums(now, spend="amount", orders="opens"),
        lately=pl.col("known").max() >= now - dt.timedelta(days=ACTIVE_DAYS),
        silence=in_days(now - pl.col("moment").max()),
        tenure=in_days(now - pl.col("moment").min()),
        items=pl.col("quantity").sum(),
        largest=pl.col("amount").max(),
        spread=pl.col("amount").std(),
        discount=pl.col("discount").sum(),
    )
    refunded = (
        refunds.filter(pl.col("known") < now)
        .group_by("customer")
        .agg(refunds=pl.len(), refunded=pl.col("amount").sum())
    )
    joined = (
        lines.filter("lately")
        .join(gaps(visible, now), on="customer", how="left")
        .join(refunded, on="customer", how="left")
    )
    named = [value.cast(pl.Float32).alias(name) for name, value in columns().items()]
    return joined.select(pl.col("customer_id").cast(pl.String), pl.lit(date).alias("as_of"), *named)


def gaps(visible: pl.LazyFrame, now: dt.datetime) -> pl.LazyFrame:
    """Days with a purchase and the days between them, each day taken at its newest visible line.

    Only neighbours in the sorted log are compared: no window functions.
    """
    customer, moment, day = pl.col("customer"), pl.col("moment"), pl.col("day")
    newest = visible.select("customer", "moment", "day").filter(
        ((customer != customer.shift(-1)) | (day != day.shift(-1))).fill_null(True)
    )
    compared = newest.with_columns(
        gap=pl.when(customer == customer.shift(1)).then(in_days(moment - moment.shift(1))),
        one=pl.lit(1),
        ends=(customer != customer.shift(-1)).fill_null(True),
    )
    return compared.group_by("customer").agg(
        *sums(now, days="one"),
        mean_gap=pl.col("gap").mean(),
        longest=pl.col("gap").max(),
        last_gap=pl.when("ends").then("gap").max(),
    )


def sums(now: dt.datetime, **columns: str) -> list[pl.Expr]:
    """Sums of columns over all history and over each window."""
    return [pl.col(column).sum().alias(f"{name}_all") for name, column in columns.items()] + [
        pl.when(pl.col("moment") >= now - dt.timedelta(days=days))
        .then(column)
        .otherwise(0)
        .sum()
        .alias(f"{name}_{days}")
        for name, column in columns.items()
        for days in DOUBLED_DAYS
    ]


def columns() -> dict[str, pl.Expr]:
    """The features by Holdfast's names, from sums over the windows; null where nothing divides."""

    def ratio(top: pl.Expr, below: pl.Expr) -> pl.Expr:
        return pl.when(below != 0).then(top / below)

    made = {"recency__days__all": pl.col("silence"), "recency__tenure__all": pl.col("tenure")}
    for days in (*WINDOWS_DAYS, "all"):
        window = days if days == "all" else f"{days}d"
        orders, spend = pl.col(f"orders_{days}"), pl.col(f"spend_{days}")
        made[f"orders__count__{window}"] = orders
        made[f"orders__active_days__{window}"] = pl.col(f"days_{days}")
        made[f"spend__sum__{window}"] = spend
        made[f"spend__order_value__{window}"] = ratio(spend, orders)
    for window_days in WINDOWS_DAYS:
        for name in ("orders", "spend"):
            now, both = pl.col(f"{name}_{window_days}"), pl.col(f"{name}_{2 * window_days}")
            made[f"{name}__change__{window_days}d"] = ratio(2.0 * now - both, both)
    spend, discount = pl.col("spend_all"), pl.col("discount")
    return made | {
        "orders__items__all": pl.col("items"),
        "spend__largest_line__all": pl.col("largest"),
        "spend__line_spread__all": pl.col("spread"),
        "spend__discount_share__all": discount / (discount + spend),
        "refunds__count__all": pl.col("refunds").fill_null(0),
        "refunds__sum__all": pl.col("refunded").fill_null(0.0),
        "refunds__share__all": pl.col("refunded").fill_null(0.0) / spend,
        "gaps__mean__all": pl.col("mean_gap"),
        "gaps__longest__all": pl.col("longest"),
        "gaps__last__all": pl.col("last_gap"),
        "gaps__overdue__all": pl.col("silence") / pl.col("mean_gap"),
    }


def in_days(span: pl.Expr) -> pl.Expr:
    """A span of time in days."""
    return span.dt.total_microseconds() / 1e6 / SECONDS_A_DAY


if __name__ == "__main__":
    main(run)
