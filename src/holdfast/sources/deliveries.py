"""Count the rows that arrived on each day and the content of each table, for `monitor.deliveries`."""

import math
from collections.abc import Mapping
from typing import Any

import ibis
import pandas as pd
from ibis import Table

CONSENT = "consent"
RECENT_DAYS = 120  # the last days with rows, for which all counts are made
NEW_DAYS = 28  # days for which a customer counts as new
MAX_LEVELS = 50  # values are counted only for text columns with at most so many distinct ones
TIMES = ("occurred_at", "opened_at", "answered_at", "contacted_at", "attempted_at")  # of events
FILLED_LATER = {"csat", "response"}  # besides times and durations


def count_days(tables: Mapping[str, Table]) -> pd.DataFrame:
    """Count the rows of each table by the day on which they became known, if they have one.

    Returns:
        One row per table and day, key (table, day). For all days: rows, and log_amount, the mean log of the
        absolute amounts (null: the table has no amounts). For recent days, numbers of rows: negative and zero
        (amounts), repeated (copies of another row of the day), largest (of the customer with the most rows),
        unknown (of customers in no table 28 days before, nor in `customers`), `null:<column>`,
        `value:<column>=<value>`; and hour_x and hour_y, sums of the rows' times of day as points on a circle.
    """
    first_days = _first_days(tables)
    frames = []
    for name, table in tables.items():
        dated = table.filter(table.known_at.notnull()).mutate(day=table.known_at.date())
        figures = {"rows": dated.count()}
        if "amount" in table.columns:
            figures["log_amount"] = dated.amount.abs().nullif(0).ln().mean()
        counted = dated.group_by("day").aggregate(**figures).to_pandas().sort_values("day", ignore_index=True)
        if len(counted):
            since = counted["day"].iloc[-min(RECENT_DAYS, len(counted))]
            recent = _count_recent(dated.filter(dated.day >= since), first_days)
            counted = counted.merge(recent, on="day", how="left")
        frames.append(counted.assign(table=name, day=pd.to_datetime(counted["day"])))
    days = pd.concat(frames, ignore_index=True)
    names = ["table", "day", "rows", "log_amount"]
    days = days.reindex(columns=[*names, *sorted(set(days.columns) - set(names))])
    ordered: pd.DataFrame = days.sort_values(["table", "day"], ignore_index=True)
    return ordered


def _first_days(tables: Mapping[str, Table]) -> Table:
    """customer_id and the first day with a row in any table; 1900-01-01 for all in `customers`."""
    always = ibis.date("1900-01-01")
    days = {
        name: always if name == "customers" else table.known_at.date().fill_null(always)
        for name, table in tables.items()
    }
    seen = [table.select("customer_id", first=days[name]) for name, table in tables.items()]
    every = ibis.union(*seen) if len(seen) > 1 else seen[0]
    return every.group_by("customer_id").aggregate(first=every["first"].min())


