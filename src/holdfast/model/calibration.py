"""From margins to probabilities that mean what they say."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Calibration:
    """Platt scaling: probability = 1 / (1 + exp(-(slope × margin + offset))).

    Source: Platt (1999), Probabilistic outputs for support vector machines.
    """

    slope: float
    offset: float

    def apply(self, margin: Floats) -> Floats:
        """(rows,) probabilities strictly between 0 and 1, in the order of the margins."""
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

    A model that ranks backwards on later rows is flattened to the base rate, not turned around.
    """
    if len(np.unique(churned)) < 2:
        return Calibration(1.0, 0.0)
    fitted = LogisticRegression(C=1e6).fit(margin.reshape(-1, 1), churned)
    slope, offset = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    if slope > 0:
        return Calibration(slope, offset)
    base = float(np.clip(churned.mean(), 1e-6, 1 - 1e-6))
    return Calibration(1e-9, float(np.log(base / (1 - base))))
