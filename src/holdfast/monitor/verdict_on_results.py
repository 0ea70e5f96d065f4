"""What earlier scoring runs with a known outcome say about a model."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from holdfast.monitor.results import FEWEST, drop
from holdfast.monitor.settings import Level, MonitorSettings
from holdfast.monitor.verdict import Reason


def judge_results(
    results: pd.DataFrame, test: Mapping[str, Any], version: str, limits: MonitorSettings
) -> list[Reason]:
    """Compare the newest fair run with a known outcome with the model's test.

    Args:
        results, test: rows of `results.grade_run`, and the same figures of the test's predictions.
        version: the model's; runs of other models, and runs whose outcome it had seen, do not count.
    """
    fair = results[(results["model_version"] == version) & results["fair"]]
    if fair.empty:
        return [Reason("results", "unknown", "no scores of this model have a known outcome yet")]
    day = max(fair["as_of"])
    groups = {row["group"]: row for row in fair[fair["as_of"] == day].to_dict("records")}
    run = groups["all"]
    if pd.isna(run["auc"]):
        few = f"too few churned or stayed after {day}: {FEWEST} of each are needed"
        return [Reason("results", "unknown", few)]
    return [judge_ranking(run, test, limits), judge_level(run, groups.get("not contacted"), limits)]


def judge_ranking(run: Mapping[str, Any], test: Mapping[str, Any], limits: MonitorSettings) -> Reason:
    """Whether the model still ranks as well as in its test."""
    dropped = drop(test, run)
    what = f"AUC {run['auc']:.3f} on what happened after {run['as_of']}"
    if dropped is None:
        return Reason("ranking", "unknown", f"{what}; the test has no AUC to compare it with")
    by, at_least = dropped
    what += f", {test['auc']:.3f} in the test (a drop of {limits.auc_drop_watch:g} beyond noise counts)"
    if at_least <= 0 or by < limits.auc_drop_watch:
        return Reason("ranking", "fine", what)
    level: Level = "retrain" if by >= limits.auc_drop_retrain else "watch"
    return Reason("ranking", level, f"ranks worse than it did: {what}", "holdfast train")


def judge_level(
    run: Mapping[str, Any], uncontacted: Mapping[str, Any] | None, limits: MonitorSettings
) -> Reason:
    """Whether as many leave as the model says."""
    what = (
        f"predicted {run['predicted']:.1%}, churned {run['observed']:.1%} after {run['as_of']} (calibration "
        f"error {run['ece']:.3f}; {limits.ece_watch:g} beyond chance counts)"
    )
    if holds(run, limits):
        return Reason("level", "fine", what)
    fewer_left = run["observed"] < run["predicted"]
    if fewer_left and uncontacted is not None and holds(uncontacted, limits):
        why = "it holds for those whom nobody contacted, so outreach may be why"
        return Reason("level", "watch", f"{what}; {why}")
    level: Level = "retrain" if run["ece"] >= limits.ece_retrain else "watch"
    return Reason("level", level, f"its probabilities are off: {what}", "holdfast train")


def holds(group: Mapping[str, Any], limits: MonitorSettings) -> bool:
    """Whether the probabilities of a group are right, as far as the data shows."""
    if pd.isna(group["ece"]):
        return False
    too_many_or_few = not group["observed_low"] <= group["predicted"] <= group["observed_high"]
    beyond_noise = group["ece"] > group["ece_by_chance"] or too_many_or_few
    return bool(group["ece"] < limits.ece_watch or not beyond_noise)
