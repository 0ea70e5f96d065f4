"""The test of a challenger: its rows with everybody's predictions, and all that they are judged by."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.evaluation.card import CHAMPION, Test
from holdfast.evaluation.floors import Ground
from holdfast.evaluation.groups import Predictions, terciles
from holdfast.evaluation.inputs import EvaluationInputs
from holdfast.evaluation.leakage import find_suspects
from holdfast.evaluation.metrics import TOP_SHARE
from holdfast.evaluation.money import TYPICAL_VALUE, Money
from holdfast.model.baselines import predict_baselines
from holdfast.model.calibration import fit_calibration
from holdfast.model.division import Division, Trial
from holdfast.model.fit import Trained
from holdfast.model.folds import Choice
from holdfast.model.matrix import CONTACTED
from holdfast.outreach.settings import OutreachSettings
from holdfast.outreach.value import expected_net_value
from holdfast.timeline.outcome import Outcome

SEGMENTS = ("profile", "subscription")  # families whose texts say what a customer is
LIVES = ("recency__tenure__all", "subscription__tenure__all")

Array = NDArray[Any]


def build_test_set(rows: pa.Table, division: Division, trained: Trained, inputs: EvaluationInputs) -> Test:
    """The test rows with the predictions of the challenger, the baselines and the champion.

    Args:
        rows: all labelled snapshots.
    """
    test = rows.take(pa.array(division.test.judge))
    churned = test["churned"].to_numpy()
    horizon = inputs.outcome.horizon_days
    baselines = predict_baselines(rows, division.test, inputs.model, horizon_days=horizon)
    return Test(
        churned=churned,
        probability=trained.test_probability,
        customers=test["customer_id"].to_numpy(zero_copy_only=False),
        baselines={**baselines, "logistic": trained.test_linear},
        rival=inputs.comparison.probability,
        less=inputs.comparison.lacking,
        succeeds=inputs.champion_exists,
        by=division.test_by,
        worth=None if trained.worth is None else (trained.worth.with_text, trained.worth.without),
        as_of=as_days(test),
        days_after=days_after(rows, division.test) if division.test_by == "time" else None,
        list_share=list_share(test, inputs.dates, inputs.outreach, sampled=inputs.sampled),
        labels=segments(test, inputs.values, inputs.currency),
        folds=fold_predictions(rows, division, trained.choice),
        money=campaign(churned, trained.test_probability, inputs.values, inputs.outreach),
        value=inputs.values,
        ground=learned_from(rows, division, inputs.outcome),
        suspects=lambda: find_suspects(rows, inputs.columns),
        leaks=tuple(one.to_words() for one in inputs.leaks if one.severity == "leak"),
        doubts=tuple(one.to_words() for one in inputs.leaks if one.severity != "leak"),
    )


def list_share(
    test: pa.Table, dates: Mapping[dt.date, Mapping[str, int]], outreach: OutreachSettings, *, sampled: bool
) -> float:
    """The share of the eligible customers that a list has room for; a tenth where there is no limit.

    Args:
        dates: counts of the snapshots at each as-of date.
        sampled: the rows are of a sample of the customers, which does not say how many are eligible: then a
            capacity in customers is no limit.
    """
    days = pc.unique(test["as_of"]).to_pylist()
    customers = float(np.mean([dates[day]["rows"] for day in days])) if days else 0.0
    limits = [] if outreach.capacity_share is None else [outreach.capacity_share]
    if outreach.capacity is not None and customers and not sampled:
        limits.append(outreach.capacity / customers)
    return float(min(max(min(limits), 1 / max(customers, 1)), 1.0)) if limits else TOP_SHARE


def campaign(churned: Array, probability: Array, values: Array, outreach: OutreachSettings) -> Money:
    """What contacting each test row would have brought, on the terms of the list."""
    assumed = not (values > 0).any()
    worth = pd.Series(np.full(len(values), TYPICAL_VALUE) if assumed else values)
    costs: dict[str, Any] = {
        "accept_share": outreach.accept_share,
        "offer_cost": outreach.offer_cost,
        "offer_taken_share": outreach.offer_taken_share,
        "contact_cost": outreach.contact_cost,
    }
    return Money(
        gain=expected_net_value(pd.Series(churned), worth, **costs).to_numpy(),
        promised=expected_net_value(pd.Series(probability), worth, **costs).to_numpy(),
        value=float(worth.mean()) if len(values) else 0.0,
        accept_share=outreach.accept_share,
        offer_cost=outreach.offer_cost,
        contact_cost=outreach.contact_cost,
        assumed=assumed,
    )


def segments(test: pa.Table, values: Array, currency: str | None) -> dict[str, Array]:
    """For each attribute the group of each row: what the customer is, how long known, how much worth."""
    groups: dict[str, Array] = {}
    for field in test.schema:
        family, _, rest = field.name.partition("__")
        if family in SEGMENTS and not pa.types.is_floating(field.type):
            texts = test[field.name].cast(pa.string())
            groups[rest.partition("__")[0].replace("_", " ")] = texts.to_numpy(zero_copy_only=False)
    life = next((name for name in LIVES if name in test.column_names), None)
    if life is not None:
        known = test[life].cast(pa.float64()).fill_null(np.nan).to_numpy()
        groups["known for"] = terciles(known, "days")
    if CONTACTED in test.column_names:
        contacted = test[CONTACTED].to_numpy(zero_copy_only=False)
        groups["contacted before the outcome was over"] = np.where(contacted, "yes", "no").astype(object)
    if (values > 0).any():
        groups["worth"] = terciles(values, currency or "")
    return groups


def fold_predictions(rows: pa.Table, division: Division, choice: Choice) -> Predictions | None:
    """The predictions on the folds' later rows, calibrated on just these; None: there are no folds."""
    if not len(choice.margins.churned):
        return None
    mixed = choice.margins.mixed(choice.linear_share)
    places = np.concatenate([fold.judge for fold in division.folds])
    days = [days_after(rows, fold) for fold in division.folds] if division.folds_by == "time" else None
    later = rows.select(["customer_id", "as_of"]).take(pa.array(places))
    return Predictions(
        choice.margins.churned,
        fit_calibration(mixed, choice.margins.churned).apply(mixed),
        pd.factorize(later["customer_id"].to_numpy(zero_copy_only=False), sort=True)[0],
        as_days(later),
        None if days is None else np.concatenate(days),
    )


