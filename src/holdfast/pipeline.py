"""The stages in the order of the data: the table of contents.

    simulate  →  raw tables of a demo company
    validate  :  raw tables        → validated and rejected rows
    features  :  validated tables  → streams in buckets → snapshots, labels, features
    train     :  features          → a model: judged, registered, promoted or kept
    explain   :  model, features   → what drives churn, and each customer's reasons
    score     :  model, features   → scores of all; with what earlier lists taught → the list, published
    outcomes  :  an earlier list   → what became of its customers, and whether calling helped
    monitor   :  scores, old and new → drift, results, and whether the model can still be relied on
    audit     :  validated tables, features → what sees the future, named; or the proof that nothing does

A stage runs what it needs upstream, and skips what already stands for the same inputs, settings and code
(`simulate` alone needs nothing and always runs). It writes into a hidden folder that takes its place when
complete, and logs to a run of its own, linked to those it was made from. How a stage does its work lies in
`stages/`; what it is made of lies below.
"""

import datetime as dt
from typing import Literal

from holdfast.demo.company import DemoReport
from holdfast.demo.company import simulate as simulate_company
from holdfast.job import Job, Result
from holdfast.publication import Published
from holdfast.sources.inputs import input_hashes, table_hashes
from holdfast.stages import (
    auditing,
    bucketing,
    delivering,
    drawing,
    explaining,
    extracting,
    judging,
    monitoring,
    reckoning,
    scoring,
    texts,
    training,
    treating,
    tuning,
    uplifting,
    validating,
)

Purpose = Literal["train", "score"]


def simulate(job: Job) -> DemoReport:
    """Write the raw tables of a demo company, and apart from them the truth about it."""
    return simulate_company(job.config.demo, job.config.seed, job.layout.raw_demo, job.layout.truth, job.say)


def validate(job: Job) -> Result:
    """Raw tables → validated tables, and rejected rows with the rule that they broke."""
    config = job.config
    job.check_question()
    inputs = table_hashes(config.source)
    made_of = {
        "source": config.source.model_dump(mode="json"),
        "limits": config.contracts.model_dump(),
        "inputs": input_hashes(inputs),
    }
    return job.once(
        "validate", job.layout.validated, validating.make(job, inputs),
        after={}, made_of=made_of if made_of["inputs"] is not None else None,
    )  # fmt: skip


def streams(job: Job) -> Result:
    """Validated tables → streams, all facts of a customer in one bucket."""
    validated = validate(job)
    made_of = {
        "tables": validated.files(), "attributes": job.attributes(), "buckets": job.config.engine.buckets,
    }  # fmt: skip
    return job.once(
        "streams",
        job.layout.streams,
        bucketing.bucket(job, validated),
        after={"validate": validated},
        made_of=made_of,
    )


def features(job: Job, purpose: Purpose = "train") -> Result:
    """Streams → snapshots with labels and features, at the dates that training or scoring asks for."""
    config = job.config
    validated, sorted_facts = validate(job), streams(job)
    day = job.train_day(validated.manifest) if purpose == "train" else job.score_day(validated.manifest)
    settings = {name: getattr(config, name).model_dump(mode="json") for name in ("timeline", "features")}
    settings["churn"] = config.churn.asked()
    made_of = {"streams": sorted_facts.manifest["fingerprint"], "purpose": purpose, "day": day, **settings}
    return job.once(
        "features", job.layout.features(purpose, day),
        extracting.make(job, validated, sorted_facts, purpose, day),
        after={"validate": validated, "streams": sorted_facts}, made_of=made_of,
    )  # fmt: skip


def train(job: Job) -> Result:
    """Features → a model: fitted over time folds, judged on the last dates, promoted or kept."""
    config, data = job.config, features(job, "train")
    made_of = {
        "features": data.files(), "seed": config.seed,
        "model": config.model.model_dump(), "timeline": config.timeline.model_dump(),
        "texts": texts.read_with(job, data), "judged_by": judging.settings(job),
        "treated": treating.inputs_of(job, data.manifest),
        **tuning.searched_with(job),
    }  # fmt: skip
    version = f"{data.manifest['as_of']}-{job.mark('train', made_of)[:8]}"
    model = job.once(
        "train", job.layout.models / version, training.make(job, data, version),
        after={"features": data}, made_of=made_of,
    )  # fmt: skip
    tuning.forget_fits(job)
    judging.decide_champion(job, model)
    return model


