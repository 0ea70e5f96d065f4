"""A model's card and page: its judgement, where it came from, on which rows, from which data."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.special import expit
from sklearn.metrics import log_loss

from holdfast.demo.truth import achievable
from holdfast.evaluation.changes import compare_cards
from holdfast.evaluation.model_card import TestSet, evaluate
from holdfast.job import Job, Result
from holdfast.model.splits import Splits
from holdfast.model.training import TrainingResult
from holdfast.reports.training import draw_model, explain_newest
from holdfast.stages.evidence import tabulate
from holdfast.storage import MANIFEST, read_json, write_json
from holdfast.timeline.plan import Plan

CARD = "card.json"


def write_card(
    job: Job, out: Path, test: TestSet, version: str, data: Result, table: pa.Table, plan: Plan,
    division: Splits, trained: TrainingResult,
) -> dict[str, Any]:  # fmt: skip
    """Judge a model; write test_predictions.parquet, card.json, plots and report.html. Returns the card."""
    predictions = tabulate(table.take(pa.array(division.test.valid)), test)
    pq.write_table(predictions, out / "test_predictions.parquet")
    judged = evaluate(test, job.config.seed, job.config.gate)
    card = complete(job, judged, version, data, plan, division, trained, predictions)
    drivers = explain_newest(trained, table, job.config.seed)
    card |= drivers.to_dict()
    champion = read_json(job.layout.champion.resolve() / CARD) if job.layout.champion.exists() else None
    if champion is not None and champion["version"] != version:
        card["since_champion"] = compare_cards(card, champion)
    write_json(out / CARD, card)
    draw_model(out, card, test, trained.bundle, drivers)
    return card


def complete(
    job: Job, judged: dict[str, Any], version: str, data: Result, plan: Plan, division: Splits,
    trained: TrainingResult, predictions: pa.Table,
) -> dict[str, Any]:  # fmt: skip
    """The card of a model, from its judgement and everything around it."""
    config, manifest = job.config, data.manifest
    validated = read_json(job.layout.validated / MANIFEST)
    card = {
        **judged,
        "version": version,
        "as_of": manifest["as_of"],
        "question": question(job),
        "command": f"holdfast train source={config.source.name} as_of={manifest['as_of']} seed={config.seed}",
        "timeline": timeline(manifest, plan, division),
        "rows": {
            "train": len(division.test.train),
            "test": len(division.test.valid),
            "refit": len(division.refit),
        },
        "figures_belong_to": "a fit on the training dates alone; in use is the refit on all mature dates",
        "features": len(trained.bundle.columns.names),
        "choice": {
            "num_boost_round": trained.cv.num_boost_round,
            "logistic_weight": trained.cv.logistic_weight,
            "log_loss_by_weight": {
                f"{weight:g}": loss for weight, loss in trained.cv.log_loss_by_weight.items()
            },
            "folds_by": division.folds_by,
        },
        "calibration": calibration(judged, trained),
        "settings": {
            name: getattr(config, name).model_dump(mode="json")
            for name in ("churn", "timeline", "features", "tuning", "text", "gate")
        }
        | {"model": trained.settings.model_dump(mode="json")},  # given, or found by a search
        "seed": config.seed,
        "data": {name: counts(table) for name, table in validated["tables"].items()},
        "hashes": {"raw": validated["inputs"], "validated": validated["files"]},
    }
    if trained.tuning is not None:
        card["tuning"] = trained.tuning.to_dict()
    card["money"] = {**judged["money"], "currency": config.source.currency}
    if trained.bundle.text is not None:
        topics = {one.language: one.top_words() for one in trained.bundle.text.topics}
        card["text"] = {**(judged["text"] or {}), "topics": topics}
    best = achievable_auc(job, predictions)
    auc = judged["metrics"]["test"]["auc"]
    if best is not None and auc is not None:
        card["achievable_auc"] = best
        card["share_of_achievable_gini"] = (2 * auc - 1) / (2 * best - 1)
    return card


def calibration(judged: dict[str, Any], trained: TrainingResult) -> dict[str, Any]:
    """What calibration did: mean probability before and after, share that left, log loss (nats).

    On the folds' later rows (it was fitted on just these), and on the test, whose level is that of the
    training dates: if the season has changed, promised and happened differ there.
    """
    logits, test = trained.cv.logits, judged["metrics"]["test"]
    found: dict[str, Any] = {"slope": trained.bundle.calibration.slope}
    if len(logits.churned):
        raw = expit(logits.blend(trained.cv.logistic_weight))
        after = [one for one in judged["by_date"] if one["part"] == "fold"]
        rows = sum(one["rows"] for one in after)
        found["folds"] = {
            "before": float(raw.mean()),
            "after": sum(one["predicted"] * one["rows"] for one in after) / rows,
            "happened": float(logits.churned.mean()),
            "log_loss_before": float(log_loss(logits.churned, raw, labels=[0, 1])),
            "log_loss_after": sum(one["log_loss"] * one["rows"] for one in after) / rows,
        }
    if test["rows"]:
        after = [one for one in judged["by_date"] if one["part"] == "test"]
        promised = sum(one["predicted"] * one["rows"] for one in after) / test["rows"]
        found["test"] = {"after": promised, "happened": test["base_rate"], "log_loss_after": test["log_loss"]}
    return found


def question(job: Job) -> str:
    """The churn question in a sentence."""
    churn = job.config.churn
    after = f" (from {churn.gap_days} days after the as-of date on)" if churn.gap_days else ""
    if churn.kind == "inactivity":
        active = f"Who of those active within {churn.active_within_days} days"
        return f"{active} buys nothing for {churn.horizon_days} days{after}?"
    return f"Whose last subscription ends within {churn.horizon_days} days{after}?"


def timeline(manifest: dict[str, Any], plan: Plan, division: Splits) -> dict[str, Any]:
    """Each date with its role and its counts, and what lies between."""
    tested = set(map(str, plan.test.judge)) if plan.test and division.test_by == "time" else set()
    folds = (
        {str(date) for fold in plan.folds for date in fold.judge} if division.folds_by == "time" else set()
    )
    trains = set(map(str, plan.test.train)) if plan.test else set(manifest["dates"])

    def role(date: str) -> str:
        if date in tested:
            return "test"
        if date in folds:
            return "train, validation"
        return "train" if date in trains else "embargo"

    grid = [
        {
            "as_of": date,
            "role": role(date),
            "rows": found["labelled"],
            "churned": found["churned"],
            "base_rate": found["churned"] / found["labelled"] if found["labelled"] else None,
        }
        for date, found in manifest["dates"].items()
    ]
    outcome = manifest["outcome"]
    return {"grid": grid, **outcome, "embargo_days": sum(outcome.values())}


def counts(table: dict[str, Any]) -> dict[str, Any]:
    """What became of a raw table."""
    return {name: table[name] for name in ("read", "accepted", "rejected", "left_out", "by_rule")}


def achievable_auc(job: Job, predictions: pa.Table) -> float | None:
    """The AUC of the demo company's true probabilities on the test rows; None for real companies."""
    if job.config.source.name != "demo" or not job.layout.truth.exists():
        return None
    rows: pd.DataFrame = predictions.select(["customer_id", "as_of", "churned"]).to_pandas()
    churn = job.config.churn
    best = achievable(job.layout.truth, rows, horizon_days=churn.horizon_days, gap_days=churn.gap_days)
    return None if best is None or not np.isfinite(best) else float(best)
