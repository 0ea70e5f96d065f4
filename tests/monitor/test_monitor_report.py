"""The page: one file, nothing fetched, nobody named, with and without what there is to show."""

import datetime as dt
import re
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.monitor.tables import LIMITS, NOW, counted, profile, snapshots
from tests.monitor.test_results import run_of

from holdfast.monitor.drift import measure_inputs, summarise
from holdfast.monitor.profile import compare_counts
from holdfast.monitor.results import COLUMNS as RESULT_COLUMNS
from holdfast.monitor.results import grade_group, grade_run
from holdfast.monitor.scores import Scored, follow_scores, measure_scores, refer
from holdfast.monitor.verdict import conclude, judge_inputs, judge_scores
from holdfast.reports.monitor import render_monitor_page

TEST = run_of(800, seed=9)


def page(*, earlier=True):
    """The page of a run with a broken column; without `earlier`, of a first run."""
    reference = profile()
    now = snapshots(1, NOW, **{"spend__sum__90d": pa.nulls(600, pa.float32())})
    table = counted(reference, now)
    drift = measure_inputs(reference, table, NOW, LIMITS)
    inputs: dict[str, Any] = summarise(drift)
    scores = refer(TEST["churn_probability"].to_numpy(), 800) if earlier else None
    probability = np.random.default_rng(3).beta(2, 3, 600)
    dates = [dt.date(2025, month, 3) for month in ((4, 5, 6) if earlier else ())]
    runs = [Scored(date, "m", run_of(seed=date.month)["churn_probability"].to_numpy()) for date in dates]
    trend = follow_scores([*runs, Scored(NOW, "m", probability)], {"m": scores})
    rows: list[dict[str, Any]] = []
    for date in dates:
        about = {"as_of": str(date), "model_version": "m", "fair": date.month > 4}
        rows += grade_run(run_of(seed=date.month), about, 0)
    figures = measure_scores(scores, probability)
    verdict = conclude([*judge_inputs(drift, inputs, LIMITS), *judge_scores(figures, LIMITS)])
    found = {
        "as_of": str(NOW), "model_version": "m", **verdict.to_dict(), "inputs": inputs, "scores": figures,
        "model_age_days": 40, "test": grade_group(TEST, 0) if earlier else {},
        "churned_means": "bought nothing",
    }  # fmt: skip
    results = pd.DataFrame(rows, columns=RESULT_COLUMNS)
    return render_monitor_page(found, drift, trend, results, compare_counts(reference, table)).decode()


@pytest.fixture(scope="module")
def full():
    return page()


def test_the_page_says_what_broke_and_what_to_do(full):
    assert "Fix the data." in full
    assert "1 column broke" in full
    assert "spend · sum · 90d<small>all null</small>" in full
    assert "do not train on it" in full
    assert "had seen the outcome" in full


def test_the_page_stands_alone_and_names_nobody(full):
    assert re.findall(r"(?:src|href)=\"(?!data:image/png;base64,|../../index.html\")", full) == []
    assert "<script" not in full
    assert re.findall(r"\bc\d+(?:-\d+)?\b", re.sub(r"base64,[^\"]*", "", full)) == []
    assert len(full.encode()) < 1_000_000
    assert full.count("<img") == 1 + 2  # the column that broke; scores; results


def test_the_first_run():
    text = page(earlier=False)
    assert "No earlier scores have a known outcome yet." in text
    assert text.count("<img") == 1  # the column that broke
