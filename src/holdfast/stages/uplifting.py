"""uplift: earlier lists, of which some were held out by chance → what a contact changes, and for whom.

Only what was known before the as-of date is learned from: lists whose outcome was known by then, and features
as they stood at each list's own date.
"""

import dataclasses
import datetime as dt
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # publishes no types

from holdfast.engine.extract import Extraction, extract_bucket, first_days
from holdfast.job import Job, Make, Manifest, Result
from holdfast.outcomes.comparable import mark_compared
from holdfast.outcomes.effect import LEAST_COMPLIANCE
from holdfast.publication import published_before, run_of
from holdfast.snapshots.cohorts import Snapshots
from holdfast.stages.contacted import contacted_in, source_contacts
from holdfast.stages.drawing import GROUPS, Draws
from holdfast.stages.extracting import plan_by, what_to_extract
from holdfast.storage import read_json, sha256_file, write_json
from holdfast.streams.facts import DAY
from holdfast.tracking import Run
from holdfast.uplift.evidence import by_third, in_words
from holdfast.uplift.learner import Uplift, learn_uplift

UPLIFT = "uplift.json"
TOLD = ("what", "trust", "thirds", *GROUPS)  # of what was learned, in manifests
SNAPSHOT = ["customer_id", "as_of"]


def too_few(job: Job, drawn: list[Draws]) -> str | None:
    """Why nothing can be learned yet; None: it can be tried."""
    if not job.config.uplift.use:
        return "not used: switched off (uplift.use)"
    return few_in_words(job, pd.concat([one.rows["decision"] for one in drawn] or [pd.Series(dtype="str")]))


def few_in_words(job: Job, decisions: pd.Series) -> str | None:
    """That there are too few customers of a group; None: there are enough."""
    counts, fewest = counts_of(decisions), job.config.uplift.fewest
    if min(counts.values()) >= fewest:
        return None
    return (
        f"not used: {counts['listed']:,} listed and {counts['held_out']:,} held-out customers with a known "
        f"outcome, {fewest:,} of each wanted"
    )


def counts_of(decisions: pd.Series) -> dict[str, int]:
    """How many were listed, and how many held out."""
    return {name: int((decisions == name).sum()) for name in GROUPS}


def inputs_of(job: Job, drawn: list[Draws], sorted_facts: Result, day: dt.date) -> dict[str, Any]:
    """All that decides the estimate beside Holdfast's own code."""
    return {
        "day": day,
        "lists": {str(one.past.as_of): (sha256_file(one.past.decisions), one.share) for one in drawn},
        "published": {
            str(date): run_of((job.layout.lists / str(date)).resolve())
            for date in published_before(job.layout, day)
        },
        "facts": sorted_facts.manifest["fingerprint"],
        "churn": job.config.churn.asked(),
        "features": job.config.features.model_dump(),
        "delay": job.config.timeline.label_delay_days,
        "accept_share": job.config.outreach.accept_share,
        "uplift": job.config.uplift.model_dump(),
        "seed": job.config.seed,
    }


def make(job: Job, validated: Result, sorted_facts: Result, drawn: list[Draws], day: dt.date) -> Make:
    """Learn, and write uplift.json: no customers, only what was found."""

    def uplift(out: Path, manifest: Manifest, run: Run) -> None:
        job.say(f"learning what contacts change from {len(drawn):,} lists")
        compared, features = with_outcomes(job, validated, sorted_facts, drawn, day)
        content = {
            "what": few_in_words(job, compared["decision"]),  # of the draws, some may have no outcome
            "lists": [str(one.past.as_of) for one in drawn],
            **counts_of(compared["decision"]),
            "trust": 0.0,
            "thirds": [],
        }
        if content["what"] is None:
            content |= learn(job, compared, features)
        write_json(out / UPLIFT, content)
        manifest |= {name: content[name] for name in TOLD}
        run.params({"as_of": day, "lists": len(drawn), "uplift": job.config.uplift.model_dump()})
        run.metrics({name: content.get(name) for name in ("trust", "slope", "slope_error", *GROUPS)})
        run.artifact(out / UPLIFT)

    return uplift


def learn(job: Job, compared: pd.DataFrame, features: pa.Table) -> dict[str, Any]:
    """The estimate from draws whose outcome is known, and what speaks for it."""
    with threadpool_limits(1, "blas"):  # the same to the last bit, however many processors there are
        learned = learn_uplift(
            features, compared, compared["listed_share"].to_numpy(),
            accept_share=job.config.outreach.accept_share, seed=job.config.seed,
        )  # fmt: skip
    model = learned.uplift
    # of leavers kept, of stayers driven away, and of leavers by moderator
    names = ["all", "none", *model.moderators.names]
    return {
        "what": in_words(model.trust, learned.slope, learned.error),
        "trust": model.trust,
        "slope": learned.slope,
        "slope_error": learned.error,
        "thirds": by_third(compared, learned.unseen, seed=job.config.seed),
        "weights": dict(zip(names, model.weights.tolist(), strict=True)),
        "model": model.to_dict(),
    }


