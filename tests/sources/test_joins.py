"""Raw tables joined by a key: whose rows count, what is counted apart, what is refused."""

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from holdfast.errors import DataRefused, SettingError
from holdfast.sources.inputs import table_hashes
from holdfast.sources.settings import SourceSettings

LINES = "no,pieces,price\n01,2,1.50\n01,1,3.25\n02,3,4.5\n09,1,1\n"
HEADS = "no,who,placed\n01,007,2025-03-04\n02,008,2025-03-05\n03,009,2025-03-06\n"
COLUMNS = {
    "customer_id": "heads.who", "transaction_id": "no", "occurred_at": "heads.placed",
    "amount": "pieces * price",
}  # fmt: skip


def joined(folder: Path, lines: str = LINES, heads: str = HEADS, **join: Any) -> dict[str, Any]:
    """Lines of invoices, and their invoices in a file of their own."""
    (folder / "lines.csv").write_text(lines)
    (folder / "heads.csv").write_text(heads)
    other = {"read": str(folder / "heads.csv"), "key": "no", **join}
    return {
        "transactions": {
            "read": str(folder / "lines.csv"),
            "join": {"heads": other},
            "columns": COLUMNS.copy(),
        }
    }


def amounts(rows: list[dict[str, Any]]) -> list[tuple[str, str, float]]:
    return [(row["customer_id"], row["transaction_id"], row["amount"]) for row in rows]


EXPECTED = [("007", "01", 3.0), ("007", "01", 3.25), ("008", "02", 13.5)]


def test_each_line_has_the_columns_of_its_invoice(run, tmp_path: Path) -> None:
    result = run(joined(tmp_path))
    assert amounts(result.validated()) == EXPECTED
    assert [(row["row"], row["rule"]) for row in result.rejected()] == [(5, "customer_id_missing")]


def test_rows_without_a_partner_are_counted_on_both_sides(run, tmp_path: Path) -> None:
    report = run(joined(tmp_path)).reports["transactions"]
    assert (report.read, report.accepted, report.rejected) == (4, 3, 1)
    assert (report.unmatched, report.unused) == ({"heads": 1}, {"heads": 1})


def test_both_tables_meet_within_an_expression_and_in_where(run, tmp_path: Path) -> None:
    tables = joined(
        tmp_path, heads="no,who,placed,rate,kind\n01,007,2025-03-04,2,a\n02,008,2025-03-05,3,test\n"
    )
    tables["transactions"]["columns"]["amount"] = "pieces * price * heads.rate"
    tables["transactions"]["where"] = "heads.kind <> 'test' AND pieces > 0"
    result = run(tables)
    assert [row["amount"] for row in result.validated()] == [6, 6.5]
    report = result.reports["transactions"]
    assert (report.out_of_scope, report.undecided) == (2, 1)


def test_keys_of_other_names_blanks_and_floats(run, tmp_path: Path) -> None:
    lines = "order,pieces,price\n1001.0,2,5\n 1002 ,1,7\n"
    tables = joined(
        tmp_path, lines, "id,who,placed\n1001,K,2025-03-04\n1002,L,2025-03-05\n", key={"order": "id"}
    )
    tables["transactions"]["columns"]["transaction_id"] = "order"
    assert amounts(run(tables).validated()) == [("K", "1001", 10), ("L", "1002", 7)]


def test_several_keys_and_expressions(run, tmp_path: Path) -> None:
    lines = "year,no,pieces,price\n25,1,2,5\n26,1,1,7\n"
    heads = "year,no,who,placed\n2025,0001,K,2025-03-04\n2026,0001,L,2026-03-05\n"
    key = {"'20' || year": "year", "no": "ltrim(no, '0')"}
    assert amounts(run(joined(tmp_path, lines, heads, key=key)).validated()) == [
        ("K", "1", 10),
        ("L", "1", 7),
    ]


def test_the_same_row_twice_is_one_row(run, tmp_path: Path) -> None:
    """Monthly exports overlap."""
    assert amounts(run(joined(tmp_path, heads=HEADS + "02,008,2025-03-05\n")).validated()) == EXPECTED


def test_rows_that_would_multiply_are_refused(run, tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="several rows for 1 keys") as refusal:
        run(joined(tmp_path, heads=HEADS + "02,010,2025-03-05\n"))
    assert refusal.value.lines["where"] == "source.tables.transactions.join.heads.key"
    assert "2 different rows" in str(refusal.value)
    assert "010" not in str(refusal.value)


def test_a_table_that_matches_nothing_is_refused(run, tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="no row for any of the 4 rows"):
        run(joined(tmp_path, heads="no,who,placed\nA1,007,2025-03-04\n"))


