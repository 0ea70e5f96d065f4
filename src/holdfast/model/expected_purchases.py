"""How many purchases to expect of a customer: the BG/NBD model, the classic of non-contractual buying.

Source: Fader, P. S., Hardie, B. G. S., Lee, K. L. (2005), "Counting Your Customers" the Easy Way: An
Alternative to the Pareto/NBD Model, Marketing Science 24(2), 275-284. While alive, a customer buys at a
rate λ ~ Gamma(r, α); after each purchase they leave with the probability p ~ Beta(a, b).

All functions are pure. A customer is `repeats` (purchases after the first, at least 0), `last` (days from
the first purchase to the last) and `age` (days from the first purchase to the as-of date).
"""

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import betaln, expit, gammaln, hyp2f1

MOST_CUSTOMERS = 20_000  # four parameters need no more
LEAST_DISTANCE = 1e-4  # from where the formula divides by zero (a = 1, a + b = 1); neighbours give the limit
LOG_BOUNDS = (-7.0, 9.0)

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class ExpectedPurchases:
    """A fitted BG/NBD model.

    Attributes:
        r, alpha: shape and rate (in days) of the buying rates.
        a, b: of the probabilities to leave after a purchase.
    """

    r: float
    alpha: float
    a: float
    b: float

    def log_likelihood(self, repeats: Floats, last: Floats, age: Floats) -> Floats:
        """(customers,) in nats: equation 6 of the paper, in logs."""
        r, alpha, a, b = dataclasses.astuple(self)
        buying = gammaln(r + repeats) - gammaln(r) + r * np.log(alpha)
        staying = betaln(a, b + repeats) - betaln(a, b)
        alive = staying - (r + repeats) * np.log(alpha + age)
        again = repeats > 0
        gone = np.full(len(repeats), -np.inf)
        gone[again] = (
            betaln(a + 1, b + repeats[again] - 1) - betaln(a, b)
            - (r + repeats[again]) * np.log(alpha + last[again])
        )  # fmt: skip
        return np.asarray(buying + np.logaddexp(alive, gone))

    def predict(self, repeats: Floats, last: Floats, age: Floats, days: float) -> Floats:
        """(customers,) purchases expected in the next `days`: equation 10, at least 0.

        This ranks; P(alive) must not: it is 1 for everyone who never came back. The hypergeometric function
        is taken after Euler's transformation, whose upper parameters do not grow with `repeats`.
        """
        r, alpha, a, b = dataclasses.astuple(self)
        if abs(a - 1) < LEAST_DISTANCE:
            a = 1 + LEAST_DISTANCE
        if abs(a + b - 1) < LEAST_DISTANCE:
            b = 1 - a + LEAST_DISTANCE
        left = (alpha + age) / (alpha + age + days)  # 1 - z in the paper
        series = left ** (a - 1) * hyp2f1(a + b - 1 - r, a - 1, a + b + repeats - 1, 1 - left)
        if_alive = (a + b + repeats - 1) / (a - 1) * (1 - series)
        log_odds_gone = np.full(len(repeats), -np.inf)  # nobody leaves before a first repeat purchase
        again = repeats > 0
        log_odds_gone[again] = (
            np.log(a / (b + repeats[again] - 1))
            + (r + repeats[again]) * np.log((alpha + age[again]) / (alpha + last[again]))
        )  # fmt: skip
        return np.asarray(np.maximum(if_alive * expit(-log_odds_gone), 0.0))


def fit_expected_purchases(repeats: Floats, last: Floats, age: Floats) -> ExpectedPurchases:
    """Fit by maximum likelihood, on an evenly spaced part of many customers.

    Raises:
        ValueError: nobody ever came back, or a purchase lies outside the customer's life.
    """
    if not len(repeats) or not (repeats > 0).any():
        raise ValueError("nobody ever came back: there is no rhythm to learn")
    if (last < 0).any() or (last > age).any():
        raise ValueError("a last purchase must lie between the first one and the as-of date")
    part = np.linspace(0, len(repeats) - 1, min(len(repeats), MOST_CUSTOMERS)).astype(np.intp)
    repeats, last, age = repeats[part], last[part], age[part]
    unit = max(float(age.mean()), 1.0)  # days; with lives of about 1 all four parameters are of one size

    def model(logs: NDArray[Any]) -> ExpectedPurchases:
        r, alpha, a, b = np.exp(logs)
        return ExpectedPurchases(float(r), float(alpha), float(a), float(b))

    def surprise(logs: NDArray[Any]) -> float:
        return -float(model(logs).log_likelihood(repeats, last / unit, age / unit).mean())

    start = np.log([1.0, 1.0 / max(float(repeats.mean()), 0.1), 1.0, 2.0])
    found = minimize(surprise, start, method="L-BFGS-B", bounds=[LOG_BOUNDS] * 4)
    fitted = model(found.x)
    return dataclasses.replace(fitted, alpha=fitted.alpha * unit)
