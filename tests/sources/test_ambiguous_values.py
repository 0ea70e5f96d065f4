"""Values as exports have them: read as the only thing that they can mean, rejected by a rule, or asked about.

Nothing is guessed, and no row is lost.
"""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from holdfast.errors import DataRefused, HoldfastError

# ruff: noqa: DTZ001 — wall-clock times of the source's zone

COLUMNS = {"customer_id": "who", "transaction_id": "order", "occurred_at": "placed", "amount": "total"}
HEADER = "who;order;placed;total"


def table(folder: Path, text: str | bytes, name: str = "orders.csv", **more: Any) -> dict[str, Any]:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return {"transactions": {"read": str(folder / "orders*"), "columns": COLUMNS, **more}}


def csv(*rows: str, header: str = HEADER) -> str:
    return "\n".join([header, *rows]) + "\n"


def values(run: Any, tables: dict[str, Any], column: str, **source: Any) -> tuple[list[Any], list[str]]:
    result = run(tables, **source)
    report = result.reports["transactions"]
    assert report.accepted + report.rejected + report.out_of_scope == report.read
    return [row[column] for row in result.validated()], [row["rule"] for row in result.rejected()]


# --- ids ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("1001", "１００１"), ("1001", "١٠٠١"), ("1001", "1,001"), ("1001", "1'001"), ("1001", "+1001"),
        ("007", "'007"), ("007", '="007"'), ("Ann", "ANN"), ("Ann", "Ａｎｎ"), ("Ren\u00e9", "Rene\u0301"),
        ("\u0130da", "i\u0307da"), ("AB1", "AB\u200d1"), ("AB1", "A\ufeffB1"), ("A B", "A\u00a0B"),
        ("A B", "AB"), ("1001", "01001"), ("K\u00ad1", "K1"),
    ],
)  # fmt: skip
def test_two_spellings_of_a_customer_are_asked_about(run, tmp_path: Path, first: str, second: str) -> None:
    rows = [
        f'"{text.replace(chr(34), chr(34) * 2)}";{n};2025-03-04;5' for n, text in enumerate((first, second))
    ]
    with pytest.raises(
        HoldfastError, match="1 of 2 customers of transactions are there under another spelling"
    ):
        run(table(tmp_path, csv(*rows)))


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("n/a", "customer_id_missing"), ("NA", "customer_id_missing"), ("-", "customer_id_missing"),
        ("None", "customer_id_missing"), ("(null)", "customer_id_missing"), ("<NULL>", "customer_id_missing"),
        ("1.2e11", "customer_id_lost_digits"), ("1.20E+011", "customer_id_lost_digits"),
        ("K\x00", "customer_id_with_control_character"),
    ],
)  # fmt: skip
def test_what_is_no_id_makes_no_customer(run, tmp_path: Path, written: str, rule: str) -> None:
    tables = table(tmp_path, csv("K;A;2025-03-04;5", f"{written};B;2025-03-04;5"))
    assert values(run, tables, "customer_id") == (["K"], [rule])


@pytest.mark.parametrize("word", ["NULL", "n/a", "-", "#N/A", "none", "N/A"])
def test_words_for_nothing_in_cells_of_a_workbook(run, tmp_path: Path, word: str) -> None:
    book = openpyxl.Workbook()
    for row in (HEADER.split(";"), ["K", "A", dt.date(2025, 3, 4), 5], [word, "B", dt.date(2025, 3, 4), 5]):
        book.worksheets[0].append(row)
    book.save(tmp_path / "orders.xlsx")
    tables = {"transactions": {"read": str(tmp_path / "orders.xlsx"), "columns": COLUMNS}}
    assert values(run, tables, "customer_id") == (["K"], ["customer_id_missing"])


def test_whole_numbers_of_json_keep_their_digits(run, tmp_path: Path) -> None:
    """Beside a fraction, JSON readers make all numbers of a field floating ones, of 15 digits."""
    rows = [(9007199254740993, 12345678901234567890123), (9007199254740995, 2.5), ("9007199254740997", 1)]
    text = "\n".join(
        json.dumps({"who": who, "order": no, "placed": "2025-03-04", "total": 1.234}) for who, no in rows
    )
    tables = table(tmp_path, text, "orders.jsonl")
    ids = ["9007199254740993", "9007199254740995", "9007199254740997"]
    assert sorted(values(run, tables, "customer_id")[0]) == ids
    assert sorted(values(run, tables, "transaction_id")[0]) == ["1", "12345678901234567890123", "2.5"]
    tables["transactions"]["csv"] = {"decimal": ","}
    assert values(run, tables, "amount")[0] == [1.234] * 3


