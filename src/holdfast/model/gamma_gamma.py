"""The gamma-gamma model of the average value of a customer's purchases, the companion of BG/NBD.

Source: Fader, P. S., Hardie, B. G. S. (2013), The Gamma-Gamma Model of Monetary Value. The value of a
purchase is gamma distributed around the customer's own mean, and the means differ between customers; the
value does not depend on how often they buy.
"""

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import gammaln

from holdfast.model.bg_nbd import MAX_CUSTOMERS, Floats

LOG_BOUNDS = (-7.0, 9.0)


@dataclasses.dataclass(frozen=True)
class GammaGamma:
    """A fitted gamma-gamma model: p of the purchases of a customer, q and gamma (money) of the customers."""

    p: float
    q: float
    gamma: float

    def log_likelihood(self, frequency: Floats, value: Floats) -> Floats:
        """(customers,) in nats: equation 1a of the paper, in logs; `frequency` and `value` above 0."""
        p, q, gamma = dataclasses.astuple(self)
        shape = p * frequency
        return np.asarray(
            gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(gamma)
            + (shape - 1) * np.log(value) + shape * np.log(frequency)
            - (shape + q) * np.log(gamma + frequency * value)
        )  # fmt: skip

    def predict(self, frequency: Floats, value: Floats) -> Floats:
        """(customers,) the expected value of a purchase: equation 5, a mean of own and overall value.

        Without a repeat purchase (`frequency` 0) it is the overall mean. With q of at most 1 there is no
        overall mean, and the own value counts.
        """
        p, q, gamma = dataclasses.astuple(self)
        if q <= 1:
            return np.asarray(value)
        own = p * frequency / (p * frequency + q - 1)
        return np.asarray((1 - own) * p * gamma / (q - 1) + own * value)


def fit_gamma_gamma(frequency: Floats, value: Floats) -> GammaGamma:
    """Fit by maximum likelihood, on an evenly spaced sample of at most `MAX_CUSTOMERS`.

    Args:
        frequency: (customers,) purchases whose mean `value` is; as in the paper, those after the first.

    Raises:
        ValueError: a frequency or a value is not above 0, or nobody is there.
    """
    if not len(frequency) or (frequency <= 0).any() or (value <= 0).any():
        raise ValueError("only customers with repeat purchases of a positive value can be learned from")
    sample = np.linspace(0, len(frequency) - 1, min(len(frequency), MAX_CUSTOMERS)).astype(np.intp)
    frequency, value = frequency[sample], value[sample]
    unit = float(value.mean())

    def negative_log_likelihood(logs: NDArray[Any]) -> float:
        return -float(GammaGamma(*np.exp(logs)).log_likelihood(frequency, value / unit).mean())

    best = minimize(
        negative_log_likelihood, np.log([2.0, 2.0, 1.0]), method="L-BFGS-B", bounds=[LOG_BOUNDS] * 3
    ).x
    p, q, gamma = (float(parameter) for parameter in np.exp(best))
    return GammaGamma(p, q, gamma * unit)
