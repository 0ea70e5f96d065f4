"""Zones behind times, and digits of other scripts: one meaning is read, several are asked about."""

import datetime as dt
import re
from pathlib import Path

import openpyxl
import pytest
from tests.sources.conftest import Run
from tests.sources.test_exports import COLUMNS, amounts, column, of_times, written

from holdfast.errors import DataRefused

# ruff: noqa: DTZ001 — wall-clock times of the source's zone


@pytest.mark.parametrize(
    ("zone", "right"),
    [
        (" CEST", "2025-07-03 00:30"), (" CET", "2025-07-03 01:30"), (" EDT", "2025-07-03 06:30"),
        (" EST", "2025-07-03 07:30"), (" PDT", "2025-07-03 09:30"), (" JST", "2025-07-02 17:30"),
        (" MESZ", "2025-07-03 00:30"), (" utc", "2025-07-03 02:30"), (" (UTC)", "2025-07-03 02:30"),
        (" GMT+2", "2025-07-03 00:30"), ("UTC-5", "2025-07-03 07:30"), (" UTC+02:00", "2025-07-03 00:30"),
        (" GMT+5:30", "2025-07-02 21:00"), ("−05:00", "2025-07-03 07:30"), (" Etc/GMT+2", "2025-07-03 04:30"),
        (" America/New_York", "2025-07-03 06:30"), ("[Europe/Paris]", "2025-07-03 00:30"),
        ("+02:00[Europe/Paris]", "2025-07-03 00:30"), (" +0200 (CEST)", "2025-07-03 00:30"),
        (",250 CEST", "2025-07-03 00:30:00.250"),
    ],
)  # fmt: skip
def test_a_zone_with_one_meaning_is_read(run: Run, tmp_path: Path, zone: str, right: str) -> None:
    times = [f'"2025-07-02 23:30:00{zone}"', f'"2025/07/02 23:30:00{zone}"']
    found = column(run(of_times(tmp_path, *times), time_zone="Europe/Riga"), "occurred_at")
    assert found == [dt.datetime.fromisoformat(right)] * 2


@pytest.mark.parametrize(
    ("name", "zone"), [("BST", "Europe/London"), ("IST", "Asia/Kolkata"), ("CST", "America/Chicago")]
)
@pytest.mark.parametrize("form", ["%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M"])
def test_a_zone_with_several_meanings_is_asked_about(
    run: Run, tmp_path: Path, name: str, zone: str, form: str
) -> None:
    moment = dt.datetime(2025, 7, 2, 11, 30) if name != "CST" else dt.datetime(2025, 1, 2, 11, 30)
    tables = of_times(tmp_path, moment.strftime(f"{form} {name}"))
    if form.startswith("%d"):
        tables["transactions"]["formats"] = {"occurred_at": f"{form} %Z"}
    assert column(run(tables, time_zone=zone), "occurred_at") == [moment]
    with pytest.raises(DataRefused, match=f"{name} is the name of several zones") as refused:
        run(tables, time_zone="Europe/Riga")
    advice = str(refused.value).partition("occurred_at: ")[2]
    assert advice == f"replace(placed, '{name}', '+01:00')"
    tables["transactions"]["columns"] = {**COLUMNS, "occurred_at": advice}
    found = column(run(tables, time_zone="Europe/Riga"), "occurred_at")
    assert found == [moment + dt.timedelta(hours=2 if moment.month == 7 else 1)]


@pytest.mark.parametrize(
    ("time", "right"),
    [
        ("Wed Jul 02 2025 23:30:00 GMT+0200 (Central European Summer Time)", "2025-07-03 00:30"),
        ("Wed Jul 02 23:30:00 CEST 2025", "2025-07-03 00:30"),
        ("Wed, 02 Jul 2025 23:30:00 GMT", "2025-07-03 02:30"),
        ("Jul 2, 2025 11:30:00 PM PDT", "2025-07-03 09:30"),
        ("20250702T233000Z", "2025-07-03 02:30"),
        ("02.07.2025 23:30+02:00", "2025-07-03 00:30"),
        ("02.07.2025 23:30 Europe/Paris", "2025-07-03 00:30"),
        ("2025.07.02 23:30", "2025-07-02 23:30"),
    ],
)
def test_the_advised_format_reads_the_zone(run: Run, tmp_path: Path, time: str, right: str) -> None:
    tables = of_times(tmp_path, f'"{time}"')
    with pytest.raises(DataRefused) as refused:
        run(tables, time_zone="Europe/Riga")
    (form,) = re.findall(r'for example  "(.*?)"', str(refused.value))
    tables["transactions"]["formats"] = {"occurred_at": form}
    found = column(run(tables, time_zone="Europe/Riga"), "occurred_at")
    assert found == [dt.datetime.fromisoformat(right)]