# --- times --------------------------------------------------------------------------------------------


def times(folder: Path, *written: str, **more: Any) -> dict[str, Any]:
    return table(folder, csv(*(f'K{n};N{n};"{text}";5' for n, text in enumerate(written))), **more)


UNREADABLE, EARLY = "occurred_at_unreadable", "occurred_at_before_1971"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2025-07-04 12:00:00 UTC", dt.datetime(2025, 7, 4, 14)),
        ("2025-07-04T12:00:00.5Z", dt.datetime(2025, 7, 4, 14, 0, 0, 500000)),
        ("2025-07-04 12:00:00 +02", dt.datetime(2025, 7, 4, 12)),
        ("2025-07-04 12:00:00 -0330", dt.datetime(2025, 7, 4, 17, 30)),
        ("2025-03-04 24:00:00", dt.datetime(2025, 3, 5)),
        ("2025-03-04 9:05", dt.datetime(2025, 3, 4, 9, 5)),
        ("2025-3-4", dt.datetime(2025, 3, 4)),
        ("2025-07-04 12:00:00 CEST", dt.datetime(2025, 7, 4, 12)),
        ("2025-07-04 12:00:00 PST", UNREADABLE),
        ("2025-07-04 12:00:00 GMT+2", dt.datetime(2025, 7, 4, 12)),
        ("2025-07-04T12:00+02:00[Europe/Berlin]", dt.datetime(2025, 7, 4, 12)),
        ("2025-02-30", UNREADABLE),
        ("2025-03-04 23:59:60", UNREADABLE),
        ("2025-03", UNREADABLE),
        ("2025-W10-2", UNREADABLE),
        ("4. März 2025", UNREADABLE),
        ("03/04/2025", UNREADABLE),
        ("45720", UNREADABLE),
        ("1741046400", UNREADABLE),
        ("٢٠٢٥-٠٣-٠٤", dt.datetime(2025, 3, 4)),
        ("0000-00-00 00:00:00", UNREADABLE),
        ("25-03-04", EARLY),
        ("1446-09-04", EARLY),
        ("1899-12-30", EARLY),
        ("1970-01-01", EARLY),
        ("2568-03-04", "occurred_at_after_reading"),
        ("20255-01-02", "occurred_at_after_9999"),
        ("2025-03-30 03:00", dt.datetime(2025, 3, 30, 3)),
    ],
)
def test_times_mean_one_thing(run, tmp_path: Path, written: str, expected: dt.datetime | str) -> None:
    found = values(run, times(tmp_path, "2025-01-01", written), "occurred_at", time_zone="Europe/Berlin")
    first = [dt.datetime(2025, 1, 1)]
    assert found == ((first, [expected]) if isinstance(expected, str) else ([*first, expected], []))


@pytest.mark.parametrize(
    ("zone", "written", "skipped"),
    [
        ("Europe/Berlin", ("2025-03-30 02:30", "2025-03-30 01:59:59", "2025-03-30 03:00", "2025-03-30"), 1),
        ("Africa/Cairo", ("2025-04-25", "2025-04-25 00:30", "2025-04-25 01:00"), 1),
        ("Australia/Lord_Howe", ("2025-10-05 02:29", "2025-10-05 02:30"), 1),
        ("UTC", ("2025-03-30 02:30",), 0),
        ("Europe/Berlin", ("2025-03-30T01:30:00Z", "2025-03-30T00:30:00Z"), 0),
    ],
)
def test_times_that_the_clocks_skipped_are_counted(
    run, tmp_path: Path, zone: str, written: tuple[str, ...], skipped: int
) -> None:
    """They are accepted: the zone may be wrong. A day is there although its midnight was skipped."""
    report = run(times(tmp_path, *written), time_zone=zone).reports["transactions"]
    found = dict.fromkeys(("occurred_at", "known_at"), skipped) if skipped else {}
    assert (report.accepted, report.skipped_by_clock) == (len(written), found)


def test_day_and_month_exchanged_in_a_part_of_the_file(run, tmp_path: Path) -> None:
    tables = times(
        tmp_path, "13/02/2025", "02/14/2025", "03/04/2025", formats={"occurred_at": ["%d/%m/%Y", "%m/%d/%Y"]}
    )
    expected = [dt.datetime(2025, 2, 13), dt.datetime(2025, 2, 14)]
    assert values(run, tables, "occurred_at") == (expected, ["occurred_at_ambiguous"])


