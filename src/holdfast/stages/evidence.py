"""What a test is judged by beside the predictions: the list's size, segments, folds, leaks."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.audit.courses import attribute_columns, judge_courses, measure_courses, overwritable
from holdfast.audit.findings import Finding, in_order
from holdfast.audit.signals import measure_signals
from holdfast.evaluation.data_warnings import TrainingSize
from holdfast.evaluation.model_card import CHAMPION, TestSet
from holdfast.evaluation.segments import Predictions, terciles
from holdfast.features.families import FAMILIES
from holdfast.job import Job, Manifest
from holdfast.metrics.classification import TOP_SHARE
from holdfast.model.cross_validation import CVResult
from holdfast.model.matrix import CONTACTED
from holdfast.model.splits import Split, Splits

SEGMENTS = ("profile", "subscription")  # families whose texts say what a customer is
LIVES = ("recency__tenure__all", "subscription__tenure__all")
NAMED_AUC = 0.9  # a column that ranks so well alone is named beside a model that is too good to be true
PERFECT_AUC = 0.99  # the same of one that is counted from dated facts
PROFILE = "profile__"  # attributes of customers
MIN_CHURNERS = 20
NEARLY = 0.9  # of the most rows: customers were sampled

Array = NDArray[Any]


def list_share(job: Job, manifest: Manifest, rows: pa.Table) -> float:
    """The share of the eligible customers that a list has room for; a tenth where there is no limit.

    A sample of the customers does not say how many are eligible: then a tenth as well.
    """
    outreach, most = job.config.outreach, job.config.timeline.max_rows
    days = {str(day) for day in pc.unique(rows["as_of"]).to_pylist()}
    eligible = np.mean([manifest["dates"][day]["rows"] for day in days]) if days else 0.0
    limits = [] if outreach.capacity_share is None else [outreach.capacity_share]
    if outreach.capacity is not None and eligible and manifest["rows"] < NEARLY * (most or np.inf):
        limits.append(outreach.capacity / eligible)
    return float(min(max(min(limits), 1 / max(eligible, 1)), 1.0)) if limits else TOP_SHARE


def segments(rows: pa.Table, value: Array, currency: str | None) -> dict[str, Array]:
    """For each attribute the group of each row: what the customer is, how long known, how much worth."""
    found: dict[str, Array] = {}
    for field in rows.schema:
        family, _, rest = field.name.partition("__")
        if family in SEGMENTS and not pa.types.is_floating(field.type):
            texts = rows[field.name].cast(pa.string())
            found[rest.partition("__")[0].replace("_", " ")] = texts.to_numpy(zero_copy_only=False)
    life = next((name for name in LIVES if name in rows.column_names), None)
    if life is not None:
        known = rows[life].cast(pa.float64()).fill_null(np.nan).to_numpy()
        found["known for"] = terciles(known, "days")
    if CONTACTED in rows.column_names:
        called = rows[CONTACTED].to_numpy(zero_copy_only=False)
        found["contacted before the outcome was over"] = np.where(called, "yes", "no").astype(object)
    if (value > 0).any():
        found["worth"] = terciles(value, currency or "")
    return found


def judged_folds(table: pa.Table, division: Splits, cv: CVResult) -> Predictions | None:
    """The predictions on the folds' judged rows, calibrated on just these."""
    if not len(cv.logits.churned):
        return None
    places = np.concatenate([fold.valid for fold in division.folds])
    days = [days_after(table, fold) for fold in division.folds] if division.folds_by == "time" else None
    rows = table.select(["customer_id", "as_of"]).take(pa.array(places))
    return Predictions(
        cv.logits.churned,
        cv.probability(),
        pd.factorize(rows["customer_id"].to_numpy(zero_copy_only=False), sort=True)[0],
        as_days(rows),
        None if days is None else np.concatenate(days),
    )


def as_days(rows: pa.Table) -> Array:
    """(rows,) the as-of dates as YYYY-MM-DD."""
    return np.asarray(rows["as_of"].cast(pa.string()).to_numpy(zero_copy_only=False))


def days_after(table: pa.Table, split: Split) -> NDArray[np.int64]:
    """(judged rows,) days since the newest date that was fitted on."""
    as_of = table["as_of"].to_numpy().astype("datetime64[D]")
    since = as_of[split.valid] - as_of[split.train].max()
    return np.asarray(since.astype(np.int64))


def learned_from(job: Job, table: pa.Table, division: Splits) -> TrainingSize:
    """How much the judged fit has learned from."""
    rows = table.select(["customer_id", "as_of", "churned"]).take(pa.array(division.test.train))
    churned, outcome = int(pc.sum(rows["churned"]).as_py()), job.config.churn.outcome(0)
    ends = pc.min_max(rows["as_of"]).as_py()
    span: dt.timedelta = outcome.window(ends["max"])[1] - ends["min"]
    return TrainingSize(
        customers=len(pc.unique(rows["customer_id"])),
        churned=churned,
        stayed=rows.num_rows - churned,
        span_days=span.days,
        horizon_days=job.config.churn.horizon_days,
    )


def suspects(table: pa.Table, columns: Mapping[str, Any]) -> dict[str, float]:
    """Columns that alone rank all labelled rows almost perfectly, by their values or by having one.

    What is counted from dated facts may rank well and be honest, as silence does: it must be all but perfect.
    """
    found = {}
    names = [name for name in columns if name in table.column_names]
    given = {name for name in names if pa.types.is_dictionary(table[name].type) or name.startswith(PROFILE)}
    for signal in measure_signals(table, names, MIN_CHURNERS):
        best = max(signal.value_auc or 0.0, signal.missing_auc or 0.0)
        if best >= (NAMED_AUC if signal.column in given else PERFECT_AUC):
            found[signal.column] = best
    return found


def overwritten(job: Job, table: pa.Table, columns: Mapping[str, Any]) -> list[Finding]:
    """Columns that look like what the export found, not what was known at each date; leaks first."""
    people = job.config.source.tables.get("customers")
    dated = people is None or "valid_from" in people.columns
    names = [name for name in columns if name in table.column_names]
    undated = {} if dated else attribute_columns(names, job.attributes())
    courses = measure_courses(table, overwritable(table, names, undated), job.config.audit.min_churners)
    streams = {family.name: family.stream for family in FAMILIES}
    tables = {name: streams.get(name.partition("__")[0], "") for name in names}
    return in_order(judge_courses(courses, tables, undated, job.config.audit))


def tabulate(rows: pa.Table, test: TestSet) -> pa.Table:
    """The test as a table that all figures of the card can be made from again.

    Grain and key: customer and as-of date. `churn_probability` is the judged fit's; `baseline__…`,
    `champion`, `texts__…` those of the others; `segment__…` its groups; `value` what the customer is worth if
    kept (0: not known).
    """
    table = rows.select(["customer_id", "as_of", "churned"])
    more: dict[str, Array | None] = {"churn_probability": test.probability}
    more |= {f"baseline__{name}": found for name, found in test.baselines.items()}
    more |= {CHAMPION: test.champion, "value": test.customer_value}
    if test.text_ablation is not None:
        more |= {"texts__with": test.text_ablation[0], "texts__without": test.text_ablation[1]}
    more |= {f"segment__{name.replace(' ', '_')}": found for name, found in test.segments.items()}
    for name, found in more.items():
        if found is not None:
            table = table.append_column(name, pa.array(found))
    return table
