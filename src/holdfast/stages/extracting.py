"""features: validated tables → streams in buckets → snapshots, labels and features."""

import dataclasses
import datetime as dt
import math
from collections.abc import Collection, Mapping
from pathlib import Path

import ibis

from holdfast.contracts.tables import CONTRACTS
from holdfast.engine.duckdb import DuckDB
from holdfast.engine.extract import Extraction, extract, first_days
from holdfast.errors import DataRefused
from holdfast.features.families import FAMILIES
from holdfast.features.plan import Plan as FeaturePlan
from holdfast.features.plan import plan_features
from holdfast.features.settings import FeatureSettings
from holdfast.job import Job, Make, Manifest, Result
from holdfast.stages.texts import keep_texts
from holdfast.streams.definitions import define
from holdfast.streams.stream import Stream
from holdfast.timeline.grid import default_step_days, mature_dates
from holdfast.timeline.outcome import Outcome
from holdfast.timeline.settings import TimelineSettings
from holdfast.tracking import Run

DAY_SECONDS = 86_400


def make(job: Job, validated: Result, sorted_facts: Result, purpose: str, day: dt.date) -> Make:
    """Extract snapshots, labels and features bucket by bucket."""

    def features(out: Path, manifest: Manifest, run: Run) -> None:
        with job.engine() as engine:
            wanted = what_to_extract(job, engine, validated.manifest, purpose, day)
        columns = {column.name: column.reason for column in wanted.plan.columns}
        job.say(f"{len(columns)} features at {dates_in_words(wanted.dates)}")
        buckets = sorted_facts.manifest["buckets"]
        counts = extract(wanted, sorted_facts.folder, buckets, out, threads=job.config.threads, say=job.say)
        manifest |= {"as_of": str(day), "dates": counts, "columns": columns, "outcome": vars(wanted.outcome)}
        manifest |= keep_texts(job, out, wanted.dates, day)
        manifest["rows"] = sum(date["rows"] for date in counts.values())
        if 0 < sum(date["churned"] for date in counts.values()) < manifest["rows"]:
            job.keep_question("churn")  # before, another question may still be tried here
        run.params({"as_of": day, "purpose": purpose, "churn": job.config.churn.asked()})
        run.params(
            {"timeline": job.config.timeline.model_dump(), "features": job.config.features.model_dump()}
        )
        run.metrics({"features": len(columns), "rows": manifest["rows"]})
        run.dict({"dates": counts, "columns": columns}, "features.json")

    return features


def source_streams(job: Job, engine: DuckDB) -> dict[str, Stream]:
    """The streams of the validated tables."""
    return define(job.tables(engine), job.attributes())


def what_to_extract(job: Job, engine: DuckDB, validated: Manifest, purpose: str, day: dt.date) -> Extraction:
    """The dates, labels and features that a purpose needs."""
    config, streams = job.config, source_streams(job, engine)
    first, usual_delay = log_before(job, engine, day)
    if first is None:
        start = validated["tables"][config.churn.stream]["first_occurred_at"]
        raise DataRefused(
            "there is no data before the as-of date",
            where=f"as_of={day}",
            found=f"{config.churn.stream} from {start[:10]} on" if start else f"no {config.churn.stream}",
            next_step="choose a later as_of" if start else "holdfast validate shows where the rows went",
        )
    outcome = outcome_by(job, usual_delay)
    dates = training_dates(job, first, day, outcome) if purpose == "train" else (day,)
    plan = plan_by(config.features, streams)
    return Extraction(
        streams={name: dataclasses.replace(one, levels=plan.levels(one)) for name, one in streams.items()},
        plan=plan,
        churn=config.churn,
        outcome=outcome,
        dates=dates,
        known_before=day,
        first_days=first_days(streams, dates),
        max_rows=config.timeline.max_rows if purpose == "train" else None,
    )


def plan_by(
    settings: FeatureSettings, streams: Mapping[str, Stream], only: Collection[str] | None = None
) -> FeaturePlan:
    """The features that some settings make of the streams; `only`: the columns wanted, None: all."""
    families = tuple(family for family in FAMILIES if settings.families.get(family.name, True))
    return plan_features(families, streams, settings.windows_days, only)


def columns_of(job: Job, settings: FeatureSettings) -> list[str]:
    """The columns that other settings of the features would make of today's source."""
    with job.engine() as engine:
        return [column.name for column in plan_by(settings, source_streams(job, engine)).columns]


def dates_of(job: Job, data: Result, timeline: TimelineSettings) -> tuple[dt.date, ...]:
    """The mature as-of dates that another timeline would give to a training on the same day."""
    day, outcome = dt.date.fromisoformat(data.manifest["as_of"]), Outcome(**data.manifest["outcome"])
    if timeline.label_delay_days is not None:
        outcome = job.config.churn.outcome(timeline.label_delay_days)
    with job.engine() as engine:
        first, _ = log_before(job, engine, day)
    assert first is not None  # there are features
    step = timeline.step_days or default_step_days(outcome.horizon_days)
    return mature_dates(first, day, outcome, step_days=step, snapshots=timeline.snapshots)


def outcome_by(job: Job, usual_delay: int) -> Outcome:
    """The days that a label is about; it is mature after the delay that is set, or else the usual one."""
    delay = job.config.timeline.label_delay_days
    return job.config.churn.outcome(usual_delay if delay is None else delay)


def log_before(job: Job, engine: DuckDB, day: dt.date) -> tuple[dt.date | None, int]:
    """The first day of what was known before `day`, and within how many days 99% of it had arrived.

    Of the table that churn is read from. What came later may not even say this, so that a training in
    the past does what it would have done then.
    """
    name = job.config.churn.stream
    table, event = job.tables(engine)[name], CONTRACTS[name].event
    known = table.filter(table.known_at < ibis.timestamp(str(day)))
    seconds = known.known_at.epoch_seconds() - known[event].epoch_seconds()
    row = known.aggregate(first=known[event].min(), delay=seconds.quantile(0.99)).to_pyarrow().to_pylist()[0]
    first = None if row["first"] is None else row["first"].date()
    return first, max(0, math.ceil((row["delay"] or 0) / DAY_SECONDS))


def training_dates(job: Job, first: dt.date, day: dt.date, outcome: Outcome) -> tuple[dt.date, ...]:
    """The mature as-of dates.

    Raises:
        DataRefused: there is none.
    """
    timeline = job.config.timeline
    step = timeline.step_days or default_step_days(outcome.horizon_days)
    dates = mature_dates(first, day, outcome, step_days=step, snapshots=timeline.snapshots)
    if not dates:
        raise DataRefused(
            "no label is mature: the log is too short for this question",
            where=f"as_of={day}",
            found=f"{(day - first).days} days of {job.config.churn.stream}, from {first} on",
            expected=f"more than {outcome.maturity_days} days",
            next_step="load more history, choose a later as_of, or a shorter churn.horizon_days",
        )
    return dates


def dates_in_words(dates: tuple[dt.date, ...]) -> str:
    """One date, or how many from when to when."""
    return str(dates[0]) if len(dates) == 1 else f"{len(dates)} as-of dates from {dates[0]} to {dates[-1]}"