def test_formats_that_never_differ_are_not_ambiguous(run, tmp_path: Path) -> None:
    formats = {"occurred_at": ["%d.%m.%Y %H:%M", "%d.%m.%Y", "%d.%m.%y"]}
    tables = times(tmp_path, "04.03.2025 10:00", "05.03.2025", "06.03.25", formats=formats)
    expected = [dt.datetime(2025, 3, 4, 10), dt.datetime(2025, 3, 5), dt.datetime(2025, 3, 6)]
    assert values(run, tables, "occurred_at") == (expected, [])


@pytest.mark.parametrize(
    ("written", "asks"),
    [
        ("03/04/2025", '"%d/%m/%Y" or "%m/%d/%Y"'),
        ("04.03.25 10:00", '"%d.%m.%y %H:%M"'),
        ("25-03-13", '"%y-%m-%d"'),
        ("20250304123000", '"%Y%m%d%H%M%S"'),
        ("Mar 4, 2025", '"%b %d, %Y"'),
        ("2025-03-04 09:00 PM", '"%Y-%m-%d %I:%M %p"'),
        ("04.07.2025 12:00 Europe/Riga", '"%d.%m.%Y %H:%M %Z"'),
        ("4 Mai 2025", "replace(placed, 'Mai', 'May')"),
        ("1446-09-04", "Islamic or Persian calendar"),
        ("2568-03-04", "placed - INTERVAL 543 YEAR"),
        ("1741046400000000", "to_timestamp(placed / 1000000)"),
        ("1741046400000000000", "to_timestamp(placed / 1000000000)"),
        ("12:30", "with an SQL expression"),
    ],
)
def test_the_advice_fits_the_values(run, tmp_path: Path, written: str, asks: str) -> None:
    with pytest.raises(HoldfastError) as refusal:
        run(times(tmp_path, written, written), max_rejected_share=0.1)
    assert asks in str(refusal.value)


@pytest.mark.parametrize(
    ("written", "mapped", "expected"),
    [
        ("2568-03-04", "placed - INTERVAL 543 YEAR", dt.datetime(2025, 3, 4)),
        ("4 Mai 2025", "strptime(replace(placed, 'Mai', 'May'), '%d %b %Y')", dt.datetime(2025, 5, 4)),
        ("1741046400000000000", "to_timestamp(placed / 1000000000)", dt.datetime(2025, 3, 4)),
    ],
)
def test_the_advice_works(run, tmp_path: Path, written: str, mapped: str, expected: dt.datetime) -> None:
    tables = times(tmp_path, written, columns={**COLUMNS, "occurred_at": mapped})
    assert values(run, tables, "occurred_at") == ([expected], [])


# --- numbers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("1 234.50", 1234.5),
        ("1\u202f234.50", 1234.5),
        ("1\u2009234.50", 1234.5),
        ("1’234.50", 1234.5),
        ("12,34,567", 1234567),
        ("1,00,000.00", 100000),
        ("-€5.00", -5),
        ("€-5.00", -5),
        ("EUR12.50", 12.5),
        ("(€12.50)", -12.5),
        ("–12.50", -12.5),
        ("−12.50", -12.5),
        ("12.50-", -12.5),
        ("+12.5", 12.5),
        ("١٢٫٥٠", 12.5),
        ("١٬٢٣٤٫٥٠", 1234.5),
        ("１２.５", 12.5),
        ("1e3", 1000),
        ("12%", None),
        ("$12.50", None),
        ("12,50", None),
        ("12.50 CR", None),
        ("1.5.2", None),
        ("12,3456.5", None),
        ("1,,000", None),
        ("0x10", None),
        ("five", None),
    ],
)
def test_numbers_mean_one_thing(run, tmp_path: Path, written: str, expected: float | None) -> None:
    found = values(
        run, table(tmp_path, csv("K;A;2025-03-04;7.5", f"L;B;2025-03-04;{written}")), "amount", currency="EUR"
    )
    assert found == (([7.5], ["amount_unreadable"]) if expected is None else ([7.5, expected], []))


def test_a_minority_with_a_decimal_comma_gets_an_advice_that_spares_the_rest(run, tmp_path: Path) -> None:
    table(tmp_path, csv("K;A;2025-03-04;7.5", "K;B;2025-03-04;8.5"), "orders-1.csv")
    tables = table(tmp_path, csv("L;C;2025-03-04;12,50"), "orders-2.csv")
    with pytest.raises(HoldfastError, match=r"total, ',', '\.'") as refusal:
        run(tables, max_rejected_share=0.1)
    assert "decimal: " not in str(refusal.value)


