"""The judging part of a card: figures that can be recomputed, intervals, warnings, all of it JSON."""

import dataclasses
import json
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from holdfast.evaluation.card import Test, judge
from holdfast.evaluation.metrics import METRICS, grade_predictions


def a_test(rows: int = 1200, seed: int = 0) -> Test:
    """Two rows a customer, a model that knows the probabilities, a rule that knows little, and a coin."""
    random = np.random.default_rng(seed)
    margin = random.normal(0, 2, rows)
    probability = 1 / (1 + np.exp(-margin))
    rough = 1 / (1 + np.exp(-(margin + random.normal(0, 4, rows))))
    return Test(
        churned=(random.random(rows) < probability).astype(float),
        probability=probability,
        customers=np.array([f"c{row // 2}" for row in range(rows)]),
        baselines={"recency": rough, "logistic": probability, "rfm_logistic": random.random(rows)},
        rival=None,
        succeeds=False,
        by="time",
    )


@pytest.fixture(scope="module")
def test() -> Test:
    return a_test()


@pytest.fixture(scope="module")
def card(test: Test) -> dict[str, Any]:
    return judge(test, seed=1)


def test_figures_are_those_of_the_predictions(test: Test, card: dict[str, Any]) -> None:
    assert card["metrics"]["test"] == grade_predictions(test.churned, test.probability)
    assert card["baselines"].keys() == test.baselines.keys()
    for name, probability in test.baselines.items():
        assert card["baselines"][name]["auc"] == pytest.approx(roc_auc_score(test.churned, probability))


def test_every_figure_lies_in_its_interval(card: dict[str, Any]) -> None:
    assert set(card["intervals"]["test"]) == set(METRICS)
    for name in ("auc", "log_loss", "brier", "average_precision"):
        span = card["intervals"]["test"][name]
        assert span["low"] < span["value"] < span["high"]
        assert span["value"] == pytest.approx(card["metrics"]["test"][name])


def test_differences_are_paired(card: dict[str, Any]) -> None:
    rule = card["auc_differences"]["recency"]
    assert rule["value"] == pytest.approx(
        card["metrics"]["test"]["auc"] - card["baselines"]["recency"]["auc"]
    )
    assert rule["low"] > 0
    assert card["auc_differences"]["logistic"] == {
        "value": 0.0,
        "low": 0.0,
        "high": 0.0,
    }  # the very same rows


def test_a_good_model_is_promoted_with_grade_a(card: dict[str, Any]) -> None:
    assert (card["grade"], card["gate"]["decision"]) == ("A", "promoted")
    assert card["grade_text"].startswith("ranks well")
    assert card["warnings"] == []


def test_the_same_seed_is_the_same_card(test: Test, card: dict[str, Any]) -> None:
    assert judge(test, seed=1) == card
    assert judge(test, seed=2)["intervals"] != card["intervals"]


def test_a_card_is_json_without_nan(test: Test, card: dict[str, Any]) -> None:
    one_class = dataclasses.replace(
        test, churned=np.zeros_like(test.churned), rival=test.probability, succeeds=True
    )
    for judged in (card, judge(one_class, seed=1)):
        assert json.loads(json.dumps(judged, allow_nan=False)) == judged


def test_a_test_of_one_class_promotes_nobody(test: Test) -> None:
    judged = judge(dataclasses.replace(test, churned=np.zeros_like(test.churned)), seed=1)
    assert judged["metrics"]["test"]["auc"] is None
    assert (judged["grade"], judged["gate"]["decision"]) == ("C", "kept")
    assert judged["warnings"] == ["only 0 of 1,200 test snapshots churned: figures are rough"]


def test_a_rival_is_compared_on_the_same_rows(test: Test, card: dict[str, Any]) -> None:
    assert card["champion_difference"] is None
    rival = dataclasses.replace(test, rival=test.baselines["recency"], succeeds=True)
    assert judge(rival, seed=1)["champion_difference"] == card["auc_differences"]["recency"]
    stronger = dataclasses.replace(
        test, probability=test.baselines["recency"], rival=test.probability, succeeds=True
    )
    gate = judge(stronger, seed=1)["gate"]
    assert gate["decision"] == "kept"
    assert any("champion" in reason for reason in gate["reasons"])


def test_what_is_thin_is_told(test: Test) -> None:
    few = slice(0, 40)
    thin = dataclasses.replace(
        test,
        churned=np.ones(40),
        probability=test.probability[few],
        customers=test.customers[few],
        baselines={},
        by="customers",
    )
    warnings = judge(thin, seed=1)["warnings"]
    assert [warning.split(":")[0] for warning in warnings] == [
        "the log is too short to test on a later time",
        "only 40 of 40 test snapshots churned",
        "only 0 of 40 test snapshots stayed",
        "only 20 customers in the test",
    ]
