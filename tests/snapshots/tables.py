"""Tiny tables of the churn streams, with times in days from 2024-01-01, and the snapshots made of them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import pyarrow as pa

from holdfast.snapshots.churn import Churn
from holdfast.snapshots.cohorts import Snapshots, take_snapshots
from holdfast.snapshots.moments import micros
from holdfast.streams.clock import DAY
from holdfast.streams.definitions import define
from holdfast.streams.facts import Facts, arrange

FIRST = dt.date(2024, 1, 1)
LATE = 10_000
CUSTOMERS = ("a", "b")
CONNECTION = ibis.duckdb.connect()

Row = Mapping[str, Any]


def day(number: float) -> dt.date:
    return FIRST + dt.timedelta(days=number)


def moment(number: float | None) -> dt.datetime | None:
    return None if number is None else dt.datetime(2024, 1, 1) + dt.timedelta(days=number)  # noqa: DTZ001


def tabulate(rows: Sequence[Row]) -> pa.Table:
    """A table with the columns of all rows; those that end in `_at` are times in days."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    table = {}
    for column in columns:
        values = [row.get(column) for row in rows]
        if column.endswith("_at"):
            table[column] = pa.array([moment(value) for value in values], pa.timestamp("us"))
        else:
            number = all(isinstance(value, int | float | None) for value in values) and values
            table[column] = pa.array(values, pa.float64() if number else pa.string())
    return pa.table(table)


def facts(name: str, rows: Sequence[Row]) -> Facts:
    """The facts of a stream; see `tabulate`."""
    stream = define({name: ibis.memtable(tabulate(rows))})[name]
    return arrange(stream.stream, CONNECTION.to_pyarrow(stream.facts), pa.array(CUSTOMERS))


def bought(on: float, amount: float = 1.0, customer: str = "a", known: float | None = None) -> Row:
    known = on if known is None else known
    return {
        "customer_id": customer, "transaction_id": str(on), "occurred_at": on, "known_at": known,
        "amount": amount,
    }  # fmt: skip


def left(on: float, customer: str = "a", known: float | None = None) -> Row:
    return {"customer_id": customer, "churned_at": on, "known_at": on if known is None else known}


def term(
    started: float, ended: float | None = None, noticed: float | None = None, customer: str = "a",
    subscription: str = "s", **more: Any,
) -> Row:  # fmt: skip
    return {
        "customer_id": customer, "subscription_id": subscription, "started_at": started, "ended_at": ended,
        "cancelled_at": noticed, "known_at": started, **more,
    }  # fmt: skip


def take(streams: Mapping[str, Facts], churn: Churn, *dates: int, known_before: int = LATE) -> Snapshots:
    return take_snapshots(
        streams, churn, churn.outcome(0), tuple(day(date) for date in dates), day(known_before)
    )  # fmt: skip


def labels(taken: Snapshots) -> dict[tuple[str, int], float]:
    """(customer, as-of day) → churned, NaN where immature."""
    days = [int(as_of - micros(FIRST)) // DAY for as_of in taken.as_of]
    keys = [(CUSTOMERS[who], at) for who, at in zip(taken.customer, days, strict=True)]
    return dict(zip(keys, taken.churned.tolist(), strict=True))
