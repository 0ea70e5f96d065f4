"""Contract tables as a few rows, and the facts of their streams."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ibis
import pyarrow as pa
import pytest

from holdfast.contracts.tables import CONTRACTS
from holdfast.streams.definitions import define
from holdfast.streams.stream import Stream

TYPES = {"text": pa.string(), "time": pa.timestamp("us"), "number": pa.float64(), "flag": pa.bool_()}

Rows = Sequence[Mapping[str, Any]]


def contract_table(name: str, rows: Rows, further: Mapping[str, pa.DataType]) -> ibis.Table:
    """A validated table with the columns that the rows have, of the contract's types."""
    types = {column.name: TYPES[column.type] for column in CONTRACTS[name].columns} | {
        "known_at": TYPES["time"]
    }
    types |= further
    columns = dict.fromkeys(column for row in rows for column in row)
    return ibis.memtable(pa.table({c: pa.array([row.get(c) for row in rows], types[c]) for c in columns}))


@pytest.fixture
def stream_of() -> Callable[..., tuple[Stream, pa.Table]]:
    """`stream_of(table, rows)`: its stream, and the facts in the order of customer, time and kind."""

    def build(
        name: str,
        rows: Rows,
        attributes: tuple[str, ...] = (),
        further: Mapping[str, pa.DataType] | None = None,
    ) -> tuple[Stream, pa.Table]:
        table = define({name: contract_table(name, rows, further or {})}, attributes)[name]
        stream, facts = table.stream, ibis.duckdb.connect().to_pyarrow(table.facts)
        return stream, facts.sort_by([(key, "ascending") for key in ("customer_id", "occurred_at", "kind")])

    return build
