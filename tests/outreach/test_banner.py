"""What is doubtful about a list: which notices it carries, and that page and workbook show them first."""

import io
from typing import Any

import openpyxl
import pandas as pd
import pytest
from tests.pages.company import words

from holdfast.outreach.banner import BLANKS, Notice, notices
from holdfast.outreach.files import render_files
from holdfast.outreach.page.island import Page

GOOD: dict[str, Any] = {"gate": {"leak": None}, "value_alone": False}
FINE = {"verdict": "fine", "reasons": [{"what": "nothing moved"}]}
HIGH, LOW, ALL = (pd.Series([value, value + 0.1]) for value in (0.6, 0.1, 0.3))


def codes(card: dict[str, Any], listed: pd.Series, monitor: dict[str, Any], *deliveries: str) -> list[str]:
    return [one.code for one in notices({**GOOD, **card}, listed, ALL, monitor, deliveries)]


def test_a_good_list_has_no_banner() -> None:
    assert codes({}, HIGH, FINE) == []
    assert codes({}, HIGH, {"verdict": "watch", "reasons": []}) == []
    assert codes({}, HIGH[:0], FINE) == []


def test_each_doubt_is_named_with_its_figures() -> None:
    leak = {"gate": {"leak": {"columns": ["a", "b", "c", "d"]}}}
    assert notices({**GOOD, **leak}, HIGH, ALL, FINE) == [Notice("leak", {"columns": "a, b, c and 1 more"})]
    assert notices(GOOD, LOW, ALL, FINE) == [
        Notice("low_risk", {"listed": pytest.approx(0.15), "all": pytest.approx(0.35)})
    ]
    retrain = {"verdict": "retrain", "reasons": [{"what": "it is old"}]}
    assert notices(GOOD, HIGH, ALL, retrain) == [Notice("retrain", {"what": "it is old"})]
    assert codes({"value_alone": True}, HIGH, FINE, "half is missing") == ["delivery", "value_alone"]


@pytest.mark.parametrize("language", ["en", "el", "lt", "fa"])
def test_page_and_workbook_show_them_first(build: Any, language: str) -> None:
    spoken = words(language)
    figures = {"columns": "profile__state__all", "listed": 0.123, "all": 0.3, "what": "half is missing"}
    said = tuple(
        spoken.notice(Notice(code, {name: figures[name] for name in blanks}))  # type: ignore[arg-type]  # a code
        for code, blanks in BLANKS.items()
    )
    assert all("{" not in sentence for sentence in said)
    at_risk = build([{"customer_id": "007"}])
    files = render_files(at_risk, Page(spoken, language, notices=said), run_id="r")
    page = files["report.html"].decode()
    assert page.index('class="notices"') < page.index('id="list-heading"')
    assert "profile__state__all" in page
    book = openpyxl.load_workbook(io.BytesIO(files["at_risk.xlsx"]))
    assert book.sheetnames[0] == spoken.notices_heading
    assert [row[0].value for row in book.worksheets[0].iter_rows()] == list(said)
    plain = render_files(at_risk, Page(spoken, language), run_id="r")
    assert 'class="notices"' not in plain["report.html"].decode()
    assert len(openpyxl.load_workbook(io.BytesIO(plain["at_risk.xlsx"])).sheetnames) == 1
