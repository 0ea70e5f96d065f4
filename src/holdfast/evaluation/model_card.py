"""A model card: the evaluation, and around it where the model came from, on which rows, from which data."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from scipy.special import expit
from sklearn.metrics import log_loss

from holdfast.model.division import Division
from holdfast.model.fit import Trained
from holdfast.timeline.outcome import Outcome
from holdfast.timeline.plan import Plan


def describe_model(
    evaluated: Mapping[str, Any], trained: Trained, division: Division, plan: Plan,
    dates: Mapping[dt.date, Mapping[str, int]], outcome: Outcome,
) -> dict[str, Any]:  # fmt: skip
    """What a card says of the fit itself: dates, rows, what the folds chose, calibration, search, texts.

    Args:
        evaluated: what `evaluation.card.judge` gives.
        dates: counts of the snapshots at each as-of date.
    """
    choice = trained.choice
    card: dict[str, Any] = {
        "timeline": describe_timeline(dates, outcome, plan, division),
        "rows": {
            "train": len(division.test.train),
            "test": len(division.test.judge),
            "refit": len(division.refit),
        },
        "figures_belong_to": "a fit on the training dates alone; in use is the refit on all mature dates",
        "features": len(trained.bundle.columns.names),
        "choice": {
            "rounds": choice.rounds,
            "linear_share": choice.linear_share,
            "log_loss_by_share": {f"{share:g}": loss for share, loss in choice.log_loss_by_share.items()},
            "folds_by": division.folds_by,
        },
        "calibration": describe_calibration(evaluated, trained),
    }
    if trained.tuned is not None:
        tried = [
            {"number": one.number, "changes": dict(one.changes), "losses": one.losses, "state": one.state}
            for one in trained.tuned.tried
        ]
        card["tuning"] = {**trained.tuned.to_dict(), "tried": tried}
    if trained.bundle.text is not None:
        topics = {one.language: one.shown() for one in trained.bundle.text.topics}
        card["text"] = {**(evaluated["text"] or {}), "topics": topics}
    return card


def describe_calibration(evaluated: Mapping[str, Any], trained: Trained) -> dict[str, Any]:
    """What calibration did: mean probability before and after, share that left, log loss (nats).

    On the folds' later rows (it was fitted on just these), and on the test, whose level is that of the
    training dates: if the season has changed, predicted and churned differ there.
    """
    margins, test = trained.choice.margins, evaluated["metrics"]["test"]
    found: dict[str, Any] = {"slope": trained.bundle.calibration.slope}
    if len(margins.churned):
        raw = expit(margins.mixed(trained.choice.linear_share))
        after = [one for one in evaluated["by_date"] if one["part"] == "fold"]
        rows = sum(one["rows"] for one in after)
        found["folds"] = {
            "before": float(raw.mean()),
            "after": sum(one["predicted"] * one["rows"] for one in after) / rows,
            "happened": float(margins.churned.mean()),
            "log_loss_before": float(log_loss(margins.churned, raw, labels=[0, 1])),
            "log_loss_after": sum(one["log_loss"] * one["rows"] for one in after) / rows,
        }
    if test["rows"]:
        after = [one for one in evaluated["by_date"] if one["part"] == "test"]
        predicted = sum(one["predicted"] * one["rows"] for one in after) / test["rows"]
        found["test"] = {
            "after": predicted,
            "happened": test["base_rate"],
            "log_loss_after": test["log_loss"],
        }
    return found


def describe_timeline(
    dates: Mapping[dt.date, Mapping[str, int]], outcome: Outcome, plan: Plan, division: Division
) -> dict[str, Any]:
    """Each as-of date with its role and its counts, and what lies between."""
    tested = set(plan.test.judge) if plan.test and division.test_by == "time" else set()
    folds = {date for fold in plan.folds for date in fold.judge} if division.folds_by == "time" else set()
    trains = set(plan.test.train) if plan.test else set(dates)

    def role(date: dt.date) -> str:
        if date in tested:
            return "test"
        if date in folds:
            return "train, validation"
        return "train" if date in trains else "embargo"

    grid = [
        {
            "as_of": str(date),
            "role": role(date),
            "rows": counts["labelled"],
            "churned": counts["churned"],
            "base_rate": counts["churned"] / counts["labelled"] if counts["labelled"] else None,
        }
        for date, counts in dates.items()
    ]
    days = vars(outcome)
    return {"grid": grid, **days, "embargo_days": sum(days.values())}
