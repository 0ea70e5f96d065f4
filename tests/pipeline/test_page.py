"""The page of a real list: the histories and waterfalls are those of the scores and of the model."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.pipeline.conftest import SCORED


def read_island(company: Path, as_of: str) -> dict:  # type: ignore[type-arg]  # JSON
    html = (company / "data" / "at_risk" / as_of / "report.html").read_text(encoding="utf-8")
    found = re.search(r'id="island">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    return dict(json.loads(found[1]))


@pytest.mark.slow
def test_the_page_tells_the_earlier_scores(company: Path):
    island = read_island(company, SCORED[-1])
    history, ids = island["history"], island["columns"]["customer_id"]
    assert history["dates"] == [SCORED[0]]  # the one between was scored later
    assert history["same_model"] == [True]
    for date, told in zip(history["dates"], history["probabilities"], strict=True):
        scores = pd.read_parquet(company / "data" / "scores" / date / "scores.parquet")
        known = scores.set_index("customer_id")["churn_probability"].reindex(ids)
        np.testing.assert_allclose(np.array(told, dtype=float), known, atol=5e-4)
    assert read_island(company, SCORED[0])["history"] is None


@pytest.mark.slow
def test_every_waterfall_is_that_of_its_customer(company: Path):
    island = read_island(company, SCORED[-1])
    waterfall, probability = island["waterfall"], np.array(island["columns"]["churn_probability"])
    ends = np.array([steps[-1] for steps in waterfall["steps"]])
    assert len(ends) == len(probability) > 0
    assert len({steps[0] for steps in waterfall["steps"]}) == 1  # everybody starts at the same place
    assert np.corrcoef(ends, probability)[0, 1] > 0.8  # the rest is small
    codes = waterfall["codes"]
    listed = pd.read_parquet(company / "data" / "at_risk" / SCORED[-1] / "at_risk.parquet")
    for first, (start, *steps) in zip(listed["reason_1_code"], waterfall["steps"], strict=True):
        after = dict(zip(steps[::2], steps[1::2], strict=True))
        before = dict(zip(steps[::2], [start, *steps[1:-1:2]], strict=True))
        # the general reason stands for all that could not be stated, one ticket for what many would have been
        if pd.notna(first) and first not in {"HABIT", "RECENT_TICKET"} and codes.index(first) in after:
            place = codes.index(first)
            assert after[place] > before[place], f"{first} raises the risk"


@pytest.mark.slow
def test_the_held_out_are_not_on_the_page(company: Path):
    held = pd.read_parquet(company / "data" / "holdout" / f"{SCORED[-1]}.parquet")["customer_id"]
    html = (company / "data" / "at_risk" / SCORED[-1] / "report.html").read_text(encoding="utf-8")
    assert len(held) > 0
    assert [name for name in held if re.search(rf"\b{re.escape(name)}\b", html)] == []


@pytest.mark.slow
def test_what_moved_the_risk_of_whoever_is_worse_or_better_off(company: Path):
    island = read_island(company, SCORED[-1])
    status, moved = island["columns"]["status_vs_last"], island["moved"]
    told = [None if place < 0 else moved["levels"][place] for place in moved["places"]]
    of = [status["levels"][place] for place in status["places"]]
    assert {"worse", "better"} & set(of)
    assert all(
        (label is not None) == (state in ("worse", "better")) for label, state in zip(told, of, strict=True)
    )
    assert set(moved["levels"]) <= set(island["waterfall"]["labels"])
    assert read_island(company, SCORED[0])["moved"] is None  # there is no list before
