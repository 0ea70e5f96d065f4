"""Validate the uplift estimate on unseen customers: predicted against measured effect."""

from typing import Any

import numpy as np
import pandas as pd

from holdfast.outcomes.effect import measure_effect
from holdfast.uplift.effects import Floats

PARTS = ("least", "middle", "most")
REPLICATES = 500


def by_third(drawn: pd.DataFrame, unseen: Floats, *, seed: int) -> list[dict[str, Any]]:
    """The customers in thirds by estimated uplift, the lowest first.

    Args:
        drawn: as `learner.learn_uplift` takes it, with weight.
        unseen: (rows,) the estimate for each row, by fits that had not seen it.

    Returns:
        part, listed, held_out, predicted (mean share saved), and the measured churn reduction with its 95%
        interval; None where a third holds only one group.
    """
    place = np.argsort(np.argsort(unseen, kind="stable"), kind="stable") * len(PARTS) // max(1, len(unseen))
    empty = dict.fromkeys(("value", "spend", "contacted"), np.nan)
    thirds = []
    for number, part in enumerate(PARTS):
        rows = drawn[place == number].assign(**empty)
        saved = measure_effect(rows, replicates=REPLICATES, seed=seed).saved
        thirds.append(
            {
                "part": part, "listed": int((rows["decision"] == "listed").sum()),
                "held_out": int((rows["decision"] == "held_out").sum()),
                "predicted": float(unseen[place == number].mean()), "saved": saved.value,
                "low": saved.low, "high": saved.high,
            }
        )  # fmt: skip
    return thirds


def in_words(trust: float, slope: float | None, error: float | None) -> str:
    """How the estimate is used, in a sentence."""
    if slope is None or error is None:
        return "not used: there is nothing to correct"
    shown = f"slope {slope:.2f} ± {1.96 * error:.2f} on customers that it had not seen"
    if not trust:
        return f"not used: it does not predict better than the settings beyond noise ({shown})"
    return f"used, {trust:.0%} of what was learned ({shown})"
