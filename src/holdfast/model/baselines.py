"""Simple baselines, fitted on the same rows as the model."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.special import expit

from holdfast.model.bg_nbd import fit_bg_nbd
from holdfast.model.logistic import RFM, WEAK_PENALTY, fit_logistic
from holdfast.model.matrix import Columns, encode, select_columns
from holdfast.model.settings import ModelSettings
from holdfast.model.splits import Split

RECENCY, TENURE, ORDERS = "recency__days__all", "recency__tenure__all", "orders__count__all"
FEATURES = {  # baseline → choices of columns; the second choice is for subscriptions
    "recency": ((RECENCY,), ("subscription__tenure__all",)),
    "rfm_logistic": RFM,
}
EXPECTED = "expected_purchases"
PAST = "past_inactivity"

Floats = NDArray[np.float64]


def predict_baselines(
    features: pa.Table, split: Split, settings: ModelSettings, *, horizon_days: int
) -> dict[str, Floats]:
    """(validation rows,) churn probabilities of the simple baselines, by name.

    `recency`: a logistic regression on the days since the last purchase (the longest silence has the highest
    risk). `rfm_logistic`: on recency, frequency, money and tenure. For subscriptions, tenure replaces
    recency. `expected_purchases`: BG/NBD, see `predict_bg_nbd`. `past_inactivity`: each customer's own past,
    see `predict_past_inactivity`. (`logistic` is the linear part of the model alone:
    `training.TrainingResult.test_logistic`.)
    """
    names = [name for choices in FEATURES.values() for choice in choices for name in choice]
    present = [name for name in dict.fromkeys(names) if name in features.column_names]
    table = features.select([*present, "churned"])
    train, valid = table.take(pa.array(split.train)), table.take(pa.array(split.valid))
    chosen = {name: choose_columns(name, train, settings) for name in FEATURES}
    probabilities = {
        name: predict_logistic(train, valid, columns) for name, columns in chosen.items() if columns
    }
    return (
        probabilities
        | predict_bg_nbd(features, split, horizon_days)
        | predict_past_inactivity(features, split, horizon_days)
    )


def choose_columns(name: str, train: pa.Table, settings: ModelSettings) -> Columns | None:
    """The columns of a baseline of `FEATURES` that vary in the training rows; None: it has none."""
    names = [column for choice in FEATURES.get(name, ()) for column in choice if column in train.column_names]
    varying = select_columns(train.select(names), settings.max_levels).names if names else ()
    for choice in FEATURES.get(name, ()):
        if known := tuple(column for column in choice if column in varying):
            return Columns(known, {})
    return None


def predict_bg_nbd(features: pa.Table, split: Split, horizon_days: int) -> dict[str, Floats]:
    """The baseline `expected_purchases`; empty if columns are missing or nobody bought twice.

    BG/NBD is fitted on the last training date, whose purchases include those of all earlier dates. A logistic
    regression on the expected purchases of all training rows turns them into probabilities.
    """
    if not {RECENCY, TENURE, ORDERS} <= set(features.column_names):
        return {}
    train, valid = (
        features.select(["as_of", "churned", RECENCY, TENURE, ORDERS]).take(pa.array(rows))
        for rows in (split.train, split.valid)
    )
    last_date = train.filter(pc.equal(train["as_of"], pc.max(train["as_of"])))
    frequency, recency, age = purchase_history(last_date)
    buyers = ~np.isnan(recency)
    if not (frequency[buyers] > 0).any():
        return {}
    model = fit_bg_nbd(frequency[buyers], recency[buyers], age[buyers])
    train, valid = (
        rows.append_column(EXPECTED, pa.array(model.predict(*purchase_history(rows), horizon_days)))
        for rows in (train, valid)
    )
    return {EXPECTED: predict_logistic(train, valid, Columns((EXPECTED,), {}))}


def predict_past_inactivity(features: pa.Table, split: Split, horizon_days: int) -> dict[str, Floats]:
    """The baseline `past_inactivity`; empty if columns are missing.

    A customer who was often inactive for as long as the horizon is expected to be so again. The share of such
    windows in the customer's past is averaged with the training rows' churn rate, which counts as one further
    window and so matters less the more windows a customer has. A logistic regression on this mean and on the
    days since the last purchase turns it into probabilities.
    """
    share = f"past_inactivity__share__{horizon_days}d"
    if not {share, RECENCY, TENURE} <= set(features.column_names):
        return {}
    train, valid = (
        features.select(["churned", share, RECENCY, TENURE]).take(pa.array(rows))
        for rows in (split.train, split.valid)
    )
    base_rate = float(train["churned"].to_numpy().mean())

    def with_expected(rows: pa.Table) -> pa.Table:
        past, tenure = (
            np.nan_to_num(rows[name].cast(pa.float64()).fill_null(np.nan).to_numpy())
            for name in (share, TENURE)
        )
        windows = np.maximum(tenure / horizon_days - 1, 0)  # days on which one could begin, over the horizon
        return rows.append_column(PAST, pa.array((past * windows + base_rate) / (windows + 1)))

    return {PAST: predict_logistic(with_expected(train), with_expected(valid), Columns((PAST, RECENCY), {}))}


def purchase_history(rows: pa.Table) -> tuple[Floats, Floats, Floats]:
    """(rows,) frequency, recency and age as in `bg_nbd`; NaN: the customer never bought."""
    since_last, age, orders = (
        rows[name].cast(pa.float64()).fill_null(np.nan).to_numpy() for name in (RECENCY, TENURE, ORDERS)
    )
    return np.maximum(orders - 1, 0), np.clip(age - since_last, 0, age), age


def predict_logistic(train: pa.Table, valid: pa.Table, columns: Columns) -> Floats:
    """(validation rows,) probabilities of a logistic regression on some columns."""
    model = fit_logistic(encode(train, columns), train["churned"].to_numpy(), columns, WEAK_PENALTY)
    return np.asarray(expit(model.logits(encode(valid, columns))))