def as_days(rows: pa.Table) -> Array:
    """(rows,) the as-of dates as YYYY-MM-DD."""
    return np.asarray(rows["as_of"].cast(pa.string()).to_numpy(zero_copy_only=False))


def days_after(rows: pa.Table, trial: Trial) -> NDArray[np.int64]:
    """(later rows,) days since the newest date that was fitted on."""
    as_of = rows["as_of"].to_numpy().astype("datetime64[D]")
    since = as_of[trial.judge] - as_of[trial.train].max()
    return np.asarray(since.astype(np.int64))


def learned_from(rows: pa.Table, division: Division, outcome: Outcome) -> Ground:
    """How much the fit under test has learned from."""
    fitted = rows.select(["customer_id", "as_of", "churned"]).take(pa.array(division.test.train))
    churned = int(pc.sum(fitted["churned"]).as_py())
    ends = pc.min_max(fitted["as_of"]).as_py()
    span: dt.timedelta = outcome.window(ends["max"])[1] - ends["min"]
    return Ground(
        customers=len(pc.unique(fitted["customer_id"])),
        churned=churned,
        stayed=fitted.num_rows - churned,
        span_days=span.days,
        horizon_days=outcome.horizon_days,
    )


def tabulate(test: pa.Table, judged: Test) -> pa.Table:
    """The test as a table that all figures of the card can be recomputed from.

    Grain and key: customer and as-of date. `churn_probability` is the challenger's; `baseline__…`,
    `champion`, `texts__…` those of the others; `segment__…` its groups; `value` what the customer is worth if
    kept (0: not known).
    """
    table = test.select(["customer_id", "as_of", "churned"])
    more: dict[str, Array | None] = {"churn_probability": judged.probability}
    more |= {f"baseline__{name}": found for name, found in judged.baselines.items()}
    more |= {CHAMPION: judged.rival, "value": judged.value}
    if judged.worth is not None:
        more |= {"texts__with": judged.worth[0], "texts__without": judged.worth[1]}
    more |= {f"segment__{name.replace(' ', '_')}": found for name, found in judged.labels.items()}
    for name, found in more.items():
        if found is not None:
            table = table.append_column(name, pa.array(found))
    return table
