"""What became of earlier scores: figures by hand, groups, and how far chance goes."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from holdfast.metrics.classification import calibration_error
from holdfast.monitor.results import COLUMNS, drop, ece_by_chance, grade_group, grade_run

ABOUT = {"as_of": "2025-03-03", "model_version": "m", "fair": True}


def run_of(rows: int = 400, seed: int = 1, shift: float = 0.0) -> pd.DataFrame:
    """A run whose probabilities are right, or too high by `shift`."""
    draw = np.random.default_rng(seed)
    true = draw.uniform(0.05, 0.8, rows)
    return pd.DataFrame(
        {
            "customer_id": [f"c{row}" for row in range(rows)],
            "churned": (draw.random(rows) < true).astype(float),
            "churn_probability": np.clip(true + shift, 0, 1),
            "contacted": draw.random(rows) < 0.3,
            "held_out": np.arange(rows) < 12,
        }
    )


def test_figures_are_those_of_the_rows():
    run = run_of()
    found = grade_group(run, seed=0)
    assert (found["rows"], found["churned"]) == (400, int(run["churned"].sum()))
    assert found["observed"] == pytest.approx(run["churned"].mean())
    assert found["predicted"] == pytest.approx(run["churn_probability"].mean())
    assert found["auc"] == pytest.approx(roc_auc_score(run["churned"], run["churn_probability"]))
    assert found["ece"] == pytest.approx(
        calibration_error(run["churned"].to_numpy(), run["churn_probability"].to_numpy())
    )
    assert found["auc_low"] < found["auc"] < found["auc_high"]
    assert found["observed_low"] < found["observed"] < found["observed_high"]


def test_interval_of_a_share_is_wilsons():
    run = run_of().head(10).assign(churned=[1.0] * 2 + [0.0] * 8)
    found = grade_group(run, seed=0)
    assert (found["observed_low"], found["observed_high"]) == pytest.approx((0.0567, 0.5098), abs=1e-4)


def test_groups_apart_and_few_of_one_kind_are_not_judged():
    run = run_of()
    groups = {row["group"]: row for row in grade_run(run, ABOUT, seed=0)}
    assert list(groups) == ["all", "not contacted", "held out"]
    assert groups["not contacted"]["rows"] == int((~run["contacted"]).sum())
    assert groups["held out"]["rows"] == 12
    assert (groups["held out"]["auc"], groups["held out"]["ece"]) == (None, None)
    assert set(groups["all"]) == set(COLUMNS)


def test_groups_that_are_everybody_or_nobody_are_left_out():
    run = run_of().assign(contacted=False, held_out=False)
    assert [row["group"] for row in grade_run(run, ABOUT, seed=0)] == ["all"]
    empty = grade_run(run.head(0), ABOUT, seed=0)[0]
    assert (empty["rows"], empty["observed"], empty["auc"]) == (0, None, None)


@pytest.mark.parametrize("rows", [200, 3000])
def test_right_probabilities_stay_below_what_chance_explains(rows: int):
    within = 0
    for seed in range(20):
        run = run_of(rows, seed)
        found = grade_group(run, seed=0)
        within += found["ece"] <= found["ece_by_chance"]
    assert within >= 16
    wrong = grade_group(run_of(rows, 1, shift=0.25), seed=0)
    assert wrong["ece"] > wrong["ece_by_chance"]


def test_chance_explains_less_the_more_rows_there_are():
    probability = np.random.default_rng(0).uniform(0.1, 0.9, 6000)
    assert ece_by_chance(probability, 0) < 0.5 * ece_by_chance(probability[:600], 0)


def test_a_drop_has_the_interval_of_both_figures():
    test = {"auc": 0.85, "auc_low": 0.82, "auc_high": 0.88}
    now = {"auc": 0.78, "auc_low": 0.70, "auc_high": 0.82}
    found = drop(test, now)
    assert found is not None
    assert found == pytest.approx((0.07, 0.07 - 0.05))  # √(0.03² + 0.04²) = 0.05
    assert drop({}, now) is None
    assert drop(test, {**now, "auc": np.nan}) is None