@pytest.mark.parametrize(
    ("zone", "form"), [(" UTC", " UTC"), ("Z", "Z"), (" GMT+0000", " GMT%z"), (" (UTC)", " (%Z)")]
)
def test_a_zone_in_the_letters_of_a_format(run: Run, tmp_path: Path, zone: str, form: str) -> None:
    tables = of_times(tmp_path, f"02.07.2025 23:30{zone}")
    tables["transactions"]["formats"] = {"occurred_at": f"%d.%m.%Y %H:%M{form}"}
    found = column(run(tables, time_zone="Europe/Riga"), "occurred_at")
    assert found == [dt.datetime(2025, 7, 3, 2, 30)]


def test_times_with_and_without_a_zone_within_an_expression(run: Run, tmp_path: Path) -> None:
    times = ("2025-01-02 10:00:00", "2025-01-02T10:00:00Z", "2025-01-02 10:00:00 CET", "٢٠٢٥-٠١-٠٢ ١٠:٠٠")
    tables = of_times(tmp_path, *times, '"2025-01-02 10:00:00,250"')
    tables["transactions"]["columns"] = {**COLUMNS, "occurred_at": "placed + INTERVAL 1 HOUR"}
    found = column(run(tables, time_zone="Europe/Riga"), "occurred_at")
    hours = [dt.datetime(2025, 1, 2, hour) for hour in (11, 13, 12, 11)]
    assert found == [*hours, dt.datetime(2025, 1, 2, 11, 0, 0, 250_000)]


@pytest.mark.parametrize(
    ("times", "advice"),
    [
        (("๐๒/๐๑/๒๕๖๘", "๑๓/๐๑/๒๕๖๘"), "try_strptime(placed, '%d/%m/%Y') - INTERVAL 543 YEAR"),
        (("01/02/2568", "01/13/2568"), "try_strptime(placed, '%m/%d/%Y') - INTERVAL 543 YEAR"),
    ],
)
def test_years_of_the_buddhist_calendar(
    run: Run, tmp_path: Path, times: tuple[str, ...], advice: str
) -> None:
    tables = of_times(tmp_path, *times)
    with pytest.raises(DataRefused, match="Buddhist") as refused:
        run(tables)
    assert str(refused.value).endswith(advice)
    tables["transactions"]["columns"] = {**COLUMNS, "occurred_at": advice}
    assert column(run(tables), "occurred_at") == [dt.datetime(2025, 1, 2), dt.datetime(2025, 1, 13)]


@pytest.mark.parametrize(
    "ids",
    [
        ("10012345678901234567", "10012345678901234568"), ("1e5", "2e7"), ("1.50", "1.5"), ("00７", "00８"),
        ("1001", "1002"), ("TRUE", "false"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("expression", ["'web-' || who", "CASE WHEN total > 0 THEN concat('web-', who) END"])
def test_ids_within_an_expression_keep_their_digits(
    run: Run, tmp_path: Path, ids: tuple[str, ...], expression: str
) -> None:
    tables = written(tmp_path, *(f"{who},N{n},2025-01-02,5" for n, who in enumerate(ids)))
    tables["transactions"]["columns"] = {**COLUMNS, "customer_id": expression}
    assert column(run(tables), "customer_id") == [f"web-{who}" for who in ids]


def test_floats_within_the_expression_of_an_id_are_whole(run: Run, tmp_path: Path) -> None:
    tables = written(tmp_path, "1001.0,N1,2025-01-02,5", "1002,N2,2025-01-02,5")
    tables["transactions"]["columns"] = {**COLUMNS, "customer_id": "coalesce(who, 'none')"}
    assert column(run(tables), "customer_id") == ["1001", "1002"]


@pytest.mark.parametrize("number", ["१,२३४", "１,２３４", "١,٢٣٤"])
@pytest.mark.parametrize("expression", ["total", "total * 2"])
def test_marks_between_digits_of_other_scripts_are_asked_about(
    run: Run, tmp_path: Path, number: str, expression: str
) -> None:
    tables = amounts(tmp_path, number)
    tables["transactions"]["columns"] = {**COLUMNS, "amount": expression}
    with pytest.raises(DataRefused, match="two ways"):
        run(tables)
    tables["transactions"]["csv"] = {"decimal": "."}
    assert column(run(tables), "amount") == [1234.0 if expression == "total" else 2468.0]


def test_only_the_sheet_that_is_read_must_be_calculated(run: Run, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    orders, other = book.worksheets[0], book.create_sheet("Plan")
    orders.title = "Orders"
    orders.append(["=1+1"])
    for sheet in (orders, other):
        sheet.append(["who", "order", "placed", "total"])
    orders.append(["K", "N", dt.date(2025, 1, 2), 5])
    other.append(["K", "N", dt.date(2025, 1, 2), "=1+1"])
    other["XFD1048576"] = "far from all others"
    book.save(tmp_path / "orders.xlsx")
    table = {"read": str(tmp_path / "orders.xlsx"), "columns": COLUMNS, "sheet": "Orders"}
    assert column(run({"transactions": table}), "amount") == [5.0]
    with pytest.raises(DataRefused, match="far from all others"):
        run({"transactions": {**table, "sheet": "Plan"}})
    orders["D3"] = "=1+1"
    book.save(tmp_path / "orders.xlsx")
    with pytest.raises(DataRefused, match="formulas without a result"):
        run({"transactions": table})
