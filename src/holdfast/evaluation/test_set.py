"""Build the test set of a challenger: its rows with the predictions of all models."""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.evaluation.data_warnings import TrainingSize
from holdfast.evaluation.evaluate import CHAMPION, TestSet
from holdfast.evaluation.inputs import EvaluationInputs
from holdfast.evaluation.leakage import find_leaks, find_suspects
from holdfast.evaluation.profit import TYPICAL_VALUE, Campaign
from holdfast.evaluation.segments import Predictions, terciles
from holdfast.evaluation.still_active import mark_lapsed
from holdfast.features.summary import INVOLUNTARY, FeaturesSummary
from holdfast.metrics.classification import TOP_SHARE
from holdfast.model.baseline_model import LOGISTIC
from holdfast.model.baselines import predict_baselines
from holdfast.model.cross_validation import CVResult
from holdfast.model.matrix import CONTACTED
from holdfast.model.splits import Split, Splits
from holdfast.model.training import TrainingResult
from holdfast.outreach.customer_value import snapshot_values
from holdfast.outreach.settings import OutreachSettings
from holdfast.outreach.value import expected_net_value
from holdfast.timeline.outcome import Outcome

SEGMENTS = ("profile", "subscription")  # families whose text columns are segments
TENURES = ("recency__tenure__all", "subscription__tenure__all")

Array = NDArray[Any]


def build_test_set(trained: TrainingResult, inputs: EvaluationInputs) -> TestSet:
    """The test rows with the predictions of the challenger, the baselines and the champion."""
    data, settings, comparison = inputs
    outreach = settings.outreach
    rows, splits, test = data.labelled.rows, data.labelled.splits, data.labelled.test_rows()
    churned = test["churned"].to_numpy()
    outcome, columns, source = data.features.outcome, data.features.columns, settings.source
    horizon, by_silence = outcome.horizon_days, settings.churn.kind == "inactivity"
    leaks = find_leaks(rows, columns, source.undated_attributes, settings.audit)
    values = snapshot_values(
        test, margin=outreach.margin, value_days=outreach.value_days, least_days=horizon, stated=data.stated
    ).to_numpy()  # fmt: skip
    baselines = predict_baselines(rows, splits.test, settings.model, horizon_days=horizon)
    return TestSet(
        churned=churned,
        probability=trained.test_probability,
        customers=test["customer_id"].to_numpy(zero_copy_only=False),
        baselines={**baselines, LOGISTIC: trained.test_logistic},
        champion=comparison.probability,
        not_comparable=comparison.lacking,
        has_champion=comparison.champion_exists,
        test_by=splits.test_by,
        text_ablation=trained.text_ablation,
        as_of=as_days(test),
        days_after_training=days_after(rows, splits.test) if splits.test_by == "time" else None,
        list_share=list_share(test, data.features, outreach),
        segments=segments(test, values, source.currency),
        folds=fold_predictions(rows, splits, trained.cv),
        campaign=campaign(churned, trained.test_probability, values, outreach),
        customer_value=values,
        lapsed=mark_lapsed(rows, splits.test.valid, outcome, outreach.lapsed) if by_silence else None,
        involuntary=involuntary(test),
        training=training_size(rows, splits, outcome),
        find_suspects=lambda: find_suspects(rows, columns),
        leaks=tuple(finding for finding in leaks if finding.severity == "leak"),
        suspected_leaks=tuple(finding.to_words() for finding in leaks if finding.severity != "leak"),
    )


def involuntary(test: pa.Table) -> Array | None:
    """(rows,) of those who churned: 1 because a payment failed, else 0; NaN for all others. None: unknown."""
    if INVOLUNTARY not in test.column_names:
        return None
    return np.asarray(test[INVOLUNTARY].to_numpy())


def list_share(test: pa.Table, features: FeaturesSummary, outreach: OutreachSettings) -> float:
    """The capacity of a list as a share of the eligible customers; a tenth if there is no limit.

    Where the features are those of a sample of the customers, each row stands for several eligible ones.
    """
    days = pc.unique(test["as_of"]).to_pylist()
    rows = float(np.mean([features.dates[day]["rows"] for day in days])) if days else 0.0
    customers = rows / features.customer_share
    limits = [] if outreach.capacity_share is None else [outreach.capacity_share]
    if outreach.capacity is not None and customers:
        limits.append(outreach.capacity / customers)
    return float(min(max(min(limits), 1 / max(rows, 1)), 1.0)) if limits else TOP_SHARE


