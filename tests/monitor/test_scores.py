"""Scores beside the test, and from one run to the next."""

import datetime as dt

import numpy as np
import pytest

from holdfast.monitor.scores import Scored, follow_scores, measure_scores, refer

DRAW = np.random.default_rng(5)
TEST = DRAW.beta(2, 5, 2000)


def test_the_same_spread_does_not_drift_and_another_does():
    reference = refer(TEST, 2000)
    same = measure_scores(reference, DRAW.beta(2, 5, 900))
    assert same["psi"] < same["by_chance"]
    assert same["high_share"] == pytest.approx(0.1, abs=0.03)
    other = measure_scores(reference, DRAW.beta(5, 3, 900))
    assert other["psi"] > 0.25 > other["by_chance"]
    assert other["high_share"] > 0.4
    assert (other["customers"], other["mean"]) == (900, pytest.approx(0.62, abs=0.02))


def test_without_a_test_only_counts_are_told():
    assert refer(np.empty(0), 0) is None
    found = measure_scores(None, np.array([0.2, 0.4]))
    assert (found["mean"], found["psi"], found["high_share"]) == (pytest.approx(0.3), None, None)


def test_runs_follow_each_other_in_time_each_against_its_own_models_test():
    runs = [
        Scored(dt.date(2025, 5, 1), "b", DRAW.beta(5, 3, 900)),
        Scored(dt.date(2025, 4, 1), "a", DRAW.beta(2, 5, 900)),
        Scored(dt.date(2025, 6, 1), "gone", DRAW.beta(5, 3, 900)),
    ]
    trend = follow_scores(
        runs, {"a": refer(TEST, 2000), "b": refer(DRAW.beta(5, 3, 2000), 2000), "gone": None}
    )
    assert trend["as_of"].tolist() == ["2025-04-01", "2025-05-01", "2025-06-01"]
    assert trend["psi"].tolist()[:2] == pytest.approx([0.0, 0.0], abs=0.05)
    assert trend["psi_before"].tolist()[1] > 0.25
    assert trend["psi_before"].tolist()[2] < 0.1
    assert trend[["psi", "psi_before"]].isna().to_numpy().tolist() == [
        [False, True],
        [False, False],
        [True, False],
    ]
