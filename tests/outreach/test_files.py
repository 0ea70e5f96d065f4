"""The list's files, opened as the people who get them would."""

import csv
import io
import json
import re
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.pages.company import words

from holdfast.artifacts.lists import write_list
from holdfast.errors import SettingError
from holdfast.outreach.cells import Sheet, defuse
from holdfast.outreach.columns import COLUMNS
from holdfast.outreach.files import FILES, render_files, schema_of, to_csv
from holdfast.outreach.lists import AtRiskList, typed
from holdfast.outreach.page.island import Page
from holdfast.outreach.templates import Template
from holdfast.outreach.winback import SELECTED_COLUMNS, WIN_BACK_COLUMNS, WinBack
from holdfast.outreach.workbook import to_xlsx

SCHEMA = schema_of(COLUMNS)

NAMES = {
    "007": "Žemaitis & sūnūs",
    "008": "شرکت پارسیان",
    "009": 'Quick "n" Dirty, Ltd',
    "010": "Line one\nLine two",
    "+11": '=HYPERLINK("http://example.org","x")',
    "012": "<script>alert(1)</script>",
    "013": "Bell\x07 and null\x00",
    "014": None,
}


@pytest.fixture(scope="module")
def strange(build):
    """Names that break weak files, one customer each."""
    rows: list[dict[str, Any]] = [{"customer_id": key, "name": name} for key, name in NAMES.items()]
    rows[0] |= {
        "churn_probability": 0.123456,
        "spend_per_day": 1234.56789,
        "days_since_last_purchase": 12.6,
        "open_tickets": 2.0,
        "renewal_date": date(2026, 9, 1),
        "last_contacted_at": pd.Timestamp("2026-01-01"),
    }
    return build(rows)


def sheet_of(at_risk: AtRiskList) -> Sheet:
    return Sheet(at_risk.listed.assign(run_id="run-1"), COLUMNS)


def write_files(at_risk: AtRiskList, folder: Path, page: Page, **more: Any) -> set[str]:
    contents = render_files(at_risk, page, run_id="run-1", **more)
    write_list(folder, contents)
    return set(contents)


def read_csv(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_csv_is_what_a_spreadsheet_wants(strange):
    content = to_csv(sheet_of(strange))
    assert content.startswith(b"\xef\xbb\xbfrank,customer_id,name,")
    assert content.count(b"\r\n") == 1 + len(NAMES)
    assert list(read_csv(content)[0]) == list(COLUMNS)
    assert {row["run_id"] for row in read_csv(content)} == {"run-1"}


def test_csv_keeps_ids_names_and_scripts(strange):
    names = {row["customer_id"]: row["name"] for row in read_csv(to_csv(sheet_of(strange)))}
    expected = {**NAMES, "014": "", "'+11": "'" + str(NAMES["+11"])}
    del expected["+11"]
    assert names == expected


def test_csv_rounds_for_people(strange):
    first = read_csv(to_csv(sheet_of(strange)))[0]
    shown = ["customer_id", "churn_probability", "value_at_risk", "previous_probability"]
    assert [first[name] for name in shown] == ["007", "0.123456", "15241.48", ""]
    assert [first["days_since_last_purchase"], first["open_tickets"]] == ["13", "2"]
    assert [first["renewal_date"], first["as_of"]] == ["2026-09-01", "2026-08-01"]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n@x",
        "  =1",
        "\u00a0=1",
        "\ufeff=1",
        "\u200b-1",
        "'=1",
    ],
)
def test_formulas_are_defused(text):
    assert defuse(text) == "'" + text


@pytest.mark.parametrize("text", ["＝1+1", "＋1", "－1", "＠x", " ＝1", "\t1", "\r1", "\x00=1", "\u202e=1"])
def test_formulas_in_disguise_are_defused(text):
    assert defuse(text) == "'" + text


@pytest.mark.parametrize("text", ["", "a=b", "1-2", "'t Hooft", "Ω+", "003", " plain", "سلام", "😀", "'"])
def test_plain_text_is_left_alone(text):
    assert defuse(text) == text


@given(st.text(), st.text())
def test_defusing_never_makes_two_texts_one(one, other):
    assert (defuse(one) == defuse(other)) == (one == other)


@given(st.lists(st.text(min_size=1), min_size=1, max_size=5, unique=True), st.text())
def test_csv_comes_back_as_it_went(build, ids, name):
    rows = [{"customer_id": customer_id, "name": name, "reason_1": name} for customer_id in ids]
    back = read_csv(to_csv(sheet_of(build(rows))))
    assert sorted(row["customer_id"] for row in back) == sorted(defuse(customer_id) for customer_id in ids)
    for row in back:
        assert row["name"] == row["reason_1"] == defuse(name)
        assert not row["name"].lstrip().startswith(tuple("=+-@"))


