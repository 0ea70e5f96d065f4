"""Goals: the path of a metric so far, its forecast with an interval, and whether the goal is within reach."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from holdfast.errors import SettingError
from holdfast.retention.periods import Period, period_of
from holdfast.retention.settings import ALL, Goal, PeriodKind

LOWER_IS_BETTER = {"churn_rate", "voluntary_churn_rate", "involuntary_churn_rate"}
MAX_PERIODS = 12  # the last ones, that a trend is fitted to
# Metrics that are not shares from 0 to 1.
UNBOUNDED = {"active_customers", "mrr", "end_to_start", "net_revenue_retention", "nps"}

REACHED, MISSED = "reached", "missed"
ON_TRACK, OFF_TRACK, UNCERTAIN, UNKNOWN = "on track", "not on track", "uncertain", "cannot be told yet"


def metric_values(rates: pd.DataFrame, revenue: pd.DataFrame, voice: pd.DataFrame) -> dict[str, pd.Series]:
    """Metric → value by period, of all customers; metrics without a single value are left out."""
    total = rates[rates["attribute"] == ALL].set_index("period")
    result = {name: total[name] for name in total.columns if name.endswith("_rate") or name == "end_to_start"}
    result["active_customers"] = total["end"].astype(float)
    if len(revenue):
        money = revenue.set_index("period")
        result |= {name: money[name] for name in ("gross_revenue_retention", "net_revenue_retention")}
        result["mrr"] = money["end_mrr"]
    for kind, rows in voice.groupby("kind"):
        result[str(kind)] = rows.set_index("period")["value"]
    measured = {name: values.dropna() for name, values in result.items()}
    return {name: values for name, values in measured.items() if len(values)}


def follow_goals(
    goals: Sequence[Goal], values: Mapping[str, pd.Series], periods: Sequence[Period], kind: PeriodKind,
    min_periods: int,
) -> list[dict[str, Any]]:  # fmt: skip
    """Each goal with its state, as JSON.

    Returns:
        The settings of the goal; baseline_value, decided_by (the last period that ends by the day), path
        (period → value), last, forecast, low, high (95%) and state: reached, missed (the period is over); on
        track, not on track (the whole interval lies on one side of the target), uncertain (it lies on both);
        cannot be told yet (fewer than `min_periods` periods, or no data).

    Raises:
        SettingError: the baseline is no period with a value, or no period ends by the day.
    """
    return [follow_goal(goal, values.get(goal.metric), periods, kind, min_periods) for goal in goals]


def follow_goal(
    goal: Goal, values: pd.Series | None, periods: Sequence[Period], kind: PeriodKind, min_periods: int
) -> dict[str, Any]:
    """One goal (see `follow_goals`)."""
    decided_by = last_period_by(kind, goal.by)
    about: dict[str, Any] = {
        "metric": goal.metric, "by": str(goal.by), "decided_by": decided_by.label, "baseline": goal.baseline,
        "target_change": goal.target_change, "min_periods": min_periods,
        **dict.fromkeys(("target", "baseline_value", "last", "forecast", "low", "high")),
    }  # fmt: skip
    if values is None:
        return {**about, "path": {}, "state": UNKNOWN}
    start = baseline_value(goal, values)
    target = goal.target if start is None else start * (1 + float(goal.target_change or 0))
    assert target is not None, "a goal has a target or a baseline"
    path = {label: float(value) for label, value in values.items()}
    about |= {"baseline_value": start, "target": target, "path": path, "last": list(path.values())[-1]}
    sign = -1 if (goal.metric in LOWER_IS_BETTER if start is None else target < start) else 1
    if decided_by.label in path:
        reached = sign * path[decided_by.label] >= sign * target
        return {**about, "state": REACHED if reached else MISSED}
    ahead = periods_ahead(kind, periods[-1], decided_by)
    if len(values) < min_periods or ahead < 1:
        return {**about, "state": UNKNOWN}
    forecast, low, high = forecast_metric(goal.metric, values, periods, ahead)
    worst, best = sorted((sign * low, sign * high))
    uncertain = UNCERTAIN if best >= sign * target else OFF_TRACK
    state = ON_TRACK if worst >= sign * target else uncertain
    return {**about, "forecast": forecast, "low": low, "high": high, "state": state}


def forecast_metric(
    metric: str, values: pd.Series, periods: Sequence[Period], ahead: int
) -> tuple[float, float, float]:
    """The forecast of a metric some periods ahead, and its 95% prediction interval."""
    order = {period.label: place for place, period in enumerate(periods)}
    last = values[-MAX_PERIODS:]
    at = np.array([order[label] for label in last.index], float)
    forecast, low, high = extend_trend(at, last.to_numpy(float), len(periods) - 1.0 + ahead)
    if metric not in UNBOUNDED:
        forecast, low, high = (min(1.0, max(0.0, each)) for each in (forecast, low, high))
    return forecast, low, high


def baseline_value(goal: Goal, values: pd.Series) -> float | None:
    """The value of the baseline period; None if the goal names no such period."""
    if goal.baseline is None:
        return None
    if goal.baseline not in values.index:
        raise SettingError(
            "the baseline of a goal is no period of the report",
            where=f"retention.goals, {goal.metric} by {goal.by}", found=goal.baseline,
            expected=f"one of {', '.join(values.index[-6:])}",
            next_step="name a complete period, raise retention.periods, or change retention.period",
        )  # fmt: skip
    return float(values[goal.baseline])


def last_period_by(kind: PeriodKind, by: dt.date) -> Period:
    """The last period that ends on or before a day; the day itself counts."""
    period = period_of(kind, by)
    is_over = period.end <= by + dt.timedelta(days=1)
    return period if is_over else period_of(kind, period.start - dt.timedelta(days=1))


def periods_ahead(kind: PeriodKind, last: Period, goal: Period) -> int:
    """How many periods after the last one a goal's period is; below 1: not after it."""
    ahead, period = 0, last
    while period.start < goal.start:
        period, ahead = period_of(kind, period.end), ahead + 1
    return ahead


def extend_trend(at: np.ndarray, values: np.ndarray, ahead: float) -> tuple[float, float, float]:
    """The value of a straight line at the time `ahead`, and its 95% prediction interval."""
    from statsmodels.regression.linear_model import OLS  # slow to import

    line = OLS(values, np.column_stack([np.ones(len(values)), at])).fit()
    result = line.get_prediction(np.array([[1.0, ahead]]))
    low, high = result.conf_int(obs=True, alpha=0.05)[0]
    forecast = float(result.predicted_mean[0])
    return forecast, float(low), float(high)