def explain(job: Job) -> Result:
    """Champion and features → what drives churn at one as-of date, and each customer's reasons."""
    config, model, data = job.config, judging.read_champion(job), features(job, "score")
    day = dt.date.fromisoformat(data.manifest["as_of"])
    scoring.check_freshness(job, day)
    scoring.check_anybody(job, data, day)
    made_of = {
        "model": model.files("bundle/"), "features": data.files(),
        "texts": config.reasons[config.language], "windows": config.features.windows_days,
        "seed": config.seed,
    }  # fmt: skip
    return job.once(
        "explain", job.layout.explanations(day), explaining.make(job, model, data),
        after={"train": model, "features": data}, made_of=made_of,
    )  # fmt: skip


def score_all(job: Job, model: Result, data: Result, day: dt.date) -> Result:
    """A model and the features of one as-of date → scores of all, and how far what it was given drifted."""
    scoring.check_freshness(job, day)
    scoring.check_anybody(job, data, day)
    made_of = {
        "model": {**model.files("bundle/"), **model.files("profile"), **model.files("test_predictions")},
        "version": model.folder.name, "features": data.files(),
        "monitor": job.config.monitor.model_dump(exclude={"refuse"}),
        "horizon": job.config.churn.horizon_days,
    }  # fmt: skip
    return job.once(
        "score", job.layout.scores(day), scoring.make_scores(job, model, data, day),
        after={"train": model, "features": data}, made_of=made_of,
    )  # fmt: skip


def uplift(job: Job, day: dt.date) -> Result | str:
    """Earlier lists with their hold-outs → what a contact changes, and for whom; or why it cannot be told."""
    validated, sorted_facts = validate(job), streams(job)
    drawn = drawing.usable_draws(job, day)
    if (why_not := uplifting.too_few(job, drawn)) is not None:
        return why_not
    return job.once(
        "uplift", job.layout.uplift(day), uplifting.make(job, validated, sorted_facts, drawn, day),
        after={"streams": sorted_facts}, made_of=uplifting.inputs_of(job, drawn, sorted_facts, day),
    )  # fmt: skip


def score(job: Job) -> Published:
    """Champion and features at one as-of date → scores of all, and the list of whom to call first."""
    model, data = judging.read_champion(job), features(job, "score")
    day = dt.date.fromisoformat(data.manifest["as_of"])
    scores, effect = score_all(job, model, data, day), uplift(job, day)
    made_of = scoring.list_inputs(job, model, scores, data, effect, day)
    run_id = job.mark("list", made_of)[:12]
    at_risk = job.once(
        "list", job.layout.run(run_id),
        scoring.make_list(job, model, scores, data, effect, day, run_id, made_of),
        after={"score": scores}, made_of=made_of,
    )  # fmt: skip
    published = scoring.publish_list(job, at_risk, day)
    delivering.deliver(job, published)
    return published


def outcomes(job: Job) -> Result:
    """An earlier list, or all of them, and what happened since → what became of it, and whether it helped."""
    dates = reckoning.asked_dates(job)
    validated, sorted_facts = validate(job), streams(job)
    day = reckoning.until(job, validated.manifest)
    lists = reckoning.known_lists(job, validated.manifest, dates, day)
    return job.once(
        "outcomes", job.layout.outcomes(str(job.config.list)),
        reckoning.make(job, validated, sorted_facts, lists, day),
        after={"streams": sorted_facts}, made_of=reckoning.inputs_of(job, lists, sorted_facts, day),
    )  # fmt: skip


def monitor(job: Job) -> Result:
    """Scores of one as-of date and of those before → drift, results, and whether to rely on the model."""
    data = features(job, "score")
    day = dt.date.fromisoformat(data.manifest["as_of"])
    model = monitoring.scorer(job, day, judging.read_champion(job))
    validated, sorted_facts, scores = validate(job), streams(job), score_all(job, model, data, day)
    found = job.once(
        "monitor", job.layout.monitors(day),
        monitoring.make(job, model, scores, validated, sorted_facts, day),
        after={"score": scores, "streams": sorted_facts},
        made_of=monitoring.inputs_of(job, model, scores, sorted_facts, day),
    )  # fmt: skip
    monitoring.refuse(job, found)
    return found


def audit(job: Job) -> Result:
    """Validated tables and training features → the proof that no feature sees the future, or what does."""
    config, validated, data = job.config, validate(job), features(job, "train")
    made_of = {
        "tables": validated.files(), "features": data.manifest["fingerprint"], "seed": config.seed,
        "audit": config.audit.model_dump(), "attributes": job.attributes(),
    }  # fmt: skip
    found = job.once(
        "audit", job.layout.audits(dt.date.fromisoformat(data.manifest["as_of"])),
        auditing.make(job, validated, data),
        after={"validate": validated, "features": data}, made_of=made_of,
    )  # fmt: skip
    auditing.refuse_leaks(found)
    return found
