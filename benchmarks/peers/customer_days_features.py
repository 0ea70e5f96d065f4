"""DuckDB tuned by hand: the log once into days of customers, then one query over the days an as-of date.

A day here is what a customer did on one day and what of it was known by one other: as-of dates are
midnights, so a day is visible as a whole or not at all. Late rows make a few more of them.
"""

import datetime as dt

import duckdb
from benchmarks.peers.duckdb_features import columns
from benchmarks.peers.task import ACTIVE_DAYS, DOUBLED_DAYS, WINDOWS_DAYS, Clock, Task, main

LOAD = """
CREATE TABLE customers AS
SELECT customer_id, row_number() OVER ()::INTEGER AS customer
FROM (SELECT DISTINCT customer_id FROM read_parquet('{log}'));

-- an order becomes visible with its first known line; doubles, because sums of integers become HUGEINT
CREATE TABLE days AS
SELECT customer, day, known, (count(*) FILTER (opens))::DOUBLE AS orders,
       (count(*) FILTER (amount > 0))::DOUBLE AS lines, sum(amount) FILTER (amount > 0) AS spend,
       sum(amount * amount) FILTER (amount > 0) AS squares, sum(quantity) FILTER (amount > 0) AS items,
       sum(discount) FILTER (amount > 0) AS discount, max(amount) FILTER (amount > 0) AS largest,
       max(moment) FILTER (amount > 0) AS last, min(moment) FILTER (amount > 0) AS first,
       (count(*) FILTER (amount < 0))::DOUBLE AS refunds, sum(amount) FILTER (amount < 0) AS refunded
FROM (
    SELECT customer, occurred_at::DATE AS day, known_at::DATE AS known, occurred_at AS moment,
           amount, quantity, discount, amount > 0 AND
           row_number() OVER (PARTITION BY transaction_id, amount > 0 ORDER BY known_at) = 1 AS opens
    FROM read_parquet('{log}') JOIN customers USING (customer_id)
)
GROUP BY customer, day, known ORDER BY customer, day;
"""

QUERY = """
COPY (
WITH visible AS (SELECT * FROM days WHERE known < {now}),
gaps AS (
    SELECT customer, last, last - lag(last) OVER (PARTITION BY customer ORDER BY last) AS gap
    FROM (SELECT customer, day, max(last) AS last FROM visible WHERE lines > 0 GROUP BY customer, day)
),
by_gap AS (
    SELECT customer, {day_counts},
           max(epoch(gap)) / 86400 AS longest, arg_max(epoch(gap), last) / 86400 AS last_gap,
           epoch(max(last) - min(last)) / 86400 / nullif(count(*) - 1, 0) AS mean_gap
    FROM gaps GROUP BY customer
),
by_day AS (
    SELECT customer,
           epoch({now} - max(last)) / 86400 AS silence, epoch({now} - min(first)) / 86400 AS tenure,
           {day_sums},
           sum(items) AS items, max(largest) AS largest_line, sum(discount) AS discount,
           CASE WHEN sum(lines) > 1 THEN
               sqrt(greatest(sum(squares) - sum(spend) * sum(spend) / sum(lines), 0) / (sum(lines) - 1))
           END AS line_spread,
           sum(refunds) AS refunds, coalesce(sum(refunded), 0) AS refunded
    FROM visible GROUP BY customer
    HAVING bool_or(lines > 0 AND known >= {now} - {active})
)
SELECT customer_id, {now}::DATE AS as_of, {columns}
FROM by_day JOIN by_gap USING (customer) JOIN customers USING (customer)
) TO '{out}' (FORMAT parquet, COMPRESSION lz4_raw)
"""


def run(task: Task, clock: Clock) -> None:
    """One Parquet file an as-of date."""
    with duckdb.connect(task.work / "log.duckdb", config={"threads": task.threads}) as connection:
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(f"SET temp_directory = '{task.work / 'spilled'}'")
        with clock.part("days"):
            connection.execute(LOAD.format(log=task.log))
        for date in task.dates:
            connection.execute(query(date, f"{task.out}/{date}.parquet"))


def query(date: dt.date, out: str) -> str:
    """The query of one as-of date."""
    now = f"DATE '{date}'"
    sums = [
        f"coalesce(sum({value}) FILTER (day >= {now} - {days}), 0) AS {name}_{days}"
        for days in DOUBLED_DAYS
        for name, value in (("spend", "spend"), ("orders", "orders"))
    ]
    sums.append("sum(spend) AS spend_all, sum(orders) AS orders_all")
    counts = [f"count(*) FILTER (last >= {now} - {days}) AS days_{days}" for days in WINDOWS_DAYS]
    return QUERY.format(
        now=now,
        out=out,
        active=ACTIVE_DAYS,
        day_sums=", ".join(sums),
        day_counts=", ".join([*counts, "count(*) AS days_all"]),
        columns=columns(),
    )


if __name__ == "__main__":
    main(run)