@pytest.mark.parametrize("key", ["1", "0002", " 0 2", "2.0", "٢", "'02"])
def test_keys_in_another_spelling_are_refused(run, tmp_path: Path, key: str) -> None:
    with pytest.raises(DataRefused, match="1 of 3 keys are known to the joined table only in another"):
        run(
            joined(
                tmp_path,
                heads=f"no,who,placed\n{'02' if key == '1' else '01'},A,2025-03-04\n{key},B,2025-03-05\n",
            )
        )


def test_lines_of_the_joined_file_do_not_vanish(run, tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="1 lines of the joined table cannot be split") as refusal:
        run(joined(tmp_path, heads=HEADS + "04,010\n"))
    assert "join.heads" in str(refusal.value)


def test_a_column_is_named_by_its_table(run, tmp_path: Path) -> None:
    tables = joined(tmp_path)
    tables["transactions"]["columns"]["customer_id"] = "who"
    with pytest.raises(SettingError, match="no column 'who'") as refusal:
        run(tables)
    assert "heads.who" in str(refusal.value)


def test_a_join_named_like_a_field_of_the_table_is_refused(run, tmp_path: Path) -> None:
    lines = "no,pieces,price,heads.who\n01,1,1,K\n"
    with pytest.raises(SettingError, match=r"already has a column 'heads\.who'"):
        run(joined(tmp_path, lines))


def test_marks_of_numbers_are_those_of_the_table(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"join\.heads\.csv: decimal and thousands"):
        SourceSettings(name="test", tables=joined(tmp_path, csv={"decimal": ","}))


def test_kinds_of_files_may_differ(run, tmp_path: Path) -> None:
    """A workbook with a title, JSON and a Parquet file of numbers, joined with a CSV file of lines."""
    tables = joined(tmp_path)
    book = openpyxl.Workbook()
    for row in (
        ["Invoices"],
        [],
        ["no", "who", "placed"],
        ["01", "007", dt.date(2025, 3, 4)],
        ["02", "008", dt.date(2025, 3, 5)],
    ):
        book.worksheets[0].append(row)
    book.save(tmp_path / "heads.xlsx")
    tables["transactions"]["join"]["heads"]["read"] = str(tmp_path / "heads.xlsx")
    (tmp_path / "shops.json").write_text('[{"head": {"no": "01"}, "shop": {"name": "Riga"}}]')
    tables["transactions"]["join"]["shops"] = {"read": str(tmp_path / "shops.json"), "key": {"no": "head.no"}}
    pq.write_table(pa.table({"no": [1, 2], "kind": ["a", "b"]}), tmp_path / "kinds.parquet")
    kinds = {"read": str(tmp_path / "kinds.parquet"), "key": {"ltrim(no, '0')": "no"}}
    tables["transactions"]["join"]["kinds"] = kinds
    tables["transactions"]["columns"] |= {"channel": "shops.shop.name", "category": "kinds.kind"}
    result = run(tables)
    assert amounts(result.validated()) == EXPECTED
    assert [(row["channel"], row["category"]) for row in result.validated()] == [
        ("Riga", "a"), ("Riga", "a"), (None, "b"),
    ]  # fmt: skip
    assert result.reports["transactions"].unmatched == {"heads": 1, "kinds": 1, "shops": 2}


def test_a_database_is_joined_with_files(run, tmp_path: Path) -> None:
    tables = joined(tmp_path)
    with duckdb.connect(str(tmp_path / "shop.db")) as con:
        con.execute("CREATE TABLE heads AS SELECT '01' AS no, '007' AS who, DATE '2025-03-04' AS placed")
    heads = {"database": f"duckdb://{tmp_path / 'shop.db'}", "table": "heads", "key": "no"}
    tables["transactions"]["join"]["heads"] = heads
    assert amounts(run(tables).validated()) == EXPECTED[:2]
    assert table_hashes(SourceSettings(name="test", tables=tables)) == {"transactions": None}


def test_a_changed_partner_is_a_changed_input(tmp_path: Path) -> None:
    source = SourceSettings(name="test", tables=joined(tmp_path))
    before = table_hashes(source)["transactions"]
    joined(tmp_path, heads=HEADS.replace("008", "018"))
    after = table_hashes(source)["transactions"]
    assert before is not None
    assert after is not None
    assert {path for path in before if before[path] != after[path]} == {str(tmp_path / "heads.csv")}


def test_many_rows_keep_the_order_of_their_files(run, tmp_path: Path) -> None:
    lines = "no,pieces,price\n" + "".join(f"{n % 1000},{n},1\n" for n in range(30_000))
    heads = "no,who,placed\n" + "".join(f"{n},K{n},2025-03-04\n" for n in reversed(range(1000)))
    first, second = (run(joined(tmp_path, lines, heads), threads=threads) for threads in (1, 2))
    assert [row["amount"] for row in first.validated()] == list(range(30_000))
    assert first.bytes() == second.bytes()
