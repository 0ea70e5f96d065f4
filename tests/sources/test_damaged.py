"""Damaged files are refused by name, however much of them could be read."""

import gzip
import time
from pathlib import Path

import openpyxl
import pytest

from holdfast.errors import DataRefused

CONTENT = "customer_id,transaction_id,occurred_at,amount\n" + "".join(
    f"{number % 50},{number},2024-01-{1 + number % 28:02},5\n" for number in range(2000)
)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda zipped: zipped[: len(zipped) // 2], "ends too early"),
        (lambda zipped: zipped[:4000] + bytes([zipped[4000] ^ 255]) + zipped[4001:], "is damaged"),
        (lambda zipped: zipped[:-8] + b"\0\0\0\0" + zipped[-4:], "is damaged"),  # the checksum
        (lambda _: b"no gzip", "is damaged"),
    ],
)
def test_a_damaged_gzip_loses_no_rows_in_silence(run, orders, tmp_path: Path, damage, said: str) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(CONTENT.encode(), mtime=0))
    assert run(orders(path)).reports["transactions"].accepted == 2000
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataRefused, match=f"a.csv.gz cannot be read(.|\n)*its compressed content {said}"):
        run(orders(path))


def test_utf16_without_its_mark_is_no_text(run, orders, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(CONTENT.encode("utf-16-le"))
    with pytest.raises(DataRefused, match=r"a\.csv is not written in utf-8"):
        run(orders(path))


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_a_line_with_a_hundred_thousand_fields_is_one_malformed_line(
    run, orders, tmp_path: Path, suffix: str
) -> None:
    path, content = tmp_path / f"a{suffix}", (CONTENT + "1," * 100_000 + "\n" + CONTENT[46:]).encode()
    path.write_bytes(gzip.compress(content) if suffix.endswith("gz") else content)
    began = time.monotonic()
    report = run(orders(path)).reports["transactions"]
    assert (report.accepted, report.by_rule) == (4000, {"malformed_line": 1})
    assert time.monotonic() - began < 60  # minutes, before


def test_a_name_or_a_text_may_be_long(run, orders, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    text = "a, b; " * 50_000
    path.write_text(f'customer_id,transaction_id,occurred_at,amount,category\n1,A,2024-01-01,5,"{text}"\n')
    result = run(orders(path, {"category": "category"}))
    assert [row["category"] for row in result.validated()] == [text.strip()]


@pytest.mark.parametrize(
    "csv", [{"delimiter": '"'}, {"delimiter": ";", "quote": ";"}, {"delimiter": ",", "escape": ","}]
)
def test_a_delimiter_that_is_also_another_mark_is_refused(run, orders, tmp_path: Path, csv) -> None:
    with pytest.raises(ValueError, match="delimiter is also the quote, the escape or the end of a line"):
        run(orders(tmp_path / "a.csv", csv=csv))


@pytest.mark.parametrize("encoding", ["klingon", "hex", "rot13"])
def test_what_is_no_encoding_of_text_is_refused(run, orders, tmp_path: Path, encoding: str) -> None:
    with pytest.raises(ValueError, match=f"'{encoding}' is no encoding known"):
        run(orders(tmp_path / "a.csv", csv={"encoding": encoding}))


def test_no_nulls_and_more_lines_to_skip_than_there_are(run, orders, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(CONTENT)
    assert run(orders(path, csv={"nulls": []})).reports["transactions"].accepted == 2000
    with pytest.raises(DataRefused, match="the table transactions is empty"):
        run(orders(path, csv={"skip": 1_000_000}))
    with pytest.raises(ValueError, match="less than or equal to 1000000"):
        run(orders(path, csv={"skip": 10**20}))


@pytest.mark.parametrize("cell", ["XFD1048576", "ZZ1048576"])
def test_a_cell_in_the_last_column_takes_no_memory(run, orders, tmp_path: Path, cell: str) -> None:
    book = openpyxl.Workbook()
    for line in CONTENT.splitlines()[:50]:
        book.active.append(line.split(","))
    book.save(tmp_path / "a.xlsx")
    assert run(orders(tmp_path / "a.xlsx")).reports["transactions"].accepted == 49
    book.active[cell] = 1
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(DataRefused, match=r"a sheet of a\.xlsx has a cell far from all others"):
        run(orders(tmp_path / "a.xlsx"))
