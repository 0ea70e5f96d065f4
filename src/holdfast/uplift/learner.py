"""Estimate the effect of a contact: the settings' assumption, corrected by randomised outcomes.

The settings assume that a contact keeps `accept_share` of those who would have left, so it saves
`accept_share · p` of customers who leave with the probability p; the share falls with their silence (see
`scoring.lapsed`). What is learned is the deviation

    saved(x) = accept_share(x) · p  +  trust · (p · (a + b·z(x)) + d)

with z the moderators: `a` and `b` say how much more or fewer of the would-be leavers are kept, `d` (below 0)
that stayers are driven away. It is the R-learner of Nie and Wager (2021), Biometrika 108(2), on outcomes from
which the assumed effect is taken off: by how much more than expected a customer stayed is regressed on the
terms of the effect times (listed − share listed), with a ridge: without evidence only the assumption is left.

`trust` is in [0, 1]. The slope of the outcomes on the deviation, estimated on customers that its fit had not
seen (the best linear predictor of Chernozhukov et al. 2018, "Generic Machine Learning Inference"), says how
much of it is real; and it counts by how far it is beyond noise (the positive part of James and Stein's
shrinkage).
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.model_selection import GroupKFold, cross_val_predict

from holdfast.uplift.moderators import Moderators, learn_moderators

# How far each may lie from what the settings assume, in shares of customers: only their proportions count.
KEPT_OFF, MODERATED_OFF, DRIVEN_OFF = 0.3, 0.2, 0.15
PENALTIES = np.logspace(-1, 3, 13)
OUTCOME_PENALTY = 10.0  # of the expected outcome: it only has to take noise away
FOLDS = 5
BEYOND_NOISE = 1.645  # the normal quantile of a one-sided 95% interval

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Uplift:
    """A fitted estimate, as plain numbers.

    Attributes:
        weights: (2 + terms,) of `effect_terms`.
        trust: the share of the deviation that is believed, in [0, 1]; 0: the settings' assumption stands.
    """

    moderators: Moderators
    weights: Floats
    trust: float

    def saved(self, features: pa.Table, probability: Floats, accept_share: Floats | float) -> Floats:
        """(rows,) the share of such customers who stay because they are contacted, in (-1, 1).

        Below 0: more are driven away than kept.

        Args:
            features: the moderators' columns; others are not read.
            probability: of leaving if left alone.
            accept_share: the share of such would-be leavers that a contact is assumed to keep.
        """
        deviation = effect_terms(self.moderators.terms(features), probability) @ self.weights
        return within(accept_share * probability + self.trust * deviation, probability)

    def saved_of(self, customers: pd.DataFrame, features: pa.Table, accept_share: float) -> Floats:
        """(customers,) `saved` of scored customers.

        Args:
            customers: customer_id, churn_probability, and reach (null: 1), which scales `accept_share`.
            features: the model's input of all customers, in any order.
        """
        return self.saved(*inputs_of(customers, features, accept_share))

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it, to the last digit."""
        return {
            "moderators": self.moderators.to_dict(),
            "weights": self.weights.tolist(),
            "trust": self.trust,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Uplift":
        """From `to_dict`."""
        weights = np.array(content["weights"], np.float64)
        moderators = Moderators.from_dict(content["moderators"])
        return cls(moderators, weights, float(content["trust"]))


@dataclasses.dataclass(frozen=True)
class Learned:
    """An estimate, and what speaks for it.

    Attributes:
        uplift: of all rows.
        slope, error: of the outcomes on the deviation, with its standard error (by customer); 1: all of the
            deviation is real, 0: none. None where the deviation is 0.
        unseen: (rows,) the estimate for each row by fits that had not seen its fold, at the same trust.
    """

    uplift: Uplift
    slope: float | None
    error: float | None
    unseen: Floats


def inputs_of(
    customers: pd.DataFrame, features: pa.Table, accept_share: float
) -> tuple[pa.Table, Floats, Floats]:
    """The features of scored customers in their order, their churn probabilities and assumed accept shares.

    Args:
        customers: customer_id, churn_probability, and reach (null: 1), which scales `accept_share`.
        features: the model's input of all customers, in any order.
    """
    ids = pa.array(customers["customer_id"], features["customer_id"].type)
    rows = features.take(pc.index_in(ids, value_set=features["customer_id"]))
    shares = accept_share * customers["reach"].fillna(1.0).to_numpy(np.float64)
    return rows, customers["churn_probability"].to_numpy(np.float64), shares


def within(saved: Floats, probability: Floats) -> Floats:
    """(rows,) clip an effect: no more kept than would leave, no more driven away than would stay."""
    return np.clip(saved, probability - 1, probability)


def effect_terms(moderators: Floats, probability: Floats) -> Floats:
    """(rows, 2 + terms): leavers kept, stayers driven away, and leavers kept by moderator."""
    kept = probability[:, None]
    return np.hstack([KEPT_OFF * kept, np.full_like(kept, DRIVEN_OFF), MODERATED_OFF * kept * moderators])


def learn_uplift(features: pa.Table, drawn: pd.DataFrame, listed_share: Floats, *, seed: int) -> Learned:
    """Learn from customers of whom chance decided who was listed.

    Args:
        features: the moderators' columns of the same rows.
        drawn: one row a customer and list: customer_id, churn_probability, churned (0 or 1), decision
            (`listed` or `held_out`), accept_share (that a contact was assumed to keep).
        listed_share: (rows,) the probability with which each was listed, in (0, 1).
    """
    moderators = learn_moderators(features)
    terms, probability = moderators.terms(features), drawn["churn_probability"].to_numpy(np.float64)
    accept_share = drawn["accept_share"].to_numpy(np.float64)
    listed = (drawn["decision"] == "listed").to_numpy(np.float64)
    unexplained = 1.0 - drawn["churned"].to_numpy(np.float64) - accept_share * probability * listed
    effects = effect_terms(terms, probability)
    by_chance = listed - listed_share
    customer = pd.factorize(drawn["customer_id"], sort=True)[0]
    folds = {"cv": GroupKFold(FOLDS, shuffle=True, random_state=seed), "groups": customer}
    known = np.column_stack([probability, probability**2, terms])
    beyond = unexplained - cross_val_predict(Ridge(OUTCOME_PENALTY), known, unexplained, **folds)
    ridge, rows = RidgeCV(PENALTIES, fit_intercept=False), effects * by_chance[:, None]
    unseen = cross_val_predict(ridge, rows, beyond, **folds)
    slope, error = measure_slope(beyond, unseen, customer)
    trust = believed(slope, error)
    uplift = Uplift(moderators, ridge.fit(rows, beyond).coef_.astype(np.float64), trust)
    saved = within(accept_share * probability + trust * unseen / by_chance, probability)
    return Learned(uplift, slope, error, saved)


def measure_slope(
    beyond: Floats, predicted: Floats, customer: NDArray[np.intp]
) -> tuple[float | None, float | None]:
    """The slope through the origin of observed on predicted values, and its standard error by customer."""
    from statsmodels.api import OLS  # takes seconds to import

    if not np.any(predicted):
        return None, None
    fitted = OLS(beyond, predicted).fit(cov_type="cluster", cov_kwds={"groups": customer})
    return float(fitted.params[0]), float(fitted.bse[0])


def believed(slope: float | None, error: float | None) -> float:
    """The trust in a deviation: the slope, at most 1, shrunk towards 0 when it is close to noise."""
    if slope is None or not error or slope <= 0:
        return 0.0
    return min(slope, 1.0) * max(0.0, 1.0 - (BEYOND_NOISE * error / slope) ** 2)
