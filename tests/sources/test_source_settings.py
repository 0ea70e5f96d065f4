"""What a source file may not say, and how it is told."""

from typing import Any

import pydantic
import pytest

from holdfast.sources.settings import SourceSettings

COLUMNS = {"customer_id": "a", "transaction_id": "b", "occurred_at": "c", "amount": "d"}
SOUND: dict[str, Any] = {"read": "a.csv", "columns": COLUMNS}


def told(tables: dict[str, Any], **source: Any) -> str:
    with pytest.raises(pydantic.ValidationError) as refused:
        SourceSettings(name="shop", tables=tables, **source)
    return str(refused.value)


def test_sound_source_has_its_defaults() -> None:
    source = SourceSettings(name="shop", tables={"transactions": SOUND})
    assert (source.time_zone, source.currency, source.tables["transactions"].read) == (
        "UTC",
        None,
        ("a.csv",),
    )


@pytest.mark.parametrize("column", COLUMNS)
def test_required_column_is_unmapped(column: str) -> None:
    columns = {name: raw for name, raw in COLUMNS.items() if name != column}
    message = told({"transactions": {**SOUND, "columns": columns}})
    assert f"tables.transactions.columns.{column} is required and not mapped" in message


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({}, "tables: is empty"),
        ({"transaction": SOUND}, "did you mean 'transactions'?"),
        ({"transactions": {**SOUND, "columns": {**COLUMNS, "prodct_id": "e"}}}, "did you mean 'product_id'?"),
        ({"transactions": {"columns": COLUMNS}}, "give either read: (files) or database: (a URL)"),
        (
            {"transactions": {**SOUND, "database": "duckdb://"}},
            "give either read: (files) or database: (a URL)",
        ),
        ({"transactions": {"database": "duckdb://", "columns": COLUMNS}}, "give either table: or query:"),
        ({"transactions": {**SOUND, "table": "x"}}, "table: and query: need database:"),
        ({"transactions": {**SOUND, "attributes": ["x"]}}, "only the table customers has attributes"),
        ({"transactions": {**SOUND, "formats": {"amount": "%d"}}}, "formats are only for times"),
        ({"transactions": {**SOUND, "formats": {"known_at": "%d"}}}, "formats are only for times"),
        ({"transactions": {**SOUND, "csv": {"encoding": "klingon"}}}, "'klingon' is no encoding"),
        ({"transactions": {**SOUND, "csv": {"header": False}}}, "header: false needs names"),
        ({"transactions": {**SOUND, "reed": "x"}}, "reed"),
        (
            {"transactions": {**SOUND, "columns": {**COLUMNS, "line_id": False}}},
            "a bare no, off is read as false",
        ),
        ({"transactions": {**SOUND, "where": True}}, "a bare yes, on is read as true"),
        ({"transactions": {**SOUND, "columns": {**COLUMNS, "currency": "e"}}}, "needs currency"),
        (
            {"customers": {"read": "x", "columns": {"customer_id": "a", "age": "b"}}},
            "listed under attributes:",
        ),
        ({"customers": {"read": "x", "columns": {"customer_id": "a"}, "attributes": ["age"]}}, "lists 'age'"),
        (
            {
                "tickets": {
                    "read": "x",
                    "columns": {"customer_id": "a", "ticket_id": "b", "opened_at": "c", "csat": "d"},
                }
            },
            "tables.tickets.columns.csat needs tables.tickets.columns.csat_at",
        ),
    ],
)
def test_wrong_tables(tables: dict[str, Any], message: str) -> None:
    assert message in told(tables)


def test_wrong_time_zone_and_name() -> None:
    assert "'Mars/Olympus' is no time zone" in told({"transactions": SOUND}, time_zone="Mars/Olympus")
    with pytest.raises(pydantic.ValidationError, match="name"):
        SourceSettings(name="../shop", tables={"transactions": SOUND})


def test_url_of_a_database_is_never_shown() -> None:
    table = {"database": "postgresql://ann:hunter2@db/shop", "table": "orders", "columns": COLUMNS}
    source = SourceSettings(name="shop", tables={"transactions": table})
    assert "hunter2" not in repr(source)
    assert "hunter2" not in source.model_dump_json()