# --- headers, parts, encodings --------------------------------------------------------------------------


def test_a_header_in_the_middle_is_no_row(run, tmp_path: Path) -> None:
    tables = table(tmp_path, csv("K;A;2025-03-04;5", HEADER, "L;B;2025-03-04;6"))
    assert values(run, tables, "customer_id") == (["K", "L"], ["repeated_header"])


def test_a_header_in_the_middle_makes_no_customer(run, tmp_path: Path) -> None:
    tables = table(tmp_path, csv("K;A;2025-03-04;5"))
    (tmp_path / "people.csv").write_text("E-mail,name\nK,Ann\nE-Mail,name\n")
    tables["customers"] = {
        "read": str(tmp_path / "people.csv"),
        "columns": {"customer_id": '"E-mail"', "name": "name"},
    }
    assert [row["customer_id"] for row in run(tables).validated("customers")] == ["K"]


@pytest.mark.parametrize("total", ["Total;;;11", ";;2025-03-04;11", ";Total;2025-03-04;11"])
def test_a_row_of_totals_is_nobodys(run, tmp_path: Path, total: str) -> None:
    found, rules = values(
        run, table(tmp_path, csv("K;A;2025-03-04;5", "L;B;2025-03-04;6", total)), "customer_id"
    )
    assert (found, len(rules)) == (["K", "L"], 1)


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;"])
def test_a_line_that_names_the_delimiter(run, tmp_path: Path, first: str) -> None:
    tables = table(tmp_path, f"{first}\n" + csv("a,b;A;2025-03-04;5", "c;1"))
    result = run(tables)
    assert [row["customer_id"] for row in result.validated()] == ["a,b"]
    assert [(row["row"], row["rule"]) for row in result.rejected()] == [(4, "malformed_line")]


@pytest.mark.parametrize("header", ["who;order;placed;total;total", "who;order;placed;total;Total"])
def test_a_name_that_two_columns_have_is_asked_about(run, tmp_path: Path, header: str) -> None:
    tables = table(tmp_path, csv("K;A;2025-03-04;5;9", header=header))
    with pytest.raises(HoldfastError, match="no column 'total'") as refusal:
        run(tables)
    assert "total_1" in str(refusal.value)
    second = f"{header.rpartition(';')[2]}_2"
    tables["transactions"]["columns"] = {**COLUMNS, "amount": second}
    assert values(run, tables, "amount") == ([9], [])


@pytest.mark.parametrize(
    "header", ["Who;Order;PLACED;Total", " who ; order;placed;total\u00a0", "\ufeffwho;order;placed;total"]
)
def test_parts_with_other_capitals_and_blanks_in_their_header(run, tmp_path: Path, header: str) -> None:
    table(tmp_path, csv("K;A;2025-03-04;5"), "orders-1.csv")
    tables = table(tmp_path, csv("L;B;2025-03-05;6", header=header), "orders-2.csv")
    assert values(run, tables, "amount") == ([5, 6], [])


