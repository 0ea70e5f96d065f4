"""From margins to probabilities that mean what they say."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

LEAST_SCALE = 1e-9

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Calibration:
    """Platt scaling: probability = 1 / (1 + exp(-(slope × margin + offset))).

    Source: Platt (1999), Probabilistic outputs for support vector machines.
    """

    slope: float
    offset: float

    def apply(self, margin: Floats) -> Floats:
        """(rows,) probabilities in [0, 1], in the order of the margins."""
        return np.asarray(expit(self.slope * margin + self.offset))

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Calibration":
        """From `to_dict`."""
        return cls(float(content["slope"]), float(content["offset"]))


def fit_calibration(margin: Floats, churned: Floats) -> Calibration:
    """Fit on margins of rows later than those the model was fitted on.

    Labels are taken as Platt's targets, a little inside 0 and 1, so that a few rows that happen to fall
    apart do not make a sure prophet. A model that ranks backwards on later rows is flattened to the base
    rate, not turned around.
    """
    if len(np.unique(churned)) < 2:
        return Calibration(1.0, 0.0)
    left, rows = churned.sum(), len(churned)
    target = np.where(churned == 1, (left + 1) / (left + 2), 1 / (rows - left + 2))
    centre, spread = margin.mean(), margin.std()
    scale = spread if spread > LEAST_SCALE else 1.0
    standard = np.tile((margin - centre) / scale, 2).reshape(-1, 1)  # each row as left and as stayed
    fitted = LogisticRegression(C=1e6, tol=1e-6)
    fitted.fit(standard, np.repeat([1, 0], rows), sample_weight=np.concatenate([target, 1 - target]))
    slope = float(fitted.coef_[0, 0] / scale)
    if slope > 0:
        return Calibration(slope, float(fitted.intercept_[0] - slope * centre))
    base = float(np.clip(churned.mean(), 1e-6, 1 - 1e-6))
    return Calibration(1e-9, float(np.log(base / (1 - base))))


def anchor(calibration: Calibration, margin: Floats, churned: Floats) -> Calibration:
    """The same slope, with the offset that gives these rows their own churn rate on average.

    The rows are those that the model was fitted on. What later rows tell is how far to believe the margins;
    their level is that of their season, which is over when the model is used, and the refit has seen it.
    Where churn is steady this changes nothing.
    """
    if not len(margin):
        return calibration
    base, scaled = float(np.clip(churned.mean(), 1e-6, 1 - 1e-6)), calibration.slope * margin
    low, high = logit(base) - scaled.max(), logit(base) - scaled.min()
    if high - low < LEAST_SCALE:
        return Calibration(calibration.slope, float(low))
    offset = brentq(lambda offset: float(expit(scaled + offset).mean()) - base, low - 1, high + 1)
    return Calibration(calibration.slope, float(offset))
