"""The rest of a model's card: where it came from, on which rows, from which data."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from holdfast.demo.truth import achievable
from holdfast.job import Job, Result
from holdfast.model.division import Division
from holdfast.model.fit import Trained
from holdfast.storage import MANIFEST, read_json
from holdfast.timeline.plan import Plan


def complete(
    job: Job, judged: dict[str, Any], version: str, data: Result, plan: Plan, division: Division,
    trained: Trained, predictions: pa.Table,
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
            "test": len(division.test.judge),
            "refit": sum(date["labelled"] for date in manifest["dates"].values()),
        },
        "figures_belong_to": "a fit on the training dates alone; in use is the refit on all mature dates",
        "features": len(trained.bundle.columns.names),
        "choice": {
            "rounds": trained.choice.rounds,
            "linear_share": trained.choice.linear_share,
            "log_loss_by_share": {
                f"{share:g}": loss for share, loss in trained.choice.log_loss_by_share.items()
            },
            "folds_by": division.folds_by,
        },
        "settings": {
            name: getattr(config, name).model_dump(mode="json")
            for name in ("churn", "timeline", "features", "model", "text")
        },
        "seed": config.seed,
        "data": {name: counts(table) for name, table in validated["tables"].items()},
        "hashes": {"raw": validated["inputs"], "validated": validated["files"]},
    }
    if trained.bundle.text is not None:
        topics = {one.language: one.shown() for one in trained.bundle.text.topics}
        card["text"] = {**(judged["text"] or {}), "topics": topics}
    best = achievable_auc(job, predictions)
    auc = judged["metrics"]["test"]["auc"]
    if best is not None and auc is not None:
        card["achievable_auc"] = best
        card["share_of_achievable_gini"] = (2 * auc - 1) / (2 * best - 1)
    return card


def question(job: Job) -> str:
    """The churn question in a sentence."""
    churn = job.config.churn
    after = f" (from {churn.gap_days} days after the as-of date on)" if churn.gap_days else ""
    if churn.kind == "inactivity":
        active = f"Who of those active within {churn.active_within_days} days"
        return f"{active} buys nothing for {churn.horizon_days} days{after}?"
    return f"Whose last subscription ends within {churn.horizon_days} days{after}?"


def timeline(manifest: dict[str, Any], plan: Plan, division: Division) -> dict[str, Any]:
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
