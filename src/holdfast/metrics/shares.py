"""Intervals of shares, and p-values adjusted for the number of tests."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

Floats = NDArray[np.float64]


def wilson(part: Any, whole: Any) -> tuple[Floats, Floats]:
    """The ends of the 95% Wilson interval of `part / whole`, numbers or arrays; NaN where `whole` is 0."""
    part, whole = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    low, high = proportion_confint(part, np.where(whole > 0, whole, np.nan), method="wilson")
    return np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """P-values of several tests, adjusted for multiple testing by Holm (1979); a missing one stays None."""
    given = [p for p in p_values if p is not None]
    adjusted = iter(multipletests(given, method="holm")[1] if given else ())
    return [None if p is None else float(next(adjusted)) for p in p_values]
