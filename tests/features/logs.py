"""Tiny logs for feature tests: rows in, a table of features out, through the real streams and scans."""

import datetime as dt
import functools
from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from holdfast.contracts.tables import CONTRACTS
from holdfast.engine.engine import Engine
from holdfast.features.compute import Rows, compute
from holdfast.features.families import FAMILIES
from holdfast.features.family import Family
from holdfast.features.plan import plan_features
from holdfast.snapshots.moments import micros
from holdfast.streams.assembly import StreamTable
from holdfast.streams.clock import ALWAYS, DAY
from holdfast.streams.definitions import define
from holdfast.streams.facts import Facts, arrange
from holdfast.streams.stream import Stream

Row = dict[str, Any]
START = dt.datetime(2026, 1, 1)  # noqa: DTZ001  # wall-clock time of the source
WINDOWS = (7, 14, 30, 60, 90, 180, 365)
TYPES = {"text": pa.string(), "time": pa.timestamp("us"), "number": pa.float64(), "flag": pa.bool_()}


def day(number: float) -> dt.datetime:
    """A moment so many days after the start of 2026."""
    return START + dt.timedelta(days=number)


def table(name: str, rows: Sequence[Row]) -> pa.Table:
    """A validated table of the contract's types; a missing `known_at` is the time of the event.

    A column that is not in the contract is a text: a customer's attribute.
    """
    event = CONTRACTS[name].event or "valid_from"
    rows = [{event: None, **row} for row in rows]
    rows = [{"customer_id": "a", **row, "known_at": row.get("known_at") or row[event]} for row in rows]
    types = {column.name: TYPES[column.type] for column in CONTRACTS[name].columns}
    types["known_at"] = TYPES["time"]
    columns = list(dict.fromkeys(column for row in rows for column in row))
    return pa.table(
        {
            column: pa.array([row.get(column) for row in rows], types.get(column, pa.string()))
            for column in columns
        }
    )


def purchases(*days: float, **more: Any) -> list[Row]:
    """Orders of 10.0, one on each day."""
    return [
        {"transaction_id": f"o{number}", "occurred_at": day(number), "amount": 10.0, **more}
        for number in days
    ]


def streams_of(
    tables: Mapping[str, Sequence[Row]], attributes: tuple[str, ...] = ()
) -> dict[str, StreamTable]:
    """The streams of some tables of rows."""
    return define({name: ibis.memtable(table(name, rows)) for name, rows in tables.items()}, attributes)


def values_of(tables: Mapping[str, StreamTable]) -> dict[str, Stream]:
    """The streams without their facts."""
    return {name: table.stream for name, table in tables.items()}


@functools.cache
def duckdb() -> Any:
    """The DuckDB of this process."""
    return ibis.duckdb.connect()


def arranged(
    streams: dict[str, StreamTable], engine: Engine | None = None
) -> tuple[list[str], dict[str, Facts]]:
    """All streams as one bucket: its customers and its facts, computed by an engine (None: DuckDB)."""
    con = duckdb() if engine is None else engine.con
    raw = {name: con.to_pyarrow(stream.facts) for name, stream in streams.items()}
    ids = sorted({customer for part in raw.values() for customer in part["customer_id"].to_pylist()})
    return ids, {
        name: arrange(streams[name].stream, part, pa.array(ids, pa.string())) for name, part in raw.items()
    }


def first_days(facts: dict[str, Facts], dates: Sequence[dt.date]) -> dict[str, dict[int, int]]:
    """The first day of each stream that was known at each date."""
    found: dict[str, dict[int, int]] = {}
    for name, one in facts.items():
        found[name] = {}
        for date in dates:
            known = one.occurred_at[(one.known_at < micros(date)) & (one.occurred_at != ALWAYS)]
            if len(known):
                found[name][micros(date)] = int(known.min()) // DAY * DAY
    return found


def features(
    tables: Mapping[str, Sequence[Row]],
    *dates: float,
    attributes: tuple[str, ...] = (),
    windows: tuple[int, ...] = WINDOWS,
    horizon_days: int = 60,
    families: tuple[Family, ...] = FAMILIES,
) -> pd.DataFrame:
    """Every feature of every customer at each date, indexed by (customer, day number)."""
    streams = streams_of(tables, attributes)
    ids, facts = arranged(streams)
    as_of = [day(number).date() for number in dates]
    rows = Rows(
        np.repeat(np.arange(len(ids)), len(as_of)),
        np.tile([micros(date) for date in as_of], len(ids)).astype(np.int64),
    )
    columns = compute(
        plan_features(families, values_of(streams), windows, horizon_days=horizon_days),
        facts,
        rows,
        first_days(facts, as_of),
    )
    index = pd.MultiIndex.from_product([ids, list(dates)])
    frame: pd.DataFrame = pa.table(columns).to_pandas()
    return frame.set_index(index)


def one(tables: Mapping[str, Sequence[Row]], date: float, **options: Any) -> dict[str, Any]:
    """The features of the customer `a` at one date, by name."""
    frame = features(tables, date, **options).xs("a")
    return {str(name): column.iloc[0] for name, column in frame.items()}


def expect(row: dict[str, Any], **expected: Any) -> None:
    """Some features have the expected values; None: null."""
    for name, value in expected.items():
        found = row[name]
        missing = found is None or (isinstance(found, float | np.floating) and np.isnan(found))
        if value is None:
            assert missing, f"{name} is {found}, not null"
        else:
            assert found == (pytest.approx(value, rel=1e-6) if isinstance(value, int | float) else value), (
                name
            )
