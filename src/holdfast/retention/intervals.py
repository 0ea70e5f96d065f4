"""The difference between groups of customers, with its 95% interval."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

Z = float(norm.ppf(0.975))


def difference(
    value: NDArray[Any], group: NDArray[np.bool_], customer: NDArray[Any], stratum: NDArray[Any]
) -> dict[str, float]:
    """The mean of `value` in a group minus that of comparable others: others of the same stratum.

    The others of each stratum are weighted as the group is composed. The rows of one customer resemble each
    other, so the variance is that of sums by customer (the sandwich estimator).

    Args:
        stratum: (rows,) each with rows on both sides.
    """
    codes, strata = pd.factorize(customer)[0], pd.factorize(stratum)[0]
    inside, outside = group.astype(float), (~group).astype(float)
    weight = np.bincount(strata, inside) / np.bincount(strata, outside)
    others = (np.bincount(strata, outside * value) / np.bincount(strata, outside))[strata]
    size, rate = inside.sum(), float((inside * value).sum() / inside.sum())
    expected = float((inside * others).sum() / size)
    gap = rate - expected
    influence = inside * (value - others - gap) - outside * weight[strata] * (value - others)
    error = float(np.sqrt((np.bincount(codes, influence / size) ** 2).sum()))
    p = 2 * float(norm.sf(abs(gap) / error)) if error else float("nan")
    return {
        "rate": rate, "rate_others": expected, "difference": gap,
        "low": gap - Z * error, "high": gap + Z * error, "p": p,
    }  # fmt: skip
