"""Exports of other programs, as small files: what is read, and what is asked about."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.sources.conftest import Ingested

from holdfast.contracts.settings import ContractSettings
from holdfast.errors import DataRefused, SettingError
from holdfast.sources.consent import check_consent
from holdfast.sources.inputs import table_hashes
from holdfast.sources.settings import SourceSettings

HEADER = "who,order,placed,total"
COLUMNS = {"customer_id": "who", "transaction_id": "order", "occurred_at": "placed", "amount": "total"}


def written(folder: Path, *rows: str, header: str = HEADER, name: str = "orders.csv") -> dict[str, Any]:
    """A table of orders in a CSV file of these rows."""
    (folder / name).write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return {"transactions": {"read": str(folder / "orders*"), "columns": COLUMNS}}


def of_times(folder: Path, *times: str) -> dict[str, Any]:
    return written(folder, *(f"K{row},N{row},{time},5" for row, time in enumerate(times)))


def column(result: Ingested, name: str, table: str = "transactions") -> list[Any]:
    return [row[name] for row in result.validated(table)]


def rules(result: Ingested, table: str = "transactions") -> list[str]:
    return [row["rule"] for row in result.rejected(table)]


# --- times ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "suffix",
    [" UTC", "UTC", " GMT", "Z", " Z", " +0000", "+0000", "+00", " +00", "+00:00", " +00:00", ".000 UTC"],
)
def test_times_say_their_zone_in_many_ways(run, tmp_path: Path, suffix: str) -> None:
    result = run(of_times(tmp_path, f"2025-03-04 22:15:00{suffix}"), time_zone="Europe/Riga")
    assert column(result, "occurred_at") == [dt.datetime(2025, 3, 5, 0, 15)]  # noqa: DTZ001 — wall clock


def test_an_offset_behind_a_blank(run, tmp_path: Path) -> None:
    result = run(of_times(tmp_path, "2025-03-04 22:15:00 -0500"), time_zone="Europe/Riga")
    assert column(result, "occurred_at") == [dt.datetime(2025, 3, 5, 5, 15)]  # noqa: DTZ001


@pytest.mark.parametrize(
    ("written_as", "form"),
    [("04.03.2025 22:15 UTC", "%d.%m.%Y %H:%M %Z"), ("04.03.2025T22:15Z", "%d.%m.%YT%H:%MZ")],
)
def test_formats_with_the_name_of_a_zone(run, tmp_path: Path, written_as: str, form: str) -> None:
    tables = of_times(tmp_path, written_as)
    tables["transactions"]["formats"] = {"occurred_at": form}
    result = run(tables, time_zone="Europe/Riga")
    assert column(result, "occurred_at") == [dt.datetime(2025, 3, 5, 0, 15)]  # noqa: DTZ001


def test_a_zone_within_an_expression(run, tmp_path: Path) -> None:
    tables = of_times(tmp_path, "2025-03-04 22:15:00 UTC", "2025-03-04 22:15:00 +0000")
    tables["transactions"]["columns"] = {**COLUMNS, "occurred_at": "placed + INTERVAL 1 HOUR"}
    result = run(tables, time_zone="Europe/Riga")
    assert column(result, "occurred_at") == [dt.datetime(2025, 3, 5, 1, 15)] * 2  # noqa: DTZ001


@pytest.mark.parametrize("year", ["20255-01-02", "infinity", "9999-12-31"])
def test_years_beyond_9999_are_a_broken_rule(run, tmp_path: Path, year: str) -> None:
    result = run(of_times(tmp_path, "2025-03-04", year))
    assert (column(result, "customer_id"), rules(result)) == (["K0"], ["occurred_at_after_9999"])


def test_a_future_year_beyond_9999_is_a_broken_rule(run, tmp_path: Path) -> None:
    tables = written(tmp_path, "K,N,2025-03-04,20255-01-01", header="who,order,placed,until")
    columns = {"customer_id": "who", "subscription_id": "order", "started_at": "placed", "ended_at": "until"}
    more = {"subscriptions": {**tables["transactions"], "columns": columns}}
    with pytest.raises(DataRefused, match="ended_at_after_9999 1"):
        run(more)


@pytest.mark.parametrize(
    ("times", "advice"),
    [
        (("45720", "45721"), "TIMESTAMP '1899-12-30' + to_seconds(round(placed * 86400))"),
        (("45720.5", "45721.25"), "TIMESTAMP '1899-12-30' + to_seconds(round(placed * 86400))"),
        (("1741046400", "1741132800"), "to_timestamp(placed)"),
        (("1741046400000", "1741132800000"), "to_timestamp(placed / 1000)"),
    ],
)
def test_the_advice_for_times_in_numbers_works(
    run, tmp_path: Path, times: tuple[str, ...], advice: str
) -> None:
    tables = of_times(tmp_path, *times)
    with pytest.raises(DataRefused) as refusal:
        run(tables, time_zone="Europe/Riga")
    assert str(refusal.value).endswith(f"columns.occurred_at:  {advice}")
    tables["transactions"]["columns"] = {**COLUMNS, "occurred_at": advice}
    first, second = column(run(tables, time_zone="Europe/Riga"), "occurred_at")
    assert first.date() == dt.date(2025, 3, 4)
    assert second.date() == dt.date(2025, 3, 5)


def test_years_of_two_digits_get_a_format_that_reads_them(run, tmp_path: Path) -> None:
    tables = of_times(tmp_path, "13/4/25 10:00", "14/4/25 11:00")
    tables["transactions"]["formats"] = {"occurred_at": "%d/%m/%Y %H:%M"}
    with pytest.raises(DataRefused, match="occurred_at_before_1971 2") as refusal:
        run(tables)
    assert str(refusal.value).endswith('"%d/%m/%y %H:%M"')


NIGHT = "2025-10-26T00:"  # Riga's clocks went back at 01:00 UTC


def test_what_was_known_minutes_later_over_a_change_of_the_clocks(run, tmp_path: Path) -> None:
    tables = written(
        tmp_path, f"K,N,{NIGHT}50:00Z,5,2025-10-26T01:10:00Z", f"L,M,{NIGHT}50:00Z,5,{NIGHT}40:00Z",
        header=f"{HEADER},loaded",
    )  # fmt: skip
    tables["transactions"]["columns"] = {**COLUMNS, "known_at": "loaded"}
    result = run(tables, time_zone="Europe/Riga")
    assert (column(result, "customer_id"), rules(result)) == (["K"], ["known_before_occurred_at"])


def test_a_ticket_over_a_change_of_the_clocks(run, tmp_path: Path) -> None:
    """Its durations are what passed, whatever the clocks showed; it is not resolved before it was opened."""
    orders = written(tmp_path, "K,N,2025-03-04,5")
    (tmp_path / "tickets.csv").write_text(
        "who,no,since,reply,done\n"
        f"K,1,{NIGHT}50:00Z,{NIGHT}55:00Z,2025-10-26T01:10:00Z\n"
        "K,2,2025-10-25T20:00:00Z,2025-10-26T06:00:00Z,\n"
        "K,3,2025-03-29T22:00:00Z,2025-03-30T08:00:00Z,\n"
        "K,4,2025-10-25 23:00,2025-10-26 09:00,\n"
    )
    columns = {
        "customer_id": "who", "ticket_id": "no", "opened_at": "since", "first_response_at": "reply",
        "resolved_at": "done",
    }  # fmt: skip
    tables = {**orders, "tickets": {"read": str(tmp_path / "tickets.csv"), "columns": columns}}
    result = run(tables, time_zone="Europe/Riga")
    assert column(result, "hours_to_first_response", "tickets") == pytest.approx([1 / 12, 10, 10, 11])
    assert column(result, "hours_to_resolution", "tickets") == [pytest.approx(1 / 3), None, None, None]


# --- ids --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("blank", ["\u00a0", "\u200b", "\ufeff", "\u2009", "\t"])
def test_blanks_around_an_id_make_no_other_customer(run, tmp_path: Path, blank: str) -> None:
    result = run(
        written(tmp_path, "K,N,2025-03-04,5", f"{blank}K{blank},M,2025-03-05,5", f"{blank},O,2025-03-05,5")
    )
    assert (column(result, "customer_id"), rules(result)) == (["K", "K"], ["customer_id_missing"])


@pytest.mark.parametrize(
    ("damaged", "rule"),
    [
        ("1.2E+11", "customer_id_lost_digits"),
        ("1,2E+11", "customer_id_lost_digits"),
        ("K\0", "customer_id_with_control_character"),
        ("nan", "customer_id_missing"),
        ("#REF!", "customer_id_missing"),
    ],
)
def test_damaged_ids_break_a_rule(run, tmp_path: Path, damaged: str, rule: str) -> None:
    result = run(written(tmp_path, "K,N,2025-03-04,5", f'"{damaged}",M,2025-03-05,5'))
    assert (column(result, "customer_id"), rules(result)) == (["K"], [rule])


def test_a_float_of_one_file_is_the_customer_of_another(run, tmp_path: Path) -> None:
    written(tmp_path, "2001.0,A,2025-03-04,5", ",B,2025-03-04,5", name="orders-1.csv")
    result = run(written(tmp_path, "2001,C,2025-03-05,5", "APP-3,D,2025-03-05,5", name="orders-2.csv"))
    assert column(result, "customer_id") == ["2001", "2001", "APP-3"]


def test_fractions_beside_whole_ones_are_no_floats(run, tmp_path: Path) -> None:
    tables = written(tmp_path, "K,N,2025-03-04,5,1.0", "K,M,2025-03-04,5,1.5", header=f"{HEADER},version")
    tables["transactions"]["columns"] = {**COLUMNS, "product_id": "version"}
    assert column(run(tables), "product_id") == ["1.0", "1.5"]


def people(folder: Path, *rows: str) -> dict[str, Any]:
    (folder / "people.csv").write_text("\n".join(["mail,ok", *rows]) + "\n")
    return {
        "customers": {"read": str(folder / "people.csv"), "columns": {"customer_id": "mail", "consent": "ok"}}
    }


def test_ids_in_other_capitals_are_refused_and_matched_by_an_expression(run, tmp_path: Path) -> None:
    orders = written(tmp_path, *(f"Eva{n}@Shop.example,{n},2025-03-04,5" for n in range(4)))
    tables = {**orders, **people(tmp_path, *(f"eva{n}@shop.example,no" for n in range(4)))}
    with pytest.raises(DataRefused, match="only in another spelling") as refusal:
        run(tables)
    assert "4 of 4 customers of" in str(refusal.value)
    assert "lower(" in str(refusal.value)
    tables["transactions"]["columns"] = {**COLUMNS, "customer_id": "lower(who)"}
    result = run(tables)
    assert result.reports["customers"].known_customers == {"transactions": 1.0}


def test_who_said_no_is_never_lost_to_another_spelling(run, tmp_path: Path) -> None:
    orders = written(tmp_path, *(f"k{n},{n},2025-03-04,5" for n in range(200)))
    lost = people(tmp_path, "K0,no", *(f"k{n},yes" for n in range(1, 200)))
    with pytest.raises(DataRefused, match="1 of them do not want to be contacted"):
        run({**orders, **lost})
    people(tmp_path, "K0,yes", *(f"k{n},yes" for n in range(1, 200)))
    assert run({**orders, **lost}).reports["transactions"].known_customers == {"customers": 0.995}


def test_two_spellings_within_a_table_are_refused(run, tmp_path: Path) -> None:
    with pytest.raises(
        DataRefused, match="1 of 2 customers of transactions are there under another spelling"
    ):
        run(written(tmp_path, "Eva@x,1,2025-03-04,5", "eva@x,2,2025-03-04,5"))


def test_tables_without_common_customers_are_refused(run, tmp_path: Path) -> None:
    orders = written(tmp_path, *(f"k{n},{n},2025-03-04,5" for n in range(20)))
    strangers = people(tmp_path, *(f"s{n},yes" for n in range(30)))
    with pytest.raises(DataRefused, match="customers and transactions have next to no customer in common"):
        run({**orders, **strangers})


# --- numbers ----------------------------------------------------------------------------------------


def amounts(folder: Path, *numbers: str) -> dict[str, Any]:
    return written(
        folder,
        *(f"K;{n};2025-03-04;{number}" for n, number in enumerate(numbers)),
        header=HEADER.replace(",", ";"),
    )


@pytest.mark.parametrize(
    ("decimal", "number", "expected"),
    [
        (",", "1.234", 1234), (",", "1.234.567", 1234567), (",", "1.234,56", 1234.56), (",", "12,5", 12.5),
        (",", "1 234,50", 1234.5), (",", "1\u00a0234,50", 1234.5),
        (",", "12,50 €", 12.5), (",", "€ 12,50", 12.5),
        (",", "EUR 12,50", 12.5), (",", "(12,50)", -12.5), (",", "12,50-", -12.5), (",", "−12,50", -12.5),
        (",", "1e3", 1000), (",", "12.50", None), (",", "12,5,0", None), (",", "$ 12,50", None),
        (",", "12345", 12345),
        (".", "1,234", 1234), (".", "3,870.00", 3870), (".", "12,34,567.5", 1234567.5),
        (".", "1'234.5", 1234.5),
        (".", "12,50", None), (".", "1.234", 1.234), (".", "(3,870.00)", -3870), (".", ".5", 0.5),
    ],
)  # fmt: skip
def test_numbers_as_people_write_them(
    run, tmp_path: Path, decimal: str, number: str, expected: float | None
) -> None:
    tables = amounts(tmp_path, "7", number)
    tables["transactions"]["csv"] = {"decimal": decimal}
    result = run(tables, currency="EUR")
    assert column(result, "amount") == [7.0] + [expected] * (expected is not None)
    assert rules(result) == ["amount_unreadable"] * (expected is None)


def test_grouped_numbers_among_plain_ones(run, tmp_path: Path) -> None:
    assert column(run(amounts(tmp_path, "12.50", "3,870.00", "4,100")), "amount") == [12.5, 3870, 4100]


@pytest.mark.parametrize(
    "numbers",
    [
        ("12", "4,100"),
        ("1.234", "12", "2.500"),
        ("1.234", "12,50"),
        ("1.234", "1.234.567"),
        ("4,100", "12,5", "1.5"),
    ],
)
def test_marks_that_can_be_read_in_two_ways_are_asked_about(
    run, tmp_path: Path, numbers: tuple[str, ...]
) -> None:
    with pytest.raises(
        DataRefused, match="the marks in the numbers of total can be read in two ways"
    ) as refusal:
        run(amounts(tmp_path, *numbers))
    assert 'csv: {decimal: ","}' in str(refusal.value)


def test_grouped_numbers_within_an_expression(run, tmp_path: Path) -> None:
    tables = amounts(tmp_path, "12.50", "3,870.00")
    tables["transactions"]["columns"] = {**COLUMNS, "amount": "total * 2"}
    assert column(run(tables), "amount") == [25, 7740]


# --- queries over files ------------------------------------------------------------------------------


def test_options_in_quotes_are_no_files(run, tmp_path: Path) -> None:
    amounts(tmp_path, "7")
    query = f"SELECT * FROM read_csv('{tmp_path}/orders.csv', delim = ';', nullstr = 'none')"
    tables = {"transactions": {"database": "duckdb://", "query": query, "columns": COLUMNS}}
    hashes = table_hashes(SourceSettings(name="test", tables=tables))["transactions"]
    assert hashes is not None
    assert list(hashes) == [str(tmp_path / "orders.csv")]
    assert column(run(tables), "amount") == [7.0]


@pytest.mark.parametrize(
    "origin", ["'{}'", "read_json('{}', format = 'newline_delimited')", "read_ndjson('{}')"]
)
def test_a_query_over_json_keeps_zones(run, tmp_path: Path, origin: str) -> None:
    path = tmp_path / "orders.jsonl"
    path.write_text('{"who": "007", "order": {"no": 5}, "placed": "2025-03-04T22:15:00Z", "total": 7.5}\n')
    query = f'SELECT who, "order".no AS "order", placed, total FROM {origin.format(path)}'
    tables = {"transactions": {"database": "duckdb://", "query": query, "columns": COLUMNS}}
    result = run(tables, time_zone="Europe/Riga")
    assert column(result, "customer_id") == ["007"]
    assert column(result, "occurred_at") == [dt.datetime(2025, 3, 5, 0, 15)]  # noqa: DTZ001


def test_a_query_joins_two_files_as_text(run, tmp_path: Path) -> None:
    (tmp_path / "heads.csv").write_text("no,who,placed\n01,007,2025-03-04\n02,008,2025-03-05\n")
    (tmp_path / "lines.csv").write_text('no,pieces,price\n01,2,"1,200.50"\n01,1,3.25\n02,3,4.5\n')
    lines, heads = (
        f"read_csv('{tmp_path}/{name}.csv', all_varchar = true) AS {name}" for name in ("lines", "heads")
    )
    query = f"SELECT * FROM {lines} JOIN {heads} USING (no)"
    columns = {**COLUMNS, "transaction_id": "no", "amount": "pieces * price"}
    tables = {"transactions": {"database": "duckdb://", "query": query, "columns": columns}}
    rows = run(tables).validated()
    found = sorted((row["customer_id"], row["transaction_id"], row["amount"]) for row in rows)
    assert found == [("007", "01", 3.25), ("007", "01", 2401), ("008", "02", 13.5)]


# --- JSON -------------------------------------------------------------------------------------------


def tickets(folder: Path, text: str, name: str = "tickets.jsonl", **more: Any) -> dict[str, Any]:
    (folder / name).write_text(text)
    columns = {
        "customer_id": "asker.no", "ticket_id": "id", "opened_at": "since", "resolved_at": "metric_set.done",
        "category": "upper(via.source.name)",
    }  # fmt: skip
    orders = written(folder, "007,N,2025-03-04,5")
    return {**orders, "tickets": {"read": str(folder / name), "columns": columns, **more}}


LINES = (
    '{"id": 1, "since": "2025-03-04T22:15:00Z", "asker": {"no": "007"}, "via": {"source": {"name": "web"}}, '
    '"tags": ["a"], "metric_set": {"done": null}}\n'
    '{"id": 2, "since": "2025-03-05T22:15:00Z", "asker": {"no": "007"}, '
    '"metric_set": {"done": "2025-03-06T22:15:00Z"}}\n'
)


def test_json_lines_with_nested_fields(run, tmp_path: Path) -> None:
    result = run(tickets(tmp_path, LINES), time_zone="Europe/Riga")
    assert column(result, "ticket_id", "tickets") == ["1", "2"]
    assert column(result, "customer_id", "tickets") == ["007", "007"]
    assert column(result, "category", "tickets") == ["WEB", None]
    assert column(result, "resolved_at", "tickets") == [None, dt.datetime(2025, 3, 7, 0, 15)]  # noqa: DTZ001


def test_json_whose_records_lie_deeper(run, tmp_path: Path) -> None:
    wrapped = '{"count": 2, "tickets": [' + LINES.strip().replace("\n", ",") + "]}"
    with pytest.raises(DataRefused, match="records: tickets"):
        run(tickets(tmp_path, wrapped, "tickets.json"))
    result = run(tickets(tmp_path, wrapped, "tickets.json", records="tickets"))
    assert column(result, "ticket_id", "tickets") == ["1", "2"]
    assert result.reports["tickets"].read == 2


def test_damaged_json_is_refused(run, tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="cannot be read"):
        run(tickets(tmp_path, LINES + '{"id": 3, '))


# --- workbooks --------------------------------------------------------------------------------------


def workbook(folder: Path, *sheets: Sequence[Any], **more: Any) -> dict[str, Any]:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"M{number}")
        for row in rows:
            sheet.append(row)
    book.save(folder / "orders.xlsx")
    return {"transactions": {"read": str(folder / "orders.xlsx"), "columns": COLUMNS, **more}}


NAMES = HEADER.split(",")


def test_rows_of_sheets_stay_in_the_order_of_the_sheets(run, tmp_path: Path) -> None:
    names = [f"K{9 - number}" for number in range(9)]
    result = run(workbook(tmp_path, *([NAMES, [name, "N", "2025-03-04", 5]] for name in names)))
    assert column(result, "customer_id") == names


def test_sheets_are_united_by_the_names_of_their_columns(run, tmp_path: Path) -> None:
    second = [["total", "note", "who", "placed", "order"], [7, "late", "L", "2025-04-04", "M"]]
    renamed = [["customer", *NAMES[1:]], ["P", "O", "2025-05-04", 9]]
    result = run(workbook(tmp_path, [NAMES, ["K", "N", "2025-03-04", 5]], second, renamed))
    assert column(result, "customer_id") == ["K", "L"]
    assert rules(result) == ["customer_id_missing"]
    assert result.reports["transactions"].read == 3


def test_a_sheet_that_is_no_table_is_asked_about(run, tmp_path: Path) -> None:
    sheets: list[Any] = [[NAMES, ["K", "N", "2025-03-04", 5]], [["made by"], ["somebody"]]]
    with pytest.raises(DataRefused, match=r"the sheet 'M1' of orders\.xlsx has none") as refusal:
        run(workbook(tmp_path, *sheets))
    assert "source.tables.transactions.sheet" in str(refusal.value)
    assert column(run(workbook(tmp_path, *sheets, sheet="M0")), "customer_id") == ["K"]
    with pytest.raises(SettingError, match="has no sheet 'M7'"):
        run(workbook(tmp_path, *sheets, sheet="M7"))


def test_a_title_above_the_header(run, tmp_path: Path) -> None:
    rows: list[Any] = [
        ["Orders of the year"],
        [],
        ["who", "made", "this"],
        NAMES,
        ["K", "N", "2025-03-04", 5],
    ]
    result = run(workbook(tmp_path, rows))
    assert (column(result, "customer_id"), result.reports["transactions"].read) == (["K"], 1)
    assert column(run(workbook(tmp_path, [NAMES, *rows[3:]], header_row=2)), "customer_id") == ["K"]


def test_words_for_nothing_in_a_workbook(run, tmp_path: Path) -> None:
    rows = [
        NAMES,
        ["K", "N", "2025-03-04", 5],
        *([word, "M", "2025-03-04", 5] for word in ("NULL", "nan", "#N/A")),
    ]
    result = run(workbook(tmp_path, rows))
    assert (column(result, "customer_id"), rules(result)) == (["K"], ["customer_id_missing"] * 3)


def test_cells_of_numbers_need_no_marks(run, tmp_path: Path) -> None:
    rows = [
        NAMES,
        ["K", "N", "2025-03-04", 1.234],
        ["K", "M", "2025-03-04", "1.234"],
        ["K", "O", "2025-03-04", "2,5"],
    ]
    assert column(run(workbook(tmp_path, rows, csv={"decimal": ","})), "amount") == [1.234, 1234, 2.5]


# --- Parquet ----------------------------------------------------------------------------------------


def test_folders_of_partitions_are_columns(run, tmp_path: Path) -> None:
    for shop, day in (("007", "2025-03-04"), ("12", "2025-03-05")):
        folder = tmp_path / "orders" / f"shop={shop}" / f"placed={day}"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"who": ["K"], "order": [day], "total": [5]}), folder / "part.parquet")
    columns = {**COLUMNS, "channel": "shop"}
    result = run({"transactions": {"read": str(tmp_path / "orders"), "columns": columns}})
    assert column(result, "channel") == ["007", "12"]
    assert column(result, "occurred_at") == [dt.datetime(2025, 3, 4), dt.datetime(2025, 3, 5)]  # noqa: DTZ001


# --- cells left blank --------------------------------------------------------------------------------


def test_repeated_cells_left_blank_are_filled_within_their_file(run, tmp_path: Path) -> None:
    written(tmp_path, "K,A,2025-03-04,5", " ,,2025-03-04,6", ",B,2025-03-05,7", name="orders-1.csv")
    tables = written(tmp_path, ",C,2025-03-06,8", "L,,2025-03-06,9", name="orders-2.csv")
    tables["transactions"]["fill_down"] = ["who", "order"]
    result = run(tables)
    assert column(result, "customer_id") == ["K", "K", "K", "L"]
    assert column(result, "transaction_id") == ["A", "A", "B", "C"]
    assert rules(result) == ["customer_id_missing"]
    with pytest.raises(SettingError, match="has no column 'client'"):
        run({"transactions": {**tables["transactions"], "fill_down": "client"}})


# --- columns that are passed through -------------------------------------------------------------------


def test_columns_passed_through_stay_as_they_are(run, tmp_path: Path) -> None:
    orders = written(tmp_path, "K,N,2025-03-04,5")
    (tmp_path / "people.csv").write_text("client,phone,e-mail\nK,0049170,k@shop.example\n")
    columns = {"customer_id": "client", "mail": '"e-mail"'}
    customers = {"read": str(tmp_path / "people.csv"), "columns": columns, "passthrough": ["mail", "phone"]}
    result = run({**orders, "customers": customers})
    assert column(result, "phone", "customers") == ["0049170"]
    assert column(result, "mail", "customers") == ["k@shop.example"]
    settings = SourceSettings(name="test", tables={**orders, "customers": customers})
    assert settings.mapping["customers"]["columns"] == {"customer_id": "client"}
    assert settings.attributes == ()


@pytest.mark.parametrize(
    ("table", "more"),
    [
        ("transactions", {"passthrough": ["phone"]}),
        ("customers", {"passthrough": ["name"]}),
        ("customers", {"passthrough": ["tier"], "attributes": ["tier"], "columns": {"tier": "tier"}}),
    ],
)
def test_columns_that_cannot_be_passed_through(tmp_path: Path, table: str, more: dict[str, Any]) -> None:
    tables = {**written(tmp_path, "K,N,2025-03-04,5"), **people(tmp_path, "K,yes")}
    tables[table] |= {**more, "columns": {**tables[table]["columns"], **more.get("columns", {})}}
    with pytest.raises(ValueError, match="passthrough"):
        SourceSettings(name="test", tables=tables)


# --- counts and profiles ------------------------------------------------------------------------------


def test_rows_that_where_neither_takes_nor_leaves_are_counted_apart(run, tmp_path: Path) -> None:
    rows = ("K,A,2025-03-04,5,web", "L,B,2025-03-05,5,", "M,C,2025-03-06,5,test")
    tables = written(tmp_path, *rows, header=f"{HEADER},via")
    tables["transactions"]["where"] = "via <> 'test'"
    report = run(tables).reports["transactions"]
    assert (report.accepted, report.out_of_scope, report.undecided, report.read) == (1, 2, 1, 3)


def test_the_report_says_what_the_values_of_each_column_are(run, tmp_path: Path) -> None:
    tables = written(tmp_path, "K,A,2025-03-04,5,", "L,B,2025-03-06,-7,x", header=f"{HEADER},via")
    tables["transactions"]["columns"] = {**COLUMNS, "channel": "via"}
    profile = run(tables).reports["transactions"].profile
    assert profile["amount"] == {"null_share": 0, "distinct": 2, "least": -7, "most": 5, "samples": []}
    assert profile["channel"] == {
        "null_share": 0.5,
        "distinct": 1,
        "least": None,
        "most": None,
        "samples": ["a"],
    }
    assert profile["occurred_at"]["most"] == "2025-03-06T00:00:00"


def test_consent_that_is_empty_for_most_is_refused(run, tmp_path: Path) -> None:
    orders = written(tmp_path, *(f"k{n},{n},2025-03-04,5" for n in range(4)))
    with pytest.raises(DataRefused, match="most customers have no consent"):
        run({**orders, **people(tmp_path, "k0,yes", "k1,", "k2,", "k3,")})
    run({**orders, **people(tmp_path, "k0,yes", "k1,no", "k2,", "k3,")})


def test_consent_that_turned_round_is_refused(tmp_path: Path) -> None:
    def delivered(name: str, **consent: bool | None) -> Path:
        (tmp_path / name).mkdir()
        rows = {"customer_id": list(consent), "consent": pa.array(consent.values(), pa.bool_())}
        pq.write_table(pa.table(rows), tmp_path / name / "part.parquet")
        return tmp_path / name

    before = delivered("before", a=True, b=False, c=True, d=None)
    con, limits = duckdb.connect(), ContractSettings()
    check_consent(con, delivered("same", a=True, b=False, c=False, d=True), before, limits)
    with pytest.raises(DataRefused, match="2 of 3 customers went from yes to no or from no to yes"):
        check_consent(con, delivered("other", a=False, b=True, c=True, d=True), before, limits)
