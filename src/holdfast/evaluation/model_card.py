"""The model card: the evaluation of a fitted model, and how it was fitted."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.special import expit
from sklearn.metrics import log_loss

from holdfast.demo.truth import achievable_auc
from holdfast.evaluation.changes import compare_cards
from holdfast.evaluation.evaluate import evaluate
from holdfast.evaluation.gate import format_name
from holdfast.evaluation.inputs import Champion, EvaluationInputs, TrainingData
from holdfast.evaluation.test_set import build_test_set, tabulate
from holdfast.explain.drivers import Drivers
from holdfast.features.summary import LABELS, FeaturesSummary
from holdfast.model.baseline_model import train_baseline
from holdfast.model.splits import Splits
from holdfast.model.training import TrainingResult
from holdfast.snapshots.churn import Churn
from holdfast.timeline.outcome import Outcome
from holdfast.timeline.plan import Plan


def evaluate_model(trained: TrainingResult, inputs: EvaluationInputs) -> tuple[dict[str, Any], pa.Table]:
    """The model card, and the test predictions from which its figures can be recomputed."""
    labelled, features, settings = inputs.data.labelled, inputs.data.features, inputs.settings
    rows, splits = labelled.rows, labelled.splits
    test = build_test_set(trained, inputs)
    predictions = tabulate(rows.take(pa.array(splits.test.valid)), test)
    evaluated = evaluate(test, settings.seed, settings.gate)
    card = evaluated | describe_model(evaluated, trained, splits, labelled.plan, features)
    card["money"] = {**evaluated["money"], "currency": settings.source.currency}
    best, auc = _achievable(predictions, inputs.data), evaluated["metrics"]["test"]["auc"]
    if best is not None and auc is not None:
        card["achievable_auc"] = best
        card["share_of_achievable_gini"] = (2 * auc - 1) / (2 * best - 1)
    return card, predictions


def evaluate_best(
    trained: TrainingResult, inputs: EvaluationInputs
) -> tuple[TrainingResult, dict[str, Any], pa.Table]:
    """The model, its card and its test predictions; if a simple baseline ranks better, that baseline's.

    The card's `baseline_in_use` names the baseline and holds by how much its AUC is higher; null: the model
    itself is used.
    """
    card, predictions = evaluate_model(trained, inputs)
    labelled, columns = inputs.data.labelled, inputs.data.features.columns
    for name in card["better_baselines"] if card["gate"]["leak"] is None else ():
        baseline = train_baseline(name, labelled.rows, labelled.splits, trained, columns)
        if baseline is None:
            continue
        gap = card["differences"][name]["auc"]
        card, predictions = evaluate_model(baseline, inputs)
        card["baseline_in_use"] = {"name": name, "auc_gain": -gap["value"]}
        card["warnings"].insert(
            0,
            f"the simple baseline {format_name(name)} ranks better than the trained model, by "
            f"{-gap['value']:.3f} AUC (95% interval {-gap['high']:.3f} to {-gap['low']:.3f}, allowed "
            f"{inputs.settings.gate.auc_margin:g}): this model is that baseline",
        )
        return baseline, card, predictions
    return trained, {**card, "baseline_in_use": None}, predictions


def complete_card(
    card: Mapping[str, Any], trained: TrainingResult, drivers: Drivers, champion: Champion | None, *,
    version: str, source: str, day: dt.date, churn: Churn, seed: int, settings: Mapping[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """A model card with its version, its question, how to reproduce it, and what differs from the champion's.

    Args:
        card: see `evaluate_best`, and `data`: the rows of each validated table.
        champion: the model in use; None: no model was promoted yet.
        settings: the settings of the training, as JSON.
    """
    completed = {
        **card, **drivers.to_dict(),
        "version": version, "as_of": str(day), "seed": seed,
        "question": churn.question, "churned_means": churn.churned_means,
        "command": f"holdfast train source={source} as_of={day} seed={seed}",
        "settings": {**settings, "model": trained.settings.model_dump(mode="json")},
    }  # fmt: skip
    if champion is not None and champion.card["version"] != version:
        completed["since_champion"] = compare_cards(completed, champion.card)
    return completed


def _achievable(predictions: pa.Table, data: TrainingData) -> float | None:
    """The AUC of the demo company's true probabilities on the test rows; None for real companies."""
    if data.truth is None:
        return None
    outcome = data.features.outcome
    rows = predictions.select(["customer_id", "as_of", "churned"]).to_pandas()
    best = achievable_auc(
        data.truth, rows, horizon_days=outcome.horizon_days, gap_days=outcome.gap_days
    )  # fmt: skip
    return None if best is None or not np.isfinite(best) else float(best)