def campaign(churned: Array, probability: Array, values: Array, outreach: OutreachSettings) -> Campaign:
    """The profit of contacting each test row, with the list's costs."""
    assumed = not (values > 0).any()
    value = pd.Series(np.full(len(values), TYPICAL_VALUE) if assumed else values)
    mean_probability = np.full(len(values), probability.mean() if len(values) else 0.0)
    costs: dict[str, Any] = {
        "accept_share": outreach.accept_share,
        "offer_cost": outreach.offer_cost,
        "offer_taken_share": outreach.offer_taken_share,
        "contact_cost": outreach.contact_cost,
    }
    profit, expected_profit, expected_by_value = (
        expected_net_value(pd.Series(chance), value, **costs).to_numpy()
        for chance in (churned, probability, mean_probability)
    )
    return Campaign(
        profit=profit,
        expected_profit=expected_profit,
        expected_by_value=expected_by_value,
        value=float(value.mean()) if len(values) else 0.0,
        accept_share=outreach.accept_share,
        offer_cost=outreach.offer_cost,
        contact_cost=outreach.contact_cost,
        assumed=assumed,
    )


def segments(test: pa.Table, values: Array, currency: str | None) -> dict[str, Array]:
    """For each attribute the segment of each row: profile, plan, tenure, contact and value."""
    groups: dict[str, Array] = {}
    for field in test.schema:
        family, _, rest = field.name.partition("__")
        if family in SEGMENTS and not pa.types.is_floating(field.type):
            texts = test[field.name].cast(pa.string())
            groups[rest.partition("__")[0].replace("_", " ")] = texts.to_numpy(zero_copy_only=False)
    tenure = next((name for name in TENURES if name in test.column_names), None)
    if tenure is not None:
        days = test[tenure].cast(pa.float64()).fill_null(np.nan).to_numpy()
        groups["known for"] = terciles(days, "days")
    if CONTACTED in test.column_names:
        contacted = test[CONTACTED].to_numpy(zero_copy_only=False)
        groups["contacted before the outcome was over"] = np.where(contacted, "yes", "no").astype(object)
    if (values > 0).any():
        groups["worth"] = terciles(values, currency or "")
    return groups


def fold_predictions(rows: pa.Table, splits: Splits, cv: CVResult) -> Predictions | None:
    """The out-of-fold predictions, calibrated on the same rows; None: there are no folds."""
    if not len(cv.logits.churned):
        return None
    indices = np.concatenate([fold.valid for fold in splits.folds])
    days = [days_after(rows, fold) for fold in splits.folds] if splits.folds_by == "time" else None
    valid = rows.select(["customer_id", "as_of"]).take(pa.array(indices))
    return Predictions(
        cv.logits.churned,
        cv.probability(),
        pd.factorize(valid["customer_id"].to_numpy(zero_copy_only=False), sort=True)[0],
        as_days(valid),
        None if days is None else np.concatenate(days),
    )


def as_days(rows: pa.Table) -> Array:
    """(rows,) the as-of dates as YYYY-MM-DD."""
    return np.asarray(rows["as_of"].cast(pa.string()).to_numpy(zero_copy_only=False))


def days_after(rows: pa.Table, split: Split) -> NDArray[np.int64]:
    """(validation rows,) days since the last training date."""
    as_of = rows["as_of"].to_numpy().astype("datetime64[D]")
    since = as_of[split.valid] - as_of[split.train].max()
    return np.asarray(since.astype(np.int64))


def training_size(rows: pa.Table, splits: Splits, outcome: Outcome) -> TrainingSize:
    """The size of the training data of the tested fit."""
    fitted = rows.select(["customer_id", "as_of", "churned"]).take(pa.array(splits.test.train))
    churned = int(pc.sum(fitted["churned"]).as_py())
    ends = pc.min_max(fitted["as_of"]).as_py()
    span: dt.timedelta = outcome.window(ends["max"])[1] - ends["min"]
    return TrainingSize(
        customers=len(pc.unique(fitted["customer_id"])),
        churned=churned,
        stayed=fitted.num_rows - churned,
        span_days=span.days,
        horizon_days=outcome.horizon_days,
    )


def tabulate(test: pa.Table, results: TestSet) -> pa.Table:
    """The test predictions as a table, from which all figures of the card can be recomputed.

    Grain and key: customer and as-of date. `churn_probability` is the challenger's prediction; `baseline__…`,
    `champion` and `texts__…` are those of the other models; `segment__…` the segments; `value` the customer's
    value if kept (0: unknown); `lapsed` whether the customer had lapsed at that date; `involuntary` whether
    those who churned did so because a payment failed (NaN for all others).
    """
    table = test.select(["customer_id", "as_of", "churned"])
    columns: dict[str, Array | None] = {"churn_probability": results.probability}
    columns |= {f"baseline__{name}": values for name, values in results.baselines.items()}
    columns |= {CHAMPION: results.champion, "value": results.customer_value, "lapsed": results.lapsed}
    columns |= {INVOLUNTARY: results.involuntary}
    if results.text_ablation is not None:
        columns |= dict(zip(("texts__with", "texts__without"), results.text_ablation, strict=True))
    columns |= {f"segment__{name.replace(' ', '_')}": values for name, values in results.segments.items()}
    for name, values in columns.items():
        if values is not None:
            table = table.append_column(name, pa.array(values))
    return table
