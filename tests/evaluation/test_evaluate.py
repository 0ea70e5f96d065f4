"""The judging part of a card: figures that can be recomputed, intervals, warnings, all of it JSON."""

import dataclasses
import json
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from holdfast.evaluation.data_warnings import TrainingSize
from holdfast.evaluation.evaluate import TestSet, evaluate
from holdfast.evaluation.grade import TOO_GOOD
from holdfast.evaluation.settings import GateSettings
from holdfast.metrics.classification import LIST_METRICS, METRICS, compute_metrics


def a_test(rows: int = 1200, seed: int = 0) -> TestSet:
    """Two rows a customer, a model that knows the probabilities, a rule that knows little, and a coin."""
    random = np.random.default_rng(seed)
    margin = random.normal(0, 2, rows)
    probability = 1 / (1 + np.exp(-margin))
    rough = 1 / (1 + np.exp(-(margin + random.normal(0, 4, rows))))
    return TestSet(
        churned=(random.random(rows) < probability).astype(float),
        probability=probability,
        customers=np.array([f"c{row // 2}" for row in range(rows)]),
        baselines={"recency": rough, "logistic": probability, "rfm_logistic": random.random(rows)},
        champion=None,
        has_champion=False,
        test_by="time",
    )


@pytest.fixture(scope="module")
def test() -> TestSet:
    return a_test()


@pytest.fixture(scope="module")
def card(test: TestSet) -> dict[str, Any]:
    return evaluate(test, seed=1)


def test_figures_are_those_of_the_predictions(test: TestSet, card: dict[str, Any]) -> None:
    assert card["metrics"]["test"] == compute_metrics(test.churned, test.probability)
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


def test_the_same_seed_is_the_same_card(test: TestSet, card: dict[str, Any]) -> None:
    assert evaluate(test, seed=1) == card
    assert evaluate(test, seed=2)["intervals"] != card["intervals"]


def test_a_card_is_json_without_nan(test: TestSet, card: dict[str, Any]) -> None:
    one_class = dataclasses.replace(
        test, churned=np.zeros_like(test.churned), champion=test.probability, has_champion=True
    )
    for judged in (card, evaluate(one_class, seed=1)):
        assert json.loads(json.dumps(judged, allow_nan=False)) == judged


def test_a_test_of_one_class_promotes_nobody(test: TestSet) -> None:
    judged = evaluate(dataclasses.replace(test, churned=np.zeros_like(test.churned)), seed=1)
    assert judged["metrics"]["test"]["auc"] is None
    assert (judged["grade"], judged["gate"]["decision"]) == ("C", "kept")
    assert judged["warnings"] == ["few snapshots that churned in the test (0): metrics are rough"]


def test_a_champion_is_compared_on_the_same_rows(test: TestSet, card: dict[str, Any]) -> None:
    assert card["champion"] is None
    replacing = evaluate(
        dataclasses.replace(test, champion=test.baselines["recency"], has_champion=True), seed=1
    )
    assert replacing["differences"]["champion"] == card["differences"]["recency"]
    assert replacing["champion"] == card["baselines"]["recency"]
    stronger = dataclasses.replace(
        test, probability=test.baselines["recency"], champion=test.probability, has_champion=True
    )
    gate = evaluate(stronger, seed=1)["gate"]
    assert gate["decision"] == "kept"
    assert any("champion" in reason for reason in gate["reasons"])


def test_little_data_is_a_warning(test: TestSet) -> None:
    few = slice(0, 40)
    thin = dataclasses.replace(
        test,
        churned=np.ones(40),
        probability=test.probability[few],
        customers=test.customers[few],
        baselines={},
        test_by="customers",
    )
    warnings = evaluate(thin, seed=1)["warnings"]
    assert [warning.split(":")[0] for warning in warnings] == [
        "the log is too short to test on a later time",
        "few customers in the test (20)",
        "few snapshots that churned in the test (40)",
        "few snapshots that stayed in the test (0)",
    ]


# --- what a card must get right whatever the data ------------------------------------------------


def test_labels_without_a_signal_make_grade_c_and_no_champion(test: TestSet) -> None:
    shuffled = np.random.default_rng(4).permutation(test.churned)
    judged = evaluate(dataclasses.replace(test, churned=shuffled), seed=1)
    assert (judged["grade"], judged["gate"]["decision"]) == ("C", "kept")
    assert judged["gate"]["reasons"][0].startswith("not shown to be better than chance")


def a_leak(test: TestSet) -> TestSet:
    return dataclasses.replace(
        test,
        probability=np.clip(test.churned * 0.9 + 0.05 + 0.01 * test.probability, 0, 1),
        find_suspects=lambda: {"profile__closed__all": 0.999, "spend__sum__all": 0.93},
    )


