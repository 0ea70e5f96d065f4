"""The verdict: each limit counts, noise does not, and every reason says what to do."""

import pandas as pd
import pydantic
import pytest
from tests.monitor.tables import LIMITS

from holdfast.monitor.settings import LEVELS, MonitorSettings
from holdfast.monitor.verdict import (
    Reason,
    conclude,
    judge_age,
    judge_inputs,
    judge_scores,
)
from holdfast.monitor.verdict_on_results import judge_results

TEST = {"auc": 0.85, "auc_low": 0.84, "auc_high": 0.86}
GOOD = {
    "as_of": "2025-03-03", "model_version": "m", "fair": True, "group": "all", "auc": 0.845, "auc_low": 0.83,
    "auc_high": 0.86, "predicted": 0.30, "observed": 0.29,
    "observed_low": 0.25, "observed_high": 0.33, "ece": 0.02, "ece_by_chance": 0.03,
}  # fmt: skip


def levels(*rows, version="m"):
    return {
        reason.topic: reason.level
        for reason in judge_results(pd.DataFrame(list(rows), columns=list(GOOD)), TEST, version, LIMITS)
    }


@pytest.mark.parametrize(
    ("limit", "refused"), [("fix", {"fix"}), ("retrain", {"fix", "retrain"}), ("never", set())]
)
def test_a_verdict_refuses_from_its_limit_on(limit, refused):
    assert {
        level for level in LEVELS if LIMITS.model_copy(update={"refuse": limit}).refuses(level)
    } == refused


def test_the_gravest_reason_decides_and_comes_first():
    verdict = conclude(
        [Reason("age", "fine", "a"), Reason("inputs", "fix", "b"), Reason("level", "retrain", "c")]
    )
    assert (verdict.level, [one.what for one in verdict.reasons]) == ("fix", ["b", "c", "a"])
    assert conclude([]).level == "fine"
    assert conclude([Reason("age", "fine", "a"), Reason("results", "unknown", "b")]).level == "unknown"


def test_drift_of_very_few_customers_is_unknown():
    columns = {"feature": ["a"], "state": ["stable"], "breakage": "", "psi": [0.3], "by_chance": [0.6]}
    summary = {"importance_broken": 0, "importance_drift": 0, "states": {"seasonal": 0}}
    (reason,) = judge_inputs(pd.DataFrame(columns), summary, LIMITS)
    assert (reason.level, "a PSI up to 0.60" in reason.what) == ("unknown", True)


def test_a_ranking_without_a_test_is_unknown():
    rows = pd.DataFrame([GOOD], columns=list(GOOD))
    assert judge_results(rows, {}, "m", LIMITS)[0].level == "unknown"


@pytest.mark.parametrize(
    ("auc", "low", "high", "level"),
    [
        (0.83, 0.82, 0.84, "fine"),  # .02 below: honest models move as much
        (0.81, 0.80, 0.82, "watch"),
        (0.81, 0.74, 0.88, "fine"),  # within noise
        (0.78, 0.77, 0.79, "retrain"),
    ],
)
def test_ranking(auc, low, high, level):
    assert levels({**GOOD, "auc": auc, "auc_low": low, "auc_high": high}) == {
        "ranking": level,
        "level": "fine",
    }


@pytest.mark.parametrize(
    ("ece", "by_chance", "level"),
    [(0.06, 0.07, "fine"), (0.06, 0.03, "watch"), (0.12, 0.03, "retrain"), (0.12, 0.2, "fine")],
)
def test_level(ece, by_chance, level):
    bad = {**GOOD, "ece": ece, "ece_by_chance": by_chance}
    assert levels(bad) == {"ranking": "fine", "level": level}


def test_far_more_or_fewer_than_said_is_beyond_noise_too():
    assert levels({**GOOD, "ece": 0.12, "ece_by_chance": 0.2, "observed_low": 0.31})["level"] == "retrain"


def test_fewer_left_than_said_may_be_what_outreach_did():
    bad = {**GOOD, "ece": 0.12, "observed": 0.18}
    untouched = {**GOOD, "group": "not contacted"}
    assert levels(bad, untouched)["level"] == "watch"
    assert levels(bad, {**untouched, "ece": 0.12})["level"] == "retrain"
    assert levels({**bad, "observed": 0.5}, untouched)["level"] == "retrain"


def test_only_fair_runs_of_this_model_count_and_the_newest_of_them():
    bad = {**GOOD, "auc": 0.6, "auc_low": 0.58, "auc_high": 0.62}
    assert levels({**bad, "fair": False}) == {"results": "unknown"}
    assert levels({**bad, "model_version": "other"}) == {"results": "unknown"}
    assert levels(bad, {**GOOD, "as_of": "2025-04-07"})["ranking"] == "fine"
    assert levels({**GOOD, "auc": None}) == {"results": "unknown"}
    assert levels() == {"results": "unknown"}


def test_age_alone_asks_for_training_only_where_results_cannot_tell():
    proved, unknown = [Reason("ranking", "fine", "")], [Reason("results", "unknown", "")]
    assert judge_age(179, 60, unknown, LIMITS).level == "fine"
    assert judge_age(180, 60, unknown, LIMITS).level == "watch"
    assert judge_age(360, 60, unknown, LIMITS).level == "retrain"
    assert judge_age(360, 60, proved, LIMITS).level == "watch"
    assert judge_age(360, 60, None, LIMITS).level == "watch"  # a scoring run does not look at results


def test_scores_are_watched_but_never_a_reason_to_train():
    figures = {"psi": 0.3, "by_chance": 0.02, "mean": 0.4, "high_share": 0.3, "customers": 90}
    (reason,) = judge_scores(figures, LIMITS)
    assert reason.level == "watch"
    assert reason.what.startswith("strong drift of scores: PSI 0.30 to the test (drift from 0.1")
    assert judge_scores({**figures, "by_chance": 0.4}, LIMITS)[0].level == "fine"
    assert judge_scores({**figures, "psi": None}, LIMITS)[0].level == "unknown"
    assert judge_scores({**figures, "psi": 0.2, "by_chance": 0.4}, LIMITS)[0].level == "unknown"


@pytest.mark.parametrize(("far", "level"), [(0.05, "fine"), (0.2, "watch"), (0.31, "retrain")])
def test_inputs_count_by_what_they_weigh(far, level):
    drift = pd.DataFrame(
        {
            "feature": ["a", "b"], "state": ["strong drift", "stable"], "breakage": "", "psi": [0.8, 0.0],
            "by_chance": 0.01, "importance": [far, 1 - far], "mean_then": [1.0, 1.0], "mean_now": [2.0, 1.0],
        }
    )  # fmt: skip
    summary = {
        "importance_broken": 0,
        "importance_drift": far,
        "importance_strong_drift": far,
        "states": {"seasonal": 0},
    }
    (reason,) = judge_inputs(drift, summary, LIMITS)
    assert reason.level == level
    assert bool(reason.next_step) == (level != "fine")


def test_limits_rise():
    with pytest.raises(pydantic.ValidationError, match="psi_watch is the lower of the two"):
        MonitorSettings.model_validate({**LIMITS.model_dump(), "refuse": LIMITS.refuse, "psi_watch": 0.5})
