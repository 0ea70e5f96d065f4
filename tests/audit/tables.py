"""Validated tables as a few rows."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa

from holdfast.contracts.tables import CONTRACTS

TYPES = {"text": pa.string(), "time": pa.timestamp("us"), "number": pa.float64(), "flag": pa.bool_()}
DAY = dt.date(2026, 3, 1)


def on(day: int, hour: int = 0) -> dt.datetime:
    """A moment so many days after (below 0: before) DAY."""
    return dt.datetime.combine(DAY, dt.time(hour)) + dt.timedelta(days=day)


def validated(name: str, rows: Sequence[Mapping[str, Any]]) -> ibis.Table:
    """A validated table: `known_at` is the time of the event where a row does not say."""
    contract = CONTRACTS[name]
    event = contract.event or "valid_from"
    full = [{"customer_id": "a", **row} for row in rows]
    full = [{**row, "known_at": row.get("known_at", row.get(event))} for row in full]
    columns = dict.fromkeys(column for row in full for column in row)
    types = {column.name: TYPES[column.type] for column in contract.columns} | {"known_at": TYPES["time"]}
    arrays = {
        column: pa.array([row.get(column) for row in full], types.get(column, pa.string()))
        for column in columns
    }
    return ibis.memtable(pa.table(arrays))


def frame(table: ibis.Table) -> pd.DataFrame:
    """The rows, with None for every kind of nothing."""
    found: pd.DataFrame = ibis.duckdb.connect().to_pyarrow(table).to_pandas()
    return found.astype(object).where(found.notna(), None)
