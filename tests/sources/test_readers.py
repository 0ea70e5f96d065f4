"""Every kind of raw file, and every way a CSV may be written: the same rows come out."""

import datetime as dt
import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from holdfast.errors import DataRefused

HEADER = ("customer_id", "transaction_id", "occurred_at", "amount")
ROWS = [("007", "A1", "2026-03-01 09:30:00", "12.5"), ("008", "A2", "2026-03-02 10:00:00", "-3")]


def day(*parts: int) -> dt.datetime:
    return dt.datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 — wall-clock


EXPECTED = [
    {
        "customer_id": "007",
        "transaction_id": "A1",
        "occurred_at": day(2026, 3, 1, 9, 30),
        "amount": 12.5,
        "known_at": day(2026, 3, 1, 9, 30),
    },
    {
        "customer_id": "008",
        "transaction_id": "A2",
        "occurred_at": day(2026, 3, 2, 10),
        "amount": -3.0,
        "known_at": day(2026, 3, 2, 10),
    },
]


def csv_text(rows: Sequence[tuple[str, ...]], delimiter: str = ",") -> str:
    return "\n".join(delimiter.join(row) for row in [HEADER, *rows]) + "\n"


def write_workbook(path: Path, *sheets: list[tuple[Any, ...]]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"sheet {number}")
        for row in rows:
            sheet.append(row)
    book.save(path)


TYPED = [("007", "A1", day(2026, 3, 1, 9, 30), 12.5), ("008", "A2", day(2026, 3, 2, 10), -3)]


@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a.tsv", "a.csv.gz", "a.parquet", "a.xlsx"])
def test_each_kind_of_file_gives_the_same_rows(run, orders, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(csv_text(ROWS).encode()))
    elif name.endswith(".parquet"):
        pq.write_table(pa.table(dict(zip(HEADER, map(list, zip(*TYPED, strict=True)), strict=True))), path)
    elif name.endswith(".xlsx"):
        write_workbook(path, [HEADER, *TYPED])
    else:
        path.write_text(csv_text(ROWS, "\t" if name == "a.tsv" else ","))
    result = run(orders(path))
    assert result.validated() == EXPECTED
    assert result.rejected() == []


def test_folder_of_mixed_files_is_read_in_the_order_of_their_names(run, orders, tmp_path: Path) -> None:
    folder = tmp_path / "raw"
    (folder / "more").mkdir(parents=True)
    (folder / "1.csv").write_text(csv_text(ROWS[:1]))
    write_workbook(folder / "more" / "2.xlsx", [HEADER, TYPED[1]])
    pq.write_table(pa.table({"customer_id": [9], "transaction_id": ["A3"], "occurred_at": [day(2026, 3, 3)],
                             "amount": [1]}), folder / "more" / "3.parquet")  # fmt: skip
    (folder / "read me.md").write_text("not data")
    (folder / ".hidden.csv").write_text("not data")
    result = run(orders(folder))
    assert [row["customer_id"] for row in result.validated()] == ["007", "008", "9"]
    assert result.validated()[:2] == EXPECTED


def test_glob_and_list_of_files(run, orders, tmp_path: Path) -> None:
    for number, row in enumerate(ROWS):
        (tmp_path / f"day-{number}.csv").write_text(csv_text([row]))
    one = run(orders(tmp_path / "day-*.csv"))
    tables = orders(tmp_path)
    tables["transactions"]["read"] = [str(tmp_path / "day-1.csv"), str(tmp_path / "day-0.csv")]
    assert one.validated() == run(tables).validated() == EXPECTED


