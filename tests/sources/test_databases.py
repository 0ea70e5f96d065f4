"""Tables out of databases that are files: SQLite, DuckDB, and DuckDB over files of any kind; and refusals."""

import datetime as dt
import socket
import sqlite3
from pathlib import Path
from typing import Any

import duckdb
import pytest

from holdfast.errors import DataRefused, SettingError
from holdfast.sources import databases

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


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as con:
        con.execute('CREATE TABLE orders (who, no INTEGER, at DATETIME, paid REAL, "odd name" TEXT)')
        con.executemany(
            "INSERT INTO orders VALUES (?, ?, ?, ?, ?)",
            [
                (17850.0, 2, "2026-03-02", -3, "y"),
                ("007", 1, "2026-03-01 09:30:00", 12.5, "x"),
                ("008", "three", "a while ago", 1, "x"),
            ],
        )
    con.close()
    return f"sqlite:///{path}"


def test_sqlite(run, sqlite_url: str) -> None:
    result = run(source(sqlite_url, table="orders"))
    assert rows_of(result) == EXPECTED
    assert [(row["file"], row["row"], row["rule"], row["occurred_at"]) for row in result.rejected()] == [
        ("database", None, "occurred_at_unreadable", "a while ago")
    ]


def test_sqlite_query_and_where(run, sqlite_url: str) -> None:
    query = "SELECT who, no, at, paid, \"odd name\" AS mark FROM orders WHERE at LIKE '2026%'; "
    report = run(source(sqlite_url, query=query, where="mark = 'x'")).reports["transactions"]
    assert (report.read, report.accepted, report.out_of_scope) == (2, 1, 1)


def test_database_that_is_not_there_is_not_made(run, tmp_path: Path) -> None:
    for scheme in ("sqlite", "duckdb"):
        with pytest.raises(DataRefused, match="the database of transactions cannot be reached"):
            run(source(f"{scheme}:///{tmp_path}/none.db", table="orders"))
    assert not (tmp_path / "none.db").exists()


def test_file_of_duckdb(run, tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as con:
        con.execute("CREATE SCHEMA sales")
        con.execute(
            "CREATE TABLE sales.orders AS SELECT * FROM (VALUES ('007', 1::BIGINT, TIMESTAMPTZ "
            "'2026-03-01 09:30:00+00', 12.50::DECIMAL(9, 2)), ('17850', 2, '2026-03-02 00:00:00+00', -3)) "
            'AS t(who, no, "at", paid)'
        )
    url = f"duckdb:///{tmp_path}/shop.duckdb"
    assert rows_of(run(source(url, table="sales.orders"))) == EXPECTED
    assert rows_of(run(source(url, query="FROM sales.orders"))) == EXPECTED


@pytest.mark.parametrize(
    "kind", ["TIMESTAMPTZ", "TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_S", "DATE", "VARCHAR"]
)
def test_times_as_a_warehouse_hands_them_over_are_read_as_those_of_other_databases(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    zone = "+00" if kind in ("TIMESTAMPTZ", "VARCHAR") else ""
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as con:
        con.execute("SET TimeZone = 'Asia/Tokyo'")
        con.execute(
            "CREATE TABLE orders AS SELECT 'a' AS who, 1 AS no, 12.5::DECIMAL(9, 2) AS paid, "
            f"'2026-07-01 22:30:00{zone}'::{kind} AS \"at\""
        )
    orders = source(f"duckdb:///{tmp_path}/shop.duckdb", table="orders")
    (as_text,) = rows_of(run(orders, time_zone="Europe/Berlin"))
    hour = {"TIMESTAMPTZ": "2026-07-02 00:30", "VARCHAR": "2026-07-02 00:30", "DATE": "2026-07-01"}
    assert as_text == ("a", "1", wall(hour.get(kind, "2026-07-01 22:30")), 12.5)
    monkeypatch.setattr(databases, "WAREHOUSES", ("duckdb",))
    assert rows_of(run(orders, time_zone="Europe/Berlin")) == [as_text]


def test_query_over_files_is_sorted_whatever_the_threads(run, tmp_path: Path) -> None:
    for name, body in {
        "a": "no,who,at\n2,17850,2026-03-02\n1,007,2026-03-01 09:30\n",
        "b": "no,paid\n1,12.5\n2,-3\n",
    }.items():
        (tmp_path / f"{name}.csv").write_text(body)
    query = (
        f"SELECT * FROM read_csv('{tmp_path}/a.csv', all_varchar = true) AS a "
        f"JOIN read_csv('{tmp_path}/b.csv', all_varchar = true) AS b USING (no)"
    )
    first, second = (run(source("duckdb://", query=query), threads=threads) for threads in (1, 2))
    assert rows_of(first) == EXPECTED
    assert first.bytes() == second.bytes()


def test_query_over_files_that_cannot_run(run, tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="missing or damaged"):
        run(source("duckdb://", query=f"SELECT * FROM '{tmp_path}/none.parquet'"))
    with pytest.raises(SettingError, match="the query cannot be run"):
        run(source("duckdb://", query="SELEC 1"))


def test_column_or_table_that_the_database_has_not(run, sqlite_url: str) -> None:
    with pytest.raises(SettingError, match="did you mean 'orders'"):
        run(source(sqlite_url, table="order"))
    wrong = source(sqlite_url, table="orders")
    wrong["transactions"]["columns"] = {**COLUMNS, "amount": "payed"}
    with pytest.raises(SettingError, match="did you mean 'paid'"):
        run(wrong)


def test_database_that_is_down(run) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(DataRefused, match="the database of transactions cannot be reached") as refused:
        run(source(f"postgresql://ann:{QUOTED_SECRET}@127.0.0.1:{port}/shop?sslmode=disable", table="orders"))
    told = str(refused.value)
    assert "hunter2" not in told
    assert f"postgresql://127.0.0.1:{port}/shop" in told
    assert refused.value.lines["next"]


def test_unknown_kind_of_database(run) -> None:
    with pytest.raises((DataRefused, SettingError)) as refused:
        run(source("oracel://ann:hunter2@host/shop", table="orders"))
    assert "hunter2" not in str(refused.value)
