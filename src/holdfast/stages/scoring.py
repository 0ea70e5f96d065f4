"""score: scores of every eligible customer → the at-risk list, published in one step."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from holdfast.contracts.identifiers import refuse_reformatted_ids
from holdfast.engine.extract import feature_parts, read_features
from holdfast.errors import DataRefused
from holdfast.job import Job, Make, Manifest, Result
from holdfast.model.bundle import load
from holdfast.monitor.profile import Tally
from holdfast.outreach.exports import choose_templates
from holdfast.outreach.files import read_do_not_contact, write_list
from holdfast.outreach.lists import AtRiskList, build_list
from holdfast.outreach.winback import WinBack, build_win_back
from holdfast.publication import (
    Published,
    earlier_holdouts,
    keep_holdout,
    previous_list,
    publish,
    read_holdouts,
    read_list,
    run_of,
)
from holdfast.scoring.profile import describe
from holdfast.scoring.scores import guard_freshness, guard_scores, score
from holdfast.stages.leavers import leavers_inputs, leavers_with_reasons
from holdfast.stages.monitoring import INPUTS, log_look, look, read_profile, verdict_on
from holdfast.stages.page import page_inputs, page_of
from holdfast.stages.past import SCORES
from holdfast.stages.telling import Teller
from holdfast.stages.texts import read_texts
from holdfast.stages.uplifting import read_uplift, said_of
from holdfast.storage import MANIFEST, read_json, sha256_file
from holdfast.tracking import Run
from holdfast.uplift.learner import Uplift


def check_freshness(job: Job, day: dt.date) -> None:
    """Refuse a day that the data does not reach, whatever already stands."""
    until = job.data_until(read_json(job.layout.validated / MANIFEST))
    guard_freshness(stale_days=(day - until).days, max_stale_days=job.config.contracts.max_stale_days)


def check_anybody(job: Job, data: Result, day: dt.date) -> None:
    """Refuse a day at which nobody is eligible."""
    if not data.manifest["rows"]:
        raise DataRefused(
            "nobody is eligible at the as-of date",
            where=f"as_of={day}, churn={job.config.churn.kind}",
            next_step="check the date, and who counts as eligible: holdfast score --help",
        )


def make_scores(job: Job, model: Result, data: Result, day: dt.date) -> Make:
    """Score every eligible customer, and refuse what cannot be right."""

    def scores(out: Path, manifest: Manifest, run: Run) -> None:
        if dt.date.fromisoformat(model.manifest["as_of"]) > day:
            job.say(f"warning: the model of {model.manifest['as_of']} has seen what happened after {day}")
        bundle = load(model.folder / "bundle")
        texts = read_texts(data)
        profile = read_profile(model)
        tally = Tally(profile)
        parts = (bundle.with_texts(part, texts) for part in feature_parts(data.folder))
        table = score(bundle, tally.passing(parts, data.manifest["rows"]), day, model.folder.name)
        guard_scores(table)
        counted = tally.to_table()
        pq.write_table(table, out / SCORES)
        pq.write_table(counted, out / INPUTS)
        manifest |= {"as_of": str(day), "model_version": model.folder.name, "rows": table.num_rows}
        seen = look(job, model, profile, counted, table["churn_probability"].to_numpy(), day)
        manifest["monitor"] = {**verdict_on(job, seen).to_dict(), **seen.figures()}
        run.params({"as_of": day, "model_version": model.folder.name})
        probability = table["churn_probability"].to_pandas()
        spread = {"mean": probability.mean(), "median": probability.median(), "max": probability.max()}
        run.metrics({"customers": table.num_rows, "churn_probability": spread})
        log_look(run, manifest["monitor"])

    return scores


def list_inputs(
    job: Job, model: Result, scores: Result, data: Result, effect: Result | str, day: dt.date
) -> dict[str, Any]:
    """All that decides a list beside Holdfast's own code."""
    config, previous = job.config, previous_list(job.layout, day)
    banned = config.outreach.do_not_contact
    return {
        "as_of": day,
        "model": model.files("bundle/"),
        "version": model.folder.name,
        "currency": config.source.currency,
        "windows": config.features.windows_days,
        "least_days": config.churn.horizon_days,
        "scores": scores.files(),
        "monitor": scores.manifest["monitor"],
        "features": data.files(),
        "uplift": effect if isinstance(effect, str) else effect.files(),
        "tables": read_json(job.layout.validated / MANIFEST)["files"],
        "outreach": config.outreach.model_dump(mode="json", exclude={"database"}),
        "actions": config.actions[config.language].model_dump(),
        "do_not_contact": sha256_file(banned) if banned is not None and banned.is_file() else None,
        "reasons": config.reasons[config.language],
        "page": page_inputs(job, day),
        "previous": None if previous is None else run_of(previous),
        "exports": {name: config.exports[name].model_dump() for name in config.outreach.export},
        "leavers": leavers_inputs(job, day) if config.outreach.win_back_days else None,
        "holdouts": {path.stem: sha256_file(path) for path in earlier_holdouts(job.layout, day)},
    }


