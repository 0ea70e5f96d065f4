"""Goals: target, path, forecast and state."""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from holdfast.errors import SettingError
from holdfast.reports.retention_words import goal_in_words
from holdfast.retention.goals import follow_goals, last_period_by
from holdfast.retention.periods import complete_periods
from holdfast.retention.settings import Goal

QUARTERS = complete_periods("quarter", dt.date(2024, 1, 1), dt.date(2026, 7, 1), 20)  # ten
LABELS = [each.label for each in QUARTERS]


def follow(values: list[float], min_periods: int = 8, metric: str = "churn_rate", **goal) -> dict[str, Any]:
    series = pd.Series(values, index=LABELS[: len(values)])
    wanted = Goal(metric=metric, **{"by": "2026-12-31", **goal})
    return follow_goals([wanted], {metric: series}, QUARTERS, "quarter", min_periods)[0]


def falling(noise: float = 0.001) -> list[float]:
    return list(0.2 - 0.01 * np.arange(10) + noise * np.random.default_rng(1).normal(size=10))


def test_a_goal_that_the_trend_reaches_is_on_track():
    found = follow(falling(), target_change="-10%", baseline="2026-Q2")
    assert found["decided_by"] == "2026-Q4"
    assert found["target"] == pytest.approx(0.9 * found["last"])
    assert found["forecast"] == pytest.approx(0.2 - 0.01 * 11, abs=0.003)
    assert found["low"] < found["forecast"] < found["high"] < found["target"]
    assert found["state"] == "on track"


def test_noise_makes_it_uncertain_and_a_rising_rate_misses():
    flat = list(0.11 + 0.02 * np.random.default_rng(2).normal(size=10))
    assert follow(flat, target=0.1)["state"] == "uncertain"
    assert follow(falling()[::-1], target="10%")["state"] == "not on track"
    assert (
        follow([1 - value for value in falling()], metric="retention_rate", target=0.85)["state"]
        == "on track"
    )
    assert (
        follow(falling(), target_change=0.1, baseline="2024-Q1")["state"] == "not on track"
    )  # more churn wanted


def test_few_periods_cannot_tell():
    found = follow(falling()[:7], target=0.1)
    assert (found["state"], found["forecast"]) == ("cannot be told yet", None)
    assert "A forecast needs 8 periods, there are 7." in goal_in_words(found)
    nothing = follow_goals([Goal(metric="nps", target=40, by="2026-12-31")], {}, QUARTERS, "quarter", 8)[0]
    assert (
        goal_in_words(nothing) == "NPS by 2026-12-31: cannot be told yet, there is not a single NPS so far."
    )


def test_a_period_that_is_over_decides():
    values = falling()
    over = follow(values, target=values[8], by="2026-06-29")  # the second quarter ends a day later
    assert (over["decided_by"], over["state"]) == ("2026-Q1", "reached")
    missed = follow(values, target=values[9] - 0.001, by="2026-06-30")
    assert (missed["decided_by"], missed["state"]) == ("2026-Q2", "missed")
    assert goal_in_words(missed).endswith(f"It was {values[9]:.1%} in 2026-Q2.")


def test_missing_periods_keep_their_place():
    series = pd.Series(0.2 - 0.01 * np.arange(10), index=LABELS).drop("2025-Q2")
    found = follow_goals(
        [Goal(metric="nps", target=-1, by="2026-12-31")], {"nps": series}, QUARTERS, "quarter", 8
    )[0]
    assert found["forecast"] == pytest.approx(0.2 - 0.01 * 11)


def test_the_day_of_the_goal_counts():
    assert last_period_by("month", dt.date(2026, 2, 28)).label == "2026-02"
    assert last_period_by("month", dt.date(2026, 2, 27)).label == "2026-01"


@pytest.mark.parametrize(
    ("goal", "words"),
    [
        ({}, "either a target or a target_change"),
        ({"target": 1, "target_change": 0.1, "baseline": "2026-Q1"}, "either"),
        ({"target_change": "-10%"}, "baseline go together"),
        ({"target": 1, "baseline": "2026-Q1"}, "baseline go together"),
        ({"target_change": 0, "baseline": "2026-Q1"}, "say what is to change"),
    ],
)
def test_a_goal_is_measurable(goal, words):
    with pytest.raises(ValidationError, match=words):
        Goal(metric="churn_rate", by="2026-12-31", **goal)


def test_an_unknown_baseline_is_refused():
    with pytest.raises(SettingError, match="no period of the report") as error:
        follow(falling(), target_change="-10%", baseline="2026-Q9")
    assert "2026-Q2" in str(error.value.lines["expected"])
