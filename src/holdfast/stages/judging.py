"""What follows a fit: judged beside others, logged, and promoted or kept."""

import dataclasses
import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast import tracking
from holdfast.errors import NoFitModel
from holdfast.evaluation.model_card import TestSet
from holdfast.job import Job, Result
from holdfast.model.baselines import predict_baselines
from holdfast.model.bundle import load
from holdfast.model.splits import Splits
from holdfast.model.training import TrainingResult, predict_with_settings
from holdfast.stages.cards import CARD
from holdfast.stages.evidence import (
    as_days,
    days_after,
    judged_folds,
    learned_from,
    list_share,
    overwritten,
    segments,
    suspects,
)
from holdfast.stages.recipes import Recipe, in_words, read_recipe, recipe_of, reduce, wanting
from holdfast.stages.texts import read_corpus, read_texts
from holdfast.stages.worth import campaign, read_stated, stated_by, worth
from holdfast.storage import MANIFEST, point, read_json, write_text
from holdfast.tracking import Run


def judge_rows(job: Job, data: Result, table: pa.Table, division: Splits, trained: TrainingResult) -> TestSet:
    """The test rows with everybody's predictions, and all that they are judged by."""
    rows = table.take(pa.array(division.test.valid))
    churned, horizon = rows["churned"].to_numpy(), job.config.churn.horizon_days
    stated = read_stated(job, rows)
    value = worth(rows, job.config.outreach, least_days=horizon, stated=stated).to_numpy()
    rival = find_rival(job, data, table, division, rows, recipe_of(job, data, trained.settings))
    knowing = overwritten(job, table, data.manifest["columns"])
    baselines = predict_baselines(table, division.test, job.config.model, horizon_days=horizon)
    return TestSet(
        churned=churned,
        probability=trained.test_probability,
        customers=rows["customer_id"].to_numpy(zero_copy_only=False),
        baselines={**baselines, "logistic": trained.test_logistic},
        champion=rival.probability,
        not_comparable=rival.less,
        has_champion=job.layout.champion.exists(),
        test_by=division.test_by,
        text_ablation=trained.text_ablation,
        as_of=as_days(rows),
        days_after_training=days_after(table, division.test) if division.test_by == "time" else None,
        list_share=list_share(job, data.manifest, rows),
        segments=segments(rows, value, job.config.source.currency),
        folds=judged_folds(table, division, trained.cv),
        campaign=campaign(job, churned, trained.test_probability, value),
        customer_value=value,
        training=learned_from(job, table, division),
        find_suspects=lambda: suspects(table, data.manifest["columns"]),
        leaks=tuple(one.to_words() for one in knowing if one.severity == "leak"),
        suspected_leaks=tuple(one.to_words() for one in knowing if one.severity != "leak"),
    )


def settings(job: Job) -> dict[str, Any]:
    """All settings that decide the card and the gate, but not the fit."""
    terms = ("margin", "value_days", "accept_share", "offer_cost", "offer_taken_share", "contact_cost")
    outreach = job.config.outreach.model_dump(include={*terms, "capacity", "capacity_share"})
    return {
        "gate": job.config.gate.model_dump(),
        "outreach": outreach,
        "stated_values": stated_by(job),
        "currency": job.config.source.currency,
        "audit": job.config.audit.model_dump(include={"rise_auc", "leak_auc", "min_churners"}),
    }


@dataclasses.dataclass(frozen=True)
class Rival:
    """What a challenger is held against.

    Attributes:
        probability: (test rows,) the champion's, or its recipe's; None: there is no champion, its recipe is
            the same, or it cannot be fitted anew.
        less: why the challenger cannot be held against the champion, and what to do; None: it can.
    """

    probability: NDArray[np.float64] | None = None
    less: str | None = None


