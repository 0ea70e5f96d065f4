"""train: features → a model, judged, registered, and promoted or kept."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # publishes no types

from holdfast import tracking
from holdfast.engine.extract import read_features
from holdfast.errors import DataRefused, NoFitModel
from holdfast.evaluation.card import Test, judge
from holdfast.job import Job, Make, Manifest, Result
from holdfast.model.baselines import predict_baselines
from holdfast.model.bundle import load
from holdfast.model.division import Division, divide_rows
from holdfast.model.fit import Trained, predict_by_recipe, train_model
from holdfast.model.settings import ModelSettings
from holdfast.reports.training import draw_model
from holdfast.stages.cards import complete
from holdfast.stages.texts import read_corpus, read_texts
from holdfast.storage import MANIFEST, point, read_json, write_json, write_text
from holdfast.timeline.plan import Plan, divide
from holdfast.tracking import Run

CARD = "card.json"
TEST_COLUMNS = ["customer_id", "as_of", "churned"]


def make(job: Job, data: Result, version: str) -> Make:
    """Fit, judge, and write the model's folder."""

    def model(out: Path, manifest: Manifest, run: Run) -> None:
        config = job.config
        table, plan = read_training(job, data)
        division = divide_rows(table, plan)
        corpus = read_corpus(job, data) if config.model.text else None
        with threadpool_limits(1, "blas"):  # folds and bags run side by side; threads within them only wait
            trained = train_model(
                table, division, config.model, data.manifest["columns"],
                seed=config.seed, threads=config.threads, say=job.say, corpus=corpus,
            )  # fmt: skip
            trained.bundle.save(out / "bundle")
            job.say("judging against the baselines and the champion")
            test = judge_rows(job, data, table, division, trained)
        predictions = table.select(TEST_COLUMNS).take(pa.array(division.test.judge))
        predictions = predictions.append_column("churn_probability", pa.array(trained.test_probability))
        pq.write_table(predictions, out / "test_predictions.parquet")
        card = complete(job, judge(test, config.seed), version, data, plan, division, trained, predictions)
        write_json(out / CARD, card)
        draw_model(out, card, test, trained.bundle, table, config.seed, read_texts(data))
        manifest |= {"version": version, "as_of": data.manifest["as_of"], "gate": card["gate"]}
        log(job, run, out, card, data, table)
        tags = {"holdfast.version": version}
        manifest["registered"] = run.register(out / "bundle", example_rows(table), tags=tags)

    return model


def example_rows(table: pa.Table) -> pd.DataFrame:
    """Customers who do not exist: the quartiles of every number, the most frequent level of every text."""
    frame: pd.DataFrame = table.drop_columns(TEST_COLUMNS).to_pandas()
    example = frame.select_dtypes("number").quantile([0.25, 0.5, 0.75]).reset_index(drop=True)
    for name in frame.columns.difference(example.columns):
        example[name] = frame[name].mode().astype(object).reindex([0]).item()
    return example[list(frame.columns)]


def read_training(job: Job, data: Result) -> tuple[pa.Table, Plan]:
    """The labelled rows of a training, and what each date is for.

    Raises:
        DataRefused: nobody was ever eligible, or all did the same.
    """
    table = read_features(data.folder)
    table = table.filter(table["churned"].is_valid())
    churned = sum(date["churned"] for date in data.manifest["dates"].values())
    if churned in (0, table.num_rows):
        raise DataRefused(
            f"there is nothing to learn: {what_all_did(table.num_rows, churned)}",
            where=f"churn={job.config.churn.kind}",
            found=f"{table.num_rows:,} mature snapshots, {churned:,} of them churned",
            expected="some who left and some who stayed",
            next_step="look at churn.horizon_days and at who counts as eligible: holdfast train --help",
        )
    dates = tuple(dt.date.fromisoformat(date) for date in data.manifest["dates"])
    outcome = job.config.churn.outcome(data.manifest["outcome"]["label_delay_days"])
    timeline = job.config.timeline
    return table, divide(dates, outcome, test_dates=timeline.test_dates, folds=timeline.folds)


def what_all_did(rows: int, churned: int) -> str:
    """Why some rows teach nothing."""
    if not rows:
        return "nobody was eligible"
    return "all customers left" if churned else "nobody left"


def judge_rows(job: Job, data: Result, table: pa.Table, division: Division, trained: Trained) -> Test:
    """The test rows with everybody's predictions."""
    rows = table.take(pa.array(division.test.judge))
    return Test(
        churned=rows["churned"].to_numpy(),
        probability=trained.test_probability,
        customers=rows["customer_id"].to_numpy(zero_copy_only=False),
        baselines={
            **predict_baselines(table, division.test, job.config.model),
            "logistic": trained.test_linear,
        },
        rival=rival_probability(job, data, table, division, rows),
        succeeds=job.layout.champion.exists(),
        by=division.test_by,
        worth=None if trained.worth is None else (trained.worth.with_text, trained.worth.without),
    )


def rival_probability(job: Job, data: Result, table: pa.Table, division: Division, rows: pa.Table) -> Any:
    """The champion's predictions on the test rows; None where there is none, or its recipe is the same.

    A champion that was trained before all test dates has not seen their outcomes and speaks for itself.
    Any other has: then its recipe is fitted on the challenger's rows instead.
    """
    if not job.layout.champion.exists():
        return None
    champion = read_champion(job)
    first_test = min(rows["as_of"].to_pylist(), default=None)
    if first_test is not None and dt.date.fromisoformat(champion.manifest["as_of"]) <= first_test:
        try:
            return load(champion.folder / "bundle").predict(rows, read_texts(data))
        except NoFitModel:
            job.say("the champion needs columns that are no longer there: its recipe is fitted anew")
    try:
        settings = ModelSettings.model_validate(read_json(champion.folder / CARD)["settings"]["model"])
    except ValidationError:
        job.say("the champion was made by another version of Holdfast: its recipe cannot be fitted anew")
        return None
    if settings == job.config.model:
        return None  # newer data is all that differs
    corpus = read_corpus(job, data) if settings.text else None
    return predict_by_recipe(
        table, division, settings, seed=job.config.seed, threads=job.config.threads, corpus=corpus
    )


def log(job: Job, run: Run, out: Path, card: dict[str, Any], data: Result, table: pa.Table) -> None:
    """Everything about a training into its run."""
    config = job.config
    run.params({"as_of": data.manifest["as_of"], "seed": config.seed, "model": config.model.model_dump()})
    run.params({"churn": config.churn.model_dump(), "version": card["version"]})
    run.metrics({"test": card["metrics"]["test"], "baselines": card["baselines"], "rows": card["rows"]})
    run.tags(
        {
            "holdfast.grade": card["grade"],
            "holdfast.gate": card["gate"]["decision"],
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
