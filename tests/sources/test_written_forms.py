"""Times, numbers, texts and JSON lists as programs export them: read as meant, or refused with advice."""

import datetime as dt
import gzip
import json
from pathlib import Path

import pytest
from tests.sources.conftest import Run
from tests.sources.test_exports import COLUMNS, column, of_times, written

from holdfast.errors import DataRefused, SettingError

AT_TEN = dt.datetime(2025, 1, 2, 10, 30)  # noqa: DTZ001 — wall clock


@pytest.mark.parametrize(
    ("time", "right"),
    [
        ("2025-01-02T09:30Z", AT_TEN),  # no seconds before the zone
        ("2025-01-02 10:30+01:00", AT_TEN),
        ("2025-01-02T11:30 +0200", AT_TEN),
        ('"2025-01-02 10:30:00,500"', AT_TEN.replace(microsecond=500_000)),
        ('"2025-01-02T09:30:00,5Z"', AT_TEN.replace(microsecond=500_000)),
        ("٢٠٢٥-٠١-٠٢ ١٠:٣٠", AT_TEN),
        ("２０２５-０１-０２\u3000１０：３０", AT_TEN),
    ],
)
def test_times_of_iso_8601(run: Run, tmp_path: Path, time: str, right: dt.datetime) -> None:
    result = run(of_times(tmp_path, time), time_zone="Europe/Berlin")
    assert column(result, "occurred_at") == [right]


@pytest.mark.parametrize(
    ("currency", "decimal", "number", "right"),
    [
        ("CHF", ".", "Fr. 12.-", 12.0),
        ("CHF", ".", "SFr. 1'200.—", 1200.0),
        ("CHF", ".", "-12.--", -12.0),
        ("CHF", ".", "12.50-", -12.5),
        ("DKK", ",", "1.200,- kr", 1200.0),
        ("JPY", ".", "￥1,234", 1234.0),
        ("JPY", ".", "1,234円", 1234.0),
        ("INR", ".", "Rs. 1,00,000.00", 100_000.0),
        ("USD", ".", "US$5.00", 5.0),
    ],
)
def test_amounts(run: Run, tmp_path: Path, currency: str, decimal: str, number: str, right: float) -> None:
    tables = written(tmp_path, f'K1,N1,2025-01-02,"{number}"')
    tables["transactions"]["csv"] = {"decimal": decimal}
    assert column(run(tables, currency=currency), "amount") == [right]


def test_a_mark_behind_a_sign_with_a_point_is_asked_about(run: Run, tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="two ways"):
        run(written(tmp_path, 'K1,N1,2025-01-02,"Rs. 1,234"'), currency="INR")


def test_lines_in_two_encodings(run: Run, tmp_path: Path) -> None:
    """A line of UTF-8 beside one of cp1252; `Пё` of cp1251 is not taken for UTF-8."""
    tables = written(tmp_path, "Jürg,N1,2025-01-02,5")
    with (tmp_path / "orders.csv").open("ab") as file:
        file.write("Zoë,N2,2025-01-03,6\n".encode("cp1252"))
    tables["transactions"]["csv"] = {"encoding": "cp1252"}
    assert column(run(tables), "customer_id") == ["Jürg", "Zoë"]
    (tmp_path / "orders.csv").write_bytes("who,order,placed,total\nПётр,N1,2025-01-02,5\n".encode("cp1251"))
    tables["transactions"]["csv"] = {"encoding": "cp1251"}
    assert column(run(tables), "customer_id") == ["Пётр"]


