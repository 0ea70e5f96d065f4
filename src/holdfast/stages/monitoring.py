"""monitor: what a model is given now, its scores, and what became of earlier ones → can it be relied on?"""

import datetime as dt
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.errors import GuardRefused
from holdfast.explain.explanations import explain, importance
from holdfast.job import Job, Make, Manifest, Result
from holdfast.model.matrix import CONTACT_FLAG
from holdfast.model.training import TrainingResult
from holdfast.monitor.drift import COLUMNS as DRIFT_COLUMNS
from holdfast.monitor.drift import measure_inputs, summarise
from holdfast.monitor.profile import Profile, every_so_many, learn_profile
from holdfast.monitor.results import COLUMNS, grade_group, grade_run
from holdfast.monitor.scores import ScoreReference, follow_scores, measure_scores, refer
from holdfast.monitor.verdict import (
    Reason,
    Verdict,
    conclude,
    judge_age,
    judge_inputs,
    judge_results,
    judge_scores,
)
from holdfast.reports.monitor import write_monitor_report
from holdfast.stages.past import earlier_runs, known_outcomes, read_run, spread, trained_as_of
from holdfast.storage import MANIFEST, hash_folder, read_json
from holdfast.tracking import Run

PROFILE, TEST = "profile.parquet", "test_predictions.parquet"  # of a model
INPUTS = "inputs.parquet"  # of a scoring run
DRIFT, SCORES, RESULTS, REPORT = "drift.csv", "scores.csv", "results.csv", "report.html"
WEIGHED = 500  # training rows whose contributions tell how much a column matters


class Look(NamedTuple):
    """What is known of a scoring run as soon as it is done.

    Attributes:
        drift, inputs: of `measure_inputs` and `summarise`; None and {}: the model has no profile.
        scores: of `measure_scores`.
        age_days: from the model's as-of date.
    """

    drift: pd.DataFrame | None
    inputs: dict[str, Any]
    scores: dict[str, Any]
    age_days: int

    def figures(self) -> dict[str, Any]:
        """As a manifest and a run hold them."""
        return {"inputs": self.inputs, "scores": self.scores, "model_age_days": self.age_days}


def keep_profile(out: Path, trained: TrainingResult, table: pa.Table) -> None:
    """Write what a model was trained on in a few numbers a column: profile.parquet, without customers."""
    rows = trained.with_texts(every_so_many(table, table.num_rows))
    some = every_so_many(rows, rows.num_rows, WEIGHED)
    bundle = trained.bundle
    found = importance(bundle, explain(bundle, some)).set_index("feature")["mean_abs_contribution"]
    names = [name for name in bundle.columns.names if name != CONTACT_FLAG]  # 0 for whoever is scored
    weights = {name: float(found[name]) for name in names}
    pq.write_table(learn_profile(rows, weights).to_table(), out / PROFILE)


def read_profile(model: Result) -> Profile | None:
    """What a model was trained on; None: it was trained before that was kept."""
    path = model.folder / PROFILE
    return Profile.from_table(pq.read_table(path)) if path.exists() else None


def read_reference(folder: Path) -> ScoreReference | None:
    """The probabilities of a model's test; None where they are gone."""
    if not (folder / TEST).exists():
        return None
    test = pq.read_table(folder / TEST, columns=["customer_id", "churn_probability"])
    return refer(test["churn_probability"].to_numpy(), len(test["customer_id"].unique()))


def look(
    job: Job, model: Result, profile: Profile | None, counted: pa.Table | None, probability: Any, day: dt.date
) -> Look:
    """Inputs and scores of one run, held against the model's training and test."""
    drift, inputs = None, {}
    if profile is not None and counted is not None:
        drift = measure_inputs(profile, counted, day, job.config.monitor)
        inputs = summarise(drift)
    scores = measure_scores(read_reference(model.folder), probability)
    return Look(drift, inputs, scores, (day - dt.date.fromisoformat(model.manifest["as_of"])).days)


def verdict_on(job: Job, seen: Look, of_results: list[Reason] | None = None) -> Verdict:
    """What is to be thought of a scoring run's model.

    Args:
        of_results: what earlier runs say (`judge_results`); None: nobody has looked, as when `score` ends.
    """
    limits = job.config.monitor
    return conclude(
        [
            *judge_inputs(seen.drift, seen.inputs, limits),
            *judge_scores(seen.scores, limits),
            *(of_results or []),
            judge_age(seen.age_days, job.config.churn.horizon_days, of_results, limits),
        ]
    )


def scorer(job: Job, day: dt.date, champion: Result) -> Result:
    """The model of the run that stands at a day: the monitor looks at it, whoever is champion by now."""
    manifest = read_json(job.layout.scores(day) / MANIFEST)
    folder = champion.folder if manifest is None else job.layout.models / manifest["model_version"]
    found = read_json(folder / MANIFEST)
    return champion if found is None else Result(folder, found)


