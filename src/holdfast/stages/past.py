"""Earlier scoring runs, and what their customers did since: for the monitor."""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from holdfast.engine.extract import Extraction, open_bucket
from holdfast.job import Job, Manifest, Result
from holdfast.monitor.scores import Scored
from holdfast.publication import PARQUET, dates_in
from holdfast.stages.contacted import contacted_in, source_contacts
from holdfast.stages.extracting import what_to_extract
from holdfast.storage import MANIFEST, read_json
from holdfast.streams.facts import DAY

SCORES = "scores.parquet"


def earlier_runs(job: Job, day: dt.date) -> dict[dt.date, Manifest]:
    """The manifests of the scoring runs before a day, oldest first."""
    return manifests_of(job, scored_dates(job, day))


def scored_dates(job: Job, day: dt.date) -> list[dt.date]:
    """The as-of dates of the scoring runs before a day, oldest first."""
    return [date for date in dates_in(job.layout.scores(day).parent) if date < day]


def manifests_of(job: Job, dates: Iterable[dt.date]) -> dict[dt.date, Manifest]:
    """The manifests of the scoring runs at some dates; of those that have one."""
    found = {date: read_json(job.layout.scores(date) / MANIFEST) for date in dates}
    return {date: manifest for date, manifest in found.items() if manifest is not None}


def spread(dates: Sequence[dt.date], most: int) -> list[dt.date]:
    """At most so many dates, evenly spread, the newest among them."""
    if len(dates) <= most:
        return list(dates)
    return [dates[round(place)] for place in np.linspace(len(dates) - 1, 0, most)][::-1]


def read_run(job: Job, date: dt.date, version: str) -> Scored:
    """The probabilities of a scoring run."""
    table = pq.read_table(job.layout.scores(date) / SCORES, columns=["churn_probability"], partitioning=None)
    return Scored(date, version, table["churn_probability"].to_numpy())


def trained_as_of(job: Job, version: str) -> dt.date | None:
    """Up to when a model knew outcomes; None where the model is gone."""
    manifest = read_json(job.layout.models / version / MANIFEST)
    return None if manifest is None else dt.date.fromisoformat(manifest["as_of"])


def known_outcomes(
    job: Job, validated: Result, sorted_facts: Result, dates: Sequence[dt.date], day: dt.date
) -> Iterator[tuple[dt.date, str, pd.DataFrame]]:
    """For each date whose labels are mature with what was known before `day`: what scored customers did.

    Yields:
        The date, the end of its outcome window, and a row a customer: customer_id, churned (0 or 1),
        churn_probability, contacted (between the two), held_out. Customers of the run without a label
        (erased since, or no longer eligible by what was corrected) are left out.
    """
    with job.engine() as engine:
        wanted = what_to_extract(job, engine, validated.manifest, "score", day)
        mature = [date for date in dates if wanted.outcome.mature_at(date) <= day]
        mature = spread(mature, job.config.monitor.runs)
        if not mature:
            return
        labels = labels_at(job, wanted, sorted_facts, tuple(mature), day)
        contacts = source_contacts(job.tables(engine), mature[0], day)
        for date in mature:
            _, over = wanted.outcome.window(date)
            here = labels.filter(pc.equal(labels["as_of"], pa.scalar(date, pa.date32())))
            scored = pq.read_table(
                job.layout.scores(date) / SCORES, columns=["customer_id", "churn_probability"],
                partitioning=None,
            )  # fmt: skip
            run: pd.DataFrame = scored.join(here, "customer_id", join_type="inner").to_pandas()
            run = run.sort_values("customer_id", ignore_index=True)
            run["contacted"] = run["customer_id"].isin(contacted_between(job, contacts, date, over))
            run["held_out"] = run["customer_id"].isin(ids_of(job.layout.holdouts / f"{date}.parquet"))
            yield date, str(over), run


def labels_at(
    job: Job, wanted: Extraction, sorted_facts: Result, dates: tuple[dt.date, ...], day: dt.date
) -> pa.Table:
    """customer_id, as_of, churned of all who were eligible at the dates, by what was known before `day`."""
    name = job.config.churn.stream
    only = dataclasses.replace(wanted, streams={name: wanted.streams[name]}, dates=dates, known_before=day)
    parts = []
    for bucket in range(sorted_facts.manifest["buckets"]):
        ids, _, snapshots = open_bucket(only, sorted_facts.folder, bucket, sorted_facts.manifest["buckets"])
        as_of = pa.array(snapshots.as_of // DAY, pa.int64()).cast(pa.int32()).cast(pa.date32())
        columns: dict[str, Any] = {"customer_id": ids.take(pa.array(snapshots.customer)), "as_of": as_of}
        parts.append(pa.table({**columns, "churned": snapshots.churned}))
    return pa.concat_tables(parts)


def contacted_between(job: Job, contacts: pd.DataFrame | None, start: dt.date, over: dt.date) -> set[str]:
    """Who was contacted in `[start, over)`; without a table of contacts: who was on the list of `start`."""
    if contacts is None:
        return ids_of(job.layout.lists / str(start) / PARQUET)
    return set(contacted_in(contacts, start, over)["customer_id"])


def ids_of(path: Any) -> set[str]:
    """The customers of a Parquet file; nobody where there is none."""
    if not path.exists():
        return set()
    return set(pq.read_table(path, columns=["customer_id"], partitioning=None)["customer_id"].to_pylist())