def test_xlsx_opens_as_it_is(strange):
    sheet = openpyxl.load_workbook(io.BytesIO(to_xlsx({"at risk": sheet_of(strange)}, strange.as_of))).active
    header, *rows = sheet.iter_rows()
    assert [cell.value for cell in header] == list(COLUMNS)
    column = {name: number for number, name in enumerate(COLUMNS)}
    ids = [row[column["customer_id"]] for row in rows]
    assert [cell.value for cell in ids] == ["007", "'+11", "008", "009", "010", "012", "013", "014"]
    assert {(cell.data_type, cell.number_format) for cell in ids} == {("s", "@")}
    names = {row[column["customer_id"]].value: row[column["name"]].value for row in rows}
    assert names["010"] == "Line one\nLine two"
    assert names["'+11"] == "'" + str(NAMES["+11"])
    assert names["013"] == "Bell� and null�"
    assert names["014"] is None
    assert rows[0][column["churn_probability"]].value == 0.123456
    assert rows[0][column["value_at_risk"]].value == 15241.48
    assert rows[0][column["renewal_date"]].value == pd.Timestamp("2026-09-01")
    assert rows[0][column["open_tickets"]].value == 2
    assert not [cell.coordinate for row in rows for cell in row if cell.data_type == "f"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("D2", f"A1:AB{1 + len(NAMES)}")


def test_xlsx_says_the_same_as_the_csv(strange):
    content = io.BytesIO(to_xlsx({"at risk": sheet_of(strange)}, strange.as_of))
    sheet = pd.read_excel(content, engine="calamine", dtype={"customer_id": str})
    table = pd.read_csv(io.BytesIO(to_csv(sheet_of(strange))), dtype={"customer_id": str})
    same = ["rank", "customer_id", "churn_probability", "value_at_risk", "expected_net_value", "reason_1"]
    pd.testing.assert_frame_equal(sheet[same], table[same])


def test_a_text_longer_than_a_cell_is_cut_in_xlsx(build):
    at_risk = build([{"customer_id": "1", "name": "x" * 40_000}])
    sheet = openpyxl.load_workbook(
        io.BytesIO(to_xlsx({"at risk": sheet_of(at_risk)}, date(2026, 8, 1)))
    ).active
    assert len(sheet["C2"].value) == 32_767


def test_parquet_keeps_types_and_digits(strange, tmp_path, page):
    write_files(strange, tmp_path, page)
    table = pq.read_table(tmp_path / "at_risk.parquet")
    assert table.schema.equals(SCHEMA)
    assert table.column("churn_probability")[0].as_py() == 0.123456
    back = table.to_pandas()
    assert back["customer_id"].to_list() == strange.listed["customer_id"].to_list()
    assert back["name"].to_list()[1] == NAMES["+11"]


def test_the_parquet_serves_as_the_previous_list(build, strange, tmp_path, page):
    write_files(strange, tmp_path, page)
    previous = pd.read_parquet(tmp_path / "at_risk.parquet")
    now = build([{"customer_id": "007"}], as_of=date(2026, 8, 8), previous=previous)
    assert now.listed["status_vs_last"].to_list() == ["worse"]
    assert now.previous_as_of == date(2026, 8, 1)
    assert len(now.left) == len(NAMES) - 1


def test_same_list_same_bytes(strange, tmp_path, monkeypatch, page):
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    assert write_files(strange, first, page) == set(FILES)
    # A rerun happens at another time, of day and in the world.
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    write_files(strange, second, page)
    for name in FILES:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
    entries = zipfile.ZipFile(first / "at_risk.xlsx").infolist()
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    core = zipfile.ZipFile(first / "at_risk.xlsx").read("docProps/core.xml").decode()
    assert set(re.findall(r">(\d{4}-[^<]+)<", core)) == {"2026-08-01T00:00:00Z"}


def test_an_empty_list_has_its_headers(build, tmp_path, page):
    write_files(build([]), tmp_path, page)
    assert (tmp_path / "at_risk.csv").read_bytes() == ("\ufeff" + ",".join(COLUMNS) + "\r\n").encode()
    assert pq.read_table(tmp_path / "at_risk.parquet").schema.equals(SCHEMA)
    sheet = openpyxl.load_workbook(tmp_path / "at_risk.xlsx").active
    assert [cell.value for cell in sheet[1]] == list(COLUMNS)
    assert sheet.max_row == 1
    assert "Nobody is to be contacted" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_held_out_customers_are_in_no_file(build, tmp_path, page):
    rows = [{"customer_id": f"customer-{number:02d}", "name": f"Name-{number:02d}"} for number in range(30)]
    # All of them were on the last list, so that all who are missing now have left it.
    previous = build(rows, as_of=date(2026, 7, 25)).listed
    at_risk = build(rows, holdout_share=0.3, previous=previous)
    assert "held_out" in set(at_risk.left["why"])
    write_files(at_risk, tmp_path, page)
    tables = [
        (tmp_path / "report.html").read_text(encoding="utf-8"),
        (tmp_path / "at_risk.csv").read_text(encoding="utf-8-sig"),
        pd.read_parquet(tmp_path / "at_risk.parquet").to_csv(),
        pd.read_excel(tmp_path / "at_risk.xlsx", engine="calamine").to_csv(),
    ]
    for text in tables:
        found = set(re.findall(r"customer-\d\d", text))
        assert found == set(at_risk.listed["customer_id"])
        assert len(set(re.findall(r"Name-\d\d", text))) == len(found)


def test_the_win_back_list_is_a_sheet_and_files_of_its_own(strange, page, tmp_path):
    back = WinBack(
        typed(
            strange.listed.head(2).assign(
                left_on=date(2026, 7, 1), value=1.005, reason="=why", reason_code="RECORDED",
                reason_from=["recorded", "facts"], reason_as_of=None,
            ),
            SELECTED_COLUMNS,
        ),
        strange.held_out, {}, "none", {},
    )  # fmt: skip
    for folder in (tmp_path / "first", tmp_path / "second"):
        folder.mkdir()
        write_files(strange, folder, page, win_back=back, sources={"recorded": "recorded at leaving"})
    names = {path.name for path in (tmp_path / "first").iterdir()}
    assert names == {*FILES, "win_back.csv", "win_back.parquet"}
    for name in names:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes(), name
    rows = read_csv((tmp_path / "first/win_back.csv").read_bytes())
    assert [row["reason_from"] for row in rows] == ["recorded at leaving", "facts"]
    assert (rows[0]["customer_id"], rows[0]["left_on"], rows[0]["reason"]) == ("007", "2026-07-01", "'=why")
    book = openpyxl.load_workbook(tmp_path / "first/at_risk.xlsx")
    assert book.sheetnames == ["at risk 2026-08-01", "win back"]
    assert book.active.title == "at risk 2026-08-01"
    assert [cell.value for cell in book["win back"][1]] == list(WIN_BACK_COLUMNS)
    assert book["win back"]["B2"].value == "007"
    kept = pd.read_parquet(tmp_path / "first/win_back.parquet")
    assert kept["reason_from"].to_list() == ["recorded", "facts"]


def test_people_read_their_own_words_and_programs_the_same_in_every_language(strange, tmp_path):
    write_files(strange, tmp_path, Page(words("lt"), "lt", "EUR"))
    row = read_csv((tmp_path / "at_risk.csv").read_bytes())[0]
    assert (row["risk_tier"], row["status_vs_last"]) == ("aukštas", "naujas")
    kept = pd.read_parquet(tmp_path / "at_risk.parquet").iloc[0]
    assert (kept["risk_tier"], kept["status_vs_last"]) == ("high", "new")


@pytest.mark.parametrize(("language", "right_to_left"), [("fa", True), ("el", False)])
def test_the_workbook_begins_on_the_side_of_its_language(strange, tmp_path, language, right_to_left):
    write_files(strange, tmp_path, Page(words(language), language, "EUR"))
    sheet = openpyxl.load_workbook(tmp_path / "at_risk.xlsx").active
    assert bool(sheet.sheet_view.rightToLeft) == right_to_left


def test_columns_that_are_passed_through_stand_behind_those_of_the_list(strange, page) -> None:
    ids = list(strange.listed["customer_id"])
    passed = pd.DataFrame({"customer_id": ids[::-1], "phone": [f"00{n}" for n, _ in enumerate(ids)][::-1]})
    template = Template(file="crm.csv", fields={"Id": "{customer_id}"})
    contents = render_files(strange, page, run_id="run-1", passed=passed, templates={"crm": template})
    rows = read_csv(contents["at_risk.csv"])
    assert list(rows[0]) == [*COLUMNS, "phone"]
    assert [row["phone"] for row in rows] == [f"00{n}" for n, _ in enumerate(ids)]
    assert [row["phone"] for row in csv.DictReader(io.StringIO(contents["crm.csv"].decode()))] == [
        f"00{n}" for n, _ in enumerate(ids)
    ]
    written = re.search(r'id="island">(.*?)</script>', contents["report.html"].decode(), re.DOTALL)
    assert written is not None
    shown = json.loads(written[1])["passed"]
    assert shown == {"names": ["phone"], "rows": [[f"00{n}"] for n, _ in enumerate(ids)]}
    with pytest.raises(SettingError, match="the list has a column 'segment' of its own"):
        render_files(strange, page, run_id="run-1", passed=passed.rename(columns={"phone": "segment"}))
