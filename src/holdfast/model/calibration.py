"""From logits to calibrated probabilities, by Platt scaling."""

import dataclasses

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

EPSILON = 1e-9

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Calibration:
    """Platt scaling: probability = 1 / (1 + exp(-(slope × logit + offset))).

    Source: Platt (1999), Probabilistic outputs for support vector machines.
    """

    slope: float
    offset: float

    def apply(self, logits: Floats) -> Floats:
        """(rows,) probabilities in [0, 1], in the order of the logits."""
        return np.asarray(expit(self.slope * logits + self.offset))


def fit_calibration(logits: Floats, churned: Floats) -> Calibration:
    """Fit slope and offset on rows that the model was not fitted on.

    Labels are replaced by Platt's targets, slightly inside 0 and 1, so that a few separable rows do not give
    probabilities of 0 and 1. If the fitted slope is negative (the ranking is worse than chance), every
    probability becomes the base rate.
    """
    if len(np.unique(churned)) < 2:
        return Calibration(1.0, 0.0)
    positives, rows = churned.sum(), len(churned)
    target = np.where(churned == 1, (positives + 1) / (positives + 2), 1 / (rows - positives + 2))
    mean, deviation = logits.mean(), logits.std()
    scale = deviation if deviation > EPSILON else 1.0
    standardised = np.tile((logits - mean) / scale, 2).reshape(-1, 1)  # each row as churned and as stayed
    weights = np.concatenate([target, 1 - target])
    fitted = LogisticRegression(C=1e6, tol=1e-6).fit(standardised, np.repeat([1, 0], rows), weights)
    slope = float(fitted.coef_[0, 0] / scale)
    if slope > 0:
        return Calibration(slope, float(fitted.intercept_[0] - slope * mean))
    return Calibration(EPSILON, base_logit(churned))


def match_base_rate(calibration: Calibration, logits: Floats, churned: Floats) -> Calibration:
    """Keep the slope, and set the offset so that the mean probability of these rows is their churn rate.

    The rows are the training rows. The slope comes from later rows, whose churn rate belongs to a season that
    is over when the model is used. If churn is steady, the offset hardly changes.
    """
    if not len(logits):
        return calibration
    target, scaled = base_logit(churned), calibration.slope * logits
    low, high = target - scaled.max(), target - scaled.min()
    if high - low < EPSILON:
        return Calibration(calibration.slope, float(low))
    base_rate = expit(target)
    offset = brentq(lambda offset: float(expit(scaled + offset).mean()) - base_rate, low - 1, high + 1)
    return Calibration(calibration.slope, float(offset))


def base_logit(churned: Floats) -> float:
    """The churn rate as log-odds, clipped so that it is finite if all churned or all stayed."""
    return float(logit(np.clip(churned.mean(), 1e-6, 1 - 1e-6)))
