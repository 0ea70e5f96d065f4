"""Every way a raw table can be refused: one clear message of the right kind, nothing of a customer in it."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from holdfast.errors import DataRefused, HoldfastError, SettingError

HEADER = "customer_id,transaction_id,occurred_at,amount\n"
GOOD = "1,A,2026-03-01 10:00,5\n"


def refusal(run: Any, tables: dict[str, Any], kind: type[HoldfastError] = DataRefused, **more: Any) -> str:
    with pytest.raises(kind) as refused:
        run(tables, **more)
    assert type(refused.value) is kind
    assert refused.value.lines["where"]
    assert refused.value.lines["next"]
    return str(refused.value)


def test_missing_file_tells_what_is_there(run, orders, tmp_path: Path) -> None:
    (tmp_path / "orders.CSV.bak").write_text("")
    told = refusal(run, orders(tmp_path / "order.csv"))
    assert "no raw file at" in told
    assert "orders.CSV.bak" in told
    assert "source.tables.transactions.read" in told


def test_missing_folder_and_empty_glob(run, orders, tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    assert "raw is empty" in refusal(run, orders(tmp_path / "raw" / "shop"))
    assert "no raw file" in refusal(run, orders(tmp_path / "*.csv"))
    (tmp_path / "folder").mkdir()
    assert "parquet" in refusal(run, orders(tmp_path / "folder"))


def test_kind_of_file_that_cannot_be_read(run, orders, tmp_path: Path) -> None:
    (tmp_path / "a.xls").write_text("x")
    assert "a.xls is of a kind" in refusal(run, orders(tmp_path / "a.*"))


@pytest.mark.parametrize("content", ["", "\n\n", HEADER, HEADER + "\n\n"])
def test_empty_table(run, orders, tmp_path: Path, content: str) -> None:
    (tmp_path / "a.csv").write_text(content)
    assert "transactions is empty" in refusal(run, orders(tmp_path / "a.csv"))


def test_empty_parquet(run, orders, tmp_path: Path) -> None:
    empty = {name: pa.array([], pa.string()) for name in HEADER.strip().split(",")}
    pq.write_table(pa.table(empty), tmp_path / "a.parquet")
    assert "transactions is empty" in refusal(run, orders(tmp_path / "a.parquet"))


@pytest.mark.parametrize("name", ["a.parquet", "a.xlsx", "a.csv.gz"])
def test_damaged_file(run, orders, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"not what it says")
    assert f"{name} cannot be read" in refusal(run, orders(tmp_path / name))


def test_damaged_file_among_others(run, orders, tmp_path: Path) -> None:
    pq.write_table(pa.table({name: ["1"] for name in HEADER.strip().split(",")}), tmp_path / "a.parquet")
    (tmp_path / "b.parquet").write_bytes(b"PAR1")
    assert "b.parquet cannot be read" in refusal(run, orders(tmp_path / "*.parquet"))


def test_column_that_the_file_has_not(run, orders, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("custmer_id,transaction_id,occurred_at,amount\n1,A,2026-03-01,5\n")
    told = refusal(run, orders(tmp_path / "a.csv"), SettingError)
    assert "no column 'customer_id'" in told
    assert "did you mean 'custmer_id'" in told


@pytest.mark.parametrize(
    ("value", "shape", "hint"),
    [
        ("25/03/2026 10:00", "dd/dd/dddd dd:dd", '"%d/%m/%Y %H:%M"'),
        ("03/25/2026", "dd/dd/dddd", '"%m/%d/%Y"'),
        ("25.03.2026 10:00:30", "dd.dd.dddd dd:dd:dd", '"%d.%m.%Y %H:%M:%S"'),
        ("25-Mar-2026", "dd-aaa-dddd", '"%d-%b-%Y"'),
        ("20260325", "dddddddd", '"%Y%m%d"'),
    ],
)
def test_wrong_date_format_suggests_the_right_one(
    run, orders, tmp_path: Path, value: str, shape: str, hint: str
) -> None:
    (tmp_path / "a.csv").write_text(HEADER + f"1,A,{value},5\n" * 20 + GOOD)
    told = refusal(run, orders(tmp_path / "a.csv"), max_rejected_share=0.1)
    assert "20 of 21 rows of transactions (95.2%) break a rule: occurred_at_unreadable 20" in told
    assert shape in told
    assert f"set source.tables.transactions.formats.occurred_at, for example  {hint}" in told
    assert value not in told


def test_wrong_format_tells_the_one_that_was_expected(run, orders, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEADER + "1,A,25/03/2026,5\n")
    formats = {"occurred_at": "%m/%d/%Y"}
    assert "expected: %m/%d/%Y" in refusal(run, orders(tmp_path / "a.csv", formats=formats))


def test_decimal_comma_is_suggested(run, orders, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEADER.replace(",", ";") + "1;A;2026-03-01;5,50\n")
    assert 'csv: {decimal: ","}' in refusal(run, orders(tmp_path / "a.csv"))


@pytest.mark.parametrize("encoding", ["cp1252", "cp1253"])
def test_file_that_is_not_utf8(run, orders, tmp_path: Path, encoding: str) -> None:
    name = {"cp1252": "Zoë", "cp1253": "Ελένη"}[encoding]
    (tmp_path / "a.csv").write_text(HEADER + GOOD * 500 + f"{name},A,2026-03-01,5\n", encoding=encoding)
    told = refusal(run, orders(tmp_path / "a.csv"))
    assert "a.csv is not written in utf-8" in told
    assert "csv: {encoding: cp1252}" in told
    assert name not in told


def test_header_that_is_not_utf8_and_wrong_encoding(run, orders, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(HEADER.replace("amount", "größe").encode("cp1252") + GOOD.encode())
    assert "not written in utf-8" in refusal(run, orders(tmp_path / "a.csv"))
    (tmp_path / "a.csv").write_bytes((HEADER + GOOD).encode() + b"\x81,A,2026-03-01,5\n")
    assert "not written in cp1252" in refusal(run, orders(tmp_path / "a.csv", csv={"encoding": "cp1252"}))


def test_too_many_rejected_rows_tell_the_counts_by_rule(run, orders, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEADER + GOOD * 7 + ",A,2026-03-01,5\n" * 2 + "1,A,2026-03-01,inf\n")
    told = refusal(run, orders(tmp_path / "a.csv"), max_rejected_share=0.2)
    assert (
        "3 of 10 rows of transactions (30.0%) break a rule: customer_id_missing 2, amount_not_finite 1"
        in told
    )
    assert "at most 20% (contracts.max_rejected_share)" in told
    assert run(orders(tmp_path / "a.csv"), max_rejected_share=0.3).reports["transactions"].accepted == 7


def test_rows_left_out_do_not_dilute_the_share(run, orders, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEADER + "x,A,2026-03-01,5\n" * 90 + GOOD * 5 + "1,A,never,5\n" * 5)
    told = refusal(run, orders(tmp_path / "a.csv", where="customer_id <> 'x'"), max_rejected_share=0.1)
    assert "5 of 10 rows" in told


def test_nothing_accepted_is_refused_whatever_the_limit(run, orders, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEADER + ",A,2026-03-01,5\n")
    assert "1 of 1 rows" in refusal(run, orders(tmp_path / "a.csv"))
    assert "leaves no row of transactions in scope" in refusal(
        run, orders(tmp_path / "a.csv", where="amount > 100")
    )


def test_no_table_is_written_by_a_refused_run(run, orders, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEADER + "1,A,never,5\n")
    refusal(run, orders(tmp_path / "a.csv"))
    assert list(tmp_path.glob("out-*/validated/*")) == []
    assert list(tmp_path.glob("out-*/rejected/*")) == []
