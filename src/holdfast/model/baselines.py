"""What the model must never lose to, fitted on the same rows."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.model.division import Trial
from holdfast.model.expected_purchases import fit_expected_purchases
from holdfast.model.linear import fit_linear
from holdfast.model.matrix import Columns, encode, learn_columns
from holdfast.model.settings import ModelSettings

RECENCY = (("recency__days__all",), ("subscription__tenure__all",))
RFM = (
    ("recency__days__all", "orders__count__all", "spend__sum__all", "recency__tenure__all"),
    ("subscription__tenure__all", "subscription__value__all"),
)
SILENCE, LIFE, ORDERS = "recency__days__all", "recency__tenure__all", "orders__count__all"
EXPECTED = "expected_purchases"
WEAK_PENALTY = 1.0

Floats = NDArray[np.float64]


def predict_baselines(
    features: pa.Table, trial: Trial, settings: ModelSettings, *, horizon_days: int
) -> dict[str, Floats]:
    """(judged rows,) churn probabilities of the simple baselines, by name.

    `recency`: days since the last purchase alone (the rule: who was silent longest leaves first), put on
    the scale of probabilities. `rfm_logistic`: recency, frequency, money and tenure. For a source of
    subscriptions, tenure takes recency's place. `expected_purchases`: who is expected to buy least within the
    horizon, by the BG/NBD model; absent where purchases have no rhythm to learn. (The logistic regression
    on all columns is a part of every fit: `fit.Trained.test_linear`.)
    """
    known = [name for choice in (*RECENCY, *RFM) for name in choice if name in features.column_names]
    simple = features.select([*dict.fromkeys(known), "churned"])
    train, judge = simple.take(pa.array(trial.train)), simple.take(pa.array(trial.judge))
    columns = learn_columns(train, settings.most_levels)
    wanted = {"recency": first_present(columns, RECENCY), "rfm_logistic": first_present(columns, RFM)}
    found = {
        name: predict(train, judge, chosen, WEAK_PENALTY) for name, chosen in wanted.items() if chosen.names
    }
    return found | predict_by_purchases(features, trial, horizon_days)


def predict_by_purchases(features: pa.Table, trial: Trial, horizon_days: int) -> dict[str, Floats]:
    """`expected_purchases`, or nothing where it cannot be had.

    Fitted on the newest training date, whose purchases hold those of all dates before; put on the scale of
    probabilities by a logistic regression on the expected purchases of all training rows.
    """
    if not {SILENCE, LIFE, ORDERS} <= set(features.column_names):
        return {}
    train, judge = (
        features.select(["as_of", "churned", SILENCE, LIFE, ORDERS]).take(pa.array(rows))
        for rows in (trial.train, trial.judge)
    )
    newest = train.filter(pc.equal(train["as_of"], pc.max(train["as_of"])))
    repeats, last, age = purchase_history(newest)
    known = ~np.isnan(last)
    if not (repeats[known] > 0).any():
        return {}
    fitted = fit_expected_purchases(repeats[known], last[known], age[known])
    scaled = [
        rows.append_column(
            EXPECTED, pa.array(fitted.predict(*purchase_history(rows), horizon_days), pa.float64())
        )
        for rows in (train, judge)
    ]
    return {EXPECTED: predict(scaled[0], scaled[1], Columns((EXPECTED,), {}), WEAK_PENALTY)}


def purchase_history(rows: pa.Table) -> tuple[Floats, Floats, Floats]:
    """Repeat orders, days from the first purchase to the last, and to the as-of date; NaN: never bought."""
    silence, age, orders = (
        rows[name].cast(pa.float64()).fill_null(np.nan).to_numpy() for name in (SILENCE, LIFE, ORDERS)
    )
    return np.maximum(orders - 1, 0), np.clip(age - silence, 0, age), age


def first_present(columns: Columns, choices: tuple[tuple[str, ...], ...]) -> Columns:
    """The first choice of which any column is there."""
    for choice in choices:
        names = tuple(name for name in choice if name in columns.names)
        if names:
            return Columns(names, {})
    return Columns((), {})


def predict(train: pa.Table, judge: pa.Table, columns: Columns, strength: float) -> Floats:
    """A logistic regression on some columns."""
    churned = train["churned"].to_numpy()
    fitted = fit_linear(encode(train, columns), churned, columns, strength)
    margin = fitted.margin(encode(judge, columns))
    return np.asarray(1 / (1 + np.exp(-margin)))