def test_columns_are_matched_by_name_across_files(run, orders, tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text(csv_text(ROWS[:1]))
    (tmp_path / "2.csv").write_text(
        "amount;note;occurred_at;customer_id;transaction_id\n-3;x;2026-03-02 10:00;008;A2\n"
    )
    assert run(orders(tmp_path / "*.csv")).validated() == EXPECTED


@pytest.mark.parametrize(
    ("encoding", "csv"),
    [
        ("cp1252", {"encoding": "cp1252"}),
        ("cp1253", {"encoding": "cp1253"}),
        ("cp1257", {"encoding": "cp1257"}),
        ("cp1256", {"encoding": "cp1256"}),
        ("latin-1", {"encoding": "latin-1"}),
        ("utf-16", {}),
        ("utf-8-sig", {}),
        ("utf-8", {}),
    ],
)
@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_encodings(run, orders, tmp_path: Path, encoding: str, csv: dict[str, str], suffix: str) -> None:
    names = {"cp1253": "Ελένη", "cp1257": "Žemyna", "cp1256": "سارا", "cp1252": "Zoë", "latin-1": "Zoë"}
    name = names.get(encoding, "Ελένη سارا Žemyna")
    content = csv_text([(name, *ROWS[0][1:])]).encode(encoding)
    path = tmp_path / f"a{suffix}"
    path.write_bytes(gzip.compress(content) if suffix.endswith("gz") else content)
    assert run(orders(path, csv=csv)).validated()[0]["customer_id"] == name


def test_european_numbers_and_delimiter(run, orders, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(csv_text([("1", "A", "2026-03-01", "1.234,50"), ("2", "B", "2026-03-01", "-0,5")], ";"))
    table = orders(path, {"discount": "amount * 2"}, csv={"decimal": ",", "thousands": "."})
    rows = run(table).validated()
    assert [(row["amount"], row["discount"]) for row in rows] == [(1234.5, 2469.0), (-0.5, -1.0)]


def test_lines_above_the_header_and_no_header(run, orders, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Export of today\n\n" + csv_text(ROWS))
    assert run(orders(path, csv={"skip": 2})).validated() == EXPECTED
    path.write_text("\n".join(",".join(row) for row in ROWS))
    assert run(orders(path, csv={"header": False, "names": list(HEADER)})).validated() == EXPECTED


def test_quotes_and_line_ends(run, orders, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(
        b'customer_id,"transaction_id",occurred_at,amount\r\n"a ""b"", c","two\r\nlines",2026-03-01,1\r\n'
        b"d,e,2026-03-02,2\r\n"
    )
    rows = run(orders(path)).validated()
    assert [row["customer_id"] for row in rows] == ['a "b", c', "d"]
    assert rows[0]["transaction_id"].split() == ["two", "lines"]


def test_no_quotes_and_another_escape(run, orders, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(csv_text([('"1', '5" pipe', "2026-03-01", "1")]))
    assert [row["transaction_id"] for row in run(orders(path, csv={"quote": ""})).validated()] == ['5" pipe']
    path.write_text(
        csv_text([('"a\\"b"', "A", "2026-03-01", "1"), ('"open\\"', "A", "2026-03-01", "1"), ROWS[0]])
    )
    result = run(orders(path, csv={"escape": "\\"}))
    assert [row["customer_id"] for row in result.validated()] == ['a"b', "007"]
    assert result.reports["transactions"].by_rule == {"malformed_line": 1}


def test_what_stands_for_nothing(run, orders, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        csv_text([(null, "A", "2026-03-01", "1") for null in ("NULL", "\\N", "", "  ", '""')] + ROWS)
    )
    result = run(orders(path))
    assert result.validated() == EXPECTED
    assert result.reports["transactions"].by_rule == {"customer_id_missing": 5}


def test_workbook_with_several_sheets_and_odd_cells(run, orders, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    first = [(), HEADER, (17850.0, 536365, day(2026, 3, 1), 2), (None, None, None, None)]
    second = [HEADER, ("0012", "C1", "1/3/2026 10:00", "x")]
    write_workbook(path, first, second)
    result = run(orders(path, formats={"occurred_at": "%d/%m/%Y %H:%M"}))
    assert [(row["customer_id"], row["transaction_id"]) for row in result.validated()] == [
        ("17850", "536365")
    ]
    assert [(row["customer_id"], row["rule"], row["row"]) for row in result.rejected()] == [
        ("0012", "amount_unreadable", 2)
    ]


def test_formulas_that_were_never_calculated_are_refused(run, orders, tmp_path: Path) -> None:
    """openpyxl writes formulas without results; only columns that are mapped must have them."""
    path, rows = tmp_path / "a.xlsx", [("007", f"A{n}", day(2026, 3, 1), 2) for n in range(3)]
    write_workbook(path, [(*HEADER, "note"), *((*row, "=1+1") for row in rows)])
    assert len(run(orders(path)).validated()) == 3
    write_workbook(path, [HEADER, *rows, ("007", "A9", day(2026, 3, 1), "=2*3")])
    with pytest.raises(DataRefused, match=r"a\.xlsx has formulas without a result") as refused:
        run(orders(path))
    assert "found:    in amount" in str(refused.value)


@pytest.mark.parametrize(
    ("cells", "ids"),
    [
        (["17850.0", "", "12.0"], ["17850", "12"]),
        (["17850.0", "00012"], ["17850", "00012"]),
        (["1.0", "1.5"], ["1.0", "1.5"]),
        (["001", "2"], ["001", "2"]),
        ([" 5 ", "6"], ["5", "6"]),
    ],
)
def test_ids_stay_text(run, orders, tmp_path: Path, cells: list[str], ids: list[str]) -> None:
    path = tmp_path / "a.csv"
    path.write_text(csv_text([(cell, "A", "2026-03-01", "1") for cell in cells]))
    assert [row["customer_id"] for row in run(orders(path)).validated()] == ids


def test_ids_of_typed_files(run, orders, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(
        pa.table(
            {
                "customer_id": pa.array([17850.0, None, float("nan"), 12.5]),
                "transaction_id": pa.array([1, 2, 3, 2**60]),
                "occurred_at": pa.array([dt.date(2026, 3, 1)] * 4),
                "amount": pa.array([1, 2, 3, 4], pa.decimal128(10, 2)),
            }
        ),
        path,
    )
    result = run(orders(path))
    assert [row["customer_id"] for row in result.validated()] == ["17850", "12.5"]
    assert [row["transaction_id"] for row in result.validated()] == ["1", str(2**60)]
    assert result.reports["transactions"].by_rule == {"customer_id_missing": 2}


def test_rejected_rows_tell_file_and_row(run, orders, tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "a.csv").write_text(csv_text([*ROWS, ("", "A3", "2026-03-01", "1")]))
    (tmp_path / "raw" / "b.csv").write_text(csv_text([("1", "A4", "not a day", "1")]))
    rejected = run(orders(tmp_path / "raw")).rejected()
    assert [(row["file"], row["row"], row["rule"]) for row in rejected] == [
        ("a.csv", 4, "customer_id_missing"),
        ("b.csv", 2, "occurred_at_unreadable"),
    ]
    assert rejected[1]["occurred_at"] == "not a day"


def test_row_of_a_parquet_file(run, orders, tmp_path: Path) -> None:
    columns = {"customer_id": ["1", None], "transaction_id": ["A", "B"], "occurred_at": ["2026-03-01"] * 2}
    pq.write_table(pa.table({**columns, "amount": [1.0, 2.0]}), tmp_path / "a.parquet")
    assert [row["row"] for row in run(orders(tmp_path / "a.parquet")).rejected()] == [2]
