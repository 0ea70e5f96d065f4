"""DuckDB done directly: one query an as-of date, filtered aggregates over the rows visible then.

What one would write first, and then tuned: the log is loaded once; an order is counted at its first known
line, so that no aggregate has to be distinct.
"""

import datetime as dt

import duckdb
from benchmarks.peers.task import ACTIVE_DAYS, DOUBLED_DAYS, WINDOWS_DAYS, Clock, Task, main

# A line opens its order if it was known first: the order is visible exactly when that line is.
LOAD = """
CREATE TABLE log AS
SELECT customer, moment, known, moment::DATE AS day, amount, quantity, discount, amount > 0 AS bought,
       amount > 0 AND row_number() OVER (PARTITION BY transaction_id, amount > 0 ORDER BY known) = 1 AS opens
FROM (SELECT customer_id AS customer, transaction_id, occurred_at AS moment, known_at AS known,
             amount, quantity, discount FROM read_parquet('{log}'))
"""

QUERY = """
COPY (
WITH visible AS (SELECT * FROM log WHERE known < {now}),
days AS (
    SELECT customer, moment - lag(moment) OVER (PARTITION BY customer ORDER BY moment) AS gap, moment
    FROM (SELECT customer, day, max(moment) AS moment FROM visible WHERE bought GROUP BY customer, day)
),
by_day AS (
    SELECT customer, {day_counts},
           max(epoch(gap)) / 86400 AS longest, arg_max(epoch(gap), moment) / 86400 AS last_gap,
           epoch(max(moment) - min(moment)) / 86400 / nullif(count(*) - 1, 0) AS mean_gap
    FROM days GROUP BY customer
),
by_line AS (
    SELECT customer,
           epoch({now} - max(moment) FILTER (bought)) / 86400 AS silence,
           epoch({now} - min(moment) FILTER (bought)) / 86400 AS tenure,
           {line_sums},
           sum(quantity) FILTER (bought) AS items,
           max(amount) FILTER (bought) AS largest_line,
           stddev_samp(amount) FILTER (bought) AS line_spread,
           sum(discount) FILTER (bought) AS discount,
           count(*) FILTER (amount < 0) AS refunds,
           coalesce(sum(amount) FILTER (amount < 0), 0) AS refunded
    FROM visible GROUP BY customer
    HAVING bool_or(bought AND known >= {now} - INTERVAL {active} DAY)
)
SELECT customer AS customer_id, {now}::DATE AS as_of, {columns}
FROM by_line JOIN by_day USING (customer)
) TO '{out}' (FORMAT parquet, COMPRESSION lz4_raw)
"""


def run(task: Task, clock: Clock) -> None:
    """One Parquet file an as-of date."""
    with duckdb.connect(task.work / "log.duckdb", config={"threads": task.threads}) as connection:
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(f"SET temp_directory = '{task.work / 'spilled'}'")
        with clock.part("loading"):
            connection.execute(LOAD.format(log=task.log))
        for date in task.dates:
            connection.execute(query(date, f"{task.out}/{date}.parquet"))


def query(date: dt.date, out: str) -> str:
    """The query of one as-of date."""
    now = f"TIMESTAMP '{date}'"
    since = {days: f"moment >= {now} - INTERVAL {days} DAY" for days in DOUBLED_DAYS}
    sums = [
        f"coalesce(sum(amount) FILTER (bought AND {since[days]}), 0) AS spend_{days}, "
        f"count(*) FILTER (opens AND {since[days]}) AS orders_{days}"
        for days in DOUBLED_DAYS
    ]
    sums.append("sum(amount) FILTER (bought) AS spend_all, count(*) FILTER (opens) AS orders_all")
    counts = [f"count(*) FILTER ({since[days]}) AS days_{days}" for days in WINDOWS_DAYS]
    return QUERY.format(
        now=now,
        out=out,
        active=ACTIVE_DAYS,
        line_sums=", ".join(sums),
        day_counts=", ".join([*counts, "count(*) AS days_all"]),
        columns=columns(),
    )


def columns() -> str:
    """The features by Holdfast's names, from sums over the windows."""
    made = {"recency__days__all": "silence", "recency__tenure__all": "tenure"}
    for days in (*WINDOWS_DAYS, "all"):
        window = days if days == "all" else f"{days}d"
        made[f"orders__count__{window}"] = f"orders_{days}"
        made[f"orders__active_days__{window}"] = f"days_{days}"
        made[f"spend__sum__{window}"] = f"spend_{days}"
        made[f"spend__order_value__{window}"] = f"spend_{days} / nullif(orders_{days}, 0)"
    for days in WINDOWS_DAYS:
        for family, name in (("orders", "orders"), ("spend", "spend")):
            now, both = f"{name}_{days}", f"{name}_{2 * days}"
            made[f"{family}__change__{days}d"] = f"(2.0 * {now} - {both}) / nullif({both}, 0)"
    made |= {
        "orders__items__all": "items",
        "spend__largest_line__all": "largest_line",
        "spend__line_spread__all": "line_spread",
        "spend__discount_share__all": "discount / (discount + spend_all)",
        "refunds__count__all": "refunds",
        "refunds__sum__all": "refunded",
        "refunds__share__all": "refunded / spend_all",
        "gaps__mean__all": "mean_gap",
        "gaps__longest__all": "longest",
        "gaps__last__all": "last_gap",
        "gaps__overdue__all": "silence / mean_gap",
    }
    return ",\n       ".join(f"({value})::FLOAT AS {name}" for name, value in made.items())


if __name__ == "__main__":
    main(run)
