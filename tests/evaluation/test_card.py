"""The judging part of a card: figures that can be recomputed, intervals, warnings, all of it JSON."""

import dataclasses
import json
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from holdfast.evaluation.card import Test, judge
from holdfast.evaluation.floors import Ground
from holdfast.evaluation.grade import SUSPECT
from holdfast.evaluation.metrics import LIST_METRICS, METRICS, grade_predictions
from holdfast.evaluation.settings import GateSettings


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
    assert set(card["intervals"]["test"]) == {*METRICS, *LIST_METRICS}
    for name in ("auc", "log_loss", "brier", "average_precision"):
        span = card["intervals"]["test"][name]
        assert span["low"] < span["value"] < span["high"]
        assert span["value"] == pytest.approx(card["metrics"]["test"][name])


def test_differences_are_paired(card: dict[str, Any]) -> None:
    rule = card["differences"]["recency"]["auc"]
    assert rule["value"] == pytest.approx(
        card["metrics"]["test"]["auc"] - card["baselines"]["recency"]["auc"]
    )
    assert rule["low"] > 0
    assert card["differences"]["logistic"]["auc"] == {
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
    assert card["champion"] is None
    rival = judge(dataclasses.replace(test, rival=test.baselines["recency"], succeeds=True), seed=1)
    assert rival["differences"]["champion"] == card["differences"]["recency"]
    assert rival["champion"] == card["baselines"]["recency"]
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


# --- what a card must get right whatever the data ------------------------------------------------


def test_labels_without_a_signal_make_grade_c_and_no_champion(test: Test) -> None:
    shuffled = np.random.default_rng(4).permutation(test.churned)
    judged = judge(dataclasses.replace(test, churned=shuffled), seed=1)
    assert (judged["grade"], judged["gate"]["decision"]) == ("C", "kept")
    assert judged["gate"]["reasons"][0].startswith("not shown to be better than chance")


def a_leak(test: Test) -> Test:
    return dataclasses.replace(
        test,
        probability=np.clip(test.churned * 0.9 + 0.05 + 0.01 * test.probability, 0, 1),
        suspects=lambda: {"profile__closed__all": 0.999, "spend__sum__all": 0.93},
    )


def test_a_leak_is_told_loudly_and_earns_no_grade(test: Test) -> None:
    judged = judge(a_leak(test), seed=1)
    assert judged["grade"] == "C"
    assert judged["grade_text"] == SUSPECT
    assert judged["warnings"][0] == (
        "AUC 1.000 is too good to be true: a column probably knows the future; look first at "
        "profile__closed__all (AUC 0.999 alone), spend__sum__all (AUC 0.930 alone). "
        "Run `holdfast audit` before anyone is called by this model"
    )


def test_a_leak_replaces_no_champion(test: Test) -> None:
    judged = judge(dataclasses.replace(a_leak(test), rival=test.probability, succeeds=True), seed=1)
    assert judged["gate"]["decision"] == "kept"
    assert judged["gate"]["reasons"][0].startswith("too good to be true")


def test_nobody_is_suspected_without_need(test: Test) -> None:
    def unasked() -> dict[str, float]:
        raise AssertionError("looked for leaks where there is no sign of one")

    assert judge(dataclasses.replace(test, suspects=unasked), seed=1)["warnings"] == []


def test_rare_churn_is_judged_with_wide_intervals_and_a_warning() -> None:
    random = np.random.default_rng(3)
    rows = 20_000
    margin = random.normal(-8.5, 1.5, rows)
    order = np.argsort(-(margin + random.logistic(size=rows)))
    churned = np.zeros(rows)
    churned[order[:30]] = 1
    rare = Test(
        churned=churned,
        probability=1 / (1 + np.exp(-margin)),
        customers=np.arange(rows),
        baselines={"recency": random.random(rows) / 100},
        rival=None,
        succeeds=False,
        by="time",
        labels={"country": np.array(["GR"] * rows, dtype=object)},
    )
    judged = judge(rare, seed=1)
    assert judged["gate"]["decision"] == "promoted"
    assert judged["warnings"] == ["only 30 of 20,000 test snapshots churned: figures are rough"]
    span = judged["intervals"]["test"]["auc"]
    assert 0.03 < span["high"] - span["low"] < 0.3
    assert judged["metrics"]["test"]["list_recall"] > 0.1
    assert [group["churned"] for group in judged["by_segment"]] == [30]
    assert json.loads(json.dumps(judged, allow_nan=False)) == judged


def test_limits_come_from_the_settings(test: Test) -> None:
    strict = GateSettings(good_auc=0.99, few_customers=10_000)
    judged = judge(test, seed=1, limits=strict)
    assert judged["grade"] == "B"
    assert judged["warnings"] == ["only 600 customers in the test: figures are rough"]


def test_thin_training_is_told(test: Test) -> None:
    ground = Ground(customers=80, churned=12, stayed=500, span_days=90, horizon_days=60)
    assert judge(dataclasses.replace(test, ground=ground), seed=1)["warnings"] == [
        "only 80 customers in training: it knows few of their ways",
        "only 12 snapshots of the training churned: it has seen few examples",
        "the training spans 90 days, 1.5 outcome windows: it has seen little of how churn changes",
    ]


def test_the_list_is_judged_by_its_size(test: Test) -> None:
    judged = judge(dataclasses.replace(test, list_share=0.025), seed=1)
    top = np.argsort(-test.probability)[:30]
    figures = judged["metrics"]["test"]
    assert figures["list_precision"] == pytest.approx(test.churned[top].mean())
    assert figures["list_recall"] == pytest.approx(test.churned[top].sum() / test.churned.sum())
    assert figures["list_lift"] == pytest.approx(test.churned[top].mean() / test.churned.mean())
    span = judged["intervals"]["test"]["list_precision"]
    assert span["value"] == pytest.approx(figures["list_precision"])
    assert span["low"] <= span["value"] <= span["high"]