def test_a_leak_is_told_loudly_and_earns_no_grade(test: TestSet) -> None:
    judged = evaluate(a_leak(test), seed=1)
    assert judged["grade"] == "C"
    assert judged["grade_text"] == TOO_GOOD
    assert judged["warnings"][0] == (
        "AUC 1.000 is too good to be true (above 0.97): a column probably knows the future; look first at "
        "profile__closed__all (AUC 0.999 alone), spend__sum__all (AUC 0.930 alone); "
        "run `holdfast audit` before anyone is called by this model"
    )


@pytest.mark.parametrize("has_champion", [True, False])
def test_a_leak_is_promoted_only_where_it_is_accepted(test: TestSet, has_champion: bool) -> None:
    champion = test.probability if has_champion else None
    leaking = dataclasses.replace(a_leak(test), champion=champion, has_champion=has_champion)
    judged = evaluate(leaking, seed=1)
    assert judged["gate"]["decision"] == "kept"
    assert "too good to be true" in judged["gate"]["reasons"][0]
    assert judged["gate"]["leak"]["columns"] == ["profile__closed__all", "spend__sum__all"]
    accepted = evaluate(leaking, seed=1, settings=GateSettings(accept_leak=True))
    assert accepted["gate"]["decision"] == "promoted"
    assert "gate.accept_leak=true" in accepted["warnings"][1]


def test_a_first_model_too_good_without_a_column_to_name_is_warned_of_not_refused(test: TestSet) -> None:
    judged = evaluate(dataclasses.replace(a_leak(test), find_suspects=dict), seed=1)
    assert (judged["gate"]["decision"], judged["gate"]["leak"], judged["grade"]) == ("promoted", None, "C")
    assert judged["warnings"][0].startswith("AUC 1.000 is too good to be true (above 0.97)")


def test_nobody_is_suspected_without_need(test: TestSet) -> None:
    def unasked() -> dict[str, float]:
        raise AssertionError("looked for leaks where there is no sign of one")

    assert evaluate(dataclasses.replace(test, find_suspects=unasked), seed=1)["warnings"] == []


def test_rare_churn_is_judged_with_wide_intervals_and_a_warning() -> None:
    random = np.random.default_rng(3)
    rows = 20_000
    margin = random.normal(-8.5, 1.5, rows)
    order = np.argsort(-(margin + random.logistic(size=rows)))
    churned = np.zeros(rows)
    churned[order[:30]] = 1
    rare = TestSet(
        churned=churned,
        probability=1 / (1 + np.exp(-margin)),
        customers=np.arange(rows),
        baselines={"recency": random.random(rows) / 100},
        champion=None,
        has_champion=False,
        test_by="time",
        segments={"country": np.array(["GR"] * rows, dtype=object)},
    )
    judged = evaluate(rare, seed=1)
    assert judged["gate"]["decision"] == "promoted"
    assert judged["warnings"] == ["few snapshots that churned in the test (30): metrics are rough"]
    span = judged["intervals"]["test"]["auc"]
    assert 0.03 < span["high"] - span["low"] < 0.3
    assert judged["metrics"]["test"]["list_recall"] > 0.1
    assert [group["churned"] for group in judged["by_segment"]] == [30]
    assert json.loads(json.dumps(judged, allow_nan=False)) == judged


def test_limits_come_from_the_settings(test: TestSet) -> None:
    strict = GateSettings(grade_a_min_auc=0.99, grade_a_ece_margin=1, min_customers=10_000)
    judged = evaluate(test, seed=1, settings=strict)
    assert judged["grade"] == "B"
    assert judged["warnings"] == ["few customers in the test (600): metrics are rough"]


def test_little_training_data_is_a_warning(test: TestSet) -> None:
    ground = TrainingSize(customers=80, churned=12, stayed=500, span_days=90, horizon_days=60)
    assert evaluate(dataclasses.replace(test, training=ground), seed=1)["warnings"] == [
        "few customers in the training (80): few examples to learn from",
        "few snapshots that churned in the training (12): few examples to learn from",
        "the training spans 90 days, 1.5 outcome windows: too short to learn how churn changes with the "
        "season",
    ]


def test_the_list_is_judged_by_its_size(test: TestSet) -> None:
    judged = evaluate(dataclasses.replace(test, list_share=0.025), seed=1)
    top = np.argsort(-test.probability)[:30]
    figures = judged["metrics"]["test"]
    assert figures["list_precision"] == pytest.approx(test.churned[top].mean())
    assert figures["list_recall"] == pytest.approx(test.churned[top].sum() / test.churned.sum())
    assert figures["list_lift"] == pytest.approx(test.churned[top].mean() / test.churned.mean())
    span = judged["intervals"]["test"]["list_precision"]
    assert span["value"] == pytest.approx(figures["list_precision"])
    assert span["low"] <= span["value"] <= span["high"]
