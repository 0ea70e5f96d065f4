"""The contents of each table and the arrival days of its rows, for `monitor.deliveries` to compare."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from ibis import Table

CONSENT = "consent"


def count_days(tables: Mapping[str, Table]) -> pd.DataFrame:
    """Count the rows of each table by the day on which they became known.

    Returns:
        One row per table and day, which are the key: rows, and log_amount, the mean log of the absolute
        amounts (null: the table has no amounts). Rows without `known_at` are not counted.
    """
    frames = []
    for name, table in tables.items():
        dated = table.filter(table.known_at.notnull())
        figures = {"rows": dated.count()}
        if "amount" in table.columns:
            figures["log_amount"] = dated.amount.abs().nullif(0).ln().mean()
        counted = dated.group_by(day=dated.known_at.date()).aggregate(**figures).to_pandas()
        frames.append(counted.assign(table=name, day=pd.to_datetime(counted["day"])))
    days = pd.concat(frames, ignore_index=True).reindex(columns=["table", "day", "rows", "log_amount"])
    ordered: pd.DataFrame = days.sort_values(["table", "day"], ignore_index=True)
    return ordered


def describe_tables(tables: Mapping[str, Table]) -> dict[str, dict[str, float]]:
    """The contents of each table: `rows`, `customers`, and `null:<column>`, the share of nulls of a column.

    The table `customers` also has `consent`: the share of yes among the rows with a yes or no.
    """
    contents = {}
    for name, table in tables.items():
        columns = [column for column in table.columns if column != "customer_id"]
        figures: dict[str, Any] = {"rows": table.count(), "customers": table.customer_id.nunique()}
        figures |= {f"null:{column}": table[column].isnull().mean() for column in columns}
        if name == "customers" and CONSENT in table.columns:
            figures[CONSENT] = table[CONSENT].cast("float64").mean()
        row = table.aggregate(**figures).to_pyarrow().to_pylist()[0]
        contents[name] = {key: float(value) for key, value in row.items() if value is not None}
    return contents