def inputs_of(job: Job, model: Result, scores: Result, sorted_facts: Result, day: dt.date) -> dict[str, Any]:
    """All that decides what the monitor finds beside Holdfast's own code."""
    config, layout = job.config, job.layout
    earlier = earlier_runs(job, day)
    return {
        "as_of": day,
        "model": model.manifest["files"],
        "version": model.folder.name,
        "scores": scores.manifest["files"],
        "earlier": {str(date): manifest["files"] for date, manifest in earlier.items()},
        "models": {v: str(trained_as_of(job, v)) for v in {m["model_version"] for m in earlier.values()}},
        "facts": sorted_facts.manifest["fingerprint"],
        "holdouts": hash_folder(layout.holdouts) if layout.holdouts.is_dir() else {},
        "churn": config.churn.asked(),
        "delay": config.timeline.label_delay_days,
        "monitor": config.monitor.model_dump(exclude={"refuse"}),
        "seed": config.seed,
    }


def make(
    job: Job, model: Result, scores: Result, validated: Result, sorted_facts: Result, day: dt.date
) -> Make:
    """Write drift.csv, scores.csv, results.csv and the page."""

    def monitor(out: Path, manifest: Manifest, run: Run) -> None:
        config = job.config
        profile, path = read_profile(model), scores.folder / INPUTS
        now = read_run(job, day, model.folder.name)
        counted = pq.read_table(path, partitioning=None) if path.exists() else None
        seen = look(job, model, profile, counted, now.probability, day)
        earlier = earlier_runs(job, day)
        job.say(f"looking at {len(earlier):,} earlier scoring runs")
        runs = [
            read_run(job, date, earlier[date]["model_version"])
            for date in spread(list(earlier), config.monitor.runs)
        ]
        versions = {one.model_version for one in (*runs, now)}
        references = {version: read_reference(job.layout.models / version) for version in versions}
        trend = follow_scores([*runs, now], references)
        results = grade_past(job, validated, sorted_facts, earlier, day)
        test = test_figures(model.folder, config.seed)
        of_results = judge_results(results, test, model.folder.name, config.monitor)
        verdict = verdict_on(job, seen, of_results)
        drift = pd.DataFrame(columns=DRIFT_COLUMNS) if seen.drift is None else seen.drift
        for table, name in ((drift, DRIFT), (trend, SCORES), (results, RESULTS)):
            table.to_csv(out / name, index=False, lineterminator="\n")
        manifest |= {"as_of": str(day), "model_version": model.folder.name, **verdict.to_dict()}
        manifest |= {**seen.figures(), "test": test}
        write_monitor_report(manifest, drift, trend, results, profile, counted, out / REPORT)
        log(run, manifest, results, out)

    return monitor


def grade_past(
    job: Job, validated: Result, sorted_facts: Result, earlier: dict[dt.date, Manifest], day: dt.date
) -> pd.DataFrame:
    """The figures of all earlier runs whose outcome is known: `grade_run`, oldest first.

    `fair` is false where the model had been trained with outcomes from after the run's date: what it
    says of that date was partly known to it.
    """
    rows = []
    for date, _, found in known_outcomes(job, validated, sorted_facts, list(earlier), day):
        version = earlier[date]["model_version"]
        trained = trained_as_of(job, version)
        fair = trained is not None and trained <= date
        about = {"as_of": str(date), "model_version": version, "fair": fair}
        rows += grade_run(found, about, job.config.seed)
    return pd.DataFrame(rows, columns=COLUMNS)


def test_figures(folder: Path, seed: int) -> dict[str, Any]:
    """The figures of a model's test, worked out as those of later runs are; {} where it is gone."""
    if not (folder / TEST).exists():
        return {}
    return grade_group(pq.read_table(folder / TEST).to_pandas(), seed)


def log(run: Run, manifest: Manifest, results: pd.DataFrame, out: Path) -> None:
    """Everything into the run; no file of the monitor holds customers."""
    run.params({"as_of": manifest["as_of"], "model_version": manifest["model_version"]})
    log_look(run, manifest)
    everybody = results[results["group"] == "all"].set_index("as_of")
    for name in ("auc", "ece", "observed", "predicted"):
        run.metrics({f"past_{name}": everybody[name].dropna().to_dict()})
    for name in (DRIFT, SCORES, RESULTS, REPORT):
        run.artifact(out / name)


def log_look(run: Run, found: Manifest) -> None:
    """The verdict and the figures of `Look.figures`."""
    run.tags({"holdfast.verdict": found["verdict"]})
    numbers = {name: value for name, value in found["inputs"].items() if name not in ("first", "states")}
    states = {name.replace(" ", "_"): count for name, count in found["inputs"].get("states", {}).items()}
    run.metrics({"drift": {**numbers, **states, "scores": found["scores"], "age": found["model_age_days"]}})


def refuse(job: Job, result: Result) -> None:
    """With `monitor.refuse`: let a scheduler stop where the model cannot be relied on.

    Raises:
        GuardRefused: the verdict is `mend` or `retrain`.
    """
    manifest = result.manifest
    if not job.config.monitor.refuse or manifest["verdict"] not in ("mend", "retrain"):
        return
    first = manifest["reasons"][0]
    raise GuardRefused(
        manifest["meaning"].rstrip("."),
        where=str(result.folder / REPORT),
        found=first["what"],
        expected="a model that can be relied on (monitor.refuse=true)",
        next_step=first["next_step"] or "holdfast train",
    )