def make_list(
    job: Job,
    model: Result,
    scores: Result,
    data: Result,
    effect: Result | str,
    day: dt.date,
    run_id: str,
    made_of: Mapping[str, Any],
) -> Make:
    """Value, limits, hold-out, reasons and actions: everything that a published folder holds."""

    def at_risk(out: Path, manifest: Manifest, run: Run) -> None:
        config, layout = job.config, job.layout
        features = read_features(data.folder)
        scored = pq.read_table(scores.folder / SCORES, partitioning=None)
        with job.engine() as engine:
            tables = job.tables(engine)
            customers = describe(scored, features, tables, day, least_days=config.churn.horizon_days)
            leavers = leavers_with_reasons(job, tables, day) if config.outreach.win_back_days else None
        if (estimate := read_uplift(effect)) is not None:
            customers["saved_share"] = saved_by(estimate, customers, features)
        banned = read_do_not_contact(config.outreach.do_not_contact)
        for people in (customers, leavers):
            if people is not None:
                refuse_reformatted_ids(banned, people["customer_id"], where="outreach.do_not_contact")
        previous = previous_list(layout, day)
        given: dict[str, Any] = {
            "as_of": day,
            "outcome_window_end": config.churn.outcome(0).window(day)[1],
            "model_version": model.folder.name,
            "run_id": run_id,
            "previous": read_list(previous),
            "held": read_holdouts(earlier_holdouts(layout, day)),
            "do_not_contact": banned,
        }
        bundle = load(model.folder / "bundle")
        teller = Teller(job, bundle, bundle.with_texts(features, read_texts(data)))
        wording = config.actions[config.language]
        found = build_list(customers, config.outreach, told=teller, wording=wording, **given)
        back = win_back(job, leavers, found, given)
        write_list(
            found, out, page_of(job, bundle, found, teller), win_back=back, sources=wording.sources,
            templates=choose_templates(config.exports, config.outreach.export),
        )  # fmt: skip
        keep_holdout(layout, run_id, found.held_out, found.decisions, None if back is None else back.held_out)
        manifest |= {
            "as_of": str(day), "run_id": run_id, "source": config.source.name,
            "outcome_window_end": str(given["outcome_window_end"]), "model_version": model.folder.name,
            "previous_run_id": None if previous is None else run_of(previous),
            "counts": found.counts, "limit": found.limit, "limits": found.limits,
            "win_back": None if back is None else {"counts": back.counts, "limits": back.limits},
            "left_since_last": len(found.left),
            "rows": rows_of_every_step(layout.validated, data, scores),
            "uplift": said_of(effect), "monitor": scores.manifest["monitor"],
            "made_of": made_of, "settings": config.shown(),
        }  # fmt: skip
        run.params({"as_of": day, "run_id": run_id, "model_version": model.folder.name})
        run.metrics({"counts": found.counts, "value_at_risk": float(found.listed["value_at_risk"].sum())})
        run.dict(manifest, "list.json")  # counts and settings: the list itself holds people and stays here

    return at_risk


def saved_by(estimate: Uplift, customers: pd.DataFrame, features: pa.Table) -> NDArray[np.float64]:
    """(customers,) the share of such customers whom a contact keeps, below 0: drives away."""
    places = pc.index_in(
        pa.array(customers["customer_id"], features["customer_id"].type), value_set=features["customer_id"]
    )
    return estimate.saved(features.take(places), customers["churn_probability"].to_numpy())


def win_back(
    job: Job, leavers: pd.DataFrame | None, found: AtRiskList, given: Mapping[str, Any]
) -> WinBack | None:
    """The win-back list beside an at-risk list, with the places that it left over; None: not asked for."""
    if leavers is None:
        return None
    wording = job.config.actions[job.config.language]
    shared = {name: given[name] for name in ("as_of", "run_id", "held", "do_not_contact")}
    return build_win_back(leavers, job.config.outreach, places=found.places, wording=wording, **shared)


def rows_of_every_step(validated: Path, data: Result, scores: Result) -> dict[str, Any]:
    """How many rows each step read and left."""
    tables = read_json(validated / MANIFEST)["tables"]
    steps = ("read", "accepted", "rejected", "out_of_scope")
    return {
        "tables": {name: {step: table[step] for step in steps} for name, table in tables.items()},
        "features": data.manifest["rows"],
        "scores": scores.manifest["rows"],
    }


def publish_list(job: Job, at_risk: Result, day: dt.date) -> Published:
    """Switch the links to a finished list, and keep its hold-out."""
    publish(job.layout, day, at_risk.manifest["run_id"])
    counts = at_risk.manifest["counts"]
    job.say(f"published {counts['listed']:,} of {counts['eligible']:,} eligible customers as of {day}")
    return Published(at_risk.folder, at_risk.manifest)
