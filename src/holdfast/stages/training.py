"""train: features → a model, judged, registered, and promoted or kept."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pyarrow as pa
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # publishes no types

from holdfast.engine.extract import read_features
from holdfast.errors import DataRefused
from holdfast.job import Job, Make, Manifest, Result
from holdfast.model.matrix import CONTACT_FLAG, KEYS
from holdfast.model.splits import split_rows
from holdfast.model.training import train_model
from holdfast.stages.cards import write_card
from holdfast.stages.judging import judge_rows, log
from holdfast.stages.monitoring import keep_profile
from holdfast.stages.recipes import keep_recipe, recipe_of
from holdfast.stages.texts import read_corpus
from holdfast.stages.treating import treat
from holdfast.stages.tuning import open_tuner
from holdfast.timeline.plan import Plan, divide
from holdfast.tracking import Run


def make(job: Job, data: Result, version: str) -> Make:
    """Fit, judge, and write the model's folder."""

    def model(out: Path, manifest: Manifest, run: Run) -> None:
        config = job.config
        table, plan = read_training(job, data)
        table, division, columns = treat(job, table, split_rows(table, plan), data.manifest)
        corpus = read_corpus(job, data) if config.model.text else None
        with threadpool_limits(1, "blas"):  # folds and bags run side by side; threads within them only wait
            trained = train_model(
                table, division, config.model, columns,
                seed=config.seed, threads=config.threads, progress=job.say, corpus=corpus,
                tuner=open_tuner(job, run, version),
            )  # fmt: skip
            trained.bundle.save(out / "bundle")
            keep_recipe(out, recipe_of(job, data, trained.settings))
            job.say("judging against the baselines and the champion")
            test = judge_rows(job, data, table, division, trained)
        keep_profile(out, trained, table)
        card = write_card(job, out, test, version, data, table, plan, division, trained)
        manifest |= {"version": version, "as_of": data.manifest["as_of"], "gate": card["gate"]}
        log(job, run, out, card, data, table)
        tags = {"holdfast.version": version}
        manifest["registered"] = run.register(out / "bundle", example_rows(table), tags=tags)

    return model


def example_rows(table: pa.Table) -> pd.DataFrame:
    """Customers who do not exist: the quartiles of every number, the most frequent level of every text."""
    names = [name for name in table.column_names if name not in (*KEYS, CONTACT_FLAG)]
    frame: pd.DataFrame = table.select(names).to_pandas()
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
