"""uplift: earlier lists, of which some were held out by chance → what a contact changes, and for whom.

Only what was known before the as-of date is learned from: lists whose outcome was known by then, and features
as they stood at each list's own date.
"""

import dataclasses
import datetime as dt
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from holdfast.engine.extract import Extraction, extract_bucket, first_days
from holdfast.job import Job, Make, Manifest, Result
from holdfast.outcomes.comparable import mark_compared
from holdfast.publication import published_dates
from holdfast.snapshots.cohorts import Snapshots
from holdfast.stages.extracting import plan_by, what_to_extract
from holdfast.stages.following import PastList, find_turns
from holdfast.storage import MANIFEST, read_json, sha256_file, write_json
from holdfast.streams.facts import DAY
from holdfast.tracking import Run
from holdfast.uplift.evidence import by_third, in_words
from holdfast.uplift.learner import Uplift, learn_uplift

UPLIFT = "uplift.json"
GROUPS = ("listed", "held_out")
TOLD = ("what", "trust", "thirds", *GROUPS)  # of what was learned, in manifests
SNAPSHOT = ["customer_id", "as_of"]


class Draws(NamedTuple):
    """The customers of one list whose turn first came on it in their round, as it was drawn.

    Attributes:
        rows: customer_id, as_of, decision (`listed` or `held_out`), held_since, churn_probability.
        share: that was held out.
        seen_before: whose turn had come before in the round.
    """

    past: PastList
    rows: pd.DataFrame
    share: float
    seen_before: set[str]


def usable_draws(job: Job, validated: Manifest, day: dt.date) -> list[Draws]:
    """The draws of the richest earlier lists whose outcome was known before `day`, oldest first."""
    if not job.config.uplift.use or not any(date < day for date in published_dates(job.layout)):
        return []
    with job.engine() as engine:
        outcome = what_to_extract(job, engine, validated, "score", day).outcome
    reached = min(day, job.data_until(validated))
    turns = {date: one for date, one in find_turns(job.layout).items() if outcome.mature_at(date) <= reached}
    richest = sorted(turns, key=lambda date: (len(turns[date].first), date), reverse=True)
    chosen = sorted(richest[: job.config.uplift.most_lists])
    found = [draws_of(job, date, turns[date].before) for date in chosen]
    return [one for one in found if one is not None and 0 < one.share < 1]


def draws_of(job: Job, date: dt.date, seen_before: set[str]) -> Draws | None:
    """Those of one list; None where what it decided was not kept."""
    manifest = read_json((job.layout.lists / str(date)).resolve() / MANIFEST)
    decisions = job.layout.decisions_of_run(manifest["run_id"])
    if not decisions.is_file():
        return None
    rows = pd.read_parquet(
        decisions, columns=["customer_id", "decision", "held_since", "churn_probability"],
        filters=[("decision", "in", GROUPS)],
    )  # fmt: skip
    held_before = pd.to_datetime(rows["held_since"]) < pd.Timestamp(date)  # since an earlier round
    rows = rows[~rows["customer_id"].isin(seen_before) & ~held_before].assign(as_of=date)
    share = manifest["settings"]["outreach"]["holdout_share"]
    return Draws(PastList(date, manifest, decisions), rows, float(share), seen_before)


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
        "lists": {str(one.past.as_of): sha256_file(one.past.decisions) for one in drawn},
        "seen_before": {str(one.past.as_of): len(one.seen_before) for one in drawn},
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
    learned = learn_uplift(
        features, compared, compared["listed_share"].to_numpy(),
        accept_share=job.config.outreach.accept_share, seed=job.config.seed,
    )  # fmt: skip
    model = learned.uplift
    names = [
        "all",
        "none",
        *model.moderators.names,
    ]  # leavers kept, stayers driven away, leavers by moderator
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

    Key (as_of, customer_id). Beside what was drawn: churned (0 or 1), weight, listed_share.
    """
    rows = pd.concat([one.rows for one in drawn], ignore_index=True)
    with job.engine() as engine:
        wanted = moderators_wanted(job, what_to_extract(job, engine, validated.manifest, "score", day), drawn)
    count = sorted_facts.manifest["buckets"]
    keys = pd.MultiIndex.from_frame(rows[SNAPSHOT])

    def is_drawn(ids: pa.Array, snapshots: Snapshots) -> Any:
        days = pd.to_datetime(snapshots.as_of // DAY, unit="D").date
        customers = ids.take(pa.array(snapshots.customer)).to_pylist()
        return pd.MultiIndex.from_arrays([customers, days]).isin(keys)

    parts = [
        extract_bucket(wanted, sorted_facts.folder, bucket, count, only=is_drawn) for bucket in range(count)
    ]
    features = pa.concat_tables(parts).sort_by([("as_of", "ascending"), ("customer_id", "ascending")])
    labels = features.select([*SNAPSHOT, "churned"]).to_pandas()
    rows = rows.merge(labels, on=SNAPSHOT, how="left").sort_values(
        ["as_of", "customer_id"], ignore_index=True
    )
    marked = pd.concat(
        mark_compared(
            rows[rows["as_of"] == one.past.as_of], as_of=one.past.as_of, seen_before=one.seen_before,
            share=one.share,
        ).assign(listed_share=1 - one.share)
        for one in drawn
    )  # fmt: skip
    compared = marked[marked["compared"]].reset_index(drop=True)
    places = pd.MultiIndex.from_frame(labels[SNAPSHOT]).get_indexer(
        pd.MultiIndex.from_frame(compared[SNAPSHOT])
    )
    return compared, features.take(pa.array(np.asarray(places)))


def moderators_wanted(job: Job, wanted: Extraction, drawn: list[Draws]) -> Extraction:
    """The moderators alone, at the lists' dates, of the streams that give them."""
    names = job.config.uplift.choose(column.name for column in wanted.plan.columns)
    plan = plan_by(job.config.features, wanted.streams, names)
    read = {*plan.walks, *(walk.stream.name for walk in plan.limits.values()), wanted.churn.stream}
    streams = {name: stream for name, stream in wanted.streams.items() if name in read}
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
