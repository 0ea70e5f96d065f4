"""What the model must never lose to, fitted on the same rows."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.model.division import Trial
from holdfast.model.linear import fit_linear
from holdfast.model.matrix import Columns, encode, learn_columns
from holdfast.model.settings import ModelSettings

RECENCY = (("recency__days__all",), ("subscription__tenure__all",))
RFM = (
    ("recency__days__all", "orders__count__all", "spend__sum__all", "recency__tenure__all"),
    ("subscription__tenure__all", "subscription__value__all"),
)
WEAK_PENALTY = 1.0

Floats = NDArray[np.float64]


def predict_baselines(features: pa.Table, trial: Trial, settings: ModelSettings) -> dict[str, Floats]:
    """(judged rows,) churn probabilities of the simple baselines, by name.

    `recency`: days since the last purchase alone (the rule: who was silent longest leaves first), put on
    the scale of probabilities. `rfm_logistic`: recency, frequency, money and tenure. For a source of
    subscriptions, tenure takes recency's place. (The logistic regression on all columns is a part of
    every fit: `fit.Trained.test_linear`.)
    """
    known = [name for choice in (*RECENCY, *RFM) for name in choice if name in features.column_names]
    simple = features.select([*dict.fromkeys(known), "churned"])
    train, judge = simple.take(pa.array(trial.train)), simple.take(pa.array(trial.judge))
    columns = learn_columns(train, settings.most_levels)
    wanted = {"recency": first_present(columns, RECENCY), "rfm_logistic": first_present(columns, RFM)}
    return {
        name: predict(train, judge, chosen, WEAK_PENALTY) for name, chosen in wanted.items() if chosen.names
    }


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
