"""The gate: each rule with intervals made by hand, the limits of the settings, and the grade in words."""

import dataclasses

import pytest

from holdfast.evaluation.data_warnings import is_too_good
from holdfast.evaluation.gate import ChallengerResult, Comparison, Leak, decide
from holdfast.evaluation.grade import (
    GRADE_A,
    NEAR_CHANCE,
    NO_BETTER,
    TOO_FEW,
    TOO_GOOD,
    Calibration,
    grade_model,
)
from holdfast.evaluation.settings import GateSettings
from holdfast.metrics.bootstrap import Interval

LIMITS = GateSettings()
MARGIN = LIMITS.auc_margin
BETTER = Interval(0.05, 0.02, 0.08)
LEVEL = Interval(0.0, -0.003, 0.003)
WORSE = Interval(-0.05, -0.08, -0.02)
UNKNOWN = Interval(None, None, None)
SEEN = Interval(0.7, 0.65, 0.75)


def compared(auc: Interval, log_loss: Interval = LEVEL) -> Comparison:
    return Comparison(auc, log_loss)


FIRST = ChallengerResult(
    auc=SEEN,
    baselines={"recency": compared(BETTER), "logistic": compared(LEVEL)},
    champion=None,
    has_champion=False,
    ece=0.03,
    chance_ece=0.01,
    list_lift=Interval(2.5, 2.1, 2.9),
)
CHALLENGER = dataclasses.replace(FIRST, champion=compared(LEVEL), has_champion=True)


def test_a_first_model_with_a_signal_is_promoted() -> None:
    gate = decide(FIRST, LIMITS)
    assert gate.decision == "promoted"
    assert gate.reasons == (
        "better than chance: AUC 0.700 (95% interval 0.650 to 0.750, which must lie above 0.5)",
        "ahead of the baseline recency: AUC +0.050 (95% interval +0.020 to +0.080), allowed down to -0.005 "
        "unless that is noise",
        "not behind the baseline logistic: AUC +0.000 (95% interval -0.003 to +0.003), allowed down to "
        "-0.005 unless that is noise",
        "there was no champion",
    )


@pytest.mark.parametrize("auc", [Interval(0.55, 0.5, 0.6), Interval(0.5, 0.45, 0.55), UNKNOWN])
@pytest.mark.parametrize("found", [FIRST, CHALLENGER])
def test_without_a_signal_nobody_is_promoted(auc: Interval, found: ChallengerResult) -> None:
    gate = decide(dataclasses.replace(found, auc=auc), LIMITS)
    assert gate.decision == "kept"
    assert len(gate.reasons) == 1


@pytest.mark.parametrize(
    ("recency", "decision"), [(LEVEL, "promoted"), (UNKNOWN, "promoted"), (WORSE, "kept")]
)
@pytest.mark.parametrize("has_champion", [True, False])  # True: a retrained champion
def test_a_first_model_must_not_be_shown_to_be_behind_the_recency_rule(
    recency: Interval, decision: str, has_champion: bool
) -> None:
    found = dataclasses.replace(FIRST, baselines={"recency": compared(recency)}, has_champion=has_champion)
    assert decide(found, LIMITS).decision == decision


def test_the_champions_specification_on_newer_data_follows_it() -> None:
    gate = decide(dataclasses.replace(FIRST, has_champion=True), LIMITS)
    assert (gate.decision, gate.reasons[-1]) == ("promoted", "the champion's specification on newer data")


def test_a_first_model_needs_no_good_probabilities_to_rank() -> None:
    found = dataclasses.replace(FIRST, ece=0.5, list_lift=Interval(0.5, 0.4, 0.6))
    assert decide(found, LIMITS).decision == "promoted"


@pytest.mark.parametrize(
    ("value", "high", "decision"),
    [
        (-0.03, -0.001, "kept"),
        (-0.009, -0.002, "kept"),  # 0.548 against 0.557, the interval below 0
        (-0.03, 0.0, "promoted"),  # noise
        (-MARGIN, -0.001, "promoted"),  # within the margin
        (-0.03, 0.1, "promoted"),
    ],
)
def test_no_baseline_may_be_shown_to_be_better_than_a_first_model(
    value: float, high: float, decision: str
) -> None:
    baselines = {"recency": compared(BETTER), "rfm_logistic": compared(Interval(value, -0.2, high))}
    gate = decide(dataclasses.replace(FIRST, baselines=baselines), LIMITS)
    assert gate.decision == decision
    if decision == "kept":
        assert gate.reasons == (
            f"behind the baseline rfm logistic: AUC {value:+.3f} (95% interval -0.200 to {high:+.3f}), "
            "allowed down to -0.005 unless that is noise",
        )


