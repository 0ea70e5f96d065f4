"""Estimate the effect of a contact: the settings' assumption, corrected by randomised outcomes.

The settings assume that a contact keeps `accept_share` of those who would have left, so it saves
`accept_share · p` of customers who leave with the probability p; the share falls with their silence (see
`scoring.lapsed`). The estimate replaces it as far as it is trusted:

    saved(x) = accept_share(x) · p  +  trust · (effect(x) − accept_share(x) · p)

`effect` is learned from past campaigns and lists by an R-learner (see `effects`). `trust` is in [0, 1]. The
slope of the outcomes on the deviation from the assumption, estimated on customers that its fit had not seen
(the best linear predictor of Chernozhukov et al. 2018, "Generic Machine Learning Inference"), says how much
of it is real; and it counts by how far it is beyond noise (the positive part of James and Stein's shrinkage).
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.uplift.effects import Effects, Floats, learn_effects

BEYOND_NOISE = 1.645  # the normal quantile of a one-sided 95% interval


@dataclasses.dataclass(frozen=True)
class Uplift:
    """The estimated effect on staying, in place of the assumed one as far as it is trusted.

    Attributes:
        effects: on staying, for any features table.
        trust: in [0, 1]; 0: the settings' assumption stands.
    """

    effects: Effects
    trust: float

    def saved_of(self, customers: pd.DataFrame, features: pa.Table, accept_share: float) -> Floats:
        """(customers,) the churn reduction by a contact, in (-1, 1); below 0: more are driven away than kept.

        Args:
            customers: customer_id, churn_probability, and reach (null: 1), which scales `accept_share`.
            features: the model's input of all customers, in any order.
        """
        ids = pa.array(customers["customer_id"], features["customer_id"].type)
        rows = features.take(pc.index_in(ids, value_set=features["customer_id"]))
        probability = customers["churn_probability"].to_numpy(np.float64)
        assumed = accept_share * customers["reach"].fillna(1.0).to_numpy(np.float64) * probability
        return corrected(assumed, self.effects.effect(rows), self.trust, probability)

    def to_dict(self) -> dict[str, Any]:
        """As JSON, to the last digit."""
        return {"effects": self.effects.to_dict(), "trust": self.trust}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Uplift":
        """From `to_dict`."""
        return cls(Effects.from_dict(content["effects"]), float(content["trust"]))


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


def learn_uplift(rows: pd.DataFrame, features: pa.Table, moderators: list[str], *, seed: int) -> Learned:
    """Learn from customers of whom chance decided who was contacted.

    Args:
        rows: customer_id, contacted (1 or 0, by chance), share (the probability of it, in (0, 1)), churned
            (0 or 1), accept_share (of would-be leavers, the share that a contact was assumed to keep).
        features: of the same rows.
        moderators: the columns of the linear model of the effect.
    """
    contacted, stayed = rows["contacted"].to_numpy(np.float64), 1.0 - rows["churned"].to_numpy(np.float64)
    customer = pd.factorize(rows["customer_id"], sort=True)[0]
    trial = learn_effects(
        features, contacted, stayed, share=rows["share"].to_numpy(np.float64), units=customer,
        moderators=moderators, seed=seed,
    )  # fmt: skip
    probability = (1.0 - trial.expected).clip(0.0, 1.0)
    assumed = rows["accept_share"].to_numpy(np.float64) * probability
    slope, error = measure_slope(
        trial.beyond - assumed * trial.by_chance, (trial.unseen - assumed) * trial.by_chance, customer
    )
    trust = believed(slope, error)
    unseen = corrected(assumed, trial.unseen, trust, probability)
    return Learned(Uplift(trial.effects, trust), slope, error, unseen)


def corrected(assumed: Floats, effect: Floats, trust: float, probability: Floats) -> Floats:
    """(rows,) the assumed effect, moved towards the estimated one as far as that is trusted.

    It is clipped: no more are kept than would leave, no more driven away than would stay.
    """
    return np.clip(assumed + trust * (effect - assumed), probability - 1, probability)


def measure_slope(
    beyond: Floats, predicted: Floats, customer: NDArray[np.intp]
) -> tuple[float | None, float | None]:
    """The slope through the origin of observed on predicted values, and its standard error by customer."""
    from statsmodels.regression.linear_model import OLS  # slow to import

    if not np.any(predicted):
        return None, None
    fitted = OLS(beyond, predicted).fit(cov_type="cluster", cov_kwds={"groups": customer})
    return float(fitted.params[0]), float(fitted.bse[0])


def believed(slope: float | None, error: float | None) -> float:
    """The trust in a deviation: the slope, at most 1, shrunk towards 0 when it is close to noise."""
    if slope is None or not error or slope <= 0:
        return 0.0
    return min(slope, 1.0) * max(0.0, 1.0 - (BEYOND_NOISE * error / slope) ** 2)
