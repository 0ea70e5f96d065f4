"""Tiny validated tables, with times in days from 2024-01-01."""

import datetime as dt
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
from ibis import Table

FIRST = dt.date(2024, 1, 1)


def day(number: float) -> dt.date:
    return FIRST + dt.timedelta(days=number)


def moment(number: float | None) -> dt.datetime | None:
    return None if number is None else dt.datetime(2024, 1, 1) + dt.timedelta(days=number)  # noqa: DTZ001


def table(*rows: dict[str, Any], **kinds: str) -> Table:
    """Columns that end in `_at` are times in days; `kinds`: types of columns that are null everywhere."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {}
    for name in names:
        values = [row.get(name) for row in rows]
        if name.endswith("_at"):
            columns[name] = pa.array([moment(value) for value in values], pa.timestamp("us"))
        else:
            columns[name] = pa.array(values, kinds.get(name))
    return ibis.memtable(pa.table(columns))


def bought(
    customer: str, on: float, amount: float = 10.0, known: float | None = None, order: str | None = None
) -> dict[str, Any]:
    return {
        "customer_id": customer, "transaction_id": order or f"{customer}{on}", "occurred_at": on,
        "known_at": on if known is None else known, "amount": amount,
    }  # fmt: skip


def subscribed(
    customer: str, start: float, end: float | None = None, value: float = 10.0, plan: str = "1",
    notice: float | None = None, known: float | None = None,
) -> dict[str, Any]:  # fmt: skip
    return {
        "customer_id": customer, "subscription_id": f"{customer}-{plan}", "started_at": start,
        "ended_at": end, "cancelled_at": notice, "monthly_value": value,
        "known_at": start if known is None else known,
    }  # fmt: skip


def spells_as_days(spells: pd.DataFrame) -> list[tuple[Any, ...]]:
    """customer, since and until as day numbers; None: still active."""
    since, until = ((spells[name] - pd.Timestamp(FIRST)).dt.days for name in ("since", "until"))
    ends = [None if end > 10_000 else end for end in until]
    return list(zip(spells["customer_id"], since, ends, strict=True))