def test_a_challenger_that_holds_everywhere_is_promoted_and_all_is_told() -> None:
    gate = decide(CHALLENGER, LIMITS)
    assert gate.decision == "promoted"
    assert [reason.split(":")[0] for reason in gate.reasons] == [
        "better than chance",
        "beats the recency rule beyond noise",
        "not worse than the best other baseline (logistic)",
        "log loss no worse than that of the best other baseline (logistic)",
        "not worse than the champion",
        "log loss no worse than that of the champion",
        "calibration error within its limit",
        "the list finds enough",
    ]


@pytest.mark.parametrize("low", [0.0, -0.001, -0.1])
def test_a_challenger_must_beat_the_recency_rule_beyond_noise(low: float) -> None:
    gate = decide(
        dataclasses.replace(CHALLENGER, baselines={"recency": compared(Interval(0.02, low, 0.05))}), LIMITS
    )
    assert gate.decision == "kept"
    assert gate.reasons[0].startswith("does not beat the recency rule beyond noise")


@pytest.mark.parametrize("baselines", [{}, {"recency": compared(UNKNOWN)}, {"logistic": compared(BETTER)}])
def test_a_test_that_cannot_tell_replaces_nobody(baselines: dict[str, Comparison]) -> None:
    gate = decide(dataclasses.replace(CHALLENGER, baselines=baselines), LIMITS)
    assert gate.decision == "kept"
    assert gate.reasons[0].startswith("the test cannot tell the model from the recency rule")


@pytest.mark.parametrize(
    ("low", "decision"),
    [(0.001, "promoted"), (-MARGIN + 0.001, "promoted"), (-MARGIN, "kept"), (-0.1, "kept")],
)
@pytest.mark.parametrize("whom", ["the champion", "the best other baseline"])
def test_neither_champion_nor_best_baseline_may_be_better_beyond_the_margin(
    low: float, decision: str, whom: str
) -> None:
    close = compared(Interval(0.001, low, 0.01))
    found = (
        dataclasses.replace(CHALLENGER, champion=close)
        if whom == "the champion"
        else dataclasses.replace(
            CHALLENGER,
            baselines={"recency": compared(BETTER), "rfm_logistic": compared(BETTER), "logistic": close},
        )
    )
    gate = decide(found, LIMITS)
    assert gate.decision == decision
    assert any(whom in reason and "AUC +0.001" in reason for reason in gate.reasons)


def test_only_the_best_other_baseline_must_be_held_against() -> None:
    unsure = compared(Interval(0.1, -0.1, 0.3))
    weak = {"recency": compared(BETTER), "expected_purchases": unsure, "logistic": compared(LEVEL)}
    assert decide(dataclasses.replace(CHALLENGER, baselines=weak), LIMITS).decision == "promoted"


def test_log_loss_may_not_be_worse_beyond_noise() -> None:
    surprised = compared(LEVEL, Interval(0.02, 0.001, 0.04))
    unsure = compared(LEVEL, Interval(0.02, -0.001, 0.04))
    gate = decide(dataclasses.replace(CHALLENGER, champion=surprised), LIMITS)
    assert gate.reasons == (
        "log loss worse than that of the champion: +0.020 (95% interval +0.001 to +0.040), the interval "
        "may not lie above 0",
    )
    assert decide(dataclasses.replace(CHALLENGER, champion=unsure), LIMITS).decision == "promoted"


@pytest.mark.parametrize(
    ("ece", "chance", "decision"),
    [(0.10, 0.0, "promoted"), (0.12, 0.03, "promoted"), (0.12, 0.01, "kept"), (None, 0.0, "kept")],
)
def test_probabilities_must_be_right_but_for_chance(ece: float | None, chance: float, decision: str) -> None:
    gate = decide(dataclasses.replace(CHALLENGER, ece=ece, chance_ece=chance), LIMITS)
    assert gate.decision == decision


@pytest.mark.parametrize(
    ("lift", "decision"),
    [(Interval(0.9, 0.7, 1.1), "promoted"), (Interval(0.8, 0.7, 0.9), "kept"), (UNKNOWN, "kept")],
)
def test_the_list_must_not_be_shown_to_find_too_few(lift: Interval, decision: str) -> None:
    assert decide(dataclasses.replace(CHALLENGER, list_lift=lift), LIMITS).decision == decision


LEAK = Leak(("subscription__since_renewal__all",), "it ranks with an AUC of 1.000", "leave renews_at out")


@pytest.mark.parametrize("found", [FIRST, CHALLENGER])
def test_a_model_that_sees_the_future_is_never_promoted_unless_overruled(found: ChallengerResult) -> None:
    leaking = dataclasses.replace(found, leak=LEAK)
    gate = decide(leaking, LIMITS)
    assert (gate.decision, gate.reasons) == (
        "kept",
        ("a column knows the future: it ranks with an AUC of 1.000",),
    )
    assert gate.to_dict()["leak"] == {
        "columns": ["subscription__since_renewal__all"],
        "what": "it ranks with an AUC of 1.000",
        "next_step": "leave renews_at out",
        "accepted": False,
    }
    overruled = decide(leaking, GateSettings(accept_leak=True))
    assert overruled.decision == "promoted"
    assert overruled.reasons[0].endswith("overruled by gate.accept_leak=true")
    assert overruled.to_dict()["leak"]["accepted"] is True