def _count_recent(recent: Table, first_days: Table) -> pd.DataFrame:
    """The counts of recent days; key day."""
    figures: dict[str, Any] = {}
    if "amount" in recent.columns:
        figures |= {"negative": (recent.amount < 0).sum(), "zero": (recent.amount == 0).sum()}
    figures |= {f"null:{column}": recent[column].isnull().sum() for column in _filled_at_once(recent)}
    figures |= {f"hour_{axis}": point.sum() for axis, point in _time_of_day(recent).items()}
    whole = recent.aggregate(
        **{name: recent[name].nunique() for name in _texts(recent)} or {"_": recent.count()}
    )
    few = [
        name
        for name, count in whole.to_pyarrow().to_pylist()[0].items()
        if name != "_" and count <= MAX_LEVELS
    ]
    counted = recent.group_by("day").aggregate(**figures, all=recent.count()).to_pandas()
    distinct = recent.distinct()
    counted = counted.merge(distinct.group_by("day").aggregate(once=distinct.count()).to_pandas(), on="day")
    by_customer = recent.group_by(["day", "customer_id"]).aggregate(n=recent.count())
    by_first_day = by_customer.left_join(first_days, "customer_id")
    new = by_first_day["first"] > by_first_day.day - ibis.interval(days=NEW_DAYS)
    unknown = ibis.cases((new, by_first_day.n), else_=0).sum()
    people = by_first_day.group_by("day").aggregate(largest=by_first_day.n.max(), unknown=unknown)
    counted = counted.merge(people.to_pandas(), on="day")
    if few:
        long = recent.select("day", *few).pivot_longer(
            ibis.selectors.cols(*few), names_to="column", values_to="level"
        )
        filled = long.filter(long["level"].notnull())
        frame = filled.group_by(["day", "column", "level"]).aggregate(n=filled.count()).to_pandas()
        frame["figure"] = "value:" + frame["column"] + "=" + frame["level"].astype(str)
        wide = frame.pivot_table(index="day", columns="figure", values="n", fill_value=0)
        counted = counted.merge(wide, on="day", how="left")
    counts: pd.DataFrame = counted.assign(repeated=counted["all"] - counted["once"])
    return counts.drop(columns=["all", "once"])


def _time_of_day(table: Table) -> dict[str, Any]:
    """x and y of each event's time of day (UTC) as a point on a circle; empty: the table has no events."""
    column = next((table[name] for name in TIMES if name in table.columns), None)
    if column is None:
        return {}
    turn = (column.hour() * 60 + column.minute()) * (2 * math.pi / 1440)
    return {"x": turn.cos(), "y": turn.sin()}


def _texts(table: Table) -> list[str]:
    """Text columns that may hold categories; not ids and campaigns, which are always new."""
    texts = [name for name, kind in table.schema().items() if kind.is_string()]
    return [name for name in texts if not name.endswith("_id") and name != "campaign"]


def _filled_at_once(table: Table) -> list[str]:
    """Text and number columns that are filled on a row's first day or never."""
    schema = table.schema()
    kinds = [name for name in table.columns if schema[name].is_string() or schema[name].is_numeric()]
    return [name for name in kinds if name not in FILLED_LATER and not name.startswith("hours_")]


def describe_tables(tables: Mapping[str, Table]) -> dict[str, dict[str, float]]:
    """The contents of each table: `rows`, `customers`, and `null:<column>`, the share of nulls of a column.

    Tables of events have `hour:x` and `hour:y`, the mean of their times of day as points on a circle. The
    table `customers` also has `consent` (the share of yes among yes and no), `refused` (the number of no),
    and for each text column `distinct:<column>` (the number of distinct values) and, if they are few,
    `value:<column>=<value>` (the share of the rows with that value).
    """
    contents: dict[str, dict[str, float]] = {}
    for name, table in tables.items():
        columns = [column for column in table.columns if column != "customer_id"]
        figures: dict[str, Any] = {"rows": table.count(), "customers": table.customer_id.nunique()}
        figures |= {f"null:{column}": table[column].isnull().mean() for column in columns}
        figures |= {f"hour:{axis}": point.mean() for axis, point in _time_of_day(table).items()}
        texts = _texts(table) if name == "customers" else []
        figures |= {f"distinct:{column}": table[column].nunique() for column in texts}
        if name == "customers" and CONSENT in table.columns:
            figures[CONSENT] = table[CONSENT].cast("float64").mean()
            figures["refused"] = (~table[CONSENT]).sum().fill_null(0)
        row = table.aggregate(**figures).to_pyarrow().to_pylist()[0]
        described = {key: float(value) for key, value in row.items() if value is not None}
        for column in texts:
            if described["rows"] > 0 and described[f"distinct:{column}"] <= MAX_LEVELS:
                counts = table.group_by(column).aggregate(n=table.count()).to_pandas().dropna()
                shares = zip(counts[column], counts["n"] / described["rows"], strict=True)
                described |= {f"value:{column}={level}": float(share) for level, share in shares}
        contents[name] = described
    return contents