def describe_model(
    evaluated: Mapping[str, Any], trained: TrainingResult, splits: Splits, plan: Plan,
    features: FeaturesSummary,
) -> dict[str, Any]:  # fmt: skip
    """The card's entries about the fit: dates, rows, cross-validation, calibration, tuning, texts.

    `sample.weight`: the number of eligible customers that each row stands for.

    Args:
        evaluated: the result of `evaluate`.
    """
    cv = trained.cv
    card: dict[str, Any] = {
        "timeline": describe_timeline(features.dates, features.outcome, plan, splits),
        "rows": {
            "train": len(splits.test.train),
            "test": len(splits.test.valid),
            "refit": len(splits.refit),
        },
        "sample": {"customer_share": features.customer_share, "weight": 1 / features.customer_share},
        "figures_belong_to": "a fit on the training dates alone; in use is the refit on all mature dates",
        "features": len(trained.bundle.columns.names),
        "choice": {
            "num_boost_round": cv.num_boost_round,
            "logistic_weight": cv.logistic_weight,
            "folds_by": splits.folds_by,
        },
        "calibration": describe_calibration(evaluated, trained),
    }
    if trained.tuning is not None:
        every = [
            {
                "number": trial.number,
                "params": dict(trial.params),
                "losses": trial.losses,
                "state": trial.state,
            }
            for trial in trained.tuning.trials
        ]
        card["tuning"] = {**trained.tuning.to_dict(), "every_trial": every}
    if trained.bundle.text is not None:
        topics = {topic.language: topic.top_words() for topic in trained.bundle.text.topics}
        card["text"] = {**(evaluated["text"] or {}), "topics": topics}
    return card


def describe_calibration(evaluated: Mapping[str, Any], trained: TrainingResult) -> dict[str, Any]:
    """The effect of calibration: mean probability before and after, churn rate, log loss (nats).

    It was fitted on the folds' validation rows. The test has the level of the training dates: if the season
    changed since, predicted and churned differ there.
    """
    logits, test = trained.cv.logits, evaluated["metrics"]["test"]
    effect: dict[str, Any] = {"slope": trained.bundle.calibration.slope}

    def mean(part: str, metric: str) -> float:
        dates = [date for date in evaluated["by_date"] if date["part"] == part]
        return float(sum(date[metric] * date["rows"] for date in dates) / sum(date["rows"] for date in dates))

    if len(logits.churned):
        raw = expit(logits.blend(trained.cv.logistic_weight))
        effect["folds"] = {
            "before": float(raw.mean()),
            "after": mean("fold", "predicted"),
            "happened": float(logits.churned.mean()),
            "log_loss_before": float(log_loss(logits.churned, raw, labels=[0, 1])),
            "log_loss_after": mean("fold", "log_loss"),
        }
    if test["rows"]:
        effect["test"] = {
            "after": mean("test", "predicted"),
            "happened": test["base_rate"],
            "log_loss_after": test["log_loss"],
        }
    return effect


def describe_timeline(
    dates: Mapping[dt.date, Mapping[str, int]], outcome: Outcome, plan: Plan, splits: Splits
) -> dict[str, Any]:
    """Each as-of date with its role and its counts, and the days of gap, outcome window and delays."""
    tested = set(plan.test.valid) if plan.test and splits.test_by == "time" else set()
    folds = {date for fold in plan.folds for date in fold.valid} if splits.folds_by == "time" else set()
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
            **{name: counts[name] for name in LABELS if name in counts},
            "base_rate": counts["churned"] / counts["labelled"] if counts["labelled"] else None,
        }
        for date, counts in dates.items()
    ]
    days = vars(outcome)
    return {"grid": grid, **days, "embargo_days": sum(days.values())}