def find_rival(
    job: Job, data: Result, table: pa.Table, division: Splits, rows: pa.Table, own: Recipe
) -> Rival:
    """The champion's predictions on the test rows, as fairly as they can be had.

    A champion that was trained before all test dates has not seen their outcomes and speaks for itself. Any
    other has: then its recipe is fitted on what of it the challenger's table holds. What holds less than
    the champion would have had is no fair ground: see `recipes.wanting`.
    """
    if not job.layout.champion.exists():
        return Rival()
    champion = read_champion(job)
    first_test = min(rows["as_of"].to_pylist(), default=None)
    if first_test is not None and dt.date.fromisoformat(champion.manifest["as_of"]) <= first_test:
        try:
            return Rival(load(champion.folder / "bundle").predict(rows, read_texts(data)))
        except NoFitModel:
            job.say("the champion needs columns that are no longer there: its recipe is fitted anew")
    recipe = read_recipe(champion.folder, own)
    if recipe is None:
        job.say("the champion was made by another version of Holdfast: its recipe cannot be fitted anew")
        return Rival()
    if recipe == own:
        return Rival()  # newer data is all that differs
    lacking = wanting(job, data, own, recipe)
    if lacking and not job.config.gate.allow_less_data:
        return Rival(less=in_words(lacking, champion.manifest["as_of"]))
    job.say("another recipe than the champion's: the champion's is fitted on the same rows")
    known, reduced = reduce(table, division, job, own, recipe)
    return Rival(
        predict_with_settings(
            known, reduced, recipe.model, seed=job.config.seed, threads=job.config.threads,
            corpus=read_corpus(job, data, recipe.texts) if recipe.model.text and recipe.texts else None,
        )
    )  # fmt: skip


def log(job: Job, run: Run, out: Path, card: dict[str, Any], data: Result, table: pa.Table) -> None:
    """Everything about a training into its run."""
    config = job.config
    run.params({"as_of": data.manifest["as_of"], "seed": config.seed, "model": card["settings"]["model"]})
    run.params({"churn": config.churn.model_dump(), "version": card["version"]})
    run.metrics({"test": card["metrics"]["test"], "baselines": card["baselines"], "rows": card["rows"]})
    run.tags(
        {
            "holdfast.grade": card["grade"],
            "holdfast.gate": card["gate"]["decision"],
            "holdfast.gate_reasons": "; ".join(card["gate"]["reasons"]),
            "holdfast.version": card["version"],
        }
    )
    run.dict(config.shown(), "config.json")
    run.dict(card["hashes"], "hashes.json")
    digest = job.mark("dataset", data.manifest["files"])
    run.dataset("features", table.schema, rows=table.num_rows, digest=digest, source=str(data.folder))
    for path in (out / CARD, out / "report.html", out / "plots"):  # predictions name customers: they stay
        run.artifact(path)


def decide_champion(job: Job, model: Result) -> None:
    """Point the champion at a promoted model, and write down the decision and its reasons, once."""
    gate, layout = model.manifest["gate"], job.layout
    entries = layout.promotions.read_text(encoding="utf-8").splitlines() if layout.promotions.exists() else []
    if (
        any(json.loads(entry)["fingerprint"] == model.manifest["fingerprint"] for entry in entries)
        and not job.config.force
    ):
        return
    entry = {
        "version": model.folder.name,
        "fingerprint": model.manifest["fingerprint"],
        "at": job.started.isoformat(timespec="seconds"),
        **gate,
    }
    if gate["decision"] == "promoted":
        point(layout.champion, model.folder)
        tracking.set_champion(job.config.tracking, layout.root, model.manifest["registered"])
    write_text(layout.promotions, "\n".join([*entries, json.dumps(entry, sort_keys=True)]) + "\n")
    job.say(f"{model.folder.name}: {gate['decision']}")


def read_champion(job: Job) -> Result:
    """The model in use.

    Raises:
        NoFitModel: none was promoted yet.
    """
    folder = job.layout.champion.resolve()
    manifest = read_json(folder / MANIFEST)
    if manifest is None:
        tried = job.layout.promotions.exists()
        raise NoFitModel(
            "there is no champion: no model has passed the gate yet" if tried else "there is no model yet",
            where=str(job.layout.champion),
            next_step=f"read why in {job.layout.promotions}" if tried else "run: holdfast train",
        )
    return Result(folder, manifest)