def test_no_row_is_lost_where_lines_end_in_two_ways(run: Run, tmp_path: Path) -> None:
    content = "sep=;\r\nwho;order;placed;total\nA;1;2025-01-02;5\nB;2;2025-01-03;6\n"
    tables = written(tmp_path)
    (tmp_path / "orders.csv").write_bytes(content.encode())
    assert column(run(tables), "customer_id") == ["A", "B"]


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (b"PK\x03\x04\xff\xfe", "name a workbook .xlsx"),
        (b"\x1f\x8b\x08\x00\xff", "add .gz to its name"),
        (b"PAR1\x15\x04\x15\xff", "name it .parquet"),
        ("who,order\nA,1\n".encode("utf-16-le"), "utf-16-le"),
        ("who,örder\n".encode("cp1252"), "cp1252"),
    ],
)
def test_the_advice_for_what_is_no_text(run: Run, tmp_path: Path, content: bytes, advice: str) -> None:
    tables = written(tmp_path)
    (tmp_path / "orders.csv").write_bytes(content)
    with pytest.raises(DataRefused) as refused:
        run(tables)
    assert advice in str(refused.value)


def test_the_advice_for_an_archive_is_about_the_text_in_it(run: Run, tmp_path: Path) -> None:
    tables = written(tmp_path)
    (tmp_path / "orders.csv").unlink(missing_ok=True)
    (tmp_path / "orders.csv.gz").write_bytes(gzip.compress("who,örder\n".encode("cp1252")))
    with pytest.raises(DataRefused) as refused:
        run(tables)
    assert "csv: {encoding: cp1252}" in str(refused.value)


def test_years_of_another_calendar_in_another_format(run: Run, tmp_path: Path) -> None:
    tables = of_times(tmp_path, "02/01/2568", "13/02/2568")
    expression = "try_strptime(placed, '%d/%m/%Y') - INTERVAL 543 YEAR"
    with pytest.raises(DataRefused) as refused:
        run(tables)
    assert expression in str(refused.value)
    tables["transactions"]["columns"] = {**COLUMNS, "occurred_at": expression}
    assert [time.date() for time in column(run(tables), "occurred_at")] == [
        dt.date(2025, 1, 2),
        dt.date(2025, 2, 13),
    ]


@pytest.mark.parametrize(("time", "form"), [("2025年1月2日", "%Y年%m月%d日"), ("2025-W01-4", "%G-W%V-%u")])
def test_further_formats_are_advised_and_read(run: Run, tmp_path: Path, time: str, form: str) -> None:
    tables = of_times(tmp_path, time)
    with pytest.raises(DataRefused) as refused:
        run(tables)
    assert form in str(refused.value)
    tables["transactions"]["formats"] = {"occurred_at": form}
    assert column(run(tables), "occurred_at") == [dt.datetime(2025, 1, 2)]  # noqa: DTZ001


def test_words_of_a_payment_get_a_case(run: Run, tmp_path: Path) -> None:
    (tmp_path / "pay.csv").write_text("who,no,day,state\nA,1,2025-01-01,bezahlt\n", encoding="utf-8")
    columns = {"customer_id": "who", "payment_id": "no", "attempted_at": "day", "status": "state"}
    with pytest.raises(DataRefused) as refused:
        run({"payments": {"read": str(tmp_path / "pay.csv"), "columns": columns}})
    assert "CASE state WHEN" in str(refused.value)
    columns["status"] = "CASE state WHEN 'bezahlt' THEN 'succeeded' WHEN 'offen' THEN 'failed' END"
    result = run({"payments": {"read": str(tmp_path / "pay.csv"), "columns": columns}})
    assert column(result, "status", "payments") == ["succeeded"]


def test_a_field_of_a_list(run: Run, tmp_path: Path) -> None:
    record = {"id": "1", "at": "2025-01-02", "contacts": {"contacts": [{"external_id": "A"}]}}
    (tmp_path / "talks.json").write_text(json.dumps([record]), encoding="utf-8")
    columns = {"customer_id": "contacts.contacts[1].external_id", "ticket_id": "id", "opened_at": "at"}
    tables = {"tickets": {"read": str(tmp_path / "talks.json"), "columns": columns}}
    with pytest.raises(SettingError) as refused:
        run(tables)
    assert "contacts.contacts ->> '$[0].FIELD'" in str(refused.value)
    columns["customer_id"] = "contacts.contacts ->> '$[0].external_id'"
    assert column(run(tables), "customer_id", "tickets") == ["A"]
