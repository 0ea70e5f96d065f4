"""The page about an audit: the verdict first, every finding with what to do, everything escaped."""

import re
from typing import Any

import pytest

from holdfast.reports.audit import render_audit_page

FIGURES = {"value_auc": 0.7, "missing_auc": None, "psi": 0.2, "missing_old": 0.0, "missing_new": 0.5}
LEAK = {
    "severity": "leak",
    "rule": "sees_the_future",
    "table": "tickets",
    "columns": ["s__mean__all"],
    "found": "differs <b>",
    "next_step": "features.families.s=false",
}
DIFFERENCE = {
    "column": "s__mean__all",
    "as_of": "2026-01-05",
    "variant": "deleted",
    "rows": 12,
    "largest": None,
    "example": ["null", "4"],
}


def audit(**changes: Any) -> dict[str, Any]:
    counts = {"columns": 300, "rows": 1000, "differing": 0, "leak": 0, "suspicious": 0, "note": 0}
    return {
        "as_of": "2026-03-02",
        "question": "Who leaves?",
        "counts": counts | changes.pop("counts", {}),
        "dates": {"2026-01-05": 400, "2026-03-02": 600},
        "variants": {"deleted": "the future deleted", "scrambled": "the future randomised"},
        "differences": [],
        "findings": [],
        "columns": {"s__mean__all": FIGURES, "s__mean__365d": {**FIGURES, "psi": 18.0, "missing_old": 1.0}},
        **changes,
    }


def page(content):
    text = render_audit_page(content).decode()
    assert "<script" not in text
    return text, re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text.split("</head>")[1]))


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ({}, "✓ Not one of 300 features changes with what comes later."),
        ({"suspicious": 2}, "? Not one of 300 features changes with what comes later. Look at"),
        ({"leak": 1}, "✗ No feature changes with the future, but a column that the source gives knows it."),
        ({"leak": 1, "differing": 1}, "✗ 1 of 300 columns see the future."),
    ],
)
def test_the_verdict_comes_first(counts, told):
    assert told in page(audit(counts=counts))[1]


def test_what_leaks_is_named_with_what_to_do():
    text, words = page(audit(findings=[LEAK], differences=[DIFFERENCE]))
    assert "tickets: s__mean__all differs &lt;b&gt;. Next: features.families.s=false." in words
    assert "s__mean__all 2026-01-05 the future deleted 12 – null instead of 4" in words
    assert "2026-01-05 400 1 0" in words
    assert "<b>" not in text


def test_windows_that_only_fill_up_are_not_shown_as_moved():
    _, words = page(audit())
    moved = words.split("Those that moved furthest")[1]
    assert "s__mean__all 0.20 0.0% 50%" in moved
    assert "s__mean__365d" not in moved
