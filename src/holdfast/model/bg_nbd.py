"""The BG/NBD model of repeat purchases, the standard of non-contractual customer bases.

Source: Fader, P. S., Hardie, B. G. S., Lee, K. L. (2005), "Counting Your Customers" the Easy Way: An
Alternative to the Pareto/NBD Model, Marketing Science 24(2), 275-284. While alive, a customer buys at a
rate λ ~ Gamma(r, α); after each purchase they leave with the probability p ~ Beta(a, b).

A customer is described as in the paper: `frequency` (purchases after the first, at least 0), `recency` (days
from the first purchase to the last) and `age` (days from the first purchase to the as-of date, there T).
"""

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import betaln, expit, gammaln, hyp2f1

MAX_CUSTOMERS = 20_000  # enough for four parameters
MIN_DISTANCE = 1e-4  # from a = 1 and a + b = 1, where the formula divides by zero; the limit is close by
LOG_BOUNDS = (-7.0, 9.0)

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class BGNBD:
    """A fitted BG/NBD model.

    Attributes:
        r, alpha: shape and rate (in days) of the distribution of purchase rates.
        a, b: of the distribution of the probability to leave after a purchase.
    """

    r: float
    alpha: float
    a: float
    b: float

    def log_likelihood(self, frequency: Floats, recency: Floats, age: Floats) -> Floats:
        """(customers,) in nats: equation 6 of the paper, in logs."""
        r, alpha, a, b = dataclasses.astuple(self)
        purchases = gammaln(r + frequency) - gammaln(r) + r * np.log(alpha)
        alive = betaln(a, b + frequency) - betaln(a, b) - (r + frequency) * np.log(alpha + age)
        left = np.full(len(frequency), -np.inf)  # nobody leaves before a first repeat purchase
        repeat = frequency > 0
        left[repeat] = (
            betaln(a + 1, b + frequency[repeat] - 1) - betaln(a, b)
            - (r + frequency[repeat]) * np.log(alpha + recency[repeat])
        )  # fmt: skip
        return np.asarray(purchases + np.logaddexp(alive, left))

    def predict(self, frequency: Floats, recency: Floats, age: Floats, days: float) -> Floats:
        """(customers,) purchases expected in the next `days`: equation 10, at least 0.

        This ranks; P(alive) must not: it is 1 for everyone who never came back. The hypergeometric function
        is taken after Euler's transformation, whose upper parameters do not grow with `frequency`.
        """
        r, alpha, a, b = dataclasses.astuple(self)
        if abs(a - 1) < MIN_DISTANCE:
            a = 1 + MIN_DISTANCE
        if abs(a + b - 1) < MIN_DISTANCE:
            b = 1 - a + MIN_DISTANCE
        rest = (alpha + age) / (alpha + age + days)  # 1 - z in the paper
        series = rest ** (a - 1) * hyp2f1(a + b - 1 - r, a - 1, a + b + frequency - 1, 1 - rest)
        if_alive = (a + b + frequency - 1) / (a - 1) * (1 - series)
        log_odds_left = np.full(len(frequency), -np.inf)
        repeat = frequency > 0
        log_odds_left[repeat] = (
            np.log(a / (b + frequency[repeat] - 1))
            + (r + frequency[repeat]) * np.log((alpha + age[repeat]) / (alpha + recency[repeat]))
        )  # fmt: skip
        return np.asarray(np.maximum(if_alive * expit(-log_odds_left), 0.0))


def fit_bg_nbd(frequency: Floats, recency: Floats, age: Floats) -> BGNBD:
    """Fit by maximum likelihood, on an evenly spaced sample of at most `MAX_CUSTOMERS`.

    Raises:
        ValueError: nobody has a repeat purchase, or a recency lies outside [0, age].
    """
    if not len(frequency) or not (frequency > 0).any():
        raise ValueError("nobody has a repeat purchase: there is no rhythm to learn")
    if (recency < 0).any() or (recency > age).any():
        raise ValueError("a last purchase must lie between the first one and the as-of date")
    sample = np.linspace(0, len(frequency) - 1, min(len(frequency), MAX_CUSTOMERS)).astype(np.intp)
    frequency, recency, age = frequency[sample], recency[sample], age[sample]
    unit = max(float(age.mean()), 1.0)  # days; with ages of about 1 all four parameters are of one size

    def negative_log_likelihood(logs: NDArray[Any]) -> float:
        return -float(BGNBD(*np.exp(logs)).log_likelihood(frequency, recency / unit, age / unit).mean())

    start = np.log([1.0, 1.0 / max(float(frequency.mean()), 0.1), 1.0, 2.0])
    best = minimize(negative_log_likelihood, start, method="L-BFGS-B", bounds=[LOG_BOUNDS] * 4).x
    r, alpha, a, b = (float(parameter) for parameter in np.exp(best))
    return BGNBD(r, alpha * unit, a, b)