def test_sheets_and_json_with_other_capitals(run, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for names, who in ((HEADER.split(";"), "K"), (HEADER.upper().split(";"), "L")):
        sheet = book.create_sheet()
        for row in (names, [who, "A", dt.date(2025, 3, 4), 1.234]):
            sheet.append(row)
    book.remove(book.worksheets[0])
    book.save(tmp_path / "orders.xlsx")
    tables = table(tmp_path, '{"WHO": "M", "order": 7, "placed": "2025-03-04", "total": 2}', "orders.json")
    result = run(tables)
    assert sorted((row["customer_id"], row["amount"]) for row in result.validated()) == [
        ("K", 1.234),
        ("L", 1.234),
        ("M", 2),
    ]


def test_the_parts_that_lack_a_column_are_named(run, tmp_path: Path) -> None:
    table(tmp_path, csv("K;A;2025-03-04;5;web", header=f"{HEADER};via"), "orders-1.csv")
    tables = table(tmp_path, csv("L;B;2025-03-05;6;web", header=f"{HEADER};channel"), "orders-2.csv")
    tables["transactions"]["columns"] = {**COLUMNS, "channel": "via"}
    result = run(tables)
    assert "transactions: 1 of 2 files have no column 'via', such as orders-2.csv" in result.messages


def test_a_part_in_utf8_among_others_in_cp1252(run, tmp_path: Path) -> None:
    for name, encoding in (("orders-1.csv", "cp1252"), ("orders-2.csv", "utf-8"), ("orders-3.csv", "utf-16")):
        tables = table(tmp_path, csv("Zoé;A;2025-03-04;5").encode(encoding), name)
    (tmp_path / "orders-3.csv").unlink()
    with pytest.raises(HoldfastError, match=r"orders-1\.csv is not written in utf-8"):
        run(tables)
    tables["transactions"]["csv"] = {"encoding": "cp1252"}
    assert values(run, tables, "customer_id") == (["Zoé", "Zoé"], [])


# --- yes and no ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Yes", True),
        ("n", False),
        ("TRUE", True),
        ("0", False),
        ("1.0", True),
        ("Ja", True),
        ("NEIN", False),
        ("oui", True),
        ("Non", False),
        ("sí", True),
        ("ДА", True),
        ("нет", False),
        ("Ναι", True),
        ("όχι", False),
        ("off", False),
        ("WAHR", True),
        ("faux", False),
        ("بله", True),
        ("", None),
        ("x", "consent_unreadable"),
        ("opted out", "consent_unreadable"),
        ("2", "consent_unreadable"),
        ("granted", "consent_unreadable"),
    ],
)
def test_yes_and_no(run, tmp_path: Path, written: str, expected: bool | str | None) -> None:
    tables = table(tmp_path, csv("K;A;2025-03-04;5"))
    (tmp_path / "people.csv").write_text(f"id,ok\nK,yes\nL,no\nM,{written}\n", encoding="utf-8")
    tables["customers"] = {
        "read": str(tmp_path / "people.csv"),
        "columns": {"customer_id": "id", "consent": "ok"},
    }
    result = run(tables)
    rules = [row["rule"] for row in result.rejected("customers")]
    found = {row["customer_id"]: row["consent"] for row in result.validated("customers")}
    assert (rules[0] if rules else found["M"]) == expected


# --- expressions --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "more", "asks"),
    [
        ("12,50", {}, 'csv: {decimal: ","}'),
        ("12.50", {"csv": {"decimal": ","}}, 'csv: {decimal: "."}'),
        ("€ 12.50", {}, "set source.currency"),
        ("€ 12,50", {}, "set source.currency, for these numbers have €"),
        ("€ 12,50", {}, 'and write in source.tables.transactions:  csv: {decimal: ","}'),
        ("free", {}, "TRY_CAST"),
    ],
)
def test_arithmetic_on_texts_says_what_they_are(
    run, tmp_path: Path, price: str, more: Any, asks: str
) -> None:
    header, columns = "who;order;placed;quantity;price", {**COLUMNS, "amount": "quantity * price"}
    tables = table(tmp_path, csv(f"K;A;2025-03-04;2;{price}", header=header), columns=columns, **more)
    with pytest.raises(HoldfastError, match="does not accept the SQL expression") as refusal:
        run(tables)
    assert asks in str(refusal.value)


@pytest.mark.parametrize(
    ("totals", "currency", "advice"),
    [
        (
            ["12,50 €", "1.250,00 €", "9,99 €"],
            "EUR",
            'write in source.tables.transactions:  csv: {decimal: ","}',
        ),
        (["12,50 €", "1.250,00 €", "9,99 €"], None, "set source.currency, for these numbers have €"),
        (["12,50 kr", "9,99 kr"], "EUR", "map currency), and write in"),
        (["12.50 zł", "9.99 zł"], None, "set source.currency, for these numbers have zł"),
        (["-", "n/a", "?"], "EUR", "add texts that stand for a missing value"),
    ],
)
def test_advice_on_numbers_reads_them(
    run, tmp_path: Path, totals: list[str], currency: str | None, advice: str
) -> None:
    rows = (f"K;{number};2025-03-04;{total}" for number, total in enumerate(totals))
    with pytest.raises(DataRefused, match="break a rule: amount_unreadable") as refusal:
        run(table(tmp_path, csv(*rows)), currency=currency)
    assert advice in str(refusal.value)


def test_a_wrong_column_shows_all_the_nearest_first(run, tmp_path: Path) -> None:
    columns = {**COLUMNS, "amount": "Quantity * Totals"}
    tables = table(
        tmp_path, csv("K;A;2025-03-04;2;5", header="who;order;placed;quantity;total"), columns=columns
    )
    with pytest.raises(HoldfastError, match="no column 'Totals'") as refusal:
        run(tables)
    assert "the nearest first: total, " in str(refusal.value)
    assert all(name in str(refusal.value) for name in ("who", "order", "placed", "quantity"))