def with_outcomes(
    job: Job, validated: Result, sorted_facts: Result, drawn: list[Draws], day: dt.date
) -> tuple[pd.DataFrame, pa.Table]:
    """The draws whose outcome is known, sorted by as_of and customer_id; and their moderators, row by row.

    Key (as_of, customer_id). Beside what was drawn: churned (0 or 1), weight, listed_share. Lists that nobody
    worked, as far as the source's contacts say, are left out: they teach nothing of contacts.
    """
    with job.engine() as engine:
        wanted = what_to_extract(job, engine, validated.manifest, "score", day)
        contacts = source_contacts(job.tables(engine), drawn[0].past.as_of, day)
        over = {one.past.as_of: wanted.outcome.window(one.past.as_of)[1] for one in drawn}
        worked = [one for one in drawn if contacts is None or was_worked(one, contacts, over[one.past.as_of])]
        if len(worked) < len(drawn):
            job.say(f"{len(drawn) - len(worked):,} lists were hardly worked: nothing is learned from them")
        wanted = moderators_wanted(job, wanted, worked)
    rows = pd.concat([one.rows for one in worked] or [drawn[0].rows[:0]], ignore_index=True)
    features = snapshots_of(rows, wanted, sorted_facts, job.config.threads)
    labels = features.select([*SNAPSHOT, "churned"]).to_pandas()
    rows = rows.merge(labels, on=SNAPSHOT, how="left").sort_values(SNAPSHOT[::-1], ignore_index=True)
    marked = [
        mark_compared(
            rows[rows["as_of"] == one.past.as_of], as_of=one.past.as_of, seen_before=set(), share=one.share
        ).assign(listed_share=1 - one.share)
        for one in worked
    ]
    compared = pd.concat(marked) if marked else rows.assign(compared=True, weight=1.0, listed_share=0.5)
    compared = compared[compared["compared"]].reset_index(drop=True)
    places = pd.MultiIndex.from_frame(labels[SNAPSHOT]).get_indexer(
        pd.MultiIndex.from_frame(compared[SNAPSHOT])
    )
    return compared, features.take(pa.array(np.asarray(places)))


def was_worked(one: Draws, contacts: pd.DataFrame, over: dt.date) -> bool:
    """Whether the listed were contacted more than the held out, by the end of the outcome window."""
    contacted = contacted_in(contacts, one.past.as_of, over)["customer_id"]
    reached = one.rows["customer_id"].isin(contacted).groupby(one.rows["decision"]).mean()
    return bool(reached.get("listed", 0.0) - reached.get("held_out", 0.0) >= LEAST_COMPLIANCE)


def snapshots_of(
    rows: pd.DataFrame, wanted: Extraction, sorted_facts: Result, threads: int | None
) -> pa.Table:
    """Label and features of the snapshots in `rows`, sorted by as_of and customer_id."""
    buckets, keys = sorted_facts.manifest["buckets"], pd.MultiIndex.from_frame(rows[SNAPSHOT])
    drawn = pa.array(rows["customer_id"].unique(), pa.string())

    def is_drawn(ids: pa.Array, snapshots: Snapshots) -> Any:
        found = pc.is_in(ids, value_set=drawn).to_numpy(zero_copy_only=False)[snapshots.customer]
        some = snapshots.take(np.flatnonzero(found))
        days = pd.to_datetime(some.as_of // DAY, unit="D").date
        names = ids.take(pa.array(some.customer)).to_pylist()
        found[found] = pd.MultiIndex.from_arrays([names, days]).isin(keys)
        return found

    def work(bucket: int) -> pa.Table:
        return extract_bucket(wanted, sorted_facts.folder, bucket, buckets, only=is_drawn)

    with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        parts = list(pool.map(work, range(buckets)))
    return pa.concat_tables(parts).sort_by([("as_of", "ascending"), ("customer_id", "ascending")])


def moderators_wanted(job: Job, wanted: Extraction, drawn: list[Draws]) -> Extraction:
    """The moderators alone, at the lists' dates, of the streams that give them."""
    names = job.config.uplift.choose(column.name for column in wanted.plan.columns)
    plan = plan_by(job.config.features, wanted.streams, names)
    streams = {
        name: stream
        for name, stream in wanted.streams.items()
        if plan.measures(name) or name == wanted.churn.stream
    }
    dates = tuple(one.past.as_of for one in drawn)
    return dataclasses.replace(
        wanted, streams=streams, plan=plan, dates=dates, first_days=first_days(streams, dates)
    )


def said_of(found: Result | str) -> dict[str, Any]:
    """What a list's manifest tells: whether an estimate orders it, and how well that predicts."""
    if isinstance(found, str):
        return {"what": found, "trust": 0.0}
    return {name: found.manifest[name] for name in TOLD}


def read_uplift(found: Result | str) -> Uplift | None:
    """The estimate, where it is believed at all."""
    if isinstance(found, str) or not found.manifest["trust"]:
        return None
    return Uplift.from_dict(read_json(found.folder / UPLIFT)["model"])
