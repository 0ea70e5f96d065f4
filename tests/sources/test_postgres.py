"""Tables out of a real PostgreSQL, started for these tests alone."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from tests.servers import postgres_server

from holdfast.errors import DataRefused, SettingError

COLUMNS = {"customer_id": "who", "transaction_id": "no", "occurred_at": "at", "amount": "paid"}
SECRET = "hunter2/§"
QUOTED_SECRET = "hunter2%2F%C2%A7"


def source(url: str, **more: Any) -> dict[str, Any]:
    return {"transactions": {"database": url, "columns": COLUMNS, **more}}


def rows_of(result: Any) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in COLUMNS) for row in result.validated()]


def wall(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


EXPECTED = [
    ("007", "1", wall("2026-03-01 09:30:00"), 12.5),
    ("17850", "2", wall("2026-03-02 00:00:00"), -3.0),
]


@pytest.fixture(scope="module")
def postgres() -> Iterator[int]:
    """The port of a PostgreSQL of our own, with the user `ann` and her secret."""
    with postgres_server(SECRET) as port:
        with psycopg.connect(
            host="127.0.0.1", port=port, user="ann", password=SECRET, dbname="postgres"
        ) as con:
            con.execute("CREATE SCHEMA sales")
            con.execute(
                "CREATE TABLE sales.orders "
                "(who text, no bigint, at timestamptz, paid numeric(12, 2), note jsonb)"
            )
            con.execute(
                "INSERT INTO sales.orders VALUES ('17850', 2, '2026-03-02 00:00+00', -3, '{}'), "
                "('007', 1, '2026-03-01 11:30+02', 12.5, NULL), ('008', 3, 'infinity', 1, NULL), "
                "('009', 4, '0044-03-15 BC', 1, NULL), (NULL, 5, NULL, 'NaN', NULL)"
            )
            con.execute("CREATE TABLE many AS SELECT i % 100 AS who, i AS no, "
                        "timestamp '2026-01-01' + i * interval '1 minute' AS at, i / 4.0::float8 AS paid "
                        "FROM generate_series(1, 120000) AS t(i)")  # fmt: skip
        yield port


def url_of(port: int, secret: str = QUOTED_SECRET) -> str:
    return f"postgresql://ann:{secret}@127.0.0.1:{port}/postgres"


def test_postgres_table(run, postgres: int) -> None:
    result = run(source(url_of(postgres), table="sales.orders"))
    assert rows_of(result) == EXPECTED
    assert result.reports["transactions"].by_rule == {
        "customer_id_missing": 1,
        "occurred_at_after_9999": 1,
        "occurred_at_unreadable": 1,
    }


def test_postgres_query_in_batches(run, postgres: int) -> None:
    result = run(source(url_of(postgres), query="SELECT * FROM many WHERE no > 10"))
    report = result.reports["transactions"]
    assert (report.read, report.accepted) == (119_990, 119_990)
    assert sum(row["amount"] for row in result.validated()) == sum(range(11, 120_001)) / 4


def test_postgres_expressions(run, postgres: int) -> None:
    columns = {**COLUMNS, "amount": "paid * 2", "quantity": "CASE WHEN month(at) = 1 THEN 1 END"}
    tables = source(url_of(postgres), query="SELECT * FROM many WHERE no <= 2")
    tables["transactions"]["columns"] = columns
    assert [(row["amount"], row["quantity"]) for row in run(tables).validated()] == [(0.5, 1.0), (1.0, 1.0)]


def test_postgres_that_only_reads(run, postgres: int) -> None:
    """As a replica does: nothing may be made there, not even a temporary view."""
    url = url_of(postgres) + "?options=-c%20default_transaction_read_only%3Don"
    assert rows_of(run(source(url, query="SELECT * FROM sales.orders WHERE no < 3"))) == EXPECTED


def test_postgres_refusals_hold_no_secret(run, postgres: int) -> None:
    calls = [
        source(url_of(postgres, "wrong-hunter3"), table="sales.orders"),
        source(url_of(postgres).replace("/postgres", "/no_such_database"), table="sales.orders"),
        source(url_of(postgres), query="SELECT * FROM no_such_table"),
        source(
            url_of(postgres), query="SELECT CAST(who || 'x' AS int) AS who, no, at, paid FROM sales.orders"
        ),
        source(url_of(postgres), query="SELECT 1 / 0 AS who, 1 AS no, now() AS at, 1 AS paid"),
    ]
    for tables in calls:
        with pytest.raises(DataRefused) as refused:
            run(tables)
        told = str(refused.value)
        assert "hunter" not in told
        assert "ann:" not in told
        assert "127.0.0.1" in told
        assert "007" not in told.replace(str(postgres), "")  # a customer; a port may hold it too
    with pytest.raises(SettingError, match=r"sales\.order\b"):
        run(source(url_of(postgres), table="sales.order"))
