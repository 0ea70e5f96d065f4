"""The gate: each rule with intervals made by hand, and the grade in plain words."""

import pytest

from holdfast.evaluation.gate import GRADES, MARGIN, decide, grade
from holdfast.evaluation.intervals import Interval

BETTER = Interval(0.05, 0.02, 0.08)
LEVEL = Interval(0.0, -0.003, 0.003)
WORSE = Interval(-0.05, -0.08, -0.02)
UNKNOWN = Interval(None, None, None)
SEEN = Interval(0.7, 0.65, 0.75)


def test_a_first_model_with_a_signal_is_promoted() -> None:
    gate = decide(SEEN, {"recency": BETTER, "logistic": LEVEL}, None, succeeds=False)
    assert gate.decision == "promoted"
    assert gate.reasons == (
        "better than chance: AUC 0.700 (95% interval 0.650 to 0.750)",
        "ahead of the baseline recency: AUC +0.050 (95% interval +0.020 to +0.080)",
        "not behind the baseline logistic: AUC +0.000 (95% interval -0.003 to +0.003)",
        "there was no champion",
    )


@pytest.mark.parametrize("auc", [Interval(0.55, 0.5, 0.6), Interval(0.5, 0.45, 0.55), UNKNOWN])
def test_without_a_signal_nobody_is_promoted(auc: Interval) -> None:
    gate = decide(auc, {"recency": BETTER}, None, succeeds=False)
    assert gate.decision == "kept"
    assert len(gate.reasons) == 1


@pytest.mark.parametrize(
    ("recency", "decision"), [(LEVEL, "promoted"), (UNKNOWN, "promoted"), (WORSE, "kept")]
)
def test_a_first_model_must_not_be_shown_to_be_behind_the_recency_rule(
    recency: Interval, decision: str
) -> None:
    assert decide(SEEN, {"recency": recency}, None, succeeds=False).decision == decision
    assert decide(SEEN, {"recency": recency}, None, succeeds=True).decision == decision  # the same recipe


@pytest.mark.parametrize("low", [0.0, -0.001, -0.1])
def test_another_recipe_must_beat_the_recency_rule_beyond_noise(low: float) -> None:
    gate = decide(SEEN, {"recency": Interval(0.02, low, 0.05)}, BETTER, succeeds=True)
    assert gate.decision == "kept"
    assert gate.reasons[0].startswith("does not beat the recency rule beyond noise")


@pytest.mark.parametrize("differences", [{}, {"recency": UNKNOWN}, {"logistic": BETTER}])
def test_a_test_that_cannot_tell_replaces_nobody(differences: dict[str, Interval]) -> None:
    gate = decide(SEEN, differences, BETTER, succeeds=True)
    assert gate.decision == "kept"
    assert gate.reasons[0].startswith("the test cannot tell the model from the recency rule")


@pytest.mark.parametrize(
    ("high", "decision"),
    [(-MARGIN - 0.001, "kept"), (-MARGIN, "kept"), (-MARGIN + 0.001, "promoted"), (0.1, "promoted")],
)
def test_a_baseline_may_not_be_shown_to_be_better(high: float, decision: str) -> None:
    gate = decide(
        SEEN, {"recency": BETTER, "rfm_logistic": Interval(-0.03, -0.2, high)}, None, succeeds=False
    )
    assert gate.decision == decision
    if decision == "kept":
        assert gate.reasons == (
            f"behind the baseline rfm logistic: AUC -0.030 (95% interval -0.200 to {high:+.3f})",
        )


def test_a_baseline_that_cannot_be_told_apart_is_no_hindrance() -> None:
    assert decide(SEEN, {"recency": BETTER, "logistic": UNKNOWN}, None, succeeds=False).decision == "promoted"


@pytest.mark.parametrize(
    ("low", "decision"),
    [(0.001, "promoted"), (-MARGIN + 0.001, "promoted"), (-MARGIN, "kept"), (-0.1, "kept")],
)
def test_the_champion_must_not_be_better_beyond_the_margin(low: float, decision: str) -> None:
    gate = decide(SEEN, {"recency": BETTER}, Interval(0.001, low, 0.01), succeeds=True)
    assert gate.decision == decision
    assert "the champion: AUC +0.001" in gate.reasons[-1]


def test_a_champion_that_cannot_be_told_apart_stays() -> None:
    gate = decide(SEEN, {"recency": BETTER}, UNKNOWN, succeeds=True)
    assert (gate.decision, gate.reasons) == (
        "kept",
        ("the test cannot tell the model from the champion: the champion stays",),
    )


def test_the_champions_recipe_on_newer_data_follows_it() -> None:
    gate = decide(SEEN, {"recency": BETTER}, None, succeeds=True)
    assert gate.decision == "promoted"
    assert gate.reasons[-1] == "the champion's recipe on newer data"


def test_every_reason_to_keep_is_told_and_no_other() -> None:
    gate = decide(SEEN, {"recency": WORSE, "logistic": WORSE, "rfm_logistic": BETTER}, WORSE, succeeds=True)
    assert [reason.split(":")[0] for reason in gate.reasons] == [
        "does not beat the recency rule beyond noise",
        "behind the baseline logistic",
        "may be worse than the champion",
    ]
    assert gate.to_dict() == {"decision": "kept", "reasons": list(gate.reasons)}


@pytest.mark.parametrize(
    ("auc", "ece", "recency", "test_by", "expected"),
    [
        (Interval(0.8, 0.7, 0.9), 0.05, BETTER, "time", "A"),
        (Interval(0.8, 0.699, 0.9), 0.05, BETTER, "time", "B"),  # might rank worse
        (Interval(0.8, 0.7, 0.9), 0.051, BETTER, "time", "B"),  # probabilities are off
        (Interval(0.8, 0.7, 0.9), None, BETTER, "time", "B"),
        (Interval(0.8, 0.7, 0.9), 0.05, BETTER, "customers", "B"),  # says nothing about later times
        (Interval(0.9, 0.85, 0.95), 0.01, LEVEL, "time", "C"),
        (Interval(0.9, 0.85, 0.95), 0.01, Interval(0.1, 0.0, 0.2), "time", "C"),
        (Interval(0.9, 0.85, 0.95), 0.01, UNKNOWN, "time", "C"),
        (UNKNOWN, None, None, "time", "C"),
    ],
)
def test_grades(
    auc: Interval, ece: float | None, recency: Interval | None, test_by: str, expected: str
) -> None:
    assert grade(auc, ece, recency, test_by) == expected
    assert expected in GRADES
