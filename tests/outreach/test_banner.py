"""What is doubtful about a list: which notices it carries, and that page and workbook show them first."""

import io
import re
from typing import Any, get_args, get_type_hints

import openpyxl
import pandas as pd
import pytest
from tests.pages.company import words

from holdfast.monitor.verdict import Reason
from holdfast.outreach.banner import BLANKS, Notice, notices
from holdfast.outreach.deliveries import SENTENCES
from holdfast.outreach.files import render_files
from holdfast.outreach.page.island import Page

GOOD: dict[str, Any] = {"gate": {"leak": None}, "value_alone": False}
FINE = {"verdict": "fine", "reasons": [{"what": "nothing moved"}]}
FEW = Notice(
    "rows_few",
    {"table": "tickets", "rows": 1200, "since": "2026-03-01", "usual": 3000, "low": 2500, "high": 4000,
     "limit": 1750},
)  # fmt: skip
HIGH, LOW, ALL = (pd.Series([value, value + 0.1]) for value in (0.6, 0.1, 0.3))


def codes(card: dict[str, Any], listed: pd.Series, monitor: dict[str, Any], *deliveries: Notice) -> list[str]:
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
    assert notices(GOOD, ALL - 0.004, ALL, FINE) == []  # 35% against 35%
    retrain = {"verdict": "retrain", "inputs": {"importance_strong_drift": 0.42}}
    old = {**retrain, "reasons": [{"topic": "age"}, {"topic": "inputs"}]}
    assert notices(GOOD, HIGH, ALL, old) == [Notice("retrain_age", {})]
    moved = {**retrain, "reasons": [{"topic": "inputs"}]}
    assert notices(GOOD, HIGH, ALL, moved) == [Notice("retrain_inputs", {"share": 0.42})]
    assert codes({"value_alone": True}, HIGH, FINE, FEW) == ["rows_few", "value_alone"]


def test_why_a_model_is_to_be_trained_again_is_said_in_the_language_of_the_list() -> None:
    topics = set(get_args(get_type_hints(Reason)["topic"])) - {"results", "scores"}  # these never say retrain
    assert {code.removeprefix("retrain_") for code in BLANKS if code.startswith("retrain_")} == topics
    notice = Notice("retrain_inputs", {"share": 0.42})
    assert words("en").notice(notice) == (
        "The model should be trained again: the data that it reads has changed since its training "
        "(strong drift: 42% of the feature importance)."
    )
    for language in ("el", "lt", "fa"):
        said = words(language).notice(notice)
        assert "42" in said
        assert language == "lt" or re.search("[a-zA-Z]{4}", said) is None


def test_figures_are_written_as_in_the_language() -> None:
    assert words("en").notice(FEW) == (
        "The data of this list looks unusual: tickets: 1,200 rows since 2026-03-01, usually 3,000 "
        "(2,500 to 4,000), expected at least 1,750."
    )
    assert "1\N{NARROW NO-BREAK SPACE}200" in words("lt").notice(FEW) or "1\xa0200" in words("lt").notice(FEW)
    half = Notice("rejected", {"table": "t", "file": "f", "rules": "r", "share": 0.5, "limit": 0.1})
    assert "50\xa0% failo" in words("lt").notice(half)
    every = Notice("rejected", {**half.figures, "share": 1.0})
    assert "100% of the rows of f were rejected (r), allowed 10%" in words("en").notice(every)


@pytest.mark.parametrize("language", ["el", "lt", "fa"])
def test_every_delivery_has_a_sentence_of_its_own_in_each_language(language: str) -> None:
    translated = words(language).deliveries
    assert [code for code in SENTENCES if translated[code] == SENTENCES[code]] == []


@pytest.mark.parametrize("language", ["en", "el", "lt", "fa"])
def test_page_and_workbook_show_them_first(build: Any, language: str) -> None:
    spoken = words(language)
    figures = {
        "columns": "profile__state__all",
        "listed": 0.123,
        "all": 0.3,
        "share": 0.42,
        "what": "half is missing",
    }
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
