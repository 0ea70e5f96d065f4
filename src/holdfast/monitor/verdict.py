"""Fine, unknown, watch, retrain or fix the data: whether a model is still good, why, and what to do next."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import pandas as pd

from holdfast.monitor.settings import LEVELS, Level, MonitorSettings

MEANING: dict[Level, str] = {
    "fine": "Nothing speaks against the model.",
    "unknown": "Nothing speaks against the model, but not everything can be known yet.",
    "watch": "The model can be used, but something has changed: look again soon.",
    "retrain": "The model should not be relied on any longer: train it again.",
    "fix": "What the model is given looks broken: fix the data before anything else.",
}
BROKEN_MATTERS = 0.02  # share of the feature importance: broken columns with less are only to be watched
OTHER_UNIT = 5.0  # a mean so many times as large, or as small, smells of another unit or currency


@dataclasses.dataclass(frozen=True)
class Reason:
    """One check: its result, and the next step ("": none)."""

    topic: Literal["inputs", "scores", "results", "ranking", "level", "age"]
    level: Level
    what: str
    next_step: str = ""


@dataclasses.dataclass(frozen=True)
class Verdict:
    """The level of the most severe reason, and all reasons, the most severe first."""

    level: Level
    reasons: tuple[Reason, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "verdict": self.level,
            "meaning": MEANING[self.level],
            "reasons": [dataclasses.asdict(reason) for reason in self.reasons],
        }


def conclude(reasons: Iterable[Reason]) -> Verdict:
    """The verdict of several reasons."""
    ordered = sorted(reasons, key=lambda reason: -LEVELS.index(reason.level))
    return Verdict(ordered[0].level if ordered else "fine", tuple(ordered))


def judge_inputs(drift: pd.DataFrame, summary: Mapping[str, Any], limits: MonitorSettings) -> list[Reason]:
    """What moved or broke among the columns that the model reads (`drift.measure_inputs`, `summarise`)."""
    broken = drift[drift["state"] == "broken"]
    return [*judge_broken(broken, summary), judge_drift(drift, summary, limits)]


def judge_broken(broken: pd.DataFrame, summary: Mapping[str, Any]) -> list[Reason]:
    """The reason for columns whose export broke; empty: there are none."""
    if broken.empty:
        return []
    weighs = summary["importance_broken"] >= BROKEN_MATTERS
    first = "; ".join(f"{column.feature} ({column.breakage})" for column in broken.head(3).itertuples())
    what = (
        f"{columns(len(broken))} broke ({summary['importance_broken']:.1%} of importance; at most "
        f"{BROKEN_MATTERS:.0%} may): {first}"
    )
    return [Reason("inputs", "fix" if weighs else "watch", what, NEXT_OF_BROKEN)]


def judge_drift(drift: pd.DataFrame, summary: Mapping[str, Any], limits: MonitorSettings) -> Reason:
    """Whether columns with drift make up too much of the feature importance."""
    moved = drift[drift["state"].isin(("drift", "strong drift"))]
    if not len(moved) and drift["by_chance"].median() >= limits.psi_large:
        what = "too few customers to see drift of inputs: by chance alone most columns have a PSI up to"
        return Reason("inputs", "unknown", f"{what} {drift['by_chance'].median():.2f}")
    if not len(moved):
        seasonal = summary["states"]["seasonal"]
        rest = f"; {seasonal} differ as training dates do from each other" if seasonal else ""
        what = f"no drift in {columns(len(drift))} (PSI {limits.psi_watch:g} beyond chance or season)"
        return Reason("inputs", "fine", what + rest)
    level: Level = "fine"
    if summary["importance_strong_drift"] >= limits.inputs_retrain:
        level = "retrain"
    elif summary["importance_drift"] >= limits.inputs_watch:
        level = "watch"
    what = (
        f"drift: {len(moved)} of {columns(len(drift))} ({summary['importance_drift']:.1%} of importance; "
        f"watch from {limits.inputs_watch:.0%}, retrain from {limits.inputs_retrain:.0%} of strong drift): "
    )
    first = [f"{column.feature} ({describe_drift(column)})" for column in moved.head(3).itertuples()]
    return Reason("inputs", level, what + "; ".join(first), NEXT_OF_DRIFT[level])


NEXT_OF_BROKEN = (
    "look at the newest export of the tables behind these columns, fix it, and score again; "
    "do not train on it"
)
NEXT_OF_DRIFT: dict[Level, str] = {
    "fine": "",
    "watch": "see in the source whether these columns still mean the same",
    "retrain": "see whether the source changed (a unit, a currency, a filter) and fix it; if the customers "
    "themselves changed: holdfast train",
}


def describe_drift(column: Any) -> str:
    """The drift of a column, in a few words."""
    said = f"PSI {column.psi:.2f}"
    if pd.isna(column.mean_then) or pd.isna(column.mean_now) or column.mean_then == 0:
        return said
    ratio = column.mean_now / column.mean_then
    if ratio >= OTHER_UNIT:
        return f"{said}, its mean {ratio:.0f} times as large: another unit or currency?"
    if 0 < ratio <= 1 / OTHER_UNIT:
        return f"{said}, its mean {1 / ratio:.0f} times as small: another unit or currency?"
    return said


def judge_scores(figures: Mapping[str, Any], limits: MonitorSettings) -> list[Reason]:
    """Whether the probabilities are distributed as in the model's test (`scores.measure_scores`).

    This is never a reason to retrain: probabilities that follow a true change are right.
    """
    if figures["psi"] is None:
        return [Reason("scores", "unknown", "drift of scores is unknown: the model has no test predictions")]
    if figures["by_chance"] >= limits.psi_large > figures["psi"]:
        what = f"{figures['customers']:,}; by chance alone their PSI is up to {figures['by_chance']:.2f}"
        return [Reason("scores", "unknown", f"too few customers to see drift of scores: {what}")]
    mean = f"mean probability {figures['mean']:.1%}"
    if figures["psi"] < limits.psi_watch or figures["psi"] <= figures["by_chance"]:
        limit = max(limits.psi_watch, figures["by_chance"])
        what = f"no drift of scores: PSI {figures['psi']:.2f} to the test, below {limit:.2f}; {mean}"
        return [Reason("scores", "fine", what)]
    drift = "strong drift" if figures["psi"] >= limits.psi_large else "drift"
    what = (
        f"{drift} of scores: PSI {figures['psi']:.2f} to the test (drift from {limits.psi_watch:g}, "
        f"strong from {limits.psi_large:g}), {mean}; "
        f"{figures['high_share']:.0%} of customers are at high risk, a tenth were in the test"
    )
    step = "see whether so many are likely to leave; the results show it when the outcome window is over"
    return [Reason("scores", "watch", what, step)]


def judge_age(
    days: int, horizon_days: int, results: Iterable[Reason] | None, limits: MonitorSettings
) -> Reason:
    """Whether a model is old; an old model that still ranks well is only to be watched.

    Args:
        results: see `verdict_on_results.judge_results`; None: earlier runs were not examined.
    """
    said = f"trained {days} days before, {days / horizon_days:.1f} outcome windows"
    if days < limits.age_watch * horizon_days:
        return Reason("age", "fine", f"the model was {said}; it is old from {limits.age_watch:g} on")
    proved = results is None or any((reason.topic, reason.level) == ("ranking", "fine") for reason in results)
    level: Level = "watch" if proved or days < limits.age_retrain * horizon_days else "retrain"
    old = f"the model is old from {limits.age_watch:g} outcome windows on: it was {said}"
    return Reason("age", level, old, "holdfast train")


def columns(count: int) -> str:
    """So many columns."""
    return "1 column" if count == 1 else f"{count:,} columns"
