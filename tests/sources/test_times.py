"""When a row happened, when it was known, and which of two rows of a key came first."""

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest


def wall(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def csv(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def column_of(result: Any, name: str, table: str = "transactions") -> list[Any]:
    return [row[name] for row in result.validated(table)]


ORDERS = ("customer_id", "transaction_id", "occurred_at", "amount")


def table(path: Path, columns: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"transactions": {"read": str(path), "columns": columns, **more}}


@pytest.mark.parametrize(
    ("raw", "zone", "formats", "expected"),
    [
        ("2026-07-01 10:00", "Europe/London", None, "2026-07-01 10:00:00"),
        ("2026-07-01T10:00:00Z", "Europe/London", None, "2026-07-01 11:00:00"),
        ("2026-01-01T10:00:00Z", "Europe/London", None, "2026-01-01 10:00:00"),
        ("2026-07-01 10:00:00.123456+02:00", "America/New_York", None, "2026-07-01 04:00:00.123456"),
        ("2026-07-01", "Asia/Tehran", None, "2026-07-01 00:00:00"),
        ("1/7/2026 8:26", "UTC", "%d/%m/%Y %H:%M", "2026-07-01 08:26:00"),
        ("1.7.26", "UTC", ["%d/%m/%Y", "%d.%m.%y"], "2026-07-01 00:00:00"),
        ("20260701", "UTC", "%Y%m%d", "2026-07-01 00:00:00"),
        ("01.07.2026 10:00 +0200", "Europe/London", "%d.%m.%Y %H:%M %z", "2026-07-01 09:00:00"),
        ("2026-07-01 10:00", "UTC", "%d/%m/%Y", "2026-07-01 10:00:00"),
    ],
)
def test_times_become_the_wall_clock_of_the_source(
    run, tmp_path: Path, raw: str, zone: str, formats: Any, expected: str
) -> None:
    path = csv(tmp_path / "a.csv", ",".join(ORDERS), f"1,A,{raw},1")
    more = {"formats": {"occurred_at": formats}} if formats else {}
    result = run(table(path, {name: name for name in ORDERS}, **more), time_zone=zone)
    assert column_of(result, "occurred_at") == [wall(expected)]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Tokyo"])
def test_times_of_typed_files(run, tmp_path: Path, unit: str, zone: str | None) -> None:
    moment = pa.array([wall("2026-07-01 10:00:00")]).cast(pa.timestamp(unit)).cast(pa.timestamp(unit, zone))
    rows = {"customer_id": [1], "transaction_id": [1], "occurred_at": moment, "amount": [1]}
    pq.write_table(pa.table(rows), tmp_path / "a.parquet")
    result = run(table(tmp_path / "a.parquet", {name: name for name in ORDERS}), time_zone="Europe/London")
    assert column_of(result, "occurred_at") == [wall(f"2026-07-01 {'11' if zone else '10'}:00:00")]


def test_whole_numbers_as_days(run, tmp_path: Path) -> None:
    rows = {"customer_id": [1], "transaction_id": [1], "occurred_at": [20260701], "amount": [1]}
    pq.write_table(pa.table(rows), tmp_path / "a.parquet")
    formats = {"occurred_at": "%Y%m%d"}
    result = run(table(tmp_path / "a.parquet", {name: name for name in ORDERS}, formats=formats))
    assert column_of(result, "occurred_at") == [wall("2026-07-01")]


@pytest.mark.parametrize(
    "bad", ["31/02/2026", "0000-00-00", "2026-13-01", "yesterday", "2026", "1900-01-01", "9999-12-31"]
)
def test_bad_dates_reject_their_row_and_nothing_else(run, tmp_path: Path, bad: str) -> None:
    path = csv(tmp_path / "a.csv", ",".join(ORDERS), "1,A,2026-03-01,1", f"1,B,{bad},1")
    report = run(table(path, {name: name for name in ORDERS}, formats={"occurred_at": "%d/%m/%Y"})).reports
    assert (report["transactions"].accepted, report["transactions"].rejected) == (1, 1)


def test_known_at_is_the_event_unless_given(run, tmp_path: Path) -> None:
    path = csv(
        tmp_path / "a.csv",
        ",".join((*ORDERS, "loaded")),
        "1,A,2026-03-01 10:00,1,2026-03-02 11:30",
        "1,B,2026-03-01 10:00,1,",
        "1,C,2026-03-01 10:00,1,soon",
        "1,D,2026-03-01 10:00,1,2026-02-01",
    )
    result = run(table(path, {**{name: name for name in ORDERS}, "known_at": "loaded"}))
    assert column_of(result, "known_at") == [wall("2026-03-02 11:30:00"), wall("2026-03-01 10:00:00")]
    report = result.reports["transactions"]
    assert report.by_rule == {"known_at_unreadable": 1, "known_before_occurred_at": 1}
    assert report.delay_days_p99 == pytest.approx(26 / 24)
    assert (report.first_occurred_at, report.last_known_at) == ("2026-03-01T10:00:00", "2026-03-02T11:30:00")


def test_first_known_row_of_a_key_stays(run, tmp_path: Path) -> None:
    path = csv(
        tmp_path / "a.csv",
        "line,customer_id,transaction_id,occurred_at,amount,known",
        "L1,1,late,2026-03-01,1,2026-03-05",
        "L1,1,first,2026-03-01,1,2026-03-02",
        "L1,1,tie,2026-03-01,1,2026-03-02",
        "L2,1,alone,2026-03-01,1,2026-03-02",
        "L1,,broken,2026-03-01,1,2026-03-01",
        ",1,no line,2026-03-01,1,2026-03-01",
        ",1,no line,2026-03-01,1,2026-03-01",
    )
    columns = {**{name: name for name in ORDERS}, "line_id": "line", "known_at": "known"}
    result = run(table(path, columns))
    assert column_of(result, "transaction_id") == ["first", "alone", "no line", "no line"]
    assert result.reports["transactions"].by_rule == {"customer_id_missing": 1, "duplicate_key": 2}


def test_without_line_id_nothing_is_a_duplicate(run, tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", ",".join(ORDERS), *["1,A,2026-03-01,1"] * 3)
    assert run(table(path, {name: name for name in ORDERS})).reports["transactions"].accepted == 3


def test_a_no_of_any_row_of_a_customer_stands(run, tmp_path: Path) -> None:
    path = csv(
        tmp_path / "a.csv",
        "id,since,ok,name",
        "1,2026-01-01,yes,kept",
        "1,2026-01-01,no,twice",
        "1,2026-02-01,yes,later",  # another day: they may have said yes again
        "2,2026-01-01,,nobody asked",
        "2,2026-01-01,no,twice",
        "3,2026-01-01,no,said no",
        "3,2026-01-01,yes,twice",
        "4,2026-01-01,yes,twice",
        "4,2026-01-01,yes,twice",
        "5,2026-01-01,yes,broken twin",
        "5,not a day,no,broken",
    )
    columns = {"customer_id": "id", "valid_from": "since", "consent": "ok", "name": "name"}
    found = run({"customers": {"read": str(path), "columns": columns}})
    assert column_of(found, "name", "customers") == [
        "kept", "later", "nobody asked", "said no", "twice", "broken twin",
    ]  # fmt: skip
    assert column_of(found, "consent", "customers") == [False, True, False, False, True, True]
    report = found.reports["customers"]
    assert (report.denied, report.by_rule) == (2, {"duplicate_key": 4, "valid_from_unreadable": 1})
    undated = run({"customers": {"read": str(path), "columns": {"customer_id": "id", "consent": "ok"}}})
    assert column_of(undated, "consent", "customers") == [False, False, False, True, False]
    assert undated.reports["customers"].denied == 3


def test_customers_with_and_without_valid_from(run, tmp_path: Path) -> None:
    path = csv(
        tmp_path / "a.csv", "id,since,city", "1,2026-01-01,Rome", "1,2026-02-01,Oslo", "1,2026-02-01,Bonn"
    )
    columns = {"customer_id": "id", "city": "city"}
    once = run({"customers": {"read": str(path), "columns": columns, "attributes": ["city"]}})
    assert column_of(once, "city", "customers") == ["Rome"]
    assert column_of(once, "known_at", "customers") == [None]
    dated = run(
        {
            "customers": {
                "read": str(path),
                "columns": {**columns, "valid_from": "since"},
                "attributes": "city",
            }
        }
    )
    assert column_of(dated, "city", "customers") == ["Rome", "Oslo"]
    assert column_of(dated, "known_at", "customers") == [wall("2026-01-01"), wall("2026-02-01")]