def test_a_champion_that_cannot_be_told_apart_stays() -> None:
    gate = decide(dataclasses.replace(CHALLENGER, champion=compared(UNKNOWN, UNKNOWN)), LIMITS)
    assert (gate.decision, gate.reasons) == (
        "kept",
        ("the test cannot tell the model from the champion: the champion stays",),
    )


def test_every_reason_to_keep_is_told_and_no_other() -> None:
    baselines = {"recency": compared(WORSE), "logistic": compared(WORSE), "rfm_logistic": compared(BETTER)}
    gate = decide(dataclasses.replace(CHALLENGER, baselines=baselines, champion=compared(WORSE)), LIMITS)
    assert [reason.split(":")[0] for reason in gate.reasons] == [
        "does not beat the recency rule beyond noise",
        "may be worse than the best other baseline (logistic)",
        "may be worse than the champion",
    ]
    assert gate.to_dict() == {"decision": "kept", "reasons": list(gate.reasons), "leak": None}


def calibration(ece: float | None, chance: float = 0.01) -> Calibration:
    return Calibration(ece, chance, 0.32, 0.36)


WELL = Interval(0.8, 0.7, 0.9)


@pytest.mark.parametrize(
    ("auc", "ece", "recency", "test_by", "grade", "text"),
    [
        (WELL, 0.02, BETTER, "time", "A", GRADE_A),
        (Interval(0.8, 0.699, 0.9), 0.02, BETTER, "time", "B", "not shown to reach 0.7 (at least 0.699)"),
        (WELL, 0.033, BETTER, "time", "B", "32.0% predicted, 36.0% churned, calibration error 0.033"),
        (WELL, None, BETTER, "time", "B", "could not be checked"),
        (WELL, 0.02, BETTER, "customers", "B", "other customers of the same dates"),
        (WELL, 0.01, LEVEL, "time", "C", NO_BETTER),
        (WELL, 0.01, Interval(0.1, 0.0, 0.2), "time", "C", NO_BETTER),
        (WELL, 0.01, UNKNOWN, "time", "C", NO_BETTER),
        (Interval(0.58, 0.549, 0.6), 0.01, BETTER, "time", "C", NEAR_CHANCE),
        (UNKNOWN, None, UNKNOWN, "time", "C", TOO_FEW),
    ],
)
def test_grades(
    auc: Interval, ece: float | None, recency: Interval, test_by: str, grade: str, text: str
) -> None:
    found = grade_model(auc, calibration(ece), {"recency": recency}, test_by, LIMITS)
    assert found[0] == grade
    assert text in found[1]
    assert ("face value" in found[1]) == (grade == "A")


def test_a_model_behind_a_simple_baseline_has_grade_c_and_names_it() -> None:
    baselines = {"recency": BETTER, "rfm_logistic": Interval(-0.009, -0.015, -0.002)}
    grade, text = grade_model(WELL, calibration(0.01), baselines, "time", LIMITS)
    assert (grade, text) == (
        "C",
        "ranks worse than the simple baseline rfm logistic by 0.009 AUC: rank by the rfm logistic instead",
    )
    noise = {**baselines, "rfm_logistic": Interval(-0.009, -0.015, 0.001)}
    assert grade_model(WELL, calibration(0.01), noise, "time", LIMITS)[0] == "A"


def test_too_good_to_be_true_earns_no_grade() -> None:
    leaking = Interval(0.98, 0.97, 0.99)
    graded = grade_model(leaking, calibration(0.01), {"recency": BETTER}, "time", LIMITS, too_good=True)
    assert graded == ("C", TOO_GOOD)
    assert "holdfast audit" in TOO_GOOD


@pytest.mark.parametrize(
    ("auc", "simple", "too_good"),
    [
        (0.973, (0.954, None, 0.924), False),  # daily buyers: silence alone ranks nearly as well
        (0.999, (0.954, 0.924), True),
        (0.98, (0.9,), True),
        (0.98, (), True),
        (0.985, (0.987, 0.972), False),
        (0.999, (0.998,), True),  # the dates themselves may know the future
        (0.97, (0.5,), False),
        (None, (0.5,), False),
    ],
)
def test_too_good_is_far_above_the_simple_baselines(
    auc: float | None, simple: tuple[float | None, ...], too_good: bool
) -> None:
    assert is_too_good(auc, simple, LIMITS) is too_good
